"""Upload calendar, supplier scorecard, use of columns and correction tickets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import corrections, pending_uploads
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.record_tables import AuditEntry
from data.register_calendar import Strip, calendar
from data.register_catalogue import REGISTERS
from data.register_usage import usage
from data.registers import file_register
from data.supervision_models import built_in_cards, install
from data.suppliers import scorecards
from data.tables import Alert, CorrectionTicket, DatasetFiling, Domain, Region, SupervisionModel, Unit
from tests.people import person
from tests.tables_in_text import read_register

TODAY = date(2024, 6, 20)
METER = "990102195001010017"


def use(*months: str, meter: str = "M1") -> pd.DataFrame:
    return pd.DataFrame([{"meter_no": meter, "month": month, "kwh": "10", "night_kwh": "1"} for month in months])


def file(name: str, frame: pd.DataFrame, on: str) -> DatasetFiling:
    with writing() as session:
        day = date.fromisoformat(on)
        return file_register(session, name, frame, at=datetime(day.year, day.month, day.day, 2))


def strip(name: str) -> Strip:
    with reading() as session:
        (found,) = calendar(session, [REGISTERS[name]], today=TODAY)
    return found


def states(name: str) -> dict[str, str]:
    cells = strip(name).cells
    return {cell.month: f"{cell.state} {cell.days_late}" for cell in cells if cell.state not in ("before", "none")}


def test_each_month_came_on_time_late_or_not_at_all(small_office: Path) -> None:
    file("power_use", use("2024-01"), "2024-02-05")
    file("power_use", use("2024-02", meter="M2"), "2024-03-22")
    file("power_use", use("2024-04", meter="M3"), "2024-05-10")
    assert states("power_use") == {
        # Due by the 10th of the month after.
        "2024-02": "late 12", "2024-03": "missing 71", "2024-04": "on_time 0", "2024-05": "missing 10",
    }  # fmt: skip
    assert strip("power_use").days_late == 71


def test_a_snapshot_serves_the_month_before_it(small_office: Path) -> None:
    people = "id_no | name\n1 | a"
    for day in ("2024-03-04", "2024-04-09", "2024-06-03"):
        frame = read_register("person", people).drop(columns="received_on").assign(id_no=day)
        file("person", frame, day)
    assert states("person") == {"2024-03": "on_time 0", "2024-04": "missing 41", "2024-05": "on_time 0"}


def test_a_quarter_is_due_after_it_and_what_changes_at_will_never(small_office: Path) -> None:
    people = read_register("disability", "id_no | name\n1 | a").drop(columns="received_on")
    file("disability", people, "2024-02-04")
    assert states("disability") == {"2024-03": "missing 66"}
    with reading() as session:
        assert calendar(session, [REGISTERS["scheme_rule"]], today=TODAY) == []


def test_a_load_of_history_is_judged_by_its_days_of_receipt(small_office: Path) -> None:
    frame = use("2024-01", "2024-02", "2024-03")
    frame["received_on"] = ["2024-02-03", "2024-03-14", "2024-04-02"]
    file("power_use", frame, "2024-04-30")
    assert states("power_use")["2024-02"] == "late 4"
    assert states("power_use")["2024-03"] == "on_time 0"


def test_suppliers_are_scored_with_their_counts(small_office: Path) -> None:
    bad = use("2024-01", "2024-02")
    bad.loc[1, "kwh"] = "?"
    file("power_use", bad, "2024-02-05")
    deaths = read_register("death", f"id_no | register_date | name\n{METER} | 2024-02-01 | a\n1 | 2024-02-01 | b")
    file("death", deaths.drop(columns="received_on"), "2024-02-11")
    with reading() as session:
        strips = calendar(session, list(REGISTERS.values()), today=TODAY)
        cards = {card.supplier: card for card in scorecards(session, strips)}
    power, health = cards["供电公司"], cards["卫健局"]
    assert (power.n_rows, power.n_refused, power.n_missing, power.n_periods) == (1, 1, 4, 4)
    assert (health.n_checked, health.n_failed, health.lag_days) == (2, 1, 10)
    assert health.wrong_share == pytest.approx(1 / 4)


def test_columns_are_used_by_models_in_force_only(small_office: Path) -> None:
    with writing() as session:
        for card in built_in_cards():
            install(session, card)
        used = usage(session)
        assert "M02" in used["death"]["death_date"]
        for model in session.scalars(select(SupervisionModel)):
            model.status = "retired"
        session.flush()
        assert usage(session) == {}


KEEPER, CONTACT, OTHER = (
    person("analyst", code="keeper"), person("contact", unit_code="D-POWER", code="power"),
    person("contact", unit_code="D-CIVIL", code="civil"),
)  # fmt: skip


@contextmanager
def filed() -> Iterator[tuple[Session, int]]:
    with writing() as session:
        session.add(Region(code="99", name="省", name_en="P", level=1, valid_from=date(2000, 1, 1)))
        session.flush()
        for code, name in (("D-POWER", "县供电公司"), ("D-CIVIL", "县民政局"), ("D-HEALTH", "县卫健局")):
            session.add(Unit(code=code, name=name, name_en=code, kind="department", region_code="99"))
        bad = use("2024-01", "2024-02")
        bad.loc[1, "kwh"] = "?"
        filing = file_register(session, "power_use", bad, at=datetime(2024, 2, 5))
        yield session, filing.id


def test_a_ticket_goes_to_its_supplier_alone_and_is_closed_by_the_office(office: Path) -> None:
    at = datetime(2024, 2, 6)
    with filed() as (session, number):
        assert [(one.kind, one.n_rows) for one in corrections.waiting(session, "power_use")] == [("refused", 1)]
        ticket = corrections.ask(session, KEEPER, at=at, kind="refused", filing_id=number, request="请更正后重报")
        assert (ticket.unit_code, ticket.n_rows, ticket.due_on > at.date()) == ("D-POWER", 1, True)
        assert corrections.waiting(session, "power_use") == []
        assert corrections.of_department(session, OTHER) == []
        with pytest.raises(NotFound):
            corrections.answer(session, ticket.id, OTHER, at=at, answer="已更正")
        table = corrections.rows(session, ticket.id, CONTACT, at=at)
        assert table["row_number"].tolist() == [3]
        with pytest.raises(NotPermitted):
            corrections.rows(session, ticket.id, KEEPER, at=at)
        corrections.answer(session, ticket.id, CONTACT, at=at, answer="已更正，随下期报送")
        with pytest.raises(TransitionRefused, match="answered already"):
            corrections.answer(session, ticket.id, CONTACT, at=at, answer="再次答复")
        with pytest.raises(NotPermitted):
            corrections.close(session, ticket.id, CONTACT, at=at, reason="已经更正")
        later = file_register(session, "power_use", use("2024-02"), at=datetime(2024, 2, 9))
        assert [one.id for one in corrections.filed_since(session, ticket)] == [later.id]
        with pytest.raises(InputRefused, match="filed after the ticket"):
            corrections.close(session, ticket.id, KEEPER, at=at, reason="已经更正", filing_id=number)
        corrections.close(session, ticket.id, KEEPER, at=at, reason="已经更正", filing_id=later.id)
        with pytest.raises(TransitionRefused, match="is closed"):
            corrections.close(session, ticket.id, KEEPER, at=at, reason="已经更正")
    with reading() as session:
        actions = select(AuditEntry.action).where(AuditEntry.action.startswith("correction."))
        assert session.scalars(actions.order_by(AuditEntry.number)).all() == [
            "correction.asked", "correction.rows_read", "correction.answered", "correction.closed",
        ]  # fmt: skip


def test_numbers_that_fail_their_check_go_back_with_what_is_wrong(small_office: Path) -> None:
    with filed() as (session, _):
        deaths = read_register("death", f"id_no | name\n{METER} | a\n99010219500101001X | b")
        filing = file_register(session, "death", deaths.drop(columns="received_on"), at=datetime(2024, 2, 11))
        contact = person("contact", unit_code="D-HEALTH", code="health")
        ticket = corrections.ask(
            session, KEEPER, at=datetime(2024, 2, 12), kind="failed", filing_id=filing.id, request="请核对证号"
        )
        table = corrections.rows(session, ticket.id, contact, at=datetime(2024, 2, 12))
        assert table[["身份证号", "原因"]].to_numpy().tolist() == [["99010219500101001X", "身份证号校验位不符"]]


@pytest.mark.parametrize(("outcome", "refused"), [("D1", False), ("E1", True)])
def test_an_alert_concluded_as_an_error_of_data_becomes_a_ticket(
    small_office: Path, outcome: str, refused: bool
) -> None:
    with filed() as (session, _):
        session.add(Domain(code="d", name="d", name_en="d", sort=1))
        session.flush()
        alert = Alert(
            alert_key="x", source="M24", rule="r", domain_code="d", region_code="99", level="red", status="closed",
            outcome=outcome, subject_kind="other", subject_key="k", subject_display="某", title="t", title_en="t",
            raised_at=datetime(2024, 1, 1), attributes="{}",
        )  # fmt: skip
        session.add(alert)
        session.flush()

        def asked() -> CorrectionTicket:
            return corrections.ask(
                session, KEEPER, at=datetime(2024, 2, 12), kind="alert", alert_id=alert.id, register="power_use",
                request="请更正电表用途",
            )  # fmt: skip

        if refused:
            with pytest.raises(NotFound, match="concluded as an error"):
                asked()
        else:
            assert (asked().unit_code, asked().kind) == ("D-POWER", "alert")


def test_a_pending_upload_is_its_uploaders_alone_and_does_not_stay(small_office: Path) -> None:
    pending_uploads.keep("a", "../x/../表.csv", b"1")
    pending_uploads.keep("a", "二.csv", b"2")
    assert pending_uploads.pending("a").read_bytes() == b"2"
    with pytest.raises(InputRefused, match="No file waits"):
        pending_uploads.pending("b")
    pending_uploads.drop("a")
    with pytest.raises(InputRefused, match="No file waits"):
        pending_uploads.pending("a")
    with pytest.raises(InputRefused, match="0 bytes"):
        pending_uploads.keep("a", "x.csv", b"")

"""Collisions: runs that can be repeated, rows that extend or reopen, and nothing that was not known yet."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from time import sleep

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from data.audit import verify
from data.cards import read_card
from data.collision import collide, collide_card, compare, file_run, find
from data.database import engine, reading, writing
from data.dispatch import take
from data.errors import AlertChanged, CardRefused, InputRefused, RegisterRefused
from data.identity import subject_key
from data.record_tables import AuditEntry
from data.registers import file_register
from data.supervision_models import install, offer
from data.tables import Alert, AlertEvent, AlertEvidence, CollisionRun, Region, Unit
from data.verification import conclude, hold
from tests.tables_in_text import card_named, read_register
from tests.test_data_dispatch import HAN, furnish

JOURNAL = "row_id | village | entry_date | amount | payee | voucher_hash | received_on\n"
TWINS = (
    JOURNAL
    + """
    1 | 990101001201 | 2024-03-05 | 6000 | 甲 | v1 | 2024-03-10
    2 | 990101001201 | 2024-03-05 | 6000 | 乙 | v2 | 2024-03-10
    """
)
A_THIRD = JOURNAL + "3 | 990101001201 | 2024-03-05 | 6000 | 甲 | v3 | 2024-04-10"
MARCH, APRIL, MAY = datetime(2024, 3, 31), datetime(2024, 4, 30), datetime(2024, 5, 31)


def journal(session: Session, text: str) -> None:
    file_register(session, "cash_journal", read_register("cash_journal", text), at=datetime(2024, 6, 1))


def give(session: Session, alert_id: int, *, at: datetime, outcome: str = "D1", recovered: float | None = None) -> None:
    """A verdict of the unit that has the alert."""
    take(session, alert_id, HAN, at=at)
    conclude(session, alert_id, HAN, at=at, outcome=outcome, note="与账簿核对无误", recovered=recovered)


def counts(run: CollisionRun) -> tuple[int, int, int]:
    return run.n_hits, run.n_new, run.n_extended


def events(session: Session) -> list[tuple[str, str | None, str]]:
    rows = session.execute(
        select(AlertEvent.kind, AlertEvent.from_status, AlertEvent.to_status).order_by(AlertEvent.id)
    )
    return [(kind, before, after) for kind, before, after in rows]


def only_alert(session: Session) -> Alert:
    session.expire_all()
    return session.scalars(select(Alert)).one()


@pytest.fixture
def twins(office: Path) -> Path:
    """An office with one pair of equal expenses, found at the end of March."""
    with writing() as session:
        furnish(session)
        install(session, card_named("M10"))
        journal(session, TWINS)
        assert counts(collide(session, card_named("M10"), as_of=MARCH)) == (2, 1, 0)
    return office


RAISED = [("raised", None, "waiting"), ("dispatched", "waiting", "dispatched")]
CONCLUDED = [
    ("signed_in", "dispatched", "accepted"),
    ("taken", "accepted", "verifying"),
    ("concluded", "verifying", "closed"),
]


def test_a_new_alert_carries_what_was_compared_and_found(twins: Path) -> None:
    with reading() as session:
        alert = only_alert(session)
        assert (alert.source, alert.rule, alert.level) == ("M10", "twin_expenses", "orange")
        assert (alert.amount, alert.recoverable) == (12000, 6000)
        assert (alert.status, alert.unit_code, alert.version) == ("dispatched", "T1", 2)
        assert (alert.raised_at, alert.dispatched_at, alert.due_on) == (MARCH, MARCH, date(2024, 4, 2))
        assert alert.subject_key == subject_key("village", "990101001201")
        assert alert.alert_key == f"M10|twin_expenses|{alert.subject_key}|2024-03-05"
        assert events(session) == RAISED
        versions = select(AlertEvent.version, AlertEvent.actor).order_by(AlertEvent.id)
        assert [tuple(row) for row in session.execute(versions)] == [(1, "collision"), (2, "dispatch")]
        run = session.get_one(CollisionRun, alert.run_id)
        assert json.loads(run.parameters)["min_amount"] == 5000
        assert set(json.loads(run.filings)) == {"cash_journal"}
        content = json.loads(session.scalars(select(AlertEvidence.content).order_by(AlertEvidence.id)).first() or "")
        assert content["cash_journal.amount"] == 6000


def test_a_second_run_changes_nothing(twins: Path) -> None:
    with writing() as session:
        assert counts(collide(session, card_named("M10"), as_of=APRIL)) == (2, 0, 0)
        assert events(session) == RAISED
        assert session.scalar(select(func.count(AlertEvidence.id))) == 2
        assert session.scalar(select(func.count(CollisionRun.id))) == 2


def test_new_rows_extend_an_alert_and_may_raise_its_level(twins: Path) -> None:
    with writing() as session:
        journal(session, A_THIRD)
        before = only_alert(session).attributes
        assert counts(collide(session, card_named("M10"), as_of=APRIL)) == (3, 0, 1)
        alert = only_alert(session)
        assert (alert.amount, alert.recoverable, alert.level) == (18000, 12000, "red")
        assert (alert.raised_at, alert.due_on, alert.attributes) == (MARCH, date(2024, 4, 2), before)
        assert events(session) == [*RAISED, ("extended", "dispatched", "dispatched")]
        assert alert.version == session.scalars(select(AlertEvent.version).order_by(AlertEvent.id.desc())).first() == 3
        assert counts(collide(session, card_named("M10"), as_of=MAY)) == (3, 0, 0)


def test_a_closed_alert_reopens_only_when_there_are_new_rows(twins: Path) -> None:
    with writing() as session:
        alert_id = only_alert(session).id
        give(session, alert_id, at=datetime(2024, 4, 5))
    with writing() as session:
        assert counts(collide(session, card_named("M10"), as_of=datetime(2024, 4, 8))) == (2, 0, 0)
        assert only_alert(session).status == "closed"
        journal(session, A_THIRD)
        assert counts(collide(session, card_named("M10"), as_of=APRIL)) == (3, 0, 1)
        alert = only_alert(session)
        assert (alert.status, alert.outcome, alert.concluded_at) == ("dispatched", None, None)
        assert (alert.unit_code, alert.assignee, alert.signed_in_at) == ("T1", None, None)
        assert (alert.dispatched_at, alert.due_on, alert.version) == (APRIL, date(2024, 5, 7), 6)
        assert events(session)[2:] == [*CONCLUDED, ("reopened", "closed", "dispatched")]
        old = session.scalars(select(AlertEvent).where(AlertEvent.kind == "concluded")).one()
        new = session.scalars(select(AlertEvent).where(AlertEvent.kind == "reopened")).one()
        assert (old.outcome, new.version) == ("D1", 6)
        assert "原结论 D1" in new.note


def test_what_is_being_put_right_takes_new_rows_and_stays_there(twins: Path) -> None:
    with writing() as session:
        alert_id = only_alert(session).id
        give(session, alert_id, at=datetime(2024, 4, 5), outcome="C2", recovered=6000.0)
        journal(session, A_THIRD)
    with writing() as session:
        before = only_alert(session).due_on
        assert counts(collide(session, card_named("M10"), as_of=APRIL)) == (3, 0, 1)
        alert = only_alert(session)
        assert (alert.status, alert.outcome, alert.assignee, alert.due_on) == ("rectifying", "C2", "han", before)
        assert (alert.recoverable, alert.recovered) == (12000, 6000)
        assert events(session)[-1] == ("extended", "rectifying", "rectifying")


def test_an_alert_without_a_unit_waits_and_waits_again_when_it_reopens(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        journal(session, TWINS)
        collide(session, card_named("M10"), as_of=MARCH)
        alert = only_alert(session)
        assert (alert.status, alert.unit_code, alert.version) == ("waiting", None, 1)
        assert (alert.dispatched_at, alert.due_on) == (None, date(2024, 4, 2))
        alert.status, alert.outcome = "closed", "D1"
        journal(session, A_THIRD)
    with writing() as session:
        collide(session, card_named("M10"), as_of=APRIL)
        assert (only_alert(session).status, only_alert(session).version) == ("waiting", 3)
        back = [("reopened", "closed", "dispatched"), ("unplaced", "dispatched", "waiting")]
        assert events(session) == [("raised", None, "waiting"), *back]


def test_a_run_leaves_one_entry_in_the_audit_whatever_it_raises(twins: Path) -> None:
    with reading() as session:
        (entry,) = session.scalars(select(AuditEntry)).all()
        run = session.scalars(select(CollisionRun)).one()
        assert (entry.actor, entry.action, entry.object_id, entry.at) == (
            "collision",
            "collision.run",
            str(run.id),
            MARCH,
        )
        assert json.loads(entry.detail)["n_new"] == 1
        verify(session)


def test_whoever_looked_before_the_new_rows_came_is_told(twins: Path) -> None:
    with writing() as session:
        alert_id = only_alert(session).id
        take(session, alert_id, HAN, at=datetime(2024, 4, 5))
        seen = only_alert(session).version
        journal(session, A_THIRD)
    collide_card(card_named("M10"), as_of=APRIL)
    with writing() as session, pytest.raises(AlertChanged, match="collision extended"):
        conclude(session, alert_id, HAN, at=datetime(2024, 5, 5), version=seen, outcome="D1", note="账簿无误")


def test_a_verdict_given_during_a_run_is_seen_by_it(twins: Path) -> None:
    with writing() as session:
        journal(session, A_THIRD)
        alert_id = only_alert(session).id
    with ThreadPoolExecutor(1) as thread:
        with writing() as session:
            give(session, alert_id, at=datetime(2024, 4, 5))
            session.flush()
            run = thread.submit(collide_card, card_named("M10"), as_of=APRIL)
            wait_until_blocked()
        run.result(timeout=60)
    with reading() as session:
        assert events(session)[2:] == [*CONCLUDED, ("reopened", "closed", "dispatched")]


def wait_until_blocked() -> None:
    """Wait until another session waits for a lock of this one; on SQLite it waits from its first statement on."""
    if engine().dialect.name == "sqlite":
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(300):
        with reading() as session:
            if session.scalar(waiting):
                return
        sleep(0.1)
    pytest.fail("nobody waited for the lock")


def test_two_runs_of_one_card_wait_for_each_other(office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        journal(session, TWINS)
    with ThreadPoolExecutor(1) as thread:
        with writing() as session:
            assert counts(collide(session, card_named("M10"), as_of=MARCH)) == (2, 1, 0)
            run = thread.submit(collide_card, card_named("M10"), as_of=MARCH)
            wait_until_blocked()
        assert counts(run.result(timeout=60)) == (2, 0, 0)


def test_others_write_while_the_registers_are_compared(twins: Path) -> None:
    with writing() as session:
        journal(session, A_THIRD)
        alert_id = only_alert(session).id
    with reading() as session:
        comparison = compare(session, card_named("M10"), as_of=APRIL)
        with writing() as other:
            give(other, alert_id, at=datetime(2024, 4, 5))
    with writing() as session:
        run = file_run(session, card_named("M10"), comparison)
        assert counts(run) == (3, 0, 1)
        assert run.started_at == comparison.started_at
        assert events(session)[2:] == [*CONCLUDED, ("reopened", "closed", "dispatched")]


def test_the_registers_are_compared_without_the_write_lock(small_office: Path) -> None:
    broken = read_card(card_named("M10").text.replace("j.amount >= :min_amount", "j.amount + j.payee >= :min_amount"))
    with writing() as session:
        install(session, broken)
        journal(session, TWINS)
    with ThreadPoolExecutor(1) as thread, writing() as session:
        session.connection()  # from here on the write lock is held
        run = thread.submit(collide_card, broken, as_of=MARCH)
        with pytest.raises(CardRefused, match="cannot be run"):
            run.result(timeout=20)


def test_a_card_retired_since_it_was_compared_raises_nothing(small_office: Path) -> None:
    card = card_named("M10")
    with writing() as session:
        install(session, card)
        journal(session, TWINS)
    with reading() as session:
        comparison = compare(session, card, as_of=MARCH)
    with writing() as session:
        install(session, read_card(card.text.replace("version = 2", "version = 3")))
    with writing() as session, pytest.raises(CardRefused, match="M10 version 2 is retired"):
        file_run(session, card, comparison)


def test_a_run_in_its_own_transaction_can_be_read_after_it(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        journal(session, TWINS)
    assert counts(collide_card(card_named("M10"), as_of=MARCH)) == (2, 1, 0)
    with reading() as session:
        assert only_alert(session).status == "waiting"


def test_a_higher_level_may_be_due_earlier_and_never_later(twins: Path) -> None:
    with writing() as session:
        take(session, only_alert(session).id, HAN, at=datetime(2024, 4, 1, 1))
        assert only_alert(session).due_on == date(2024, 5, 13), "28 working days, with those made up for holidays"
        journal(session, A_THIRD)
        collide(session, card_named("M10"), as_of=datetime(2024, 4, 10))
        assert (only_alert(session).level, only_alert(session).due_on) == ("red", date(2024, 4, 23))


def test_a_held_alert_takes_new_rows_and_stays_held(twins: Path) -> None:
    with writing() as session:
        alert_id = only_alert(session).id
        take(session, alert_id, HAN, at=datetime(2024, 4, 5))
        hold(session, alert_id, HAN, at=datetime(2024, 4, 5), note="等待镇里答复")
        journal(session, A_THIRD)
    with writing() as session:
        collide(session, card_named("M10"), as_of=APRIL)
        assert (only_alert(session).status, only_alert(session).outcome) == ("held", "H1")
        assert events(session)[-1] == ("extended", "held", "held")


def test_a_row_received_after_as_of_changes_nothing(twins: Path) -> None:
    with writing() as session:
        before = {name: getattr(only_alert(session), name) for name in ("amount", "level", "attributes")}
        journal(session, A_THIRD)
        assert counts(collide(session, card_named("M10"), as_of=datetime(2024, 4, 9, 15, 59))) == (2, 0, 0)
        assert {name: getattr(only_alert(session), name) for name in before} == before
        assert counts(collide(session, card_named("M10"), as_of=datetime(2024, 4, 9, 16, 0))) == (3, 0, 1)


def _state_after(rows: list[tuple[int, str]], runs: list[datetime]) -> list[tuple[object, ...]]:
    """Money and evidence of every alert after these runs, in a transaction that is taken back."""
    lines = [f"{n} | 990101001201 | 2024-03-05 | 6000 | p{n % 3} | v{n} | {day}" for n, day in rows]
    with writing() as session:
        install(session, card_named("M10"))
        journal(session, JOURNAL + "\n".join(lines))
        for as_of in runs:
            collide(session, card_named("M10"), as_of=as_of)
        keys = select(AlertEvidence.row_key).order_by(AlertEvidence.row_key)
        state = [tuple(row) for row in session.execute(select(Alert.alert_key, Alert.amount, Alert.recoverable))]
        state += [tuple(row) for row in session.execute(keys)]
        session.rollback()
        return state


@effort(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(
        st.tuples(st.integers(1, 6), st.sampled_from(["2024-03-10", "2024-04-10", "2024-05-10"])),
        min_size=2,
        max_size=8,
    )
)
def test_monthly_runs_end_where_one_late_run_ends(small_office: Path, rows: list[tuple[int, str]]) -> None:
    assert _state_after(rows, [MARCH, APRIL, APRIL, MAY]) == _state_after(rows, [MAY])


def test_a_failed_run_leaves_nothing(small_office: Path) -> None:
    with pytest.raises(ZeroDivisionError), writing() as session:
        install(session, card_named("M10"))
        journal(session, TWINS)
        collide(session, card_named("M10"), as_of=MARCH)
        raise ZeroDivisionError
    with reading() as session:
        for table in (Alert, AlertEvidence, AlertEvent, CollisionRun):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_finding_raises_no_alert(small_office: Path) -> None:
    with writing() as session:
        journal(session, TWINS)
        findings = find(session, card_named("M10"), as_of=MARCH)
        assert [(len(finding.rows), finding.level) for finding in findings] == [(2, "orange")]
        assert session.scalar(select(func.count(Alert.id))) == 0


def test_only_an_active_supervision_model_raises_alerts(small_office: Path) -> None:
    draft = card_named("M10")
    with writing() as session:
        journal(session, TWINS)
        with pytest.raises(CardRefused, match="M10 version 2 is not in the warehouse"):
            collide(session, draft, as_of=MARCH)
        offer(session, draft, at=MARCH)
        with pytest.raises(CardRefused, match=r"M10 version 2 is draft; .* Back-test it and submit it"):
            collide(session, draft, as_of=MARCH)
        assert len(find(session, draft, as_of=MARCH)) == 1


def test_a_card_runs_without_the_registers_it_may_lack_and_not_without_the_others(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        with pytest.raises(RegisterRefused, match="register cash_journal was never filed"):
            collide(session, card_named("M10"), as_of=MARCH)
        journal(session, TWINS)
        assert collide(session, card_named("M10"), as_of=MARCH).n_new == 1


def test_parameters_are_checked_and_filed_with_the_run(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        journal(session, TWINS)
        with pytest.raises(InputRefused, match="min_amount: got -1, expected 0 to 1000000 元"):
            collide(session, card_named("M10"), as_of=MARCH, parameters={"min_amount": -1})
        with pytest.raises(InputRefused, match="has no parameter minimum"):
            collide(session, card_named("M10"), as_of=MARCH, parameters={"minimum": 1})
        run = collide(session, card_named("M10"), as_of=MARCH, parameters={"min_amount": 6001})
        assert (run.n_hits, json.loads(run.parameters)["min_amount"]) == (0, 6001)


def test_a_region_with_a_value_of_its_own_is_found_with_it_and_only_it(small_office: Path) -> None:
    text = card_named("M10").text.replace(
        "default = 5000\n", 'default = 5000\nby_region = { "990102" = 100, "990102009" = 50000 }\n'
    )
    journal_rows = JOURNAL + "\n".join(
        f"{village}{number} | {village} | 2024-03-05 | {amount} | p{number} | v{village}{number} | 2024-03-10"
        for village, amount in (
            ("990101001201", 200),
            ("990102001201", 200),
            ("990102009201", 20000),
            ("990103001201", 5000),
        )
        for number in (1, 2)
    )
    with writing() as session:
        card = read_card(text)
        install(session, card)
        journal(session, journal_rows)
        collide(session, card, as_of=MARCH)
        assert sorted(session.scalars(select(Alert.amount))) == [400, 10000]


def test_sql_that_the_engine_cannot_run_is_the_cards_fault(small_office: Path) -> None:
    text = card_named("M10").text.replace("j.amount >= :min_amount", "j.amount + j.payee >= :min_amount")
    with writing() as session:
        journal(session, TWINS)
        with pytest.raises(CardRefused, match="M10, rule twin_expenses, cannot be run"):
            find(session, read_card(text), as_of=MARCH)


def test_people_are_masked_in_alert_and_evidence_and_joined_by_key(small_office: Path) -> None:
    number, handler = "99010119500101001X", "990101197001010010"
    subsidies = f"""
        id_no    | name | village      | work_date  | reason_code | account_holder_id | handler_id | received_on
        {number} | 韩立 | 990101001201 | 2024-03-05 | R01         | {number}          | {handler}  | 2024-03-10
    """
    cadres = f"""
        id_no    | name | village      | start_date | end_date | received_on
        {number} | 韩立 | 990101001201 | 2021-01-01 |          | 2021-01-10
    """
    banned = "reason_code | county | valid_from | received_on\nR01 | 990101 | 2020-01-01 | 2020-01-01"
    with writing() as session:
        install(session, card_named("M08"))
        for name, text in (("labour_subsidy", subsidies), ("village_cadre", cadres), ("banned_reason", banned)):
            file_register(session, name, read_register(name, text), at=datetime(2024, 6, 1))
        collide(session, card_named("M08"), as_of=MARCH)
    with reading() as session:
        alert = only_alert(session)
        evidence = session.scalars(select(AlertEvidence.content)).one()
        stored = " ".join([*(str(getattr(alert, column.key)) for column in Alert.__table__.columns), evidence])
    assert number not in stored
    assert handler not in stored
    assert "韩立" not in stored
    assert alert.subject_key == subject_key("person", number)
    assert alert.subject_display == "韩某某"
    assert json.loads(evidence)["labour_subsidy.id_no"] == "990***********001X"
    assert json.loads(alert.attributes)["responsible"] == subject_key("person", handler)[:16]


def test_the_nearest_commission_verifies_and_an_unknown_village_falls_to_its_town(small_office: Path) -> None:
    places = (("99", "省"), ("9901", "市"), ("990101", "县"), ("990101001", "镇"))
    with writing() as session:
        for code, name in places:
            session.add(Region(code=code, name=name, name_en=name, level=3, valid_from=date(1999, 1, 1)))
        session.flush()
        for code, kind, region in (
            ("county", "commission", "990101"),
            ("town", "town_commission", "990101001"),
            ("bureau", "department", "990101001"),
        ):
            session.add(Unit(code=code, name=code, name_en=code, kind=kind, region_code=region))
        install(session, card_named("M10"))
        journal(session, TWINS + TWINS.replace("990101001201", "990101002201").split("received_on\n")[1])
        collide(session, card_named("M10"), as_of=MARCH)
        alerts = session.execute(select(Alert.region_code, Alert.unit_code, Alert.subject_display)).all()
    assert sorted(alerts) == [("990101", "county", "990101002201"), ("990101001", "town", "990101001201")]


def test_the_run_says_when_it_ran(twins: Path) -> None:
    with reading() as session:
        run = session.scalars(select(CollisionRun)).one()
        assert run.started_at <= run.ended_at <= datetime.now(UTC).replace(tzinfo=None)
        assert run.as_of == MARCH

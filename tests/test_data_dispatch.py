"""Dispatch: who is on duty, how an alert gets to a unit and a person, and that no two people get one."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from data.database import engine, reading, writing
from data.dispatch import (
    assign,
    assign_refusal,
    dispatch,
    duties,
    hand_on,
    owners,
    receivers,
    release,
    send_back,
    sign_in,
    take,
    take_next,
    transfer,
)
from data.errors import AlertChanged, InputRefused, NotFound, NotPermitted, Recused, TransitionRefused
from data.loop_tables import Responsible
from data.people_tables import UnitDuty
from data.queue import Filter
from data.record_tables import AuditEntry
from data.rights import acting
from data.states import TRANSITIONS
from data.tables import Alert, AlertEvent, Domain, Region, Score, Unit
from tests.people import person
from tests.tables_in_text import read_table

RAISED, NOW = datetime(2024, 3, 1, 1), datetime(2024, 3, 4, 1)
PLACES = (
    "99", "9901", "990101", "990101001", "990101001201", "990101002", "990101002201", "990102", "990102001",
)  # fmt: skip
UNITS = """
    code   | kind             | region
    C1     | commission       | 990101
    C2     | commission       | 990102
    T1     | town_commission  | 990101001
    D1     | department       | 990101
    G1     | stationed_group  | 990101
    CITY   | commission       | 9901
"""
_keys = count()


@pytest.fixture
def places(office: Path) -> Path:
    with writing() as session:
        furnish(session)
    return office


@pytest.fixture
def small_places(small_office: Path) -> Path:
    with writing() as session:
        furnish(session)
    return small_office


def furnish(session: Session) -> None:
    levels = {2: 1, 4: 2, 6: 3, 9: 4, 12: 5}
    for code in PLACES:
        above = next((place for place in reversed(PLACES) if code.startswith(place) and code != place), None)
        session.add(
            Region(
                code=code,
                name=f"地{code}",
                name_en=code,
                level=levels[len(code)],
                parent_code=above,
                valid_from=date(2000, 1, 1),
            )
        )
        session.flush()
    for domain in ("benefit_funds", "village_funds"):
        session.add(Domain(code=domain, name=domain, name_en=domain, sort=1))
    for row in read_table(UNITS):
        session.add(
            Unit(
                code=row["code"],
                name=f"单位{row['code']}",
                name_en=f"Unit {row['code']}",
                kind=row["kind"],
                region_code=row["region"],
            )
        )
    session.flush()


def put_alert(
    session: Session,
    *,
    status: str = "dispatched",
    unit: str | None = "T1",
    rank: int | None = None,
    level: str = "orange",
    region: str = "990101001201",
    domain: str = "village_funds",
    subject: str = "s",
) -> int:
    alert = Alert(
        alert_key=f"a{next(_keys)}", source="M10", rule="r", domain_code=domain, region_code=region, unit_code=unit,
        level=level, status=status, subject_kind="person", subject_key=subject, subject_display="韩某某", title="？",
        title_en="?", raised_at=RAISED, attributes="{}", version=2,
    )  # fmt: skip
    session.add(alert)
    session.flush()
    if rank is not None:
        session.add(
            Score(
                alert_id=alert.id, p_confirmed=0.5, p_low=0.4, p_high=0.6, queue_rank=rank, reasons="{}",
                scored_at=RAISED,
            )
        )  # fmt: skip
    return alert.id


def alert_of(session: Session, alert_id: int) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def history(session: Session, alert_id: int) -> list[tuple[str, str | None, str, int, str]]:
    query = select(AlertEvent).where(AlertEvent.alert_id == alert_id).order_by(AlertEvent.id)
    return [(e.kind, e.from_status, e.to_status, e.version, e.note) for e in session.scalars(query)]


HAN = person("inspector", unit_code="T1", region_code="990101001", code="han")
LI = person("inspector", unit_code="T1", region_code="990101001", code="li")
OF_C2 = person("inspector", unit_code="C2", region_code="990102", code="wang")
HEAD = person("leader", unit_code="C1", region_code="990101", code="head")
HEAD_OF_C2 = person("leader", unit_code="C2", region_code="990102", code="head2")


def test_the_nearest_commission_is_on_duty_unless_a_duty_says_otherwise(places: Path) -> None:
    with writing() as session:
        for row in read_table(
            """
            unit | region    | domain        | level
            C1   | 990101    |               | red
            G1   | 990101    | benefit_funds |
            CITY | 9901      | benefit_funds | red
            T1   | 990101002 | benefit_funds |
            D1   | 990101    | village_funds | red
            """
        ):
            session.add(
                UnitDuty(
                    unit_code=row["unit"],
                    region_code=row["region"],
                    domain_code=row["domain"] or None,
                    level=row["level"] or None,
                )
            )
    expected = read_table(
        """
        region       | domain        | level  | unit
        990101001201 | village_funds | orange | T1
        990101002201 | village_funds | orange | C1
        990101001201 | village_funds | red    | C1
        990101001201 | benefit_funds | orange | G1
        990101001201 | benefit_funds | red    | CITY
        990101002201 | benefit_funds | yellow | T1
        990102001    | village_funds | yellow | C2
        990102001    | benefit_funds | red    | CITY
        9901         | village_funds | red    | CITY
        99           | village_funds | red    | nobody
                     | village_funds | red    | nobody
        """
    )
    with reading() as session:
        found = owners(session, [(row["region"] or None, row["domain"], row["level"]) for row in expected])
        assert [unit or "nobody" for unit in found] == [row["unit"] for row in expected]
        assert duties(session, ["990102001"]).owner("990102001", None, "orange") == "C2"
        assert "D1" not in {unit.code for unit in receivers(session)}


def test_a_waiting_alert_is_dispatched_and_another_unit_takes_a_reason(places: Path) -> None:
    with writing() as session:
        first, second = (put_alert(session, status="waiting", unit=None) for _ in range(2))
    with acting(HEAD) as session:
        dispatch(session, first, HEAD, "T1", at=NOW)
        with pytest.raises(InputRefused, match="the reason"):
            dispatch(session, second, HEAD, "C2", at=NOW)
        dispatch(session, second, HEAD, "C2", at=NOW, note="镇纪委人手不足")
    with reading() as session:
        alert = alert_of(session, first)
        assert (alert.status, alert.unit_code, alert.dispatched_at, alert.version) == ("dispatched", "T1", NOW, 3)
        assert alert.due_on == date(2024, 3, 6), "two working days to sign for it"
        assert history(session, second) == [("dispatched", "waiting", "dispatched", 3, "分办至单位C2：镇纪委人手不足")]
        assert session.scalar(select(func.count()).select_from(AuditEntry)) == 2


def test_only_whoever_dispatches_there_dispatches_and_only_to_a_unit_that_verifies(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session, status="waiting", unit=None)
    with acting(HEAD) as session:
        with pytest.raises(InputRefused, match="department D1"):
            dispatch(session, alert_id, HEAD, "D1", at=NOW, note="请其自查")
        with pytest.raises(InputRefused, match="'XX', which does not exist"):
            dispatch(session, alert_id, HEAD, "XX", at=NOW, note="试试看")
    with acting(HEAD_OF_C2) as session, pytest.raises(NotFound):
        dispatch(session, alert_id, HEAD_OF_C2, "C2", at=NOW, note="我来办")
    with writing() as session, pytest.raises(NotPermitted):
        dispatch(session, alert_id, HAN, "T1", at=NOW)


def test_an_alert_is_transferred_to_another_jurisdiction_and_its_clock_starts_anew(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session)
    with acting(HAN) as session:
        take(session, alert_id, HAN, at=NOW)
    with acting(HEAD) as session:
        with pytest.raises(TransitionRefused, match="already"):
            transfer(session, alert_id, HEAD, "T1", at=NOW, note="再分一次")
        with pytest.raises(InputRefused, match="the reason"):
            transfer(session, alert_id, HEAD, "C2", at=NOW)
        transfer(session, alert_id, HEAD, "C2", at=datetime(2024, 3, 8, 1), note="资金由邻县发放")
    with reading() as session:
        alert = alert_of(session, alert_id)
        assert (alert.status, alert.unit_code, alert.assignee) == ("dispatched", "C2", None)
        assert (alert.signed_in_at, alert.due_on) == (None, date(2024, 3, 12))
        assert history(session, alert_id)[-1][-1] == "单位T1转至单位C2：资金由邻县发放"
    with acting(HAN) as session, pytest.raises(NotFound):
        take(session, alert_id, HAN, at=NOW)
    with acting(OF_C2) as session:
        take(session, alert_id, OF_C2, at=datetime(2024, 3, 9, 1))


def test_what_is_sent_back_waits_with_its_reason_for_whoever_dispatches(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session)
    with acting(HAN) as session:
        with pytest.raises(InputRefused, match="the reason"):
            send_back(session, alert_id, HAN, at=NOW, note=" ")
        send_back(session, alert_id, HAN, at=NOW, note="不属本镇")
    with reading() as session:
        alert = alert_of(session, alert_id)
        assert (alert.status, alert.unit_code) == ("waiting", None)
        assert history(session, alert_id) == [("sent_back", "dispatched", "waiting", 3, "单位T1退回：不属本镇")]
    with acting(HEAD) as session:
        dispatch(session, alert_id, HEAD, "C1", at=NOW, note="由县里直接核查")


def test_signing_in_starts_the_clock_and_taking_signs_first(places: Path) -> None:
    with writing() as session:
        signed, taken = put_alert(session), put_alert(session)
    with acting(HAN) as session:
        sign_in(session, signed, HAN, at=NOW)
        take(session, taken, HAN, at=NOW, version=2)
    with reading() as session:
        assert alert_of(session, signed).status == "accepted"
        assert alert_of(session, signed).signed_in_at == NOW
        alert = alert_of(session, taken)
        assert (alert.status, alert.assignee, alert.version, alert.signed_in_at) == ("verifying", "han", 4, NOW)
        assert alert.due_on == alert_of(session, signed).due_on == date(2024, 4, 12), "28 working days"
        assert [kind for kind, *_ in history(session, taken)] == ["signed_in", "taken"]
    with acting(HAN) as session:
        release(session, taken, HAN, at=datetime(2024, 3, 20, 1), note="外出学习")
        alert = alert_of(session, taken)
        assert (alert.status, alert.assignee, alert.due_on) == ("accepted", None, date(2024, 4, 12))


def test_who_takes_what_another_took_is_told_so(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session)
    with acting(HAN) as session:
        take(session, alert_id, HAN, at=NOW, version=2)
    with acting(LI) as session, pytest.raises(AlertChanged, match="han taken"):
        take(session, alert_id, LI, at=NOW, version=2)
    with acting(LI) as session, pytest.raises(TransitionRefused, match="Being verified"):
        take(session, alert_id, LI, at=NOW)


def test_an_alert_is_assigned_to_somebody_of_its_unit_who_is_not_tied_to_it(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session)
        handled = {"alert_id": alert_id, "role": "handler", "subject_key": "k" * 64, "display": "李某某"}
        session.add(Responsible(**handled, post="", unit_name="", source="register.column", finding=""))
    tied = person("inspector", unit_code="T1", region_code="990101001", code="li", subject_key="k" * 64)
    with acting(HEAD) as session:
        with pytest.raises(Recused):
            assign(session, alert_id, HEAD, tied, at=NOW)
        with pytest.raises(NotPermitted, match="belongs to another unit"):
            assign(session, alert_id, HEAD, OF_C2, at=NOW)
        assign(session, alert_id, HEAD, HAN, at=NOW, note="熟悉情况")
        alert = alert_of(session, alert_id)
        assert (alert.status, alert.assignee, alert.signed_in_at) == ("verifying", "han", NOW)
        assert alert.due_on == date(2024, 4, 12)
        assert isinstance(assign_refusal(session, alert, HEAD, HAN, at=NOW), TransitionRefused)
        assign(session, alert_id, HEAD, LI, at=datetime(2024, 3, 20, 1))
        alert = alert_of(session, alert_id)
        assert (alert.assignee, alert.due_on) == ("li", date(2024, 4, 12)), "the clock goes on"
    with acting(HAN) as session, pytest.raises(NotPermitted):
        assign(session, alert_id, HAN, HAN, at=NOW)


def test_what_is_being_put_right_is_handed_on_to_one_who_may_verify_it_and_is_not_tied(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session, status="rectifying")
        alert = session.get_one(Alert, alert_id)
        alert.assignee, alert.outcome, alert.due_on = "han", "C1", date(2024, 4, 20)
        handled = {"alert_id": alert_id, "role": "handler", "subject_key": "k" * 64, "display": "李某某"}
        session.add(Responsible(**handled, post="", unit_name="", source="register.column", finding=""))
    tied = person("inspector", unit_code="T1", region_code="990101001", code="li", subject_key="k" * 64)
    for give in (hand_on, assign):
        with acting(HEAD) as session:
            with pytest.raises(Recused):
                give(session, alert_id, HEAD, tied, at=NOW)
            with pytest.raises(NotPermitted, match="belongs to another unit"):
                give(session, alert_id, HEAD, OF_C2, at=NOW)
            with pytest.raises(TransitionRefused, match="han verifies"):
                give(session, alert_id, HEAD, HAN, at=NOW)
            with pytest.raises(AlertChanged):
                give(session, alert_id, HEAD, LI, at=NOW, version=1)
    with acting(HEAD) as session:
        hand_on(session, alert_id, HEAD, LI, at=NOW, note="原经办人调离")
        assign(session, alert_id, HEAD, HAN, at=NOW)
        alert = alert_of(session, alert_id)
        assert (alert.status, alert.assignee, alert.outcome, alert.due_on) == (
            "rectifying", "han", "C1", date(2024, 4, 20),
        )  # fmt: skip
        said = [(kind, note.split("：")[-1]) for kind, _, _, _, note in history(session, alert_id)]
        assert said == [("handed_on", "原经办人调离"), ("handed_on", f"移交{HAN.name}")]
    with acting(HAN) as session, pytest.raises(NotPermitted):
        hand_on(session, alert_id, HAN, LI, at=NOW)
    with writing() as session:
        to_take = put_alert(session)
    with acting(HEAD) as session, pytest.raises(TransitionRefused, match="Hand on"):
        hand_on(session, to_take, HEAD, LI, at=NOW)


def test_every_change_is_one_of_the_table(places: Path) -> None:
    with writing() as session:
        alert_id = put_alert(session, status="waiting", unit=None)
        dispatch(session, alert_id, HEAD, "T1", at=NOW)
        send_back(session, alert_id, HAN, at=NOW, note="退回")
        dispatch(session, alert_id, HEAD, "T1", at=NOW)
        take(session, alert_id, HAN, at=NOW)
        release(session, alert_id, HAN, at=NOW)
        assign(session, alert_id, HEAD, LI, at=NOW)
        transfer(session, alert_id, HEAD, "C2", at=NOW, note="转办")
        allowed = {(one.action, source, one.target) for one in TRANSITIONS for source in one.sources}
        done = history(session, alert_id)
        assert {(kind, before, after) for kind, before, after, *_ in done} <= allowed
        assert [version for *_, version, _ in done] == list(range(3, 3 + len(done)))


def test_the_next_one_is_the_highest_ranked_free_alert_of_the_view_and_the_scope(places: Path) -> None:
    with writing() as session:
        put_alert(session, rank=1, status="verifying")
        put_alert(session, rank=2, unit="C2", region="990102001")
        put_alert(session, rank=3, status="waiting", unit=None)
        red = put_alert(session, rank=5, level="red")
        best = put_alert(session, rank=4, status="accepted")
        last = put_alert(session, rank=None)
    with acting(HAN) as session:
        assert take_next(session, HAN, Filter(level=("red",)), at=NOW) == red
        assert take_next(session, HAN, Filter(), at=NOW) == best
        assert take_next(session, HAN, Filter(), at=NOW) == last
        assert take_next(session, HAN, Filter(), at=NOW) is None
        assert {alert_of(session, one).assignee for one in (red, best, last)} == {"han"}
    with acting(HEAD) as session:
        assert take_next(session, HEAD, Filter(), at=NOW) is None, "a leader verifies nothing"


def test_the_next_one_passes_over_what_recusal_forbids(places: Path) -> None:
    with writing() as session:
        put_alert(session, rank=1, subject="me")
        other = put_alert(session, rank=2)
    tied = person("inspector", unit_code="T1", region_code="990101001", code="han", subject_key="me")
    with acting(tied) as session:
        assert take_next(session, tied, Filter(), at=NOW) == other


def test_of_many_who_take_the_next_one_at_once_each_gets_others(places: Path) -> None:
    people = [person("inspector", unit_code="T1", region_code="990101001", code=f"p{n}") for n in range(8)]
    with writing() as session:
        ids = [put_alert(session, rank=rank) for rank in range(1, 201)]

    def work(number: int) -> list[int | None]:
        found = []
        for _ in range(25):
            with acting(people[number]) as session:
                found.append(take_next(session, people[number], Filter(), at=NOW))
        return found

    with ThreadPoolExecutor(8) as threads:
        taken = [one for of_one in threads.map(work, range(8)) for one in of_one]
    assert sorted(one for one in taken if one is not None) == ids, "none twice, none passed over"
    with reading() as session:
        kinds = session.execute(select(AlertEvent.kind, func.count()).group_by(AlertEvent.kind)).all()
        assert dict(map(tuple, kinds)) == {"signed_in": 200, "taken": 200}
        assert session.scalar(select(func.count()).select_from(Alert).where(Alert.assignee.is_not(None))) == 200


def test_taking_the_next_one_does_not_grow_with_the_queue(small_places: Path) -> None:
    with writing() as session:
        ids = [put_alert(session, rank=rank, unit="T1" if rank % 2 else "C1") for rank in range(1, 1401)]
    rows: list[int] = []

    def seen(_connection: object, cursor: object, statement: str, parameters: Sequence[object], *_: object) -> None:
        if statement.startswith("SELECT"):
            rows.append(len(parameters))

    event.listen(engine(), "after_cursor_execute", seen)
    with acting(HAN) as session:
        assert take_next(session, HAN, Filter(), at=NOW) == ids[0]
    event.remove(engine(), "after_cursor_execute", seen)
    assert max(rows) <= 220
    assert len(rows) < 30
    with acting(HAN) as session:
        session.execute(Score.__table__.update().values(queue_rank=None))
        assert take_next(session, HAN, Filter(), at=NOW) == ids[1398], "without ranks the newest"

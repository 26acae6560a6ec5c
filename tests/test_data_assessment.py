"""Assessment by unit: shares with what they rest on, and nothing of other scopes."""

from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from data.assessment import Assessed, Period, assess
from data.database import writing
from data.errors import InputRefused
from data.loop_tables import Elimination, HandlingOrder, LookBack, Measure
from data.rights import Person, seen_by
from data.tables import Alert, AlertEvent, Region, Unit
from tests.people import person
from tests.tables_in_text import read_table

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
TODAY = date(2026, 4, 10)
# Alert by alert: its unit and level, when it was signed for and concluded (local days), and how.
ALERTS = """
unit | level  | signed     | concluded  | outcome | status     | due
A    | red    | 2026-03-02 | 2026-03-23 | C2      | closed     |
A    | red    | 2026-03-02 | 2026-03-24 | E1      | closed     |
A    | yellow | 2026-02-27 | 2026-03-24 | C1      | rectifying | 2026-04-09
A    | red    | 2026-03-30 |            |         | verifying  | 2026-04-20
A    | red    | 2026-03-30 | 2026-03-31 | H1      | held       |
B    | orange |            | 2026-03-05 | CX      | closed     |
B    | orange | 2026-03-02 |            |         | accepted   | 2026-04-09
B    | red    | 2026-01-05 | 2026-02-28 | C0      | closed     |
"""
# What came back, and what was taken back as entered in error; a talk is no money.
MEASURES = """
alert | kind     | quantity | done
1     | recovery | 700      | 2026-03-23
1     | recovery | 250      | 2026-03-31
1     | recovery | -50      | 2026-03-31
1     | recovery | 40       | 2026-04-01
1     | talk     | 3        | 2026-03-23
3     | recovery | 100      | 2026-03-24
8     | recovery | 50       | 2026-02-28
8     | recovery | 25       | 2026-03-01
"""


def moment(day: str) -> datetime | None:
    return datetime.fromisoformat(f"{day}T02:00:00") if day else None


def furnish(session: Session) -> None:
    session.add(Region(code="9901", name="清源市", name_en="Qingyuan", level=2, valid_from=date(2020, 1, 1)))
    session.flush()
    for code, name in (("A", "甲"), ("B", "乙")):
        session.add(
            Region(code=f"99010{ord(code) % 10}", name=name, name_en=code, level=3, valid_from=date(2020, 1, 1))
        )
        session.flush()
        session.add(
            Unit(code=code, name=f"{name}纪委", name_en=code, kind="commission", region_code=f"99010{ord(code) % 10}")
        )
    session.flush()
    for number, row in enumerate(read_table(ALERTS), start=1):
        concluded = moment(row["concluded"])
        session.add(
            Alert(
                id=number, alert_key=f"{number}", source="M01", rule="r", unit_code=row["unit"], level=row["level"],
                region_code=f"99010{ord(row['unit']) % 10}", status=row["status"], outcome=row["outcome"] or None,
                subject_kind="person", subject_key="k", subject_display="韩某某", title="t", title_en="t",
                raised_at=datetime(2026, 1, 2), dispatched_at=moment(row["signed"]), signed_in_at=moment(row["signed"]),
                concluded_at=concluded, due_on=date.fromisoformat(row["due"]) if row["due"] else None, attributes="{}",
            )
        )  # fmt: skip
        session.flush()
        if concluded:
            kind = {"H1": "held", "E1": "eliminated"}.get(row["outcome"], "concluded")
            session.add(
                AlertEvent(
                    alert_id=number, at=concluded, actor="zhang", kind=kind, from_status="verifying",
                    to_status=row["status"], outcome=row["outcome"], note="",
                )
            )  # fmt: skip
    for row in read_table(MEASURES):
        session.add(
            Measure(
                alert_id=int(row["alert"]), kind=row["kind"], quantity=float(row["quantity"]), note="", actor="zhang",
                done_on=date.fromisoformat(row["done"]), at=datetime(2026, 4, 1, 2),
            )
        )  # fmt: skip
    for state in ("approved", "returned", "asked"):
        session.add(
            Elimination(
                alert_id=2, cause="F01", reason="登记滞后", evidence="卷1", prefilled=False, requested_by="zhang",
                requested_at=datetime(2026, 3, 20), state=state, decision="",
                decided_at=None if state == "asked" else datetime(2026, 3, 24),
            )
        )  # fmt: skip
    for number, finding in ((1, "upheld"), (2, "reversed")):
        session.add(
            LookBack(
                alert_id=number, drawn_for="sample", drawn_by="sp", drawn_at=datetime(2026, 3, 25), outcome="C2",
                unit_code="A", finding=finding, note="", reviewed_by="sp", reviewed_at=datetime(2026, 3, 28),
            )
        )  # fmt: skip
    session.add(
        HandlingOrder(
            alert_id=7, number="督办〔2026〕1号", reason="overdue", demand="尽快办理", due_on=TODAY, ordered_by="ld",
            ordered_at=datetime(2026, 3, 12), answer="",
        )
    )  # fmt: skip


@pytest.fixture
def units(office: Path) -> dict[str, Assessed]:
    with writing() as session:
        furnish(session)
    return assessed(person("leader", region_code="9901"))


def assessed(who: Person) -> dict[str, Assessed]:
    with seen_by(who) as session:
        return {unit.unit_code: unit for unit in assess(session, who, MARCH, today=TODAY)}


def test_in_time_counts_working_days_from_the_sign_in(units: dict[str, Assessed]) -> None:
    # Red: 15 working days from Monday 2 March end on Monday 23 March; the second is one day late.
    assert (units["A"].on_time["n_confirmed"], units["A"].on_time["n"]) == (2, 3)
    assert units["A"].median_days == 16
    assert units["B"].on_time["n"] == 0, "an outcome that was imported had no sign-in"


def test_confirmation_leaves_out_what_was_held(units: dict[str, Assessed]) -> None:
    assert (units["A"].confirmed["n_confirmed"], units["A"].confirmed["n"]) == (2, 3)
    assert units["A"].confirmed["low"] < 2 / 3 < units["A"].confirmed["high"]
    assert (units["B"].confirmed["n_confirmed"], units["B"].confirmed["n"]) == (1, 1)


def test_february_is_not_march(units: dict[str, Assessed]) -> None:
    assert units["B"].n_concluded == 1


def test_recovered_is_what_came_in_within_the_period_whenever_it_was_concluded(units: dict[str, Assessed]) -> None:
    assert units["A"].recovered == 700 + 250 - 50 + 100
    assert units["B"].recovered == 25, "for a conclusion of February"


def test_requests_returned_and_look_backs_reversed(units: dict[str, Assessed]) -> None:
    assert (units["A"].returned["n_confirmed"], units["A"].returned["n"]) == (1, 2), "one that waits is not decided"
    assert (units["A"].reversed["n_confirmed"], units["A"].reversed["n"]) == (1, 2)
    assert units["B"].reversed["n"] == 0


def test_what_stands_today(units: dict[str, Assessed]) -> None:
    assert [(u.n_to_verify, u.n_overdue, u.n_supervised) for u in (units["A"], units["B"])] == [(1, 1, 0), (1, 1, 1)]


def test_the_last_row_is_the_whole(units: dict[str, Assessed]) -> None:
    whole = units[""]
    assert (whole.n_concluded, whole.n_overdue, whole.recovered) == (4, 2, 1025.0)
    assert (whole.confirmed["n_confirmed"], whole.confirmed["n"]) == (3, 4)


def test_an_inspector_sees_the_own_unit_only(units: dict[str, Assessed]) -> None:
    seen = assessed(person("inspector", unit_code="B"))
    assert set(seen) == {"B", ""}
    assert seen[""].n_concluded == 1
    assert seen[""].reversed["n"] == 0


@pytest.mark.parametrize(("first", "last"), [("2026-04-01", "2026-03-31"), ("2020-01-01", "2026-03-31")])
def test_a_period_that_cannot_be(first: str, last: str) -> None:
    with pytest.raises(InputRefused):
        Period(date.fromisoformat(first), date.fromisoformat(last))

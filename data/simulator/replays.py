"""Replays: runs that were reported in public, rebuilt exactly with invented people, for demonstrations and tests.

Source: field/inventory.md, H-11 to H-13, Z-22, Z-23, Z-38 to Z-41; field/simulator.md, 5.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import dispatch, elimination, measures, verification
from data.collision import collide
from data.office_time import shanghai_day
from data.register_catalogue import REGISTERS
from data.registers import file_register
from data.rights import ROLES, Held, Person
from data.simulator.calendar import Texts, draw_from
from data.simulator.names import invent_names, invent_surnames
from data.simulator.numbers import identity_numbers
from data.simulator.places import CITY, COUNTY, PROVINCE
from data.simulator.truth import COUNTY_UNIT
from data.supervision_models import built_in_cards, install
from data.tables import Alert, Region, Unit

VILLAGE = f"{COUNTY}001201"
_INSPECTOR = Person("replay1", "专班核查员", COUNTY_UNIT, (Held(ROLES["inspector"], COUNTY_UNIT, COUNTY, None),))
_APPROVER = Person("replay-sp", "专班负责人", COUNTY_UNIT, (Held(ROLES["approver"], COUNTY_UNIT, COUNTY, None),))
_HANDLER = 0
"""Number of the invented person who handles everything in a replay."""


@dataclass(frozen=True)
class Replay:
    """Registers of one reported run, and what its verification found."""

    model: str
    registers: dict[str, pd.DataFrame]
    as_of: datetime
    concluded_at: datetime
    verdicts: tuple[tuple[str, str | None, int], ...]
    """Outcome, cause and how many alerts got it, in order of alert."""
    wider_check: pd.DataFrame | None = None
    """What a check beyond the alerts found: id_no, returned (CNY)."""


@dataclass(frozen=True)
class _Invented:
    id_no: Texts
    name: Texts


def _invent(n: int, born: str, seed: int) -> _Invented:
    draw = draw_from(seed, "replay")
    male = draw.random(n) < 0.5
    births = np.full(n, np.datetime64(born, "D")) + np.arange(n).astype("timedelta64[D]")
    names = invent_names(draw, invent_surnames(draw, n), male)
    return _Invented(identity_numbers(np.full(n, 990101), births, male), names)


def allowance_replay() -> Replay:
    """Replay 1: 212 people suspected of drawing the elderly-care allowance without the hukou, 197 confirmed."""
    people = _invent(213, "1944-02-01", 1)
    n = 212
    ids, names = people.id_no[1:], people.name[1:]
    months = [f"2023-{month:02d}" for month in (1, 2, 3)]
    payments = pd.DataFrame({"id_no": np.repeat(ids, 3), "name": np.repeat(names, 3), "pay_month": months * n})
    payments = payments.assign(
        pay_id=[f"P{number:06d}" for number in range(3 * n)],
        scheme="elderly_care_allowance",
        region=VILLAGE,
        amount=60.0,
        account_no="000000621700000001",
        account_holder_id=payments["id_no"],
        handler_id=people.id_no[_HANDLER],
        reviewer_id=people.id_no[_HANDLER],
        paid_date=pd.to_datetime(payments["pay_month"] + "-10"),
        kind="正常",
        received_on=pd.Timestamp("2023-04-01"),
    )
    persons = pd.DataFrame(
        {
            "id_no": ids,
            "name": names,
            "sex": "男",
            "birth_date": pd.Timestamp("1944-02-01"),
            "hukou_region": "990201",
            "hukou_out_date": pd.Timestamp("2022-11-15"),
            "hukou_registered_on": pd.Timestamp("2022-11-20"),
            "residence_region": VILLAGE,
            "household_no": [f"H{number:06d}" for number in range(n)],
            "received_on": pd.Timestamp("2023-04-01"),
        }
    )
    return Replay(
        "M01",
        {"benefit_payment": payments, "person": persons},
        as_of=datetime(2023, 4, 3),
        concluded_at=datetime(2023, 5, 12, 3),
        verdicts=(("C2", None, 197), ("E1", "F01", 9), ("E1", "F02", 4), ("E1", "F03", 2)),
    )


def labour_replay() -> Replay:
    """Replay 3: 92 sitting cadres drew labour subsidies in an election year, 61 confirmed; 153 people in the end."""
    people = _invent(154, "1968-05-01", 3)
    ids, names = people.id_no[1:], people.name[1:]
    amounts = np.array([60.0] * 11 + [50.0] * 142)
    subsidies = pd.DataFrame(
        {
            "row_id": [f"L{number:06d}" for number in range(92)],
            "village": VILLAGE,
            "id_no": ids[:92],
            "name": names[:92],
            "work_date": pd.Timestamp("2020-08-25"),
            "amount": amounts[:92],
            "reason_code": "R01",
            "reason_text": "参加换届选举投票",
            "account_holder_id": ids[:92],
            "handler_id": people.id_no[_HANDLER],
            "received_on": pd.Timestamp("2020-09-10"),
        }
    )
    cadres = pd.DataFrame(
        {
            "id_no": ids[:92],
            "name": names[:92],
            "village": VILLAGE,
            "post": "村委委员",
            "start_date": pd.Timestamp("2017-05-01"),
            "end_date": pd.NaT,
            "received_on": pd.Timestamp("2020-01-01"),
        }
    )
    banned = pd.DataFrame(
        {
            "reason_code": ["R01"],
            "county": COUNTY,
            "valid_from": pd.Timestamp("2018-01-01"),
            "valid_to": pd.NaT,
            "received_on": pd.Timestamp("2020-01-01"),
        }
    )
    return Replay(
        "M08",
        {"labour_subsidy": subsidies, "village_cadre": cadres, "banned_reason": banned},
        as_of=datetime(2020, 9, 14),
        concluded_at=datetime(2020, 10, 20, 2),
        verdicts=(("C2", None, 61), ("E1", "F20", 19), ("E1", "F12", 12)),
        wider_check=pd.DataFrame({"id_no": ids, "returned": amounts}),
    )


def twins_replay() -> Replay:
    """Replay 4: two expenses of 33,630 on one day, a fine and its equal late fee: confirmed, its nature changed."""
    people = _invent(1, "1975-03-01", 4)
    entries = pd.DataFrame(
        {
            "row_id": ["J000001", "J000002"],
            "village": VILLAGE,
            "entry_date": pd.Timestamp("2020-08-12"),
            "amount": 33_630.0,
            "summary": ["行政处罚款", "滞纳金"],
            "payee": "县综合执法局",
            "payee_kind": "机关",
            "voucher_hash": ["v1", "v2"],
            "has_invoice": True,
            "handler_id": people.id_no[_HANDLER],
            "received_on": pd.Timestamp("2020-08-20"),
        }
    )
    penalty = pd.DataFrame(
        {
            "penalty_no": ["罚〔99〕0000001"],
            "village": VILLAGE,
            "decided_on": pd.Timestamp("2020-05-06"),
            "fine": 33_630.0,
            "late_fee": 33_630.0,
            "received_on": pd.Timestamp("2020-05-20"),
        }
    )
    return Replay(
        "M10",
        {"cash_journal": entries, "penalty": penalty},
        as_of=datetime(2020, 8, 24),
        concluded_at=datetime(2020, 9, 30, 2),
        verdicts=(("C3", None, 1),),
    )


def replay_in(session: Session, replay: Replay) -> list[Alert]:
    """File the replay's registers, run its card and conclude its alerts; returns the alerts in order of raising.

    The county and its unit are set up where they are not there; registers that the card needs and the run did not have
    are filed empty. What was confirmed is put right on the day of the verdict.
    """
    _set_up(session)
    card = next(card for card in built_in_cards() if card.code == replay.model)
    install(session, card)
    for name in card.registers:
        empty = pd.DataFrame(columns=[*REGISTERS[name].columns, "received_on"])
        file_register(session, name, replay.registers.get(name, empty), at=replay.as_of)
    run = collide(session, card, as_of=replay.as_of)
    alerts = list(session.scalars(select(Alert).where(Alert.run_id == run.id).order_by(Alert.id)))
    verdicts = [(outcome, cause) for outcome, cause, times in replay.verdicts for _ in range(times)]
    for alert, (outcome, cause) in zip(alerts, verdicts, strict=True):
        dispatch.take(session, alert.id, _INSPECTOR, at=replay.as_of)
        if cause is None:
            _confirm(session, alert, outcome, at=replay.concluded_at)
        else:
            _exclude(session, alert, cause, at=replay.concluded_at)
    return alerts


def _set_up(session: Session) -> None:
    for level, code in ((1, PROVINCE), (2, CITY), (3, COUNTY)):
        if session.get(Region, code) is None:
            parent = code[:-2] or None
            session.add(
                Region(code=code, name=code, name_en=code, level=level, parent_code=parent, valid_from=date(1999, 1, 1))
            )
            session.flush()
    if session.get(Unit, COUNTY_UNIT) is None:
        unit = Unit(code=COUNTY_UNIT, name="县纪委监委", name_en="County", kind="commission", region_code=COUNTY)
        session.add(unit)
        session.flush()


def _confirm(session: Session, alert: Alert, outcome: str, *, at: datetime) -> None:
    note, paper = "经核查，情况属实。", "专班核查卷"
    verification.conclude(
        session, alert.id, _INSPECTOR, at=at, outcome=outcome, note=note, evidence=paper, recovered=alert.recoverable
    )
    day = shanghai_day(at)
    measures.add(session, alert.id, _INSPECTOR, at=at, kind="correction", quantity=1, done_on=day)
    verification.rectify(session, alert.id, _INSPECTOR, at=at, note="已整改到位。")


def _exclude(session: Session, alert: Alert, cause: str, *, at: datetime) -> None:
    reason, paper = "经核查，情况已说明，予以排除。", "专班核查卷"
    elimination.request(session, alert.id, _INSPECTOR, at=at, cause=cause, reason=reason, evidence=paper)
    elimination.approve(session, alert.id, _APPROVER, at=at, decision="同意消除。")

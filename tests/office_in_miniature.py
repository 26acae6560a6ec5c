"""A small office to look at: regions, domains, units, their people and about 300 alerts over 14 months, in every state.

`fill` puts it into the migrated database of the settings; the same `now` gives the same office. Each unit U1..U8 has
two inspectors (`u1a`, `u1b`...); `county.approver` and `county.leader` see the whole office.
Invented throughout: codes begin with 99.
"""

import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from data.database import writing
from data.loop import advance, due_date, locked
from data.loop_tables import Elimination, HandlingOrder, Responsible
from data.people_tables import Account, Post
from data.rights import ROLES, Held, Person
from data.states import NOT_CONCLUDED, TRANSITIONS
from data.supervision_models import built_in_cards
from data.tables import Alert, AlertEvent, AlertEvidence, Domain, Region, RiskModel, Score, SupervisionModel, Unit

N_ALERTS = 300
VERIFIER, SECOND = (
    Person(code, code, "U1", tuple(Held(replace(role, sees="region"), "U1", "", None) for role in ROLES.values()))
    for code in ("verifier", "second")
)
"""Two who may do everything everywhere, so that one can approve what the other asks for."""
_BEGINNING = date(2020, 1, 1)
_TOWNS = ("高桥镇", "柳溪镇", "石门镇", "云台乡", "青山镇", "白沙街道", "双河镇", "龙泉乡")
_TOWNS_EN = ("Gaoqiao", "Liuxi", "Shimen", "Yuntai", "Qingshan", "Baisha", "Shuanghe", "Longquan")
_TILES = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1))
_VILLAGES = ("东村", "西村", "河湾村", "桥头村")
_DOMAINS = (
    ("benefit_funds", "惠民资金", "Public-benefit funds"),
    ("hardship_aid", "困难救助", "Hardship aid"),
    ("labour_subsidy", "劳务用工", "Labour subsidies"),
    ("village_funds", "村级资金", "Village funds"),
    ("village_projects", "村级工程", "Village projects"),
    ("procurement", "招标采购", "Procurement"),
)
# ruff: noqa: E501
# code, name, English name, domain, level, share confirmed, question, English question
_MODELS = (
    ("M01", "户籍迁出仍领津贴", "Allowance after moving out", "benefit_funds", "red", 0.85,
     "迁出后仍领取津贴 {n} 个月，是否超发？请核查", "Allowance drawn for {n} months after moving out: suspected over-payment?"),
    ("M02", "死亡后仍在发放", "Paid after death", "benefit_funds", "red", 0.62,
     "登记死亡后仍发放 {n} 笔，是否冒领？请核查", "{n} payments after registered death: suspected impersonated claim?"),
    ("M04", "财政供养人员享受低保", "On payroll and on dibao", "hardship_aid", "orange", 0.55,
     "财政供养期间享受低保 {n} 个月，是否符合条件？请核查", "On payroll with dibao for {n} months: suspected ineligible?"),
    ("M08", "村干部领取误工补贴", "Cadre paid lost-work subsidy", "labour_subsidy", "orange", 0.6,
     "任职期间领取误工补贴 {n} 次，是否重复？请核查", "Lost-work subsidy drawn {n} times in office: suspected double pay?"),
    ("M10", "同日同额支出", "Same day, same amount", "village_funds", "yellow", 0.35,
     "同日同额支出 {n} 笔，是否拆分？请核查", "{n} equal payments on one day: suspected splitting?"),
    ("M11", "未批先建", "Built before approval", "village_projects", "red", 0.48,
     "开工早于审批 {n} 天，是否未批先建？请核查", "Work began {n} days before approval: suspected building first?"),
    ("M13", "中标集中", "Award concentration", "procurement", "yellow", 0.38,
     "同一供应商一年中标 {n} 次，是否集中？请核查", "One supplier won {n} times in a year: suspected concentration?"),
)  # fmt: skip
_REASONS = (
    (
        "source_confirmed_share_365d",
        "该模型近一年查实率 {v:.0%}",
        "This model was confirmed {v:.0%} of the time in the last year",
    ),
    ("n_overlap_months", "重叠 {v:.0f} 个月", "{v:.0f} months overlap"),
    ("register_lag_days", "登记滞后 {v:.0f} 天", "Registered {v:.0f} days late"),
    (
        "n_subject_alerts_365d",
        "同一对象近一年另有 {v:.0f} 条预警",
        "{v:.0f} other alerts on the same subject in a year",
    ),
)
_SURNAMES = "韩赵钱孙李周吴郑"


def fill(session: Session | None = None, *, now: datetime, n_alerts: int = N_ALERTS) -> None:
    """Put the miniature office into `session`, or into the database of the settings in a transaction of its own."""
    if session is None:
        with writing() as own:
            fill(own, now=now, n_alerts=n_alerts)
        return
    rng = np.random.Generator(np.random.PCG64(7))
    _add_places(session)
    _add_models(session, now)
    session.flush()
    _add_people(session)
    raised = [_raise(rng, number, now) for number in range(1, n_alerts + 1)]
    session.add_all([one.alert for one in raised])
    session.flush()
    for one in raised:
        one.keep(session)
    session.flush()
    _rank(session)


def settle(
    session: Session, alert_id: int, outcome: str, *, at: datetime, cause: str | None = None, note: str = ""
) -> None:
    """Bring an alert that is not concluded to an outcome (H1: hold it) by the steps that lead there, all at `at`."""
    alert = locked(session, alert_id)
    if alert.status == "waiting":
        advance(session, alert, "dispatched", SECOND, at=at)
    if alert.status in ("dispatched", "accepted", "held"):
        advance(session, alert, "taken", VERIFIER, at=at)
    if alert.status == "verifying":
        alert.assignee = VERIFIER.code
    if outcome == "E1":
        if alert.status == "verifying":
            advance(session, alert, "requested", VERIFIER, at=at)
        advance(session, alert, "eliminated", SECOND, at=at, outcome=outcome, cause=cause or "F01", note=note)
        return
    if alert.status == "approving":
        advance(session, alert, "returned", SECOND, at=at)
        alert.assignee = VERIFIER.code
    advance(session, alert, "held" if outcome == "H1" else "concluded", VERIFIER, at=at, outcome=outcome, note=note)


def _region(code: str, name: str, name_en: str, level: int, parent: str | None, tile: tuple[int, int] | None) -> Region:
    row, column = tile or (None, None)
    return Region(
        code=code, name=name, name_en=name_en, level=level, parent_code=parent, valid_from=_BEGINNING,
        tile_row=row, tile_column=column,
    )  # fmt: skip


def _add_places(session: Session) -> None:
    session.add(_region("99", "明州省", "Mingzhou Province", 1, None, None))
    session.flush()
    session.add(_region("9901", "清源市", "Qingyuan City", 2, "99", None))
    session.flush()
    session.add(_region("990101", "镜湖县", "Jinghu County", 3, "9901", None))
    session.flush()
    for i, (name, name_en) in enumerate(zip(_TOWNS, _TOWNS_EN, strict=True), start=1):
        town = f"990101{i:03}"
        session.add(_region(town, name, name_en, 4, "990101", _TILES[i - 1]))
        session.flush()
        for j, village in enumerate(_VILLAGES, start=1):
            session.add(_region(f"{town}{j:03}", village, f"{name_en} Village {j}", 5, town, None))
        session.add(
            Unit(
                code=f"U{i}",
                name=f"{name}纪委",
                name_en=f"{name_en} commission",
                kind="town_commission",
                region_code=town,
            )
        )
    session.flush()


def _add_people(session: Session) -> None:
    people = [
        (f"u{i}{letter}", f"{town}{word}", f"U{i}", "inspector")
        for i, town in enumerate(_TOWNS, start=1)
        for letter, word in (("a", "甲"), ("b", "乙"))
    ]
    people += [("county.approver", "县审批", "U1", "approver"), ("county.leader", "县领导", "U1", "leader")]
    for code, name, unit, _ in people:
        session.add(
            Account(
                code=code,
                name=name,
                unit_code=unit,
                state="active",
                must_change=False,
                n_failed=0,
                created_at=datetime(2020, 1, 1),
                created_by="test",
            )
        )
    session.flush()
    for code, _, unit, role in people:
        session.add(Post(account=code, role=role, unit_code=unit, from_on=_BEGINNING, granted_by="test"))
    session.flush()


def _add_models(session: Session, now: datetime) -> None:
    for sort, (code, name, name_en) in enumerate(_DOMAINS, start=1):
        session.add(Domain(code=code, name=name, name_en=name_en, sort=sort))
    session.flush()
    cards = {card.code: card.text for card in built_in_cards()}
    for code, name, name_en, domain, level, *_ in _MODELS:
        session.add(
            SupervisionModel(
                code=code, version=1, name=name, name_en=name_en, domain_code=domain, level=level, phase="post",
                status="active" if code in cards else "retired", card=cards.get(code, ""), card_hash=code.lower() * 8,
            )
        )  # fmt: skip
    session.add(
        RiskModel(
            id=1, state="live", fingerprint="f" * 64, content="{}", metrics="{}", n_rows=200, as_of=now, trained_at=now
        )
    )


@dataclass
class _Raised:
    """An alert and the rows that are kept with it once it has its number in the office."""

    alert: Alert
    number: int
    rows: list[Any] = field(default_factory=list)

    def add(self, row: Any) -> None:
        self.rows.append(row)

    def keep(self, session: Session) -> None:
        for row in self.rows:
            row.alert_id = self.alert.id
        session.add_all(self.rows)


def _raise(rng: np.random.Generator, number: int, now: datetime) -> _Raised:
    code, _, _, domain, level, share, title, title_en = _MODELS[int(rng.integers(len(_MODELS)))]
    town = int(rng.choice(8, p=[0.26, 0.18, 0.14, 0.12, 0.1, 0.09, 0.07, 0.04])) + 1
    village = int(rng.integers(0, 5))
    # The last twelve alerts are today's; the rest spread over 14 months, denser towards now.
    days = 0.02 + 0.015 * (N_ALERTS - number) if number > N_ALERTS - 12 else 425 * float(rng.beta(1.0, 1.25))
    raised_at = (now - timedelta(days=days)).replace(microsecond=0)
    n = int(rng.integers(2, 15))
    personal = code in ("M01", "M02", "M04", "M08")
    amount = round(float(rng.lognormal(8.3, 0.9)), 2)
    alert = Alert(
        alert_key=f"{code}|R1|subject{number}|{number}",
        source=code,
        rule=f"{code}-R1",
        domain_code=domain,
        region_code=f"990101{town:03}" + (f"{village:03}" if village else ""),
        unit_code=f"U{town}",
        level=level if rng.random() < 0.8 else "yellow",
        status="waiting",
        subject_kind="person" if personal else "project",
        subject_key=f"{int(rng.integers(0, 220)):064d}",
        subject_display=f"{_SURNAMES[number % len(_SURNAMES)]}某某" if personal else f"项目 P{number:04}",
        title=title.format(n=n),
        title_en=title_en.format(n=n),
        period=f"{raised_at:%Y-%m}",
        happened_on=(raised_at - timedelta(days=60)).date(),
        registered_on=(raised_at - timedelta(days=30)).date(),
        raised_at=raised_at,
        amount=amount,
        recoverable=round(amount * 0.8, 2),
        attributes=json.dumps({"n_overlap_months": n, "amount": amount}),
    )
    one = _Raised(alert, number)
    _add_evidence(one, n)
    _add_responsible(one)
    alert.version, alert.due_on = 1, due_date(alert, raised_at)
    one.add(AlertEvent(at=raised_at, actor="collision", kind="raised", to_status="waiting", note=""))
    _live(one, rng, share, now)
    _score(one, rng, share, now)
    return one


def _add_evidence(one: _Raised, n: int) -> None:
    alert = one.alert
    left = {
        "benefit_payment.pay_month": alert.period,
        "benefit_payment.name": alert.subject_display,
        "benefit_payment.id_no": "990***********1234",
        "benefit_payment.amount": alert.amount,
    }
    right = {
        "person.name": alert.subject_display,
        "person.id_no": "990***********1234",
        "person.hukou_out_date": str(alert.happened_on),
        "person.hukou_registered_on": str(alert.registered_on),
    }
    for i in range(min(n, 4)):
        content = json.dumps(left | right | {"benefit_payment.pay_id": f"PAY{one.number:05}{i}"}, ensure_ascii=False)
        one.add(AlertEvidence(row_key=f"row{i}", content=content))


def _add_responsible(one: _Raised) -> None:
    alert = one.alert
    if one.number % 3:
        return
    one.add(
        Responsible(
            role="handler", subject_key=f"{one.number:063d}h", display="孙某某", post="民政办主任",
            unit_name="镇民政办", on_date=alert.happened_on, source="benefit_payment.handler", finding="",
        )
    )  # fmt: skip


_WAYS = {
    "waiting": (),
    "dispatched": ("dispatched",),
    "accepted": ("dispatched", "signed_in"),
    "verifying": ("dispatched", "signed_in", "taken"),
    "approving": ("dispatched", "signed_in", "taken", "requested"),
    "held": ("dispatched", "signed_in", "taken", "held"),
    "rectifying": ("dispatched", "signed_in", "taken", "concluded"),
    "concluded": ("dispatched", "signed_in", "taken", "concluded"),
    "eliminated": ("dispatched", "signed_in", "taken", "requested", "eliminated"),
    "rectified": ("dispatched", "signed_in", "taken", "concluded", "rectified"),
}
"""What was done to an alert, by how far it came."""
_REACHED = {"dispatched": 0.0, "signed_in": 0.1, "taken": 0.2, "requested": 0.8}
"""When, as a share of the time the alert has lived; the last step is at its end."""
_TARGETS = {transition.action: transition.target for transition in TRANSITIONS if transition.action != "concluded"}


def _live(one: _Raised, rng: np.random.Generator, share: float, now: datetime) -> None:
    """Most alerts older than some weeks were concluded, a few are held, the rest are still to be verified."""
    alert = one.alert
    end = alert.raised_at + timedelta(days=float(rng.gamma(3.0, 7.0)))
    roll = rng.random()
    if end >= now or roll < 0.12:
        way = str(
            rng.choice(["waiting", "dispatched", "accepted", "verifying", "approving"], p=[0.07, 0.28, 0.3, 0.25, 0.1])
        )
        end = now - (now - alert.raised_at) * 0.1
    elif roll < 0.16:
        way, alert.outcome = "held", "H1"
    else:
        way = _conclude(rng, alert, share, fresh=end > now - timedelta(days=60))
    if way == "waiting":
        alert.unit_code = None
    _walk(one, way, end)
    if (
        alert.status in ("dispatched", "verifying")
        and one.number % 4 == 0
        and alert.due_on
        and alert.due_on < now.date()
    ):
        _supervise(one, now)


def _conclude(rng: np.random.Generator, alert: Alert, share: float, *, fresh: bool) -> str:
    if rng.random() < share:
        alert.outcome = str(rng.choice(["C0", "C1", "C2", "C3"], p=[0.35, 0.15, 0.4, 0.1]))
    else:
        alert.outcome = str(rng.choice(["E1", "D1", "G1", "U1"], p=[0.6, 0.22, 0.12, 0.06]))
    if alert.outcome == "E1":
        alert.cause = "F01"
        return "eliminated"
    if alert.outcome in ("D1", "U1"):
        return "concluded"
    return "rectifying" if rng.random() < (0.5 if fresh else 0.04) else "rectified"


def _walk(one: _Raised, way: str, end: datetime) -> None:
    """Leave the events of a way, and the alert as they leave it."""
    alert = one.alert
    outcome, cause, steps = alert.outcome, alert.cause, _WAYS[way]
    verifier = f"{(alert.unit_code or 'U1').lower()}{'ab'[one.number % 2]}"
    for number, action in enumerate(steps, start=1):
        share = 1.0 if number == len(steps) and action not in _REACHED else _REACHED.get(action, 0.9)
        at = (alert.raised_at + (end - alert.raised_at) * share).replace(microsecond=0)
        before = alert.status
        alert.status = _TARGETS.get(action, "closed" if outcome in ("D1", "U1") else "rectifying")
        alert.version += 1
        given = action in ("held", "concluded", "eliminated")
        one.add(
            AlertEvent(
                at=at, kind=action, version=alert.version, from_status=before,
                actor={"dispatched": "dispatch", "eliminated": "county.approver"}.get(action, verifier),
                to_status=alert.status, outcome=outcome if given else None, cause=cause if given else None, note="",
            )
        )  # fmt: skip
        _mark(one, action, at, verifier)
        alert.due_on = due_date(alert, at)
    if way == "rectified" and outcome == "C2":
        alert.recovered = alert.recoverable


def _mark(one: _Raised, action: str, at: datetime, verifier: str) -> None:
    alert = one.alert
    if action == "dispatched":
        alert.dispatched_at = at
    elif action == "signed_in":
        alert.signed_in_at = at
    elif action == "taken":
        alert.assignee = verifier
    elif action in ("concluded", "eliminated"):
        alert.concluded_at = at
    if action == "requested":
        eliminated = alert.outcome == "E1"
        one.add(
            Elimination(
                cause="F01", reason="公安已更正登记日期，附函", evidence="", prefilled=False,
                requested_by=verifier, requested_at=at, state="approved" if eliminated else "asked",
                decided_by="county.approver" if eliminated else None, decided_at=at if eliminated else None, decision="",
            )
        )  # fmt: skip


def _supervise(one: _Raised, now: datetime) -> None:
    alert = one.alert
    alert.supervised_at = now - timedelta(days=1)
    one.add(
        HandlingOrder(
            number=f"督办〔{now.year}〕{one.number}号", reason="overdue", demand="五日内办结并报结果",
            due_on=(now + timedelta(days=4)).date(), ordered_by="county.approver", ordered_at=now - timedelta(days=1),
            answer="",
        )
    )  # fmt: skip


def _score(one: _Raised, rng: np.random.Generator, share: float, now: datetime) -> None:
    alert = one.alert
    p = float(np.clip(share + rng.normal(0, 0.16), 0.03, 0.97))
    margin = float(np.log(p / (1 - p)))
    values = (share, float(rng.integers(1, 12)), float(rng.integers(0, 90)), float(rng.integers(0, 4)))
    weights = rng.dirichlet((3.0, 2.0, 1.5, 1.0))
    items: list[dict[str, Any]] = []
    base, rest = -0.2, 0.05
    slope = 100 * (p - 1 / (1 + float(np.exp(-base)))) / (margin - base)
    for (feature, zh, en), value, weight in zip(_REASONS, values, weights, strict=True):
        contribution = (margin - base - rest) * float(weight)
        items.append(
            {
                "feature": feature, "value": value, "contribution": contribution,
                "points": contribution * slope, "zh": zh.format(v=value), "en": en.format(v=value),
            }
        )  # fmt: skip
    items.sort(key=lambda item: -abs(item["contribution"]))
    one.add(
        Score(
            risk_model_id=1,
            p_confirmed=p,
            p_low=max(0.0, p - 0.09),
            p_high=min(1.0, p + 0.08),
            expected_recoverable=round(p * (alert.recoverable or 0), 2),
            reasons=json.dumps(
                {"base": base, "margin": margin, "items": items, "rest": rest, "rest_points": rest * slope},
                ensure_ascii=False,
            ),
            scored_at=now,
        )
    )


def _rank(session: Session) -> None:
    query = session.query(Alert, Score).join(Score, Score.alert_id == Alert.id)
    rows = query.filter(Alert.status.in_(NOT_CONCLUDED)).all()
    for rank, (_, score) in enumerate(sorted(rows, key=lambda row: (-row[1].p_confirmed, row[0].id)), start=1):
        score.queue_rank = rank

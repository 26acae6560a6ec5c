"""A small office to look at: regions, domains, units and about 300 alerts over 14 months, in every state.

`fill` puts it into the migrated database of the settings; the same `now` gives the same office.
Invented throughout: codes begin with 99.
"""

import json
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy.orm import Session

from data.cards import built_in_cards
from data.database import writing
from data.tables import Alert, AlertEvent, AlertEvidence, Domain, Region, RiskModel, Score, SupervisionModel, Unit

N_ALERTS = 300
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
    for number in range(1, n_alerts + 1):
        _add_alert(session, rng, number, now)
    session.flush()
    _rank(session)


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


def _add_alert(session: Session, rng: np.random.Generator, number: int, now: datetime) -> None:
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
        status="open",
        subject_kind="person" if personal else "project",
        subject_key=f"{int(rng.integers(0, 220)):064d}",
        subject_display=f"{_SURNAMES[number % len(_SURNAMES)]}某某" if personal else f"项目 P{number:04}",
        title=title.format(n=n),
        title_en=title_en.format(n=n),
        period=f"{raised_at:%Y-%m}",
        happened_on=(raised_at - timedelta(days=60)).date(),
        registered_on=(raised_at - timedelta(days=30)).date(),
        raised_at=raised_at,
        due_on=(raised_at + timedelta(days=30)).date(),
        amount=amount,
        recoverable=round(amount * 0.8, 2),
        attributes=json.dumps({"n_overlap_months": n, "amount": amount}),
    )
    session.add(alert)
    session.flush()
    _add_evidence(session, alert, n)
    session.add(_event(alert, raised_at, "system", "raised", None, "open"))
    _verify(session, rng, alert, share, now)
    _score(session, rng, alert, share, now)


def _add_evidence(session: Session, alert: Alert, n: int) -> None:
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
        content = json.dumps(left | right | {"benefit_payment.pay_id": f"PAY{alert.id:05}{i}"}, ensure_ascii=False)
        session.add(AlertEvidence(alert_id=alert.id, row_key=f"row{i}", content=content))


def _event(alert: Alert, at: datetime, actor: str, kind: str, before: str | None, after: str) -> AlertEvent:
    return AlertEvent(
        alert_id=alert.id, at=at, actor=actor, kind=kind, from_status=before, to_status=after,
        outcome=alert.outcome, cause=alert.cause, note="",
    )  # fmt: skip


def _verify(session: Session, rng: np.random.Generator, alert: Alert, share: float, now: datetime) -> None:
    """Most alerts older than some weeks were concluded, a few are held, the rest are still open."""
    at = alert.raised_at + timedelta(days=float(rng.gamma(3.0, 7.0)))
    roll = rng.random()
    if at >= now or roll < 0.12:
        return
    if roll < 0.16:
        alert.status, alert.outcome = "held", "H1"
        session.add(_event(alert, at, f"inspector of {alert.unit_code}", "held", "open", "held"))
        return
    if rng.random() < share:
        outcome = str(rng.choice(["C0", "C1", "C2", "C3"], p=[0.35, 0.15, 0.4, 0.1]))
    else:
        outcome = str(rng.choice(["E1", "D1", "G1", "U1"], p=[0.6, 0.22, 0.12, 0.06]))
    alert.status, alert.outcome, alert.concluded_at = "closed", outcome, at.replace(microsecond=0)
    alert.cause = "F01" if outcome == "E1" else None
    session.add(_event(alert, at, f"inspector of {alert.unit_code}", "concluded", "open", "closed"))


def _score(session: Session, rng: np.random.Generator, alert: Alert, share: float, now: datetime) -> None:
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
    session.add(
        Score(
            alert_id=alert.id,
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
    rows = session.query(Alert, Score).join(Score, Score.alert_id == Alert.id).filter(Alert.status == "open").all()
    for rank, (_, score) in enumerate(sorted(rows, key=lambda row: (-row[1].p_confirmed, row[0].id)), start=1):
        score.queue_rank = rank

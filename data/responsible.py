"""Who answers for what an alert is about (责任人): handler, reviewer, approver... on the date, whoever it is about.

Found when an alert is raised: the rule's rows name a number in each role, and the registers of payrolls and village
cadres say who that was and which post that person held on the day. A verifier marks who is answerable and who is
cleared, and adds whom the registers do not know. Source: field/models.md, Y7; field/inventory.md, H-15, S-16.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import duckdb
import pyarrow as pa
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from data.cards import ANSWERING, Card, Rule
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.folding import Finding
from data.identities import remember
from data.identity import mask_name, mask_number, subject_key, subject_keys
from data.identity_numbers import read_number
from data.loop import changed, locked, record
from data.loop_tables import Responsible
from data.recusal import recusal
from data.rights import RIGHTS, RIGHTS_EN, Person
from data.scopes import place_names
from data.states import STATES
from data.tables import Alert
from data.written import written

REGISTERS = ("public_employee", "village_cadre")
"""Where it stands who held which post when."""
FINDINGS: Mapping[str, tuple[str, str]] = {
    "answerable": ("应当负责", "answerable"),
    "cleared": ("排除责任", "cleared"),
}
"""What a verification finds about somebody who was named."""
WHILE = ("verifying", "held", "rectifying")
"""States of an alert in which it is found who answers for it."""
_CHUNK = 500

_POSTS = """
SELECT number, day, name, in_post, post, unit, village
FROM (
    SELECT w.number, w.day, e.name, 1 AS register, e.post, e.unit_name AS unit, NULL AS village, e.start_date,
           e.start_date <= w.day AND (e.end_date IS NULL OR e.end_date >= w.day) AS in_post
    FROM wanted w JOIN public_employee e ON e.id_no = w.number
    UNION ALL
    SELECT w.number, w.day, c.name, 2 AS register, c.post, NULL AS unit, c.village, c.start_date,
           c.start_date <= w.day AND (c.end_date IS NULL OR c.end_date >= w.day) AS in_post
    FROM wanted w JOIN village_cadre c ON c.id_no = w.number
) AS held
QUALIFY ROW_NUMBER() OVER (PARTITION BY number, day ORDER BY in_post DESC, register, start_date DESC, post) = 1
"""


@dataclass(frozen=True)
class PostHeld:
    """Who stood behind a number on a day, as far as the registers know."""

    name: str
    post: str
    """Empty where no post was held on the day, as filed."""
    unit_name: str


Posts = Mapping[tuple[str, date], PostHeld]
"""Number and day to the post held; only what was known when the registers were opened."""


def look_up_posts(
    session: Session, connection: duckdb.DuckDBPyConnection, findings: Iterable[Finding], *, day: date
) -> Posts:
    """The posts of everybody the findings name as responsible, on each day of an act (or `day`, where it has none).

    `connection` has the views `REGISTERS` as known then.
    """
    wanted = sorted({named for one in findings for named in _named(one, day)})
    if not wanted:
        return {}
    numbers, days = pa.array([number for number, _ in wanted]), pa.array([on for _, on in wanted], type=pa.date32())
    connection.register("wanted", pa.table({"number": numbers, "day": days}))
    rows = connection.execute(_POSTS).fetchall()
    connection.unregister("wanted")
    places = place_names(session, {row[-1] for row in rows if row[-1]})
    return {
        (number, on): PostHeld(
            name, post if in_post else "", (unit or places.get(village, (village, ""))[0]) if in_post else ""
        )
        for number, on, name, in_post, post, unit, village in rows
    }


def _named(finding: Finding, day: date) -> Iterator[tuple[str, date]]:
    """Number and day of everybody a row names: of the rows that are filed, any may be the last."""
    happened_on = finding.rule.happened_on
    for column in finding.rule.responsible.values():
        for row in finding.rows.values():
            if row[column] is not None:
                yield str(row[column]), (row[happened_on] if happened_on else None) or day


def keep_responsible(
    session: Session, card: Card, found: Sequence[tuple[int, Finding]], posts: Posts, *, day: date
) -> dict[str, tuple[str, str]]:
    """Write down who answers for these alerts (id and rows), each person once in a role.

    Returns: their names and numbers by subject key, to be sealed.
    """
    named = [(alert_id, one.rule, *who) for alert_id, one in found for who in one.answering().items()]
    numbers = list(dict.fromkeys(number for _, _, (_, number), _ in named))
    keys = dict(zip(numbers, subject_keys("person", numbers), strict=True))
    known = _known(session, [alert_id for alert_id, _ in found])
    people: dict[str, tuple[str, str]] = {}
    rows = []
    for alert_id, rule, (role, number), on in named:
        held = posts.get((number, on or day), PostHeld("", "", ""))
        people[keys[number]] = (held.name, number)
        if (alert_id, role, keys[number]) not in known:
            rows.append(
                {
                    "alert_id": alert_id,
                    "role": role,
                    "subject_key": keys[number],
                    "display": mask_name(held.name) or mask_number(number)[:60],
                    "post": held.post[:80],
                    "unit_name": held.unit_name[:80],
                    "on_date": on,
                    "source": _source(card, rule, rule.responsible[role]),
                    "finding": "",
                }
            )
    if rows:
        session.execute(insert(Responsible), rows)
    return people


def _known(session: Session, alert_ids: Sequence[int]) -> set[tuple[int, str, str]]:
    columns = select(Responsible.alert_id, Responsible.role, Responsible.subject_key)
    return {
        (alert_id, role, key)
        for start in range(0, len(alert_ids), _CHUNK)
        for alert_id, role, key in session.execute(
            columns.where(Responsible.alert_id.in_(alert_ids[start : start + _CHUNK]))
        )
    }


def _source(card: Card, rule: Rule, column: str) -> str:
    """`register.column` that an output column of the rule comes from, as far as the card says."""
    shown = next((f"{e.register}.{e.column}" for e in rule.evidence if e.output == column), None)
    declared = next((f"{name}.{column}" for name, columns in card.registers.items() if column in columns), column)
    return (shown or declared)[:60]


def of_alert(session: Session, alert_id: int) -> list[Responsible]:
    """Who answers for an alert, in order of role; nobody where the alert is outside the session's scope."""
    query = select(Responsible).join(Alert, Alert.id == Responsible.alert_id).where(Alert.id == alert_id)
    roles = list(ANSWERING)
    return sorted(session.scalars(query), key=lambda one: (roles.index(one.role), one.id))


def mark(
    session: Session, responsible_id: int, person: Person, *, at: datetime, finding: str, version: int | None = None
) -> Responsible:
    """Say whether somebody who was named is answerable or cleared; whoever verifies the alert says so.

    Raises: NotFound outside the scope, InputRefused for another finding, NotPermitted for another person.
    """
    if finding not in FINDINGS:
        raise InputRefused(
            f"The finding {finding[:20]!r} is not known; expected one of {', '.join(FINDINGS)}. Choose one of these.",
            f"结论 {finding[:20]} 无法识别，可选 {'、'.join(zh for zh, _ in FINDINGS.values())}。",
        )
    named = session.get(Responsible, responsible_id)
    if named is None or session.scalar(select(Alert.id).where(Alert.id == named.alert_id)) is None:
        raise NotFound(
            f"There is no person responsible with number {responsible_id}.", f"没有第 {responsible_id} 号责任人。"
        )
    alert = locked(session, named.alert_id)
    _must_verify(session, alert, person, version)
    session.refresh(named)
    if named.finding != finding:
        named.finding = finding
        note = f"{ANSWERING[named.role][0]}{named.display}：{FINDINGS[finding][0]}"
        record(session, alert, "marked", person, at=at, note=note)
    return named


def add(
    session: Session,
    alert_id: int,
    person: Person,
    *,
    at: datetime,
    role: str,
    name: str,
    number: str,
    post: str = "",
    unit_name: str = "",
    on_date: date | None = None,
    version: int | None = None,
) -> Responsible:
    """Name somebody the registers do not know, or add what they do not say; name and number are sealed.

    Raises: NotFound outside the scope, InputRefused for a role, name or number that cannot be, or for a person who is
    named in this role already; NotPermitted for anybody but whoever verifies the alert.
    """
    alert = locked(session, alert_id)
    _must_verify(session, alert, person, version)
    if role not in ANSWERING:
        raise InputRefused(
            f"The role {role[:20]!r} is not known; expected one of {', '.join(ANSWERING)}. Choose one of these.",
            f"角色 {role[:20]} 无法识别，可选 {'、'.join(zh for zh, _ in ANSWERING.values())}。",
        )
    name = written(name, name="name", least=1, most=60)
    number = read_number(number)
    key = subject_key("person", number)
    if (alert.id, role, key) in _known(session, [alert.id]):
        raise InputRefused(
            f"This person is named as {ANSWERING[role][1]} of alert {alert.id} already.",
            f"此人已列为第 {alert.id} 号预警的{ANSWERING[role][0]}。",
        )
    named = Responsible(
        alert_id=alert.id, role=role, subject_key=key, display=mask_name(name),
        post=written(post, name="post", most=80), unit_name=written(unit_name, name="unit", most=80),
        on_date=on_date, source=person.code, finding="",
    )  # fmt: skip
    session.add(named)
    remember(session, {key: (name, number)})
    record(session, alert, "named", person, at=at, note=f"{ANSWERING[role][0]}{named.display}")
    return named


def _must_verify(session: Session, alert: Alert, person: Person, version: int | None) -> None:
    if error := changed(session, alert, version):
        raise error
    if not person.may_on("verify", alert):
        raise NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN['verify']} for alert {alert.id}.",
            f"{person.name}对第 {alert.id} 号预警没有“{RIGHTS['verify']}”的权限。",
        )
    if alert.assignee != person.code:
        raise NotPermitted(
            f"Alert {alert.id} is verified by {alert.assignee or 'nobody yet'}; only whoever took it can do this.",
            f"第 {alert.id} 号预警由 {alert.assignee or '（尚无人领取）'} 核查，只有领取人可以操作。",
        )
    if alert.status not in WHILE:
        state = STATES[alert.status]
        raise TransitionRefused(
            f"Alert {alert.id} is “{state.name_en}”; who answers for it is found while it is verified or put right.",
            f"第 {alert.id} 号预警现为“{state.name}”，只能在核查、暂存或处置期间认定责任人。",
        )
    if tie := recusal(session, alert, person):
        raise tie

"""Ties between two sides of a query: who is an official, and who is kin, household, partner or contractor of whom.

Everything is compared by number, never by name alone: a name that is borne by somebody without a number is counted
among what could not be compared. Source: field/models.md, M14; field/inventory.md, Z-28.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import duckdb

from data.errors import RunStopped
from data.identity import mask_name, mask_number
from data.query_subjects import Subject, in_language
from data.run_limits import Allowance

LEAST_CONFIDENCE = 0.5
"""Kinship that is less sure than this is not used; field/models.md, M14."""
DEGREES = (1, 2, 3, 4)
MOST_ROWS = 50
"""Ties told one by one; the rest is counted."""
PlaceOf = Callable[[str], tuple[str, str]]
"""Names of a place in Chinese and English, by its code; what is no code stays as it is."""


@dataclass(frozen=True)
class Tie:
    """A comparison: what it looks for, in which registers, and how a row it finds reads."""

    code: str
    name: str
    name_en: str
    needs: tuple[str, ...]
    """Registers without which it cannot be made."""
    helps: tuple[str, ...]
    """Registers without which it is made by number alone, without kin."""
    between: tuple[str, ...]
    """Table of `settle` on each side that it compares; one, where only who was looked up is asked about."""
    sql: str
    """Over the tables of `settle`; PAIRED stands for: one from each side."""
    row: str
    row_en: str


@dataclass(frozen=True)
class Compared:
    """One comparison as it was made."""

    code: str
    state: str
    """found, held (posts, which are facts and no findings), listed (no post, but an own register of the office names
    them), none (compared, nothing found) or not (could not be compared)."""
    why: str = ""
    """Why it could not be: lacks (registers), stopped (beyond its limits), alone (no other side was named) or nobody
    (nobody stands behind what was named, as far as the registers tell)."""
    rows: tuple[tuple[str, str], ...] = ()
    """What was found, in Chinese and English, masked."""
    n_found: int = 0
    missing: tuple[str, ...] = ()
    """Registers it lacked."""
    unknown: tuple[str, ...] = ()
    """People, masked, about whom a register it rests on holds nothing: of them nothing was found because nothing is
    known."""
    registers: tuple[str, ...] = field(default=())
    """Registers it was made in."""
    listed_in: tuple[str, ...] = ()
    """The office's own registers that name them, where the state is listed."""


_PAIRED = "x.side = 'subject' AND y.side = 'other'"
TIES: Mapping[str, Tie] = {
    tie.code: tie
    for tie in (
        Tie(
            "village_cadre", "是否为村干部", "Whether a village cadre", ("village_cadre",), (), ("people",),
            "SELECT p.n AS a, p.n AS b, r.post, r.village AS place, r.start_date AS first, r.end_date AS last "
            "FROM people p JOIN village_cadre r ON r.id_no = p.id_no WHERE p.side = 'subject' ORDER BY p.n, first",
            "{a}：{place} {post}，{first} 至 {last}", "{a}: {post} of {place}, {first} to {last}",
        ),
        Tie(
            "public_employee", "是否为公职人员", "Whether a public employee", ("public_employee",), (), ("people",),
            "SELECT p.n AS a, p.n AS b, r.post, r.unit_name AS place, r.start_date AS first, r.end_date AS last "
            "FROM people p JOIN public_employee r ON r.id_no = p.id_no WHERE p.side = 'subject' ORDER BY p.n, first",
            "{a}：{place} {post}，{first} 至 {last}", "{a}: {post} of {place}, {first} to {last}",
        ),
        Tie(
            "retired_cadre", "是否为退休干部", "Whether a retired cadre", ("retired_cadre",), (), ("people",),
            "SELECT p.n AS a, p.n AS b, r.post, r.unit_name AS place, r.retire_date AS first, NULL AS last "
            "FROM people p JOIN retired_cadre r ON r.id_no = p.id_no WHERE p.side = 'subject' ORDER BY p.n, first",
            "{a}：原 {place} {post}，{first} 退休", "{a}: formerly {post} of {place}, retired {first}",
        ),
        Tie(
            "same_person", "是否为同一人", "Whether the same person", (), (), ("people", "people"),
            "SELECT DISTINCT x.n AS a, y.n AS b, x.role, y.role AS other_role FROM people x JOIN people y "
            "ON y.id_no = x.id_no WHERE PAIRED ORDER BY a, b",
            "{a}（{role}）与 {b}（{other_role}）为同一证号", "{a} ({role}) and {b} ({other_role}) have one number",
        ),
        Tie(
            "same_household", "是否同户", "Whether of one household", ("person",), (), ("people", "people"),
            "SELECT DISTINCT x.n AS a, y.n AS b, x.role, y.role AS other_role FROM people x "
            "JOIN person p ON p.id_no = x.id_no JOIN person q ON q.household_no = p.household_no "
            "JOIN people y ON y.id_no = q.id_no AND y.id_no <> x.id_no WHERE PAIRED ORDER BY a, b",
            "{a}（{role}）与 {b}（{other_role}）登记在同一户", "{a} ({role}) and {b} ({other_role}) of one household",
        ),
        Tie(
            "kin", "是否为亲属", "Whether kin", ("kinship",), (), ("people", "people"),
            "SELECT x.n AS a, y.n AS b, k.relation, k.degree, k.confidence FROM people x "
            "JOIN kin k ON k.id_no = x.id_no JOIN people y ON y.id_no = k.kin_id AND y.id_no <> x.id_no "
            "WHERE PAIRED AND k.degree > 0 "
            "QUALIFY ROW_NUMBER() OVER (PARTITION BY x.n, y.n, x.id_no, y.id_no "
            "ORDER BY k.degree, k.confidence DESC) = 1 "
            "ORDER BY a, b",
            "{a} 与 {b}：{relation}，{degree} 亲等，可信度 {confidence}",
            "{a} and {b}: {relation}, degree {degree}, confidence {confidence}",
        ),
        Tie(
            "same_enterprise", "本人或亲属是否在同一企业任职、持股",
            "Whether they or kin hold posts or shares in one enterprise", ("enterprise_role",), ("kinship",),
            ("firms", "firms"),
            "SELECT DISTINCT x.n AS a, y.n AS b, x.uscc, x.held AS role, y.held AS other_role, x.degree, "
            "y.degree AS other_degree, x.first AS since, x.last AS until, y.first AS other_since, "
            "y.last AS other_until FROM firms x JOIN firms y ON y.uscc = x.uscc WHERE PAIRED "
            "ORDER BY a, b, uscc",
            "{a}（{role}{degree}{until}）与 {b}（{other_role}{other_degree}{other_until}）同在企业 {uscc}",
            "{a} ({role}{degree}{until}) and {b} ({other_role}{other_degree}{other_until}) in enterprise {uscc}",
        ),
        Tie(
            "shared_contact", "相关企业是否共用电话、地址", "Whether their enterprises share a telephone or an address",
            ("enterprise_role", "enterprise"), ("kinship",), ("firms", "firms"),
            "SELECT DISTINCT x.n AS a, y.n AS b, x.uscc, y.uscc AS other_uscc, "
            "CASE WHEN e.phone = f.phone THEN 'phone' ELSE 'address' END AS contact, "
            "x.held AS role, y.held AS other_role, x.first AS since, x.last AS until, y.first AS other_since, "
            "y.last AS other_until FROM firms x "
            "JOIN enterprise e ON e.uscc = x.uscc JOIN enterprise f ON (f.phone = e.phone AND e.phone <> '') "
            "OR (f.address = e.address AND e.address <> '') JOIN firms y ON y.uscc = f.uscc AND y.uscc <> x.uscc "
            "WHERE PAIRED ORDER BY a, b, uscc, other_uscc",
            "{a} 的企业 {uscc}（{role}{until}）与 {b} 的企业 {other_uscc}（{other_role}{other_until}）共用{contact}",
            "enterprise {uscc} of {a} ({role}{until}) and {other_uscc} of {b} ({other_role}{other_until}) "
            "share the {contact}",
        ),
        Tie(
            "same_account", "是否共用领取账户", "Whether payments go to one account", ("benefit_payment",), (),
            ("people", "people"),
            "SELECT DISTINCT x.n AS a, y.n AS b, p.account_no AS account FROM people x "
            "JOIN benefit_payment p ON p.id_no = x.id_no OR p.account_holder_id = x.id_no "
            "JOIN benefit_payment q ON q.account_no = p.account_no "
            "JOIN people y ON (y.id_no = q.id_no OR y.id_no = q.account_holder_id) AND y.id_no <> x.id_no "
            "WHERE PAIRED ORDER BY a, b, account",
            "{a} 与 {b} 的补贴进入同一账户 {account}", "subsidies of {a} and {b} go to one account {account}",
        ),
        Tie(
            "tender", "相关企业是否参与对方有权过问的招标",
            "Whether their enterprises took part in tenders over which the other side has power",
            ("tender", "tender_power", "enterprise_role"), ("kinship", "bid"), ("firms", "people"),
            "SELECT DISTINCT x.n AS a, y.n AS b, t.tender_id, t.part, x.uscc, w.power FROM firms x "
            "JOIN part t ON t.uscc = x.uscc JOIN tender_power w ON w.tender_id = t.tender_id "
            "JOIN tender d ON d.tender_id = t.tender_id "
            "JOIN people y ON y.id_no = w.id_no WHERE x.side <> y.side AND x.held <> 'bidder' "
            "AND (x.first IS NULL OR x.first <= COALESCE(d.award_date, d.open_date)) "
            "AND (x.last IS NULL OR x.last >= d.open_date) "
            "ORDER BY a, b, t.tender_id",
            "{a} 的企业 {uscc} 在招标 {tender_id} 中{part}，{b} 有“{power}”权限",
            "enterprise {uscc} of {a} {part} tender {tender_id}, over which {b} has the power “{power}”",
        ),
        Tie(
            "contract", "相关企业是否承接对方任职村的工程、服务",
            "Whether their enterprises have contracts in villages where the other side is a cadre",
            ("contract", "village_cadre", "enterprise_role"), ("kinship",), ("firms", "people"),
            "SELECT DISTINCT x.n AS a, y.n AS b, c.contract_id, x.uscc, c.village AS place, c.signed_on AS first "
            "FROM firms x JOIN contract c ON c.contractor_uscc = x.uscc "
            "JOIN village_cadre v ON v.village = c.village AND v.start_date <= c.signed_on "
            "AND (v.end_date IS NULL OR v.end_date >= c.signed_on) JOIN people y ON y.id_no = v.id_no "
            "WHERE x.side <> y.side AND (x.first IS NULL OR x.first <= c.signed_on) "
            "AND (x.last IS NULL OR x.last >= c.signed_on) ORDER BY a, b, c.contract_id",
            "{a} 的企业 {uscc} 于 {first} 签订合同 {contract_id}，{b} 时任 {place} 村干部",
            "enterprise {uscc} of {a} signed contract {contract_id} on {first}, while {b} was a cadre of {place}",
        ),
        Tie(
            "purchase", "相关企业是否向对方任职村供货",
            "Whether their enterprises sold to villages where the other side is a cadre",
            ("purchase", "village_cadre", "enterprise_role"), ("kinship",), ("firms", "people"),
            "SELECT DISTINCT x.n AS a, y.n AS b, c.order_no, x.uscc, c.village AS place, c.order_date AS first "
            "FROM firms x JOIN purchase c ON c.supplier_uscc = x.uscc "
            "JOIN village_cadre v ON v.village = c.village AND v.start_date <= c.order_date "
            "AND (v.end_date IS NULL OR v.end_date >= c.order_date) JOIN people y ON y.id_no = v.id_no "
            "WHERE x.side <> y.side AND (x.first IS NULL OR x.first <= c.order_date) "
            "AND (x.last IS NULL OR x.last >= c.order_date) ORDER BY a, b, c.order_no",
            "{a} 的企业 {uscc} 于 {first} 供货（采购单 {order_no}），{b} 时任 {place} 村干部",
            "enterprise {uscc} of {a} supplied order {order_no} on {first}, while {b} was a cadre of {place}",
        ),
    )
}  # fmt: skip
"""Comparisons in the order of the report."""
REGISTERS = tuple(dict.fromkeys(name for tie in TIES.values() for name in (*tie.needs, *tie.helps)))
_KNOWN_BY = {"same_household": ("person", "id_no"), "kin": ("kinship", "pid_a", "pid_b")}
"""Comparison to the register, and its columns, in which somebody must stand for it to say anything about them."""
_WORDS = {
    "self": ("本人", "in person"), "holder": ("企业任职、持股人员", "holder in the enterprise"),
    "power": ("招标决策监管人员", "with power over the tender"),
    "project": ("项目经办人或村干部", "behind the project"),
    "itself": ("该企业", "the enterprise"), "bidder": ("投标企业", "bidder"),
    "contractor": ("承包企业", "contractor"),
    "won": ("中标", "won"), "agent": ("任代理机构", "was agent of"), "bid": ("投标", "bid in"),
    "phone": ("电话", "telephone"), "address": ("地址", "address"),
    "spouse": ("配偶", "spouse"), "parent": ("父母子女", "parent and child"), "sibling": ("兄弟姐妹", "siblings"),
    "grandparent": ("祖孙", "grandparent and grandchild"), "chain": ("经一名共同亲属", "through one common relative"),
    "long_chain": ("经多名亲属", "through several relatives"),
    "legal_rep": ("法定代表人", "legal representative"), "director": ("董事", "director"),
    "supervisor": ("监事", "supervisor"), "manager": ("经理", "manager"), "shareholder": ("股东", "shareholder"),
}  # fmt: skip


def settle(
    connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject], known: Sequence[Subject], allowance: Allowance,
    *, degree: int,
) -> None:  # fmt: skip
    """Make the tables that the comparisons read: people, kin, part (in tenders) and firms, of both sides.

    `known`: those on file; of the others nothing is compared.

    Numbers stand in this connection's memory only. Where nothing is named to compare with, the insiders of a tender
    and what is behind a project are compared with its bidders.
    """
    alone = not any(one.side == "other" for one in subjects)
    connection.execute("CREATE TEMP TABLE asked (n INT, side VARCHAR, kind VARCHAR, number VARCHAR, inside VARCHAR)")
    for n, one in enumerate(subjects):
        inside = "other" if alone and one.kind in ("tender", "project") else one.side
        if one in known:
            connection.execute("INSERT INTO asked VALUES (?, ?, ?, ?, ?)", [n, one.side, one.kind, one.number, inside])
    for statement in _SETTLING:
        list(allowance.rows_of(connection, statement.format(degree=int(degree), confidence=LEAST_CONFIDENCE)))


_SETTLING = (
    """CREATE TEMP TABLE part AS
    SELECT tender_id, winner_uscc AS uscc, 'won' AS part FROM tender WHERE winner_uscc IS NOT NULL
    UNION SELECT tender_id, agent_uscc, 'agent' FROM tender WHERE agent_uscc IS NOT NULL
    UNION SELECT tender_id, uscc, 'bid' FROM bid WHERE uscc IS NOT NULL AND NOT won""",
    """CREATE TEMP TABLE people AS
    SELECT n, side, number AS id_no, 'self' AS role, kind FROM asked WHERE kind = 'person'
    UNION SELECT a.n, a.side, r.id_no, 'holder', a.kind FROM asked a JOIN enterprise_role r ON r.uscc = a.number
        WHERE a.kind = 'enterprise' AND r.id_no IS NOT NULL
    UNION SELECT a.n, a.inside, w.id_no, 'power', a.kind FROM asked a JOIN tender_power w ON w.tender_id = a.number
        WHERE a.kind = 'tender'
    UNION SELECT a.n, a.inside, p.handler_id, 'project', a.kind FROM asked a JOIN project p ON p.project_id = a.number
        WHERE a.kind = 'project'
    UNION SELECT a.n, a.inside, v.id_no, 'project', a.kind FROM asked a JOIN project p ON p.project_id = a.number
        JOIN village_cadre v ON v.village = p.village AND v.start_date <= COALESCE(p.award_date, p.plan_start)
        AND (v.end_date IS NULL OR v.end_date >= COALESCE(p.award_date, p.plan_start)) WHERE a.kind = 'project'""",
    """CREATE TEMP TABLE kin AS
    WITH RECURSIVE edge AS (
        SELECT pid_a AS one, pid_b AS other, relation, degree, confidence FROM kinship
        WHERE confidence >= {confidence} AND degree <= {degree}
        UNION ALL
        SELECT pid_b, pid_a, relation, degree, confidence FROM kinship
        WHERE confidence >= {confidence} AND degree <= {degree}
    ),
    walk AS (
        SELECT one AS id_no, other AS kin_id, relation, degree, confidence, 1 AS steps FROM edge
        WHERE one IN (SELECT id_no FROM people) AND other <> one
        UNION
        SELECT w.id_no, e.other, CASE WHEN w.steps = 1 THEN 'chain' ELSE 'long_chain' END, w.degree + e.degree,
            w.confidence * e.confidence, w.steps + 1
        FROM walk w JOIN edge e ON e.one = w.kin_id
        WHERE e.other <> w.id_no AND w.steps < {degree} AND w.degree + e.degree <= {degree}
        AND w.confidence * e.confidence >= {confidence}
    )
    SELECT DISTINCT id_no, id_no AS kin_id, 'self' AS relation, 0 AS degree, 1.0 AS confidence FROM people
    UNION ALL SELECT id_no, kin_id, relation, degree, confidence FROM (
        SELECT * FROM walk
        QUALIFY ROW_NUMBER() OVER (PARTITION BY id_no, kin_id ORDER BY steps, degree, confidence DESC) = 1
    ) AS nearest""",
    """CREATE TEMP TABLE firms AS
    SELECT p.n, p.side, r.uscc, r.role AS held, MIN(k.degree) AS degree, r.start_date AS first,
        LEAST(r.end_date, r.resigned_on) AS last FROM people p JOIN kin k ON k.id_no = p.id_no
        JOIN enterprise_role r ON r.id_no = k.kin_id WHERE p.kind = 'person' OR p.role <> 'holder'
        GROUP BY p.n, p.side, r.uscc, r.role, r.start_date, LEAST(r.end_date, r.resigned_on)
    UNION ALL SELECT n, side, number, 'itself', 0, NULL, NULL FROM asked WHERE kind = 'enterprise'
    UNION ALL SELECT DISTINCT a.n, a.side, t.uscc, 'bidder', 0, NULL, NULL FROM asked a
        JOIN part t ON t.tender_id = a.number
        WHERE a.kind = 'tender'
    UNION ALL SELECT DISTINCT a.n, a.side, c.contractor_uscc, 'contractor', 0, NULL, NULL FROM asked a
        JOIN contract c ON c.project_id = a.number WHERE a.kind = 'project' AND c.contractor_uscc IS NOT NULL""",
)
"""In this order: each reads those before it, and registers that were never filed are empty."""
SETTLING_READS = (
    "tender", "bid", "enterprise_role", "tender_power", "project", "village_cadre", "kinship",
    "contract",
)  # fmt: skip
"""Registers that settling reads, filed or not."""


def compare(
    connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject], filed: frozenset[str], place_of: PlaceOf,
    allowance: Allowance,
) -> list[Compared]:  # fmt: skip
    """Every comparison, made where its registers are filed; see `settle`."""
    people = {side for (side,) in connection.execute("SELECT DISTINCT side FROM people").fetchall()}
    firms = {side for (side,) in connection.execute("SELECT DISTINCT side FROM firms").fetchall()}
    # Who holds no post in any enterprise has been compared all the same.
    there = {"people": people, "firms": people | firms}
    return [
        _compare(connection, tie, subjects, filed, place_of, _absent(tie, subjects, there), allowance)
        for tie in TIES.values()
    ]


def _absent(tie: Tie, subjects: Sequence[Subject], there: Mapping[str, set[str]]) -> str:
    """Why there is nobody to compare: alone, nobody; empty where there is somebody."""
    if len(tie.between) == 1:
        return "" if "subject" in there["people"] else "nobody"
    if len(there["firms"]) < 2 and not any(one.side == "other" for one in subjects):
        return "alone"
    one, other = (there[name] for name in tie.between)
    both_ways = ("subject" in one and "other" in other) or ("other" in one and "subject" in other)
    return "" if both_ways else "nobody"


def _compare(
    connection: duckdb.DuckDBPyConnection, tie: Tie, subjects: Sequence[Subject], filed: frozenset[str],
    place_of: PlaceOf, absent: str, allowance: Allowance,
) -> Compared:  # fmt: skip
    missing = tuple(name for name in tie.needs if name not in filed)
    lacked = tuple(name for name in tie.helps if name not in filed)
    if missing:
        return Compared(tie.code, "not", "lacks", missing=missing)
    if absent:
        return Compared(tie.code, "not", absent)
    try:
        rows = list(allowance.rows_of(connection, tie.sql.replace("PAIRED", _PAIRED)))
    except RunStopped:
        return Compared(tie.code, "not", "stopped")
    return Compared(
        code=tie.code,
        state=("held" if len(tie.between) == 1 else "found") if rows else "none",
        rows=tuple(
            (_worded(tie.row, row, subjects, place_of, 0), _worded(tie.row_en, row, subjects, place_of, 1))
            for row in rows[:MOST_ROWS]
        ),
        n_found=len(rows),
        missing=lacked,
        unknown=_unknown(connection, tie.code, subjects),
        registers=tuple(name for name in (*tie.needs, *tie.helps) if name in filed),
    )


def set_against(ties: Sequence[Compared], listed_in: tuple[str, ...]) -> list[Compared]:
    """The comparisons, none of which says of somebody that a post was not found while an own register names them.

    What a list of the office's own is about only a person can tell: it may be the list of cadres itself.
    """
    return [
        replace(one, state="listed", listed_in=listed_in)
        if listed_in and one.state == "none" and len(TIES[one.code].between) == 1
        else one
        for one in ties
    ]


def _unknown(connection: duckdb.DuckDBPyConnection, code: str, subjects: Sequence[Subject]) -> tuple[str, ...]:
    if code not in _KNOWN_BY:
        return ()
    register, *columns = _KNOWN_BY[code]
    known = " UNION ".join(f"SELECT {column} FROM {register}" for column in columns)  # noqa: S608
    query = f"SELECT n FROM asked WHERE kind = 'person' AND number NOT IN ({known}) ORDER BY n"  # noqa: S608
    return tuple(subjects[n].display for (n,) in connection.execute(query).fetchall())


def _worded(
    sentence: str, row: Mapping[str, Any], subjects: Sequence[Subject], place_of: PlaceOf, language: int
) -> str:
    """A found row as a sentence, whoever it names masked."""
    said: dict[str, Any] = {
        name: _WORDS[str(value)][language] if str(value) in _WORDS else value for name, value in row.items()
    }
    said |= {side: in_language(subjects[row[side]].display, ("zh", "en")[language]) for side in ("a", "b")}
    for name in ("degree", "other_degree"):
        if name in row:
            said[name] = f"{row[name]:g}" if "confidence" in row else _as_kin(row[name], language)
    if "confidence" in row:
        said["confidence"] = f"{row['confidence']:.2f}"
    if "place" in row:
        said["place"] = place_of(str(row["place"]))[language]
    if "last" in row:
        said["last"] = row["last"] or ("今", "now")[language]
    for until, since in (("until", "since"), ("other_until", "other_since")):
        if until in row:
            said[until] = _span(row[since], row[until], language)
    if "account" in row:
        said["account"] = mask_number(str(row["account"]))
    return sentence.format_map(said)


def _span(since: Any, until: Any, language: int) -> str:
    """When a post was held; of what is no post, nothing."""
    if since is None:
        return ""
    return (f"，{since} 至 {until or '今'}", f", {since} to {until or 'now'}")[language]


def _as_kin(degree: float, language: int) -> str:
    if not degree:
        return ""
    return (f"，{degree:g} 亲等亲属", f", kin of degree {degree:g}")[language]


def unsure(connection: duckdb.DuckDBPyConnection) -> int:
    """How many records of kinship of these people and of their kin are too unsure to be used; see `settle`."""
    near = "(SELECT kin_id FROM kin)"
    counted = connection.execute(
        f"SELECT COUNT(*) FROM kinship WHERE confidence < ? AND (pid_a IN {near} OR pid_b IN {near})",  # noqa: S608
        [LEAST_CONFIDENCE],
    )
    return int((counted.fetchone() or (0,))[0])


def nameless(connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject]) -> list[tuple[str, int]]:
    """Masked name and number of entries in the register of enterprise roles that bear it without a number."""
    found = []
    for name in dict.fromkeys(one.name for one in subjects if one.kind == "person" and one.name):
        counted = connection.execute("SELECT COUNT(*) FROM enterprise_role WHERE id_no IS NULL AND name = ?", [name])
        if n := (counted.fetchone() or (0,))[0]:
            found.append((mask_name(name), int(n)))
    return found

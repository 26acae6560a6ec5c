"""Clearance reports: on a day, for an approved and open query, what was compared, what was found and what was not.

Who is not found in a comparison is cleared of what was compared, on that date, in what had been supplied until then,
and of nothing else: the report names every register with its version and last day, every comparison with its result,
and everything that could not be compared. It is kept masked. Source: field/models.md, M14 (the exoneration report is a
product of it); field/inventory.md, Z-28; field/rules.md, 3.2.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

import duckdb
from sqlalchemy import select
from sqlalchemy.orm import Session

from data import audit, clearance_models, clearance_own, clearance_ties
from data.clearance_models import ModelRun, live_cards
from data.clearance_naming import Place, naming
from data.clearance_own import Listed, own_registers
from data.clearance_ties import DEGREES, Compared, PlaceOf
from data.comparison import teach_words
from data.database import reading
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, RunStopped, TransitionRefused
from data.identity import subject_key
from data.office_time import shanghai_day, utc_now
from data.people_tables import ClearanceReport, PersonQuery
from data.person_queries import open_for
from data.query_subjects import Subject, kept, opened
from data.register_calendar import MISSING, calendar
from data.register_catalogue import Register, registers_of
from data.registers import latest_filings, open_registers
from data.rights import Person, acting
from data.run_limits import Allowance, Limits
from data.scopes import place_names
from data.watch import watch

REPORT = Limits(seconds=300.0, rows=200_000)
"""What all comparisons of one report may take together: somebody waits."""


@dataclass(frozen=True)
class Asked:
    """One register that was asked, or that should have been."""

    code: str
    name: str
    name_en: str
    supplier: str
    state: str
    """asked, late (asked, but what was due has not come) or never (never supplied)."""
    version: int = 0
    received_on: str = ""
    n_rows: int = 0
    through: str = ""
    """The last day of what its rows tell of, or of their receipt."""
    n_about: int = 0
    """Rows that name somebody or something that was asked about."""
    days_late: int = 0
    missing: tuple[str, ...] = ()
    """Months, YYYY-MM, of the last year that were due and of which nothing has come, the oldest first."""


@dataclass(frozen=True)
class Report:
    """What was compared, as it was kept; everything personal masked."""

    as_of: str
    """Local day of the comparison."""
    region: str
    """Findings of the supervision models count inside it; empty: the whole office."""
    degree: int
    subjects: tuple[tuple[str, str, str], ...]
    """Side, kind and display of everybody and everything."""
    registers: tuple[Asked, ...]
    ties: tuple[Compared, ...]
    models: tuple[ModelRun, ...]
    own: tuple[Listed, ...]
    """The office's own registers, searched."""
    not_on_file: tuple[str, ...]
    """Displays of enterprises, tenders and projects that no register names: nothing about them was compared."""
    n_unsure: int
    """Records of kinship of theirs that were too unsure to be used."""
    nameless: tuple[tuple[str, int], ...]
    """Masked name, and entries in the register of enterprise roles that bear it without a number."""

    @property
    def n_found(self) -> int:
        """Everything that was found and needs verification; holding a post does not."""
        found = [(one.state, one.n_found) for one in self.ties] + [(one.state, one.n_found) for one in self.models]
        return sum(n for state, n in found if state == "found")

    @property
    def states(self) -> list[str]:
        """The state of everything that was to be compared: ties, the office's own registers, models."""
        return [
            *(one.state for one in self.ties),
            *(one.state for one in self.own),
            *(one.state for one in self.models),
        ]

    @property
    def counts(self) -> dict[str, int]:
        """How many of all that was to be compared found nothing (none), found something (found), found entries (held:
        posts, and rows of the office's own registers), hold no row about the subjects (nothing) or were not compared
        (not); together all of them."""
        of = {"listed": "held"}
        states = [of.get(state, state) for state in self.states]
        return {name: states.count(name) for name in ("none", "found", "held", "nothing", "not")}

    @property
    def not_compared(self) -> int:
        """Comparisons, own registers and models that could not be compared."""
        return self.counts["not"]


def make(person: Person, query_id: int, *, degree: int = 2, at: datetime | None = None) -> int:
    """Compare for an approved, open query and keep the report; gives its number.

    For the asker. The comparing is done in a reading session of its own, so that others can write meanwhile.
    Raises: what `data.person_queries.open_for` raises, on record; InputRefused for another degree of kinship.
    """
    now = at or utc_now()
    if degree not in DEGREES:
        raise InputRefused(
            f"Degree of kinship: got {degree}, expected {DEGREES[0]} to {DEGREES[-1]}.",
            f"亲等应为 {DEGREES[0]} 至 {DEGREES[-1]}。",
        )
    with acting(person) as session:
        query = open_for(session, query_id, person, at=now, action="clearance.made")
        subjects, region = opened(kept(session, [query_id])[query_id]), query.region_code or ""
    with reading() as session:
        report = compare(session, subjects, region=region, degree=degree, as_of=now)
    with acting(person) as session:
        # The query may have been closed while it was compared.
        query = open_for(session, query_id, person, at=at or utc_now(), action="clearance.made")
        content = json.dumps(asdict(report), ensure_ascii=False)
        made = ClearanceReport(query_id=query_id, made_at=now, made_by=person.code, content=content, code="")
        session.add(made)
        session.flush()
        made.code = _code(made, query)
        said = {"query": query_id, "found": report.n_found, "not_compared": report.not_compared, "code": made.code}
        audit.note(session, person.code, "clearance.made", "clearance", made.id, at=now, address=person.address,
                   detail=said)  # fmt: skip
        watch(session, person, at=now)
        return made.id


def _code(made: ClearanceReport, query: PersonQuery) -> str:
    """Of everything that is printed: what was found, who asked for it and approved it, why, where and until when."""
    moments = (made.made_at, query.asked_at, query.decided_at, query.expires_at)
    said = [
        *(made.id, query.id, made.made_by, *(at and at.replace(microsecond=0).isoformat() for at in moments)),
        *(query.asked_by, query.decided_by, query.region_code or "", query.reference, query.reason, made.content),
    ]
    return subject_key("clearance", json.dumps(said, ensure_ascii=False))[:12].upper()


def compare(session: Session, subjects: Sequence[Subject], *, region: str, degree: int, as_of: datetime) -> Report:
    """Every comparison for these subjects, over the registers as known at `as_of`; writes nothing."""
    described = registers_of(session)
    cards = live_cards(session)
    wanted = dict.fromkeys((*clearance_ties.REGISTERS, *clearance_ties.SETTLING_READS))
    wanted |= dict.fromkeys(name for card, _ in cards for name in card.registers)
    own = own_registers(described)
    wanted |= dict.fromkeys(one.code for one in own)
    names = [name for name in wanted if name in described]
    cleared = [one for one in subjects if one.side == "subject"]
    place_of = _places(session)
    with open_registers(session, names, as_of=as_of) as connection:
        teach_words(connection)
        asked = _ask(session, connection, [described[name] for name in names], subjects, as_of)
        filed = frozenset(one.code for one in asked if one.state != "never")
        known = _on_file(connection, [described[name] for name in names if name in filed], subjects)
        cleared = [one for one in cleared if one in known]
        stands = _standing(connection, [described[name] for name in names if name in filed], cleared)
        allowance = Allowance("the report", REPORT)
        ties, listed = _ties(connection, subjects, known, filed, place_of, allowance, degree, own)
        nameless = clearance_ties.nameless(connection, subjects)
        n_unsure = 0 if any(one.why == "stopped" for one in ties) else clearance_ties.unsure(connection)
        runs = [
            clearance_models.run(session, connection, card, row, cleared, filed=filed, stands=stands, region=region,
                                 as_of=as_of, place_of=place_of, allowance=allowance)
            for card, row in cards
        ]  # fmt: skip
    return Report(
        as_of=shanghai_day(as_of).isoformat(),
        region=region,
        degree=degree,
        subjects=tuple((one.side, one.kind, one.display) for one in subjects),
        registers=tuple(asked),
        ties=tuple(ties),
        models=tuple(runs),
        own=tuple(listed),
        not_on_file=tuple(one.display for one in subjects if one not in known),
        n_unsure=n_unsure,
        nameless=tuple(nameless),
    )


def _ties(
    connection: duckdb.DuckDBPyConnection, subjects: Sequence[Subject], known: Sequence[Subject],
    filed: frozenset[str], place_of: PlaceOf, allowance: Allowance, degree: int, own: Sequence[Register],
) -> tuple[list[Compared], list[Listed]]:  # fmt: skip
    try:
        clearance_ties.settle(connection, subjects, known, allowance, degree=degree)
    except RunStopped:
        stopped = [Compared(code, "not", "stopped") for code in clearance_ties.TIES]
        return stopped, clearance_own.unsearched(own)
    ties = clearance_ties.compare(connection, subjects, filed, place_of, allowance)
    listed = clearance_own.search(connection, own, subjects, filed, allowance)
    return clearance_ties.set_against(ties, tuple(one.code for one in listed if one.people)), listed


def _standing(
    connection: duckdb.DuckDBPyConnection, registers: Sequence[Register], subjects: Sequence[Subject]
) -> dict[str, frozenset[Place]]:
    """In which columns of these registers each number stands."""
    numbers = sorted({one.number for one in subjects})
    marks = ", ".join("?" * len(numbers))
    found: dict[str, set[Place]] = {number: set() for number in numbers}
    for register in registers if numbers else ():
        for column in naming(register):
            wanted = f'SELECT DISTINCT "{column}" FROM {register.code} WHERE "{column}" IN ({marks})'  # noqa: S608
            for (number,) in connection.execute(wanted, numbers).fetchall():
                found[number].add((register.code, column))
    return {number: frozenset(places) for number, places in found.items()}


def _places(session: Session) -> PlaceOf:
    known: dict[str, tuple[str, str]] = {}

    def place_of(code: str) -> tuple[str, str]:
        if code not in known:
            known[code] = place_names(session, {code}).get(code, (code, code))
        return known[code]

    return place_of


def _ask(
    session: Session, connection: duckdb.DuckDBPyConnection, registers: Sequence[Register], subjects: Sequence[Subject],
    as_of: datetime,
) -> list[Asked]:  # fmt: skip
    """Each register with its newest version as known then, its last day, and how late it is."""
    today = shanghai_day(as_of)
    late = {one.register.code: one for one in calendar(session, registers, today=today) if one.n(MISSING)}
    found = []
    for register in registers:
        said = partial(Asked, register.code, register.name, register.name_en)
        versions = latest_filings(session, [register.code])[register.code]
        versions = [one for one in versions if shanghai_day(one.received_at) <= today]
        if not versions:
            found.append(said(register.supplier, "never"))
            continue
        last, strip = versions[-1], late.get(register.code)
        n_rows, through = _reach(connection, register)
        found.append(
            said(
                last.supplier, "late" if strip else "asked", version=last.version,
                received_on=shanghai_day(last.received_at).isoformat(), n_rows=n_rows, through=through,
                n_about=_about(connection, register, subjects), days_late=strip.days_late if strip else 0,
                missing=tuple(one.month for one in strip.cells if one.state == MISSING) if strip else (),
            )
        )  # fmt: skip
    return found


def _reach(connection: duckdb.DuckDBPyConnection, register: Register) -> tuple[int, str]:
    """How many rows stand, and the last day they tell of; of a register without such a column, the last receipt."""
    column = register.event or "received_on"
    result = connection.execute(f'SELECT COUNT(*), MAX("{column}") FROM {register.code}')  # noqa: S608
    n_rows, last = result.fetchone() or (0, None)
    return int(n_rows), last.isoformat() if isinstance(last, date) else str(last or "")


def _about(connection: duckdb.DuckDBPyConnection, register: Register, subjects: Sequence[Subject]) -> int:
    """How many rows of a register name one of these by number."""
    columns, numbers = naming(register), [one.number for one in subjects]
    if not columns or not numbers:
        return 0
    marks = ", ".join("?" * len(numbers))
    wanted = " OR ".join(f'"{column}" IN ({marks})' for column in columns)
    counted = connection.execute(f"SELECT COUNT(*) FROM {register.code} WHERE {wanted}", numbers * len(columns))  # noqa: S608
    return int((counted.fetchone() or (0,))[0])


def _on_file(
    connection: duckdb.DuckDBPyConnection, registers: Sequence[Register], subjects: Sequence[Subject]
) -> list[Subject]:
    """Everybody, and the enterprises, tenders and projects that some register names.

    A person's number proves itself, and who stands in no register of cadres is no cadre; the number of a tender that
    nobody knows may be mistyped.
    """
    return [
        one
        for one in subjects
        if one.kind == "person" or any(_about(connection, register, [one]) for register in registers)
    ]


def read(session: Session, number: int, person: Person, *, at: datetime) -> tuple[ClearanceReport, PersonQuery, Report]:
    """A report, while its query is open, for who asked for it and who approved it; on record, a refused read too.

    Raises: NotFound for another's, TransitionRefused once it has expired.
    """
    made = session.get(ClearanceReport, number)
    query = session.get(PersonQuery, made.query_id) if made else None
    mine = made is not None and query is not None and person.code in (query.asked_by, query.decided_by)
    fault = _shut(query, person, at) if mine and query else _none(number)
    if fault or made is None or query is None:
        fault = fault or _none(number)
        audit.note(session, person.code, "clearance.read", "clearance", number, at=at, result="refused",
                   address=person.address, detail={"why": type(fault).__name__})  # fmt: skip
        watch(session, person, at=at)
        raise fault
    audit.note(session, person.code, "clearance.read", "clearance", number, at=at, address=person.address,
               detail={"query": query.id}, lasting=True)  # fmt: skip
    watch(session, person, at=at)
    return made, query, _as_report(json.loads(made.content))


def _shut(query: PersonQuery, person: Person, at: datetime) -> MingjingError | None:
    if query.expires_at is None or at >= query.expires_at:
        until = f"{query.expires_at:%Y-%m-%d %H:%M}" if query.expires_at else "-"
        return TransitionRefused(
            f"The report was open until {until} UTC, as its query was. Ask for a new query and compare anew: registers "
            "have changed since.",
            "该报告所依据的查询已过期，报告不再提供查看。数据可能已有变化，如仍需要请重新申请查询并重新比对。",
        )
    if not (person.may("query_person") if person.code == query.asked_by else person.may("approve")):
        return NotPermitted(f"{person.code} no longer has the right to see the report.", "您已没有查看该报告的权限。")
    return None


def _as_report(content: Mapping[str, Any]) -> Report:
    def pairs(values: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        return tuple(tuple(value) for value in values)

    def tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: (pairs(value) if name == "rows" else tuple(value)) if isinstance(value, list) else value
            for name, value in entry.items()
        }

    return Report(
        as_of=content["as_of"],
        region=content["region"],
        degree=content["degree"],
        subjects=pairs(content["subjects"]),
        registers=tuple(Asked(**tuples(one)) for one in content["registers"]),
        ties=tuple(Compared(**tuples(one)) for one in content["ties"]),
        models=tuple(ModelRun(**tuples(one)) for one in content["models"]),
        own=tuple(Listed(**tuples(one)) for one in content.get("own", ())),
        not_on_file=tuple(content.get("not_on_file", ())),
        n_unsure=content.get("n_unsure", 0),
        nameless=pairs(content["nameless"]),
    )


def reports_of(session: Session, query_ids: Sequence[int]) -> dict[int, list[ClearanceReport]]:
    """The reports made for queries, the newest first."""
    found: dict[int, list[ClearanceReport]] = {number: [] for number in query_ids}
    rows = select(ClearanceReport).where(ClearanceReport.query_id.in_(found)).order_by(ClearanceReport.id.desc())
    for row in session.scalars(rows):
        found[row.query_id].append(row)
    return found


def number_of(made: ClearanceReport) -> str:
    """A report's number as it is printed: year and number, such as 2026-12."""
    return f"{shanghai_day(made.made_at).year}-{made.id}"


@dataclass(frozen=True)
class Verified:
    """What a printed report whose number and code agree must show too; whoever holds the paper compares."""

    made_at: datetime
    expires_at: datetime | None
    as_of: str
    """Local day of the comparison."""
    counts: Mapping[str, int]
    """How many comparisons found nothing, found something and could not be made; see `Report.counts`."""


def verify(session: Session, person: Person, number: str, code: str, *, at: datetime) -> Verified:
    """Whether a printed report is one of this office as it was made. Raises NotFound where number and code disagree."""
    digits, wanted = number.strip().rpartition("-")[2], code.replace("-", "").replace(" ", "").upper()
    found = session.get(ClearanceReport, int(digits)) if digits.isdecimal() and len(digits) <= 9 else None
    query = session.get_one(PersonQuery, found.query_id) if found else None
    genuine = (
        found is not None and query is not None
        and number.strip() == number_of(found) and wanted == found.code == _code(found, query)
    )  # fmt: skip
    audit.note(session, person.code, "clearance.verified", "clearance", digits[:20], at=at, address=person.address,
               result="done" if genuine else "refused", detail={})  # fmt: skip
    watch(session, person, at=at)
    if found is None or query is None or not genuine:
        raise NotFound(
            "Number and code belong to no report of this office, or the kept report was altered. Compare both with the "
            "paper; if they are the same, do not rely on it.",
            "编号与核验码不符，或存档内容已被改动：本机关没有出具过这样的报告。请与纸面核对；核对无误仍不符的，不得采信。",
        )
    report = _as_report(json.loads(found.content))
    return Verified(found.made_at, query.expires_at, report.as_of, report.counts)


def _none(number: int) -> NotFound:
    return NotFound(
        f"There is no report {number}, or it is not yours to see. Open your person queries and choose one.",
        f"没有第 {number} 号比对报告，或者它不由您查看。请从“人员查询”进入。",
    )

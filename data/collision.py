"""Collisions: a supervision model runs over the registers as known at a moment, and its findings become alerts.

A run is filed in one transaction. Running again changes nothing; rows that were not known before extend their alert,
and reopen it where it was closed. Source: design.md, 3 and 7; field/models.md, Y.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from data import audit
from data.cards import Card, Rule
from data.comparison import Value
from data.database import reading, writing
from data.engines import Engine, OpenRegisters, settled
from data.engines.on_duckdb import DuckdbEngine
from data.errors import CardRefused, InputRefused, RegisterRefused
from data.folding import Finding, fold_hits, plain
from data.model_states import MODEL_STATES
from data.office_time import shanghai_day, utc_now
from data.raising import ACTOR, file_findings, unfiled
from data.regions import find_regions
from data.registers import latest_filings, open_registers
from data.responsible import REGISTERS, Posts, look_up_posts
from data.rule_rows import Row
from data.run_limits import COLLISION, Allowance, Limits
from data.said import Said
from data.tables import CollisionRun, SupervisionModel
from data.upload_places import Places


@dataclass(frozen=True)
class Comparison:
    """What a supervision model found in the registers, and out of what; nothing is raised yet."""

    findings: list[Finding]
    posts: Posts
    """Which posts those held who answer for it."""
    as_of: datetime
    parameters: str
    """JSON object: the values in force where no region has its own."""
    filings: str
    """JSON object: register name to the dataset_filing.id of its newest version."""
    started_at: datetime
    n_elsewhere: int = 0
    """Findings outside the region where the supervision model raises alerts; they raise none."""
    n_unplaced: int = 0
    """Findings whose place is no region of the office."""


@dataclass(frozen=True)
class Reach:
    """Findings by where they are."""

    inside: list[Finding]
    """Those that raise alerts; where the whole office counts, those without a place too."""
    n_elsewhere: int
    n_unplaced: int


DUCKDB = DuckdbEngine()
"""The engine that compares where no other is named."""


def collide_card(
    card: Card,
    *,
    as_of: datetime,
    parameters: Mapping[str, Value] | None = None,
    made_up_at: datetime | None = None,
    engine: Engine = DUCKDB,
) -> CollisionRun:
    """Run a supervision model in a transaction of its own that is opened only once the finding is done.

    So the registers, however large, are compared while others write. Otherwise as `collide`. `made_up_at`: the present
    moment, where the run makes up for one that was missed at `as_of`: alerts are raised as of the present.
    """
    with reading() as session:
        comparison = compare(session, card, as_of=as_of, parameters=parameters, engine=engine)
    with writing() as session:
        run = file_run(session, card, comparison, made_up_at=made_up_at)
        session.expunge(run)
    return run


def collide(
    session: Session, card: Card, *, as_of: datetime, parameters: Mapping[str, Value] | None = None
) -> CollisionRun:
    """Run a supervision model over the registers as known at `as_of` (UTC) and raise, extend or reopen alerts.

    All in the caller's write transaction, which on SQLite keeps every other writer waiting; see `collide_card`.
    `parameters` replace the card's defaults and regional values for this run.
    Returns: the run as filed, with its counts.
    Raises: InputRefused for a parameter outside its range, RegisterRefused where a register the card cannot do
    without was never filed, CardRefused for a card that is not active in the warehouse or that DuckDB cannot run,
    RunStopped for a rule beyond its time, memory or rows.
    """
    return file_run(session, card, compare(session, card, as_of=as_of, parameters=parameters))


def compare(
    session: Session,
    card: Card,
    *,
    as_of: datetime,
    parameters: Mapping[str, Value] | None = None,
    engine: Engine = DUCKDB,
) -> Comparison:
    """The first half of `collide`: checks and finds, writes nothing. Raises what `collide` raises."""
    started_at = utc_now()
    given = dict(parameters or {})
    filed = _must_be_active(session, card)
    _check_parameters(card, given)
    # Read before the registers are: a version filed in between is not on record as seen, and makes the card due again.
    filings = _latest(session, card)
    # Few people answer for what is found: DuckDB looks them up whatever the engine, out of the same state of the
    # registers. What stands behind an alert already has its people: only those of new rows are looked up.
    asks = REGISTERS if any(rule.responsible for rule in card.rules) else ()
    with open_registers(session, asks, as_of=as_of) as people:
        found = _find(session, card, as_of, given, limits=COLLISION, engine=engine)
        reached = reach(session, found, filed.region_code)
        findings = reached.inside
        posts = look_up_posts(session, people, unfiled(session, findings), day=shanghai_day(as_of)) if asks else {}
    return Comparison(
        findings=findings,
        posts=posts,
        as_of=as_of,
        parameters=json.dumps(
            {k: _listed(v) for k, v in _values(card, given, "", shanghai_day(as_of)).items()}, ensure_ascii=False
        ),
        filings=json.dumps(filings),
        started_at=started_at,
        n_elsewhere=reached.n_elsewhere,
        n_unplaced=reached.n_unplaced,
    )


def file_run(
    session: Session, card: Card, comparison: Comparison, *, made_up_at: datetime | None = None
) -> CollisionRun:
    """The second half of `collide`: what was found against the alerts as they stand now, in a write transaction.

    Runs of one card wait for each other here. Raises: CardRefused for a card that is no longer active.
    """
    _must_be_active(session, card, lock=True)
    findings = comparison.findings
    run = CollisionRun(
        model_code=card.code,
        model_version=card.version,
        as_of=comparison.as_of,
        parameters=comparison.parameters,
        filings=comparison.filings,
        n_hits=sum(len(finding.rows) for finding in findings),
        n_new=0,
        n_extended=0,
        n_withheld=0,
        n_elsewhere=comparison.n_elsewhere,
        n_unplaced=comparison.n_unplaced,
        made_up_at=made_up_at,
        started_at=comparison.started_at,
        ended_at=comparison.started_at,
    )
    session.add(run)
    session.flush()
    run.n_new, run.n_extended, run.n_withheld = file_findings(session, card, run, findings, comparison.posts)
    run.ended_at = utc_now()
    session.flush()
    counts = {name: getattr(run, name) for name in ("n_hits", "n_new", "n_extended", "n_withheld")}
    model = {"model": card.code, "version": card.version, "ended_at": run.ended_at}
    audit.note(session, ACTOR, "collision.run", "collision_run", run.id, at=run.known_at, detail=model | counts)
    return run


def find(
    session: Session,
    card: Card,
    *,
    as_of: datetime,
    parameters: Mapping[str, Value] | None = None,
    region: str = "",
    limits: Limits = COLLISION,
    engine: Engine = DUCKDB,
) -> list[Finding]:
    """What a supervision model finds in the registers as known at `as_of`, without raising anything.

    `region`: prefix of the places that count; empty: everywhere. `limits`: of each rule.
    Raises: RunStopped for a rule beyond its limits, CardRefused for one that the engine cannot run.
    """
    return within(_find(session, card, as_of, dict(parameters or {}), limits=limits, engine=engine), region)


def within(findings: list[Finding], region: str) -> list[Finding]:
    """The findings inside a region: an alert belongs where most of its rows are; the others are part of one wrong."""
    return [one for one in findings if (one.commonest(one.rule.region) or "").startswith(region)]


def reach(session: Session, findings: list[Finding], region: str) -> Reach:
    """Which findings raise alerts where a supervision model's region is `region`, and how many do not."""
    codes = [one.commonest(one.rule.region) or "" for one in findings]
    known = find_regions(session, filter(None, codes))
    n_unplaced = sum(code not in known for code in codes)
    n_elsewhere = sum(code in known and not code.startswith(region) for code in codes)
    return Reach(within(findings, region), n_elsewhere, n_unplaced)


def _find(
    session: Session,
    card: Card,
    as_of: datetime,
    given: Mapping[str, Value],
    *,
    limits: Limits,
    engine: Engine,
) -> list[Finding]:
    day = shanghai_day(as_of)
    registers = engine.open(session, card.registers, as_of=as_of)
    try:
        found: list[Finding] = []
        for rule in card.rules:
            rows = _find_rows(registers, card, rule, given, day, limits)
            found += fold_hits(card, rule, _placed(session, rule, rows))
        return found
    finally:
        registers.close()


def _placed(session: Session, rule: Rule, rows: list[Row]) -> list[Row]:
    """The rows with the codes of places that an office's own register holds by name."""
    named = {str(row[rule.region]) for row in rows if row[rule.region] and not str(row[rule.region]).isdecimal()}
    if not named:
        return rows
    places = Places(session)
    codes = {name: places.find(name)[0] or name for name in named}
    return [{**row, rule.region: codes.get(str(row[rule.region]), row[rule.region])} for row in rows]


def _listed(value: Value) -> object:
    return list(value) if isinstance(value, tuple) else plain(value)


_TO_DO = {
    "draft": "Back-test it and submit it for approval in the warehouse, or try it there without alerts.",
    "submitted": "It waits in the warehouse for somebody to approve it.",
    "paused": "Somebody who approves supervision models can resume it in the warehouse.",
    "retired": "Run the version that replaced it, or make a new version in the warehouse.",
}
"""What to do about a version that does not run, by its state."""


_STATES_ZH = {"not in the warehouse": "不在模型仓库中", "discarded": "已废弃"} | {
    state: f"为“{MODEL_STATES[state].name}”" for state in _TO_DO
}


def _must_be_active(session: Session, card: Card, *, lock: bool = False) -> SupervisionModel:
    filed = session.get(SupervisionModel, (card.code, card.version), with_for_update=lock or None)
    if filed is None or filed.status != "active":
        state = "not in the warehouse" if filed is None else filed.status
        to_do = _TO_DO.get(state, "Import it there first.")
        raise CardRefused(
            f"{card.code} version {card.version} is {state}; only an active supervision model raises alerts. {to_do}",
            f"{card.code} 第 {card.version} 版{_STATES_ZH.get(state, state)}，只有运行中的监督模型才能产生预警。",
        )
    return filed


def _check_parameters(card: Card, given: Mapping[str, Value]) -> None:
    faults = [
        Said(f"card {card.code} has no parameter {name}", f"卡片 {card.code} 没有参数 {name}")
        for name in given
        if name not in card.parameters
    ]
    known = [(card.parameters[name], value) for name, value in given.items() if name in card.parameters]
    faults += [fault for parameter, value in known if (fault := parameter.fault_of(value))]
    if faults:
        raise InputRefused(
            f"{card.code} cannot run: {'; '.join(one.en for one in faults)}. "
            f"Its parameters: {', '.join(card.parameters)}.",
            f"{card.code} 不能运行：{'；'.join(one.zh for one in faults)}。它的参数：{'、'.join(card.parameters)}。",
        )


def _latest(session: Session, card: Card) -> dict[str, int]:
    """The newest version of each register the card reads."""
    filed = latest_filings(session, card.registers)
    missing = [name for name, versions in filed.items() if not versions and name not in card.may_lack]
    if missing:
        raise RegisterRefused(
            f"{card.code} cannot run: register {', '.join(missing)} was never filed. File it, or leave "
            f"{card.code} out.",
            f"{card.code} 不能运行：从未提供数据 {'、'.join(missing)}。请先导入，或不运行该模型。",
        )
    return {name: versions[-1].id for name, versions in filed.items() if versions}


def _values(card: Card, given: Mapping[str, Value], region: str, day: date) -> dict[str, Value]:
    """The parameters in force in a region on a day: given for this run, else the region's own, else the default."""
    return {name: given.get(name, one.in_force(region, day)) for name, one in card.parameters.items()}


def _find_rows(
    registers: OpenRegisters,
    card: Card,
    rule: Rule,
    given: Mapping[str, Value],
    day: date,
    limits: Limits,
) -> list[Row]:
    """The rows of a rule, each found with the parameters of its own region."""
    regions = {one.region for parameter in card.parameters.values() for one in parameter.own if one.region}
    places = ["", *sorted(regions, key=lambda prefix: (len(prefix), prefix))]
    allowance = Allowance(f"{card.code}, rule {rule.code}", limits)
    rows: list[Row] = []
    for place in places:
        inner = tuple(p for p in places if p.startswith(place) and p != place)
        values = {**_values(card, given, place, day), "as_of": day}
        for row in registers.rows_of(rule.sql, values, allowance):
            code = str(row[rule.region] or "")
            if code.startswith(place) and not (inner and code.startswith(inner)):
                rows.append({name: settled(value) for name, value in row.items()})
    return rows

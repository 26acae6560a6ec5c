"""Back-tests: a version of a supervision model tried as of the ends of past months, before anybody may approve it.

Nothing is raised. Kept are the alerts it would have raised by month and unit, how they overlap with alerts that are
there, what became of those, and a seeded blind sample that inspectors judge. Where a register came only after the last
month's end, or no month's end shows a hit, it is tried on what is known today too: that is what a first run raises.
Progress is kept with every month: a stop of the worker loses one month at most, and a page can say how far it is.
"""

import json
import random
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from datetime import time as clock
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from data.cards import Card, read_card
from data.collision import find, reach, within
from data.confirmation import rate
from data.counting import helping
from data.database import reading, writing
from data.dispatch import owners
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.folding import Finding
from data.four_eyes import accounts_of
from data.known_since import known_since
from data.model_life import audited, must_own, record, take_up
from data.model_life import find as find_version
from data.model_states import UNDER_WAY
from data.model_tables import BackTest, SampleVerdict
from data.office_time import SHANGHAI, shanghai_day
from data.outcomes import OUTCOMES
from data.registers import latest_filings
from data.rights import Person, whole_office
from data.tables import Alert, SupervisionModel

MONTHS = 12
SAMPLE = 30
"""Rows of the blind sample; fewer where fewer were found."""
VERDICTS: Mapping[str, tuple[str, str]] = {
    "would": ("会查实", "Would confirm"),
    "would_not": ("不会查实", "Would not confirm"),
    "unsure": ("无法判断", "Cannot say"),
}
LONGEST = timedelta(minutes=20)
"""Of a whole back-test; one that takes longer would not run in a night beside the others either."""
_SHOWN_ROWS = 3
_CHUNK = 500
Progress = Callable[[int, int], None]
"""Called with the month ends tried so far, and all of them."""


def month_ends(at: datetime, months: int = MONTHS) -> list[datetime]:
    """The ends of past months in UTC, the oldest first: one more than `months`, the first is what was there before."""
    first = shanghai_day(at).replace(day=1)
    days = []
    for _ in range(months + 1):
        last = first - timedelta(days=1)
        days.append(last)
        first = last.replace(day=1)
    return [datetime.combine(day, clock(23, 59, 59)) - SHANGHAI for day in reversed(days)]


def ask(session: Session, code: str, version: int, person: Person, *, at: datetime, months: int = MONTHS) -> BackTest:
    """Put a version down for a back-test; one that waits or runs already is the same.

    `months`: how far back; fewer where the office has no registers that old.

    Raises: NotFound, NotPermitted to those who may not write it, TransitionRefused for a version that is no draft.
    """
    person.must("models")
    row = find_version(session, code, version, lock=True)
    if row.status not in UNDER_WAY:
        raise TransitionRefused(
            f"{code} version {version} is {row.status}; a back-test is for drafts. Make a new version.",
            f"{code} 第 {version} 版不是草稿，请新建版本后再回测。",
        )
    must_own(session, row, person)
    take_up(row, person)
    there = newest(session, code, version)
    if there is not None and there.state in ("waiting", "running"):
        if (there.card_hash, there.region_code) == (row.card_hash, row.region_code):
            return there
        there.state = "failed"
        there.failure = json.dumps({"zh": "内容已修改", "en": "the text was changed"}, ensure_ascii=False)
    test = BackTest(
        code=code, version=version, card_hash=row.card_hash, region_code=row.region_code, asked_by=person.code,
        asked_at=at, state="waiting", n_done=0, n_total=months + 1, failure="", seed=secrets.randbelow(2**31),
        filings="{}", result="", sample="",
    )  # fmt: skip
    session.add(test)
    session.flush()
    record(session, row, "back_tested", person, at=at, back_test=test.id)
    return test


def newest(session: Session, code: str, version: int) -> BackTest | None:
    """The newest back-test of a version, whatever its text was."""
    query = select(BackTest).where(BackTest.code == code, BackTest.version == version)
    return session.scalars(query.order_by(BackTest.id.desc()).limit(1)).first()


def run_waiting(*, now: datetime) -> int:
    """Run every back-test that waits, or that a worker before this one left unfinished. Returns how many were run."""
    with reading() as session:
        waiting = session.scalars(
            select(BackTest.id).where(BackTest.state.in_(("waiting", "running"))).order_by(BackTest.id)
        ).all()
    for number in waiting:
        run(number, now=now)
    return len(waiting)


def run(number: int, *, now: datetime, progress: Progress | None = None) -> None:
    """Run a back-test to its end; why it could not be is kept with it."""
    with reading() as session:
        test = session.get_one(BackTest, number)
        row = find_version(session, test.code, test.version)
        card, region, total, seed = read_card(row.card), test.region_code, test.n_total, test.seed
    _keep(number, state="running", started_at=now, n_done=0)
    ends, began = month_ends(now, total - 1), time.monotonic()
    found: list[list[Finding]] = []
    try:
        for end in ends:
            with reading() as session:
                everything = find(session, card, as_of=end)
                found.append(within(everything, region))
            _keep(number, n_done=len(found))
            if progress is not None:
                progress(len(found), total)
            if time.monotonic() - began > LONGEST.total_seconds():
                raise InputRefused(
                    f"The back-test took longer than {LONGEST.seconds // 60} minutes after {len(found)} of {total} "
                    "months. Narrow the rule's window or its joins.",
                    f"回测超过 {LONGEST.seconds // 60} 分钟，只完成 {len(found)}/{total} 个月，请缩小规则的时间范围。",
                )
        with reading() as session:
            kept = _kept(session, card, ends, found, seed, region=region, now=now, everything=everything)
    except MingjingError as error:
        said = {"zh": error.words("zh"), "en": error.words("en")}
        _keep(number, state="failed", failure=json.dumps(said, ensure_ascii=False), ended_at=now)
        return
    took = timedelta(seconds=time.monotonic() - began)
    _keep(number, state="done", ended_at=now + took, **kept)


def _keep(number: int, **values: Any) -> None:
    with writing() as session:
        session.execute(update(BackTest).where(BackTest.id == number).values(**values))


def _kept(
    session: Session,
    card: Card,
    ends: Sequence[datetime],
    found: list[list[Finding]],
    seed: int,
    *,
    region: str,
    now: datetime,
    everything: list[Finding],
) -> dict[str, str]:
    """What a back-test keeps: its result, its sample and the register versions it read.

    everything: what was found at the last month's end in any region.
    """
    filings = {name: versions[-1].id for name, versions in latest_filings(session, card.registers).items() if versions}
    since = known_since(session, [name for name in card.registers if name not in card.may_lack])
    late = {name: day for name, day in since.items() if day is not None and day > shanghai_day(ends[-1])}
    today = None
    if late or not any(found):
        everything = find(session, card, as_of=now)
        today = within(everything, region)
    reached = reach(session, everything, region)
    result = weigh(session, card, ends, found, today)
    result |= {"n_elsewhere": reached.n_elsewhere, "n_unplaced": reached.n_unplaced}
    result["late"] = {name: f"{day:%Y-%m-%d}" for name, day in late.items()}
    every = {one.alert_key: one for findings in ([today] if late and today is not None else [*found, today or []])
             for one in findings}  # fmt: skip
    return {
        "filings": json.dumps(filings),
        "result": json.dumps(result, ensure_ascii=False),
        "sample": json.dumps(draw_sample(every, seed), ensure_ascii=False),
    }


def weigh(
    session: Session,
    card: Card,
    ends: Sequence[datetime],
    found: list[list[Finding]],
    today: list[Finding] | None = None,
) -> dict[str, Any]:
    """What the findings at each month end come to.

    today: what is found by what is known now, where the month ends cannot tell what a first run would raise.
    Returns: `now`: alerts a first run would raise at the last month end, or today (`as_of` says which: month_end or
    today), with `amount` and `recoverable` in CNY;
    `before`: those of them found at the first month end already; `months`: [{month, n}] new in each month; `levels` and
    `rules`: code to number now; `units`: [{unit, now, n, per_week}], `unit` None where no unit is on duty, `n` new in
    the year; `per_week`: new alerts a week; `overlap`: {n, subject, period, own, models: [{source, subject, period}]}
    of `now` with alerts that are there; `expected`: confirmation of findings whose subject has a concluded alert, as
    `data.confirmation.rate`.
    """
    known = {one.alert_key for one in found[0]}
    fresh: list[Finding] = []
    months = []
    for end, findings in zip(ends[1:], found[1:], strict=True):
        new = [one for one in findings if one.alert_key not in known]
        known |= {one.alert_key for one in new}
        fresh += new
        months.append({"month": f"{shanghai_day(end):%Y-%m}", "n": len(new)})
    now, weeks = found[-1] if today is None else today, (ends[-1] - ends[0]) / timedelta(weeks=1)
    return {
        "now": len(now),
        "as_of": "month_end" if today is None else "today",
        "before": len(found[0]),
        "amount": _total(one.total(one.rule.amount) for one in now),
        "recoverable": _total(one.total(one.rule.recoverable) for one in now),
        "months": months,
        "levels": dict(Counter(one.level for one in now)),
        "rules": dict(Counter(one.rule.code for one in now)),
        "units": _by_unit(session, card, now, fresh, weeks),
        "per_week": round(len(fresh) / weeks, 2),
        **_overlap(session, card, now),
    }


def _total(amounts: Iterable[float | None]) -> float:
    return round(sum(amount or 0 for amount in amounts), 2)


def _by_unit(
    session: Session, card: Card, now: list[Finding], fresh: list[Finding], weeks: float
) -> list[dict[str, Any]]:
    def counted(findings: list[Finding]) -> Counter[str | None]:
        places = [(one.commonest(one.rule.region) or None, card.domain, one.level) for one in findings]
        return Counter(owners(session, places))

    at_once, in_a_year = counted(now), counted(fresh)
    return [
        {"unit": unit, "now": at_once[unit], "n": in_a_year[unit], "per_week": round(in_a_year[unit] / weeks, 2)}
        for unit in sorted({*at_once, *in_a_year}, key=lambda unit: (-at_once[unit], unit or ""))
    ]


def _overlap(session: Session, card: Card, now: list[Finding]) -> dict[str, Any]:
    """Overlap with alerts that are there by subject, and by subject and period; and what became of those."""
    there: dict[str, list[tuple[str, str | None, str | None]]] = {}
    columns = (Alert.subject_key, Alert.source, Alert.period, Alert.outcome)
    keys = sorted({one.subject_key for one in now})
    help_codes = helping(session)
    with whole_office(session):
        for start in range(0, len(keys), _CHUNK):
            query = select(*columns).where(Alert.subject_key.in_(keys[start : start + _CHUNK]))
            for key, source, period, outcome in session.execute(query):
                # What came of a model that leads to help tells nothing of misconduct.
                said = outcome if card.counts == "help" or source not in help_codes else None
                there.setdefault(key, []).append((source, period, said))
    subjects, periods, own, concluded, confirmed = Counter[str](), Counter[str](), 0, 0, 0
    any_subject = any_period = 0
    for one in now:
        alerts = there.get(one.subject_key, [])
        others = {source for source, _, _ in alerts if source != card.code}
        alike = {source for source, period, _ in alerts if source != card.code and period and period == one.period}
        own += any(source == card.code for source, _, _ in alerts)
        any_subject, any_period = any_subject + bool(others), any_period + bool(alike)
        subjects.update(others)
        periods.update(alike)
        ended = [OUTCOMES[outcome] for _, _, outcome in alerts if outcome in OUTCOMES and OUTCOMES[outcome].concluded]
        concluded += bool(ended)
        confirmed += any(outcome.confirmed for outcome in ended)
    models = [{"source": s, "subject": n, "period": periods[s]} for s, n in subjects.most_common()]
    return {
        "overlap": {"n": len(now), "subject": any_subject, "period": any_period, "own": own, "models": models},
        "expected": rate(confirmed, concluded),
    }


# The blind sample


def draw_sample(found: Mapping[str, Finding], seed: int) -> list[dict[str, Any]]:
    """The rows to be judged: masked, without level, score or outcome. The same seed draws the same rows."""
    drawn = random.Random(seed).sample(sorted(found), min(SAMPLE, len(found)))  # noqa: S311  (a sample, no secret)
    return [
        {
            "number": number,
            "rule": one.rule.code,
            "subject": one.shown(),
            "region": one.place(),
            "period": one.period,
            "n_rows": len(one.rows),
            "rows": [json.loads(one.evidence(row)) for row in list(one.rows.values())[:_SHOWN_ROWS]],
        }
        for number, one in enumerate((found[key] for key in drawn), start=1)
    ]


def verdicts(session: Session, test: BackTest) -> dict[int, SampleVerdict]:
    """What was judged of a sample, by number of the row."""
    query = select(SampleVerdict).where(SampleVerdict.back_test_id == test.id)
    return {one.number: one for one in session.scalars(query)}


def to_judge(session: Session, test: BackTest, person: Person) -> list[dict[str, Any]]:
    """The rows that a person may judge and nobody has: of places that a post of the person's with that right covers."""
    judged = verdicts(session, test)
    rows: list[dict[str, Any]] = json.loads(test.sample or "[]")
    return [row for row in rows if row["number"] not in judged and _may_judge(person, row["region"])]


def _may_judge(person: Person, region: str) -> bool:
    return person.covers(region, "verify") if region else person.may("verify")


def judge(
    session: Session, number: int, row_number: int, verdict: str, person: Person, *, at: datetime
) -> SampleVerdict:
    """Put down what an inspector thinks of a row, before anybody approves.

    Raises: NotPermitted to those who may not verify there or who wrote the model, InputRefused, NotFound,
    TransitionRefused where the row was judged or the version is past its approval.
    """
    test = session.get(BackTest, number)
    rows = {row["number"]: row for row in json.loads(test.sample or "[]")} if test else {}
    if test is None or row_number not in rows or not _may_judge(person, rows[row_number]["region"]):
        person.must("verify")
        raise NotFound(
            f"There is no row {row_number} of the sample, or it is outside your scope.",
            f"样本中没有第 {row_number} 行，或者它不在您的范围内。",
        )
    if verdict not in VERDICTS:
        raise InputRefused(
            f"Got {verdict[:20]!r}, expected one of {', '.join(VERDICTS)}. Choose one.", "请选择一项判断。"
        )
    row = find_version(session, test.code, test.version, lock=True)
    _refuse_judge(session, row, test, row_number, person)
    made = SampleVerdict(
        back_test_id=number, number=row_number, verdict=verdict, judged_by=person.code, judged_at=at
    )  # fmt: skip
    session.add(made)
    session.flush()
    audited(session, row, "judged", person, at=at, back_test=number, number=row_number, verdict=verdict)
    return made


def _refuse_judge(session: Session, row: SupervisionModel, test: BackTest, number: int, person: Person) -> None:
    if row.author in accounts_of(session, person):
        raise NotPermitted(
            f"You wrote {row.code} yourself; somebody else judges its sample.",
            f"{row.code} 由您编写，须由他人判断样本。",
        )
    if row.status not in UNDER_WAY or number in verdicts(session, test):
        raise TransitionRefused(
            f"Row {number} was judged, or {row.code} was decided about. Reload the page.",
            f"第 {number} 行已判断，或 {row.code} 已有审批结论，请刷新页面。",
        )


def judged_rate(session: Session, test: BackTest) -> dict[str, Any]:
    """Share of the sample's rows that would be confirmed, of those that somebody could tell."""
    said = Counter(one.verdict for one in verdicts(session, test).values())
    return rate(said["would"], said["would"] + said["would_not"])


def first_day(test: BackTest) -> date:
    """The day from which on a back-test counted what is new."""
    return shanghai_day(month_ends(test.started_at or test.asked_at, test.n_total - 1)[0]) + timedelta(days=1)

"""Shadow runs: a version that is not live compared beside the live one, raising nothing.

After each run of the live version the worker compares both as of then and keeps what only one of the two finds.
"""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from data.cards import read_card
from data.collision import find
from data.database import reading, writing
from data.errors import MingjingError, TransitionRefused
from data.folding import Finding
from data.model_life import find as find_version
from data.model_life import live, must_own, record
from data.model_states import UNDER_WAY
from data.model_tables import ShadowRun
from data.office_time import utc_now
from data.rights import Person
from data.schedule import last_run
from data.tables import SupervisionModel

SHOWN = 5
"""Findings of only one of the two that are kept to be looked at."""


def switch(session: Session, code: str, version: int, person: Person, *, on: bool, at: datetime) -> SupervisionModel:
    """Begin or end comparing a version beside the live one. Raises NotFound, NotPermitted, TransitionRefused."""
    person.must("models")
    row = find_version(session, code, version, lock=True)
    must_own(session, row, person)
    if on and (row.status not in UNDER_WAY or live(session, code) is None):
        raise TransitionRefused(
            f"{code} version {version} has no live version beside it, or is no draft: there is nothing to compare.",
            f"{code} 第 {version} 版没有可对照的运行版本，或不是草稿，不能影子运行。",
        )
    row.shadow_since = at if on else None
    record(session, row, "shadowed" if on else "unshadowed", person, at=at)
    return row


def runs(session: Session, code: str, version: int, most: int = 12) -> list[ShadowRun]:
    """The newest shadow runs of a version."""
    query = select(ShadowRun).where(ShadowRun.code == code, ShadowRun.version == version)
    return list(session.scalars(query.order_by(ShadowRun.id.desc()).limit(most)))


def run_due() -> int:
    """Compare every version in the shadow whose live version ran since. Returns how many were compared."""
    with reading() as session:
        rows = session.scalars(select(SupervisionModel).where(SupervisionModel.shadow_since.is_not(None))).all()
        due = [(row.code, row.version, run.as_of) for row in rows if (run := _due(session, row)) is not None]
    for code, version, as_of in due:
        with reading() as session:
            kept = _compared(session, code, version, as_of)
        if kept is not None:
            with writing() as session:
                session.add(kept)
    return len(due)


def _due(session: Session, row: SupervisionModel) -> Any:
    run, kept = last_run(session, row.code), runs(session, row.code, row.version, 1)
    return run if run is not None and not (kept and kept[0].as_of >= run.as_of) else None


def _compared(session: Session, code: str, version: int, as_of: datetime) -> ShadowRun | None:
    row, beside = find_version(session, code, version), live(session, code)
    if beside is None:
        return None
    made = ShadowRun(
        code=code, version=version, live_version=beside.version, as_of=as_of, n_both=0, n_only_new=0, n_only_live=0,
        detail="{}", ended_at=as_of,
    )  # fmt: skip
    try:
        new = {one.alert_key: one for one in find(session, read_card(row.card), as_of=as_of, region=row.region_code)}
        old = {
            one.alert_key: one for one in find(session, read_card(beside.card), as_of=as_of, region=beside.region_code)
        }
    except MingjingError as error:
        made.detail = json.dumps({"zh": error.words("zh"), "en": error.words("en")}, ensure_ascii=False)
        made.ended_at = utc_now()
        return made
    made.n_both, made.n_only_new, made.n_only_live = len(new.keys() & old), len(new.keys() - old), len(old.keys() - new)
    made.detail = json.dumps(
        {"only_new": _few(new, old), "only_live": _few(old, new)}, ensure_ascii=False
    )  # fmt: skip
    made.ended_at = utc_now()
    return made


def _few(these: dict[str, Finding], those: dict[str, Finding]) -> list[dict[str, Any]]:
    only = [these[key] for key in sorted(these.keys() - those)][:SHOWN]
    return [
        {"rule": one.rule.code, "subject": one.shown(), "region": one.place() or None, "period": one.period,
         "n_rows": len(one.rows)}
        for one in only
    ]  # fmt: skip

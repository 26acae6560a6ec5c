"""A feed into the office: new alerts raised, late outcomes recorded, all in one transaction; a second time, nothing.

What an alert was raised with stays as it was: a later file adds its outcome, never rewrites its past.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from data import audit, check_slice, dispatch
from data.feed_checks import row_contents
from data.feed_columns import CONTRACT, LEVELS, Mapping
from data.feed_events import ACTOR, HELD, chunks, events, outcome_events, status_after, table
from data.feed_places import find_domains, find_regions, name_regions
from data.feeds import Feed
from data.identity import mask_number, subject_keys
from data.identity_numbers import without_numbers
from data.loop_tables import Elimination
from data.office_time import shanghai_day
from data.outcomes import OUTCOMES
from data.states import CONCLUSIONS, FREE, STATES
from data.tables import Alert, AlertEvent, DatasetFiling, RefusedRow
from data.working_days import working_days_after

_AS_IT_STANDS = ("id", "outcome", "status", "version", "raised_at", "amount", "level", "unit_code")
_CODES = {"confirmed": "CX", "dismissed": "EX"}
"""What a feed that knows only yes and no says, as outcome codes."""


@dataclass(frozen=True)
class Imported:
    """What became of a feed file."""

    n_new: int
    n_changed: int
    """Alerts that the office had without an outcome and that have one now."""
    n_same: int
    n_refused: int
    filing: int
    """dataset_filing.id, under which the refused rows are kept."""
    already: bool
    """This very file was imported before and nothing was changed."""
    notes: list[str] = field(default_factory=list)


def feed_name(feed: Feed, mapping: Mapping, name: str = "") -> str:
    """The name under which files of one feed belong together: as given, as mapped, or the file's without suffix."""
    return (name or mapping.name or Path(feed.name).name.split(".")[0])[:60]


def import_feed(
    session: Session,
    feed: Feed,
    *,
    at: datetime,
    name: str = "",
    mapping: Mapping | None = None,
    supplier: str = "",
    legal_basis: str = "",
    purpose: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Imported:
    """Take a feed into the office's alerts, in the caller's write transaction.

    New alerts without an outcome are dispatched to the unit of their place, or wait to be where there is none. An
    alert already there under the same feed name and alert_id keeps what it was raised with. It is concluded where it
    had no outcome, whoever has it; an outcome that contradicts the recorded one is refused and kept with its reason.
    What a feed calls concluded is closed: putting right was its supplier's.
    """
    mapping = mapping or Mapping()
    name = feed_name(feed, mapping, name)
    alerts = _core(feed.alerts, name, mapping)
    known = _alerts_of(session, name)
    alerts["id"] = alerts["alert_key"].map(known["id"]) if len(known) else np.nan
    new = alerts[alerts["id"].isna()]
    late, conflicts, n_same, notes = _compare(alerts[alerts["id"].notna()], known, _last_conclusions(session, name))
    earlier = _filings_of(session, name)
    same_file = next((filing for filing in earlier if filing.content_hash == feed.content_hash), None)
    if same_file is not None and new.empty and late.empty:
        return Imported(0, 0, n_same, same_file.n_refused, same_file.id, already=True)
    filing = DatasetFiling(
        kind="feed",
        name=name,
        version=1 + max((filing.version for filing in earlier), default=0),
        content_hash=feed.content_hash,
        supplier=supplier,
        legal_basis=legal_basis,
        purpose=purpose,
        path=None,
        n_rows=len(feed.alerts),
        n_refused=feed.n_refused + len(conflicts),
        received_at=at,
    )
    session.add(filing)
    session.flush()
    told = _Told(progress, 2 * len(new) + len(late))
    attributes = feed.alerts.drop(columns=[*CONTRACT, "known_at", *_taken(feed.alerts, mapping)]).loc[new.index]
    notes += _raise_alerts(session, new, attributes, filing, told)
    last_seen = max((filing.received_at for filing in earlier), default=None)
    _conclude_late(session, late, last_seen, told, at=at)
    _keep_refused(session, feed, conflicts, filing.id)
    counts = {"feed": name, "new": len(new), "concluded": len(late), "same": n_same, "refused": filing.n_refused}
    audit.note(session, ACTOR, "feed.imported", "filing", filing.id, at=at, detail=counts)
    return Imported(len(new), len(late), n_same, filing.n_refused, filing.id, already=False, notes=notes)


class _Told:
    """Progress in rows written."""

    def __init__(self, progress: Callable[[int, int], None] | None, n_all: int) -> None:
        self._progress, self._all, self._done = progress, n_all, 0

    def add(self, n_rows: int) -> None:
        self._done += n_rows
        if self._progress:
            self._progress(self._done, self._all)


def _core(alerts: pd.DataFrame, name: str, mapping: Mapping) -> pd.DataFrame:
    """The contract's columns, subject and level where the feed has them, and each alert's key and outcome code."""
    core = alerts[[*CONTRACT, "known_at"]].assign(
        alert_key=f"{name}|" + _ids(alerts["alert_id"]), code=alerts["outcome"].map(_CODES).fillna(alerts["outcome"])
    )
    return core.assign(**{column: alerts[column].astype("str") for column in _taken(alerts, mapping)})


def _without_numbers(values: "pd.Series[Any]") -> "pd.Series[Any]":
    """Texts with every identity number in them masked, as everywhere; only what has digits enough is looked at."""
    long = values.str.contains("[0-9０-９]{8}").fillna(False).astype(bool)
    return values.where(~long, values[long].map(without_numbers)) if long.any() else values


def _ids(ids: "pd.Series[str]") -> "pd.Series[str]":
    """The feed's own numbers of alerts; where one holds an identity number a mask, told apart by a keyed hash."""
    shown = _without_numbers(ids)
    masked = shown != ids
    if not masked.any():
        return shown
    hashes = pd.Series(subject_keys("alert", ids[masked]), index=ids.index[masked]).str[:32]
    return shown.where(~masked, shown[masked] + "#" + hashes)


def _taken(alerts: pd.DataFrame, mapping: Mapping) -> list[str]:
    """Columns beside the contract's that the office has a place for: mapped ones, and a level that is one."""
    taken: list[str] = [column for column in ("subject", "level") if column in mapping.columns and column in alerts]
    if "level" in alerts and "level" not in taken:
        words = alerts["level"].dropna().astype("str").str.lower()
        taken += ["level"] * bool(words.isin(list(LEVELS)).all())
    return taken


def _alerts_of(session: Session, name: str) -> pd.DataFrame:
    """The office's alerts of this feed by alert_key, locked until the end of the transaction."""
    query = (
        select(Alert.alert_key, *(getattr(Alert, name) for name in _AS_IT_STANDS))
        .where(Alert.alert_key.startswith(f"{name}|", autoescape=True))
        .with_for_update()
    )
    return pd.DataFrame(session.execute(query).all(), columns=["alert_key", *_AS_IT_STANDS]).set_index("alert_key")


def _last_conclusions(session: Session, name: str) -> dict[str, str | None]:
    """By alert_key the last outcome given to alerts of this feed that have none any more."""
    query = (
        select(Alert.alert_key, AlertEvent.outcome)
        .join(AlertEvent, AlertEvent.alert_id == Alert.id)
        .where(Alert.alert_key.startswith(f"{name}|", autoescape=True))
        .where(Alert.concluded_at.is_(None), AlertEvent.kind.in_(CONCLUSIONS))
        .order_by(AlertEvent.id)
    )
    return {row.alert_key: row.outcome for row in session.execute(query)}


def _filings_of(session: Session, name: str) -> list[DatasetFiling]:
    query = select(DatasetFiling).where(DatasetFiling.kind == "feed", DatasetFiling.name == name)
    return list(session.scalars(query.order_by(DatasetFiling.version)))


def _compare(
    rows: pd.DataFrame, known: pd.DataFrame, concluded_before: dict[str, str | None]
) -> tuple[pd.DataFrame, dict[int, str], int, list[str]]:
    """Rows of alerts the office has: newly concluded, contradictions (place in the feed -> reason), n same, notes.

    `concluded_before`: outcomes that were reversed or reopened since. A file that still says the same brings no news.
    """
    if rows.empty:
        return rows, {}, 0, []
    before = known.loc[rows["alert_key"]].set_axis(rows.index)
    said, recorded = rows["code"], before["outcome"]
    waiting = recorded.isna() | (recorded == HELD)
    old = rows["alert_key"].map(concluded_before)
    # Holding is for what nobody has in hand: a file does not take an alert from whoever verifies it.
    in_hand = (said == HELD) & ~before["status"].isin(FREE)
    late = said.notna() & waiting & (said != recorded) & ~_agrees(said, old) & ~in_hand
    agreed = _agrees(said, recorded)
    conflict = said.notna() & ~waiting & ~agreed
    conflicts = {
        int(
            place
        ): f"The alert {without_numbers(rows['alert_id'][place])} is recorded as {recorded[place]}, the file says "
        f"{said[place]}; a recorded outcome is changed by a person, not by a file."
        for place in rows.index[conflict]
    }
    moved = (before["raised_at"].astype("datetime64[us]") != rows["raised_at"]) | (
        before["amount"].astype("float64").sub(rows["amount"]).abs() > 0.005
    )
    notes = []
    if moved.any():
        notes.append(f"{int(moved.sum()):,} alerts have another date or amount than before; they stay as first filed.")
    withdrawn = int((said.isna() & ~waiting).sum())
    if withdrawn:
        notes.append(f"{withdrawn:,} alerts have no outcome in this file but have one on record; it stays.")
    late_rows = rows[late].assign(
        from_status=before["status"][late],
        version=before["version"][late].astype("int64") + 1,
        level=before["level"][late],
        unit_code=before["unit_code"][late],
        again=old[late].notna(),
    )
    return late_rows, conflicts, int((~late & ~conflict).sum()), notes


def _agrees(said: "pd.Series[Any]", recorded: "pd.Series[Any]") -> "pd.Series[bool]":
    """Whether an outcome says what is recorded; that of a feed which knows yes and no agrees with every kind of it."""
    as_yes_or_no = said.isin(list(_CODES.values())) & (said.map(_confirmed) == recorded.map(_confirmed))
    return (said == recorded) | as_yes_or_no


def _confirmed(code: Any) -> Any:
    return OUTCOMES[code].confirmed if code in OUTCOMES and OUTCOMES[code].concluded else None


def _raise_alerts(
    session: Session, new: pd.DataFrame, attributes: pd.DataFrame, filing: DatasetFiling, told: _Told
) -> list[str]:
    if new.empty:
        return []
    name = filing.name
    domains, domain_notes = find_domains(session, new["domain"])
    regions, region_notes = find_regions(session, new["region"])
    contents, masking_notes = _contents(attributes.assign(feed_region=new["region"].where(regions.isna())))
    prepared = _columns_of_alerts(new, name, name_regions(session, regions, new["region"])).assign(
        domain_code=domains, region_code=regions, attributes=contents, filing_id=filing.id
    )
    prepared = _dispatched(session, prepared, filing.received_at)
    share, to_verify = check_slice.share(session), prepared["outcome"].isna()
    prepared = prepared.assign(check_share=pd.Series(share, index=new.index).where(to_verify))
    for rows in chunks(prepared):
        session.execute(insert(table(Alert)), rows)
        told.add(len(rows))
    query = select(Alert.alert_key, Alert.id).where(Alert.filing_id == filing.id)
    ids = {row.alert_key: row.id for row in session.execute(query)}
    numbers = new["alert_key"][to_verify].map(ids).tolist()
    times = new["raised_at"][to_verify].to_numpy(dtype="datetime64[us]").tolist()
    check_slice.draw(session, dict(zip(numbers, times, strict=True)), share)
    for rows in chunks(events(_written(new, prepared, ids), filing)):
        session.execute(insert(table(AlertEvent)), rows)
        told.add(sum(row["kind"] == "raised" for row in rows))
    return domain_notes + region_notes + masking_notes


def _written(new: pd.DataFrame, prepared: pd.DataFrame, ids: dict[str, int]) -> pd.DataFrame:
    """The feed's rows with what the office made of them."""
    return new.assign(
        id=new["alert_key"].map(ids), **{name: prepared[name] for name in ("status", "level", "unit_code")}
    )


def _dispatched(session: Session, alerts: pd.DataFrame, at: datetime) -> pd.DataFrame:
    """The alerts with their units; those without an outcome are dispatched, or wait where no unit is found."""
    places = alerts[["region_code", "domain_code", "level"]].astype("object")
    rows = list(places.where(places.notna(), None).itertuples(index=False, name=None))
    units = pd.Series(dispatch.owners(session, rows), index=alerts.index, dtype="object")
    to_verify = alerts["outcome"].isna()
    status = alerts["status"].mask(to_verify & units.notna(), "dispatched")
    days = {code: working_days_after(shanghai_day(at), STATES[code].days) for code in ("waiting", "dispatched")}
    given = units.notna() & alerts["concluded_at"].isna()
    return alerts.assign(
        unit_code=units,
        status=status,
        version=np.where(status == "waiting", 1, 2),
        dispatched_at=pd.Series(pd.Timestamp(at), index=alerts.index).where(given).astype("datetime64[us]"),
        due_on=status.map(days).astype("object"),
    )


def _columns_of_alerts(new: pd.DataFrame, name: str, places: tuple["pd.Series[str]", "pd.Series[str]"]) -> pd.DataFrame:
    source = new["source"].fillna(name)
    in_chinese, in_english = (place.mask(place != "", place + mark) for place, mark in zip(places, "：:", strict=True))
    subject = new["subject"].fillna(new["alert_id"]) if "subject" in new else new["alert_id"]
    shown = subject.map(mask_number) if "subject" in new else _without_numbers(subject)
    kind = "subject" if "subject" in new else f"feed {name}"
    return pd.DataFrame(
        {
            "alert_key": new["alert_key"],
            "source": source.str[:60],
            "rule": "feed",
            "level": _levels(new),
            "status": status_after(new["code"]),
            "outcome": new["code"],
            "subject_kind": "other",
            "subject_key": subject_keys(kind, subject),
            "subject_display": shown.str[:60],
            "title": (in_chinese + "“" + source + "”提示的情况是否属实？").str[:300],
            "title_en": (in_english + " is what “" + source + "” points to borne out?").str.strip().str[:300],
            "raised_at": new["raised_at"],
            "concluded_at": new["known_at"].where(new["code"] != HELD),
            "amount": new["amount"],
        }
    )


def _levels(new: pd.DataFrame) -> "pd.Series[str]":
    if "level" not in new:
        return pd.Series("orange", index=new.index)
    return new["level"].str.lower().map(LEVELS).fillna("orange")


def _contents(attributes: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Each alert's attributes as a JSON object, identity numbers masked, and a note on each column with such."""
    kept, masked = attributes.copy(), []
    for column in kept.columns:
        values = kept[column]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            days = bool((values.dropna() == values.dropna().dt.normalize()).all())
            kept[column] = values.dt.strftime("%Y-%m-%d" if days else "%Y-%m-%dT%H:%M:%S").where(values.notna(), None)
        elif pd.api.types.is_string_dtype(values.dtype):
            kept[column] = _without_numbers(values)
            if bool((kept[column] != values)[values.notna()].any()):
                masked.append(column)
    notes = [f"The column “{column}” holds identity numbers; they were masked." for column in masked]
    return row_contents(kept), notes


def _conclude_late(
    session: Session, late: pd.DataFrame, last_seen: datetime | None, told: _Told, *, at: datetime
) -> None:
    if late.empty:
        return
    known = late["known_at"]
    # Without a date of its own the outcome became known after the file that did not have it yet.
    if last_seen is not None:
        known = known.where(late["closed_at"].notna() | (known >= pd.Timestamp(last_seen)), pd.Timestamp(last_seen))
    # A second verdict never counts from before it was recorded.
    late = late.assign(known_at=known.where(~late["again"], pd.Timestamp(at)).astype("datetime64[us]"))
    changes = pd.DataFrame(
        {
            "of_id": late["id"].astype("int64"),
            "status": status_after(late["code"]),
            "outcome": late["code"],
            "concluded_at": late["known_at"].where(late["code"] != HELD),
            "version": late["version"],
        }
    )
    for rows in chunks(changes):
        session.execute(update(table(Alert)).where(table(Alert).c.id == bindparam("of_id")).values(due_on=None), rows)
        _withdraw_requests(session, rows)
    late = late.assign(id=late["id"].astype("int64"))
    for rows in chunks(outcome_events(late).assign(cause=None, note="")):
        session.execute(insert(table(AlertEvent)), rows)
        told.add(len(rows))


def _withdraw_requests(session: Session, concluded: list[dict[str, Any]]) -> None:
    """A request to eliminate what a file concluded meanwhile waits for nobody any more."""
    asked = select(Elimination.id, Elimination.alert_id).where(Elimination.state == "asked")
    times = {row["of_id"]: row["concluded_at"] for row in concluded}
    ended = [
        {"id": one, "state": "withdrawn", "decided_by": ACTOR, "decided_at": times[alert]}
        for one, alert in session.execute(asked)
        if alert in times
    ]
    if ended:
        session.execute(update(Elimination), ended)


def _keep_refused(session: Session, feed: Feed, conflicts: dict[int, str], filing_id: int) -> None:
    refused = feed.refused.rename(columns={"column": "column_name"})
    places = list(conflicts)
    numbers = feed.row_numbers[places].tolist()
    contradicted = pd.DataFrame(
        {
            "row_number": numbers,
            "column_name": "outcome",
            "reason": list(conflicts.values()),
            "content": row_contents(feed.rows.loc[numbers]),
        }
    )
    both = pd.concat([part for part in (refused, contradicted) if len(part)] or [refused], ignore_index=True)
    both = both.assign(column_name=both["column_name"].str[:100], reason=both["reason"].str[:300], filing_id=filing_id)
    for rows in chunks(both.sort_values("row_number", kind="stable")):
        session.execute(insert(table(RefusedRow)), rows)

"""A feed into the office: new alerts raised, late outcomes recorded, all in one transaction; a second time, nothing.

What an alert was raised with stays as it was: a later file adds its outcome, never rewrites its past.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from sqlalchemy import Table as SqlTable
from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from data.feed_checks import row_contents
from data.feed_columns import CONTRACT, LEVELS, Mapping
from data.feed_places import find_domains, find_regions, name_regions
from data.feeds import Feed
from data.identity import mask_number, subject_keys
from data.outcomes import OUTCOMES
from data.tables import Alert, AlertEvent, DatasetFiling, RefusedRow, Table

_CODES = {"confirmed": "CX", "dismissed": "EX"}
"""What a feed that knows only yes and no says, as outcome codes."""
_HELD = "H1"
_CHUNK = 5_000
_IDENTITY_NUMBER = r"[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]"


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

    An alert already there under the same feed name and alert_id keeps what it was raised with. It is concluded where
    it had no outcome; an outcome that contradicts the recorded one is refused and kept with its reason.
    """
    mapping = mapping or Mapping()
    name = feed_name(feed, mapping, name)
    alerts = _core(feed.alerts, name, mapping)
    known = _alerts_of(session, name)
    alerts["id"] = alerts["alert_key"].map(known["id"]) if len(known) else np.nan
    new = alerts[alerts["id"].isna()]
    late, conflicts, n_same, notes = _compare(alerts[alerts["id"].notna()], known)
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
    _conclude_late(session, late, name, last_seen, told)
    _keep_refused(session, feed, conflicts, filing.id)
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
        alert_key=f"{name}|" + alerts["alert_id"], code=alerts["outcome"].map(_CODES).fillna(alerts["outcome"])
    )
    return core.assign(**{column: alerts[column].astype("str") for column in _taken(alerts, mapping)})


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
        select(Alert.alert_key, Alert.id, Alert.outcome, Alert.status, Alert.raised_at, Alert.amount)
        .where(Alert.alert_key.startswith(f"{name}|", autoescape=True))
        .with_for_update()
    )
    columns = ["alert_key", "id", "outcome", "status", "raised_at", "amount"]
    return pd.DataFrame(session.execute(query).all(), columns=columns).set_index("alert_key")


def _filings_of(session: Session, name: str) -> list[DatasetFiling]:
    query = select(DatasetFiling).where(DatasetFiling.kind == "feed", DatasetFiling.name == name)
    return list(session.scalars(query.order_by(DatasetFiling.version)))


def _compare(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, dict[int, str], int, list[str]]:
    """Rows of alerts the office has: newly concluded, contradictions (place in the feed -> reason), n same, notes."""
    if rows.empty:
        return rows, {}, 0, []
    before = known.loc[rows["alert_key"]].set_axis(rows.index)
    said, recorded = rows["code"], before["outcome"]
    waiting = recorded.isna() | (recorded == _HELD)
    late = said.notna() & waiting & (said != recorded)
    agreed = (said == recorded) | (
        said.isin(list(_CODES.values())) & (said.map(_confirmed) == recorded.map(_confirmed))
    )
    conflict = said.notna() & ~waiting & ~agreed
    conflicts = {
        int(
            place
        ): f"The alert {rows['alert_id'][place]} is recorded as {recorded[place]}, the file says {said[place]}; "
        "a recorded outcome is changed by a person, not by a file."
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
    return rows[late].assign(from_status=before["status"][late]), conflicts, int((~late & ~conflict).sum()), notes


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
    for rows in _chunks(prepared):
        session.execute(insert(_table(Alert)), rows)
        told.add(len(rows))
    query = select(Alert.alert_key, Alert.id).where(Alert.filing_id == filing.id)
    ids = {row.alert_key: row.id for row in session.execute(query)}
    for rows in _chunks(_events(new.assign(id=new["alert_key"].map(ids)), name)):
        session.execute(insert(_table(AlertEvent)), rows)
        told.add(sum(row["kind"] == "raised" for row in rows))
    return domain_notes + region_notes + masking_notes


def _columns_of_alerts(new: pd.DataFrame, name: str, places: tuple["pd.Series[str]", "pd.Series[str]"]) -> pd.DataFrame:
    source = new["source"].fillna(name)
    in_chinese, in_english = (place.mask(place != "", place + mark) for place, mark in zip(places, "：:", strict=True))
    subject = new["subject"].fillna(new["alert_id"]) if "subject" in new else new["alert_id"]
    shown = subject.map(mask_number) if "subject" in new else subject
    kind = "subject" if "subject" in new else f"feed {name}"
    return pd.DataFrame(
        {
            "alert_key": new["alert_key"],
            "source": source.str[:60],
            "rule": "feed",
            "level": _levels(new),
            "status": _status_after(new["code"]),
            "outcome": new["code"],
            "subject_kind": "other",
            "subject_key": subject_keys(kind, subject),
            "subject_display": shown.str[:60],
            "title": (in_chinese + "“" + source + "”提示的情况是否属实？").str[:300],
            "title_en": (in_english + " is what “" + source + "” points to borne out?").str.strip().str[:300],
            "raised_at": new["raised_at"],
            "concluded_at": new["known_at"].where(new["code"] != _HELD),
            "amount": new["amount"],
        }
    )


def _levels(new: pd.DataFrame) -> "pd.Series[str]":
    if "level" not in new:
        return pd.Series("orange", index=new.index)
    return new["level"].str.lower().map(LEVELS).fillna("orange")


def _status_after(codes: "pd.Series[str]") -> "pd.Series[str]":
    return codes.map(lambda code: "held" if code == _HELD else "closed").where(codes.notna(), "open")


def _contents(attributes: pd.DataFrame) -> tuple[list[str], list[str]]:
    """Each alert's attributes as a JSON object, identity numbers masked, and a note on each column with such."""
    kept, masked = attributes.copy(), []
    for column in kept.columns:
        values = kept[column]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            days = bool((values.dropna() == values.dropna().dt.normalize()).all())
            kept[column] = values.dt.strftime("%Y-%m-%d" if days else "%Y-%m-%dT%H:%M:%S").where(values.notna(), None)
        elif pd.api.types.is_string_dtype(values.dtype):
            personal = values.str.fullmatch(_IDENTITY_NUMBER).fillna(False).astype(bool)
            if personal.any():
                kept[column] = values.where(~personal, values[personal].map(mask_number))
                masked.append(column)
    notes = [f"The column “{column}” holds identity numbers; they were masked." for column in masked]
    return row_contents(kept), notes


def _chunks(frame: pd.DataFrame) -> Iterator[list[dict[str, Any]]]:
    """The frame's rows as parameters of a statement, some thousands at a time."""
    for start in range(0, len(frame), _CHUNK):
        part = frame.iloc[start : start + _CHUNK]
        columns = [_parameters(part[name]) for name in part.columns]
        names = list(part.columns)
        yield [dict(zip(names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _table(rows_of: type[Table]) -> SqlTable:
    # Straight into the table: the object layer would send a statement for each combination of missing values.
    return cast("SqlTable", rows_of.__table__)


def _parameters(values: "pd.Series[Any]") -> list[Any]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        # NumPy's own conversion gives plain datetimes, and None for NaT.
        moments: list[Any] = values.to_numpy(dtype="datetime64[us]").tolist()
        return moments
    return values.astype("object").where(values.notna(), None).tolist()


def _events(alerts: pd.DataFrame, name: str) -> pd.DataFrame:
    """A raised event for each alert at its own date, and one for its outcome at the date that became known."""
    raised = pd.DataFrame(
        {
            "alert_id": alerts["id"],
            "at": alerts["raised_at"],
            "kind": "raised",
            "from_status": None,
            "to_status": "open",
            "outcome": None,
        }
    )
    concluded = _outcome_events(alerts[alerts["code"].notna()].assign(from_status="open"))
    both = pd.concat([raised.astype("object"), concluded.astype("object")], ignore_index=True)
    both["at"] = both["at"].astype("datetime64[us]")
    return both.sort_values(["alert_id", "at"], kind="stable").assign(actor=_actor(name), cause=None, note="")


def _outcome_events(alerts: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "alert_id": alerts["id"],
            "at": alerts["known_at"],
            "kind": np.where(alerts["code"] == _HELD, "held", "concluded"),
            "from_status": alerts["from_status"],
            "to_status": _status_after(alerts["code"]),
            "outcome": alerts["code"],
        }
    )


def _actor(name: str) -> str:
    return f"feed {name}"[:60]


def _conclude_late(session: Session, late: pd.DataFrame, name: str, last_seen: datetime | None, told: _Told) -> None:
    if late.empty:
        return
    # Without a date of its own the outcome became known after the file that did not have it yet.
    if last_seen is not None:
        unseen = late["closed_at"].isna() & (late["known_at"] < pd.Timestamp(last_seen))
        late = late.assign(known_at=late["known_at"].where(~unseen, pd.Timestamp(last_seen)).astype("datetime64[us]"))
    changes = pd.DataFrame(
        {
            "of_id": late["id"].astype("int64"),
            "status": _status_after(late["code"]),
            "outcome": late["code"],
            "concluded_at": late["known_at"].where(late["code"] != _HELD),
        }
    )
    for rows in _chunks(changes):
        session.execute(update(_table(Alert)).where(_table(Alert).c.id == bindparam("of_id")), rows)
    events = _outcome_events(late.assign(id=late["id"].astype("int64"))).assign(actor=_actor(name), cause=None, note="")
    for rows in _chunks(events):
        session.execute(insert(_table(AlertEvent)), rows)
        told.add(len(rows))


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
    for rows in _chunks(both.sort_values("row_number", kind="stable")):
        session.execute(insert(_table(RefusedRow)), rows)

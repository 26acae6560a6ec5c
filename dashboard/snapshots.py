"""One wall for many screens: each scope is computed at most once in some seconds and sent gzipped."""

import gzip
import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from dashboard.panels import panels
from dashboard.tiles import Panel
from data.database import reading
from data.settings import settings
from data.wall import pulse, wall

KEPT = timedelta(seconds=4)
"""Shorter than a screen's refresh, so that no screen waits two rounds for a change."""
RECOUNTED = timedelta(seconds=60)
"""Even an office in which nothing happens is counted again this often: the last seven days move with the minutes."""
MOST_SCOPES = 500


@dataclass(frozen=True)
class Snapshot:
    """A scope as it stood at `as_of` (UTC)."""

    as_of: datetime
    counted_at: datetime
    pulse: tuple[object, ...]
    shown: dict[str, Any]


class Snapshots:
    """The newest snapshot of every scope that is being looked at; safe to share between threads."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        self._clock = clock or (lambda: datetime.now(UTC).replace(tzinfo=None))
        self._kept: dict[tuple[str, str], Snapshot] = {}
        self._lock = threading.Lock()

    def at(self, scope: str) -> Snapshot:
        """The scope as it stands, at most `KEPT` old. Raises NotFound for a region that does not exist."""
        key = (settings().database_url, scope)
        # One thread computes; the others wait for its result instead of asking the database the same.
        with self._lock:
            now = self._clock()
            kept = self._kept.get(key)
            if kept is None or now - kept.as_of >= KEPT:
                if len(self._kept) >= MOST_SCOPES:
                    self._kept.clear()
                self._kept[key] = kept = _looked_at(scope, now, kept)
            return kept

    def payload(
        self,
        scope: str,
        language: str,
        theme: str,
        have: str = "",
        *,
        asked: str | None = None,
        covers: Callable[[str], bool] = lambda _scope: True,
    ) -> bytes:
        """What a screen asks for, as gzipped JSON: the panels, or `same` when it already `have`s this version.

        `asked`: what it called the scope, which is told back; `covers`: which of the places above it may go up to.
        """
        snapshot = self.at(scope)
        drawn = panels(snapshot.shown, language, theme)
        drawn["place"] = _within(drawn["place"], covers)
        version = hashlib.blake2b(orjson.dumps([scope, language, theme, drawn]), digest_size=8).hexdigest()
        times = {"as_of": _stamp(snapshot.as_of), "server_time": _stamp(self._clock())}
        told = scope if asked is None else asked
        content = {"version": version, "same": True} if have == version else {"version": version, "panels": drawn}
        return gzip.compress(orjson.dumps(content | times | {"scope": told}), compresslevel=5)


def _looked_at(scope: str, now: datetime, before: Snapshot | None) -> Snapshot:
    """The scope at `now`: counted again only if the office changed since `before`."""
    with reading() as session:
        beat = pulse(session, now=now)
        if before and before.pulse == beat and now - before.counted_at < RECOUNTED:
            return replace(before, as_of=now)
        return Snapshot(now, now, beat, wall(session, scope=scope, now=now))


def _within(place: Panel, covers: Callable[[str], bool]) -> Panel:
    """The way down to the scope, from the highest place that may be seen."""
    crumbs = [crumb for crumb in place["crumbs"] if covers(crumb["scope"])]
    return place | {"crumbs": crumbs, "up": place["up"] if len(crumbs) > 1 else None}


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"

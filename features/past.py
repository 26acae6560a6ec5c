"""The one door to the past: the stream in order of time, and what was known when each alert was raised."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from features.attributes import as_text
from features.walk import DAY, NEVER, Floats, Instants, Keys, Rows, walk_alerts, walk_outcomes, walk_peers, walk_tokens

WINDOWS = np.array([30, 90, 365], dtype=np.int64) * DAY
DECAY_DAYS = 365.0
LATELY_DAYS = 60.0


def instants(column: "pd.Series[pd.Timestamp]") -> Instants:
    """Moments as microseconds since 1970; NEVER where missing."""
    moments = pd.to_datetime(column).astype("datetime64[us]")
    values = moments.to_numpy().astype("datetime64[us]").astype(np.int64)
    return np.where(moments.isna().to_numpy(), NEVER, values)


def put_in_order(alerts: pd.DataFrame) -> pd.DataFrame:
    """The stream in order of raised_at, then alert_id, with a fresh index."""
    return alerts.sort_values(["raised_at", "alert_id"], kind="stable", ignore_index=True)


@dataclass(frozen=True, eq=False)
class Past:
    """A stream of alerts and the questions that may be asked of it.

    Every answer about an alert uses outcomes known strictly before `sees` of that alert (never later than its own
    raised_at) and alerts raised strictly before it. An alert's own outcome is never part of its answer.
    """

    table: pd.DataFrame
    """The alerts in order of time (`put_in_order`), with `label` 1, 0 or NaN."""
    raised: Instants
    known: Instants
    """When the outcome became known, never before the alert was raised; NEVER where it is not known."""
    label: Floats
    sees: Instants

    @classmethod
    def of(cls, alerts: pd.DataFrame, *, gap_days: Floats | None = None, as_of: pd.Timestamp | None = None) -> "Past":
        """The past behind each alert of an ordered stream.

        gap_days: (n,) how long before its raised_at an alert stops hearing of outcomes, to train for a period in which
        none will be heard; as_of: outcomes known at or after it do not exist.
        """
        raised = instants(alerts["raised_at"])
        known = np.maximum(instants(alerts["known_at"]), raised)
        label = alerts["label"].to_numpy(dtype=np.float64, na_value=np.nan)
        if as_of is not None:
            known = np.where(known < as_of.value // 1000, known, NEVER)
        label = np.where(known == NEVER, np.nan, label)
        sees = raised if gap_days is None else raised - (gap_days * DAY).astype(np.int64)
        return cls(alerts, raised, known, label, sees)

    def silenced(self, moment: int) -> "Past":
        """The same stream with every outcome known at or after a moment unheard."""
        silent = self.known >= moment
        return Past(
            self.table,
            self.raised,
            np.where(silent, NEVER, self.known),
            np.where(silent, np.nan, self.label),
            self.raised,
        )

    def told(self) -> pd.DataFrame:
        """The alerts with the labels that are known, and no others."""
        return self.table.assign(label=self.label)

    @cached_property
    def askers(self) -> Rows:
        """Rows in order of the moment up to which they hear of outcomes."""
        return np.argsort(self.sees, kind="stable")

    @cached_property
    def tellers(self) -> Rows:
        """Rows whose outcome teaches something, in order of the moment it became known."""
        rows = np.flatnonzero(~np.isnan(self.label))
        return rows[np.argsort(self.known[rows], kind="stable")]

    def keys(self, columns: Sequence[str]) -> Keys:
        """Dense codes of a key made of one or more columns, compared as text; -1 where any of them is missing."""
        codes = self._codes(columns[0])
        for column in columns[1:]:
            part = self._codes(column)
            missing = (codes < 0) | (part < 0)
            joined = codes * (int(part.max(initial=0)) + 1) + part
            codes = np.where(missing, -1, pd.factorize(joined)[0].astype(np.int64))
        return codes

    def _codes(self, column: str) -> Keys:
        if column not in self._read:
            self._read[column] = pd.factorize(as_text(self.table[column]))[0].astype(np.int64)
        return self._read[column]

    @cached_property
    def _read(self) -> dict[str, Keys]:
        return {}

    def outcomes_by(self, keys: Keys, *, decay_days: float = DECAY_DAYS) -> Floats:
        """(5, n): each key's outcomes, confirmed, both decayed over a year, and days since the last confirmation."""
        out: Floats = walk_outcomes(keys, self.sees, self.askers, self.known, self.label, self.tellers, decay_days)
        return out

    def alerts_by(self, keys: Keys, *, standing: bool) -> Floats:
        """(5, n): each key's alerts in the last 30, 90 and 365 days, days since the last one, alerts so far."""
        out: Floats = walk_alerts(keys, self.raised, self.known, self.label, self.tellers, standing, WINDOWS)
        return out

    def tokens_by(self, starts: Rows, tokens: Keys, weight: float) -> Floats:
        """(2, n): mean and largest log-odds, above the overall rate, of the words an alert is made of."""
        out: Floats = walk_tokens(starts, tokens, self.sees, self.askers, self.known, self.label, self.tellers, weight)
        return out

    def peers_of(self, keys: Keys, amount: Floats) -> Floats:
        """(n,): share of the key's earlier alerts with a smaller amount."""
        ranks = np.zeros(len(keys), dtype=np.int64)
        usable = (keys >= 0) & np.isfinite(amount)
        rows = np.flatnonzero(usable)
        sizes = np.zeros(int(keys.max(initial=-1)) + 2, dtype=np.int64)
        if len(rows):
            ranked = pd.Series(amount[rows]).groupby(keys[rows]).rank(method="dense").to_numpy()
            ranks[rows] = ranked.astype(np.int64)
            np.maximum.at(sizes, keys[rows], ranks[rows])
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        out: Floats = walk_peers(np.where(usable, keys, -1), ranks, starts, self.raised)
        return out

    @cached_property
    def overall(self) -> Floats:
        """(5, n): outcomes_by over all alerts together."""
        return self.outcomes_by(np.zeros(len(self.table), dtype=np.int64))

    @cached_property
    def lately(self) -> Floats:
        """(5, n): outcomes_by over all alerts together, decayed over two months."""
        return self.outcomes_by(np.zeros(len(self.table), dtype=np.int64), decay_days=LATELY_DAYS)

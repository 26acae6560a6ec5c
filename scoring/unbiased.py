"""Unbiased figures of all alerts, from the random check slice: what the office's own order would otherwise hide.

An office verifies what ranks high, so the outcomes it has are not those of its alerts. Two parts of the list are told
apart, by what was verified and never by how it ended. Where all was verified (the front of the list of a period), every
outcome counts for itself. Of the rest only what was drawn counts, each for as many as its propensity says (Hájek's
estimator). What was verified there for another reason says nothing about its neighbours and is passed over.

Intervals, 95 %: Wilson's with the effective number of outcomes (Kish), as far as not all of a part was verified; parts
are added, and set in ratio, by recovering variances from them (MOVER; Zou and Donner 2008, Newcombe 2016). Selective
labels: Lakkaraju et al. 2017. Estimates beside an order that is optimised: Henderson et al. 2022.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from math import inf, sqrt
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from sqlalchemy.orm import Session

from data import check_slice
from data.confirmation import wilson_of

COLUMNS = ("raised_at", "p", "share", "drawn", "label", "open")
"""One row an alert that had part in the draw: when it was raised, its score (NaN: none), its propensity, whether it was
drawn, 1 or 0 as far as its outcome counts, and whether it is without an outcome yet."""
PERIOD_DAYS = 28
RIPE = 0.8
"""The last periods of which less of the slice is concluded are left out: early outcomes are not like late ones."""
BAND, ALL_BUT = 25, 0.05
"""The front of a period's list: bands of 25 alerts in order of score, each verified but for a twentieth at most."""
SMALL_REST = 0.2
"""Up to this share beside the part verified throughout, a rest of which too little was drawn is taken as alike."""
FEWEST = 5
"""Concluded alerts of the slice below which a part has an interval and no value."""

Mask = NDArray[np.bool_]


def slice_of(session: Session, *, since: datetime) -> pd.DataFrame:
    """The alerts raised since then that had part in a draw, as `Checked` takes them, with alert_id; as scored last."""
    return pd.DataFrame(check_slice.alerts_of(session, since=since), columns=["alert_id", *COLUMNS])


def rescored(checks: pd.DataFrame, alert_id: "pd.Series[Any]", p: NDArray[np.float64]) -> "Checked":
    """The slice among some alerts, in the order of other scores than the last ones. `checks`: from `slice_of`."""
    again = pd.DataFrame({"alert_id": alert_id.to_numpy(), "p": p})
    return Checked(checks.drop(columns="p").merge(again, on="alert_id"))


@dataclass(frozen=True)
class Estimate:
    """A share with its interval, and what outcomes still to come could make of it."""

    value: float | None
    """None: too little of the slice is concluded where it is needed."""
    low: float
    high: float
    floor: float
    """The value if every outcome that is missing turned out against it; `ceiling`: if every one turned out for it."""
    ceiling: float

    def as_dict(self) -> dict[str, float | None]:
        """The estimate to be filed, to four digits."""
        return {name: None if value is None else round(value, 4) for name, value in vars(self).items()}


@dataclass(frozen=True)
class _Total:
    """How many of some alerts are confirmed: estimated, its interval, and with all missing outcomes one way."""

    value: float | None
    low: float
    high: float
    floor: float
    ceiling: float
    size: float
    """Alerts that count; duplicates do not."""

    def __add__(self, other: "_Total") -> "_Total":
        size = self.size + other.size
        floor, ceiling = self.floor + other.floor, self.ceiling + other.ceiling
        if self.value is None or other.value is None:
            return _Total(None, self.low + other.low, self.high + other.high, floor, ceiling, size)
        value = self.value + other.value
        down = sqrt((self.value - self.low) ** 2 + (other.value - other.low) ** 2)
        up = sqrt((self.high - self.value) ** 2 + (other.high - other.value) ** 2)
        return _Total(value, value - down, value + up, floor, ceiling, size)


class Checked:
    """A window of alerts as the slice shows it. Later periods of which too little is concluded are left out."""

    def __init__(self, alerts: pd.DataFrame) -> None:
        """`alerts`: the columns of COLUMNS; those with a propensity of 0 could not be drawn and are passed over."""
        alerts = alerts[alerts["share"] > 0].sort_values("raised_at", kind="stable", ignore_index=True)
        period, last = _periods(alerts)
        self.n_fresh = int((period > last).sum())
        """Alerts left out because too little of the slice of their period is concluded."""
        kept = (period <= last).astype(bool)
        alerts, period = alerts[kept].reset_index(drop=True), period[kept]
        self.n_alerts = len(alerts)
        self._label = alerts["label"].to_numpy(dtype=np.float64)
        self._open = alerts["open"].to_numpy(dtype=bool)
        self._drawn = alerts["drawn"].to_numpy(dtype=bool)
        self._weight = 1.0 / alerts["share"].to_numpy(dtype=np.float64)
        self._order = np.argsort(-alerts["p"].fillna(-inf).to_numpy(dtype=np.float64), kind="stable")
        self._whole = self._front(period)
        self.n_drawn = int(self._drawn.sum())
        self.n_concluded = int((self._drawn & ~self._open).sum())
        """Of those drawn."""

    @property
    def n_confirmed(self) -> int:
        """Alerts whose outcome is that they were confirmed."""
        return int((self._label == 1.0).sum())

    @property
    def n_whole(self) -> int:
        """Alerts in the part of the list that was verified throughout."""
        return int(self._whole.sum())

    def _front(self, period: NDArray[np.int64]) -> Mask:
        """The part of the list that was verified throughout, period by period."""
        whole = np.zeros(self.n_alerts, dtype=bool)
        for one in np.unique(period):
            order = self._order[period[self._order] == one]
            for start in range(0, len(order), BAND):
                band = order[start : start + BAND]
                if self._open[band].mean() > ALL_BUT:
                    break
                whole[band] = True
        return whole

    def confirmed(self) -> Estimate:
        """The share confirmed of all alerts."""
        return self._share(np.ones(self.n_alerts, dtype=bool))

    def precision(self, share: float) -> Estimate:
        """The share confirmed of the first `share` of the list, in order of score."""
        return self._share(self._top(share))

    def found(self, share: float) -> Estimate:
        """Of all alerts that would be confirmed, the share that stands in the first `share` of the list."""
        top = self._top(share)
        inside, outside = self._total(top), self._total(~top)
        floor, ceiling = _ratio(inside.floor, outside.ceiling), _ratio(inside.ceiling, outside.floor)
        if inside.value is None or outside.value is None or inside.value + outside.value == 0:
            return Estimate(None, 0.0, 1.0, floor or 0.0, 1.0 if ceiling is None else ceiling)
        value = _ratio(inside.value, outside.value)
        low, high = _ratio_interval(inside, outside)
        return Estimate(value, low, high, floor or 0.0, 1.0 if ceiling is None else ceiling)

    def _top(self, share: float) -> Mask:
        top = np.zeros(self.n_alerts, dtype=bool)
        top[self._order[: max(1, int(self.n_alerts * share))]] = True
        return top

    def _share(self, among: Mask) -> Estimate:
        total = self._total(among)
        if total.size == 0:
            return Estimate(None, 0.0, 1.0, 0.0, 1.0)
        value = None if total.value is None else total.value / total.size
        ends = (total.low, total.high, total.floor, total.ceiling)
        return Estimate(value, *(min(1.0, max(0.0, end / total.size)) for end in ends))

    def _total(self, among: Mask) -> _Total:
        known, drawn = among & self._whole, among & ~self._whole
        whole = self._part(known, known, np.ones(self.n_alerts))
        rest = self._part(drawn, drawn & self._drawn, self._weight)
        if rest.value is None and whole.value is not None and rest.size <= SMALL_REST * whole.size:
            # A few beside many: taken as alike, with everything possible inside the interval.
            alike = rest.size * whole.value / whole.size
            rest = replace(rest, value=min(rest.high, max(rest.low, alike)))
        return whole + rest

    def _part(self, part: Mask, asked: Mask, weight: NDArray[np.float64]) -> _Total:
        """The total of a part of the list, from those of it that were to be verified."""
        n = float(part.sum())
        if not n:
            return _Total(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
        known = asked & ~np.isnan(self._label)
        told, missing = float(weight[asked & ~self._open].sum()), float(weight[asked & self._open].sum())
        if not known.any():
            return _Total(None, 0.0, n, 0.0, n, n)
        w, y = weight[known], self._label[known]
        size, share = n * float(w.sum()) / told, float(w @ y / w.sum())
        least, most = float(w @ y) / (float(w.sum()) + missing), (float(w @ y) + missing) / (float(w.sum()) + missing)
        low, high = _wilson(share, float(w.sum()) ** 2 / float(w @ w), known.sum() / n)
        value = size * share if known.sum() >= min(FEWEST, n) else None
        return _Total(value, size * low, size * high, size * least, size * most, size)

    def figures(self) -> dict[str, Estimate]:
        """The estimates by name, as `scoring.evaluation.FIGURES` calls them; none where there are no alerts."""
        if not self.n_alerts:
            return {}
        return {
            "confirmed": self.confirmed(),
            "precision_10": self.precision(0.1),
            "precision_20": self.precision(0.2),
            "first_half": self.found(0.5),
        }

    def as_dict(self) -> dict[str, Any]:
        """What is filed with a risk model: counts and the estimates."""
        counts = {name: getattr(self, name) for name in ("n_alerts", "n_drawn", "n_concluded", "n_whole", "n_fresh")}
        return counts | {name: found.as_dict() for name, found in self.figures().items()}


def _periods(alerts: pd.DataFrame) -> tuple[NDArray[np.int64], int]:
    """The number of each alert's period of four weeks, counted back from the last alert, and the last ripe one."""
    if alerts.empty:
        return np.zeros(0, dtype=np.int64), 0
    raised = pd.to_datetime(alerts["raised_at"])
    days = (raised.iloc[-1] - raised).dt.days.to_numpy(dtype=np.int64)
    period: NDArray[np.int64] = np.negative(days // PERIOD_DAYS, dtype=np.int64)
    drawn = alerts[alerts["drawn"].astype(bool)]
    concluded = (~drawn["open"].astype(bool)).groupby(period[drawn.index]).mean()
    ripe = concluded.index[concluded >= RIPE]
    return period, int(ripe.max()) if len(ripe) else int(period.min()) - 1


def _wilson(share: float, n: float, verified: float) -> tuple[float, float]:
    """Wilson's interval of a share of n outcomes, narrowed as far as they are all there are (`verified`, 0 to 1)."""
    if verified >= 1:
        return share, share
    return wilson_of(share, n / (1 - verified))


def _ratio(inside: float, outside: float) -> float | None:
    return inside / (inside + outside) if inside + outside else None


def _ratio_interval(inside: _Total, outside: _Total) -> tuple[float, float]:
    """The shares r for which (1 - r) inside - r outside may be 0."""
    a, b = inside.value or 0.0, outside.value or 0.0

    def least(r: float) -> float:
        down = sqrt(((1 - r) * (a - inside.low)) ** 2 + (r * (outside.high - b)) ** 2)
        return (1 - r) * a - r * b - down

    def most(r: float) -> float:
        up = sqrt(((1 - r) * (inside.high - a)) ** 2 + (r * (b - outside.low)) ** 2)
        return (1 - r) * a - r * b + up

    low = float(brentq(least, 0.0, 1.0)) if least(0.0) > 0 > least(1.0) else 0.0 if least(0.0) <= 0 else 1.0
    high = float(brentq(most, 0.0, 1.0)) if most(0.0) > 0 > most(1.0) else 1.0 if most(1.0) >= 0 else 0.0
    return low, high

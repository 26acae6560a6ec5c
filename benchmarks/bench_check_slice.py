"""What the random check slice costs and what it buys: two years of an office that can verify only part of its alerts.

The world: 60 alerts a week from 12 sources in 15 places, each with an amount, some months and a kind of evidence.
Their true likelihood of confirmation depends on all of these and drifts: every source's own level walks at random,
evidence loses its meaning in month 9, one place turns from good to bad in month 14. The office verifies a share of what
comes in (35 %) each fortnight: random checks in front, then by the likelihood that the live risk model gave when the
alert was raised; before go-live (half a year) in order of age. What waited 12 weeks is set aside. Outcomes come late
(lognormal, median 14 days) and are never mistaken. The risk model (`scoring.ranker.learn`, as it is) is retrained from
what the office knows by then. Every share lives through the same world.

    python benchmarks/bench_check_slice.py                         # a minute or two: one world, retrained every quarter
    python benchmarks/bench_check_slice.py --worlds 3 --retrain 4  # as an office would: retrained every month
"""

import argparse
import time
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from data.check_slice import lot
from scoring.evaluation import calibration_error
from scoring.ranker import Ranker, learn
from scoring.unbiased import Checked

BEGIN = datetime(2024, 1, 1)
WEEKS, GO_LIVE, STEP = 104, 26, 2
PER_WEEK, CAPACITY, SET_ASIDE_WEEKS, MEDIAN_DAYS = 60, 0.35, 12, 14.0
POOLED_WEEKS = 26
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Every alert of two years with its truth, which no office sees whole."""

    alerts: pd.DataFrame
    week: NDArray[np.int64]
    truth: Numbers
    delay_days: Numbers


def world(seed: int) -> World:
    """A world of that seed."""
    draw = np.random.default_rng(seed)
    week = np.repeat(np.arange(WEEKS), draw.poisson(PER_WEEK, WEEKS))
    n = len(week)
    source, place = draw.integers(0, 12, n), draw.integers(0, 15, n)
    evidence, months, amount = draw.integers(0, 4, n), draw.poisson(4, n) + 1, np.exp(draw.normal(7, 1.2, n))
    levels = draw.normal(-0.9, 0.9, 12) + np.cumsum(draw.normal(0, 0.13, (WEEKS, 12)), axis=0)
    means = np.array([-1.0, -0.2, 0.4, 1.0])[evidence] * np.where(week < 39, 1.0, 0.2)
    turned = np.where(place == 3, np.where(week < 61, -1.0, 1.4), draw.normal(0, 0.6, 15)[place])
    margin = levels[week, source] + means + turned + 0.5 * (np.log(amount) - 7) + 0.12 * (months - 5)
    raised = pd.Timestamp(BEGIN) + pd.to_timedelta(week * 7 + draw.uniform(0, 7, n), unit="D").floor("s")
    alerts = pd.DataFrame(
        {
            "alert_id": [f"A{i:06}" for i in range(n)],
            "raised_at": raised,
            "region": [f"9901{p:02}" for p in place],
            "domain": [f"d{s // 4}" for s in source],
            "source": [f"M{s:02}" for s in source],
            "amount": amount.round(2),
            "months": months.astype(float),
            "evidence": [f"e{e}" for e in evidence],
        }
    )
    truth = (draw.random(n) < 1 / (1 + np.exp(-margin))).astype(float)
    return World(alerts, week, truth, np.exp(draw.normal(np.log(MEDIAN_DAYS), 0.6, n)))


@dataclass(frozen=True)
class Lived:
    """What two years with one share came to, over what was raised after go-live."""

    hits: float
    rate_error: float
    """Mean relative error of the rate of all alerts, as told each fortnight over the last half year."""
    fortnight_error: float
    """The same of the single fortnight ten weeks before, whose outcomes have mostly come in."""
    ece: float
    auc: float
    inside: float
    """How often the truth lay in the interval told; NaN without a slice."""


class Office:
    """An office that lives through a world with one share of random checks."""

    def __init__(self, known: World, share: float, *, seed: int, retrain_weeks: int) -> None:
        self.world, self.share, self.retrain = known, share, retrain_weeks
        n = len(known.truth)
        times = known.alerts["raised_at"].dt.to_pydatetime()
        self.drawn = np.array([lot(seed, i, at) < share for i, at in enumerate(times)])
        self.known_at = np.full(n, np.datetime64("NaT", "us"))
        self.verified = np.zeros(n, dtype=bool)
        self.p = np.full(n, np.nan)
        self.ranker: Ranker | None = None
        self.told: list[tuple[float, float, float]] = []

    def live(self) -> Lived:
        """Live through the world."""
        for week in range(0, WEEKS, STEP):
            now = BEGIN + timedelta(weeks=week + STEP)
            if week >= GO_LIVE and (week - GO_LIVE) % self.retrain == 0:
                self.ranker = learn(self._stream(week), as_of=now - timedelta(weeks=STEP))
            self._score(week)
            self._verify(week, now)
            if week >= GO_LIVE + POOLED_WEEKS:
                self._tell(week, now)
        after = self.world.week >= GO_LIVE
        truth, p = self.world.truth[after], self.p[after]
        errors = np.array(self.told)
        return Lived(
            float(self.world.truth[after & self.verified].sum()),
            float(np.nanmean(errors[:, 0])),
            float(np.nanmean(errors[:, 1])),
            calibration_error(truth, p),
            float(roc_auc_score(truth, p)),
            float(np.nanmean(errors[:, 2])),
        )

    def _stream(self, week: int) -> pd.DataFrame:
        """What the office knows at the beginning of a week, and the alerts of the fortnight."""
        seen = self.world.week < week + STEP
        begin = np.datetime64(BEGIN + timedelta(weeks=week), "us")
        known_at = np.where(self.known_at < begin, self.known_at, np.datetime64("NaT", "us"))
        label = np.where(np.isnat(known_at), np.nan, self.world.truth)
        return self.world.alerts.assign(label=label, known_at=known_at)[seen]

    def _score(self, week: int) -> None:
        rows = np.flatnonzero((self.world.week >= week) & (self.world.week < week + STEP))
        if self.ranker is not None:
            self.p[rows] = self.ranker.score(self._stream(week), rows).table["p_confirmed"].to_numpy()

    def _verify(self, week: int, now: datetime) -> None:
        """Random checks in front, then by likelihood; before go-live by age."""
        current = (self.world.week < week + STEP) & (self.world.week >= week + STEP - SET_ASIDE_WEEKS)
        waiting = np.flatnonzero(current & ~self.verified)
        first = np.where(self.drawn[waiting], 0, 1)
        likely = np.nan_to_num(self.p[waiting], nan=-1.0) if week >= GO_LIVE else np.zeros(len(waiting))
        taken = waiting[np.lexsort((waiting, -likely, first))][: int(CAPACITY * PER_WEEK * STEP)]
        self.verified[taken] = True
        days = (self.world.delay_days[taken] * 86_400e6).astype("timedelta64[us]")
        self.known_at[taken] = np.datetime64(now, "us") + days

    def _tell(self, week: int, now: datetime) -> None:
        """What the office would say today of the alerts of the last half year, and how far off that is."""
        whole = (self.world.week < week + STEP) & (self.world.week >= week + STEP - POOLED_WEEKS)
        fortnight = whole & (self.world.week >= week - 10) & (self.world.week < week - 10 + STEP)
        pooled, inside = self._off(whole, now)
        single, _ = self._off(fortnight, now)
        self.told.append((pooled, single, inside))

    def _off(self, rows: NDArray[np.bool_], now: datetime) -> tuple[float, float]:
        opened = ~(self.known_at < np.datetime64(now, "us"))
        label = np.where(opened, np.nan, self.world.truth)[rows]
        if not self.share:
            truth = self.world.truth[rows].mean()
            return abs(np.nanmean(label) - truth) / truth, np.nan
        raised = self.world.alerts["raised_at"].to_numpy()[rows]
        columns = {"p": self.p[rows], "share": self.share, "drawn": self.drawn[rows], "label": label}
        checked = Checked(pd.DataFrame({"raised_at": raised, **columns, "open": opened[rows]}))
        truth = self.world.truth[rows][: checked.n_alerts].mean() if checked.n_alerts else np.nan
        found = checked.confirmed() if checked.n_alerts else None
        if found is None or found.value is None:
            return np.nan, np.nan
        return abs(found.value - truth) / truth, float(found.low <= truth <= found.high)


def main() -> None:
    """Live through the worlds with every share and print what became of each."""
    asked = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    asked.add_argument("--worlds", type=int, default=1)
    asked.add_argument("--seed", type=int, default=0, help="number of the first world")
    asked.add_argument("--retrain", type=int, default=12, help="weeks between two trainings")
    asked.add_argument(
        "--shares", type=float, nargs="+", default=[0, 1, 2, 5, 10], help="percent; the first is compared to"
    )
    given = asked.parse_args()
    began = time.perf_counter()
    lived: dict[float, list[Lived]] = {share: [] for share in given.shares}
    for seed in range(given.seed, given.seed + given.worlds):
        known = world(seed)
        for share in given.shares:
            office = Office(known, share / 100, seed=seed, retrain_weeks=given.retrain)
            lived[share].append(office.live())
    first = np.array([one.hits for one in lived[given.shares[0]]])
    print(f"{given.worlds} worlds of {WEEKS} weeks, {PER_WEEK} alerts a week, {CAPACITY:.0%} verified, "
          f"retrained every {given.retrain} weeks")  # fmt: skip
    print(f"{'share':>6}{'hits lost':>11}{'rate off':>10}{'fortnight':>11}{'inside':>8}{'ECE':>7}{'AUC':>7}")
    for share, rows in lived.items():
        lost = 1 - np.array([one.hits for one in rows]).sum() / first.sum()
        means = {name: np.nanmean([getattr(one, name) for one in rows]) for name in vars(rows[0])}
        inside = "" if not share else f"{means['inside']:.0%}"
        print(f"{share:>5g}%{lost:>11.1%}{means['rate_error']:>10.1%}{means['fortnight_error']:>11.1%}{inside:>8}"
              f"{means['ece']:>7.3f}{means['auc']:>7.3f}")  # fmt: skip
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()

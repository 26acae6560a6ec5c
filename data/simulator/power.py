"""Meters of ponds and annexes as they should be: what they draw each month, who patrols their villages, and the heat.

Source: field/models.md, M24; field/simulator.md, 3.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Floats, Integers, Texts, draw_from, month_text
from data.simulator.episodes import Ground, texts_of
from data.simulator.officials import N_HANDLERS, N_REVIEWERS

_PONDS, _ANNEXES = 0.003, 0.09
"""For each resident. Source: field/simulator.md, 3 (300 and 9,000 for 100,000)."""
_LEAST_PONDS = 40
POND, ANNEX = "鱼塘", "辅房"
_USES = (("养殖", "灌溉"), ("储物", "居住", "车库"))
_HOT_DAYS = (0, 0, 0, 0, 8, 17, 24, 25, 17, 4, 0, 0)
"""Hot days of each month of the year, to within one."""
HOT_MONTHS = (5, 6, 7, 8)
"""Places in the year (0 for January) of the months that are hot enough for aerators."""


@dataclass(frozen=True)
class Meters:
    """Some meters: parallel arrays."""

    number: Texts
    village: Integers
    pond: np.ndarray
    mu: Floats
    level: Floats
    """What it uses against its like."""


def make_meters(draw: np.random.Generator, mark: str, village: Integers, pond: np.ndarray) -> Meters:
    """A meter of each kind in each village, none of them far from its like."""
    n = len(village)
    mu = np.where(pond, np.exp(draw.normal(2.0, 0.5, n)).clip(2, 40), draw.uniform(0.05, 0.3, n)).round(2)
    number = np.array([f"D99{mark}{serial:06d}" for serial in range(1, n + 1)])
    return Meters(number, village, pond, mu, np.exp(0.3 * draw.normal(0, 1, n).clip(-2.2, 2.2)))


def months_of(ground: Ground) -> Integers:
    """The office months whose use is read by the end: from the start of the registers to the last full month."""
    first = int(ground.calendar.number(np.array([ground.calendar.register_start.astype("datetime64[D]")]))[0])
    return np.arange(first, ground.calendar.n_months)


def known_after(ground: Ground, month: Integers) -> Dates:
    """When the use of an office month is known: the third of the next."""
    opening: Dates = ground.calendar.month(month + 1).astype("datetime64[D]")
    return opening + np.timedelta64(2, "D")


def meter_rows(
    draw: np.random.Generator,
    ground: Ground,
    meters: Meters,
    *,
    declared: Texts | None = None,
    n_users: Integers | None = None,
    workshop_m: Floats | None = None,
) -> pd.DataFrame:
    """The register `power_meter` as it stood when the office opened, each in the name of a villager."""
    n = len(meters.number)
    order = np.argsort(ground.people.village, kind="stable")
    home = ground.people.village[order]
    first, last = np.searchsorted(home, meters.village), np.searchsorted(home, meters.village, side="right")
    user = order[first + (draw.random(n) * (last - first)).astype(np.int64)]
    uses = np.where(meters.pond, draw.choice(_USES[0], n), draw.choice(_USES[1], n))
    far = np.where(draw.random(n) < 0.06, draw.uniform(150, 3000, n).round(-1), np.nan)
    return pd.DataFrame(
        {
            "meter_no": meters.number,
            "village": texts_of(ground.places.villages, meters.village),
            "user_id": texts_of(ground.people.id_no, user),
            "user": texts_of(ground.people.name, user),
            "kind": np.where(meters.pond, POND, ANNEX),
            "mu": meters.mu,
            "kva": np.where(meters.pond, 30.0, 8.0),
            "declared_use": uses if declared is None else np.where(declared == "", uses, declared),
            "n_users": np.where(draw.random(n) < 0.03, 2.0, 1.0) if n_users is None else n_users.astype(np.float64),
            "closed_workshop_m": far if workshop_m is None else workshop_m,
            "received_on": ground.calendar.first_day - np.timedelta64(200, "D"),
        }
    )


def use_rows(draw: np.random.Generator, ground: Ground, meters: Meters, times: Floats, night: Floats) -> pd.DataFrame:
    """The register `power_use`: `times` (n_meters, n_months) the use of its like, `night` at night."""
    month = months_of(ground)
    in_year = ground.calendar.month(month).astype("datetime64[M]").astype(np.int64) % 12
    heat = np.array(_HOT_DAYS)[in_year]
    season = np.where(meters.pond[:, None], 180 * (1 + 0.05 * heat), 900 * (1 + 0.015 * heat))
    kwh = meters.mu[:, None] * meters.level[:, None] * season * times * np.exp(draw.normal(0, 0.08, times.shape))
    share = (night * np.exp(draw.normal(0, 0.05, times.shape))).clip(0.02, 0.9)
    text, known = month_text(ground.calendar.month(month)), known_after(ground, month)
    meter, place = np.divmod(np.arange(times.size), len(month))
    return pd.DataFrame(
        {
            "meter_no": texts_of(meters.number, meter),
            "month": texts_of(text, place),
            "kwh": kwh.ravel().round(1),
            "night_kwh": (kwh * share).ravel().round(1),
            "received_on": known[place],
        }
    )


def capacity_rows(number: Texts, requested: Dates, kva: Floats, area_changed: bool, known: Dates) -> pd.DataFrame:
    """The register `capacity_request`."""
    rows = pd.DataFrame({"meter_no": number, "requested_on": requested, "kva_after": kva})
    return rows.assign(area_changed=area_changed, received_on=known)


def ordinary_power(ground: Ground) -> dict[str, pd.DataFrame]:
    """Meters near their like, requests for more area, hot days, patrollers of most villages and what they report."""
    draw = draw_from(ground.seed, "power")
    n_ponds, n_annexes = max(_LEAST_PONDS, int(ground.people.n * _PONDS)), int(ground.people.n * _ANNEXES)
    pond = np.arange(n_ponds + n_annexes) < n_ponds
    meters = make_meters(draw, "", draw.integers(0, len(ground.places.villages), len(pond)), pond)
    shape = (len(pond), len(months_of(ground)))
    night = np.where(pond, 0.26, 0.18)[:, None] * np.ones(shape)
    some = draw.choice(len(pond), max(4, len(pond) // 60), replace=False)
    span = int((ground.calendar.end_on - ground.calendar.register_start.astype("datetime64[D]")).astype(np.int64)) - 10
    asked = ground.calendar.register_start.astype("datetime64[D]") + draw.integers(0, span, len(some)).astype(
        "timedelta64[D]"
    )
    kva = np.where(pond[some], 60.0, 16.0)
    return {
        "power_meter": meter_rows(draw, ground, meters),
        "power_use": use_rows(draw, ground, meters, np.ones(shape), night),
        "capacity_request": capacity_rows(meters.number[some], asked, kva, True, asked + np.timedelta64(4, "D")),
        "weather_month": _weather(draw, ground),
        "grid_assignment": grid_rows(draw, ground, pairs_of_sites(ground)),
        "patrol_report": _reports(draw, ground),
    }


def _weather(draw: np.random.Generator, ground: Ground) -> pd.DataFrame:
    month = months_of(ground)
    counties = np.unique([village[:6] for village in ground.places.villages])
    in_year = ground.calendar.month(month).astype("datetime64[M]").astype(np.int64) % 12
    days = np.array(_HOT_DAYS)[in_year] + draw.integers(-1, 2, (len(counties), len(month)))
    return pd.DataFrame(
        {
            "county": np.repeat(counties, len(month)),
            "month": np.tile(month_text(ground.calendar.month(month)), len(counties)),
            "hot_days": days.clip(0).ravel().astype(np.float64),
            "received_on": np.tile(known_after(ground, month), len(counties)),
        }
    )


def _pairs(ground: Ground) -> Integers:
    """(n_pairs, 2): two neighbouring villages with one patroller; an odd last village has its own."""
    n = len(ground.places.villages)
    first = np.arange(0, n, 2)
    pairs: Integers = np.stack([first, np.minimum(first + 1, n - 1)], axis=1)
    return pairs


def pairs_of_silence(ground: Ground) -> Integers:
    """Pairs of villages in which a patroller may be planted who keeps silent; nothing else of M24 happens there."""
    pairs: Integers = _pairs(ground)[1::2]
    whole: Integers = pairs[pairs[:, 0] != pairs[:, 1]]
    return whole


def pairs_of_sites(ground: Ground) -> Integers:
    """The other pairs: single sites are planted in the first village of each, and patrollers report as they should."""
    pairs = _pairs(ground)
    return np.concatenate([pairs[::2], pairs[1::2][pairs[1::2, 0] == pairs[1::2, 1]]])


def patrollers(ground: Ground, pairs: Integers) -> Integers:
    """(n_pairs, 2): the former and the present patroller, persons on the payroll without a desk."""
    n_desks = len(ground.places.towns) * (N_HANDLERS + N_REVIEWERS)
    staff = ground.officials.employees["person"].to_numpy()[n_desks:]
    place = pairs[:, 0] // 2 * 2
    return np.stack([staff[place % len(staff)], staff[(place + 1) % len(staff)]], axis=1)


def grid_rows(
    draw: np.random.Generator, ground: Ground, pairs: Integers, changed: Integers | None = None
) -> pd.DataFrame:
    """The register `grid_assignment`: by default the present patroller came before the registers begin.

    `changed`: the office month in which the present one took over from the former, where it is later.
    """
    start = int(months_of(ground)[0]) - draw.integers(1, 20, len(pairs))
    since = start if changed is None else np.where(changed > start, changed, start)
    people = patrollers(ground, pairs)
    known = np.maximum(
        ground.calendar.first_day - np.timedelta64(200, "D"), ground.calendar.month(since).astype("datetime64[D]")
    )
    former, present = (
        pd.DataFrame(
            {
                "id_no": texts_of(ground.people.id_no, people[:, column]),
                "name": texts_of(ground.people.name, people[:, column]),
                "start_month": month_text(ground.calendar.month(first)),
                "received_on": known,
            }
        )
        for column, first in ((0, since - 40), (1, since))
    )
    former["end_month"] = month_text(ground.calendar.month(since - 1))
    present["end_month"] = pd.array([None] * len(pairs), dtype="str")
    rows = pd.concat(
        [
            term.assign(village=texts_of(ground.places.villages, pairs[:, column]))
            for column in (0, 1)
            for term in (former, present)
        ],
        ignore_index=True,
    )
    # An odd last village is its own neighbour.
    return rows.drop_duplicates(["village", "id_no"], ignore_index=True)


def _reports(draw: np.random.Generator, ground: Ground) -> pd.DataFrame:
    """The register `patrol_report`: something every few months, in the villages where nobody keeps silent."""
    pairs, month = pairs_of_sites(ground), months_of(ground)
    people = patrollers(ground, pairs)[:, 1]
    pair, place = np.nonzero(draw.random((len(pairs), len(month))) < 0.4)
    village = pairs[pair, draw.integers(0, 2, len(pair))]
    return pd.DataFrame(
        {
            "village": texts_of(ground.places.villages, village),
            "month": texts_of(month_text(ground.calendar.month(month)), place),
            "reporter_id": texts_of(ground.people.id_no, people[pair]),
            "received_on": known_after(ground, month)[place],
        }
    )

"""Planted episodes of power: workshops in ponds and annexes, and the patrollers who kept silent about them (M24).

Source: field/models.md, M24; field/simulator.md, 5.
"""

import numpy as np
import pandas as pd

from data.simulator.calendar import Dates, Flags, Integers, Texts, days, draw_from
from data.simulator.episodes import Ground, flag, hint, plan_episodes
from data.simulator.mechanisms import Recipe
from data.simulator.planting import Planted, with_subject
from data.simulator.power import (
    HOT_MONTHS,
    Meters,
    capacity_rows,
    grid_rows,
    known_after,
    make_meters,
    meter_rows,
    months_of,
    pairs_of_silence,
    pairs_of_sites,
    patrollers,
    use_rows,
)

SILENT = "patroller_silent"
"""The rule whose episodes are about patrollers; those of the other recipe are about meters."""
_DECLARED = {"cold_store": "冷库", "hatchery": "育苗", "charging_pile": "充电桩"}
SILENT_MARK, SINGLE_MARK = "G", "S"
"""In the numbers of planted meters."""
_IN_PONDS = ("heat_aerator", "hatchery")


def plant_pond_power(ground: Ground, recipe: Recipe) -> Planted:
    """M24: a meter far above its like or enlarged for nothing; or a patroller silent about two villages with such."""
    return _plant_silence(ground, recipe) if recipe.rule == SILENT else _plant_sites(ground, recipe)


def _plant_sites(ground: Ground, recipe: Recipe) -> Planted:
    draw = draw_from(ground.seed, "plant M24 sites")
    episodes = plan_episodes(ground, recipe)
    month, mechanism = episodes["month"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    # Aerators run in summer: at another time it is a hatchery.
    mechanism = np.where((mechanism == "heat_aerator") & ~_after_summer(ground, month), "hatchery", mechanism)
    episodes["mechanism"] = mechanism
    village = _villages_in_turn(ground, episodes["town"].to_numpy())
    asked_only = flag(draw, mechanism == "heat_aerator", 0.0, 0.15)
    number, rows = _sites(draw, ground, SINGLE_MARK, village, month, episodes, asked_only)
    return Planted(with_subject(episodes, "other", number), rows=rows)


def _after_summer(ground: Ground, month: Integers) -> Flags:
    """Whether the three months before are hot."""
    before = [ground.calendar.month(month - back).astype("datetime64[M]").astype(np.int64) % 12 for back in (1, 2, 3)]
    hot: Flags = np.all(np.isin(before, HOT_MONTHS), axis=0)
    return hot


def _villages_in_turn(ground: Ground, town: Integers) -> Integers:
    """A village of each town, in turn, among those for single sites; any of these where the town has none."""
    sites = pairs_of_sites(ground)[:, 0]
    chosen = np.empty(len(town), dtype=np.int64)
    for number in np.unique(town):
        homes = sites[ground.places.town_of[sites] == number]
        homes = homes if len(homes) else sites
        places = np.flatnonzero(town == number)
        chosen[places] = homes[np.arange(len(places)) % len(homes)]
    return chosen


def _sites(
    draw: np.random.Generator,
    ground: Ground,
    mark: str,
    village: Integers,
    month: Integers,
    episodes: pd.DataFrame,
    asked_only: Flags,
) -> tuple[Texts, dict[str, pd.DataFrame]]:
    """Meters that come to light in `month`: three to five months far above their like, or more capacity asked for."""
    genuine, mechanism = episodes["genuine"].to_numpy(), episodes["mechanism"].to_numpy(dtype=object)
    n = len(month)
    pond = flag(draw, np.isin(mechanism, _IN_PONDS), 1.0, 0.35)
    meters = make_meters(draw, mark, village, pond)
    meters = Meters(meters.number, meters.village, meters.pond, meters.mu, np.ones(n))
    months = months_of(ground)
    n_months = (3 + 0.7 * hint(draw, genuine, 0.6)).clip(3, 5).astype(np.int64)
    n_months = np.where(mechanism == "heat_aerator", 3, n_months)
    if mark == SILENT_MARK:
        # What only a hot summer shows is no patroller's silence.
        n_months = np.where(_after_summer(ground, month), 5, n_months)
    back = month[:, None] - months[None, :]
    odd = (back >= 1) & (back <= n_months[:, None]) & ~asked_only[:, None]
    excess = (6.4 * np.exp(0.16 * hint(draw, genuine, 0.7))).clip(5.9, 14)
    flat = np.where(mechanism == "cold_store", 0.31, 0.26) + 0.05 * hint(draw, genuine, 1.2)
    night = np.where(odd, flat.clip(0.1, 0.6)[:, None], 0.2)
    declared = [
        _DECLARED[name] if name in _DECLARED and draw.random() < 0.65 else "冷库" if draw.random() < 0.04 else ""
        for name in mechanism
    ]
    near = flag(draw, genuine, 0.4, 0.15)
    workshop = np.where(near, draw.uniform(100, 480, n).round(-1), np.nan)
    asked = np.flatnonzero(asked_only | flag(draw, genuine, 0.35, 0.12))
    # Asked for so late that it is known together with the use that made it necessary.
    opening: Dates = ground.calendar.month(month).astype("datetime64[D]")
    requested: Dates = opening - days(draw.integers(1, 6, n))
    kva = np.where(pond, 30.0, 8.0) * (2.2 * np.exp(0.3 * hint(draw, genuine, 0.9))).clip(1.2, 8).round(1)
    rows = {
        "power_meter": meter_rows(
            draw,
            ground,
            meters,
            declared=np.array(declared),
            n_users=np.where(flag(draw, mechanism == "two_users", 0.7, 0.04), 2, 1),
            workshop_m=workshop,
        ),
        "power_use": use_rows(draw, ground, meters, np.where(odd, excess[:, None], 1.0), night),
        "capacity_request": capacity_rows(
            meters.number[asked], requested[asked], kva[asked], False, known_after(ground, month - 1)[asked]
        ),
    }
    return meters.number, rows


def _plant_silence(ground: Ground, recipe: Recipe) -> Planted:
    draw = draw_from(ground.seed, "plant M24 silence")
    episodes = plan_episodes(ground, recipe)
    pairs = pairs_of_silence(ground)
    episodes = episodes.iloc[: len(pairs)].reset_index(drop=True)
    genuine, month = episodes["genuine"].to_numpy(), episodes["month"].to_numpy()
    n = len(month)
    which = draw.permutation(len(pairs))[:n]
    changed = np.full(len(pairs), -10_000)
    new = flag(draw, episodes["mechanism"].to_numpy(dtype=object) == "new_in_charge", 0.9, 0.05)
    changed[which[new]] = month[new] - 5
    # Two sites each, one a village: workshops where the silence was wrong, and often something harmless where not.
    both = np.repeat(np.arange(n), 2)
    real = flag(draw, genuine, 0.9, 0.25)[both]
    sites = episodes.iloc[both].reset_index(drop=True)
    sites = sites.assign(rule="", genuine=real, mechanism=np.where(real, "hidden_workshop", "undeclared_store"))
    sites = sites.assign(
        outcome=np.where(real, "C1", "E1"), cause=pd.array([None if one else "F38" for one in real], dtype="str")
    )
    village = pairs[which].ravel()
    number, rows = _sites(draw, ground, SILENT_MARK, village, month[both], sites, np.zeros(2 * n, dtype=bool))
    # Nothing that excuses the site: otherwise the patroller would not come to light.
    rows["power_meter"] = rows["power_meter"].assign(n_users=1.0, declared_use="储物")
    rows["grid_assignment"] = grid_rows(draw, ground, pairs, changed)
    people = ground.people.id_no[patrollers(ground, pairs)[which, 1]]
    truth = [with_subject(episodes, "person", people), with_subject(sites, "other", number)]
    return Planted(pd.concat(truth, ignore_index=True), rows=rows)

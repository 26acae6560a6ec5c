"""How the people, places and alerts of a synthetic city are shared out to its counties."""

from data.simulator.places import County
from data.simulator.presets import Preset


def counties_of(preset: Preset) -> list[tuple[County, Preset]]:
    """Each county and its part of the preset, as alike as whole towns can be."""
    counties = [County(number, preset.n_counties) for number in range(1, preset.n_counties + 1)]
    towns = _shares(preset.n_towns, [1] * len(counties))
    persons, villages, alerts = (
        _shares(whole, towns) for whole in (preset.n_persons, preset.n_villages, preset.n_alerts)
    )
    parts = zip(counties, towns, persons, villages, alerts, strict=True)
    return [
        (county, Preset(preset.name, n_persons, n_towns, n_villages, preset.n_months, n_alerts))
        for county, n_towns, n_persons, n_villages, n_alerts in parts
    ]


def _shares(whole: int, weights: list[int]) -> list[int]:
    """Whole numbers as near to the weights as they can be that add up to `whole`."""
    ends = [round(whole * sum(weights[: place + 1]) / sum(weights)) for place in range(len(weights))]
    return [end - begin for begin, end in zip([0, *ends[:-1]], ends, strict=True)]

"""The wall's tile grid: where each region stands, what its tile says and how it is coloured."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard import figures, formats
from dashboard.words import say
from data.confirmation import rate
from data.wall import SMALLEST_SHOWN

Panel = dict[str, Any]
MOST_TILES = 42
"""More do not stay readable from five metres; the rest stand together in the last one."""
FEWEST_FOR_COLOUR = 10
"""A rate on fewer conclusions gets no colour: it would say more than it knows."""
VILLAGE = 5
"""Below a town nothing opens: a single village is too few people for a wall."""
_RATE_STEPS = (0.2, 0.4, 0.6, 0.8)


def name_of(item: Mapping[str, Any], language: str, missing: str) -> str:
    """A filed name in the language, or the words `missing` where there is none."""
    return item["name_en" if language == "en" else "name"] or say(missing, language)


def count_of(cell: Mapping[str, Any], language: str) -> str:
    """A cell's count, or that it is too small to be counted out."""
    return say("wall.fewer", language, n=SMALLEST_SHOWN) if cell["hidden"] else formats.count(cell["n"])


def twin(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Panel:
    """The same figures as text, for a keyboard or a screen reader."""
    return {"head": list(head), "rows": [list(row) for row in rows]}


def interval_of(past: Mapping[str, Any]) -> str:
    """A rate's interval as text: `39%–82%`."""
    if not past["n"]:
        return formats.NOTHING
    return f"{formats.percent(past['low'], digits=0)}–{formats.percent(past['high'], digits=0)}"


def tile_grid(tiles: Sequence[Mapping[str, Any]], language: str) -> Panel:
    """The tile grid: places, texts and the two colourings, with their legends."""
    steps = _count_steps(max((t["n"] for t in tiles if not t["hidden"]), default=0))
    cells = [
        _cell(tile, steps, language) | {"row": r, "column": c} for tile, r, c in _placed(_fitting(tiles, language))
    ]
    return {
        "cells": cells,
        "rows": max((cell["row"] for cell in cells), default=0) + 1,
        "columns": max((cell["column"] for cell in cells), default=0) + 1,
        "legend": {"count": _count_legend(steps, language), "rate": _rate_legend(language)},
        "table": _table(tiles, language),
        "none": say("wall.no_tiles", language),
    }


def _cell(tile: Mapping[str, Any], steps: Sequence[int], language: str) -> Panel:
    return {
        "scope": tile["code"],
        "name": name_of(tile, language, "wall.own_level"),
        "n": count_of(tile, language),
        "note": _note("wall.tile_rate", tile["rate"], language),
        "brief": _note("wall.tile_brief", tile["rate"], language),
        "colour": {"count": _count_colour(tile, steps), "rate": _rate_colour(tile["rate"])},
        "opens": bool(tile["code"]) and tile["level"] < VILLAGE,
    }


def _table(tiles: Sequence[Mapping[str, Any]], language: str) -> Panel:
    head = [say(f"wall.column_{name}", language) for name in ("region", "n", "rate", "interval", "concluded")]
    rows = [
        [
            name_of(tile, language, "wall.own_level"),
            count_of(tile, language),
            formats.percent(tile["rate"]["share"]),
            interval_of(tile["rate"]),
            formats.count(tile["rate"]["n"]),
        ]
        for tile in tiles
    ]
    return twin(head, rows)


def _note(key: str, past: Mapping[str, Any], language: str) -> str:
    """A region's rate with its n, at length or briefly."""
    if not past["n"]:
        return say("wall.tile_none", language)
    return say(key, language, rate=formats.percent(past["share"], digits=0), n=formats.count(past["n"]))


def _fitting(tiles: Sequence[Mapping[str, Any]], language: str) -> Sequence[Mapping[str, Any]]:
    """The tiles worth drawing: too many become the first of them by code and the sum of the others."""
    tiles = [tile for tile in tiles if tile["code"] or tile["n"]]
    if len(tiles) <= MOST_TILES:
        return tiles
    others = tiles[MOST_TILES - 1 :]
    name = say("wall.more_tiles", language, n=len(others))
    summed = {
        "code": None,
        "name": name,
        "name_en": name,
        "level": 0,
        "n": sum(t["n"] for t in others),
        "hidden": False,
        "rate": rate(sum(t["rate"]["n_confirmed"] for t in others), sum(t["rate"]["n"] for t in others)),
    }
    return [*tiles[: MOST_TILES - 1], summed]


def _placed(tiles: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int, int]]:
    """Each tile with its row and column: as filed, neighbours beside neighbours, or else in order of code."""
    shown = list(tiles)
    filed = [t for t in shown if t["code"]]
    places = {(t.get("tile_row"), t.get("tile_column")) for t in filed}
    if filed and len(places) == len(filed) and all(None not in p for p in places):
        found = [(t, int(t["tile_row"]), int(t["tile_column"])) for t in filed]
        n_columns = max(column for _, _, column in found) + 1
        n_rows = max(row for _, row, _ in found) + 1
        free = [(r, c) for r in range(n_rows) for c in range(n_columns) if (r, c) not in places] or [(n_rows, 0)]
        # There is at most one tile without a place; it stands last, where nobody takes it for a neighbour.
        return found + [(t, *free[-1]) for t in shown if not t["code"]]
    n_columns = max(1, math.ceil(math.sqrt(len(shown))))
    return [(t, i // n_columns, i % n_columns) for i, t in enumerate(shown)]


def _count_steps(highest: int) -> list[int]:
    """Upper ends of the five colours' ranges of counts, whole numbers."""
    width = max(1, math.ceil((highest + 1) / len(figures.CIVIDIS)))
    return [width * (i + 1) - 1 for i in range(len(figures.CIVIDIS))]


def _coloured(colour: str) -> Panel:
    return {"ground": colour, "ink": figures.ink_on(colour)}


def _count_colour(tile: Mapping[str, Any], steps: Sequence[int]) -> Panel | None:
    if tile["hidden"] or tile["n"] > steps[-1]:
        return None
    return _coloured(next(c for c, end in zip(figures.CIVIDIS, steps, strict=True) if tile["n"] <= end))


def _rate_colour(past: Mapping[str, Any]) -> Panel | None:
    if past["n"] < FEWEST_FOR_COLOUR:
        return None
    return _coloured(figures.CIVIDIS[sum(past["share"] >= step for step in _RATE_STEPS)])


def _count_legend(steps: Sequence[int], language: str) -> Panel:
    starts = [0, *(end + 1 for end in steps[:-1])]
    labels = [f"{a}" if a == b else f"{a}–{b}" for a, b in zip(starts, steps, strict=True)]
    if steps[-1] >= 1000:
        labels = [f"≥{start:,}" for start in starts]
    return {"title": say("wall.colour_count", language), "steps": _swatches(labels), "without": ""}


def _rate_legend(language: str) -> Panel:
    labels = ["<20", "20–40", "40–60", "60–80", "≥80"]
    without = say("wall.too_few", language, n=FEWEST_FOR_COLOUR)
    return {"title": say("wall.colour_rate", language), "steps": _swatches(labels), "without": without}


def _swatches(labels: Sequence[str]) -> list[Panel]:
    return [_coloured(colour) | {"label": label} for colour, label in zip(figures.CIVIDIS, labels, strict=True)]

"""The wall in words: the figures of `data.wall` as the panels a browser draws, ready written in one language."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dashboard import figures, formats
from dashboard.words import say
from data.wall import SMALLEST_SHOWN

MOST_TILES = 42
"""More do not stay readable from five metres; the rest stand together in the last one."""
FEWEST_FOR_COLOUR = 10
"""A rate on fewer conclusions gets no colour: it would say more than it knows."""
_RATE_STEPS = (0.2, 0.4, 0.6, 0.8)
Shown = Mapping[str, Any]
Panel = dict[str, Any]


def panels(shown: Shown, language: str, theme: str) -> dict[str, Panel]:
    """Every panel of the wall by name, from the result of `data.wall.wall`."""
    return {
        "place": _place(shown, language),
        "kpis": _kpis(shown, language),
        "domains": _domains(shown, language),
        "rate": _rate(shown["months"], language, theme),
        "tiles": _tiles(shown["tiles"], language),
        "weeks": _weeks(shown["weeks"], language, theme),
        "feed": _feed(shown["feed"], language),
    }


def _name(item: Mapping[str, Any], language: str, missing: str) -> str:
    return item["name_en" if language == "en" else "name"] or say(missing, language)


def _queue(scope: str, **wanted: str) -> str:
    """Address of the queue filtered to what a figure counts."""
    query = wanted | ({"region": scope} if scope else {})
    return "/queue" + (f"?{urlencode(query)}" if query else "")


def _place(shown: Shown, language: str) -> Panel:
    """The way down to the scope, and where Esc leads."""
    path = shown["path"]
    crumbs = [{"name": _name(step, language, "wall.office"), "scope": step["code"] or ""} for step in path]
    latest = shown["latest_at"]
    return {
        "crumbs": crumbs,
        "up": crumbs[-2]["scope"] if len(crumbs) > 1 else None,
        "empty": shown["n_alerts"] == 0 and shown["scope_code"] == "",
        "latest": say("wall.latest", language, time=f"{formats.local(latest):%m-%d %H:%M}") if latest else "",
    }


def _kpis(shown: Shown, language: str) -> Panel:
    """The four figures of the strip; colour only where something is wrong."""
    kpis, scope = shown["kpis"], shown["scope_code"]
    new, waiting, overdue, confirmed = (kpis[key] for key in ("new_today", "to_verify", "overdue", "confirmed"))
    cards = [
        {
            "key": "new_today",
            "figure": formats.count(new["n"]),
            "note": say("wall.new_today_note", language, red=formats.count(new["n_red"])),
            "aside": f"{new['mean']:,.1f}",
            "tone": "red" if new["n_red"] else "",
        },
        {
            "key": "to_verify",
            "figure": formats.count(waiting["n"]),
            "note": _waiting_note(waiting, language),
            "aside": _days(waiting["oldest_days"], language),
            "href": _queue(scope),
        },
        {
            "key": "confirmed",
            "figure": formats.percent(confirmed["share"]),
            "note": _confirmed_note(confirmed, language),
            "aside": formats.percent(confirmed["year"]["share"]),
        },
        {
            "key": "overdue",
            "figure": formats.count(overdue["n"]),
            "note": _overdue_note(overdue["n"], waiting["n"], language),
            "aside": formats.percent(overdue["share"], digits=0),
            "tone": "amber" if overdue["n"] else "",
            "href": _queue(scope, due="overdue"),
        },
    ]
    return {"cards": [_titled(card, language) for card in cards]}


def _titled(card: Panel, language: str) -> Panel:
    """A card with its label, the label of its second figure and its definition."""
    key = card["key"]
    return {
        "tone": "",
        "href": "",
        "label": say(f"wall.{key}", language),
        "aside_label": say(f"wall.{key}_aside", language),
        "means": say(f"wall.{key}_means", language),
    } | card


def _days(n: int | None, language: str) -> str:
    return formats.NOTHING if n is None else say("wall.days", language, n=formats.count(n))


def _waiting_note(waiting: Mapping[str, Any], language: str) -> str:
    values = {"red": formats.count(waiting["n_red"]), "held": formats.count(waiting["n_held"])}
    return say("wall.to_verify_note", language, **values)


def _confirmed_note(month: Mapping[str, Any], language: str) -> str:
    if not month["n"]:
        return say("wall.confirmed_none", language)
    low, high = (formats.percent(month[end], digits=0) for end in ("low", "high"))
    return say("wall.confirmed_note", language, n=formats.count(month["n"]), low=low, high=high)


def _overdue_note(n: int, n_open: int, language: str) -> str:
    if not n:
        return say("wall.overdue_none", language)
    return say("wall.overdue_note", language, n=formats.count(n), all=formats.count(n_open))


def _count(cell: Mapping[str, Any], language: str) -> str:
    """A cell's count, or that it is too small to be counted out."""
    return say("wall.fewer", language, n=SMALLEST_SHOWN) if cell["hidden"] else formats.count(cell["n"])


def _domains(shown: Shown, language: str) -> Panel:
    """Bars by domain: the length is the count, the red part red alerts."""
    rows = shown["domains"]
    longest = max((row["n"] for row in rows), default=0)
    bars = [
        {
            "name": _name(row, language, "wall.no_domain"),
            "n": _count(row, language),
            "red": 0 if row["hidden"] else _share(row["n_red"], longest),
            "rest": 0 if row["hidden"] else _share(row["n"] - row["n_red"], longest),
            "n_red": formats.count(row["n_red"]) if row["n_red"] and not row["hidden"] else "",
        }
        for row in rows[:8]
    ]
    head = [say(f"wall.column_{name}", language) for name in ("domain", "n", "red")]
    table = [
        [_name(r, language, "wall.no_domain"), _count(r, language), "" if r["hidden"] else str(r["n_red"])]
        for r in rows
    ]
    return {"bars": bars if longest else [], "table": _table(head, table), "none": say("wall.no_domains", language)}


def _share(n: int, longest: int) -> float:
    return round(n / longest * 100, 2) if longest else 0.0


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Panel:
    """The same figures as text, for a keyboard or a screen reader."""
    return {"head": list(head), "rows": [list(row) for row in rows]}


def _interval(rate: Mapping[str, Any]) -> str:
    if not rate["n"]:
        return formats.NOTHING
    return f"{formats.percent(rate['low'], digits=0)}–{formats.percent(rate['high'], digits=0)}"


def _rate(months: Sequence[Mapping[str, Any]], language: str, theme: str) -> Panel:
    head = [say(f"wall.column_{name}", language) for name in ("month", "rate", "interval", "concluded")]
    rows = [[m["month"], formats.percent(m["share"]), _interval(m), formats.count(m["n"])] for m in months]
    figure = figures.rate_by_month(months, say("wall.n_axis", language), theme)
    return {"figure": figure, "table": _table(head, rows)}


def _weeks(weeks: Sequence[Mapping[str, Any]], language: str, theme: str) -> Panel:
    head = [say(f"wall.column_{name}", language) for name in ("week", "n", "red")]
    rows = [[w["monday"], formats.count(w["n"]), formats.count(w["red"])] for w in weeks]
    figure = figures.alerts_by_week(weeks, say("wall.months", language).split(), theme)
    return {"figure": figure, "table": _table(head, rows)}


def _tiles(tiles: Sequence[Mapping[str, Any]], language: str) -> Panel:
    """The tile grid: places, texts and the two colourings, with their legends."""
    placed = _placed(tiles)
    steps = _count_steps(max((t["n"] for t in tiles if not t["hidden"]), default=0))
    cells = [
        {
            "row": row,
            "column": column,
            "scope": tile["code"],
            "name": _name(tile, language, "wall.own_level") if "rest" not in tile else tile["rest"],
            "n": _count(tile, language),
            "note": _tile_note(tile["rate"], language),
            "colour": {"count": _count_colour(tile, steps), "rate": _rate_colour(tile["rate"])},
            "opens": bool(tile["code"]) and tile["level"] < 5,
        }
        for tile, row, column in placed
    ]
    head = [say(f"wall.column_{name}", language) for name in ("region", "n", "rate", "interval", "concluded")]
    rows = [
        [
            _name(t, language, "wall.own_level"),
            _count(t, language),
            formats.percent(t["rate"]["share"]),
            _interval(t["rate"]),
            formats.count(t["rate"]["n"]),
        ]
        for t in tiles
    ]
    return {
        "cells": cells,
        "rows": max((cell["row"] for cell in cells), default=0) + 1,
        "columns": max((cell["column"] for cell in cells), default=0) + 1,
        "legend": {"count": _count_legend(steps, language), "rate": _rate_legend(language)},
        "table": _table(head, rows),
        "none": say("wall.no_tiles", language),
    }


def _tile_note(rate: Mapping[str, Any], language: str) -> str:
    if not rate["n"]:
        return say("wall.tile_none", language)
    return say("wall.tile_rate", language, rate=formats.percent(rate["share"], digits=0), n=formats.count(rate["n"]))


def _placed(tiles: Sequence[Mapping[str, Any]]) -> list[tuple[Mapping[str, Any], int, int]]:
    """Each tile with its row and column: as filed, neighbours beside neighbours, or else in order of code."""
    shown = list(tiles)
    filed = [t for t in shown if t["code"]]
    places = {(t["tile_row"], t["tile_column"]) for t in filed}
    if len(shown) <= MOST_TILES and filed and len(places) == len(filed) and all(None not in p for p in places):
        found = [(t, int(t["tile_row"]), int(t["tile_column"])) for t in filed]
        n_columns = max(column for _, _, column in found) + 1
        free = [(r, c) for r in range(len(shown) + 1) for c in range(n_columns) if (r, c) not in places]
        return found + [(t, *free.pop(0)) for t in shown if not t["code"]]
    n_columns = max(1, math.ceil(math.sqrt(min(len(shown), MOST_TILES))))
    return [(t, i // n_columns, i % n_columns) for i, t in enumerate(shown[:MOST_TILES])]


def _count_steps(highest: int) -> list[int]:
    """Upper ends of the five colours' ranges of counts, whole numbers."""
    width = max(1, math.ceil((highest + 1) / len(figures.CIVIDIS)))
    return [width * (i + 1) - 1 for i in range(len(figures.CIVIDIS))]


def _coloured(colour: str) -> Panel:
    return {"ground": colour, "ink": figures.ink_on(colour)}


def _count_colour(tile: Mapping[str, Any], steps: Sequence[int]) -> Panel | None:
    if tile["hidden"]:
        return None
    return _coloured(next(c for c, end in zip(figures.CIVIDIS, steps, strict=True) if tile["n"] <= end))


def _rate_colour(rate: Mapping[str, Any]) -> Panel | None:
    if rate["n"] < FEWEST_FOR_COLOUR:
        return None
    return _coloured(figures.CIVIDIS[sum(rate["share"] >= step for step in _RATE_STEPS)])


def _count_legend(steps: Sequence[int], language: str) -> Panel:
    starts = [0, *(end + 1 for end in steps[:-1])]
    labels = [f"{a}" if a == b else f"{a:,}–{b:,}" for a, b in zip(starts, steps, strict=True)]
    return {"title": say("wall.colour_count", language), "steps": _swatches(labels), "without": ""}


def _rate_legend(language: str) -> Panel:
    labels = ["<20%", "20–40%", "40–60%", "60–80%", "≥80%"]
    without = say("wall.too_few", language, n=FEWEST_FOR_COLOUR)
    return {"title": say("wall.colour_rate", language), "steps": _swatches(labels), "without": without}


def _swatches(labels: Sequence[str]) -> list[Panel]:
    return [{"colour": colour, "label": label} for colour, label in zip(figures.CIVIDIS, labels, strict=True)]


def _feed(rows: Sequence[Mapping[str, Any]], language: str) -> Panel:
    """The highest-ranked new alerts: level, place and domain, the strongest reason, the score."""
    return {
        "rows": [
            {
                "href": f"/alert/{row['alert_id']}",
                "level": row["level"],
                "level_word": say(f"shell.{row['level']}", language),
                "where": row["place_en" if language == "en" else "place"],
                "domain": row["domain_en" if language == "en" else "domain"] or row["source"],
                "reason": top_reason(row["reasons"], language) or row["source"],
                "score": formats.percent(row["p_confirmed"], digits=0)
                if row["p_confirmed"] is not None
                else say("wall.not_scored", language),
            }
            for row in rows
        ],
        "none": say("wall.no_feed", language),
    }


def top_reason(reasons: str, language: str) -> str:
    """The words of the contribution that raised a stored score most; empty where none is stored."""
    items = json.loads(reasons).get("items", []) if reasons else []
    best = max(items, key=lambda item: item["contribution"], default=None)
    return str(best[language]) if best else ""

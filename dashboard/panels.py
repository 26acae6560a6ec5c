"""The wall in words: the figures of `data.wall` as the panels a browser draws, ready written in one language."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from dashboard import figures, formats
from dashboard.tiles import Panel, count_of, interval_of, name_of, tile_grid, twin
from dashboard.words import say
from data.states import TO_VERIFY

Shown = Mapping[str, Any]


def panels(shown: Shown, language: str, theme: str) -> dict[str, Panel]:
    """Every panel of the wall by name, from the result of `data.wall.wall`."""
    return {
        "place": _place(shown, language),
        "kpis": _kpis(shown, language),
        "domains": _domains(shown, language),
        "rate": _rate(shown["months"], shown["checked"], language, theme),
        "tiles": tile_grid(shown["tiles"], language),
        "weeks": _weeks(shown["weeks"], language, theme),
        "feed": _feed(shown["feed"], language, off=shown["scores_off"]),
    }


def _queue(scope: str, **wanted: str) -> str:
    """Address of the queue filtered to what a figure counts."""
    query = wanted | ({"region": scope} if scope else {})
    return "/queue" + (f"?{urlencode(query)}" if query else "")


def _place(shown: Shown, language: str) -> Panel:
    """The way down to the scope, and where Esc leads."""
    path = shown["path"]
    crumbs = [{"name": name_of(step, language, "wall.office"), "scope": step["code"] or ""} for step in path]
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
            "figure": _brief_share(confirmed["share"]).removesuffix("%"),
            "unit": "%" if confirmed["n"] else "",
            "note": _confirmed_note(confirmed, language),
            "aside": _brief_share(confirmed["year"]["share"]),
        },
        {
            "key": "overdue",
            "figure": formats.count(overdue["n"]),
            "note": _overdue_note(overdue["n"], overdue["of"], language),
            "aside": formats.percent(overdue["share"], digits=0),
            "tone": "amber" if overdue["n"] else "",
            "href": _queue(scope, due="overdue", status=",".join((*TO_VERIFY, "rectifying"))),
        },
    ]
    return {"cards": [_titled(card, language) for card in cards]}


def _brief_share(share: float | None) -> str:
    """A share for a card, which has no room for `100.0%`."""
    return formats.percent(share, digits=0 if share == 1 else 1)


def _titled(card: Panel, language: str) -> Panel:
    """A card with its label, the label of its second figure and its definition."""
    key = card["key"]
    return {
        "tone": "",
        "unit": "",
        "href": "",
        "label": say(f"wall.{key}", language),
        "aside_label": say(f"wall.{key}_aside", language),
        "means": say(f"wall.{key}_means", language),
    } | card


def _days(n: int | None, language: str) -> str:
    return formats.NOTHING if n is None else say("wall.days", language, n=formats.count(n))


def _waiting_note(waiting: Mapping[str, Any], language: str) -> str:
    values = {key: formats.count(waiting[f"n_{key}"]) for key in ("red", "held", "rectifying")}
    return say("wall.to_verify_note", language, **values)


def _confirmed_note(month: Mapping[str, Any], language: str) -> str:
    if not month["n"]:
        return say("wall.confirmed_none", language)
    low, high = (formats.percent(month[end], digits=0) for end in ("low", "high"))
    return say("wall.confirmed_note", language, n=formats.count(month["n"]), low=low, high=high)


def _overdue_note(n: int, n_due: int, language: str) -> str:
    if not n:
        return say("wall.overdue_none", language)
    return say("wall.overdue_note", language, n=formats.count(n), all=formats.count(n_due))


def _domains(shown: Shown, language: str) -> Panel:
    """Bars by domain: the length is the count, the red part red alerts."""
    rows = shown["domains"]
    longest = max((row["n"] for row in rows), default=0)
    bars = [
        {
            "name": name_of(row, language, "wall.no_domain"),
            "n": count_of(row, language),
            "red": 0 if row["hidden"] else _share(row["n_red"], longest),
            "rest": 0 if row["hidden"] else _share(row["n"] - row["n_red"], longest),
            "n_red": formats.count(row["n_red"]) if row["n_red"] and not row["hidden"] else "",
        }
        for row in rows[:8]
    ]
    head = [say(f"wall.column_{name}", language) for name in ("domain", "n", "red")]
    table = [
        [name_of(r, language, "wall.no_domain"), count_of(r, language), "" if r["hidden"] else str(r["n_red"])]
        for r in rows
    ]
    return {"bars": bars if longest else [], "table": twin(head, table), "none": say("wall.no_domains", language)}


def _share(n: int, longest: int) -> float:
    return round(n / longest * 100, 2) if longest else 0.0


FEWEST_CHECKS = 10
"""Random checks with an outcome below which the rate of all alerts is not drawn."""


def _rate(months: Sequence[Mapping[str, Any]], checked: Mapping[str, Any], language: str, theme: str) -> Panel:
    """The rate by month, and as a line beside it that of all alerts by the random checks, once there are enough."""
    head = [say(f"wall.column_{name}", language) for name in ("month", "rate", "interval", "concluded")]
    rows = [[m["month"], formats.percent(m["share"]), interval_of(m), formats.count(m["n"])] for m in months]
    line = None
    if checked["n"] >= FEWEST_CHECKS:
        share = formats.percent(checked["share"], digits=0)
        line = (checked["share"], say("wall.checked_line", language, share=share))
        rows.append([say("wall.checked", language), share, interval_of(checked), formats.count(checked["n"])])
    figure = figures.rate_by_month(months, say("wall.n_axis", language), theme, line=line)
    return {"figure": figure, "table": twin(head, rows)}


def _weeks(weeks: Sequence[Mapping[str, Any]], language: str, theme: str) -> Panel:
    head = [say(f"wall.column_{name}", language) for name in ("week", "n", "red")]
    rows = [[w["monday"], formats.count(w["n"]), formats.count(w["red"])] for w in weeks]
    figure = figures.alerts_by_week(weeks, say("wall.months", language).split(), theme)
    return {"figure": figure, "table": twin(head, rows)}


def _feed(rows: Sequence[Mapping[str, Any]], language: str, *, off: bool) -> Panel:
    """The highest-ranked new alerts: level, place and domain, the strongest reason, the score; `off`: withdrawn."""
    return {
        "note": say("wall.scores_off", language) if off else "",
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


_FIT_FOR_A_WALL = frozenset({"source", "rule", "domain", "level", "amount", "overall", "responsible"})


def _is_fit_for_a_wall(item: Mapping[str, Any]) -> bool:
    """Whether a reason can stand where everybody reads it: texts of a feed may hold names, places may be too small."""
    if item["feature"] in _FIT_FOR_A_WALL:
        return True
    return isinstance(item["value"], int | float) or item["value"] in ("是", "否")


def top_reason(reasons: str, language: str) -> str:
    """The words of the contribution, of those fit for a wall, that raised a stored score most; else empty."""
    items = json.loads(reasons).get("items", []) if reasons else []
    items = [item for item in items if _is_fit_for_a_wall(item)]
    best = max(items, key=lambda item: item["contribution"], default=None)
    return str(best.get(language) or best.get("zh", "")) if best else ""

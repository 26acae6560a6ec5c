"""What a half-made supervision model would find: how many alerts, where, and the first of them, masked."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from dash import html

from dashboard import shell
from dashboard.factory_fields import register_name
from dashboard.formats import count, yuan
from dashboard.words import column_words, say
from data.blueprint_faults import Fault
from data.blueprint_preview import SHOWN, Preview
from data.register_catalogue import Register

_MOST_EVIDENCE = 5


def look(
    seen: Preview,
    registers: Mapping[str, Register],
    places: Mapping[str, tuple[str, str]],
    day: date,
    language: str,
    *,
    region: str = "",
) -> list[Any]:
    """The panel on the right: the number first. `region`: where the author's models raise alerts; empty: everywhere."""
    if seen.faults:
        return _missing(seen.faults, language)
    if not seen.n_alerts:
        return [
            html.P(say("factory.look_none", language), className="look-n"),
            *_beyond(seen, places, language, region),
            html.P(say("factory.look_none_hint", language), className="muted"),
            html.P(_how(seen, day, language), className="muted small"),
        ]
    levels = [
        html.Span([shell.level_shape(level, language), f" {count(n)}"], className="look-level")
        for level in shell.LEVELS
        if (n := (seen.levels or {}).get(level, 0))
    ]
    mostly = "　".join(f"{_place(code, places, language)} {count(n)}" for code, n in seen.regions)
    return [
        html.P(say("factory.look_n", language, n=count(seen.n_alerts)), className="look-n"),
        html.Div(levels, className="look-levels"),
        html.P([html.Span(say("factory.look_places", language), className="label"), " ", mostly]) if mostly else None,
        *_beyond(seen, places, language, region),
        html.P(_how(seen, day, language), className="muted small"),
        html.H3(say("factory.look_first", language, n=min(SHOWN, seen.n_alerts))),
        html.P(say("factory.look_wide", language), className="muted small look-wide"),
        html.Div(_table(seen, registers, places, language), className="scrolls look-scrolls"),
    ]


def _beyond(seen: Preview, places: Mapping[str, tuple[str, str]], language: str, region: str) -> list[html.P]:
    """What is found besides and raises no alert here, or belongs nowhere: counted, never dropped silently."""
    scope = _place(region, places, language)
    said = []
    if seen.n_elsewhere:
        said.append(say("factory.look_elsewhere", language, n=count(seen.n_elsewhere), place=scope))
    if seen.n_unplaced:
        key = "look_unplaced" if region else "look_unplaced_raised"
        said.append(say(f"factory.{key}", language, n=count(seen.n_unplaced)))
    return [html.P(one, className="notice") for one in said]


def failed(sentence: str, language: str) -> list[Any]:
    """The panel where hits cannot be looked for: why, in words."""
    return [html.P(say("factory.look_failed", language), className="look-n quiet"), html.P(sentence, className="error")]


def _how(seen: Preview, day: date, language: str) -> str:
    return say("factory.look_how", language, day=day, rows=count(seen.n_rows), seconds=f"{seen.seconds:.1f}")


def _missing(faults: Sequence[Fault], language: str) -> list[Any]:
    items = [html.Li(one.zh if language == "zh" else one.en) for one in faults]
    return [
        html.P(say("factory.look_missing", language, n=len(faults)), className="look-n quiet"),
        html.Ul(items, className="look-lacks"),
    ]


def _place(code: str, places: Mapping[str, tuple[str, str]], language: str) -> str:
    return places.get(code, (code, code))[0 if language == "zh" else 1]


def _table(
    seen: Preview, registers: Mapping[str, Register], places: Mapping[str, tuple[str, str]], language: str
) -> html.Table:
    evidence = [name for name, _ in seen.shown[0].evidence][:_MOST_EVIDENCE]
    heads = ["subject", "level", "place", *_filled(seen), "rows"]
    named = [html.Th(say(f"factory.column_{name}", language), scope="col") for name in heads]
    named += [html.Th(_column(name, registers, language), scope="col") for name in evidence]
    rows = [
        html.Tr(
            [
                html.Td(one.subject),
                html.Td(shell.level_shape(one.level, language)),
                html.Td(_place(one.region, places, language)),
                *([html.Td(one.period)] if "period" in heads else []),
                *([html.Td(yuan(one.amount), className="number")] if "amount" in heads else []),
                html.Td(count(one.n_rows), className="number"),
                *(html.Td(value) for _, value in one.evidence[:_MOST_EVIDENCE]),
            ]
        )
        for one in seen.shown
    ]
    return html.Table([html.Thead(html.Tr(named)), html.Tbody(rows)], className="rows look-rows")


def _filled(seen: Preview) -> list[str]:
    """Of period and amount those that any finding has."""
    period = ["period"] if any(one.period for one in seen.shown) else []
    return period + (["amount"] if any(one.amount is not None for one in seen.shown) else [])


def _column(name: str, registers: Mapping[str, Register], language: str) -> html.Span:
    """A column's label, its register in small below it."""
    register = registers.get(name.partition(".")[0])
    column = register.columns.get(name.partition(".")[2]) if register else None
    if register is None or column is None:
        return html.Span(name)
    return html.Span(
        [
            column_words(column.name, column.label, language),
            html.Span(register_name(register, language), className="muted small"),
        ],
        className="look-head",
    )

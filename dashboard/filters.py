"""The filters of the queue: every choice is a link to the view it would show, with how many alerts are there."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from dash import dcc, html

from dashboard import shell
from dashboard.aria import HIDDEN
from dashboard.words import say
from data.facets import Choice, Facets
from data.queue import LEVELS, Filter, address
from data.states import TO_VERIFY

LISTED = 12
"""Choices of a facet shown before the rest is folded."""


def filters(shown: Facets, wanted: Filter, order: str, language: str) -> html.Div:
    """All facets, top to bottom by how often they decide."""
    parts = [
        _several("level", shown.level, wanted, order, language),
        _one("due", shown.due, wanted, order, language),
        _one("assignee", shown.assignee, wanted, order, language),
        _several("status", shown.status, wanted, order, language),
        _region(shown.region, wanted, order, language),
        _several("domain", shown.domain, wanted, order, language),
        _several("source", shown.source, wanted, order, language),
        _several("unit", shown.unit, wanted, order, language) if len(shown.unit) > 1 or wanted.unit else html.Section(),
    ]
    clear = [] if wanted == Filter() else [_link(say("queue.clear", language), Filter(), order, "facet-clear")]
    return html.Div([*clear, *parts], className="facets", id="queue-facets")


def _link(content: Any, to: Filter, order: str, class_name: str) -> dcc.Link:
    return dcc.Link(content, href=f"/queue{address(to, order)}", className=class_name)


def _facet(name: str, language: str, body: Any) -> html.Section:
    return html.Section(
        [html.H3(say(f"queue.facet_{name}", language)), body], className=f"facet facet-{name}", id=f"facet-{name}"
    )


def _choice(content: Any, n: int, to: Filter, order: str, *, chosen: bool, depth: int = 0) -> html.Li:
    classes = "choice" + (" chosen" if chosen else "") + ("" if n else " none") + f" depth-{min(depth, 5)}"
    box = html.Span(className="choice-box", **HIDDEN)
    label = html.Span(content, className="choice-name")
    return html.Li(_link([box, label, html.Span(f"{n:,}", className="choice-n")], to, order, classes))


def _several(name: str, choices: Iterable[Choice], wanted: Filter, order: str, language: str) -> html.Section:
    """A facet of which several may be chosen; choosing again takes back."""
    chosen: tuple[str, ...] = getattr(wanted, name)
    lines = []
    for choice in choices:
        without = tuple(code for code in chosen if code != choice.code)
        changed: dict[str, Any] = {name: without if choice.code in chosen else (*chosen, choice.code)}
        to = replace(wanted, **changed)
        if name == "status" and not to.status:
            to = replace(to, status=TO_VERIFY)
        lines.append(_choice(_name(name, choice, language), choice.n, to, order, chosen=choice.code in chosen))
    if not lines:
        return html.Section()
    if len(lines) <= LISTED:
        return _facet(name, language, html.Ul(lines))
    rest = html.Details([html.Summary(say("queue.more", language, n=len(lines) - LISTED)), html.Ul(lines[LISTED:])])
    return _facet(name, language, html.Div([html.Ul(lines[:LISTED]), rest]))


def _name(facet: str, choice: Choice, language: str) -> Any:
    if facet == "level" and choice.code in LEVELS:
        return shell.level_shape(choice.code, language)
    return choice.name if language == "zh" else choice.name_en


def _one(name: str, choices: Iterable[Choice], wanted: Filter, order: str, language: str) -> html.Section:
    """A facet of which one may be chosen; choosing it again takes back."""
    lines = []
    for choice in choices:
        chosen = getattr(wanted, name) == choice.code
        changed: dict[str, Any] = {name: None if chosen else choice.code}
        label = say(f"queue.{name}_{choice.code}", language)
        lines.append(_choice(label, choice.n, replace(wanted, **changed), order, chosen=chosen))
    return _facet(name, language, html.Ul(lines))


def _region(choices: Iterable[Choice], wanted: Filter, order: str, language: str) -> html.Section:
    """The way down to the chosen place and what lies inside; choosing the chosen one again goes one step up."""
    lines, above = [], None
    for choice in choices:
        chosen = wanted.region == choice.code
        to = replace(wanted, region=above if chosen else choice.code)
        name = choice.name if language == "zh" else choice.name_en
        lines.append(_choice(name, choice.n, to, order, chosen=chosen, depth=choice.depth))
        if wanted.region and wanted.region.startswith(choice.code) and not chosen:
            above = choice.code
    return _facet("region", language, html.Ul(lines)) if lines else html.Section()

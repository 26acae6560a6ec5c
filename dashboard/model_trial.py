"""What was seen of a supervision model beforehand: its back-test, and the blind sample that inspectors judge."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.administration import button, name_in, refusal
from dashboard.aria import labelled
from dashboard.evidence import value_words
from dashboard.factory_fields import register_name
from dashboard.formats import count, day, yuan
from dashboard.model_badges import share_words
from dashboard.model_diagram import column_name
from dashboard.words import say
from data.back_test import VERDICTS, judged_rate, newest, to_judge, verdicts
from data.cards import Card
from data.model_requirements import last_back_test
from data.model_tables import BackTest
from data.office_time import shanghai_day
from data.register_catalogue import registers_of
from data.rights import Person
from data.scopes import place_names
from data.tables import SupervisionModel, Unit

FORMS: dict[str, Sequence[str]] = {f"model-{verdict}": () for verdict in VERDICTS}
"""The three answers to a row of the sample; they have no fields, the row is the view's."""


def back_test(session: Session, row: SupervisionModel, language: str) -> html.Section:
    """The newest back-test: how far it is, what it found, or why it could not be run."""
    test = newest(session, row.code, row.version)
    title = html.H2(say("warehouse.back_test", language))
    if test is None:
        return html.Section(
            [title, html.P(say("warehouse.not_tried", language), className="muted")], className="card model-part"
        )
    if test.state in ("waiting", "running"):
        bar = html.Progress(
            value=str(test.n_done), max=str(test.n_total), **labelled(say("warehouse.back_test", language))
        )
        words = say("warehouse.next_running", language, n=test.n_done, total=test.n_total)
        return html.Section([title, bar, html.P(words, role="status")], className="card model-part")
    if test.state == "failed":
        why = json.loads(test.failure).get(language, "")
        return html.Section([title, html.P(why, className="notice", role="alert")], className="card model-part")
    stale = last_back_test(session, row) is None
    return html.Section(
        [
            title,
            html.P(say("warehouse.stale", language), className="notice") if stale else None,
            *_found(session, test, language),
        ],
        className="card model-part",
    )


def _found(session: Session, test: BackTest, language: str) -> list[Any]:
    result: dict[str, Any] = json.loads(test.result)
    units: dict[str, str] = dict(session.execute(select(Unit.code, getattr(Unit, name_in(language)))).all())
    overlap = result["overlap"]
    said = say("warehouse.sample_done", language, n=len(json.loads(test.sample)))
    late = bool(result.get("late"))
    week = say("warehouse.trial_week", language, n=f"{result['per_week']:.1f}", months=test.n_total - 1)
    facts = [
        ("now", say("warehouse.trial_now", language, n=count(result["now"]), amount=yuan(result["recoverable"]))),
        *([] if late else [("week", week)]),
        ("overlap", say("warehouse.trial_overlap", language, n=count(overlap["subject"]), of=count(overlap["n"]),
                        period=count(overlap["period"]), own=count(overlap["own"]))),
        ("expected", share_words(result["expected"], language)),
        ("judged", f"{share_words(judged_rate(session, test), language)} · {said}"),
    ]  # fmt: skip
    pairs = [
        part
        for name, words in facts
        for part in (html.Dt(say(f"warehouse.trial_{name}_name", language)), html.Dd(words))
    ]
    today = by_today(session, test, language)
    beyond = [
        html.P(say(f"warehouse.trial_{name}", language, n=count(result[f"n_{name}"])), className="notice")
        for name in ("elsewhere", "unplaced")
        if result.get(f"n_{name}")
    ]
    return [
        html.P(today, className="notice") if today else None,
        *beyond,
        html.Dl(pairs, className="model-elements"),
        None if late else _months(result["months"], language),
        _units(result["units"], units, language),
        html.P(
            say("warehouse.tried", language, day=day(test.ended_at), region=test.region_code or "—"),
            className="muted small",
        ),
    ]


def by_today(session: Session, test: BackTest, language: str) -> str:
    """That a back-test counted by what is known today, and why; empty where the past month ends told enough."""
    result = json.loads(test.result or "{}")
    if result.get("as_of") != "today":
        return ""
    n = count(result["now"])
    if not result["late"]:
        return say("warehouse.trial_not_past", language, n=n)
    known = registers_of(session)
    tried = f"{shanghai_day(test.ended_at or test.asked_at):%Y-%m-%d}"
    if set(result["late"].values()) == {tried}:
        return say("warehouse.trial_late_today", language, n=n)
    named = [
        say(
            "warehouse.trial_late_one",
            language,
            name=register_name(known[code], language) if code in known else code,
            day=on,
        )
        for code, on in result["late"].items()
    ]
    return say("warehouse.trial_late", language, n=n, named=("、" if language == "zh" else ", ").join(named))


def figures(session: Session, test: BackTest, language: str) -> str:
    """What whoever submits or approves has to know: how many alerts it raises at once, and what its sample came to."""
    result = json.loads(test.result or "{}")
    if "now" not in result:
        return ""
    first = by_today(session, test, language) or say("warehouse.trial_at_once", language, n=count(result["now"]))
    judged = share_words(judged_rate(session, test), language)
    return say("warehouse.trial_figures", language, first=first, judged=judged, n=len(json.loads(test.sample or "[]")))


def _months(months: Sequence[Mapping[str, Any]], language: str) -> html.Div:
    """New alerts by month as bars; each carries its figure, so that it is a table for those who cannot see it."""
    most = max((one["n"] for one in months), default=0) or 1
    bars = [
        html.Li(
            [html.Span(count(one["n"]), className="month-n"),
             html.Span(className="month-bar", style={"height": f"{100 * one['n'] / most:.0f}%"}),
             html.Span(one["month"][2:], className="muted month-name")]
        )
        for one in months
    ]  # fmt: skip
    return html.Div(
        [html.H3(say("warehouse.by_month", language)), html.Ol(bars, className="months")], className="model-months"
    )


def _units(rows: Sequence[Mapping[str, Any]], units: Mapping[str, str], language: str) -> html.Div | None:
    if not rows:
        return None
    heads = [
        html.Th(say(f"warehouse.unit_{name}", language), scope="col", className="" if name == "name" else "number")
        for name in ("name", "now", "per_week")
    ]
    lines = [
        html.Tr(
            [html.Td(units.get(one["unit"], one["unit"]) if one["unit"] else say("warehouse.no_unit", language)),
             html.Td(count(one["now"]), className="number"), html.Td(f"{one['per_week']:.1f}", className="number")]
        )
        for one in rows
    ]  # fmt: skip
    return html.Div(
        html.Table([html.Thead(html.Tr(heads)), html.Tbody(lines)], className="rows assessed"), className="scrolls"
    )


# The blind sample


def next_row(session: Session, row: SupervisionModel, person: Person) -> tuple[BackTest, dict[str, Any]] | None:
    """The back-test and the row of its sample that the person judges next; None where there is none."""
    test = last_back_test(session, row)
    if test is None or test.state != "done" or row.status not in ("draft", "submitted") or row.author == person.code:
        return None
    left = to_judge(session, test, person)
    return (test, left[0]) if left else None


def sample(session: Session, row: SupervisionModel, card: Card, person: Person, language: str) -> html.Section | None:
    """One row of the sample, masked, with three answers: one judges what one sees, without score and outcome."""
    found = next_row(session, row, person)
    if found is None:
        return None
    test, one = found
    n_done, total = len(verdicts(session, test)), len(json.loads(test.sample))
    rule = next((rule for rule in card.rules if rule.code == one["rule"]), None)
    name = "" if rule is None else rule.name if language == "zh" else rule.name_en
    place = place_names(session, {one["region"]}).get(one["region"], (one["region"],) * 2)[language != "zh"]
    codes = {value for row in one["rows"] for value in row.values() if isinstance(value, str) and value.isdecimal()}
    answers = [
        html.Div([button(f"model-{code}", words[language != "zh"], style="button big"), refusal(f"model-{code}")])
        for code, words in VERDICTS.items()
    ]
    return html.Section(
        [
            html.Div(
                [html.H2(say("warehouse.sample", language)),
                 html.Span(say("warehouse.sample_at", language, n=n_done + 1, total=total), className="muted")],
                className="pile-head",
            ),
            html.P(say("warehouse.sample_why", language), className="muted"),
            html.P([html.Strong(one["subject"]), " · ", place, f" · {one['period']}" if one["period"] else "",
                    " · ", name], className="asked"),
            _evidence(card, one, place_names(session, codes), language),
            html.Div(answers, className="buttons"),
        ],
        className="card model-sample",
    )  # fmt: skip


def _cell(value: object, places: Mapping[str, tuple[str, str]], language: str) -> str:
    """A value as it is read, a place by its name."""
    named = places.get(value) if isinstance(value, str) else None
    return named[language != "zh"] if named else value_words(value, language)


def _evidence(card: Card, one: Mapping[str, Any], places_of: Mapping[str, tuple[str, str]], language: str) -> html.Div:
    places = list(dict.fromkeys(place for row in one["rows"] for place in row))
    heads = [html.Th("")] + [html.Th(f"{number}", scope="col") for number in range(1, len(one["rows"]) + 1)]
    rows = [
        html.Tr(
            [html.Th(_column(card, place, language), scope="row"),
             *(html.Td(_cell(row.get(place), places_of, language)) for row in one["rows"])]
        )
        for place in places
    ]  # fmt: skip
    more = one["n_rows"] - len(one["rows"])
    return html.Div(
        [html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows"),
         html.P(say("alert.rows_more", language, n=more), className="muted small") if more > 0 else None],
        className="scrolls",
    )  # fmt: skip


def _column(card: Card, place: str, language: str) -> str:
    register, _, column = place.partition(".")
    return column_name(card, (register, column.partition(" ")[0]), language)

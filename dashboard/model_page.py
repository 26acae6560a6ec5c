"""A supervision model as a page one can print: its three elements, its basis, its parameters, what came of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import dcc, html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import shell
from dashboard.formats import count, day, yuan
from dashboard.model_badges import share_words
from dashboard.model_diagram import column_name, diagram
from dashboard.precedents import cause_words
from dashboard.words import say
from data.cards import Card, OwnValue, Parameter, Rule
from data.code_words import in_words
from data.model_requirements import in_force
from data.model_results import Advice, RuleResult, advise, results
from data.office_time import shanghai_day, utc_now
from data.outcomes import OUTCOMES
from data.register_catalogue import REGISTERS
from data.tables import Alert, SupervisionModel

CASES = 3
"""Typical cases shown."""


def elements(card: Card, language: str) -> html.Section:
    """The three elements: what is watched, the data, the rules; and the diagram of how they come together."""
    chinese = language == "zh"
    return html.Section(
        [
            html.H2(say("warehouse.elements", language)),
            html.Dl(
                [
                    html.Dt(say("warehouse.points", language)),
                    html.Dd(card.points if chinese else card.points_en),
                    html.Dt(say("warehouse.data", language)),
                    html.Dd([_register(card, name, language) for name in card.registers]),
                    html.Dt(say("warehouse.rules", language)),
                    html.Dd([_rule(rule, language) for rule in card.rules]),
                ],
                className="model-elements",
            ),
            diagram(card, language),
        ],
        className="card model-part",
    )


def _register(card: Card, name: str, language: str) -> html.Details:
    register = {**card.own_registers, **REGISTERS}[name]
    columns = ("、" if language == "zh" else ", ").join(
        column_name(card, (name, column), language) for column in card.registers[name]
    )
    title = register.name if language == "zh" else register.name_en
    may_lack = say("warehouse.may_lack", language) if name in card.may_lack else ""
    return html.Details(
        [
            html.Summary([title, html.Span(f" {register.supplier} {may_lack}", className="muted small")]),
            html.P(columns, className="muted"),
        ]
    )


def _rule(rule: Rule, language: str) -> html.Details:
    chinese = language == "zh"
    return html.Details(
        [
            html.Summary([shell.level_shape(rule.level, language, word=False), " ",
                          rule.name if chinese else rule.name_en]),
            html.P(rule.why, className="muted"),
            html.Pre(rule.sql.strip(), className="model-sql"),
        ]
    )  # fmt: skip


def basis(card: Card, language: str) -> html.Section:
    """The written rules it rests on, and whether they are in force; the innocent causes it knows."""
    today = shanghai_day(utc_now())
    lines = [
        html.Li(
            [html.Strong(one.name), html.P(one.clause),
             html.Span(say("warehouse.valid", language, first=one.valid_from, last=one.valid_to or "…"),
                       className="muted small")]
        )
        for one in card.policies
    ]  # fmt: skip
    warning = None if in_force(card, today) else html.P(say("warehouse.basis_over", language), className="notice")
    causes = [
        html.Li([html.Span(f"{one.code} ", className="code"), one.name if language == "zh" else one.name_en,
                 html.Span(f" {one.ask_for if language == 'zh' else one.ask_for_en}", className="muted")])
        for one in card.innocent_causes
    ]  # fmt: skip
    return html.Section(
        [
            html.H2(say("warehouse.basis", language)), warning, html.Ul(lines, className="model-list"),
            html.H3(say("warehouse.causes", language)), html.Ul(causes, className="model-list"),
        ],
        className="card model-part",
    )  # fmt: skip


def parameters(card: Card, language: str) -> html.Section | None:
    """The thresholds with their range, and what regions have of their own."""
    if not card.parameters:
        return None
    heads = [html.Th(say(f"warehouse.parameter_{n}", language), scope="col") for n in ("what", "value", "range", "own")]
    rows = [_parameter(one, language) for one in card.parameters.values()]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed")
    return html.Section(
        [html.H2(say("warehouse.parameters", language)), html.Div(table, className="scrolls")],
        className="card model-part",
    )  # fmt: skip


def _parameter(one: Parameter, language: str) -> html.Tr:
    span = "" if one.low is None else f"{one.low:g}–{one.high:g}"
    own = "；".join(f"{own.region or '*'}：{_said(own.value, language)}{_days(own)}" for own in one.own)
    return html.Tr(
        [html.Td(one.meaning if language == "zh" else [one.meaning, html.Span(one.name, className="muted small")]),
         html.Td(f"{_said(one.default, language)} {one.unit}"), html.Td(span, className="no-wrap"),
         html.Td(own or say("warehouse.parameter_everywhere", language), className="muted")]
    )  # fmt: skip


def _days(own: OwnValue) -> str:
    """The days for which a value holds, in brackets; empty for one that always holds."""
    if own.valid_from == date.min and own.valid_to is None:
        return ""
    first = "" if own.valid_from == date.min else str(own.valid_from)
    return f" ({first}–{own.valid_to or ''})"


def _said(value: object, language: str) -> str:
    return str(in_words(value, language))


def outcome(session: Session, row: SupervisionModel, card: Card, language: str) -> html.Section:
    """What came of each rule within the visitor's scope, what changed, and what should be looked at."""
    now = utc_now()
    found = results(session, card, now=now)
    names = {rule.code: rule.name if language == "zh" else rule.name_en for rule in card.rules}
    advice = advise(session, row, card, found, now=now) if row.status in ("active", "paused") else []
    title = html.H2(say("warehouse.results", language))
    if not any(one.n_alerts for one in found):
        body: Any = html.P(say("warehouse.no_results", language), className="muted")
    else:
        body = _results(found, names, language, served=card.counts == "help")
    return html.Section(
        [title, *([html.P(say("warehouse.served_why", language), className="notice")] if card.counts == "help" else []),
         *(_advice(one, names, language) for one in advice), body,
         html.P(say("warehouse.results_why", language), className="muted small")],
        className="card model-part",
    )  # fmt: skip


def _advice(one: Advice, names: dict[str, str], language: str) -> html.P:
    register = REGISTERS.get(one.about)
    about = names.get(one.about) or (getattr(register, "name" if language == "zh" else "name_en", one.about))
    share = "" if one.share is None else f"{one.share:.0%}"
    return html.P(say(f"warehouse.advice_{one.kind}", language, about=about, n=count(one.n), share=share),
                  className="notice")  # fmt: skip


def _results(found: Sequence[RuleResult], names: dict[str, str], language: str, *, served: bool) -> html.Div:
    columns = ("rule", "alerts", "served" if served else "rate", "days", "causes", "recovered", "drift")
    numbers = ("alerts", "days", "recovered")
    heads = [
        html.Th(say(f"warehouse.result_{name}", language), scope="col", className="number" if name in numbers else "")
        for name in columns
    ]
    rows = [
        html.Tr(
            [
                html.Th(names.get(one.rule, one.rule), scope="row"),
                html.Td(count(one.n_alerts), className="number"),
                html.Td(share_words(one.rate, language)),
                html.Td("—" if one.median_days is None else f"{one.median_days:.0f}", className="number"),
                html.Td([html.Div(f"{cause_words(code, language)} · {n}", className="small") for code, n in one.causes]
                        or "—"),
                html.Td(yuan(one.recovered), className="number"),
                html.Td(say(f"warehouse.drift_{one.drift}", language, recent=share_words(one.recent, language)),
                        className="small"),
            ]
        )
        for one in found
    ]  # fmt: skip
    return html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed"),
                    className="scrolls")  # fmt: skip


def cases(session: Session, code: str, language: str) -> html.Section | None:
    """A few confirmed alerts, masked as everywhere, those that brought most back first."""
    confirmed = [name for name, one in OUTCOMES.items() if one.confirmed]
    query = select(Alert).where(Alert.source == code, Alert.outcome.in_(confirmed))
    found = session.scalars(query.order_by(Alert.recovered.desc().nulls_last(), Alert.id.desc()).limit(CASES)).all()
    if not found:
        return None
    lines = [
        html.Li(
            [dcc.Link(one.title if language == "zh" else one.title_en, href=f"/alert/{one.id}"),
             html.P(say("warehouse.case", language, outcome=one.outcome, day=day(one.concluded_at),
                        recovered=yuan(one.recovered or 0)), className="muted small")]
        )
        for one in found
    ]  # fmt: skip
    return html.Section([html.H2(say("warehouse.cases", language)), html.Ul(lines, className="model-list")],
                        className="card model-part")  # fmt: skip

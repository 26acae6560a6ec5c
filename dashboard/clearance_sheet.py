"""The sheet of a clearance report, as it is shown and printed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard.formats import count, minute
from dashboard.words import say
from data.clearance import Asked, Report, number_of
from data.clearance_models import ModelRun
from data.clearance_ties import LEAST_CONFIDENCE, TIES, Compared
from data.people_tables import ClearanceReport, PersonQuery
from data.register_catalogue import REGISTERS


def sheet(
    made: ClearanceReport, query: PersonQuery, report: Report, called: Mapping[str, str], place: str, language: str
) -> list[Any]:
    """Head, facts, subjects, what was compared, what could not be, and the registers, in the order they are read."""
    return [
        _head(made, report, language),
        _facts(made, query, report, called, place, language),
        html.Section(
            [
                html.H2(say("clearance.who", language)),
                html.Div(subjects(report.subjects, language), id="clearance-subjects"),
            ],
            className="card",
        ),
        _ties(report, language),
        _models(report, language),
        _limits(report, language),
        _registers(report.registers, language),
    ]


def _head(made: ClearanceReport, report: Report, language: str) -> html.Section:
    kind = next((name for name in ("found", "none", "held") if report.counts[name]), "nothing")
    code = "-".join(made.code[at : at + 4] for at in range(0, 12, 4))
    return html.Section(
        [
            html.Div([html.Span(say("clearance.inside", language)),
                      html.Span(f"{say('clearance.number', language)} {number_of(made)}　"
                                f"{say('clearance.code', language)} {code}")], className="report-number"),
            html.H1(say("clearance.title", language)),
            html.P(say(f"clearance.lead_{kind}", language, day=report.as_of, n=report.n_found),
                   className="report-lead"),
            html.Div([html.Span([html.Strong(n, className=f"result-{name}" if n else ""),
                                 say(f"clearance.n_{name}", language)]) for name, n in report.counts.items()],
                     className="report-counts"),
            *(html.P(say("clearance.not_on_file", language, what=one), className="report-lead result-not")
              for one in report.not_on_file),
            html.P(say("clearance.only", language), className="report-only"),
        ],
        className="card report-head",
    )  # fmt: skip


def _facts(
    made: ClearanceReport, query: PersonQuery, report: Report, called: Mapping[str, str], place: str, language: str
) -> html.Section:
    facts = [
        ("asked_by", f"{called.get(query.asked_by, '')} · {minute(query.asked_at)}"),
        ("approved_by", f"{called.get(query.decided_by or '', '')} · {minute(query.decided_at)}"),
        ("compared_at", minute(made.made_at)),
        ("valid_until", minute(query.expires_at)),
        ("degree", say("clearance.degrees", language, n=report.degree)),
        ("scope", place or say("clearance.whole", language)),
        ("reference", query.reference),
        ("reason", query.reason),
    ]
    parts = [part for name, said in facts for part in (html.Dt(say(f"clearance.{name}", language)), html.Dd(said))]
    return html.Section([html.H2(say("clearance.facts", language)), html.Dl(parts)], className="card")


def subjects(rows: Iterable[Sequence[str]], language: str) -> html.Table:
    """Side, kind and display of everybody and everything."""
    lines = [
        html.Tr([html.Td(say(f"clearance.{side}", language)), html.Td(say(f"clearance.kind_{kind}", language)),
                 html.Td(display)])
        for side, kind, display in rows
    ]  # fmt: skip
    return html.Table(html.Tbody(lines), className="rows")


def _table(names: Sequence[str], rows: list[html.Tr], language: str, *, numbers: Sequence[str] = ()) -> html.Table:
    heads = [
        html.Th(
            say(f"clearance.column_{name}", language),
            scope="col",
            className="number" if name in numbers else "result-column" if name == "result" else "",
        )
        for name in names
    ]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows")


def _ties(report: Report, language: str) -> html.Section:
    rows = [
        html.Tr([html.Td(_tie_name(one, language)), _result(one.state, [row[language != "zh"] for row in one.rows],
                                                            one.n_found, language)])
        for one in report.ties
    ]  # fmt: skip
    return html.Section(
        [html.H2(say("clearance.ties", language)), _table(("what", "result"), rows, language)], className="card"
    )


def _models(report: Report, language: str) -> html.Section:
    rows = [
        html.Tr([html.Td(_model_name(one, language)), _result(one.state, [row[1 + (language != "zh")]
                                                                         for row in one.rows], one.n_found, language)])
        for one in report.models
    ]  # fmt: skip
    return html.Section(
        [
            html.H2(say("clearance.models", language)),
            html.P(say("clearance.models_lead", language), className="muted"),
            _table(("what", "result"), rows, language),
        ],
        className="card",
    )


def _result(state: str, rows: Sequence[str], n_found: int, language: str) -> html.Td:
    kind = {"nothing": "none"}.get(state, state)
    more = [html.Li(say("clearance.more", language, n=n_found - len(rows)))] if n_found > len(rows) else []
    lines = [html.Ul([*(html.Li(row) for row in rows), *more])] if rows else []
    return html.Td([html.Span(say(f"clearance.state_{state}", language), className=f"result-{kind}"), *lines])


def _tie_name(one: Compared, language: str) -> str:
    tie = TIES[one.code]
    return tie.name if language == "zh" else tie.name_en


def _model_name(one: ModelRun, language: str) -> str:
    return f"{one.code} {one.name if language == 'zh' else one.name_en} v{one.version}"


def _limits(report: Report, language: str) -> html.Section:
    lines = [line for one in report.ties for line in _tie_limits(one, language)]
    for one in report.models:
        if one.state == "not" and one.why != "number":
            why = "missing" if one.why == "lacks" else one.why
            lines.append(_limit(why, _model_name(one, language), one.missing, language))
        if one.unmatched:
            joined = ("、" if language == "zh" else ", ").join(one.unmatched)
            lines.append(say("clearance.limit_number", language, what=_model_name(one, language), names=joined))
    if report.n_unsure:
        lines.append(say("clearance.limit_unsure", language, n=count(report.n_unsure), least=LEAST_CONFIDENCE))
    lines += [say("clearance.limit_nameless", language, name=name, n=count(n)) for name, n in report.nameless]
    lines += [
        say("clearance.limit_late", language, what=_register(one.code, language), n=count(one.days_late))
        for one in report.registers
        if one.state == "late"
    ]
    told = html.Ul([html.Li(line) for line in lines], className="report-limits")
    return html.Section(
        [
            html.H2(say("clearance.limits", language)),
            told if lines else html.P(say("clearance.no_limits", language)),
        ],
        className="card",
    )


def _tie_limits(one: Compared, language: str) -> list[str]:
    what = _tie_name(one, language)
    if one.state == "not":
        return [_limit("missing" if one.missing else one.why or "alone", what, one.missing, language)]
    lines = [_limit("helped", what, one.missing, language)] if one.missing else []
    if one.unknown:
        joined = ("、" if language == "zh" else ", ").join(one.unknown)
        lines.append(say("clearance.limit_unknown", language, what=what, names=joined))
    return lines


def _limit(why: str, what: str, registers: Sequence[str], language: str) -> str:
    joined = ("、" if language == "zh" else ", ").join(_register(name, language) for name in registers)
    return say(f"clearance.limit_{why}", language, what=what, names=joined)


def _register(code: str, language: str) -> str:
    register = REGISTERS.get(code)
    return code if register is None else register.name if language == "zh" else register.name_en


def _registers(asked: Sequence[Asked], language: str) -> html.Section:
    names = ("register", "supplier", "version", "received", "rows", "through", "about")
    numbers = ("version", "rows", "about")
    return html.Section(
        [
            html.H2(say("clearance.registers", language)),
            _table(names, [_row(one, language) for one in asked], language, numbers=numbers),
        ],
        className="card",
    )


def _row(one: Asked, language: str) -> html.Tr:
    name = one.name if language == "zh" else one.name_en
    if one.state == "never":
        never = html.Span(say("clearance.never", language), className="result-not")
        return html.Tr([html.Td(name), html.Td(one.supplier), html.Td(never, colSpan=5)])
    late = [html.Br(), html.Span(say("clearance.late", language, n=count(one.days_late)), className="result-late")]
    return html.Tr(
        [
            html.Td(name),
            html.Td(one.supplier),
            html.Td(one.version, className="number"),
            html.Td(one.received_on, className="no-wrap"),
            html.Td(count(one.n_rows), className="number"),
            html.Td([one.through, *(late if one.state == "late" else [])], className="no-wrap"),
            html.Td(count(one.n_about), className="number"),
        ]
    )

"""The sheet of a clearance report, as it is shown and printed."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from dash import html

from dashboard.formats import count, minute
from dashboard.words import say
from data.clearance import Asked, Report, number_of
from data.clearance_models import ModelRun
from data.clearance_own import Listed
from data.clearance_ties import LEAST_CONFIDENCE, TIES, Compared
from data.people_tables import ClearanceReport, PersonQuery
from data.query_subjects import in_language
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
        _own(report, language),
        _models(report, language),
        _not_compared(report, language),
        _limits(report, language),
        _registers(report.registers, language),
    ]


def _head(made: ClearanceReport, report: Report, language: str) -> html.Section:
    counts = report.counts
    kind = next((name for name in ("found", "held", "none") if counts[name]), "nothing")
    if kind == "found":
        kind = "found_one" if report.n_found == 1 else "found"
    code = "-".join(made.code[at : at + 4] for at in range(0, 12, 4))
    return html.Section(
        [
            html.Div([html.Span(say("clearance.inside", language)),
                      html.Span(f"{say('clearance.number', language)} {number_of(made)}　"
                                f"{say('clearance.code', language)} {code}")], className="report-number"),
            html.H1(say("clearance.title", language)),
            html.P(say(f"clearance.lead_{kind}", language, day=report.as_of, n=report.n_found, held=counts["held"]),
                   className="report-lead"),
            html.P(say("clearance.all_of_them", language, n=len(report.states), ties=len(report.ties),
                       own=len(report.own), models=len(report.models)), className="muted"),
            html.Div([html.Span([html.Strong(n, className=f"result-{name}" if n else ""),
                                 say(f"clearance.n_{name}", language)]) for name, n in counts.items()],
                     className="report-counts"),
            html.P(say("clearance.n_limits", language, n=n_limits)) if (n_limits := len(_limited(report, language)))
            else None,
            *(html.P(say("clearance.not_on_file", language, what=one), className="report-lead result-not")
              for one in (in_language(display, language) for display in report.not_on_file)),
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
                 html.Td(in_language(display, language))])
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
    named = {one.code: one.name if language == "zh" else one.name_en for one in report.own}
    rows = []
    for one in report.ties:
        if one.state == "listed":
            also = _joined([named.get(code, code) for code in one.listed_in], language)
            cell = html.Td(html.Span(say("clearance.listed_in", language, names=also), className="result-held"))
        else:
            cell = _result(one.state, [row[language != "zh"] for row in one.rows], one.n_found, language)
        rows.append(html.Tr([html.Td(_tie_name(one, language)), cell]))
    return html.Section(
        [html.H2(say("clearance.ties", language)), _table(("what", "result"), rows, language)], className="card"
    )


def _own(report: Report, language: str) -> html.Section:
    rows = [
        html.Tr([html.Td(_own_name(one, language)),
                 _result("entries" if one.state == "held" else one.state,
                         [say("clearance.rows_of", language, who=in_language(who, language), n=count(n))
                          for who, n in one.rows],
                         one.n_found, language, more=False)])
        for one in report.own
    ]  # fmt: skip
    told = _table(("register", "result"), rows, language) if rows else html.P(say("clearance.no_own", language))
    return html.Section(
        [html.H2(say("clearance.own", language)), html.P(say("clearance.own_lead", language), className="muted"), told],
        className="card",
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


def _result(state: str, rows: Sequence[str], n_found: int, language: str, *, more: bool = True) -> html.Td:
    kind = {"entries": "held"}.get(state, state)
    rest = [html.Li(say("clearance.more", language, n=n_found - len(rows)))] if more and n_found > len(rows) else []
    lines = [html.Ul([*(html.Li(row) for row in rows), *rest])] if rows else []
    return html.Td([html.Span(say(f"clearance.state_{state}", language), className=f"result-{kind}"), *lines])


def _tie_name(one: Compared, language: str) -> str:
    tie = TIES[one.code]
    return tie.name if language == "zh" else tie.name_en


def _own_name(one: Listed, language: str) -> str:
    return one.name if language == "zh" else one.name_en


def _model_name(one: ModelRun, language: str) -> str:
    return f"{one.code} {one.name if language == 'zh' else one.name_en} v{one.version}"


def _not_compared(report: Report, language: str) -> html.Section:
    """One line for each of what the head counts as not compared."""
    lines = [
        _limit("missing" if one.missing else one.why or "alone", _tie_name(one, language), one.missing, language)
        for one in report.ties
        if one.state == "not"
    ]
    lines += [
        say(f"clearance.own_{one.why}", language, what=_own_name(one, language))
        for one in report.own
        if one.state == "not"
    ]
    for model in report.models:
        if model.state != "not":
            continue
        what = _model_name(model, language)
        if model.why == "number":
            lines.append(say("clearance.limit_number", language, what=what, names=_joined(model.unmatched, language)))
        else:
            lines.append(_limit("missing" if model.missing else model.why, what, model.missing, language))
    return _lines("not_compared", "no_not_compared", lines, language)


def _limits(report: Report, language: str) -> html.Section:
    return _lines("limits", "no_limits", _limited(report, language), language)


def _lines(title: str, none: str, lines: Sequence[str], language: str) -> html.Section:
    told = html.Ul([html.Li(line) for line in lines], className="report-limits")
    return html.Section(
        [
            html.H2(say(f"clearance.{title}", language, n=len(lines))),
            told if lines else html.P(say(f"clearance.{none}", language)),
        ],
        className="card",
    )


def _limited(report: Report, language: str) -> list[str]:
    """What narrows the comparisons that were made."""
    lines = [line for one in report.ties if one.state != "not" for line in _tie_limits(one, language)]
    lines += [
        say("clearance.limit_number", language, what=_model_name(one, language), names=_joined(one.unmatched, language))
        for one in report.models
        if one.unmatched and one.state != "not"
    ]
    if report.n_unsure:
        lines.append(say("clearance.limit_unsure", language, n=count(report.n_unsure), least=LEAST_CONFIDENCE))
    lines += [say("clearance.limit_nameless", language, name=name, n=count(n)) for name, n in report.nameless]
    lines += [
        say("clearance.limit_late", language, what=one.name if language == "zh" else one.name_en,
            months=_joined(one.missing, language))
        for one in report.registers
        if one.missing
    ]  # fmt: skip
    return lines


def _tie_limits(one: Compared, language: str) -> list[str]:
    what = _tie_name(one, language)
    lines = [_limit("helped", what, one.missing, language)] if one.missing else []
    if one.unknown:
        lines.append(say("clearance.limit_unknown", language, what=what, names=_joined(one.unknown, language)))
    return lines


def _limit(why: str, what: str, registers: Sequence[str], language: str) -> str:
    joined = _joined([_register(name, language) for name in registers], language)
    return say(f"clearance.limit_{why}", language, what=what, names=joined)


def _joined(words: Sequence[str], language: str) -> str:
    return ("、" if language == "zh" else ", ").join(in_language(word, language) for word in words)


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
    late = [html.Br(), html.Span(say("clearance.late", language, n=len(one.missing)), className="result-late")]
    return html.Tr(
        [
            html.Td(name),
            html.Td(one.supplier),
            html.Td(one.version, className="number"),
            html.Td(one.received_on, className="no-wrap"),
            html.Td(count(one.n_rows), className="number"),
            html.Td([one.through, *(late if one.missing else [])], className="no-wrap"),
            html.Td(count(one.n_about), className="number"),
        ]
    )

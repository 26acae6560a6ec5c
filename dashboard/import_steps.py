"""The second and third step of an import: what was understood, what is to be settled, what would be stored."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.formats import count
from dashboard.words import column_words, say
from data.register_catalogue import TYPES
from data.register_usage import usage
from data.tables import DatasetFiling
from data.upload import last_filing
from data.upload_decisions import SAME
from data.upload_understood import EACH, ONCE, ColumnSeen, Question, Understood
from data.upload_versions import against, alike

N_REFUSED = 10
ADD, REPLACE = "add", "replace"
"""What a further version of a register does with those before it."""
_UNITS_ASKED = (("元", "万元"), ("万元", "元"), ("元", "千元"), ("千元", "元"))


def _settle(kind: str, about: str = "") -> dict[str, str]:
    return {"type": "import-settle", "kind": kind, "about": about}


def understood_parts(session: Session, understood: Understood, settled: Mapping[str, Any], language: str) -> list[Any]:
    """Counts, questions, columns, notes, refused rows, a preview, and the form to store it."""
    used = usage(session).get(understood.register.code, {})
    before = None if understood.is_own else last_filing(session, understood.register.code)
    same = alike(session, understood.register) if understood.is_own else None
    told = say("registers.alike", language, name=same.name if language == "zh" else same.name_en) if same else ""
    return [
        _counts(understood, language),
        html.P(told, className="card import-asks", role="status") if told else None,
        _questions(understood, settled, language),
        html.Section(
            [
                html.H2(say("registers.step_check", language)),
                html.P(say("registers.check_lead", language), className="muted"),
                html.Div(_columns(understood, used, language), className="scrolls"),
                _choices(understood, settled, language),
                _again(language),
            ],
            className="card",
        ),
        html.Div([_notes(understood, language), _refused(understood, language)], className="import-pair"),
        _preview(understood, language),
        _form(understood, before, settled, language),
    ]


def _counts(understood: Understood, language: str) -> html.Div:
    figures = (
        ("read", understood.n_read),
        ("taken", understood.n_taken),
        ("refused_rows", understood.n_refused),
        ("duplicates", understood.n_duplicates),
        ("to_settle", len(understood.questions)),
    )
    return html.Div(
        [
            html.Div(
                [
                    html.Span(count(n), className="import-figure" + (" late-note" if _warns(name, n) else "")),
                    html.Span(say(f"registers.{name}", language), className="muted"),
                ],
                className="card import-count",
            )
            for name, n in figures
        ],
        className="import-counts",
    )


def _warns(name: str, n: int) -> bool:
    return bool(n) and name in ("refused_rows", "to_settle")


def _questions(understood: Understood, settled: Mapping[str, Any], language: str) -> html.Section | None:
    if not understood.questions:
        return None
    items = [
        html.Li([html.P(one.said.words(language)), _answer(one, settled, language)]) for one in understood.questions
    ]
    return html.Section(
        [html.H2(say("registers.questions", language)), html.Ul(items, className="import-questions"), _again(language)],
        className="card import-asks",
    )


def _answer(question: Question, settled: Mapping[str, Any], language: str) -> Any:
    """The control that settles it; a column is settled in the table below."""
    if question.kind == "unit":
        options = [{"label": say("registers.unit_same", language), "value": SAME}]
        options += [
            {
                "label": say("registers.unit_from", language, a=a, b=b, row=question.row),
                "value": f"{question.row}:{a}:{b}",
            }
            for a, b in _UNITS_ASKED
        ]
    elif question.kind == "merged":
        options = [{"label": say(f"registers.merged_{one}", language), "value": one} for one in (EACH, ONCE)]
    else:
        return html.P(say("registers.settle_below", language), className="muted small")
    value = settled.get(f"{question.kind}|{question.about}")
    return dcc.RadioItems(id=_settle(question.kind, question.about), options=options, value=value, className="radios")


def _columns(understood: Understood, used: Mapping[str, Sequence[str]], language: str) -> html.Table:
    heads = ("file_column", "sample", "is", "how", "said") + (("type",) if understood.is_own else ())
    unsure = {question.about for question in understood.questions}
    rows = [_column(understood, column, used, column.match.title in unsure, language) for column in understood.columns]
    return html.Table(
        [
            html.Thead(html.Tr([html.Th(say(f"registers.column_{name}", language), scope="col") for name in heads])),
            html.Tbody(rows),
        ],
        className="assessed registers-table import-columns",
    )


def _column(
    understood: Understood, seen: ColumnSeen, used: Mapping[str, Sequence[str]], unsure: bool, language: str
) -> html.Tr:
    match, register = seen.match, understood.register
    options = [{"label": say("registers.leave_out", language), "value": ""}]
    options += [
        {"label": column_words(one.name, one.label, language), "value": one.name} for one in register.columns.values()
    ]
    column = register.columns.get(match.column or "")
    notes = [note.words(language) for note in seen.notes]
    if column is not None and not understood.is_own and not used.get(column.name) and column.name not in register.key:
        notes.append(say("registers.unused_here", language))
    cells = [
        html.Th(match.title, scope="row"),
        html.Td("、".join(seen.sample), className="muted"),
        html.Td(
            dcc.Dropdown(id=_settle("column", match.title), options=options, value=match.column or "", clearable=False)
        ),
        html.Td(seen.how(language), className="admin-amber" if unsure else ""),
        html.Td([html.Span(note, className="small import-note") for note in notes]),
    ]
    if understood.is_own:
        cells.append(html.Td(_type(column.name, column.type, language) if column else None))
    return html.Tr(cells, className="import-unsure" if unsure else "")


def _type(name: str, type_: str, language: str) -> dcc.Dropdown:
    options = [{"label": say(f"registers.type_{one}", language), "value": one} for one in TYPES]
    return dcc.Dropdown(id=_settle("type", name), options=options, value=type_, clearable=False)


def _choices(understood: Understood, settled: Mapping[str, Any], language: str) -> html.Div:
    """Sheets, duplicates, and columns of dates that hold months only."""
    parts: list[Any] = []
    sheets = [table.sheet for table in understood.tables]
    if len(sheets) + len(understood.left_out) > 1:
        names = [*sheets, *understood.left_out]
        parts.append(_checks("sheets", "", say("registers.sheets", language), [(name, name) for name in names], sheets))
    if understood.n_duplicates:
        words = say("registers.without_duplicates", language, n=count(understood.n_duplicates))
        chosen = ["yes"] if settled.get("duplicates|") else []
        parts.append(_checks("duplicates", "", say("registers.duplicates", language), [("yes", words)], chosen))
    titles = {seen.match.title: seen.match.column for seen in understood.columns if seen.match.column}
    months = {titles.get(row["column_name"]) for row in understood.refused if "只有年月" in row["reason"]}
    for name in sorted({*(one for one in months if one), *understood.decisions.months_as_days}):
        label = column_words(name, understood.register.columns[name].label, language)
        chosen = ["yes"] if name in understood.decisions.months_as_days else []
        parts.append(_checks("months", name, label, [("yes", say("registers.first_day", language))], chosen))
    return html.Div(parts, className="import-choices")


def _checks(kind: str, about: str, title: str, options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> html.Div:
    items = [{"label": words, "value": value} for value, words in options]
    box = dcc.Checklist(id=_settle(kind, about), options=items, value=list(chosen), className="radios")
    return html.Div([html.Div(title, className="label"), box], className="admin-choice")


def _again(language: str) -> html.Button:
    return html.Button(
        say("registers.again", language), id={"type": "import-do", "deed": "again"}, type="button", className="button"
    )


def _notes(understood: Understood, language: str) -> html.Section:
    items = [html.Li(note.words(language)) for note in understood.notes]
    content = (
        html.Ul(items, className="import-list")
        if items
        else html.P(say("registers.no_notes", language), className="muted")
    )
    return html.Section([html.H2(say("registers.notes", language)), content], className="card")


def _refused(understood: Understood, language: str) -> html.Section:
    rows = [
        html.Li([html.Strong(say("registers.row", language, n=row["row_number"])), " ", row["reason"]])
        for row in understood.refused[:N_REFUSED]
    ]
    more = len(understood.refused) - N_REFUSED
    rest = html.P(say("registers.more", language, n=count(more)), className="muted") if more > 0 else None
    content = (
        [html.Ul(rows, className="import-list"), rest]
        if rows
        else [html.P(say("registers.none_refused", language), className="muted")]
    )
    hint = html.P(say("registers.refused_hint", language), className="muted small") if rows else None
    return html.Section([html.H2(say("registers.refused", language)), *content, hint], className="card")


def _preview(understood: Understood, language: str) -> html.Section | None:
    if not understood.preview:
        return None
    columns = [c for c in understood.register.columns.values() if any(row.get(c.name) for row in understood.preview)]
    head = html.Tr([html.Th(column_words(column.name, column.label, language), scope="col") for column in columns])
    rows = [html.Tr([html.Td(row.get(column.name, "")) for column in columns]) for row in understood.preview[:8]]
    table = html.Table([html.Thead(head), html.Tbody(rows)], className="assessed registers-table import-preview")
    return html.Section(
        [
            html.H2(say("registers.preview", language)),
            html.P(say("registers.preview_lead", language), className="muted small"),
            html.Div(table, className="scrolls"),
        ],
        className="card",
    )


def _form(
    understood: Understood, before: DatasetFiling | None, settled: Mapping[str, Any], language: str
) -> html.Section:
    def field(kind: str, otherwise: str = "") -> html.Div:
        value = settled.get(f"{kind}|") or otherwise
        label = html.Label(say(f"registers.{kind}", language), htmlFor=_address(_settle(kind)), className="label")
        box = dcc.Input(id=_settle(kind), value=value, className="field", autoComplete="off", maxLength=200)
        return html.Div([label, box], className="admin-choice")

    register, own = understood.register, understood.is_own
    keys = [{"label": say("registers.no_key", language), "value": ""}]
    keys += [
        {
            "label": "、".join(column_words(name, register.columns[name].label, language) for name in key),
            "value": ",".join(key),
        }
        for key in understood.keys
    ]
    key = dcc.Dropdown(id=_settle("key"), options=keys, value=",".join(register.key), clearable=False)
    fields = [
        *([field("name", register.name), field("code", register.code)] if own else []),
        html.Div(
            [
                html.Label(say("registers.key_choice", language), htmlFor=_address(_settle("key")), className="label"),
                key,
            ],
            className="admin-choice",
        )
        if own
        else None,
        field("supplier", before.supplier if before else register.supplier),
        field("legal_basis", before.legal_basis if before else ""),
        field("purpose", before.purpose if before else ""),
    ]
    ready = not understood.questions and understood.n_taken > 0
    button = html.Button(
        say("registers.store", language, n=count(understood.n_taken)),
        id={"type": "import-do", "deed": "store"},
        type="button",
        className="button-main big",
        disabled=not ready,
    )
    why = None if ready else html.P(say("registers.not_ready", language), className="refused small")
    return html.Section(
        [
            html.H2(say("registers.step_store", language)),
            html.P(say("registers.store_lead", language), className="muted"),
            html.Div(fields, className="import-fields"),
            _versions(understood, before, settled, language) if before else None,
            html.Div([button, why], className="buttons"),
        ],
        className="card",
    )


def _versions(
    understood: Understood, before: DatasetFiling, settled: Mapping[str, Any], language: str
) -> html.Fieldset:
    """Whether this version adds to those before it or stands in their place; a corrected file stands in their place."""
    held = against(understood, before)
    add = "add_by_key" if understood.register.key else "add"
    options = [{"label": say(f"registers.versions_{one}", language), "value": value}
               for one, value in ((add, ADD), ("replace", REPLACE))]  # fmt: skip
    # Where a key lets the new rows replace the old, adding puts right what is there again.
    usual = REPLACE if held.corrects and not understood.register.key else ADD
    words = say(
        "registers.same_rows", language, version=held.version, n=count(held.n_same), before=count(held.n_before)
    )
    return html.Fieldset(
        [
            html.Legend(say("registers.versions_choice", language), className="label"),
            html.P(words, className="muted small"),
            dcc.RadioItems(id=_settle("versions"), options=options, value=settled.get("versions|") or usual,
                           className="radios"),
        ],
        className="import-versions",
    )  # fmt: skip


def _address(settled: Mapping[str, str]) -> str:
    """The id of a control as the browser has it, for its label."""
    return json.dumps(settled, sort_keys=True, separators=(",", ":"))


def done(filing: DatasetFiling, understood: Understood, language: str, way_back: dcc.Link | None = None) -> list[Any]:
    """What became of the file; `way_back`: to the model it was uploaded for."""
    name = understood.register.name if language == "zh" else understood.register.name_en
    words = say(
        "registers.stored",
        language,
        name=name,
        version=filing.version,
        rows=count(filing.n_rows),
        refused=count(filing.n_refused),
    )
    return [
        html.Section(
            [
                html.H2(say("registers.stored_title", language)),
                html.P(words, id="import-done", role="status"),
                html.Div(
                    [
                        way_back,
                        dcc.Link(
                            say("registers.open_register", language),
                            href=f"/registers/{filing.name}",
                            className="button" if way_back else "button-main",
                        ),
                    ],
                    className="buttons",
                ),
            ],
            className="card sheet",
        )
    ]

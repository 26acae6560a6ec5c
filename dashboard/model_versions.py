"""The versions of a supervision model: compared, copied, taken out as files, changed as text; and their history."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.administration import address, button, guarded, refusal, text
from dashboard.formats import day, minute
from dashboard.model_badges import status_badge
from dashboard.words import say, words
from data.actors import names
from data.factory_drafts import draft_of
from data.model_compare import Line, compare_sql, differences, rules_of
from data.model_life import events, under_way
from data.model_states import MODEL_TRANSITIONS
from data.rights import Person
from data.tables import SupervisionModel

FORMS: dict[str, Sequence[str]] = {"model-version": (), "model-copy": ("code",), "model-text": ("text",)}
"""Forms about versions and their fields."""
_AROUND = 3
"""Lines of SQL shown around one that differs."""
_DOTS = Line("same", "…", "…")


def versions(
    session: Session, row: SupervisionModel, other: SupervisionModel | None, person: Person, language: str
) -> html.Section:
    """Every version with its state; from here one compares, copies, and takes the card out as a file."""
    rows = session.scalars(
        select(SupervisionModel).where(SupervisionModel.code == row.code).order_by(SupervisionModel.version.desc())
    ).all()
    lines = [html.Li(_version(one, row, other, language), className="pile-row") for one in rows]
    deeds: list[Any] = [
        html.Button(say("warehouse.export", language), id="model-export", type="button", className="button")
    ]
    if person.may("models"):
        if under_way(session, row.code) is None:
            deeds.append(html.Div([button("model-version", say("warehouse.new_version", language), style="button"),
                                   refusal("model-version")]))  # fmt: skip
        copied = say("warehouse.copy", language)
        deeds.append(guarded("model-copy", copied, say("warehouse.copy_why", language),
                             [text("model-copy", "code", say("warehouse.copy_code", language), most=10)], copied,
                             danger=False))  # fmt: skip
    return html.Section(
        [html.H2(say("warehouse.versions", language)), html.Ol(lines, className="pile-rows"),
         html.Div(deeds, className="buttons")],
        className="card model-part",
    )  # fmt: skip


def _version(one: SupervisionModel, row: SupervisionModel, other: SupervisionModel | None, language: str) -> list[Any]:
    path = f"/warehouse/{one.code}"
    name = say("warehouse.version", language, n=one.version)
    here = one.version == row.version
    compare = (
        None if here or (other is not None and other.version == one.version)
        else dcc.Link(say("warehouse.compare", language, n=row.version),
                      href=address(path, {"v": str(row.version), "compare": str(one.version)}), className="small")
    )  # fmt: skip
    return [
        html.Strong(name) if here else dcc.Link(name, href=address(path, {"v": str(one.version)})),
        status_badge(one.status, language),
        html.Span(day(one.activated_at or one.created_at), className="muted small pile-words"),
        compare,
    ]


def compared(row: SupervisionModel, other: SupervisionModel | None, language: str) -> html.Section | None:
    """Another version against the one shown: fields that differ in a table, the SQL side by side."""
    if other is None:
        return None
    older, newer = sorted((row, other), key=lambda one: one.version)
    found = differences(older.card, newer.card)
    heads = [html.Th(words_, scope="col") for words_ in (
        say("warehouse.field", language), say("warehouse.version", language, n=older.version),
        say("warehouse.version", language, n=newer.version))]  # fmt: skip
    rows = [html.Tr([html.Th(_place(one.place, language), scope="row"),
                     html.Td(one.before or "—"), html.Td(one.after or "—")]) for one in found]  # fmt: skip
    table = html.Div(html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed"),
                     className="scrolls")  # fmt: skip
    old, new = rules_of(older.card), rules_of(newer.card)
    statements = [part for rule in dict.fromkeys([*old, *new])
                  for part in _sql(rule, compare_sql(old.get(rule, ""), new.get(rule, "")), language)]  # fmt: skip
    same = html.P(say("warehouse.no_difference", language), className="muted")
    return html.Section(
        [
            html.H2(say("warehouse.compared", language, old=older.version, new=newer.version)),
            html.P(say("warehouse.n_differences", language, n=len(found)), className="muted"),
            table if rows else same if not statements else None,
            *statements,
        ],
        className="card model-part",
        id="compared",
    )


def _place(place: tuple[str, ...], language: str) -> str:
    first = f"warehouse.part_{place[0]}"
    return " · ".join([say(first, language) if first in words() else place[0], *place[1:]])


def _sql(rule: str, lines: Sequence[Line], language: str) -> list[Any]:
    if not lines:
        return []
    n = sum(line.kind != "same" for line in lines)
    marks: Mapping[str, tuple[str, str]] = {
        "same": ("", ""),
        "changed": ("−", "+"),
        "added": ("", "+"),
        "removed": ("−", ""),
    }
    rows = [
        html.Tr([html.Td(marks[line.kind][0]), html.Td(line.before or ""), html.Td(marks[line.kind][1]),
                 html.Td(line.after or "")], className=f"sql-{line.kind}")
        for line in _near(lines)
    ]  # fmt: skip
    return [html.H3(say("warehouse.sql_of", language, rule=rule, n=n)),
            html.Div(html.Table(html.Tbody(rows), className="sql-lines"), className="scrolls")]  # fmt: skip


def _near(lines: Sequence[Line]) -> list[Line]:
    """The lines that differ with a few around each; what is left out is a line of dots."""
    close = {
        number
        for at, line in enumerate(lines)
        if line.kind != "same"
        for number in range(at - _AROUND, at + _AROUND + 1)
    }
    shown: list[Line] = []
    for number, line in enumerate(lines):
        if number in close:
            shown.append(line)
        elif not shown or shown[-1] is not _DOTS:
            shown.append(_DOTS)
    return shown


def as_text(session: Session, row: SupervisionModel, person: Person, language: str) -> html.Section | None:
    """What changes a card: the factory's steps where it came from there; the text of a draft, with every fault said."""
    if not person.may("models"):
        return None
    steps = draft_of(session, row.code, person)
    in_factory = dcc.Link(say("warehouse.in_factory", language), href=f"/factory/{steps}", className="button-main")
    if row.status != "draft":
        why = html.P(say("warehouse.in_factory_next", language), className="muted small")
        return html.Section([in_factory, why], className="card model-part") if steps else None
    box = dcc.Textarea(id="model-text-text", value=row.card, className="field model-text", maxLength=200_000)
    label = html.Label(say("warehouse.text", language), htmlFor="model-text-text", className="label")
    content = [html.P(say("warehouse.text_why", language), className="muted"), label, box,
               button("model-text", say("warehouse.text_save", language)), refusal("model-text")]  # fmt: skip
    summary = html.Summary(say("warehouse.text_open", language), className="button")
    text_form = html.Details([summary, html.Div(content, className="looked")], className="admin-guarded")
    return html.Section([in_factory if steps else None, text_form], className="card model-part model-change")


def history(session: Session, code: str, language: str) -> html.Section:
    """What was done to the versions, by whom and why."""
    found = events(session, code)[:40]
    called = names(session, {one.actor for one in found}, language=language)
    actions = {one.action: one.name if language == "zh" else one.name_en for one in MODEL_TRANSITIONS}
    lines = [
        html.Li([html.Span(minute(one.at), className="muted small"), " ",
                 say("warehouse.version", language, n=one.version), " · ",
                 actions.get(one.kind) or say(f"warehouse.event_{one.kind}", language), " · ",
                 called.get(one.actor, one.actor), html.Span(f" {one.note}", className="muted") if one.note else None])
        for one in found
    ]  # fmt: skip
    nothing = html.P(say("warehouse.no_history", language), className="muted")
    return html.Section(
        [html.H2(say("warehouse.history", language)), html.Ol(lines, className="model-list") if lines else nothing],
        className="card model-part",
    )  # fmt: skip

"""My work: what waits for me, and what do I do first?"""

from collections.abc import Sequence
from datetime import date
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.due import calendar_note, due_lamp
from dashboard.formats import count, local
from dashboard.words import say
from data.dispatch import take_next
from data.inquiries import Asked
from data.model_work import KINDS, ModelTask
from data.my_work import MyWork, Pile, my_work
from data.office_time import utc_now
from data.queue import Filter, Listed
from data.rights import Person
from data.tables import CorrectionTicket

RIGHT = ("verify", "approve", "dispatch", "supervise", "review", "answer", "query_person", "models", "approve_models")


def layout(lang: str | None = None, **_query: Any) -> html.Div:
    """The piles of whoever is signed in."""
    language, person, today = shell.language_of(lang), visitor.visitor(), local(utc_now()).date()
    with visitor.seen() as session:
        found = my_work(session, person, today=today)
        content = body(found, person, language, today)
    return shell.frame("my_work", language, content)


def body(found: MyWork, person: Person, language: str, today: date) -> html.Div:
    """The page below the header."""
    if not found.n:
        return html.Div([_calendar(found, today, language), _empty(person, language)], className="work")
    return html.Div(
        [
            _calendar(found, today, language),
            _head(found, person, language),
            html.Div(
                [
                    _inquiries(found.inquiries, language, today) if found.inquiries else None,
                    _corrections(found.corrections, language, today) if found.corrections else None,
                    *(_models(kind, found.models, language) for kind in KINDS),
                    *(_pile(pile, language, today) for pile in found.piles),
                    _others(found, language),
                ],
                className="piles",
            ),
        ],
        className="work",
    )


def _calendar(found: MyWork, today: date, language: str) -> html.P | None:
    end_of_year = today.replace(month=12, day=31)
    note = calendar_note(max(found.latest_due or today, end_of_year), today, language)
    return html.P(note, className="notice") if note else None


def _head(found: MyWork, person: Person, language: str) -> html.Div:
    title = say("work.waiting_one", language) if found.n == 1 else say("work.waiting", language, n=count(found.n))
    late = say("work.overdue", language, n=count(found.n_overdue)) if found.n_overdue else None
    return html.Div(
        [html.Div([html.H1(title), html.P(late, className="late-note") if late else None]), _take(person, language)],
        className="work-head",
    )


def _take(person: Person, language: str) -> html.Div | None:
    if not person.may("verify"):
        return None
    return html.Div(
        [
            html.Span(id="work-nothing", className="muted", role="status"),
            html.Button(say("work.take_next", language), id="work-take", type="button", className="button-main big"),
            dcc.Location(id="work-address", refresh="callback-nav"),
        ],
        className="work-take",
    )


def _empty(person: Person, language: str) -> html.Div:
    key = "verify" if person.may("verify") else "other" if person.may("see") else "answer"
    ways: list[Any] = [_take(person, language)] if key == "verify" else []
    if person.may("models"):
        ways.append(dcc.Link(say("shell.factory", language), href="/factory", className="button-main"))
    if person.may("approve_models"):
        ways.append(dcc.Link(say("shell.warehouse", language), href="/warehouse", className="button"))
    if person.may("see"):
        ways.append(dcc.Link(say("work.see_queue", language), href="/queue", className="button"))
    return html.Div(
        [html.H1(say("work.empty_title", language)), html.P(say(f"work.empty_{key}", language)), *ways],
        className="card message",
    )


def _models(kind: str, tasks: Sequence[ModelTask], language: str) -> html.Section | None:
    """The supervision models that wait for one thing; none of them: nothing."""
    rows = [_model(one, language) for one in tasks if one.kind == kind]
    if not rows:
        return None
    head = [html.H2(say(f"work.models_{kind}", language)), html.Span(count(len(rows)), className="pile-n")]
    return html.Section(
        [
            html.Div(head, className="pile-head"),
            html.P(say(f"work.why_models_{kind}", language), className="muted small"),
            html.Ol(rows, className="pile-rows"),
        ],
        className=f"card pile pile-models-{kind}",
    )


def _model(task: ModelTask, language: str) -> html.Li:
    rows = say("work.models_rows", language, n=count(task.n)) if task.n else task.note
    return html.Li(
        dcc.Link(
            html.Span(
                [
                    html.Span(f"{task.code} {task.name if language == 'zh' else task.name_en}", className="pile-what"),
                    html.Span(rows, className="muted small") if rows else None,
                ],
                className="pile-words",
            ),
            href=f"/warehouse/{task.code}?v={task.version}",
            className="pile-row",
        )
    )


def _pile(pile: Pile, language: str, today: date) -> html.Section:
    late = say("work.overdue", language, n=count(pile.n_overdue)) if 0 < pile.n_overdue < pile.n else None
    if pile.n_overdue == pile.n and "overdue" not in pile.code:
        late = say("work.all_overdue", language)
    more = pile.n - len(pile.rows)
    return html.Section(
        [
            html.Div(
                [
                    html.H2(say(f"work.pile_{pile.code}", language)),
                    html.Span(count(pile.n), className="pile-n"),
                    html.Span(late, className="late-note small"),
                ],
                className="pile-head",
            ),
            html.P(say(f"work.why_{pile.code}", language), className="muted small"),
            html.Ol([_row(row, language, today) for row in pile.rows], className="pile-rows"),
            html.P(say("queue.more", language, n=count(more)), className="muted small") if more else None,
        ],
        className=f"card pile pile-{pile.code}",
    )


def _row(row: Listed, language: str, today: date) -> html.Li:
    chinese = language == "zh"
    return html.Li(
        dcc.Link(
            [
                shell.level_shape(row.level, language, word=False),
                html.Span(
                    [
                        html.Span(row.title if chinese else row.title_en, className="pile-what"),
                        html.Span(f"#{row.id} · {row.place if chinese else row.place_en}", className="muted small"),
                    ],
                    className="pile-words",
                ),
                due_lamp(row.due_on, today, language),
            ],
            href=f"/alert/{row.id}",
            className="pile-row",
        )
    )


def _corrections(tickets: Sequence[CorrectionTicket], language: str, today: date) -> html.Section:
    rows = [
        dcc.Link(
            [
                html.Div(
                    [
                        html.Span(one.request, className="pile-what"),
                        html.Span(
                            say("work.correction_of", language, id=one.id, n=count(one.n_rows)), className="muted small"
                        ),
                    ],
                    className="pile-words",
                ),
                due_lamp(one.due_on, today, language),
            ],
            href=f"/correction/{one.id}",
            className="pile-row",
        )
        for one in tickets
    ]
    head = [html.Span(count(len(rows)), className="pile-n"), html.H2(say("work.corrections", language))]
    return html.Section(
        [html.Div(head, className="pile-head"), html.Div(rows, className="pile-rows")],
        className="card pile pile-inquiries",
    )


def _inquiries(asked: tuple[Asked, ...], language: str, today: date) -> html.Section:
    return html.Section(
        [
            html.Div(
                [
                    html.H2(say("work.inquiries", language)),
                    html.Span(count(len(asked)), className="pile-n"),
                ],
                className="pile-head",
            ),
            html.Ol([_inquiry(one, language, today) for one in asked], className="pile-rows"),
        ],
        className="card pile pile-inquiries",
    )


def _inquiry(one: Asked, language: str, today: date) -> html.Li:
    late = one.due_on < today
    words = say("work.inquiry_late" if late else "work.inquiry_due", language, day=one.due_on)
    return html.Li(
        dcc.Link(
            [
                html.Span(html.Span(one.question, className="pile-what"), className="pile-words"),
                html.Span(words, className="late-note" if late else "muted small"),
            ],
            href=f"/inquiry/{one.id}",
            className="pile-row",
        )
    )


def _others(found: MyWork, language: str) -> html.Section | None:
    counts = {
        "look_backs": (found.n_look_backs, "/look-back"),
        "person_queries": (found.n_person_queries, "/person-queries"),
    }
    lines = [
        html.Li(
            dcc.Link(
                html.Span(say(f"work.{name}", language, n=count(n)), className="pile-words"),
                href=address,
                className="pile-row",
            )
        )
        for name, (n, address) in counts.items()
        if n
    ]
    if not lines:
        return None
    return html.Section(
        [html.H2(say("work.others", language)), html.Ol(lines, className="pile-rows")], className="card pile"
    )


def take(language: str) -> tuple[Any, Any]:
    """Assign the highest-ranked free alert to whoever asks: its address, or the words that nothing is left."""
    with visitor.acting() as session:
        taken = take_next(session, visitor.visitor(), Filter(), at=utc_now())
    return (f"/alert/{taken}", no_update) if taken else (no_update, say("work.nothing_left", language))


def register(app: Dash) -> None:
    """File the page and answer its one big button."""
    dash.register_page(__name__, path="/my-work", layout=layout, title="明镜 · 我的工作")  # type: ignore[no-untyped-call]

    @app.callback(
        Output("work-address", "href"),
        Output("work-nothing", "children"),
        Input("work-take", "n_clicks"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _take_one(n_clicks: int | None, language: str) -> Any:
        return take(shell.language_of(language)) if n_clicks else (no_update, no_update)

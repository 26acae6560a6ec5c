"""Look-back: which closings do I check once more, and does each verdict hold?"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.formats import count, day
from dashboard.precedents import outcome_words
from dashboard.words import say
from data.actors import names
from data.errors import InputRefused, MingjingError
from data.look_back import FINDINGS, Signal, draw, draw_signalled, review, signals, to_review
from data.loop_tables import LookBack
from data.office_time import utc_now
from data.outcomes import OUTCOMES
from data.queue import Listed, listed

RIGHT = "review"
SPAN = timedelta(days=92)
"""How far back signs of sham closing are looked for: a quarter."""
SHOWN = 40
"""Rows of either list on the page."""


def layout(lang: str | None = None, one: str = "", **_query: Any) -> html.Div:
    """What was drawn and waits to be checked, and the signs of sham closing that nobody has looked at.

    `one`: number of the look-back whose form is open; the first where it names none that waits.
    """
    language = shell.language_of(lang)
    chosen = int(one) if one.isascii() and one.isdecimal() and len(one) <= 9 else None
    refused = html.P(id="look-back-refused", className="error", role="alert")
    content = html.Div([refused, html.Div(body(language, chosen=chosen), id="look-back-body", className="work")])
    return shell.frame("look_back", language, content)


def body(language: str, said: str = "", chosen: int | None = None) -> list[Any]:
    """The page below the header. `said`: what was just done."""
    person = visitor.visitor()
    with visitor.seen() as session:
        drawn = to_review(session, person)
        waiting = {one.alert_id for one in drawn}
        found = [one for one in signals(session, since=utc_now() - SPAN) if one.alert_id not in waiting]
        numbers = [one.alert_id for one in drawn] + [one.alert_id for one in found[:SHOWN]]
        rows = {row.id: row for row in listed(session, numbers)}
        called = names(session, {one.actor for one in found[:SHOWN]})
    shown = next((one for one in drawn if one.id == chosen), drawn[0] if drawn else None)
    return [
        html.Div(
            [
                html.Div(
                    [
                        html.H1(say("look_back.title", language, n=count(len(drawn)))),
                        html.P(say("look_back.lead", language), className="lead"),
                    ]
                ),
                _draw(language),
            ],
            className="work-head",
        ),
        html.P(said, className="muted", role="status"),
        html.Div(
            [
                _waiting(drawn, rows, shown, language),
                html.Div([_form(shown, rows, language), _signalled(found, rows, called, language)]),
            ],
            className="look-back-columns" if drawn else "look-back-columns alone",
        ),
    ]


def _draw(language: str) -> html.Div:
    return html.Div(
        [
            html.Label(
                [
                    say("look_back.draw_n", language),
                    dcc.Input(id="look-back-n", type="number", value=10, min=1, max=500, className="field short"),
                ]
            ),
            html.Button(
                say("look_back.draw", language), id="look-back-draw", type="button", className="button-main big"
            ),
        ],
        className="choices",
    )


def _waiting(drawn: list[LookBack], rows: Mapping[int, Listed], shown: LookBack | None, language: str) -> html.Section:
    lines = [_looked(one, rows[one.alert_id], one is shown, language) for one in drawn if one.alert_id in rows]
    nothing = html.P(say("look_back.nothing_drawn", language), className="muted")
    return html.Section(
        [html.H2(say("look_back.waiting", language)), html.Ol(lines, className="pile-rows") if lines else nothing],
        className="card pile",
    )


def _looked(one: LookBack, row: Listed, here: bool, language: str) -> html.Li:
    chinese = language == "zh"
    place = row.place if chinese else row.place_en
    return html.Li(
        dcc.Link(
            [
                shell.level_shape(row.level, language, word=False),
                html.Span(
                    [
                        html.Span(row.title if chinese else row.title_en, className="pile-what"),
                        html.Span(
                            f"#{row.id} · {place} · {say('look_back.for_' + one.drawn_for, language)}",
                            className="muted small",
                        ),
                    ],
                    className="pile-words",
                ),
                html.Span(outcome_words(one.outcome, language), className="small"),
            ],
            href=f"/look-back?one={one.id}",
            className="pile-row" + (" pile-here" if here else ""),
        )
    )


def _form(shown: LookBack | None, rows: Mapping[int, Listed], language: str) -> html.Section | None:
    if shown is None or shown.alert_id not in rows:
        return html.Section([dcc.Store(id="look-back-one"), *_fields(None, language)], className="card", hidden=True)
    row = rows[shown.alert_id]
    return html.Section(
        [
            html.H2(row.title if language == "zh" else row.title_en),
            html.P(dcc.Link(say("look_back.open", language), href=f"/alert/{row.id}")),
            dcc.Store(id="look-back-one", data=shown.id),
            *_fields(shown, language),
        ],
        className="card looked",
    )


def _fields(shown: LookBack | None, language: str) -> list[Any]:
    given = shown.outcome if shown else ""
    return [
        dcc.RadioItems(
            id="look-back-finding",
            options=[{"label": words[language != "zh"], "value": code} for code, words in FINDINGS.items()],
            className="findings",
        ),
        html.Label(
            [
                say("look_back.should_be", language),
                dcc.Dropdown(
                    id="look-back-outcome",
                    options=[
                        {"label": outcome_words(code, language), "value": code}
                        for code in OUTCOMES
                        if code not in (given, "CX", "EX")
                    ],
                ),
            ]
        ),
        dcc.Textarea(
            id="look-back-note", className="field", placeholder=say("look_back.note", language), maxLength=2000
        ),
        html.Button(say("look_back.record", language), id="look-back-record", type="button", className="button-main"),
    ]


def _signalled(
    found: list[Signal], rows: Mapping[int, Listed], called: Mapping[str, str], language: str
) -> html.Section:
    chinese = language == "zh"
    lines = [
        html.Li(
            dcc.Link(
                [
                    html.Span(
                        [
                            html.Span(one.zh if chinese else one.en, className="pile-what wraps"),
                            html.Span(_numbered(rows[one.alert_id], language), className="muted small pile-what"),
                        ],
                        className="pile-words",
                    ),
                    html.Span([called.get(one.actor, one.actor), " · ", day(one.at)], className="muted small"),
                ],
                href=f"/alert/{one.alert_id}",
                className="pile-row",
            )
        )
        for one in found[:SHOWN]
        if one.alert_id in rows
    ]  # fmt: skip
    more = len(found) - len(lines)
    return html.Section(
        [
            html.Div(
                [
                    html.H2(say("look_back.signals", language)),
                    html.Span(count(len(found)), className="pile-n"),
                    html.Button(
                        say("look_back.draw_signals", language), id="look-back-signals", type="button",
                        className="button", disabled=not found,
                    ),
                ],
                className="pile-head",
            ),
            html.P(say("look_back.signals_why", language), className="muted small"),
            html.Ol(lines, className="pile-rows") if lines else html.P(say("look_back.no_signals", language)),
            html.P(say("queue.more", language, n=count(more)), className="muted small") if more > 0 else None,
        ],
        className="card",
    )  # fmt: skip


def _numbered(row: Listed, language: str) -> str:
    return f"#{row.id} · {row.title if language == 'zh' else row.title_en}"


def drawn_at_random(n: object, language: str) -> list[Any]:
    """Draw a sample; the page as it then is."""
    if not isinstance(n, int):
        raise InputRefused("How many to draw: expected a whole number.", "抽取数量应为整数。")
    with visitor.acting() as session:
        drawn = draw(session, visitor.visitor(), at=utc_now(), n=n, seed=secrets.randbelow(2**31))
    return body(language, say("look_back.drawn", language, n=count(len(drawn))))


def drawn_for_signals(language: str) -> list[Any]:
    """Put every alert with a sign down for a look-back; the page as it then is."""
    with visitor.acting() as session:
        found = signals(session, since=utc_now() - SPAN)
        drawn = draw_signalled(session, visitor.visitor(), found, at=utc_now())
    return body(language, say("look_back.drawn", language, n=count(len(drawn))))


def recorded(number: object, finding: object, outcome: object, note: object, language: str) -> list[Any]:
    """Put down what a look-back found; the page as it then is."""
    if not isinstance(number, int):
        raise InputRefused("Which look-back is meant cannot be read. Reload the page.", "无法识别，请刷新页面。")
    with visitor.acting() as session:
        review(
            session, number, visitor.visitor(), at=utc_now(), finding=str(finding or ""),
            outcome_found=str(outcome) if outcome and finding == "reversed" else None, note=str(note or ""),
        )  # fmt: skip
    return body(language, say("look_back.done", language, finding=FINDINGS[str(finding)][language != "zh"]))


def register(app: Dash) -> None:
    """File the page and answer its buttons."""
    dash.register_page(__name__, path="/look-back", layout=layout, title="明镜 · 回头看")  # type: ignore[no-untyped-call]

    @app.callback(
        Output("look-back-body", "children"),
        Output("look-back-refused", "children"),
        Input("look-back-draw", "n_clicks"),
        Input("look-back-signals", "n_clicks"),
        Input("look-back-record", "n_clicks"),
        State("look-back-n", "value"),
        State("look-back-one", "data"),
        State("look-back-finding", "value"),
        State("look-back-outcome", "value"),
        State("look-back-note", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(
        n_draw: int | None, n_signals: int | None, n_record: int | None, n: object, one: object, finding: object,
        outcome: object, note: object, lang: str,
    ) -> Any:  # fmt: skip
        language, asked = shell.language_of(lang), dash.ctx.triggered_id
        try:
            if asked == "look-back-draw" and n_draw:
                return drawn_at_random(n, language), ""
            if asked == "look-back-signals" and n_signals:
                return drawn_for_signals(language), ""
            if asked == "look-back-record" and n_record:
                return recorded(one, finding, outcome, note, language), ""
        except MingjingError as error:
            # What was typed stays where it is.
            return no_update, error.words(language)
        return no_update, no_update

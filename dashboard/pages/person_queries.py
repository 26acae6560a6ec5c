"""Person queries: whom do I need to look up, why, and who lets me?"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import clearance_forms, shell, visitor
from dashboard.formats import count, day, minute
from dashboard.precedents import outcome_words
from dashboard.words import say
from data.actors import names
from data.clearance import reports_of
from data.errors import InputRefused, MingjingError
from data.office_time import utc_now
from data.people_tables import PersonQuery
from data.person_queries import HOURS, Found, ask, asked_by, decide, results, to_decide
from data.query_subjects import in_language, kept, named, read_subjects
from data.states import STATES

RIGHT = ("query_person", "approve")


def layout(lang: str | None = None, result: str = "", one: str = "", **_query: Any) -> html.Div:
    """The visitor's queries and those to decide; `result`: what an approved one found; `one`: the one to decide."""
    language = shell.language_of(lang)
    if result:
        content = html.Div(_results(_number(result), language), className="work")
    else:
        refused = html.P(id="query-refused", className="error work-refused", role="alert")
        content = html.Div([refused, html.Div(body(language, chosen=one), id="query-body", className="work")])
    return shell.frame("person_queries", language, content)


def _number(text: object) -> int:
    written = str(text if text is not None else "")
    if not (written.isascii() and written.isdecimal() and len(written) <= 9):
        raise InputRefused(
            f"The query {written[:20]!r} has no such number. Choose one from the list.",
            "编号无法识别，请从列表中选择。",
        )
    return int(written)


def body(language: str, *, said: str = "", chosen: str = "") -> list[Any]:
    """The page below the header. `said`: what was just done."""
    person, now = visitor.visitor(), utc_now()
    with visitor.seen() as session:
        mine = asked_by(session, person) if person.may("query_person") else []
        waiting = to_decide(session, person) if person.may("approve") else []
        called = names(session, {one.asked_by for one in waiting}, language=language)
        rows = kept(session, _ids(mine, waiting))
        about = {number: named(subjects, language) for number, subjects in rows.items()}
    shown = next((one for one in waiting if str(one.id) == chosen), waiting[0] if waiting else None)
    lines = (
        [f"{say(f'clearance.{one.side}', language)}：{in_language(one.display, language)}" for one in rows[shown.id]]
        if shown
        else []
    )
    return [
        html.Div(
            html.Div(
                [
                    html.H1(say("person_queries.title", language)),
                    html.P(say("person_queries.lead", language), className="lead"),
                ]
            ),
            className="work-head",
        ),
        html.P(said, className="said", role="status"),
        html.Div(
            [
                _decide(list(waiting), shown, called, about, lines, language, hidden=not person.may("approve")),
                _ask(language, hidden=not person.may("query_person")),
                _mine(list(mine), about, now, language) if person.may("query_person") else None,
                clearance_forms.verify_form(language),
            ],
            className="piles",
        ),
    ]  # fmt: skip


def _ask(language: str, *, hidden: bool) -> html.Section:
    lists = [
        html.Label(
            [
                say(f"person_queries.{name}", language),
                dcc.Textarea(id=f"query-{name}", className="field", maxLength=4000, placeholder=say(
                    f"person_queries.{name}_form", language)),
            ]
        )
        for name in ("subjects", "others")
    ]  # fmt: skip
    reference = html.Label(
        [
            say("person_queries.reference", language),
            dcc.Input(id="query-reference", className="field", autoComplete="off"),
        ]
    )
    return html.Section(
        [
            html.H2(say("person_queries.ask", language)),
            *lists,
            html.P(say("person_queries.lines", language), className="muted small"),
            html.P(say("person_queries.recusal", language), className="muted small"),
            reference,
            html.Label(
                [
                    say("person_queries.reason", language),
                    dcc.Textarea(id="query-reason", className="field", maxLength=1000),
                ]
            ),
            html.Button(say("person_queries.send", language), id="query-send", type="button", className="button-main"),
        ],
        className="card looked",
        hidden=hidden,
    )


def _ids(*lists: Sequence[PersonQuery]) -> list[int]:
    return [one.id for found in lists for one in found]


def _mine(mine: list[PersonQuery], about: Mapping[int, str], now: datetime, language: str) -> html.Section:
    lines = [html.Li(_asked(one, about[one.id], now, language)) for one in mine]
    nothing = html.P(say("person_queries.none_mine", language), className="muted")
    return html.Section(
        [html.H2(say("person_queries.mine", language)), html.Ol(lines, className="pile-rows") if lines else nothing],
        className="card pile",
    )


def _asked(one: PersonQuery, about: str, now: datetime, language: str) -> html.Div:
    state = say(f"person_queries.state_{one.state}", language)
    way = None
    if one.state == "approved" and one.expires_at:
        fresh = one.expires_at > now
        state += "，" if language == "zh" else ", "
        state += (
            say("person_queries.until", language, at=minute(one.expires_at))
            if fresh
            else say("person_queries.expired", language)
        )
        if fresh:
            way = dcc.Link(
                say("person_queries.open", language), href=f"/person-queries?result={one.id}", className="button"
            )
    return html.Div(
        [
            html.Span(
                [
                    html.Span(f"{about} · {one.reference}"),
                    html.Span([state, f"：{one.decision}" if one.decision else ""], className="muted small"),
                ],
                className="pile-words",
            ),
            way,
        ],
        className="pile-row",
    )  # fmt: skip


def _decide(
    waiting: list[PersonQuery], shown: PersonQuery | None, called: dict[str, str], about: Mapping[int, str],
    lines: Sequence[str], language: str, *, hidden: bool,
) -> html.Section:  # fmt: skip
    others = [
        html.Li(
            dcc.Link(
                html.Span(
                    [
                        html.Span(f"{about[one.id]} · {one.reference}"),
                        html.Span(
                            say(
                                "person_queries.asker",
                                language,
                                name=called.get(one.asked_by, ""),
                                at=minute(one.asked_at),
                            ),
                            className="muted small",
                        ),
                    ],
                    className="pile-words",
                ),
                href=f"/person-queries?one={one.id}",
                className="pile-row" + (" pile-here" if one is shown else ""),
            )
        )
        for one in waiting
    ]
    nothing = html.P(say("person_queries.none_to_decide", language), className="muted")
    return html.Section(
        [
            html.H2(say("person_queries.to_decide", language)),
            html.Ol(others, className="pile-rows") if others else nothing,
            dcc.Store(id="query-one", data={"id": shown.id, "version": shown.version} if shown else None),
            html.Div(
                [
                    html.Ul([html.Li(line) for line in lines], className="query-lines"),
                    html.P(shown.reason if shown else "", className="asked"),
                    html.P(say("person_queries.recusal", language), className="muted small"),
                    html.Label(
                        [
                            say("person_queries.hours", language),
                            dcc.Input(
                                id="query-hours", type="number", value=HOURS, min=1, max=720, className="field short"
                            ),
                        ]
                    ),
                    html.Label(
                        [
                            say("person_queries.decision", language),
                            dcc.Textarea(id="query-decision", className="field", maxLength=1000),
                        ]
                    ),
                    html.Div(
                        [
                            html.Button(
                                say("person_queries.approve", language), id="query-approve", type="button",
                                className="button-main",
                            ),
                            html.Button(
                                say("person_queries.refuse", language), id="query-refuse", type="button",
                                className="button",
                            ),
                        ],
                        className="buttons",
                    ),
                ],
                className="looked",
                hidden=shown is None,
            ),
        ],
        className="card pile",
        hidden=hidden,
    )  # fmt: skip


def _results(number: int, language: str) -> list[Any]:
    person = visitor.visitor()
    with visitor.acting() as session:
        found = results(session, number, person, at=utc_now())
        subject = named(kept(session, [number])[number], language)
        made = reports_of(session, [number])[number]
        session.expunge_all()
    table = _table(found, language) if found else html.P(say("person_queries.found_none", language))
    return [
        html.Div(
            [
                html.H1(
                    say(
                        "person_queries.found", language, subject=subject, n=count(len({one.alert_id for one in found}))
                    )
                ),
                dcc.Link(say("person_queries.back", language), href="/person-queries", className="button"),
            ],
            className="work-head",
        ),
        clearance_forms.compare_form(number, made, language),
        html.P(say("person_queries.found_note", language), className="muted"),
        html.Section(html.Div(table, className="scrolls"), className="card"),
    ]


def _table(found: list[Found], language: str) -> html.Table:
    chinese = language == "zh"
    columns = ("alert", "about", "role", "status", "outcome", "raised")
    rows = [
        html.Tr(
            [
                html.Td(
                    [
                        shell.level_shape(one.level, language, word=False),
                        f" #{one.alert_id} {one.title if chinese else one.title_en}",
                    ]
                ),
                html.Td(one.about),
                html.Td(say(f"person_queries.role_{one.role}", language)),
                html.Td(STATES[one.status].name if chinese else STATES[one.status].name_en),
                html.Td(outcome_words(one.outcome, language) if one.outcome else ""),
                html.Td(day(one.raised_at)),
            ]
        )
        for one in found
    ]
    heads = [html.Th(say(f"person_queries.column_{name}", language), scope="col") for name in columns]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows")


def asked(subjects: object, others: object, reference: object, reason: object, language: str) -> list[Any]:
    """Send a query for approval; the page as it then is."""
    about = [*read_subjects(str(subjects or ""), "subject"), *read_subjects(str(others or ""), "other")]
    with visitor.acting() as session:
        ask(
            session, visitor.visitor(), at=utc_now(), subjects=about, reference=str(reference or ""),
            reason=str(reason or ""),
        )  # fmt: skip
    return body(language, said=say("person_queries.sent", language))


def decided(one: object, approve: bool, hours: object, decision: object, language: str) -> list[Any]:
    """Approve or refuse a query; the page as it then is."""
    chosen = one if isinstance(one, dict) else {}
    version = chosen.get("version")
    with visitor.acting() as session:
        decide(
            session, _number(chosen.get("id")), visitor.visitor(), at=utc_now(), approve=approve,
            decision=str(decision or ""), hours=hours if isinstance(hours, int) else HOURS,
            version=version if isinstance(version, int) else None,
        )  # fmt: skip
    return body(language, said=say("person_queries.decided", language))


def register(app: Dash) -> None:
    """File the page and answer its two forms."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/person-queries", layout=layout, title="明镜 · 人员查询"
    )

    @app.callback(
        Output("query-body", "children"),
        Output("query-refused", "children"),
        Input("query-send", "n_clicks"),
        Input("query-approve", "n_clicks"),
        Input("query-refuse", "n_clicks"),
        State("query-subjects", "value"),
        State("query-others", "value"),
        State("query-reference", "value"),
        State("query-reason", "value"),
        State("query-one", "data"),
        State("query-hours", "value"),
        State("query-decision", "value"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(
        n_send: int | None, n_approve: int | None, n_refuse: int | None, subjects: object,
        others: object, reference: object, reason: object, one: object, hours: object, decision: object, lang: str,
    ) -> Any:  # fmt: skip
        language, pressed = shell.language_of(lang), dash.ctx.triggered_id
        try:
            if pressed == "query-send" and n_send:
                return asked(subjects, others, reference, reason, language), ""
            if pressed in ("query-approve", "query-refuse") and (n_approve or n_refuse):
                return decided(one, pressed == "query-approve", hours, decision, language), ""
        except MingjingError as error:
            # What was typed stays where it is.
            return no_update, error.words(language)
        return no_update, no_update

    clearance_forms.answer(app)

"""Suppressions: what do we no longer raise, who answers for it, and does it still hold?"""

from typing import Any

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.formats import count, local
from dashboard.words import say
from data.actors import names
from data.errors import MingjingError, NotFound
from data.office_time import utc_now
from data.suppressions import Listed, lift, listed, review

RIGHT = ("verify", "approve")
_COLUMNS = ("subject", "source", "reason", "owner", "approved", "until", "withheld", "do")


def layout(lang: str | None = None, one: str = "", **_query: Any) -> html.Div:
    """The list; `one`: number of the suppression that is to be handled."""
    language = shell.language_of(lang)
    refused = html.P(id="suppression-refused", className="error", role="alert")
    content = html.Div([refused, html.Div(body(language, chosen=one), id="suppression-body", className="work")])
    return shell.frame("suppressions", language, content)


def body(language: str, *, said: str = "", chosen: str = "") -> list[Any]:
    """The page below the header. `said`: what was just done."""
    with visitor.seen() as session:
        found = listed(session, on=local(utc_now()).date())
        people = {code for one in found for code in (one.suppression.owner, one.suppression.approved_by)}
        called = names(session, people | {one.suppression.lifted_by for one in found}, language=language)
    shown = next((one for one in found if str(one.suppression.id) == chosen and one.days_left), None)
    n = sum(1 for one in found if one.days_left)
    table = _table(found, called, language) if found else html.P(say("suppressions.none", language), className="muted")
    return [
        html.Div(
            html.Div(
                [
                    html.H1(say("suppressions.title", language, n=count(n))),
                    html.P(say("suppressions.lead", language), className="lead"),
                ]
            ),
            className="work-head",
        ),
        html.P(said, className="said", role="status"),
        _handling(shown, language),
        html.Section(html.Div(table, className="scrolls"), className="card"),
    ]


def _handling(shown: Listed | None, language: str) -> html.Section:
    one = shown.suppression if shown else None
    title = say("suppressions.ask", language, id=one.id, subject=one.subject_display) if one else ""
    return html.Section(
        [
            dcc.Store(id="suppression-one", data=one.id if one else None),
            html.H2(title),
            html.P(one.reason if one else "", className="asked"),
            html.P(say("suppressions.lift_why", language), className="muted"),
            html.Div(
                [
                    html.Button(
                        say("suppressions.keep", language),
                        id="suppression-keep",
                        type="button",
                        className="button-main",
                    ),
                    html.Button(
                        say("suppressions.lift", language), id="suppression-lift", type="button", className="button"
                    ),
                ],
                className="buttons",
            ),
        ],
        className="card looked",
        hidden=one is None,
    )


def _table(found: list[Listed], called: dict[str, str], language: str) -> html.Table:
    styles = {"withheld": "number"}
    heads = [
        html.Th(say(f"suppressions.column_{name}", language), scope="col", className=styles.get(name, ""))
        for name in _COLUMNS
    ]
    rows = [html.Tr(_cells(one, called, language), className="" if one.days_left else "muted") for one in found]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed")


def _cells(found: Listed, called: dict[str, str], language: str) -> list[html.Td]:
    one = found.suppression
    origin = say("suppressions.alert", language, id=one.alert_id)
    rule = html.Span(one.rule or say("suppressions.every_rule", language), className="muted small")
    return [
        html.Td([one.subject_display, html.Br(), dcc.Link(origin, href=f"/alert/{one.alert_id}")])
        if one.alert_id
        else html.Td(one.subject_display),
        html.Td([one.source, html.Br(), rule]),
        html.Td(one.reason),
        html.Td(called.get(one.owner, one.owner)),
        html.Td(called.get(one.approved_by, one.approved_by)),
        html.Td([str(one.until_on), html.Br(), _standing(found, called, language)]),
        html.Td(count(one.n_withheld), className="number"),
        html.Td(
            dcc.Link(say("suppressions.choose", language), href=f"/suppressions?one={one.id}", className="button")
            if found.days_left
            else None
        ),
    ]  # fmt: skip


def _standing(found: Listed, called: dict[str, str], language: str) -> html.Span:
    one = found.suppression
    if one.lifted_by:
        words = say("suppressions.lifted", language, name=called.get(one.lifted_by, one.lifted_by))
        return html.Span(words, className="small")
    if not found.days_left:
        return html.Span(say("suppressions.over", language), className="small")
    if found.to_review:
        return html.Span(say("suppressions.to_review", language), className="late-note small")
    return html.Span(say("suppressions.left", language, n=count(found.days_left)), className="muted small")


def handled(number: object, deed: str, language: str) -> list[Any]:
    """Lift a suppression, or put on record that it still holds; the page as it then is."""
    if not isinstance(number, int):
        raise NotFound("There is no such suppression. Choose one from the list.", "没有这条免报，请从清单中选择。")
    done = lift if deed == "lift" else review
    with visitor.acting() as session:
        done(session, number, visitor.visitor(), at=utc_now())
    return body(
        language, said=say("suppressions.lifted_said" if deed == "lift" else "suppressions.kept_said", language)
    )


def register(app: Dash) -> None:
    """File the page and answer its two buttons."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path="/suppressions", layout=layout, title="明镜 · 免报清单"
    )

    @app.callback(
        Output("suppression-body", "children"),
        Output("suppression-refused", "children"),
        Input("suppression-keep", "n_clicks"),
        Input("suppression-lift", "n_clicks"),
        State("suppression-one", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(n_keep: int | None, n_lift: int | None, one: object, lang: str) -> Any:
        language, pressed = shell.language_of(lang), dash.ctx.triggered_id
        if not (n_keep or n_lift):
            return no_update, no_update
        try:
            return handled(one, "lift" if pressed == "suppression-lift" else "keep", language), ""
        except MingjingError as error:
            return no_update, error.words(language)

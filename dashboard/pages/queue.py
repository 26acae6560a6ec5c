"""The queue: what do I verify next?"""

from dataclasses import replace
from typing import Any

import dash
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import shell
from dashboard.aria import labelled
from dashboard.filters import filters
from dashboard.formats import count, local
from dashboard.preview import empty_preview, preview
from dashboard.queue_grid import BLOCK, grid, row
from dashboard.words import say
from data.database import reading
from data.dossier import dossier
from data.errors import InputRefused, NotFound
from data.facets import Facets, facets
from data.office_time import utc_now
from data.queue import ORDERS, Filter, address, alert_number, next_alert, order_of, page, total
from data.scopes import find_scope
from data.tables import SupervisionModel


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """The queue as its address says; an address that is not understood says so and offers the whole queue."""
    language = shell.language_of(lang)
    today = local(utc_now()).date()
    try:
        wanted, order = Filter.of(query), order_of(query)
        if wanted.region:
            with reading() as session:
                find_scope(session, wanted.region)
    except InputRefused as error:
        return shell.frame("queue", language, _refused(say("queue.bad_address_do", language, error=error), language))
    except NotFound:
        no_place = say("queue.no_place", language, code=query["region"])
        return shell.frame("queue", language, _refused(no_place, language))
    with reading() as session:
        shown = facets(session, wanted, today=today)
        n = total(session, wanted, today=today)
        chosen = next_alert(session, wanted, today=today)
    return shell.frame("queue", language, _body(shown, wanted, order, n, chosen, language))


def _refused(sentence: str, language: str) -> html.Div:
    return html.Div(
        [
            html.H1(say("queue.bad_address", language)),
            html.P(sentence),
            html.A(say("queue.clear", language), href="/queue", className="button-main"),
        ],
        className="card message",
    )


def _body(shown: Facets, wanted: Filter, order: str, n: int, chosen: int | None, language: str) -> html.Div:
    middle = grid(language) if n else _empty(wanted, language)
    return html.Div(
        [
            dcc.Location(id="queue-address", refresh="callback-nav"),
            dcc.Store(id="queue-view", data={"query": wanted.query(), "order": order}),
            html.Aside(
                filters(shown, wanted, order, language),
                className="queue-left",
                **labelled(say("queue.filters", language)),
            ),
            html.Section(
                [_bar(shown, wanted, order, n, chosen, language), html.Div(middle, className="queue-rows")],
                className="queue-middle",
            ),
            html.Aside(
                html.Div(empty_preview(language), id="queue-preview", className="queue-preview"),
                className="queue-right",
                **labelled(say("queue.preview", language)),

            ),
            _help(language),
        ],
        id="queue",
        className="queue",
    )  # fmt: skip


def _bar(shown: Facets, wanted: Filter, order: str, n: int, chosen: int | None, language: str) -> html.Div:
    """Above the list: how many, in which order, the search, and the one big button."""
    overdue = next((c.n for c in shown.due if c.code == "overdue"), 0) if wanted.due is None else 0
    late = html.Span(say("queue.overdue_of", language, n=count(overdue)), className="late-note") if overdue else None
    return html.Div(
        [
            html.Div(
                [
                    html.H1(say("queue.title", language)),
                    html.P(
                        [
                            html.Span(say("queue.shown", language, n=count(n)), id="queue-total"),
                            late,
                        ],
                        className="queue-count",
                    ),
                ],
                className="queue-heading",
            ),
            dcc.Input(
                id="queue-search", type="search", value=wanted.q, debounce=True, className="field",
                placeholder=say("queue.search", language),
            ),
            _orders(wanted, order, language),
            html.Button("?", id="queue-keys", type="button", className="button", title=say("queue.help", language)),
            _next_button(wanted, order, chosen, language),
        ],
        className="queue-bar",
    )  # fmt: skip


def _orders(wanted: Filter, order: str, language: str) -> html.Div:
    return html.Div(
        [
            dcc.Link(
                say(f"queue.order_{name}", language),
                href=f"/queue{address(wanted, name)}",
                title=say(f"queue.order_{name}_why", language),
                className="segment" + (" segment-here" if name == order else ""),
            )
            for name in ORDERS
        ],
        className="segments",
        role="group",
        **labelled(say("queue.order", language)),
    )


def _next_button(wanted: Filter, order: str, chosen: int | None, language: str) -> Any:
    if chosen is None:
        return html.Span(say("queue.none_left", language), className="button-main big disabled")
    return dcc.Link(
        [say("queue.next", language), html.Kbd("n")],
        id="queue-next",
        href=f"/alert/{chosen}{address(wanted, order)}",
        title=say("queue.next_key", language),
        className="button-main big",
    )


def _empty(wanted: Filter, language: str) -> html.Div:
    filtered = wanted != Filter()
    return html.Div(
        [
            html.H2(say("queue.empty_title", language)),
            html.P(say("queue.empty_filtered" if filtered else "queue.empty_all", language), className="muted"),
            dcc.Link(say("queue.clear", language), href="/queue", className="button")
            if filtered
            else dcc.Link(say("queue.see_held", language), href="/queue?status=held", className="button"),
        ],
        className="queue-empty",
        id="queue-empty",
    )


def _help(language: str) -> html.Dialog:
    keys = (("j  k", "move"), ("Enter", "open"), ("/", "search"), ("n  t", "next"), ("?", "help"))
    lines = [
        part
        for key, name in keys
        for part in (
            html.Dt([html.Kbd(k) for k in key.split()]),
            html.Dd(say(f"queue.help_{name}", language)),
        )
    ]
    return html.Dialog(
        [
            html.H2(say("queue.help", language)),
            html.Dl(lines, className="keys"),
            html.P(say("queue.help_score", language), className="muted small"),
            html.Button(say("queue.help_close", language), id="queue-keys-close", type="button", className="button"),
        ],
        id="queue-help",
        className="help",
    )


def _names(session: Session, language: str) -> dict[str, str]:
    name = SupervisionModel.name if language == "zh" else SupervisionModel.name_en
    return dict(session.execute(select(SupervisionModel.code, name)).all())


def _viewed(view: object) -> tuple[Filter, str]:
    """The filter and order of a view as the page keeps it. Raises InputRefused for what is none."""
    query = view.get("query") if isinstance(view, dict) else None
    if not isinstance(query, dict):
        raise InputRefused("The view of the queue is not whole; expected a filter and an order. Reload the queue.")
    return Filter.of(query), order_of(view)  # type: ignore[arg-type]


def _asked(request: object) -> tuple[int, int]:
    """First row and the row after the last one asked for, a grid's block at most."""
    start, end = (request.get(key) if isinstance(request, dict) else None for key in ("startRow", "endRow"))
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start <= end < 10**9):
        raise InputRefused(
            "Rows of the queue are asked for by startRow and endRow; expected numbers. Reload the queue."
        )
    return start, min(end, start + BLOCK)


def rows(request: object, view: object, language: str) -> dict[str, Any]:
    """What the grid asked for: rows [startRow, endRow) of the view, and how many there are in all.

    Raises InputRefused for rows or a view that no page asks for.
    """
    (wanted, order), (start, end), now = _viewed(view), _asked(request), utc_now()
    today = local(now).date()
    with reading() as session:
        found, n = page(session, wanted, order=order, start=start, end=end, today=today)
        names = _names(session, language)
    drawn = [
        row(one, language, now=now, today=today, names=names, wanted=wanted, order=order) for one in found
    ]  # fmt: skip
    return {"rowData": drawn, "rowCount": n}


def shown_beside(chosen: list[dict[str, str]], language: str) -> html.Div:
    """The preview of the chosen row."""
    if not chosen:
        return empty_preview(language)
    try:
        with reading() as session:
            found = dossier(session, alert_number(chosen[0]["id"]))
            return preview(found, language, today=local(utc_now()).date(), href=chosen[0]["href"])
    except (NotFound, ValueError):
        return empty_preview(language, "queue.preview_gone")


def register(app: Dash) -> None:
    """File the queue and answer its grid, its preview and its search."""
    dash.register_page(__name__, path="/queue", layout=layout, title="明镜 · 核查队列")  # type: ignore[no-untyped-call]

    @app.callback(
        Output("queue-grid", "getRowsResponse"),
        Input("queue-grid", "getRowsRequest"),
        State("queue-view", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(request: object, view: object, language: str) -> Any:
        return rows(request, view, shell.language_of(language)) if request else no_update

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("queue", "choose_first"),
        Output("queue-grid", "className"),
        Input("queue-grid", "id"),
    )

    @app.callback(
        Output("queue-preview", "children"),
        Input("queue-grid", "selectedRows"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _preview(chosen: list[dict[str, str]] | None, language: str) -> Any:
        return shown_beside(chosen or [], shell.language_of(language))

    @app.callback(
        Output("queue-address", "href"),
        Input("queue-search", "value"),
        State("queue-view", "data"),
        prevent_initial_call=True,
    )
    def _search(words: str | None, view: object) -> Any:
        before, order = _viewed(view)
        wanted = replace(before, q=Filter.of({"q": words or ""}).q)
        return no_update if wanted == before else f"/queue{address(wanted, order)}"

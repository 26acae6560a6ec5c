"""The queue: what do I verify next?"""

from dataclasses import dataclass, replace
from typing import Any

import dash
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import bulk, shell, visitor
from dashboard.aria import labelled
from dashboard.due import calendar_note
from dashboard.filters import filters
from dashboard.formats import count, local
from dashboard.preview import empty_preview, preview
from dashboard.queue_grid import BLOCK, Called, grid, row
from dashboard.words import say
from data import actors, dispatch
from data.dossier import dossier
from data.errors import InputRefused, NotFound
from data.facets import Facets, facets
from data.office_time import utc_now
from data.order_choice import in_force, worth
from data.orders import NAMED
from data.queue import IN_FORCE, Filter, Listed, address, alert_number, latest_due, next_alert, order_of, page, total
from data.scopes import find_scope
from data.tables import SupervisionModel, Unit
from data.watch import saw

RIGHT = "see"
LISTS = True


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """The queue as its address says; an address that is not understood says so and offers the whole queue."""
    language = shell.language_of(lang)
    today = local(utc_now()).date()
    try:
        wanted, order = Filter.of(query), order_of(query)
        if wanted.region:
            with visitor.seen() as session:
                find_scope(session, wanted.region)
    except InputRefused as error:
        why = say("queue.bad_address_do", language, error=error.words(language))
        return shell.frame("queue", language, _refused(why, language))
    except NotFound:
        no_place = say("queue.no_place", language, code=query["region"])
        return shell.frame("queue", language, _refused(no_place, language))
    with visitor.seen() as session:
        shown = _Shown(
            facets(session, wanted, today=today),
            wanted,
            order,
            working_order(session),
            total(session, wanted, today=today),
            next_alert(session, wanted, today=today) is not None,
            calendar_note(latest_due(session, wanted, today=today), today, language),
        )
    return shell.frame("queue", language, _body(shown, language))


@dataclass(frozen=True)
class _Shown:
    """What the page shows around the list."""

    facets: Facets
    wanted: Filter
    order: str
    works_by: str
    """The named order in force for the visitor."""
    n: int
    any_free: bool
    note: str
    """What the due dates do not know yet."""


def _refused(sentence: str, language: str) -> html.Div:
    return html.Div(
        [
            html.H1(say("queue.bad_address", language)),
            html.P(sentence),
            html.A(say("queue.clear", language), href="/queue", className="button-main"),
        ],
        className="card message",
    )


def _body(shown: _Shown, language: str) -> html.Div:
    middle = grid(language, several=bool(bulk.allowed())) if shown.n else _empty(shown.wanted, language)
    return html.Div(
        [
            dcc.Location(id="queue-address", refresh="callback-nav"),
            dcc.Store(id="queue-view", data={"query": shown.wanted.query(), "order": shown.order}),
            html.Aside(
                filters(shown.facets, shown.wanted, shown.order, language),
                className="queue-left",
                **labelled(say("queue.filters", language)),
            ),
            html.Section(
                [
                    _bar(shown, language),
                    bulk.bar(language),
                    html.P(shown.note, className="queue-note") if shown.note else None,
                    html.Div(middle, className="queue-rows"),
                ],
                className="queue-middle",
            ),
            html.Aside(
                html.Div(empty_preview(language), id="queue-preview", className="queue-preview"),
                className="queue-right",
                **labelled(say("queue.preview", language)),
            ),
            bulk.dialog(),
            _help(language),
        ],
        id="queue",
        className="queue",
    )


def _bar(shown: _Shown, language: str) -> html.Div:
    """Above the list: how many, in which order, the search, and the one big button."""
    wanted, due = shown.wanted, shown.facets.due
    overdue = next((c.n for c in due if c.code == "overdue"), 0) if wanted.due is None else 0
    late = html.Span(say("queue.overdue_of", language, n=count(overdue)), className="late-note") if overdue else None
    return html.Div(
        [
            html.Div(
                [
                    html.H1(say("queue.title", language)),
                    html.P(
                        [html.Span(say("queue.shown", language, n=count(shown.n)), id="queue-total"), late],
                        className="queue-count",
                    ),
                ],
                className="queue-heading",
            ),
            dcc.Input(
                id="queue-search", type="search", value=wanted.q, debounce=True, className="field",
                placeholder=say("queue.search", language),
            ),
            _orders(shown, language),
            html.Button("?", id="queue-keys", type="button", className="button", title=say("queue.help", language)),
            _next_button(shown.any_free, language),
        ],
        className="queue-bar",
    )  # fmt: skip


def working_order(session: Session) -> str:
    """Code of the named order in force for the visitor: of the one unit they verify for, else of the office."""
    units = visitor.visitor().units("verify")
    return in_force(session).of(min(units) if len(units) == 1 else None).order


def _orders(shown: _Shown, language: str) -> html.Div:
    """The order in force, marked as such, and the others to look at."""
    here = shown.works_by if shown.order == IN_FORCE else shown.order
    links = [
        dcc.Link(
            [NAMED[name].called(language), html.Span(say("queue.order_used", language), className="segment-used")]
            if name == shown.works_by
            else NAMED[name].called(language),
            href=f"/queue{address(shown.wanted, IN_FORCE if name == shown.works_by else name)}",
            title=_means(name, name == shown.works_by, language),
            className="segment" + (" segment-here" if name == here else ""),
        )
        for name in sorted(NAMED, key=lambda name: name != shown.works_by)
    ]
    return html.Div(links, className="segments", role="group", **labelled(say("queue.order", language)))


def _means(name: str, used: bool, language: str) -> str:
    """What an order maximises and gives up, and whether it is in force or only to look at."""
    return "\n".join([*NAMED[name].sentences(language), say(f"queue.order_{'force' if used else 'look'}", language)])


def _next_button(any_free: bool, language: str) -> Any:
    """The one big button, for those who verify."""
    if not visitor.permitted("verify"):
        return None
    return html.Div(
        [
            html.Button(
                [say("queue.next", language), html.Kbd("n")],
                id="queue-next",
                type="button",
                title=say("queue.next_key", language),
                className="button-main big",
                disabled=not any_free,
            ),
            html.Span(
                "" if any_free else say("queue.none_left", language),
                id="queue-none",
                className="queue-none",
                role="status",
            ),
        ],
        className="queue-take",
    )


def take_next(view: object, language: str) -> tuple[str | None, str]:
    """Take the highest-ranked free alert of the view.

    Returns: its address and nothing, or None and why there is none.
    """
    wanted, order = _viewed(view)
    with visitor.acting() as session:
        taken = dispatch.take_next(session, visitor.visitor(), wanted, at=utc_now())
    if taken is None:
        return None, say("queue.none_left", language)
    return f"/alert/{taken}{address(wanted, order)}", ""


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


def _called(session: Session, rows: list[Listed], language: str) -> Called:
    model = SupervisionModel.name if language == "zh" else SupervisionModel.name_en
    unit = Unit.name if language == "zh" else Unit.name_en
    units = {one.unit_code for one in rows if one.unit_code}
    return Called(
        models=dict(session.execute(select(SupervisionModel.code, model)).all()),
        people=actors.names(session, {one.assignee for one in rows}, language=language),
        units=dict(session.execute(select(Unit.code, unit).where(Unit.code.in_(units))).all()),
    )


def _viewed(view: object) -> tuple[Filter, str]:
    """The filter and order of a view as the page keeps it. Raises InputRefused for what is none."""
    query = view.get("query") if isinstance(view, dict) else None
    if not isinstance(query, dict):
        raise InputRefused(
            "The view of the queue is not whole; expected a filter and an order. Reload the queue.",
            "队列的视图不完整，请刷新队列。",
        )
    return Filter.of(query), order_of(view)  # type: ignore[arg-type]


def _asked(request: object) -> tuple[int, int]:
    """First row and the row after the last one asked for, a grid's block at most."""
    start, end = (request.get(key) if isinstance(request, dict) else None for key in ("startRow", "endRow"))
    if not (isinstance(start, int) and isinstance(end, int) and 0 <= start <= end < 10**9):
        raise InputRefused(
            "Rows of the queue are asked for by startRow and endRow; expected numbers. Reload the queue.",
            "队列的行号应为数字，请刷新队列。",
        )
    return start, min(end, start + BLOCK)


def rows(request: object, view: object, language: str) -> dict[str, Any]:
    """What the grid asked for: rows [startRow, endRow) of the view, and how many there are in all.

    Raises InputRefused for rows or a view that no page asks for.
    """
    (wanted, order), (start, end), now = _viewed(view), _asked(request), utc_now()
    today = local(now).date()
    with visitor.seen() as session:
        counts = worth(session) if order == "mixed" else 0.0
        found, n = page(session, wanted, order=order, start=start, end=end, today=today, worth=counts)
        called = _called(session, found, language)
    drawn = [row(one, language, now=now, today=today, called=called, wanted=wanted, order=order) for one in found]
    return {"rowData": drawn, "rowCount": n}


def shown_beside(chosen: list[dict[str, str]], language: str) -> html.Div:
    """The preview of the row that was chosen first."""
    if not chosen:
        return empty_preview(language)
    try:
        with visitor.seen() as session:
            found = dossier(session, alert_number(chosen[0]["id"]))
            drawn = preview(found, language, today=local(utc_now()).date(), href=chosen[0]["href"])
    except (NotFound, ValueError):
        return empty_preview(language, "queue.preview_gone")
    saw(visitor.visitor(), found.alert.id, at=utc_now())
    return drawn


def register(app: Dash) -> None:
    """File the queue and answer its grid, its preview and its search."""
    dash.register_page(__name__, path="/queue", layout=layout, title="明镜 · 核查队列")  # type: ignore[no-untyped-call]
    bulk.register(app)

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
        Output("queue-bulk", "hidden"),
        Output("queue-bulk-n", "children"),
        Input("queue-grid", "selectedRows"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _preview(chosen: list[dict[str, str]] | None, language: str) -> Any:
        rows, spoken = chosen or [], shell.language_of(language)
        return shown_beside(rows, spoken), not rows, say("queue.bulk_chosen", spoken, n=len(rows))

    @app.callback(
        Output("queue-address", "href", allow_duplicate=True),
        Output("queue-none", "children"),
        Input("queue-next", "n_clicks"),
        State("queue-view", "data"),
        State("language", "data"),
        prevent_initial_call=True,
        running=[(Output("queue-next", "disabled"), True, False)],
    )
    def _take(clicks: int | None, view: object, language: str) -> Any:
        if not clicks:
            return no_update, no_update
        href, why = take_next(view, shell.language_of(language))
        return href or no_update, why

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

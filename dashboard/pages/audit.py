"""The audit: who did or saw what, and does the chain hold?"""

import base64
from typing import Any
from urllib.parse import urlencode

import dash
from dash import Dash, Input, Output, State, dcc, html, no_update

from dashboard import shell, visitor
from dashboard.aria import labelled
from dashboard.audit_words import done_words, said_words
from dashboard.formats import count, local
from dashboard.words import say
from data import audit, audit_balance
from data.actors import names
from data.audit_search import PAGE, Wanted, said_of, search, taken_out
from data.errors import MingjingError
from data.office_time import utc_now
from data.record_tables import AuditEntry

RIGHT = "audit"
_FIELDS = ("actor", "action", "about", "first", "last")
_COLUMNS = ("number", "at", "actor", "action", "about", "result", "address", "detail")
_LONG = 40
"""Characters of an object's name from which it is shown shortened."""
_PRESETS = {
    "all": Wanted(),
    "looks": Wanted(action="alert.seen"),
    "unmask": Wanted(action="identity."),
    "refused": Wanted(action="account.refused"),
    "watch": Wanted(action="watch."),
    "grants": Wanted(action="account."),
}
"""Searches that an audit administrator makes every day."""


def layout(lang: str | None = None, before: str = "", **query: Any) -> html.Div:
    """The entries the address asks for, the newest first."""
    language, wanted = shell.language_of(lang), Wanted.of(query)
    page = int(before) if before.isascii() and before.isdecimal() and len(before) <= 12 else None
    with visitor.acting() as session:
        found, n = search(session, visitor.visitor(), wanted, at=utc_now(), before=page)
        called = names(session, {entry.actor for entry in found}, language=language)
        content = _body(found, n, called, wanted, page, language)
    return shell.frame("audit", language, content)


def _body(
    found: list[AuditEntry], n: int, called: dict[str, str], wanted: Wanted, page: int | None, language: str
) -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H1(say("audit.title", language)),
                            html.P(say("audit.lead", language, n=count(n)), className="lead"),
                        ]
                    ),
                    html.Div(
                        [
                            html.Button(
                                say("audit.export", language), id="audit-export", type="button", className="button"
                            ),
                            html.Button(
                                say("audit.verify", language), id="audit-verify", type="button",
                                className="button-main big",
                            ),
                        ],
                        className="buttons",
                    ),
                ],
                className="work-head",
            ),
            dcc.Loading(html.P(id="audit-said", role="status", className="said"), delay_show=300),
            dcc.Download(id="audit-file"),
            dcc.Store(id="audit-wanted", data={name: getattr(wanted, name) for name in _FIELDS}),
            _presets(wanted, language),
            _form(wanted, language),
            html.Section(html.Div(_table(found, called, language), className="scrolls"), className="card"),
            _turning(found, n, wanted, page, language),
        ],
        className="work",
    )  # fmt: skip


def _presets(wanted: Wanted, language: str) -> html.Div:
    links = [
        dcc.Link(
            say(f"audit.preset_{name}", language),
            href=_address(one),
            className="segment" + (" segment-here" if one == wanted else ""),
        )
        for name, one in _PRESETS.items()
    ]
    return html.Div(links, className="segments", role="group", **labelled(say("audit.search", language)))


def _address(wanted: Wanted, **more: object) -> str:
    said = {name: value for name in _FIELDS if (value := getattr(wanted, name))} | more
    return f"/audit?{urlencode(said)}" if said else "/audit"


def _form(wanted: Wanted, language: str) -> html.Form:
    fields = [
        html.Label(
            [
                say(f"audit.{name}", language),
                dcc.Input(
                    name=name,
                    id=f"audit-{name}",
                    type="date" if name in ("first", "last") else "text",  # type: ignore[arg-type]
                    value=getattr(wanted, name),
                    className="field",
                ),
            ]
        )
        for name in _FIELDS
    ]
    search_button = html.Button(say("audit.search", language), type="submit", className="button")
    return html.Form([*fields, search_button], action="/audit", className="search-form")


def _table(found: list[AuditEntry], called: dict[str, str], language: str) -> Any:
    if not found:
        return html.P(say("audit.nothing", language), className="muted")
    heads = [html.Th(say(f"audit.column_{name}", language), scope="col") for name in _COLUMNS]
    rows = [html.Tr(_cells(entry, called, language)) for entry in found]
    return html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows audit-rows")


def _cells(entry: AuditEntry, called: dict[str, str], language: str) -> list[html.Td]:
    name = called.get(entry.actor, entry.actor)
    done = done_words(entry.action, language)
    refused = entry.result == "refused"
    return [
        html.Td(count(entry.number), className="number muted"),
        html.Td(f"{local(entry.at):%Y-%m-%d %H:%M:%S}", className="no-wrap"),
        html.Td([name, html.Span(f" {entry.actor}", className="muted small") if name != entry.actor else None]),
        html.Td([done, html.Div(entry.action, className="muted small") if done != entry.action else None],
                className="no-wrap"),
        html.Td(_about(entry), className="no-wrap", title=entry.object_id),
        html.Td(say(f"audit.{entry.result}", language), className="late-note" if refused else ""),
        html.Td(entry.address, className="muted"),
        html.Td(said_words(said_of(entry), entry.action, language), className="audit-detail"),
    ]  # fmt: skip


def _about(entry: AuditEntry) -> str:
    """What an entry is about; of a keyed hash its beginning, the whole stands in the title and in the export."""
    name = entry.object_id
    return f"{entry.object_kind} {name[:12] + '…' if len(name) > _LONG else name}".strip()


def _turning(found: list[AuditEntry], n: int, wanted: Wanted, page: int | None, language: str) -> html.Div:
    older = len(found) == PAGE and n > PAGE
    return html.Div(
        [
            dcc.Link(say("audit.newest", language), href=_address(wanted), className="button") if page else None,
            dcc.Link(say("audit.older", language), href=_address(wanted, before=found[-1].number), className="button")
            if older
            else None,
        ],
        className="buttons",
    )


def verified(language: str) -> str:
    """Walk the chain; in words whether it holds, or its first broken link. The walk is put on record."""
    try:
        with visitor.acting() as session:
            found = audit.verify(session)
            audit_balance.weigh(session)
            audit.note(session, visitor.visitor().code, "audit.verified", "audit", detail={"n": found.n})
    except MingjingError as error:
        return error.words(language)
    return say("audit.holds", language, n=count(found.n), seal=f"{found.n}:{found.seal}")


def exported(query: object) -> bytes:
    """What matches as XLSX. Raises InputRefused for more than one export may carry."""
    # Loaded for an export only: the pages start without pandas.
    from data.tabular_export import as_xlsx

    wanted = Wanted.of(query if isinstance(query, dict) else {})
    with visitor.acting() as session:
        found = taken_out(session, visitor.visitor(), wanted, at=utc_now())
        return as_xlsx(_SEALED, [[getattr(entry, name) for name in _SEALED] for entry in found])


_SEALED = tuple(column.name for column in AuditEntry.__table__.columns)


def register(app: Dash) -> None:
    """File the page and answer its two buttons."""
    dash.register_page(__name__, path="/audit", layout=layout, title="明镜 · 审计")  # type: ignore[no-untyped-call]

    @app.callback(
        Output("audit-said", "children"),
        Input("audit-verify", "n_clicks"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _verify(n_clicks: int | None, language: str) -> Any:
        return verified(shell.language_of(language)) if n_clicks else no_update

    @app.callback(
        Output("audit-file", "data"),
        Input("audit-export", "n_clicks"),
        State("audit-wanted", "data"),
        prevent_initial_call=True,
    )
    def _export(n_clicks: int | None, wanted: object) -> Any:
        if not n_clicks:
            return no_update
        coded = base64.b64encode(exported(wanted)).decode("ascii")
        return {"content": coded, "filename": f"audit_{local(utc_now()):%Y%m%d}.xlsx", "base64": True}

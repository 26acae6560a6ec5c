"""One register: what it holds on what ground, who reads which column, how it came, and what its supplier is asked."""

from collections.abc import Sequence
from typing import Any

import dash
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from sqlalchemy.orm import Session

from dashboard import shell, visitor
from dashboard.formats import NOTHING, count, day, local, minute
from dashboard.pages.registers import heads, level_mark, score_cells
from dashboard.posted import Posted
from dashboard.register_calendar import calendar_table, legend
from dashboard.words import column_words, say
from data import corrections
from data.column_kinds import KINDS, kind_of, level_of
from data.errors import MingjingError
from data.office_time import utc_now
from data.register_calendar import calendar
from data.register_catalogue import Register, find_register
from data.register_ledger import Listed, ledger, versions
from data.register_usage import usage
from data.suppliers import scorecards
from data.tables import CorrectionTicket

RIGHT = ("registers", "approve_models", "assess")
_COLUMNS = ("column", "code", "type", "level", "read_by")
_VERSIONS = ("version", "came", "rows", "refused", "failed", "lag", "ground")
_SCORES = ("supplier", "registers", "late", "wrong", "lag", "tickets")


def layout(code: str = "", lang: str | None = None, **_query: Any) -> html.Div:
    """The page of one register. Raises RegisterRefused where there is none of that name."""
    language = shell.language_of(lang)
    content = html.Div(
        [
            dcc.Store(id="register-code", data=code),
            html.P(id="register-refused", className="error", role="alert"),
            html.Div(body(code, language), id="register-body", className="work"),
        ]
    )
    return shell.frame("registers", language, content)


def body(code: str, language: str, *, said: str = "") -> list[Any]:
    """The page below the header. `said`: what was just done."""
    today = local(utc_now()).date()
    with visitor.seen() as session:
        register = find_register(session, code)
        listed = next(one for one in ledger(session, usage(session)) if one.register.code == code)
        strips = calendar(session, [register], today=today)
        cards = scorecards(session, strips, register=code)
        filed = _versions(session, code, language)
        tickets = _tickets(session, listed, language)
    scores = [html.Tr([html.Th(card.supplier, scope="row"), *score_cells(card, language)]) for card in cards]
    return [
        _head(register, listed, language),
        html.P(said, className="said", role="status"),
        _card("calendar", html.Div([legend(language), calendar_table(strips, language)]), language) if strips else None,
        _card("columns", _columns(listed, language), language),
        _card("versions", filed, language),
        _card(
            "suppliers",
            html.Table([heads(_SCORES, language), html.Tbody(scores)], className="assessed registers-table"),
            language,
        )
        if scores
        else None,
        _card("tickets", tickets, language),
    ]


def _card(title: str, content: Any, language: str) -> html.Section:
    return html.Section(
        [html.H2(say(f"registers.{title}", language)), html.Div(content, className="scrolls")], className="card"
    )


def _head(register: Register, listed: Listed, language: str) -> html.Div:
    name, last = register.name if language == "zh" else register.name_en, listed.last
    rhythm = say(f"registers.every_{register.expected_every}", language, n=register.expected_by)
    lead = f"{register.code} · {last.supplier if last else register.supplier} · {rhythm}"
    ground = (
        say("registers.on_ground", language, basis=last.legal_basis or NOTHING, use=last.purpose or NOTHING)
        if last
        else ""
    )
    button = dcc.Link(
        say("registers.import_new", language),
        href=f"/register-import?register={register.code}",
        className="button-main big",
    )
    return html.Div(
        [
            html.Div([html.H1(name), html.P(lead, className="lead"), html.P(ground, className="muted")]),
            html.Div(
                [
                    dcc.Link(say("registers.back", language), href="/registers", className="button"),
                    button if visitor.permitted("registers") else None,
                ],
                className="buttons",
            ),
        ],
        className="work-head",
    )


def _columns(listed: Listed, language: str) -> html.Table:
    rows = []
    for column in listed.register.columns.values():
        kind = kind_of(column)
        kinds = KINDS.get(kind, ("", ""))[0 if language == "zh" else 1]
        words = say(f"registers.type_{column.type}", language) + (f" · {kinds}" if kinds else "")
        key = say("registers.key", language) if column.name in listed.register.key else ""
        codes = listed.used.get(column.name, ())
        unused = (
            html.Span(say("registers.drop", language), className="admin-amber") if column.name in listed.unused else key
        )
        rows.append(
            html.Tr(
                [
                    html.Th(column_words(column.name, column.label, language), scope="row"),
                    html.Td(html.Code(column.name)),
                    html.Td(words),
                    html.Td(level_mark(level_of(column), language)),
                    html.Td("、".join(codes) if codes else unused or NOTHING),
                ]
            )
        )
    return html.Table([heads(_COLUMNS, language), html.Tbody(rows)], className="assessed registers-table")


def _versions(session: Session, code: str, language: str) -> Any:
    found = versions(session, code)
    if not found:
        return html.P(say("registers.versions_none", language), className="muted")
    rows = [
        html.Tr(
            [
                html.Th(
                    [one.version, html.Span(say("registers.replaced_before", language), className="muted small")]
                    if one.replaces
                    else one.version,
                    scope="row",
                    className="two-lines" if one.replaces else "",
                ),
                html.Td(minute(one.received_at)),
                html.Td(count(one.n_rows), className="number"),
                html.Td(count(one.n_refused), className="number"),
                html.Td(count(quality.n_failed) if quality else NOTHING, className="number"),
                html.Td(
                    say("registers.days", language, n=f"{quality.lag_days:,.0f}")
                    if quality and quality.lag_days is not None
                    else NOTHING,
                    className="number",
                ),
                html.Td(
                    [html.Span(one.legal_basis or NOTHING), html.Span(one.purpose, className="muted small")],
                    className="two-lines",
                ),
            ]
        )
        for one, quality in found
    ]
    return html.Table([heads(_VERSIONS, language), html.Tbody(rows)], className="assessed registers-table")


def _tickets(session: Session, listed: Listed, language: str) -> list[Any]:
    keeps, code = visitor.permitted("registers"), listed.register.code
    tickets = corrections.of_register(session, code)
    asks = _to_ask(session, listed, language) if keeps else []
    if not asks and not tickets:
        return [html.P(say("registers.tickets_none", language), className="muted")]
    return [*asks, *(_ticket(session, ticket, language, keeps=keeps) for ticket in tickets)]


def _to_ask(session: Session, listed: Listed, language: str) -> list[html.Div]:
    """What the supplier can be asked about: refused rows and failed checks of a version, alerts from wrong data."""
    register = listed.register
    supplier = listed.last.supplier if listed.last else register.supplier
    found = [
        (
            one.kind,
            one.filing.id,
            say(
                f"registers.waiting_{one.kind}", language, version=one.filing.version, n=count(one.n_rows),
                supplier=one.filing.supplier,
            ),
        )
        for one in corrections.waiting(session, register.code)
    ]  # fmt: skip
    found += [
        ("alert", alert, say("registers.waiting_alert", language, alert=alert, supplier=supplier))
        for alert in corrections.wrong_data(session, visitor.visitor(), listed.models)
    ]
    return [
        html.Div(
            [
                html.P(words),
                html.Button(
                    say("registers.ask", language),
                    id={"type": "ticket-ask", "kind": kind, "about": about},
                    type="button",
                    className="button",
                ),
            ],
            className="ticket-waiting",
        )
        for kind, about, words in found
    ]


def _ticket(session: Session, ticket: CorrectionTicket, language: str, *, keeps: bool) -> html.Article:
    kind = corrections.KINDS[ticket.kind][0 if language == "zh" else 1]
    state = "closed" if ticket.closed_at else "answered" if ticket.answered_at else "open"
    head = say(
        "registers.ticket_head",
        language,
        id=ticket.id,
        kind=kind,
        n=count(ticket.n_rows),
        asked=day(ticket.asked_at),
        due=ticket.due_on,
    )
    parts: list[Any] = [
        html.H3(
            [head, html.Span(say(f"registers.ticket_{state}", language), className=f"ticket-state ticket-{state}")]
        ),
        html.P(ticket.request, className="wraps"),
    ]
    if ticket.answer:
        parts.append(html.P(say("registers.answered_with", language, answer=ticket.answer), className="wraps"))
    if ticket.closed_at:
        parts.append(html.P(say("registers.closed_with", language, reason=ticket.closing), className="muted wraps"))
    elif keeps:
        since = corrections.filed_since(session, ticket)
        parts.append(_closing(ticket, [(one.id, one.version) for one in since], language))
    return html.Article(parts, className="ticket")


def _closing(ticket: CorrectionTicket, since: Sequence[tuple[int, int]], language: str) -> html.Div:
    options = [{"label": say("registers.version_n", language, n=version), "value": number} for number, version in since]
    return html.Div(
        [
            dcc.Dropdown(
                id={"type": "ticket-version", "one": ticket.id},
                options=options,
                placeholder=say("registers.closing_version", language),
                className="ticket-version",
            ),
            dcc.Input(
                id={"type": "ticket-reason", "one": ticket.id},
                className="field",
                placeholder=say("registers.closing_reason", language),
                autoComplete="off",
            ),
            html.Button(
                say("registers.close", language),
                id={"type": "ticket-close", "one": ticket.id},
                type="button",
                className="button",
            ),
        ],
        className="ticket-closing",
    )


def ask(code: str, kind: object, about: object, language: str) -> list[Any]:
    """Send the supplier a ticket about a version or an alert; the page as it then is. Raises what refuses it."""
    given = Posted({"kind": kind, "about": str(about)})
    wanted, of = given.code("kind"), "alert_id" if given.code("kind") == "alert" else "filing_id"
    request = say(f"registers.request_{wanted}", "zh") if wanted in corrections.KINDS else ""
    with visitor.acting() as session:
        corrections.ask(
            session, visitor.visitor(), at=utc_now(), kind=wanted, register=code,
            request=request, **{of: given.number("about")},
        )  # fmt: skip
    return body(code, language, said=say("registers.asked", language))


def close(code: str, ticket: object, reason: object, filing: object, language: str) -> list[Any]:
    """Close a ticket; the page as it then is. Raises what refuses it."""
    given = Posted({"ticket": str(ticket), "reason": reason, "filing": str(filing or "")})
    with visitor.acting() as session:
        corrections.close(
            session,
            given.number("ticket"),
            visitor.visitor(),
            at=utc_now(),
            reason=given.text("reason"),
            filing_id=given.number("filing") if filing else None,
        )
    return body(code, language, said=say("registers.closed", language))


def _of(values: Sequence[Any], which: Any) -> Any:
    return next((one.get("value") for one in values if one["id"]["one"] == which), None)


def register(app: Dash) -> None:
    """File the page and take what is done on it."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/registers/<code>", layout=layout, title="明镜 · 登记数据"
    )

    @app.callback(
        Output("register-body", "children"),
        Output("register-refused", "children"),
        Input({"type": "ticket-ask", "kind": ALL, "about": ALL}, "n_clicks"),
        Input({"type": "ticket-close", "one": ALL}, "n_clicks"),
        State({"type": "ticket-reason", "one": ALL}, "value"),
        State({"type": "ticket-version", "one": ALL}, "value"),
        State("register-code", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _do(asks: Any, closes: Any, _reasons: Any, _versions: Any, code: str, lang: str) -> Any:
        pressed, language = ctx.triggered_id, shell.language_of(lang)
        if not pressed or not any([*(asks or ()), *(closes or ())]):
            return no_update, no_update
        try:
            if pressed["type"] == "ticket-ask":
                return ask(code, pressed["kind"], pressed["about"], language), ""
            reasons, chosen = ctx.states_list[0], ctx.states_list[1]
            return close(code, pressed["one"], _of(reasons, pressed["one"]), _of(chosen, pressed["one"]), language), ""
        except MingjingError as error:
            return no_update, error.words(language)

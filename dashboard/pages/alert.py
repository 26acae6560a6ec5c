"""The alert: what exactly was compared, what do I ask to see, and what is to be done next?"""

import logging
from dataclasses import dataclass, field
from typing import Any

import dash
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from dashboard import attachment_files, shell, supervision_panel
from dashboard.alert_notices import changed_banner, done_banner, refused_banner
from dashboard.attachment_list import attachments_card
from dashboard.case import Case, read_case
from dashboard.deeds import DEEDS, REFRESHED, UNSEEN, Deed, Done
from dashboard.due import calendar_note, due_lamp
from dashboard.evidence import evidence, timeline
from dashboard.fields import opener
from dashboard.formats import yuan
from dashboard.history import history
from dashboard.inquiry_panel import inquiries_card
from dashboard.loop_bar import loop_bar
from dashboard.next_step import dialogs, next_step
from dashboard.people_concerned import identity_line, people_card
from dashboard.posted import Posted
from dashboard.precedents import cause_list, precedents
from dashboard.verdict import form_words, is_verifier
from dashboard.visitor import acting, seen, visitor
from dashboard.waterfall import score_card
from dashboard.words import say
from data.dossier import Dossier
from data.errors import AlertChanged, InputRefused, MingjingError, NotFound
from data.office_time import utc_now
from data.queue import ORDERS, Filter, address, alert_number, order_of
from data.states import STATES
from data.watch import saw

RIGHT = "see"
LISTS = True
_LOG = logging.getLogger("mingjing.dashboard")
_PRIVATE = ("added", "unmasked")
"""Deeds whose fields are never shown again."""
Kept = tuple[Filter, str]
"""The view of the queue an alert was opened from: its filter and its order."""


@dataclass(frozen=True)
class View:
    """What the page was when a deed was sent, and what is to be said of that deed."""

    number: int
    kept: Kept
    version: int | None = None
    deed: str = ""
    fields: dict[str, object] = field(default_factory=dict)
    refused: MingjingError | None = None
    done: Done | None = None


def layout(alert_id: str | None = None, lang: str | None = None, **query: Any) -> html.Div:
    """One alert; the filter of the queue it was opened from stays in the address."""
    language, kept = shell.language_of(lang), _kept(query)
    try:
        view = View(alert_number(alert_id or ""), kept)
        content = shown(view, language)
    except (ValueError, NotFound):
        return shell.message("alert.gone_title", "alert.gone", language, id=(alert_id or "")[:40])
    wanted, order = kept
    return shell.frame(
        "queue",
        language,
        [
            dcc.Store(id="alert-view", data={"alert": view.number, "query": wanted.query() | {"order": order}}),
            dcc.Store(id="deed"),
            dcc.Location(id="alert-go", refresh="callback-nav"),
            html.Div(content, id="alert-body", className="alert"),
        ],
    )


def _kept(query: object) -> Kept:
    """The view a query asks for; the plain queue where it is not understood."""
    try:
        return (Filter.of(query), order_of(query)) if isinstance(query, dict) else (Filter(), ORDERS[0])
    except InputRefused:
        return Filter(), ORDERS[0]


def shown(view: View, language: str) -> list[Any]:
    """The whole page of an alert below the header, as the visitor sees it now."""
    person, now = visitor(), utc_now()
    with seen() as session:
        drawn = body(read_case(session, view.number, person, language=language, now=now), view)
    saw(person, view.number, at=now)
    return drawn


def body(case: Case, view: View) -> list[Any]:
    """The page of a case: the question on top, what was compared on the left, the next step on the right."""
    language, found = case.language, case.found
    keep = address(*view.kept)
    opened, notice, banner = _said(case, view)
    windows = dialogs(case, opened, notice)
    if opened and not any(getattr(one, "id", "") == f"dialog-{opened}" for one in windows):
        banner = refused_banner(notice)
    why = [score_card(found.score, language, drawn=found.alert.drawn), cause_list(found.known_causes, language)]
    # Beside the form the left has what it is judged by; a short step leaves that room on its own side.
    beside = is_verifier(case)
    left = [
        evidence(found, language),
        timeline(case.alert, language),
        people_card(case),
        attachments_card(case),
        inquiries_card(case),
        html.Div(why, className="score-and-causes") if beside else None,
        _basis(found, language),
        precedents(found, language, keep),
        history(case),
    ]
    step = next_step(case, notice=notice if opened == "" else "")
    right = html.Div([step] if beside else [step, *why], className="alert-step-column" + (" stays" if beside else ""))
    return [
        dcc.Store(id="form-view", data=_form_view(case, view, opened)),
        _top(case, view, keep),
        supervision_panel.banner(case),
        banner,
        html.Div([html.Div(left, className="alert-facts-column"), right], className="alert-columns"),
        html.Div(windows, id="dialogs"),
    ]


def _said(case: Case, view: View) -> tuple[str, str, Any]:
    """Which dialog is opened again, what is said in it or in the panel, and the banner above both."""
    if isinstance(view.refused, AlertChanged):
        private = view.deed in _PRIVATE
        return "", "", changed_banner(case, view.version or 0, {} if private else view.fields, view.deed)
    if view.refused is not None:
        return _dialog_of(view.deed), view.refused.words(case.language), None
    if view.done is not None:
        return "", "", done_banner(case, view.deed, view.done)
    return "", "", None


_IN_PANEL = ("dispatched", "taken", "take_next", "verified", "withdrawn", "returned", "eliminated", "rectified")


def _dialog_of(deed: str) -> str:
    """The dialog a deed is sent from; empty where it stands in the panel."""
    return "" if deed in _IN_PANEL or deed not in DEEDS else deed


def _form_view(case: Case, view: View, opened: str) -> dict[str, Any]:
    """What the browser needs to send a deed, to bring drafts back, and to forget those that were sent."""
    return {
        "alert": case.alert.id,
        "version": case.alert.version,
        "account": case.person.code,
        "form": form_words(case) if is_verifier(case) else None,
        "open": opened,
        "sent": view.deed if view.done is not None else "",
        "verified": view.done is not None and bool(view.done.outcome),
    }


def _top(case: Case, view: View, keep: str) -> html.Div:
    """Where it stands, the question, how urgent it is, and whom and where it concerns."""
    alert, language = case.alert, case.language
    state = STATES[alert.status]
    lamps = [
        shell.level_shape(alert.level, language),
        html.Span(
            state.name if language == "zh" else state.name_en,
            className=f"status status-{alert.status}",
            id="alert-status",
        ),
        due_lamp(alert.due_on, case.today, language) if alert.status != "closed" else None,
        html.Span(calendar_note(alert.due_on, case.today, language), className="late-note small"),
    ]
    identity = view.done.identity if view.done else None
    return html.Div(
        [
            html.Div(
                [
                    dcc.Link(["← ", say("alert.back", language)], href=f"/queue{keep}", id="alert-back"),
                    html.Span(say("alert.number", language, id=alert.id), className="muted"),
                    loop_bar(case),
                ],
                className="alert-crumbs",
            ),
            html.H1(alert.title if language == "zh" else alert.title_en),
            html.Div([*lamps, *_facts(case)], className="alert-facts"),
            identity_line(identity, language),
        ],
        className="alert-top",
    )


def _facts(case: Case) -> list[Any]:
    found, alert, language = case.found, case.alert, case.language
    chinese = language == "zh"
    unmask = opener("unmasked", say("papers.unmask", language)) if case.may("unmask") and _is_personal(case) else None
    facts = (
        ("queue.subject", alert.subject_display, unmask),
        ("queue.place", found.place if chinese else found.place_en, None),
        ("queue.unit", case.unit(alert.unit_code), None),
        ("alert.assignee", case.name(alert.assignee), None),
        ("alert.domain", found.domain if chinese else found.domain_en, None),
        ("queue.model", found.model if chinese else found.model_en, None),
        ("queue.amount", "" if alert.amount is None else say("queue.yuan", language, amount=yuan(alert.amount)), None),
        (
            "queue.recoverable",
            "" if alert.recoverable is None else say("queue.yuan", language, amount=yuan(alert.recoverable)),
            None,
        ),
    )
    return [
        html.Span([html.Span(say(key, language), className="fact-name"), html.Span(value), beside], className="fact")
        for key, value, beside in facts
        if value
    ]


def _is_personal(case: Case) -> bool:
    return case.alert.subject_kind in ("person", "household") or bool(case.found.responsible)


def _basis(found: Dossier, language: str) -> html.Section | None:
    basis, chinese = found.basis, language == "zh"
    lines = [basis.points if chinese else basis.points_en or basis.points]
    lines += [f"{name}：{clause}" if clause else name for name, clause in basis.policies]
    lines = [line for line in lines if line]
    if not lines:
        return None
    return html.Section(
        [html.H2(say("alert.basis", language)), html.Ul([html.Li(line) for line in lines], className="basis")],
        className="card",
    )


def do(posted: object, opened: object, language: str) -> tuple[list[Any], str | None]:
    """Do what a form posted, and show the page as it then is; or the address to go on to.

    Everything that was typed stays in the browser until it is written. Raises InputRefused, in words, where the post
    does not say which alert, and NotFound for one that does not exist or is out of scope.
    """
    number, kept = _opened(opened)
    name, version, fields = _deed(posted)
    view = View(number, kept, version, name, fields)
    if name == REFRESHED:
        return shown(view, language), None
    try:
        done = _done(view)
    except MingjingError as error:
        return shown(_with(view, refused=error), language), None
    if name == "take_next":
        return _onward(view, done, language)
    try:
        return shown(_with(view, done=done), language), None
    except NotFound:
        # What was sent back or handed to another unit may lie outside what this person sees from now on.
        return [_left(number, name, language)], None
    except Exception as error:
        # The deed stands: to say that something failed would have it sent again.
        _LOG.error("alert %d: %s is written, its page failed", number, name, exc_info=error)
        return [html.P(say("alert.written", language, id=number), className="card message", role="status")], None


def _done(view: View) -> Done:
    person = visitor()
    posted, wanted = Posted(view.fields), view.kept[0]
    with acting() as session:
        return DEEDS[view.deed](Deed(session, view.number, person, utc_now(), view.version, posted, wanted))


def _with(view: View, *, refused: MingjingError | None = None, done: Done | None = None) -> View:
    return View(view.number, view.kept, view.version, view.deed, view.fields, refused, done)


def _onward(view: View, done: Done, language: str) -> tuple[list[Any], str | None]:
    if done.onward is not None:
        return [], f"/alert/{done.onward}{address(*view.kept)}"
    words = "没有可领取的预警了：队列中的都已有人领取。"
    none = InputRefused("Nothing is left to take: everything in the queue has been taken.", words)
    return shown(_with(view, refused=none), language), None


def _left(number: int, deed: str, language: str) -> html.Div:
    """The alert has gone to others: said, with the way back."""
    return html.Div(
        [
            html.H2(say(f"steps.done_{deed}", language) if deed in DEEDS else ""),
            html.P(say("alert.out_of_sight", language, id=number)),
            dcc.Link(say("alert.back", language), href="/queue", className="button-main", id="alert-back"),
        ],
        className="card message",
        role="status",
    )


def _opened(opened: object) -> tuple[int, Kept]:
    try:
        if not isinstance(opened, dict):
            raise ValueError("a view is an object")
        return alert_number(str(opened.get("alert"))), _kept(opened.get("query"))
    except ValueError:
        raise _stale() from None


def _deed(posted: object) -> tuple[str, int | None, dict[str, object]]:
    if not isinstance(posted, dict) or posted.get("deed") not in (*DEEDS, REFRESHED):
        raise _stale()
    fields, version = posted.get("fields"), posted.get("version")
    if not isinstance(fields, dict) or not isinstance(version, int | None) or isinstance(version, bool):
        raise _stale()
    if version is None and posted["deed"] not in (*UNSEEN, REFRESHED):
        raise _stale()
    return str(posted["deed"]), version, fields


def _stale() -> InputRefused:
    return InputRefused(say("alert.wrong_view", "en"), say("alert.wrong_view", "zh"))


def register(app: Dash) -> None:
    """File the alert's page, answer its forms and serve its files."""
    dash.register_page(  # type: ignore[no-untyped-call]
        __name__, path_template="/alert/<alert_id>", layout=layout, title="明镜 · 预警"
    )
    attachment_files.answer(app)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("deeds", "shown"), Output("form-view", "id"), Input("form-view", "data")
    )

    @app.callback(
        Output("alert-body", "children"),
        Output("alert-go", "href"),
        Input("deed", "data"),
        State("alert-view", "data"),
        State("language", "data"),
        running=[(Output("alert-body", "className"), "alert busy", "alert")],
        prevent_initial_call=True,
    )
    def _do(posted: object, opened: object, lang: str) -> Any:
        if not posted:
            return no_update, no_update
        children, onward = do(posted, opened, shell.language_of(lang))
        return (no_update, onward) if onward else (children, no_update)

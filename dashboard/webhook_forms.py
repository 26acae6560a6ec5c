"""Interfaces as the system administrator keeps them: webhooks, the ledger of one, and the forms about them."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.administration import (
    View,
    address,
    button,
    choice,
    guarded,
    place_name,
    refusal,
    region_options,
    text,
)
from dashboard.formats import count, minute
from dashboard.words import say, words
from data import webhooks
from data.states import TRANSITIONS

PATH = "/system"
FORMS: Mapping[str, Sequence[str]] = {
    "webhook": ("name", "url", "kinds", "region"),
    "stop": (),
    "resume": (),
    "again": (),
}
"""Forms about webhooks and their fields."""


def drawn(session: Session, view: View, language: str) -> tuple[str, str, html.Div]:
    """Title, lead and columns: the webhooks and the ledger of one, beside what is to be done."""
    kept = webhooks.webhooks(session)
    given_up = sum(one.n_given_up for one in kept)
    if given_up:
        title = say("system.interfaces_wrong", language, n=count(given_up))
    else:
        title = say("system.interfaces_title" if kept else "system.interfaces_none", language, n=count(len(kept)))
    one = next((one for one in kept if str(one.id) == view.get("webhook")), None)
    columns = html.Div(
        [
            html.Div(
                [_webhooks(session, kept, one, language), _ledger(session, one, language)], className="admin-beside"
            ),
            html.Div(_webhook_forms(session, one, language), className="admin-beside"),
        ],
        className="admin-two",
    )
    return title, say("system.interfaces_lead", language), columns


def _webhooks(session: Session, kept: list[webhooks.Kept], shown: webhooks.Kept | None, language: str) -> html.Section:
    heads = [html.Th(say(f"system.webhook_{name}", language), scope="col") for name in ("name", "asked")]
    counts = [
        html.Th(say(f"system.delivery_{name}", language), scope="col", className="number")
        for name in ("waiting", "delivered", "given_up")
    ]
    rows = [_webhook(session, one, one is shown, language) for one in kept]
    table = html.Table([html.Thead(html.Tr([*heads, *counts])), html.Tbody(rows)], className="rows assessed")
    return html.Section(
        [
            html.Div(
                [
                    html.H2(say("system.webhooks", language)),
                    dcc.Link(
                        say("system.webhook_new", language), href=address(PATH, {"part": "interfaces"}),
                        className="button",
                    ) if shown else None,
                ],
                className="admin-head",
            ),
            html.Div(table, className="scrolls")
            if kept
            else html.P(say("system.webhooks_none", language), className="muted"),
        ],
        className="card pile",
    )  # fmt: skip


def _webhook(session: Session, one: webhooks.Kept, here: bool, language: str) -> html.Tr:
    asked = ("、" if language == "zh" else ", ").join(_kind(kind, language) for kind in one.kinds) or say(
        "system.every_kind", language
    )
    href = address(PATH, {"part": "interfaces", "webhook": str(one.id)})
    stopped = html.Span(say("system.stopped", language, at=minute(one.stopped_at)), className="small admin-amber")
    wrong = "number late-note" if one.n_given_up else "number"
    return html.Tr(
        [
            html.Td([dcc.Link(one.name, href=href), html.Span(one.url, className="muted small admin-url"),
                     stopped if one.stopped_at else None]),
            html.Td([asked, html.Span(place_name(session, one.region_code, language), className="muted small")]),
            html.Td(count(one.n_waiting), className="number"),
            html.Td(count(one.n_delivered), className="number"),
            html.Td(count(one.n_given_up), className=wrong),
        ],
        className="pile-here" if here else "",
    )  # fmt: skip


def _kind(kind: str, language: str) -> str:
    """An event's kind in words: as the alert's history calls it, or as the step of the loop is called."""
    if f"alert.event_{kind}" in words():
        return say(f"alert.event_{kind}", language)
    step = next((step for step in TRANSITIONS if step.action == kind), None)
    return kind if step is None else step.name if language == "zh" else step.name_en


def _ledger(session: Session, one: webhooks.Kept | None, language: str) -> html.Section | None:
    if one is None:
        return None
    found = webhooks.listed(session, one.id)
    heads = [
        html.Th(say(f"system.ledger_{name}", language), scope="col")
        for name in ("number", "event", "at", "state", "tries", "answer")
    ]
    table = html.Table(
        [html.Thead(html.Tr(heads)), html.Tbody([_delivery(line, language) for line in found])], className="rows"
    )
    nothing = html.P(say("system.ledger_none", language), className="muted")
    return html.Section(
        [
            html.H2(say("system.ledger", language, name=one.name)),
            html.P(say("system.ledger_why", language), className="muted small"),
            html.Div(table, className="scrolls") if found else nothing,
        ],
        className="card pile",
    )


def _delivery(line: webhooks.Listed, language: str) -> html.Tr:
    waits = say("system.next_at", language, at=minute(line.next_at)) if line.next_at else ""
    return html.Tr(
        [
            html.Td(count(line.id), className="muted"),
            html.Td(f"{_kind(line.kind, language)} #{line.alert_id}"),
            html.Td(minute(line.happened_at), className="no-wrap"),
            html.Td(
                say(f"system.delivery_{line.state}", language),
                className="late-note" if line.state == "given_up" else "",
            ),
            html.Td(count(line.n_tries)),
            html.Td([line.last_answer, html.Span(f" {waits}", className="muted small")]),
        ]
    )


def _webhook_forms(session: Session, one: webhooks.Kept | None, language: str) -> list[Any]:
    if one is None:
        return [_new_webhook(session, language)]
    return [
        html.Section(
            [html.H2(one.name), html.P(one.url, className="muted admin-url"), *_webhook_deeds(one, language)],
            className="card looked admin-form",
        )
    ]


def _webhook_deeds(one: webhooks.Kept, language: str) -> list[Any]:
    made: list[Any] = []
    if one.n_given_up:
        made += [
            html.P(say("system.again_why", language, n=count(one.n_given_up))),
            button("again", say("system.again", language)),
            refusal("again"),
        ]
    if one.stopped_at:
        made += [
            html.P(say("system.resume_why", language)),
            button("resume", say("system.resume", language), style="button-main"),
            refusal("resume"),
        ]
    else:
        made.append(
            guarded(
                "stop", say("system.stop", language), say("system.stop_why", language), [],
                say("system.stop_do", language),
            )
        )  # fmt: skip
    return made


def _new_webhook(session: Session, language: str) -> html.Section:
    kinds = [{"value": kind, "label": _kind(kind, language)} for kind in webhooks.KINDS]
    return html.Section(
        [
            html.H2(say("system.webhook_title", language)),
            html.P(say("system.webhook_why", language), className="muted"),
            text("webhook", "name", say("system.webhook_name", language), most=60),
            text("webhook", "url", say("system.webhook_url", language), hint=say("system.webhook_url_hint", language)),
            choice(
                "webhook", "kinds", say("system.webhook_asked", language), kinds, language, many=True,
                empty=say("system.every_kind", language),
            ),
            choice(
                "webhook", "region", say("system.webhook_region", language), region_options(session, language),
                language, empty=say("system.choose", language),
            ),
            button("webhook", say("system.webhook_create", language), style="button-main big"),
            refusal("webhook"),
        ],
        className="card looked admin-form",
    )  # fmt: skip

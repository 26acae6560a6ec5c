"""The next step: the one thing to be done about an alert now, by state and by what this person may do, and little else.

What is possible besides stands below it as quiet buttons, each with a dialog of its own.
"""

from collections.abc import Callable, Mapping
from typing import Any

from dash import html

from dashboard import (
    dispatch_forms,
    elimination_form,
    inquiry_panel,
    measures_form,
    people_concerned,
    supervision_panel,
    verdict,
)
from dashboard.case import Case
from dashboard.fields import form, opener, send
from dashboard.words import say
from data.states import TRANSITIONS

ASIDE = ("signed_in", "transferred", "assigned", "sent_back", "released", "downgraded", "handed_on", "reversed")
"""What is never the main step, in the order of the quiet buttons; signing alone stands beside taking."""


def next_step(case: Case, *, notice: str = "") -> html.Section:
    """The panel of the next step. `notice`: why the last deed was refused."""
    head = html.Div(
        [
            html.Span(
                say("steps.ended" if case.alert.status == "closed" else "steps.next", case.language),
                className="step-label",
            ),
            *_clock(case),
        ],
        className="step-head",
    )
    body = _BODIES[case.alert.status](case)
    refused = html.P(notice, className="error", id="step-refused", role="alert") if notice else None
    return html.Section(
        [head, refused, html.Div(body, className="step-body"), aside(case)],
        className=f"card next-step next-{case.alert.status}",
        id="verdict",
        tabIndex="-1",
    )


def _clock(case: Case) -> list[Any]:
    owner = case.name(case.alert.assignee) if case.alert.status != "closed" else ""
    words = "steps.awaits_approval" if case.alert.status == "approving" else "steps.with"
    return [html.Span(say(words, case.language, name=owner), className="muted small")] if owner else []


def title(words: str) -> html.H2:
    """What is to be done, as the biggest words of the panel."""
    return html.H2(words, className="step-title", id="step-title")


def _waiting(case: Case) -> list[Any]:
    if not case.person.may("dispatch"):
        return _others(case, "waiting", "dispatched")
    return dispatch_forms.dispatch_step(case)


def _to_take(case: Case) -> list[Any]:
    """Dispatched, signed for or held: somebody of the unit takes it."""
    status = case.alert.status
    if not case.person.may("verify"):
        return _others(case, status, "taken")
    said = say(f"steps.take_{status}_why", case.language, unit=case.unit(case.alert.unit_code))
    return [
        title(say(f"steps.take_{status}", case.language)),
        html.P(said, className="muted"),
        form("taken", send("taken", say("steps.take", case.language), refused=case.refusals["taken"], big=True)),
    ]


def _verifying(case: Case) -> list[Any]:
    if verdict.is_verifier(case):
        return verdict.verdict_form(case)
    return _others(case, "verifying", None, name=case.name(case.alert.assignee))


def _approving(case: Case) -> list[Any]:
    return elimination_form.approval_step(case)


def _rectifying(case: Case) -> list[Any]:
    return measures_form.rectifying_step(case)


def _closed(case: Case) -> list[Any]:
    return verdict.outcome_panel(case)


def _others(case: Case, status: str, action: str | None, **values: object) -> list[Any]:
    """It is somebody else's turn: who, and why it is not this person's."""
    why = case.refusals.get(action) if action else None
    unit = case.unit(case.alert.unit_code)
    return [
        title(say(f"steps.others_{status}", case.language, unit=unit, **values)),
        html.P(why or say("steps.others_why", case.language), className="muted"),
    ]


_BODIES: Mapping[str, Callable[[Case], list[Any]]] = {
    "waiting": _waiting,
    "dispatched": _to_take,
    "accepted": _to_take,
    "held": _to_take,
    "verifying": _verifying,
    "approving": _approving,
    "rectifying": _rectifying,
    "closed": _closed,
}
"""The panel's content by state; a test demands every one of `data.states.STATES`."""


def aside(case: Case) -> html.Div | None:
    """Quiet buttons for whatever else this person may do; what the person has no right to at all is left out."""
    buttons = [
        opener(action, say(f"steps.{action}", case.language), refused=case.refusals[action])
        for action in ASIDE
        if action in case.refusals and _belongs(case, action)
    ]
    if case.alert.status != "closed" and case.found.order is None and case.may("supervise"):
        buttons.append(opener("ordered", say("steps.ordered", case.language)))
    if inquiry_panel.can_ask(case):
        buttons.append(opener("asked", say("steps.asked", case.language)))
    return html.Div(buttons, className="aside") if buttons else None


def _belongs(case: Case, action: str) -> bool:
    right = next(one.right for one in TRANSITIONS if one.action == action)
    if action == "released" and case.alert.assignee != case.person.code:
        return False
    return case.person.may(right)


def dialogs(case: Case, opened: str, notice: str) -> list[Any]:
    """The dialogs behind the quiet buttons; `opened` is the one whose deed was refused, with the reason."""
    rooms = (dispatch_forms, measures_form, people_concerned, inquiry_panel, supervision_panel)
    return [made for room in rooms for made in room.dialogs(case, opened, notice)]

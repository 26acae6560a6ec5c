"""The six steps of the closed loop across the top of an alert: who did which when, and where it stands."""

from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.formats import day
from dashboard.words import say
from data.dossier import Event
from data.states import STATES, TRANSITIONS

STEPS = ("预警", "分办", "核查", "处置", "运用", "考核")
"""As `data.states.State.step` names them; in words of alert.toml as loop_1 to loop_6."""
_ELSEWHERE = {
    "raised": 0, "extended": 0, "reopened": 0, "dispatched": 1, "transferred": 1, "sent_back": 1, "signed_in": 1,
    "rectified": 3, "downgraded": 3, "handed_on": 3, "measured": 3, "looked_back": 4, "reversed": 4,
}  # fmt: skip
"""Step that an event belongs to; every other is part of the verification, but a reminder, which comes at any step."""
_VERDICTS = ("concluded", "requested", "reported", "imported")
"""What ends a verification, by whoever did it; approving what was requested is another's deed."""


@dataclass(frozen=True)
class Stage:
    """One of the six steps of an alert."""

    step: int
    state: str
    """done, here, left_out or ahead."""
    said: str
    """Who and when, in words; empty where there is nothing to say yet."""


def step_of(event: Event) -> int:
    """Which of the six steps an event belongs to: 0 to 5."""
    if event.kind == "reminded":
        return STEPS.index(STATES[event.to_status].step)
    return _ELSEWHERE.get(event.kind, STEPS.index("核查"))


def stages(case: Case) -> list[Stage]:
    """The six steps as they stand."""
    here = STEPS.index(STATES[case.alert.status].step)
    closed = case.alert.status == "closed"
    put_right = any(event.to_status == "rectifying" for event in case.found.history)
    found = []
    for step in range(len(STEPS)):
        last = _last(case, step)
        state = "done" if step < here else "here" if step == here else "ahead"
        if closed and step == STEPS.index("处置") and not put_right:
            state = "left_out"
        elif closed and step == STEPS.index("考核"):
            state = "done"
        found.append(Stage(step, state, _said(case, step, state, last)))
    return found


def _last(case: Case, step: int) -> Event | None:
    """The event that speaks for a step: of the verification its verdict or request, of any other the latest."""
    found = [event for event in reversed(case.found.history) if step_of(event) == step and event.kind != "reminded"]
    verdict = next((event for event in found if event.kind in _VERDICTS), None)
    return verdict or next(iter(found), None)


def _said(case: Case, step: int, state: str, last: Event | None) -> str:
    language, alert = case.language, case.alert
    if state == "left_out":
        return say("alert.loop_left_out", language)
    if step == STEPS.index("考核") and state == "done":
        return say("alert.loop_counted", language, day=day(alert.concluded_at)[:7])
    if state == "here" and alert.assignee and alert.status != "closed":
        return case.name(alert.assignee)
    if step == STEPS.index("分办") and alert.unit_code and alert.dispatched_at:
        return f"{case.unit(alert.unit_code)} {day(alert.dispatched_at)[5:]}"
    if state == "ahead" or last is None:
        return ""
    return f"{case.name(last.actor)} {day(last.at)[5:]}"


def loop_bar(case: Case) -> html.Ol:
    """A thin bar of six steps with the present one marked."""
    return html.Ol([_stage(stage, case.language) for stage in stages(case)], className="loop-bar", id="loop-bar")


def _stage(stage: Stage, language: str) -> html.Li:
    here: dict[str, Any] = {"aria-current": "step"} if stage.state == "here" else {}
    return html.Li(
        [
            html.Span(say(f"alert.loop_{stage.step + 1}", language), className="loop-name"),
            html.Span(stage.said, className="loop-said muted small", title=stage.said),
        ],
        className=f"loop-step loop-{stage.state}",
        **here,
    )


def action_words(kind: str, language: str) -> str:
    """Name of what was done."""
    known = next((one for one in TRANSITIONS if one.action == kind), None)
    if known is not None and kind not in ("concluded", "raised"):
        return known.name if language == "zh" else known.name_en
    return say(f"alert.event_{kind}" if kind in OTHER_EVENTS else "alert.event_other", language)


OTHER_EVENTS = frozenset(
    ("raised", "extended", "concluded", "noted", "attached", "asked", "answered", "measured", "marked", "named",
     "supervised", "order_answered", "lifted", "looked_back", "unmasked", "reminded", "suppressed",
     "stated")
)  # fmt: skip
"""Kinds of event that change no state, and those whose name the table of states gives differently."""

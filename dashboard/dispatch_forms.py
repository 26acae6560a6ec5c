"""Who is to verify: the unit an alert goes to, handing it on, sending it back, and giving it to a colleague."""

from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.fields import choice, dialog, form, send, writing
from dashboard.words import say


def dispatch_step(case: Case) -> list[Any]:
    """The suggested unit with one button; another unit is two clicks away."""
    language, suggested = case.language, case.suggested_unit
    refused = case.refusals["dispatched"]
    unit = case.unit(suggested)
    as_suggested = [("", say("steps.as_suggested", language))] if unit else []
    heading = say("steps.dispatch_to", language, unit=unit) if unit else say("steps.dispatch_where", language)
    return [
        html.H2(heading, className="step-title", id="step-title"),
        html.P(say("steps.dispatch_why", language), className="muted") if unit else None,
        form(
            "dispatched",
            [
                html.Details(
                    [
                        html.Summary(say("steps.other_unit", language)),
                        choice(
                            "dispatched",
                            "other_unit",
                            say("steps.unit", language),
                            [*as_suggested, *_without(case, suggested)],
                        ),
                        writing("dispatched", "note", say("steps.reason_otherwise", language)),
                    ],
                    className="more",
                    open=not unit,
                ),
                send("dispatched", say("steps.dispatch", language), refused=refused, big=True, unit=suggested or ""),
            ],
        ),
    ]


def _without(case: Case, code: str | None) -> list[tuple[str, str]]:
    return [unit for unit in case.receivers if unit[0] != code]


def dialogs(case: Case, opened: str, notice: str) -> list[Any]:
    """Transfer, assign, send back, put back, sign for, hand on, reverse."""
    language = case.language
    made: list[Any] = []
    for name, fields in _fields(case).items():
        if not case.is_known(name):
            continue
        button = send(name, say(f"steps.{name}_do", language), refused=case.refusals[name])
        says = html.P(say(f"steps.{name}_why", language), className="muted")
        made.append(
            dialog(
                name, say(f"steps.{name}", language), [says, *fields], button, language,
                notice=notice if opened == name else "",
            )
        )  # fmt: skip
    return made


def _fields(case: Case) -> dict[str, list[Any]]:
    language = case.language
    reason, optional = say("steps.reason", language), say("steps.note_optional", language)
    colleagues = choice("assigned", "to", say("steps.colleague", language), case.colleagues)
    return {
        "signed_in": [],
        "transferred": [
            choice("transferred", "unit", say("steps.unit", language), _without(case, case.alert.unit_code)),
            writing("transferred", "note", reason),
        ],
        "assigned": [colleagues, writing("assigned", "note", optional)],
        "handed_on": [
            choice("handed_on", "to", say("steps.colleague", language), case.colleagues),
            writing("handed_on", "note", optional),
        ],
        "sent_back": [writing("sent_back", "note", reason)],
        "released": [writing("released", "note", optional)],
        "reversed": [writing("reversed", "note", reason)],
    }

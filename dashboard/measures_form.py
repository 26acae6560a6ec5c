"""Measures (处置措施): what was done, each kind in its own unit; and the step in which an alert is put right."""

from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.fields import asked_again, choice, dialog, form, opener, send, text, writing
from dashboard.formats import yuan
from dashboard.precedents import outcome_words
from dashboard.verdict_money import money_lines
from dashboard.words import say
from data.loop_tables import Measure
from data.measures import KINDS, Kind, refusal

COMMON = ("talk", "criticism", "stop_payment", "cancel_eligibility", "clue_filed", "mechanism")
"""What is mostly done; every other kind is one click away."""
RECOVERY = "recovery"
"""Counted from the amount received back, which has a step of its own."""


def kind_words(kind: Kind, language: str) -> str:
    """Name of a kind of measure."""
    return kind.name if language == "zh" else kind.name_en


def unit_words(kind: Kind, language: str) -> str:
    """The unit that a kind is counted in."""
    return kind.unit if language == "zh" else kind.unit_en


def step(case: Case) -> list[Any]:
    """One line a kind: how many, in its own unit; what was not done stays empty."""
    language = case.language
    lines = {
        kind.code: text(
            "verified", f"measure-{kind.code}", kind_words(kind, language), unit=unit_words(kind, language),
            kind="amount",
        )
        for kind in KINDS.values()
        if kind.code != RECOVERY
    }  # fmt: skip
    return [
        html.H2(say("papers.ask_measures", language), className="step-title"),
        html.P(say("papers.measures_why", language), className="muted"),
        html.Div([lines[code] for code in COMMON if code in lines], className="measure-lines"),
        html.Details(
            [
                html.Summary(say("papers.more_measures", language)),
                html.Div([line for code, line in lines.items() if code not in COMMON], className="measure-lines"),
            ],
            className="more",
        ),
        text("verified", "done_on", say("papers.done_on", language), kind="date", value=str(case.today)),
        html.P(say("verdict.missing_measures", language), className="error error-measures", role="alert"),
    ]


def rectifying_step(case: Case) -> list[Any]:
    """What is still to be put right, what was done so far, and the close."""
    language, alert = case.language, case.alert
    own = alert.assignee == case.person.code
    heading = "steps.rectify" if own else "steps.others_rectifying"
    parts: list[Any] = [
        html.H2(say(heading, language, name=case.name(alert.assignee)), className="step-title", id="step-title"),
        html.P(
            say("steps.rectify_outcome", language, outcome=outcome_words(alert.outcome or "", language)),
            className="muted",
        ),
        *money_lines(case),
        measure_list(case),
    ]
    if _recordable(case):
        first = own and not case.found.measures
        parts.append(opener("measured", say("papers.add_measure", language), main=first))
    if own:
        parts.append(_close(case))
    return parts


def _recordable(case: Case) -> list[Kind]:
    if case.tied is not None:
        return []
    return [kind for kind in KINDS.values() if refusal(case.alert, kind.code, case.person) is None]


def _correctable(case: Case) -> list[Measure]:
    """The entries that this person may take back: those of the alert one has that still stand."""
    if case.tied is not None or case.alert.assignee != case.person.code:
        return []
    undone = {one.takes_back for one in case.found.measures}
    return [
        one
        for one in case.found.measures
        if one.quantity > 0 and one.id not in undone and refusal(case.alert, one.kind, case.person, back=True) is None
    ]


def measure_list(case: Case) -> html.Div:
    """The measures taken so far, each in its own unit."""
    language = case.language
    if not case.found.measures:
        return html.Div(html.P(say("papers.no_measures", language), className="muted"), id="measures")
    rows = []
    for one in case.found.measures:
        kind = KINDS.get(one.kind)
        name = kind_words(kind, language) if kind else one.kind
        quantity = yuan(one.quantity) if one.kind == RECOVERY else f"{one.quantity:,.10g}"
        unit = unit_words(kind, language) if kind else ""
        rows.append(
            html.Tr(
                [
                    html.Td(name),
                    html.Td([quantity, " ", html.Span(unit, className="muted")], className="number"),
                    html.Td(str(one.done_on), className="no-wrap muted"),
                    html.Td(one.note, className="muted"),
                ]
            )
        )
    table = html.Table(html.Tbody(rows), className="rows")
    correct = opener("taken_back", say("papers.take_back", language)) if _correctable(case) else None
    return html.Div([table, correct], id="measures", className="scrolls")


def _close(case: Case) -> html.Div:
    language, alert = case.language, case.alert
    confirmed = (alert.outcome or "").startswith("C")
    so_far = None if alert.recovered is None else f"{alert.recovered:.2f}"
    money = (
        text(
            "rectified", "recovered", say("verdict.recovered", language), kind="amount", value=so_far,
            hint=say("verdict.recovered_hint", language), unit=say("verdict.yuan", language),
        )
        if confirmed
        else None
    )  # fmt: skip
    return form(
        "rectified",
        [
            html.Details(
                [
                    html.Summary(say("steps.rectified_more", language)),
                    money,
                    writing("rectified", "note", say("steps.note_optional", language)),
                ],
                className="more",
                open=alert.outcome == "G1",
            ),
            asked_again(
                "rectified",
                say("steps.rectified", language),
                say("steps.rectified_sure", language),
                language,
                named="rectify",
                refused=case.refusals["rectified"],
            ),
        ],
    )


def _taking_back(case: Case, entries: list[Measure], notice: str) -> Any:
    """One entry is taken back altogether, with a reason; both stay on record."""
    language = case.language
    options = [(str(one.id), _entry_words(one, language)) for one in entries]
    return dialog(
        "taken_back", say("papers.take_back", language),
        [
            html.P(say("papers.take_back_why", language), className="muted"),
            choice("taken_back", "id", say("papers.take_back_which", language), options),
            writing("taken_back", "note", say("steps.reason", language)),
        ],
        send("taken_back", say("papers.take_back_do", language)), language, notice=notice,
    )  # fmt: skip


def _entry_words(one: Measure, language: str) -> str:
    kind = KINDS[one.kind]
    return f"{kind_words(kind, language)} {one.quantity:,.10g} {unit_words(kind, language)} · {one.done_on}"


def dialogs(case: Case, opened: str, notice: str) -> list[Any]:
    """Record a measure; take one back; lower the level."""
    language = case.language
    made: list[Any] = []
    kinds = _recordable(case)
    if kinds:
        options = [(kind.code, f"{kind_words(kind, language)}（{unit_words(kind, language)}）") for kind in kinds]
        people = [("", say("papers.nobody_in_particular", language))]
        people += [(str(one.id), f"{one.display} {one.post}".strip()) for one in case.found.responsible]
        fields = [
            choice("measured", "kind", say("papers.kind", language), options),
            text("measured", "quantity", say("papers.quantity", language), kind="amount"),
            text("measured", "done_on", say("papers.done_on", language), kind="date", value=str(case.today)),
            choice("measured", "responsible", say("papers.taken_on", language), people),
            writing("measured", "note", say("steps.note_optional", language)),
        ]
        made.append(
            dialog(
                "measured", say("papers.add_measure", language), fields,
                send("measured", say("papers.add", language)), language, notice=notice if opened == "measured" else "",
            )
        )  # fmt: skip
    if correctable := _correctable(case):
        made.append(_taking_back(case, correctable, notice if opened == "taken_back" else ""))
    if case.is_known("downgraded"):
        button = send("downgraded", say("steps.downgraded_do", language), refused=case.refusals["downgraded"])
        made.append(
            dialog(
                "downgraded", say("steps.downgraded", language),
                [
                    html.P(say("steps.downgraded_why", language), className="muted"),
                    writing("downgraded", "note", say("steps.reason", language)),
                ],
                button, language, notice=notice if opened == "downgraded" else "",
            )
        )  # fmt: skip
    return made

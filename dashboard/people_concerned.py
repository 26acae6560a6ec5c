"""People responsible (责任人), apart from the person an alert is about; and identities, opened for a reason."""

from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.fields import choice, dialog, opener, radios, send, text, writing
from dashboard.words import say
from data.cards import ANSWERING
from data.loop_tables import Responsible
from data.responsible import FINDINGS


def finding_names(language: str) -> dict[str, str]:
    """What may be found of a person responsible, in words."""
    return {code: words[language != "zh"] for code, words in FINDINGS.items()}


def step(case: Case) -> list[Any]:
    """Each person found, to be held answerable or cleared; one more can be named."""
    language = case.language
    options = [{"label": words, "value": code} for code, words in finding_names(language).items()]
    lines = [
        html.Div(
            [
                _who(one, language),
                radios(
                    "verified", f"person-{one.id}", f"{one.display} {_role(one, language)}", options,
                    value=one.finding or None, style="inline",
                ),
            ],
            className="person",
        )
        for one in case.found.responsible
    ]  # fmt: skip
    none = html.P(say("papers.no_people", language), className="muted")
    return [
        html.H2(say("papers.ask_people", language), className="step-title"),
        html.P(say("papers.people_why", language), className="muted"),
        html.Div(lines or none, className="people"),
        opener("added", say("papers.add_person", language)),
        html.P(say("verdict.missing_people", language), className="error error-people", role="alert"),
    ]


def _role(one: Responsible, language: str) -> str:
    return ANSWERING[one.role][language != "zh"] if one.role in ANSWERING else one.role


def _who(one: Responsible, language: str) -> html.Div:
    """Role, masked name, post, unit and date, and where it was found."""
    place = " ".join(part for part in (one.unit_name, one.post) if part)
    where = say("papers.found_in", language, source=one.source)
    return html.Div(
        [
            html.Div(
                [html.Span(_role(one, language), className="role"), html.Strong(one.display), html.Span(place)],
                className="person-name",
            ),
            html.Div(" · ".join(part for part in (str(one.on_date or ""), where) if part), className="muted small"),
        ]
    )


def people_card(case: Case) -> html.Section | None:
    """The people responsible as found so far, with what was found of each."""
    if not case.found.responsible:
        return None
    language = case.language
    # Before the verdict the form asks for it.
    marks = case.alert.status == "rectifying" and case.alert.assignee == case.person.code and case.may("verify")
    marks = marks and case.tied is None
    lines = [
        html.Li(
            [
                _who(one, language),
                _marking(one, language) if marks and not one.finding else _found(one, language),
            ],
            className="person",
        )
        for one in case.found.responsible
    ]
    return html.Section(
        [
            html.H2(say("papers.people", language)),
            html.P(say("papers.people_why", language), className="muted small"),
            html.Ul(lines, className="plain-list people", id="people"),
        ],
        className="card",
    )


def _found(one: Responsible, language: str) -> html.Span:
    words = finding_names(language).get(one.finding) or say("papers.finding_open", language)
    return html.Span(words, className=f"finding finding-{one.finding}")


def _marking(one: Responsible, language: str) -> html.Div:
    words = finding_names(language)
    return html.Div(
        [send("marked", words[code], main=False, primary=False, id_=str(one.id), finding=code) for code in FINDINGS],
        className="marks",
    )


def dialogs(case: Case, opened: str, notice: str) -> list[Any]:
    """Name one more person responsible; open an identity. Neither leaves a draft on the machine."""
    language = case.language
    roles = [(code, words[language != "zh"]) for code, words in ANSWERING.items()]
    added = [
        choice("added", "role", say("papers.role", language), roles),
        text("added", "name", say("papers.name", language)),
        text("added", "number", say("papers.number", language)),
        text("added", "unit_name", say("papers.unit_name", language)),
        text("added", "post", say("papers.post", language)),
        text("added", "on_date", say("papers.on_date", language), kind="date"),
    ]
    made: list[Any] = []
    if case.may("verify") and case.alert.status in ("verifying", "rectifying"):
        made.append(
            dialog(
                "added", say("papers.add_person", language), added, send("added", say("papers.add", language)),
                language, private=True, notice=notice if opened == "added" else "",
            )
        )  # fmt: skip
    if case.may("unmask"):
        made.append(_unmask_dialog(case, notice if opened == "unmasked" else ""))
    return made


def _unmask_dialog(case: Case, notice: str) -> html.Dialog:
    language = case.language
    whom = [("", say("papers.subject", language, name=case.alert.subject_display))]
    whom += [(str(one.id), f"{_role(one, language)} {one.display}") for one in case.found.responsible]
    return dialog(
        "unmasked", say("papers.unmask", language),
        [
            html.P(say("papers.unmask_why", language), className="muted"),
            choice("unmasked", "id", say("papers.whose", language), whom),
            writing("unmasked", "reason", say("papers.unmask_reason", language), most=500),
        ],
        send("unmasked", say("papers.unmask_do", language)), language, private=True, notice=notice,
    )  # fmt: skip


def identity_line(identity: tuple[str, str] | None, language: str) -> html.P | None:
    """Name and number, for this view only."""
    if identity is None:
        return None
    name, number = identity
    return html.P(
        [
            html.Strong(name),
            html.Span(number, className="identity-number"),
            html.Span(say("papers.for_this_view", language), className="muted small"),
        ],
        className="identity",
        id="identity",
        role="status",
    )

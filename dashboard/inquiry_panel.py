"""Inquiries (情况说明): what departments were asked about an alert, and what they answered."""

from typing import Any

from dash import html

from dashboard.case import Case
from dashboard.due import due_lamp
from dashboard.fields import choice, dialog, send, text, writing
from dashboard.formats import minute
from dashboard.words import say
from data.inquiries import matter
from data.loop_tables import Inquiry


def can_ask(case: Case) -> bool:
    """Whether the person may ask a department now: whoever verifies it, while it is with them."""
    own = case.alert.assignee == case.person.code and case.may("verify")
    open_still = case.alert.status in ("verifying", "held", "rectifying") and case.tied is None
    return own and open_still and bool(case.departments)


def inquiries_card(case: Case) -> html.Section | None:
    """Every inquiry with its answer, the open ones first."""
    if not case.found.inquiries:
        return None
    ordered = sorted(case.found.inquiries, key=lambda one: (one.answered_at is not None, -one.id))
    return html.Section(
        [
            html.H2(say("papers.inquiries", case.language)),
            html.Ul([_line(case, one) for one in ordered], className="plain-list inquiries", id="inquiries"),
        ],
        className="card",
    )


def _line(case: Case, one: Inquiry) -> html.Li:
    language = case.language
    asked = say("papers.asked_by", language, name=case.name(one.asked_by), time=minute(one.asked_at))
    answered = [file.name for file in case.found.attachments if file.inquiry_id == one.id]
    reply: list[Any]
    if one.answered_at is None:
        reply = [due_lamp(one.due_on, case.today, language)]
    else:
        by = say("papers.answered_by", language, name=case.name(one.answered_by), time=minute(one.answered_at))
        reply = [html.P(one.answer, className="answer"), html.P(by, className="muted small")]
        reply.append(html.P("、".join(answered), className="small") if answered else None)
    return html.Li(
        [
            html.Div(
                [html.Strong(case.unit(one.unit_code)), html.Span(asked, className="muted small")],
                className="inquiry-head",
            ),
            html.P(one.question),
            *reply,
        ]
    )


def begun(case: Case) -> str:
    """The question as it begins: whom, where and when it is about, and the alert's own question; to be written on."""
    alert, chinese = case.alert, case.language == "zh"
    head = matter(alert, case.found.place if chinese else case.found.place_en, language=case.language)
    title = alert.title if chinese else alert.title_en
    return head + say("papers.question_begun", case.language, title=title)


def dialogs(case: Case, opened: str, notice: str) -> list[Any]:
    """Ask a department."""
    if not can_ask(case):
        return []
    language = case.language
    fields = [
        choice("asked", "unit", say("papers.department", language), case.departments),
        writing(
            "asked",
            "question",
            say("papers.question", language),
            hint=say("papers.question_hint", language),
            value=begun(case),
        ),
        text(
            "asked",
            "due_on",
            say("papers.answer_due", language),
            hint=say("papers.answer_due_hint", language),
            kind="date",
        ),
    ]
    button = send("asked", say("papers.ask_do", language))
    return [
        dialog(
            "asked", say("steps.asked", language), fields, button, language, notice=notice if opened == "asked" else ""
        )
    ]

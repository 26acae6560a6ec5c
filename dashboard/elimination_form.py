"""Elimination (预警消除): cause and evidence in the verification form, and the decision of the second person."""

from typing import Any

from dash import html

from dashboard.attachment_list import address_of, can_add, uploader
from dashboard.case import Case
from dashboard.fields import asked_again, form, radios, send, text, writing
from dashboard.formats import minute
from dashboard.precedents import cause_words
from dashboard.words import say
from data.causes import causes
from data.loop_tables import Elimination


def cause_names(language: str) -> dict[str, str]:
    """Code to code and name of every innocent cause."""
    return {code: cause_words(code, language) for code in causes()}


def cause_step(case: Case) -> list[Any]:
    """Which innocent cause; those the card names and those met before stand first."""
    language = case.language
    known = {cause.code: cause for cause in case.found.known_causes}
    order = [*known, *(code for code in causes() if code not in known)]
    options = []
    for code in order:
        words = known.get(code) or causes()[code]
        label = html.Div(
            [
                html.Div([html.Span(code, className="code"), words.name if language == "zh" else words.name_en]),
                html.Div(words.ask_for if language == "zh" else words.ask_for_en, className="muted small"),
            ],
            className="option" + (" known" if code in known else ""),
        )
        options.append({"label": label, "value": code})
    return [
        html.H2(say("verdict.ask_cause", language), className="step-title"),
        radios("verified", "cause", say("verdict.cause", language), options, style="cause-options"),
        html.P(say("verdict.missing_cause", language), className="error error-cause", role="alert"),
    ]


def proof_step(case: Case) -> list[Any]:
    """The evidence the cause demands: attached here, or kept on paper and named."""
    language = case.language
    demands = [
        html.P(
            say("verdict.demands", language, what=cause.ask_for if language == "zh" else cause.ask_for_en),
            className=f"demand demand-{cause.code}",
        )
        for cause in causes().values()
    ]
    attached = [html.Li(one.name) for one in case.found.attachments]
    return [
        html.H2(say("verdict.ask_proof", language), className="step-title"),
        html.Div(demands, className="demands"),
        html.P(
            say("verdict.attached", language, n=len(attached)) if attached else say("verdict.not_attached", language)
        ),
        html.Ul(attached, className="plain-list small") if attached else None,
        uploader(language, address_of(case)) if can_add(case) else None,
        text("verified", "reference", say("verdict.reference", language), hint=say("verdict.reference_hint", language)),
        text(
            "verified", "until", say("verdict.until", language), hint=say("verdict.until_hint", language), kind="date"
        ),
        html.P(say("verdict.missing_proof", language), className="error error-proof", role="alert"),
    ]


def returned_notice(case: Case) -> html.P | None:
    """Why the last request came back."""
    last = case.found.eliminations[-1] if case.found.eliminations else None
    if last is None or last.state != "returned":
        return None
    said = say("verdict.came_back", case.language, name=case.name(last.decided_by), decision=last.decision)
    return html.P(said, className="came-back", id="came-back")


def approval_step(case: Case) -> list[Any]:
    """The request that waits: for the approver to decide, for the requester to withdraw, for others to see."""
    language, asked = case.language, case.found.asked
    if asked is None:
        return [html.H2(say("verdict.no_request", language), className="step-title", id="step-title")]
    own = case.alert.assignee == case.person.code
    decides = case.person.may("approve") and not own
    heading = "verdict.decide" if decides else "verdict.with_approver"
    parts: list[Any] = [html.H2(say(heading, language), className="step-title", id="step-title"), _request(case, asked)]
    if decides:
        parts.append(_decision(case))
    elif own:
        parts.append(html.P(say("verdict.second_person", language), className="muted", id="own-request"))
        refused = case.refusals.get("withdrawn")
        button = send("withdrawn", say("verdict.withdraw", language), main=False, refused=refused, named="withdraw")
        parts.append(form("withdrawn", button))
    return parts


def _request(case: Case, asked: Elimination) -> html.Div:
    """Cause, reason, and what was demanded against what is there."""
    language = case.language
    cause = causes().get(asked.cause)
    demanded = (cause.ask_for if language == "zh" else cause.ask_for_en) if cause else ""
    there = [one.name for one in case.found.attachments]
    pairs = [
        ("cause", cause_words(asked.cause, language)),
        ("reason", asked.reason),
        ("demanded", demanded),
        ("on_paper", asked.evidence or say("verdict.none", language)),
        ("files", "、".join(there) or say("verdict.none", language)),
        ("not_before", str(asked.suppress_until) if asked.suppress_until else say("verdict.not_asked", language)),
        ("asked_by", f"{case.name(asked.requested_by)} · {minute(asked.requested_at)}"),
    ]
    words = [part for key, value in pairs for part in (html.Dt(say(f"verdict.{key}", language)), html.Dd(value))]
    drafted = html.P(say("verdict.prefilled_was", language), className="muted small") if asked.prefilled else None
    return html.Div([html.Dl(words, className="facts"), drafted], className="request", id="request")


def _decision(case: Case) -> html.Div:
    language = case.language
    buttons = html.Div(
        [
            asked_again(
                "eliminated", say("verdict.approve", language), say("steps.eliminated_sure", language), language,
                named="approve", refused=case.refusals["eliminated"],
            ),
            send(
                "returned", say("verdict.return", language), refused=case.refusals["returned"], main=False,
                primary=False, named="return",
            ),
        ],
        className="decide",
    )  # fmt: skip
    return form(
        "decision",
        [
            writing(
                "decision", "decision", say("verdict.decision", language), hint=say("verdict.decision_hint", language)
            ),
            buttons,
        ],
    )

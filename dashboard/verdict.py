"""The verification form, one step at a time, and what stands in its place once the alert has its outcome."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dash import dcc, html

from dashboard.formats import minute, yuan
from dashboard.precedents import actor_words, cause_words, outcome_words
from dashboard.words import say
from data.causes import causes
from data.dossier import Dossier
from data.errors import InputRefused, TransitionRefused
from data.outcomes import OUTCOMES
from data.verification import EXCLUDED, HELD, refusal

LOCAL_USER = "local_user"
"""Who acts until people sign in."""

LONGEST_NOTE = 2000
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

GROUPS = {"confirmed": ("C0", "C1", "C2", "C3"), "not": ("G1", "D1", "E1"), "open": ("H1", "U1")}
"""What a person may find, by column. A verdict says its kind, so the codes of feeds that do not are not offered."""


def verdict(found: Dossier, language: str, *, now: datetime, onward: str | None, notice: str = "") -> html.Section:
    """The form where the alert can still be concluded, else its outcome and the way on.

    `onward`: address of the next alert; None where nothing is left.
    """
    closed = found.alert.status == "closed"
    body = _outcome(found, language, onward, notice) if closed else _form(found, language, now, notice)
    return html.Section(
        [html.H2(say("alert.verdict", language)), *body], className="card verdict", id="verdict", tabIndex="-1"
    )


def _outcome(found: Dossier, language: str, onward: str | None, notice: str) -> list[Any]:
    alert = found.alert
    last = next((event for event in reversed(found.history) if event.kind == "concluded"), None)
    lines = [
        html.P(say("alert.done", language, outcome=outcome_words(alert.outcome or "", language)), className="done")
    ]
    if notice:
        lines.insert(0, html.P(notice, className="error", id="verify-refused", role="alert"))
    if alert.cause:
        lines.append(html.P(say("alert.cause_was", language, cause=cause_words(alert.cause, language))))
    if alert.recovered is not None:
        lines.append(html.P(say("alert.recovered_was", language, amount=yuan(alert.recovered))))
    if last:
        if last.note:
            lines.append(html.P(last.note, className="event-note"))
        who = say("alert.done_by", language, actor=actor_words(last.actor, language), time=minute(last.at))
        lines.append(html.P(who, className="muted small"))
    way = (
        dcc.Link(say("alert.next", language), href=onward, className="button-main big", id="alert-next")
        if onward
        else html.P(say("alert.none_left", language), className="muted")
    )
    return [html.Div(lines, className="outcome"), way, dcc.Store(id="alert-concluded", data=alert.id)]


def _form(found: Dossier, language: str, now: datetime, notice: str) -> list[Any]:
    names = [html.Li(say(f"alert.step_{n}", language), className=f"stage stage-{n}") for n in range(1, 5)]
    return [
        dcc.Store(id="verify-words", data=_words(found, language)),
        html.Div(
            [
                html.Div(
                    [
                        html.Ol(names, className="stages"),
                        html.P(say("alert.draft_back", language), className="restored muted small"),
                    ],
                    className="stage-head",
                ),
                _step(1, _outcomes(found, language, now)),
                _step(2, _cause_or_amount(found, language)),
                _step(3, _note(language)),
                _step(4, _confirm(language)),
                html.P(notice, className="error", id="verify-refused", role="alert"),
                html.Div(
                    [
                        html.Button(
                            say("alert.previous_step", language), id="verify-back", type="button", className="button"
                        ),
                        html.Button(
                            say("alert.next_step", language), id="verify-next", type="button", className="button-main"
                        ),
                        html.Button(
                            say("alert.submit", language), id="verify-submit", type="button", className="button-main"
                        ),
                        html.Span(say("alert.kept", language), className="muted small"),
                    ],
                    className="verify-buttons",
                ),
            ],
            id="verify",
            className="verify at-1",
        ),
    ]


def _words(found: Dossier, language: str) -> dict[str, Any]:
    """What the browser needs to keep the draft and to sum it up."""
    return {
        "alert": found.alert.id,
        "outcomes": {code: outcome_words(code, language) for code in OUTCOMES},
        "causes": {code: cause_words(code, language) for code in causes()},
        "names": {
            "outcome": say("alert.step_1", language),
            "cause": say("alert.cause", language),
            "recovered": say("alert.recovered", language),
            "note": say("alert.step_3", language),
        },
        "no_note": say("alert.no_note", language),
    }


def _step(number: int, content: list[Any]) -> html.Div:
    return html.Div(content, className=f"verify-step verify-step-{number}")


def _outcomes(found: Dossier, language: str, now: datetime) -> list[Any]:
    options = []
    for code in (code for codes in GROUPS.values() for code in codes):
        outcome = OUTCOMES[code]
        reason = refused_words(found, code, language, now)
        counts = say("alert.counts" if outcome.concluded else "alert.counts_not", language)
        label = html.Div(
            [
                html.Div([html.Span(code, className="code"), outcome.name if language == "zh" else outcome.name_en]),
                html.Div(say(f"alert.outcome_{code}", language), className="muted small"),
                html.Div(reason or counts, className="muted small counts"),
            ],
            className="option",
        )
        options.append({"label": label, "value": code, "disabled": reason is not None, "title": reason or ""})
    return [
        html.H3(say("alert.ask_outcome", language)),
        html.Div(
            [html.Div(say(f"alert.group_{name}", language)) for name in GROUPS],
            className="outcome-heads muted small",
        ),
        dcc.RadioItems(id="verify-outcome", options=options, className="outcomes"),
        html.P(say("alert.missing_outcome", language), className="error error-outcome"),
    ]


def refused_words(found: Dossier, outcome: str, language: str, now: datetime) -> str | None:
    """Why an outcome cannot be chosen, in the page's language; None where it can."""
    cause = next(iter(causes())) if outcome == EXCLUDED else None
    reason = refusal(found.alert, outcome, cause, at=now)
    if reason is None or language == "en":
        return reason
    if outcome == HELD and found.alert.status == "held":
        return say("alert.refused_held", language)
    return say("alert.refused", language, reason=reason)


def _cause_or_amount(found: Dossier, language: str) -> list[Any]:
    known = {cause.code: cause for cause in found.known_causes}
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
    recoverable = found.alert.recoverable
    hint = (
        say("alert.recovered_hint", language, amount=yuan(recoverable))
        if recoverable
        else say("alert.recovered_hint_none", language)
    )
    return [
        html.Div(
            [
                html.H3(say("alert.ask_cause", language)),
                dcc.RadioItems(id="verify-cause", options=options, className="cause-options"),
                html.P(say("alert.missing_cause", language), className="error error-cause"),
            ],
            className="only-cause",
        ),
        html.Div(
            [
                html.H3(say("alert.ask_recovered", language)),
                dcc.Input(id="verify-recovered", type="text", className="field", autoComplete="off"),
                html.P(hint, className="muted small"),
                html.P(say("alert.wrong_recovered", language), className="error error-recovered"),
            ],
            className="only-money",
        ),
    ]


def _note(language: str) -> list[Any]:
    return [
        html.H3(say("alert.ask_note", language)),
        dcc.Textarea(id="verify-note", className="field note", maxLength=LONGEST_NOTE),
        html.P(say("alert.note_hint", language), className="muted small"),
    ]


def _confirm(language: str) -> list[Any]:
    return [
        html.Div(id="verify-summary", className="summary"),
        html.P(say("alert.ask_confirm", language)),
        html.P(
            say("alert.acting_as", language, actor=actor_words(LOCAL_USER, language)),
            className="muted small",
            id="actor",
        ),
    ]


@dataclass(frozen=True)
class Given:
    """A verdict as a person gave it, fit to be written."""

    outcome: str
    cause: str | None
    note: str
    recovered: float | None
    """CNY."""


def given(outcome: object, cause: object, note: object, recovered: object, language: str) -> Given:
    """A verdict as it was posted, checked; what the outcome does not ask for is left out.

    Raises InputRefused, in the page's language, for a cause, note or amount that cannot be written.
    """
    code = outcome if isinstance(outcome, str) else ""
    if code != EXCLUDED:
        cause = None
    elif cause and (not isinstance(cause, str) or cause not in causes()):
        raise InputRefused(say("alert.unknown_cause", language, cause=str(cause)[:20]))
    asked = code in OUTCOMES and OUTCOMES[code].confirmed
    try:
        amount = amount_of(recovered) if asked else None
    except ValueError:
        raise InputRefused(say("alert.wrong_recovered", language)) from None
    return Given(code, str(cause) if cause else None, _note_of(note, language), amount)


def _note_of(written: object, language: str) -> str:
    if written is not None and not isinstance(written, str):
        raise InputRefused(say("alert.wrong_note", language))
    # Browsers may send the line breaks of Windows.
    note = (written or "").replace("\r\n", "\n").strip()
    if len(note) > LONGEST_NOTE:
        raise InputRefused(say("alert.long_note", language, n=f"{len(note):,}", most=f"{LONGEST_NOTE:,}"))
    if _UNWRITABLE.search(note):
        raise InputRefused(say("alert.wrong_note", language))
    return note


def amount_of(written: object) -> float | None:
    """The amount a person wrote, in CNY; None where left empty. Raises ValueError for what is not an amount."""
    if written is None:
        return None
    text = re.sub(r"[,，\s]", "", written) if isinstance(written, str) else "?"
    if not text:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,6})?", text):
        raise ValueError("an amount is digits, with at most one point")
    return float(text)


def already_words(found: Dossier, error: TransitionRefused, language: str) -> str:
    """A refused verdict in the page's language: what happened meanwhile, and that nothing was written."""
    if found.alert.status == "closed":
        return say("alert.already", language, outcome=outcome_words(found.alert.outcome or "", language))
    return say("alert.refused", language, reason=error)

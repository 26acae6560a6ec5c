"""The verification form, one step at a time, and what stands in its place once the alert has its outcome."""

from collections.abc import Mapping
from typing import Any

from dash import html

from dashboard import elimination_form, measures_form, people_concerned
from dashboard.case import Case
from dashboard.fields import form, radios, send, text, writing
from dashboard.formats import day, minute, yuan
from dashboard.precedents import cause_words, outcome_words
from dashboard.verdict_money import money_lines
from dashboard.words import say
from data.dossier import Event
from data.outcomes import OUTCOMES
from data.states import CONCLUSIONS

EXCLUDED, HELD = "E1", "H1"
"""Outcomes of their own way: requested and approved, and none yet."""
GROUPS: Mapping[str, tuple[str, ...]] = {
    "confirmed": ("C0", "C1", "C2", "C3"),
    "not": ("E1", "G1", "D1"),
    "open": ("H1", "U1"),
}
"""What a person may find, by column. A verdict says its kind, so the codes of feeds that do not are not offered."""
PATHS: Mapping[str, tuple[str, ...]] = {
    "confirmed": ("outcome", "money", "people", "measures", "note", "confirm"),
    "governance": ("outcome", "measures", "note", "confirm"),
    "eliminate": ("outcome", "cause", "proof", "note", "confirm"),
    "plain": ("outcome", "note", "confirm"),
}
"""The steps of the form by what was found; the browser walks them."""
KINDS: Mapping[str, str] = {
    **dict.fromkeys(("C0", "C1", "C2", "C3"), "confirmed"), "G1": "governance", EXCLUDED: "eliminate",
    **dict.fromkeys(("D1", "U1", HELD), "plain"),
}  # fmt: skip
"""Outcome to the path that it takes through the form."""
_STEPS = ("outcome", "money", "people", "measures", "cause", "proof", "note", "confirm")


def is_verifier(case: Case) -> bool:
    """Whether the person is the one who gives the verdict now."""
    return case.alert.status == "verifying" and case.alert.assignee == case.person.code


def verdict_form(case: Case) -> list[Any]:
    """The form: what was found, then only what that asks for, then a summary to confirm."""
    language = case.language
    names = [
        html.Li(say(f"verdict.step_{name}", language), className=" ".join(["stage", f"stage-{name}", *_on(name)]))
        for name in _STEPS
    ]
    contents = {
        "outcome": _outcomes(case), "money": _money(case), "people": people_concerned.step(case),
        "measures": measures_form.step(case), "cause": elimination_form.cause_step(case),
        "proof": elimination_form.proof_step(case), "note": _note(case), "confirm": _confirm(case),
    }  # fmt: skip
    steps = [html.Div(contents[name], className=f"verify-step verify-step-{name}") for name in _STEPS]
    drafted = [html.P(say("verdict.prefilled", language), className="came-back", id="prefilled")]
    return [
        *(drafted if case.prefilled else []),
        *([html.P(refused, className="error", role="alert")] if (refused := case.refusals["concluded"]) else []),
        form(
            "verified",
            html.Div(
                [html.Ol(names, className="stages"), *steps, _buttons(case)], id="verify", className="verify at-outcome"
            ),
        ),
    ]


def _on(step: str) -> list[str]:
    """Classes of the paths that a step is on."""
    return [f"on-{kind}" for kind, path in PATHS.items() if step in path]


def _buttons(case: Case) -> html.Div:
    language = case.language
    labels = {"confirmed": "submit", "governance": "submit", "eliminate": "submit_request", "plain": "submit"}
    sends = [
        html.Div(
            send(
                "verified", say(f"verdict.{word}", language), big=True, named=f"verify-submit-{kind}",
                refused=case.refusals["requested" if kind == "eliminate" else "concluded"],
            ),
            className=f"only only-{kind}",
        )
        for kind, word in labels.items()
    ]  # fmt: skip
    move: dict[str, Any] = {"data-move": "1", "data-primary": "yes"}
    back: dict[str, Any] = {"data-move": "-1"}
    return html.Div(
        [
            html.Button(say("verdict.back", language), id="verify-back", type="button", className="button", **back),
            html.Button(
                say("verdict.next", language), id="verify-next", type="button", className="button-main", **move
            ),
            html.Div(sends, className="sends"),
            html.Span(
                say("verdict.kept", language), className="muted small kept", title=say("verdict.kept_keys", language)
            ),
        ],
        className="verify-buttons",
    )


def form_words(case: Case) -> dict[str, Any]:
    """What the browser needs to walk the form and to sum it up."""
    language, draft = case.language, case.prefilled
    begun = {"outcome": EXCLUDED, "cause": draft.cause, "note": draft.reason} if draft else {}
    return {
        "paths": PATHS,
        "kinds": KINDS,
        "values": {
            "outcome": {code: outcome_words(code, language) for code in KINDS},
            "cause": elimination_form.cause_names(language),
            "finding": people_concerned.finding_names(language),
        },
        "none": say("verdict.none", language),
        "begun": begun,
        "begun_at": "confirm" if case.found.attachments else "proof",
    }


def _outcomes(case: Case) -> list[Any]:
    language = case.language
    options = [_option(code, language) for codes in GROUPS.values() for code in codes]
    return [
        html.H2(say("verdict.ask_outcome", language), className="step-title", id="step-title"),
        elimination_form.returned_notice(case),
        html.Div(
            [html.Div(say(f"verdict.group_{name}", language)) for name in ("confirmed", "not")],
            className="outcome-heads muted small",
        ),
        radios("verified", "outcome", say("verdict.outcome", language), options, style="outcomes"),
        _error("outcome", language),
    ]


def _option(code: str, language: str) -> dict[str, Any]:
    outcome = OUTCOMES[code]
    counts = say("verdict.counts" if outcome.concluded else "verdict.counts_not", language)
    named = html.Div([html.Span(code, className="code"), outcome.name if language == "zh" else outcome.name_en])
    label = html.Div(
        [named, html.Div(say(f"verdict.means_{code}", language), className="muted small")],
        className="option",
        title=counts,
    )
    return {"label": label, "value": code}


def _error(step: str, language: str) -> html.P:
    return html.P(say(f"verdict.missing_{step}", language), className=f"error error-{step}", role="alert")


def _money(case: Case) -> list[Any]:
    language, alert = case.language, case.alert
    known = alert.recoverable
    stated = say("verdict.recoverable_by_rule", language, amount=yuan(known)) if known is not None else ""
    return [
        html.H2(say("verdict.ask_money", language), className="step-title"),
        html.P(say("verdict.money_why", language), className="muted"),
        html.Div(
            [
                text(
                    "verified", "recoverable", say("verdict.recoverable", language), hint=stated, kind="amount",
                    value=None if known is None else f"{known:.2f}", unit=say("verdict.yuan", language),
                ),
                text(
                    "verified", "recovered", say("verdict.recovered", language), kind="amount",
                    hint=say("verdict.recovered_hint", language), unit=say("verdict.yuan", language),
                ),
            ],
            className="money-pair",
        ),
        _error("money", language),
    ]  # fmt: skip


def _note(case: Case) -> list[Any]:
    language = case.language
    return [
        html.H2(say("verdict.ask_note", language), className="step-title"),
        writing("verified", "note", say("verdict.note", language), hint=say("verdict.note_hint", language)),
        _error("note", language),
    ]


def _confirm(case: Case) -> list[Any]:
    language = case.language
    return [
        html.H2(say("verdict.ask_confirm", language), className="step-title"),
        html.Div(id="verify-summary", className="summary"),
        html.P([html.Span(say(f"verdict.confirm_{kind}", language), className=f"only only-{kind}") for kind in PATHS]),
        html.P(say("verdict.acting_as", language, name=case.person.name), className="muted small", id="actor"),
    ]


def outcome_panel(case: Case) -> list[Any]:
    """How it ended, by whom, and what a look-back found."""
    alert, language = case.alert, case.language
    last = next((one for one in reversed(case.found.history) if one.kind in CONCLUSIONS), None)
    closed = next((one for one in reversed(case.found.history) if one.kind == "rectified"), None)
    lines: list[Any] = [
        html.H2(outcome_words(alert.outcome or "", language), className="step-title done", id="step-title")
    ]
    if alert.cause:
        lines.append(html.P(say("verdict.cause_was", language, cause=cause_words(alert.cause, language))))
    lines += money_lines(case)
    for one, key in ((last, "verdict.done_by"), (closed, "verdict.righted_by")):
        if one is not None:
            lines.append(
                html.P(say(key, language, name=case.name(one.actor), time=minute(one.at)), className="muted small")
            )
            lines.append(html.P(one.note, className="event-note") if one.note else None)
    return [html.Div([*lines, *_earlier(case), *_look_backs(case)], className="outcome"), *after(case)]


def _earlier(case: Case) -> list[Any]:
    """Verdicts that were reversed: they stay on record beside the present one."""
    given = [one for one in case.found.history if one.kind in CONCLUSIONS]
    back = [one for one in case.found.history if one.kind == "reversed"]
    return [html.P(_reversed_words(case, one, given), className="reversed small") for one in back]


def _reversed_words(case: Case, one: Event, given: list[Event]) -> str:
    outcome = outcome_words(_before(given, one.version), case.language)
    return say("verdict.reversed_was", case.language, outcome=outcome, name=case.name(one.actor), day=day(one.at))


def _before(given: list[Event], version: int) -> str:
    return next((one.outcome or "" for one in reversed(given) if one.version < version), "")


def _look_backs(case: Case) -> list[Any]:
    lines = []
    for one in case.found.look_backs:
        found = say(f"verdict.finding_{one.finding or 'open'}", case.language)
        note = f"：{one.note}" if one.note else ""
        lines.append(html.P([html.Span(say("verdict.look_back", case.language)), " ", found, note], className="small"))
    return lines


def after(case: Case) -> list[Any]:
    """The way on from an alert that is done with: the next one, and how a verdict is taken back."""
    language = case.language
    way = (
        form("take_next", send("take_next", say("verdict.take_next", language), big=True, named="alert-next"))
        if case.person.may("verify")
        else None
    )
    return [way, html.P(say("verdict.no_undo", language), className="muted small")]

"""The life of risk models on the health page: the challenger compared, versions, held-back columns, the switch."""

from collections.abc import Mapping
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.administration import choice, guarded, text
from dashboard.formats import count, day, minute
from dashboard.model_health import Shown
from dashboard.words import say
from data import risk_models
from data.actors import names
from data.rights import Person
from data.risk_models import Filed

MOST_VERSIONS = 12
MOST_EVENTS = 12


def compared(session: Session, shown: Shown, person: Person, language: str) -> html.Section | None:
    """The model shown against the live one, with the way to put it live; on the live one's page the waiting one."""
    model = shown.model
    if shown.is_live or model.state == "live":
        waiting = next((one for one in risk_models.filed_models(session) if one.state == "challenger"), None)
        return None if waiting is None else _waiting(session, waiting, language)
    if model.state == "challenger":
        deed = _deed("risk-promote", "promote", language, model) if _may(person) else _ask(language)
    elif model.id in risk_models.were_live(session):
        deed = _deed("risk-back", "back", language, model) if _may(person) else _ask(language)
    else:
        deed = html.P(say("model_health.passed", language), className="muted")
    refused = model.state == "challenger" and model.verdict == risk_models.WORSE
    worse = html.P(say("model_health.refused_worse", language), className="late-note")
    return html.Section(
        [
            html.H2(say("model_health.decide", language, n=model.id)),
            *_comparison(model, language),
            worse if refused else deed,
        ],
        className="card health-part",
    )


def _may(person: Person) -> bool:
    return person.may(risk_models.RIGHT)


def _ask(language: str) -> html.P:
    return html.P(say("model_health.who_may", language), className="muted small")


def _waiting(session: Session, waiting: Filed, language: str) -> html.Section:
    proposed = next(
        (one for one in risk_models.events(session, ("proposed",)) if one.risk_model_id == waiting.id), None
    )
    key = "proposed" if proposed else "waiting"
    return html.Section(
        [
            html.H2(say(f"model_health.{key}", language, n=waiting.id)),
            *_comparison(waiting, language),
            dcc.Link(say("model_health.look_at", language, n=waiting.id), href=f"/model-health?model={waiting.id}",
                     className="button-main" if proposed else "button"),
        ],
        className="card health-part" + (" health-proposed" if proposed else ""),
    )  # fmt: skip


def _comparison(model: Filed, language: str) -> list[Any]:
    found: Mapping[str, Any] | None = model.metrics.get("compared")
    if not found:
        return [html.P(say("model_health.not_compared", language))]
    lines = []
    for name in ("auc", "brier", "first_half"):
        one = found["gain"].get(name)
        if one:
            span = f"{one['value']:+.3f} ({one['low']:+.3f} – {one['high']:+.3f})"
            lines.append(html.Li([say(f"model_health.figure_{name}", language), " ", html.Strong(span)]))
    return [
        html.P(say(f"model_health.verdict_{found['verdict']}", language, n=count(found["n"]), other=found.get("with"))),
        html.Ul(lines, className="model-list"),
        html.P(say("model_health.compared_how", language), className="muted small"),
    ]


def _deed(form: str, name: str, language: str, model: Filed) -> html.Details:
    return guarded(
        form,
        say(f"model_health.{name}", language, n=model.id),
        say(f"model_health.{name}_why", language),
        [text(form, "why", say("model_health.reason", language))],
        say(f"model_health.{name}_do", language),
        danger=False,
    )


def switch(session: Session, shown: Shown, person: Person, language: str) -> html.Section | None:
    """Withdraw every score, or restore them."""
    off = risk_models.withdrawn(session)
    name = "withdraw" if off is None else "restore"
    form = f"risk-{name}"
    if shown.live is None or not shown.is_live:
        return None
    content: list[Any] = [
        html.H2(say("model_health.switch", language)),
        html.P(say("model_health.switch_on" if off is None else "model_health.switch_off", language)),
    ]
    if _may(person):
        content.append(
            guarded(
                form,
                say(f"model_health.{name}", language),
                say(f"model_health.{name}_why", language),
                [text(form, "why", say("model_health.reason", language))],
                say(f"model_health.{name}_do", language),
                danger=off is None,
            )
        )
    else:
        content.append(_ask(language))
    return html.Section(content, className="card health-part")


def columns(session: Session, shown: Shown, person: Person, language: str) -> html.Section | None:
    """Columns held back as written after verification, and those a person let in."""
    held = shown.metrics.get("held_back") or []
    allowed = risk_models.allowed_columns(session)
    if not held and not allowed:
        return None
    lines = [
        html.Li([html.Code(one["column"]), " ",
                 say(f"model_health.leak_{one['sign']}", language, auc=f"{one['auc']:.2f}", n=count(one["n"]))])
        for one in held
    ]  # fmt: skip
    called = names(session, {one.actor for one in allowed.values()}, language=language)
    let_in = [
        html.Li([html.Code(name), " ", say("model_health.let_in", language, name=called[one.actor], day=day(one.at)),
                 html.Span(f" {one.note}", className="muted")])
        for name, one in allowed.items()
    ]  # fmt: skip
    forms: list[Any] = []
    if _may(person):
        still = [one["column"] for one in held if one["column"] not in allowed]
        forms = [_column_form("allow", still, language), _column_form("hold", list(allowed), language)]
    return html.Section(
        [
            html.H2(say("model_health.columns", language)),
            html.P(say("model_health.columns_why", language), className="muted small"),
            html.Ul([*lines, *let_in], className="model-list"),
            *[form for form in forms if form is not None],
        ],
        className="card health-part",
    )


def _column_form(name: str, options: list[str], language: str) -> html.Details | None:
    if not options:
        return None
    form = f"risk-{name}"
    chosen = choice(form, "column", say("model_health.column", language),
                    [{"value": one, "label": one} for one in options], language, value=options[0])  # fmt: skip
    return guarded(
        form,
        say(f"model_health.{name}", language),
        say(f"model_health.{name}_why", language),
        [chosen, text(form, "why", say("model_health.reason", language))],
        say(f"model_health.{name}_do", language),
        danger=name == "allow",
    )


def versions(session: Session, shown: Shown, language: str) -> html.Section:
    """Every risk model with its state and card, and what was done with them, by whom and why."""
    lines = [_version(one, shown, language) for one in risk_models.filed_models(session)[:MOST_VERSIONS]]
    found = risk_models.events(session)[:MOST_EVENTS]
    called = names(session, {one.actor for one in found}, language=language)
    history = [
        html.Li(
            [
                html.Span(minute(one.at), className="muted small"),
                " ",
                say(f"model_health.event_{one.kind}", language, n=one.risk_model_id or "—", column=one.about),
                " · ",
                called[one.actor],
                html.Span(f" {_in(one.note, language)}", className="muted") if one.note else None,
            ]
        )
        for one in found
    ]
    return html.Section(
        [
            html.H2(say("model_health.versions", language)),
            html.Ol(lines, className="pile-rows"),
            html.Details(
                [html.Summary(say("model_health.history", language)), html.Ol(history, className="model-list")],
                className="what",
            ) if history else None,
        ],
        className="card health-part",
    )  # fmt: skip


def _in(note: str, language: str) -> str:
    """A note that the office itself wrote says the same in Chinese and English, a stroke between them."""
    first, stroke, second = note.partition(" / ")
    if not stroke:
        return note
    sides = (first, second) if any("一" <= letter <= "鿿" for letter in first[:12]) else (second, first)
    return sides[0] if language == "zh" else sides[1]


def _version(one: Filed, shown: Shown, language: str) -> html.Li:
    here = one.id == shown.model.id
    name = say("model_health.version", language, n=one.id)
    auc = ((one.metrics.get("figures") or {}).get("auc") or {}).get("value")
    facts = say("model_health.version_facts", language, rows=count(one.n_rows), day=day(one.as_of),
                auc="—" if auc is None else f"{auc:.3f}")  # fmt: skip
    address = f"/model-health?model={one.id}"
    files = f"/model-health/card/{one.id}"
    return html.Li(
        [
            html.Div(
                [
                    html.Strong(name) if here else dcc.Link(name, href=address),
                    html.Span(
                        say(f"model_health.state_{one.state}", language), className=f"model-state risk-{one.state}"
                    ),
                    html.Span(
                        [
                            html.A(say("model_health.card_md", language), href=f"{files}.md?lang={language}"),
                            " ",
                            html.A("JSON", href=f"{files}.json"),
                        ],
                        className="small no-print",
                    ),
                ],
                className="version-line",
            ),
            html.P([facts, html.Code(f" {one.fingerprint[:10]}")], className="muted small"),
        ],
        className="version",
    )

"""How a live supervision model runs: plan and next run, missed months, where it raises alerts, suppressions."""

import json
from collections.abc import Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.administration import button, choice, guarded, place_name, refusal, region_options, text
from dashboard.formats import count, minute
from dashboard.words import say
from data import back_fill, model_scope, shadow
from data.loop_tables import Suppression
from data.model_states import LIVE, UNDER_WAY
from data.model_tables import BackFill
from data.office_time import shanghai_day, utc_now
from data.rights import Person
from data.schedule import KINDS, last_run, plan_of
from data.suppressions import listed
from data.tables import CollisionRun, SupervisionModel

FORMS: dict[str, Sequence[str]] = {
    "model-schedule": ("kind", "day"), "model-fill": (), "model-scope": ("region", "why"), "model-scope-yes": (),
    "model-scope-no": ("why",), "model-shadow": (), "model-unshadow": (),
}  # fmt: skip
"""Forms of the panel and their fields."""


def running(session: Session, row: SupervisionModel, person: Person, language: str) -> html.Section | None:
    """Plan, last and next run, and what was missed; None for a version that is not live."""
    if row.status not in LIVE:
        return None
    now = utc_now()
    plan, last, missed = (
        plan_of(session, row.code),
        last_run(session, row.code),
        back_fill.missed(session, row.code, now=now),
    )
    may = any(person.covers(row.region_code, right) for right in ("models", "approve_models"))
    facts = [
        (say("warehouse.plan", language), _plan(plan.kind, plan.day, language)),
        (say("warehouse.last_run", language),
         _ran(last, language) if last else "—"),
        (say("warehouse.next_run", language), _next(session, row, language)),
    ]  # fmt: skip
    parts: list[Any] = [part for name, words in facts for part in (html.Dt(name), html.Dd(words))]
    return html.Section(
        [
            html.H2(say("warehouse.running", language)),
            html.Dl(parts, className="model-elements"),
            *([_schedule(plan.kind, plan.day, language)] if may else []),
            *_missed(session, row.code, [f"{shanghai_day(end):%Y-%m}" for end in missed], may=may, language=language),
        ],
        className="card model-part",
    )


def _ran(run: CollisionRun, language: str) -> str:
    words = say("warehouse.ran", language, at=minute(run.ended_at), n=count(run.n_new))
    for name in ("elsewhere", "unplaced"):
        if n := getattr(run, f"n_{name}"):
            words += say(f"warehouse.ran_{name}", language, n=count(n))
    return words


def _plan(kind: str, on: int, language: str) -> str:
    return say(f"warehouse.plan_{kind}", language, day=on)


def _next(session: Session, row: SupervisionModel, language: str) -> str:
    if row.status == "paused":
        return say("warehouse.next_none", language)
    plan, last = plan_of(session, row.code), last_run(session, row.code)
    today = shanghai_day(utc_now())
    day = plan.next_day(today, shanghai_day(last.ended_at) if last else None)
    return say("warehouse.next_growth" if plan.kind == "growth" else "warehouse.next_on", language, day=day)


def _schedule(kind: str, on: int, language: str) -> html.Details:
    kinds = [{"value": one, "label": say(f"warehouse.kind_{one}", language)} for one in KINDS]
    fields = [
        choice("model-schedule", "kind", say("warehouse.plan", language), kinds, language, value=kind),
        text("model-schedule", "day", say("warehouse.plan_day", language), value=on or 1, kind="number",
             hint=say("warehouse.plan_day_hint", language)),
    ]  # fmt: skip
    words = say("warehouse.plan_set", language)
    return guarded("model-schedule", words, say("warehouse.plan_why", language), fields, words, danger=False)


def _missed(session: Session, code: str, months: Sequence[str], *, may: bool, language: str) -> list[Any]:
    asked = session.scalars(
        select(BackFill).where(BackFill.code == code).order_by(BackFill.as_of.desc()).limit(12)
    ).all()
    lines = [
        html.Li([f"{shanghai_day(one.as_of):%Y-%m} · ", say(f"warehouse.fill_{one.state}", language),
                 f" {json.loads(one.failure).get(language, '')}" if one.failure else ""])
        for one in asked
    ]  # fmt: skip
    parts: list[Any] = [html.Ul(lines, className="model-list small")] if lines else []
    if months and may:
        said = say("warehouse.missed", language, months=("、" if language == "zh" else ", ").join(months))
        fill = button("model-fill", say("warehouse.fill", language), style="button")
        parts += [html.P(said, className="notice"), fill, refusal("model-fill")]  # fmt: skip
    return parts


def reach(session: Session, row: SupervisionModel, person: Person, language: str) -> html.Section:
    """Where alerts are raised, and the request to widen it."""
    asked = model_scope.asked(session, row.code) if row.status in LIVE else None
    parts: list[Any] = [
        html.H2(say("warehouse.reach", language)), html.P(place_name(session, row.region_code, language)),
    ]  # fmt: skip
    if asked is not None:
        wider = place_name(session, asked.region_code, language)
        parts.append(html.P(say("warehouse.scope_asked", language, region=wider, why=asked.reason), className="notice"))
        if person.covers(asked.region_code, "approve_models"):
            parts += _decision(language)
    elif row.status in LIVE and row.region_code and person.covers(row.region_code, "models"):
        options = [one for one in region_options(session, language) if row.region_code.startswith(one["value"])
                   or one["value"] == "*"]  # fmt: skip
        fields = [
            choice("model-scope", "region", say("warehouse.wider", language), options, language,
                   empty=say("system.choose", language)),
            text("model-scope", "why", say("warehouse.why", language), most=500),
        ]  # fmt: skip
        words = say("warehouse.widen", language)
        parts.append(guarded("model-scope", words, say("warehouse.widen_why", language), fields, words, danger=False))
    return html.Section(parts, className="card model-part")


def _decision(language: str) -> list[Any]:
    no = say("warehouse.scope_no", language)
    return [
        html.Div([button("model-scope-yes", say("warehouse.scope_yes", language)), refusal("model-scope-yes")]),
        guarded("model-scope-no", no, say("warehouse.scope_no_why", language),
                [text("model-scope-no", "why", say("warehouse.why", language), most=500)], no),
    ]  # fmt: skip


def shadowed(session: Session, row: SupervisionModel, person: Person, language: str) -> html.Section | None:
    """A version beside the live one: what only one of the two finds. None where there is nothing to compare."""
    if row.status not in UNDER_WAY or row.version == 1:
        return None
    found = shadow.runs(session, row.code, row.version)
    form = "model-unshadow" if row.shadow_since else "model-shadow"
    heads = [html.Th(say(f"warehouse.shadow_{name}", language), scope="col", className="" if name == "at" else "number")
             for name in ("at", "both", "only_new", "only_live")]  # fmt: skip
    rows = [
        html.Tr([html.Td(minute(one.as_of)), *(html.Td(count(n), className="number")
                                                for n in (one.n_both, one.n_only_new, one.n_only_live))])
        for one in found
    ]  # fmt: skip
    parts: list[Any] = [
        html.H2(say("warehouse.shadow", language)), html.P(say("warehouse.shadow_why", language), className="muted"),
    ]  # fmt: skip
    if person.may("models"):
        parts.append(
            html.Div(
                [
                    button(
                        form,
                        say("warehouse.end_shadow" if row.shadow_since else "warehouse.begin_shadow", language),
                        style="button",
                    ),
                    refusal(form),
                ]
            )
        )
    if rows:
        table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed")
        parts.append(html.Div(table, className="scrolls"))
    elif row.shadow_since:
        parts.append(html.P(say("warehouse.shadow_none", language), className="muted"))
    return html.Section(parts, className="card model-part")


def suppressed(session: Session, code: str, language: str) -> html.Section | None:
    """Subjects this model does not raise for the time being, within the visitor's scope."""
    found = [
        one for one in listed(session, on=shanghai_day(utc_now())) if one.suppression.source == code and one.days_left
    ]
    if not found:
        return None
    return html.Section(
        [html.H2(say("warehouse.suppressed", language, n=count(len(found)))),
         html.Ul([html.Li(_one(one.suppression)) for one in found[:10]], className="model-list"),
         dcc.Link(say("warehouse.all_suppressed", language), href="/suppressions")],
        className="card model-part",
    )  # fmt: skip


def _one(one: Suppression) -> list[Any]:
    return [one.subject_display, html.Span(f" {one.reason} · {one.until_on}", className="muted small")]

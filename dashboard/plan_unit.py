"""One unit's week beside the table: its alerts by reason, what it can verify and why, and the button that confirms."""

from datetime import date
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard import shell
from dashboard.administration import Options, button, choice, guarded, refusal, text
from dashboard.aria import HIDDEN
from dashboard.formats import NOTHING, count, minute, percent
from dashboard.plan_view import Drawn, news
from dashboard.words import say
from data import actors
from data.bulk import verifiers
from data.capacity import Capacity
from data.expected import Expected, confirmed
from data.orders import NAMED
from data.plan import REASONS, Planned, UnitPlan
from data.plan_confirming import Kept
from data.queue import Listed


def expected_words(expected: Expected, language: str) -> str:
    """An expected count with its interval: `5.2（3–8）`."""
    if not expected.n:
        return NOTHING
    return say("plan.interval", language, mean=f"{expected.mean:.1f}", low=expected.low, high=expected.high)


def interval_bar(expected: Expected, highest: int) -> html.Div:
    """The interval drawn on the scale that all units share, with the mean as a mark."""
    scale = 100.0 / max(highest, 1)
    return html.Div(
        [
            html.Span(
                className="plan-between",
                style={"left": f"{expected.low * scale:.1f}%", "right": f"{100 - expected.high * scale:.1f}%"},
            ),
            html.Span(className="plan-mean", style={"left": f"{min(expected.mean * scale, 100):.1f}%"}),
        ],
        className="plan-bar",
        **HIDDEN,
    )


def beside(session: Session, drawn: Drawn, today: date, language: str) -> html.Div:
    """The chosen unit's plan and its capacity."""
    plan = drawn.here
    assert plan is not None  # noqa: S101  (the page asks only where there is one)
    people = verifiers(session, {plan.unit.code}, on=today)
    kept = drawn.kept.get(plan.unit.code)
    codes = {code for code, _ in people} | {one.account for one in plan.items} | {plan.capacity.set_by}
    called = actors.names(session, codes | ({kept.plan.confirmed_by} if kept else set()), language=language)
    mine = plan.unit.code in drawn.mine
    return html.Div(
        [_week(drawn, plan, kept, called, language), _capacity(plan, people, called, language, mine=mine)],
        className="admin-beside",
    )


def _week(drawn: Drawn, plan: UnitPlan, kept: Kept | None, called: dict[str, str], language: str) -> html.Section:
    name = plan.unit.name if language == "zh" else plan.unit.name_en
    order = say("plan.order_of", language, order=NAMED[plan.order.order].called(language))
    groups = [_group(drawn, plan, why, called, language) for why in REASONS if plan.n_of(why)]
    hidden = len(plan.items) - sum(one.alert_id in drawn.rows for one in plan.items)
    notes = (("outside", hidden), ("recused", plan.n_recused), ("drawn_left", plan.n_waiting_drawn))
    return html.Section(
        [
            html.Div([html.H2(name), html.Span(order, className="muted")], className="pile-head"),
            _kept(kept, called, language) if kept else None,
            *groups,
            html.P(say("plan.empty_unit", language), className="muted") if not plan.items else None,
            *(
                html.P(
                    say(f"plan.{key}", language, n=count(n)), className="muted small" if key == "outside" else "small"
                )
                for key, n in notes
                if n
            ),
            _confirm(drawn, plan, kept, language),
        ],
        className="card plan-week",
    )


def _kept(kept: Kept, called: dict[str, str], language: str) -> html.P:
    words = say(
        "plan.kept", language, name=called.get(kept.plan.confirmed_by, kept.plan.confirmed_by),
        at=minute(kept.plan.confirmed_at), n=count(len(kept.alert_ids)),
        expected=expected_words(confirmed(kept.chances), language), ended=count(kept.n_concluded),
        confirmed=count(kept.n_confirmed),
    )  # fmt: skip
    return html.P(words, className="plan-kept")


def _group(drawn: Drawn, plan: UnitPlan, why: str, called: dict[str, str], language: str) -> html.Div:
    items = [one for one in plan.items if one.why == why]
    rows = [_item(one, drawn.rows[one.alert_id], called, language) for one in items if one.alert_id in drawn.rows]
    head = [html.H3(say(f"plan.why_{why}", language)), html.Span(count(len(items)), className="muted")]
    return html.Div(
        [html.Div(head, className="pile-head"), html.Ol(rows, className="pile-rows")],
        className=f"plan-group plan-{why}",
    )


def _item(one: Planned, row: Listed, called: dict[str, str], language: str) -> html.Li:
    chinese = language == "zh"
    if row.drawn:
        likely = say("plan.blind", language)
    elif row.p_confirmed is None:
        likely = say("plan.not_scored", language)
    else:
        likely = say("plan.likely", language, p=percent(row.p_confirmed, digits=0))
    who = (
        called.get(one.account, one.account)
        if one.account
        else say("plan.to_dispatch", language)
        if one.waiting
        else ""
    )
    return html.Li(
        dcc.Link(
            [
                shell.level_shape(row.level, language, word=False),
                html.Span(
                    [
                        html.Span(row.title if chinese else row.title_en, className="pile-what"),
                        html.Span(f"#{row.id} · {row.place if chinese else row.place_en}", className="muted small"),
                    ],
                    className="pile-words",
                ),
                html.Span([html.Span(likely), html.Span(who, className="plan-who")], className="plan-beside small"),
            ],
            href=f"/alert/{row.id}",
            className="pile-row",
        )
    )


def _confirm(drawn: Drawn, plan: UnitPlan, kept: Kept | None, language: str) -> html.Details | None:
    """The button behind a second step, for the head of the unit, where there is something to confirm."""
    waits = plan.items and (kept is None or plan.n_to_give or news(plan, drawn.kept))
    if drawn.look or plan.unit.code not in drawn.mine or not waits:
        return None
    why = say(
        "plan.confirm_why", language, n_dispatch=count(sum(one.waiting for one in plan.items)),
        n_assign=count(sum(one.given for one in plan.items)), n_rest=count(len(plan.items) - plan.n_to_give),
    )  # fmt: skip
    words = say("plan.confirm_again" if kept else "plan.confirm", language)
    return guarded("plan-confirm", words, why, [], say("plan.confirm_do", language), danger=False)


def _capacity(
    plan: UnitPlan, people: list[tuple[str, str]], called: dict[str, str], language: str, *, mine: bool
) -> html.Section:
    capacity = plan.capacity
    lines = [_from(capacity, language)]
    if capacity.set_to is not None:
        by = called.get(capacity.set_by, capacity.set_by)
        lines.append(say("plan.capacity_set", language, name=by, at=minute(capacity.set_at), n=count(capacity.set_to)))
    if (whole := capacity.of(plan.week)) is not None:
        values = {"n_days": plan.week.days, "n": count(whole), "done": count(plan.n_done)}
        lines.append(say("plan.capacity_week", language, **values))
    if plan.people:
        lines.append(say("plan.capacity_people", language, n=count(plan.room)))
    form: list[Any] = []
    if mine:
        label, hint = say("plan.capacity_label", language), say("plan.capacity_hint", language)
        value = "" if capacity.set_to is None else capacity.set_to
        form = [
            html.Div(
                [text("plan-capacity", "value", label, value=value, hint=hint, kind="number"),
                 button("plan-capacity", say("plan.capacity_do", language), style="button")],
                className="plan-line",
            ),
            refusal("plan-capacity"),
        ]  # fmt: skip
    return html.Section(
        [
            html.H2(say("plan.column_room", language)),
            *(html.P(line) for line in lines),
            *form,
            _people(plan, people, language, mine=mine),
        ],
        className="card looked",
    )


def _from(capacity: Capacity, language: str) -> str:
    if capacity.proposed is None:
        return say("plan.capacity_none", language)
    past = (
        "、".join(str(n) for _, n in capacity.past) if language == "zh" else ", ".join(str(n) for _, n in capacity.past)
    )
    values = {"n": len(capacity.past), "past": past, "median": f"{capacity.proposed:.1f}"}
    return say("plan.capacity_from", language, **values)


def _people(plan: UnitPlan, people: list[tuple[str, str]], language: str, *, mine: bool) -> html.Details:
    if not people:
        content: list[Any] = [html.P(say("plan.people_none", language), className="muted")]
    else:
        options: Options = [
            {"value": code, "label": f"{name} · {_known(plan, code, language)}"} for code, name in people
        ]
        content = [html.P(say("plan.people_why", language), className="muted")]
        content += [html.Ul([html.Li(option["label"]) for option in options])]
        if mine:
            choose = say("plan.person_choose", language)
            content += [
                html.Div(
                    [choice("plan-person", "account", say("plan.person", language), options, language, empty=choose),
                     text("plan-person", "value", say("plan.capacity_label", language), kind="number",
                          hint=say("plan.capacity_hint", language)),
                     button("plan-person", say("plan.person_do", language), style="button")],
                    className="plan-line",
                ),
                refusal("plan-person"),
            ]  # fmt: skip
    return html.Details(
        [html.Summary(say("plan.people", language)), html.Div(content, className="looked")],
        className="what",
        open=bool(plan.people),
    )


def _known(plan: UnitPlan, account: str, language: str) -> str:
    capacity = plan.people.get(account) or plan.past_of.get(account)
    if capacity is None or capacity.per_week is None:
        return say("plan.person_unknown", language)
    key = "plan.person_median" if capacity.set_to is None else "plan.person_set"
    return say(key, language, n=f"{capacity.per_week:.3g}")

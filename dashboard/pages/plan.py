"""The plan of the week: who verifies what, and how much of it will be confirmed?"""

from collections.abc import Sequence
from typing import Any

import dash
from dash import Dash, dcc, html

from dashboard import plan_deeds, plan_orders, plan_unit, shell, visitor
from dashboard.administration import Done, Given, View, add_forms, address, guarded, read_view, said
from dashboard.due import calendar_note
from dashboard.formats import NOTHING, count, local, yuan
from dashboard.plan_unit import expected_words
from dashboard.plan_view import Drawn, news, read
from dashboard.words import say
from data.expected import confirmed
from data.office_time import utc_now
from data.orders import NAMED
from data.plan import UnitPlan, chances

RIGHT = ("dispatch", "verify")
PATH = "/plan"
_VIEW = ("unit", "look")
_COLUMNS = ("unit", "room", "planned", "late", "drawn", "expected", "money", "beyond", "state")


def layout(lang: str | None = None, **query: Any) -> html.Div:
    """The plan for the week that is planned now; the unit and the order to try are in the address."""
    language = shell.language_of(lang)
    content = html.Div(body(language, read_view(_VIEW, query)), id="plan-body", className="work")
    return shell.frame("plan", language, content)


def body(language: str, view: View, *, done: Done | None = None) -> list[Any]:
    """The page below the header; `done`: what was just done."""
    today = local(utc_now()).date()
    view = {name: value for name, value in view.items() if name in _VIEW}
    with visitor.seen() as session:
        drawn = read(
            session, visitor.visitor(), unit=view.get("unit", ""), look=view.get("look", ""), today=today
        )  # fmt: skip
        beside = plan_unit.beside(session, drawn, today, language) if drawn.here else None
        orders = plan_orders.card(session, drawn, language)
    store = dcc.Store(id="plan-view", data=view | plan_deeds.seen(drawn))
    if beside is None:
        return [store, *said(done, language), _nothing(drawn, language)]
    note = calendar_note(drawn.week.last, today, language)
    return [
        store,
        html.P(note, className="notice") if note else None,
        _head(drawn, language),
        *said(done, language),
        _looking(drawn, language),
        _figures(drawn, language),
        html.Div([html.Div([_units(drawn, language), orders], className="admin-beside"), beside], className="plan-two"),
        _what(language),
    ]


def _nothing(drawn: Drawn, language: str) -> html.Div:
    return html.Div(
        [
            html.H1(say("plan.nothing_title", language)),
            html.P(say("plan.nothing", language)),
            html.P(say("plan.unplaced", language, n=count(drawn.n_unplaced))) if drawn.n_unplaced else None,
            dcc.Link(say("plan.see_queue", language), href="/queue", className="button"),
        ],
        className="card message",
    )


def _head(drawn: Drawn, language: str) -> html.Div:
    week, plans = drawn.week, drawn.plans
    lead = say(
        "plan.lead", language, n_days=week.days, n_units=count(len(plans)),
        room=count(sum(one.room or 0 for one in plans)), n=count(sum(len(one.items) for one in plans)),
    )  # fmt: skip
    return html.Div(
        [
            html.Div(
                [
                    html.H1(say("plan.title", language, first=week.first, last=week.last)),
                    html.P(lead, className="lead"),
                ]
            ),
            _confirm_all(drawn.to_confirm, language),
        ],
        className="work-head",
    )


def _confirm_all(waiting: Sequence[UnitPlan], language: str) -> html.Details | None:
    if len(waiting) < 2:
        return None
    items = [one for plan in waiting for one in plan.items]
    why = say(
        "plan.confirm_all_why", language, n_units=count(len(waiting)),
        n_dispatch=count(sum(one.waiting for one in items)), n_assign=count(sum(one.given for one in items)),
        n_rest=count(sum(not (one.waiting or one.given) for one in items)),
    )  # fmt: skip
    do = say("plan.confirm_do", language)
    return guarded("plan-confirm-all", say("plan.confirm_all", language), why, [], do, danger=False)


def _looking(drawn: Drawn, language: str) -> html.P | None:
    if not drawn.look:
        return None
    back = dcc.Link(say("plan.looking_back", language), href=address(PATH, {"unit": _here(drawn)}))
    named = NAMED[drawn.look].called(language)
    return html.P([say("plan.looking", language, order=named), " ", back], className="notice")


def _here(drawn: Drawn) -> str:
    return drawn.here.unit.code if drawn.here else ""


def _figures(drawn: Drawn, language: str) -> html.Div:
    """The four figures of the week."""
    plans, expected = drawn.plans, drawn.expected
    items = [one for plan in plans for one in plan.items]
    reasons = {name: count(drawn.n_of(name)) for name in ("going_on", "overdue", "drawn", "in_order")}
    unknown = sum(one.room is None for one in plans)
    more = say("plan.figure_room_unknown", language, unknown=count(unknown)) if unknown else ""
    figures = (
        ("room", count(sum(one.room or 0 for one in plans)),
         {"done": count(sum(one.n_done for one in plans))}),
        ("planned", count(len(items)), reasons),
        ("expected", f"{expected.mean:.1f}", {"low": count(expected.low), "high": count(expected.high),
                                              "n": count(expected.n)}),
        ("money", f"{sum(one.recoverable for one in plans):,.0f}",
         {"n": count(sum(not one.recoverable for one in items))}),
    )  # fmt: skip
    drawn_figures: list[Any] = [
        html.Section(
            [
                html.H2(say(f"plan.figure_{name}", language)),
                html.P(figure, className="plan-figure"),
                html.P(
                    [say(f"plan.figure_{name}_note", language, **values), more if name == "room" else ""],
                    className="muted small",
                ),
            ],
            className="card",
        )
        for name, figure, values in figures
    ]
    return html.Div(drawn_figures, className="plan-figures")


def _units(drawn: Drawn, language: str) -> html.Section:
    """Every unit with what it can and what it gets; its name leads to its plan."""
    words = ("unit", "state")
    heads = [
        html.Th(say(f"plan.column_{name}", language), scope="col", className="" if name in words else "number")
        for name in _COLUMNS
    ]
    highest = max((confirmed(chances([one])).high for one in drawn.plans), default=0)
    table = html.Table(
        [
            html.Thead(html.Tr(heads)),
            html.Tbody([_row(one, drawn, highest, language) for one in drawn.plans]),
            html.Tfoot(_total(drawn, language)),
        ],
        className="rows assessed plan-units",
    )
    left = None
    if drawn.n_unplaced:
        words_left = say("plan.unplaced", language, n=count(drawn.n_unplaced))
        left = html.P(dcc.Link(words_left, href="/queue?status=waiting"), className="small")
    return html.Section([html.H2(say("plan.units", language)), html.Div(table, className="scrolls"), left],
                        className="card")  # fmt: skip


def _row(plan: UnitPlan, drawn: Drawn, highest: int, language: str) -> html.Tr:
    unit, expected = plan.unit, confirmed(chances([plan]))
    name = unit.name if language == "zh" else unit.name_en
    looked = {"unit": unit.code, "look": drawn.look}
    order = None
    if not drawn.look and unit.code in drawn.in_force.units:
        order = html.Span(NAMED[plan.order.order].called(language), className="muted small")
    bar = plan_unit.interval_bar(expected, highest) if expected.n else None
    late = plan.n_of("overdue")
    return html.Tr(
        [
            html.Th([dcc.Link(name, href=address(PATH, looked)), order], scope="row"),
            html.Td(_room(plan, language), className="number"),
            html.Td(html.Strong(count(len(plan.items))), className="number"),
            html.Td(count(late), className="number late-note" if late else "number muted"),
            html.Td(count(plan.n_of("drawn")), className="number" if plan.n_of("drawn") else "number muted"),
            html.Td([expected_words(expected, language), bar], className="number"),
            html.Td(f"{plan.recoverable:,.0f}" if plan.recoverable else NOTHING, className="number"),
            html.Td(count(plan.n_beyond), className="number"),
            html.Td(_state(plan, drawn, language)),
        ],
        className="pile-here" if drawn.here and drawn.here.unit.code == unit.code else "",
    )


def _room(plan: UnitPlan, language: str) -> list[Any]:
    if plan.room is None:
        return [html.Span(say("plan.room_unknown", language), className="admin-amber")]
    weekly = say("plan.of_capacity", language, n=f"{plan.capacity.per_week:.3g}")
    return [count(plan.room), html.Span(weekly, className="muted small")]


def _state(plan: UnitPlan, drawn: Drawn, language: str) -> html.Span:
    kept = drawn.kept.get(plan.unit.code)
    if kept is not None:
        more = news(plan, drawn.kept)
        if more and not drawn.look:
            return html.Span(say("plan.state_new", language, n=count(more)), className="admin-amber")
        values = {"n": count(kept.n_concluded), "of": count(len(kept.alert_ids))}
        return html.Span(say("plan.state_kept", language, **values), className="plan-good")
    if plan.room is None:
        return html.Span(say("plan.state_unknown", language), className="admin-amber")
    return html.Span(say("plan.state_proposed" if plan.items else "plan.state_none", language), className="muted")


def _total(drawn: Drawn, language: str) -> html.Tr:
    plans = drawn.plans
    money = sum(one.recoverable for one in plans)
    return html.Tr(
        [
            html.Th(say("plan.whole", language), scope="row"),
            html.Td(count(sum(one.room or 0 for one in plans)), className="number"),
            html.Td(count(sum(len(one.items) for one in plans)), className="number"),
            html.Td(count(drawn.n_of("overdue")), className="number"),
            html.Td(count(drawn.n_of("drawn")), className="number"),
            html.Td(expected_words(drawn.expected, language), className="number"),
            html.Td(f"{money:,.0f}", className="number", title=yuan(money)),
            html.Td(count(sum(one.n_beyond for one in plans)), className="number"),
            html.Td(""),
        ]
    )


def _what(language: str) -> html.Details:
    lines = [html.Li(say(f"plan.what_{name}", language)) for name in ("first", "capacity", "expected", "blind")]
    return html.Details([html.Summary(say("plan.what", language)), html.Ul(lines)], className="card what")


def answered(form: str, given: Given, view: View, language: str) -> list[Any]:
    """Do what a form asks for; the page as it then is. Raises MingjingError in words for the form."""
    done = plan_deeds.do(form, given, view, language)
    return body(language, done.view, done=done)


def register(app: Dash) -> None:
    """File the page and answer its forms."""
    dash.register_page(__name__, path=PATH, layout=layout, title="明镜 · 周计划")  # type: ignore[no-untyped-call]
    add_forms(app, "plan", plan_deeds.FORMS, answered)

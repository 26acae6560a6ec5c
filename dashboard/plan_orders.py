"""The named orders side by side: what each seeks and gives up, what it would bring, and who puts one in force."""

from typing import Any

from dash import dcc, html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.administration import Options, address, button, choice, name_in, refusal, text
from dashboard.formats import NOTHING, count, percent
from dashboard.plan_unit import expected_words
from dashboard.plan_view import MOST_TRIED, Drawn
from dashboard.words import say
from data.order_choice import OFFICE, proposed_worth
from data.orders import NAMED, Order
from data.tables import Unit

PATH = "/plan"
FOLLOW = "follow"
"""The choice of a unit to work by the office's order."""
_COLUMNS = ("order", "week_n", "week_money", "found", "found_money")


def card(session: Session, drawn: Drawn, language: str) -> html.Section:
    """The orders, with the week's expectation and the measured trade of each, and the form that chooses one."""
    heads = [
        html.Th(say(f"plan.column_{name}", language), scope="col", className="" if name == "order" else "number")
        for name in _COLUMNS
    ]
    rows = [_row(order, drawn, language) for order in NAMED.values()]
    return html.Section(
        [
            html.H2(say("plan.orders", language)),
            html.P(say("plan.orders_lead", language), className="muted"),
            html.Div(
                html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed plan-orders"),
                className="scrolls",
            ),
            html.P(_measured(drawn, language), className="muted small"),
            None if drawn.tried else html.P(say("plan.too_many", language, n=MOST_TRIED), className="muted small"),
            _form(session, drawn, language),
        ],
        className="card looked",
        id="orders",
    )


def _row(order: Order, drawn: Drawn, language: str) -> html.Tr:
    aim, price = order.sentences(language)
    office, own = drawn.in_force.office, sum(one.order == order.code for one in drawn.in_force.units.values())
    marks = [
        html.Span(say("plan.used", language), className="segment-used") if office.order == order.code else None,
        html.Span(say("plan.used_by", language, n=count(own)), className="segment-used") if own else None,
    ]
    tried = drawn.tried.get(order.code)
    worth = say("plan.worth_is", language, worth=f"{drawn.worth:,.0f}") if order.code == "mixed" and drawn.worth else ""
    here = {"unit": drawn.here.unit.code if drawn.here else "", "look": order.code}
    look = dcc.Link(say("plan.look", language), href=address(PATH, here), className="plan-look")
    return html.Tr(
        [
            html.Th(
                [
                    html.Span([order.called(language), *marks, look], className="plan-name"),
                    html.Span([aim, " ", worth], className="plan-aim"),
                    html.Span(price, className="plan-aim muted"),
                ],
                scope="row",
            ),
            html.Td(expected_words(tried.expected, language) if tried else NOTHING, className="number"),
            html.Td(f"{tried.recoverable:,.0f}" if tried else NOTHING, className="number"),
            _share(drawn, order.code, "found", language),
            _share(drawn, order.code, "money", language),
        ],
        className="pile-here" if order.code == (drawn.look or office.order) else "",
    )


def _share(drawn: Drawn, order: str, name: str, language: str) -> html.Td:
    """A measured share with its interval as words and a bar, and its bounds under ties in the tooltip."""
    figure = ((drawn.measured or {}).get("figures", {}).get(order) or {}).get(name)
    if not figure or figure.get("value") is None:
        return html.Td(NOTHING, className="number muted")
    value, low, high = (float(figure[key]) for key in ("value", "low", "high"))
    ties = say("plan.ties", language, low=percent(figure["tie_low"]), high=percent(figure["tie_high"]))
    bar = html.Div(
        [
            html.Div(className="score-fill", style={"width": f"{value * 100:.1f}%"}),
            html.Div(
                className="score-interval", style={"left": f"{low * 100:.1f}%", "width": f"{(high - low) * 100:.1f}%"}
            ),
        ],
        className="score-track",
    )
    return html.Td(
        [
            html.Span(percent(value, digits=0), className="share"),
            html.Span(f"{percent(low, digits=0)}–{percent(high, digits=0)}", className="muted small"),
            bar,
        ],
        className="number",
        title=ties,
    )


def _measured(drawn: Drawn, language: str) -> str:
    told = drawn.measured
    if not told or not told.get("n_confirmed"):
        return say("plan.orders_not_measured", language)
    return say(
        "plan.orders_measured", language, first=told["first"], last=told["last"], n=count(told["n"]),
        n_confirmed=count(told["n_confirmed"]), share=percent(told["share"], digits=0),
        own=percent(told["own_share"], digits=0), per_week=f"{told['per_week']:g}",
    )  # fmt: skip


def _form(session: Session, drawn: Drawn, language: str) -> html.Details | None:
    if not drawn.mine:
        return None
    name = name_in(language)
    units = session.execute(
        select(Unit.code, getattr(Unit, name)).where(Unit.code.in_(drawn.mine)).order_by(Unit.region_code, Unit.code)
    ).all()
    places: Options = [{"value": code, "label": label} for code, label in units]
    if OFFICE in drawn.mine:
        places.insert(0, {"value": OFFICE, "label": say("plan.where_office", language)})
    orders: Options = [{"value": order.code, "label": order.called(language)} for order in NAMED.values()]
    orders.append({"value": FOLLOW, "label": say("plan.order_follow", language)})
    hint = say("plan.worth_hint", language, worth=f"{proposed_worth(session):,.0f}")
    fields: list[Any] = [
        choice("plan-order", "where", say("plan.where", language), places, language, value=places[0]["value"]),
        choice("plan-order", "order", say("plan.order", language), orders, language, value=drawn.in_force.office.order),
        text("plan-order", "worth", say("plan.worth", language), kind="number", hint=hint),
    ]
    content = [
        html.P(say("plan.choose_why", language)),
        html.Div(fields, className="plan-line"),
        button("plan-order", say("plan.choose_do", language)),
        refusal("plan-order"),
    ]
    return html.Details(
        [html.Summary(say("plan.choose_order", language), className="button"),
         html.Div(content, className="admin-sure looked")],
        className="admin-guarded",
    )  # fmt: skip

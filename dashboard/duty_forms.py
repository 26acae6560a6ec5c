"""Duties as the system administrator keeps them: who verifies what where beyond the ordinary, given and withdrawn."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard import shell, visitor
from dashboard.administration import (
    Asked,
    Deed,
    Done,
    View,
    address,
    button,
    choice,
    guarded,
    name_in,
    place_name,
    refusal,
    region_options,
    unit_options,
    whole_number,
)
from dashboard.formats import count
from dashboard.words import say
from data import duties
from data.cards import LEVELS
from data.dispatch import receivers
from data.office_time import utc_now
from data.people_tables import UnitDuty
from data.tables import Domain, Unit

PATH = "/system"
FORMS: Mapping[str, Sequence[str]] = {"duty": ("unit", "region", "domain", "level"), "undo-duty": ()}
"""Forms about duties and their fields."""
_HERE = {"part": "duties"}
_COLUMNS = ("region", "domain", "level", "unit")


def drawn(session: Session, view: View, language: str) -> tuple[str, str, html.Div]:
    """Title, lead and columns: the duties, beside the form for a new one or what can be done to the one chosen."""
    found = duties.listed(session)
    one = next((one for one in found if str(one.id) == view.get("duty")), None)
    beside = _chosen(session, one, language) if one else _new(session, language)
    columns = html.Div(
        [_table(session, found, one, language), html.Div(beside, className="admin-beside")], className="admin-two"
    )
    return say("duties.title", language, n=count(len(found))), say("duties.lead", language), columns


def _table(session: Session, found: Sequence[UnitDuty], chosen: UnitDuty | None, language: str) -> html.Section:
    heads = [html.Th(say(f"duties.col_{name}", language), scope="col") for name in _COLUMNS]
    rows = [_row(session, one, one is chosen, language) for one in found]
    table = html.Table([html.Thead(html.Tr(heads)), html.Tbody(rows)], className="rows assessed")
    new = dcc.Link(say("duties.new", language), href=address(PATH, _HERE), className="button")
    return html.Section(
        [
            html.Div([html.H2(say("duties.table", language)), new if chosen else None], className="admin-head"),
            html.Div(table, className="scrolls") if found else html.P(say("duties.none", language), className="muted"),
        ],
        className="card pile",
    )


def _row(session: Session, one: UnitDuty, here: bool, language: str) -> html.Tr:
    place = dcc.Link(place_name(session, one.region_code, language), href=address(PATH, _HERE | {"duty": str(one.id)}))
    level = shell.level_shape(one.level, language) if one.level else say("duties.every_level", language)
    cells: list[Any] = [place, _domain(session, one, language), level, _unit(session, one, language)]
    return html.Tr([html.Td(cell) for cell in cells], className="pile-here" if here else "")


def _domain(session: Session, one: UnitDuty, language: str) -> str:
    domain = session.get(Domain, one.domain_code) if one.domain_code else None
    return str(getattr(domain, name_in(language))) if domain else say("duties.every_domain", language)


def _unit(session: Session, one: UnitDuty, language: str) -> str:
    return str(getattr(session.get_one(Unit, one.unit_code), name_in(language)))


def _chosen(session: Session, one: UnitDuty, language: str) -> html.Section:
    said = [place_name(session, one.region_code, language), _domain(session, one, language)]
    said.append(say(f"shell.{one.level}" if one.level else "duties.every_level", language))
    undo = guarded(
        "undo-duty", say("duties.withdraw", language), say("duties.withdraw_why", language), [],
        say("duties.withdraw_do", language),
    )  # fmt: skip
    return html.Section(
        [html.H2(_unit(session, one, language)), html.P(" · ".join(said)), undo], className="card looked admin-form"
    )


def _new(session: Session, language: str) -> html.Section:
    verifying = {unit.code for unit in receivers(session)}
    units = [one for one in unit_options(session, language) if one["value"] in verifying]
    domains = [
        {"value": one.code, "label": str(getattr(one, name_in(language)))}
        for one in session.scalars(select(Domain).order_by(Domain.sort))
    ]
    levels = [{"value": level, "label": say(f"shell.{level}", language)} for level in LEVELS]
    options = {
        "unit": units, "region": region_options(session, language, everywhere=False), "domain": domains, "level": levels
    }  # fmt: skip
    empty = {"domain": "duties.every_domain", "level": "duties.every_level"}
    fields: list[Any] = [
        choice(
            "duty", name, say(f"duties.col_{name}", language), options[name], language,
            empty=say(empty.get(name, "system.choose"), language),
        )
        for name in FORMS["duty"]
    ]  # fmt: skip
    return html.Section(
        [
            html.H2(say("duties.new", language)),
            html.P(say("duties.new_why", language), className="muted"),
            *fields,
            button("duty", say("duties.put", language), style="button-main big"),
            refusal("duty"),
        ],
        className="card looked admin-form",
    )


def _put(session: Session, asked: Asked) -> Done:
    duties.put(
        session, visitor.visitor(), unit_code=asked.told("unit"), region_code=asked.told("region"),
        domain_code=asked.told("domain") or None, level=asked.told("level") or None, at=utc_now(),
    )  # fmt: skip
    return Done(say("duties.put_said", asked.language), view=dict(_HERE))


def _withdraw(session: Session, asked: Asked) -> Done:
    number = whole_number(asked.view.get("duty", ""), ("The duty", "所选分工"))
    duties.withdraw(session, visitor.visitor(), number, at=utc_now())
    return Done(say("duties.withdraw_said", asked.language), view=dict(_HERE))


DEEDS: Mapping[str, Deed] = {"duty": _put, "undo-duty": _withdraw}
"""What each form does."""

"""What is done on the page of the week's plan: capacities set, an order put in force, plans confirmed."""

import json
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy.orm import Session

from dashboard import visitor
from dashboard.administration import Asked, Done, Given, View, whole_number
from dashboard.formats import count
from dashboard.plan_orders import FOLLOW
from dashboard.plan_view import Drawn
from dashboard.words import say
from data import capacity
from data.errors import InputRefused, MingjingError
from data.office_time import utc_now
from data.order_choice import MOST_WORTH, OFFICE, choose, proposed_worth
from data.orders import NAMED
from data.plan_confirming import Result, confirm
from data.tables import Unit

FORMS: Mapping[str, Sequence[str]] = {
    "plan-capacity": ("value",),
    "plan-person": ("account", "value"),
    "plan-order": ("where", "order", "worth"),
    "plan-confirm": (),
    "plan-confirm-all": (),
}
"""Forms of the page and their fields."""
_NUMBER = ("Alerts in five working days", "每五个工作日可核查条数")


def seen(drawn: Drawn) -> View:
    """What the page keeps of what it shows, so that a person confirms what was seen and nothing else."""
    here = drawn.here
    return {
        "unit": here.unit.code if here else "",
        "seen": here.fingerprint if here else "",
        "all": json.dumps({plan.unit.code: plan.fingerprint for plan in drawn.to_confirm}),
    }


def do(form: str, given: Given, view: View, language: str) -> Done:
    """Do what a form asks for. Raises MingjingError in words for the form."""
    with visitor.acting() as session:
        return _DEEDS[form](session, Asked(given, view, language))


def _set_unit(session: Session, asked: Asked) -> Done:
    unit = asked.view.get("unit", "")
    number = _number(asked)
    capacity.put(session, visitor.visitor(), unit, number, at=utc_now())
    return _told_capacity(asked, _called(session, unit, asked.language), number)


def _set_person(session: Session, asked: Asked) -> Done:
    account, number = asked.told("account"), _number(asked)
    if not account:
        raise InputRefused("Nobody was chosen. Choose a person.", "尚未选择人员，请选择。")
    capacity.put(session, visitor.visitor(), asked.view.get("unit", ""), number, account=account, at=utc_now())
    return _told_capacity(asked, account, number)


def _number(asked: Asked) -> int | None:
    text = asked.told("value")
    return whole_number(text, _NUMBER) if text else None


def _told_capacity(asked: Asked, who: str, number: int | None) -> Done:
    key = "plan.capacity_gone" if number is None else "plan.capacity_done"
    return Done(say(key, asked.language, unit=who, n=count(number)), view=asked.view)


def _choose(session: Session, asked: Asked) -> Done:
    where, order = asked.told("where"), asked.told("order")
    order = "" if order == FOLLOW else order
    worth = _worth(session, asked) if order == "mixed" else None
    choose(session, visitor.visitor(), where, order, at=utc_now(), worth=worth)
    language = asked.language
    place = say("plan.where_office", language) if where == OFFICE else _called(session, where, language)
    named = NAMED[order].called(language) if order else say("plan.order_follow", language)
    return Done(say("plan.chosen", language, where=place, order=named), view={"unit": asked.view.get("unit", "")})


def _worth(session: Session, asked: Asked) -> float:
    """What a confirmed alert counts: as written, or proposed where nothing is. Raises InputRefused."""
    text = asked.told("worth")
    if not text:
        return proposed_worth(session)
    try:
        return float(text)
    except ValueError:
        raise InputRefused(
            f"What a confirmed alert counts: got {text[:20]!r}, expected CNY up to {MOST_WORTH:,}. Mend it.",
            f"“查实一条折合”：输入“{text[:20]}”，应为金额（元）。",
        ) from None


def _confirm(session: Session, asked: Asked) -> Done:
    unit = asked.view.get("unit", "")
    result = confirm(session, visitor.visitor(), unit, at=utc_now(), seen=asked.view.get("seen", ""))
    return Done(_told(session, unit, result, asked.language), view=asked.view)


def _confirm_all(session: Session, asked: Asked) -> Done:
    """Confirm every plan the page showed; what is refused as a whole is told and leaves the others done."""
    told: list[str] = []
    for unit, fingerprint in _seen_all(asked.view).items():
        try:
            result = confirm(session, visitor.visitor(), unit, at=utc_now(), seen=fingerprint)
            told.append(_told(session, unit, result, asked.language))
        except MingjingError as error:
            colon = "：" if asked.language == "zh" else ": "
            told.append(f"{_called(session, unit, asked.language)}{colon}{error.words(asked.language)}")
    return Done(" ".join(told), view=asked.view)


def _seen_all(view: View) -> dict[str, str]:
    try:
        found = json.loads(view.get("all", ""))
        return {str(unit): str(mark) for unit, mark in found.items()}
    except (ValueError, AttributeError):
        raise InputRefused(
            "What was shown is not whole; nothing was confirmed. Reload the page and look again.",
            "页面内容不完整，未做任何更改，请刷新后再确认。",
        ) from None


def _told(session: Session, unit: str, result: Result, language: str) -> str:
    values = {"n": count(result.n_kept), "n_dispatched": count(result.n_dispatched)}
    values |= {"n_assigned": count(result.n_assigned), "unit": _called(session, unit, language)}
    done = say("plan.confirmed", language, **values)
    if not result.refused:
        return done
    why = " ".join(f"#{number} {error.words(language)}" for number, error in result.refused)
    return f"{done} {say('plan.confirm_refused', language, n=count(len(result.refused)), why=why)}"


def _called(session: Session, unit_code: str, language: str) -> str:
    unit = session.get(Unit, unit_code)
    return unit_code[:30] if unit is None else unit.name if language == "zh" else unit.name_en


_DEEDS: Mapping[str, Callable[[Session, Asked], Done]] = {
    "plan-capacity": _set_unit,
    "plan-person": _set_person,
    "plan-order": _choose,
    "plan-confirm": _confirm,
    "plan-confirm-all": _confirm_all,
}

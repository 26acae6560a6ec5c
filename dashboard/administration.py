"""What the pages of administrators share: forms that answer for themselves, a secret shown once, lists to choose from.

A page has one body, drawn anew by what was done, and one callback a form. A refusal is said inside the form that was
refused, and what was typed stays. What is shown is named by the address; the body keeps it as its view.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, dcc, html, no_update
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.aria import labelled
from dashboard.words import say
from data.errors import InputRefused, MingjingError
from data.people_tables import Account
from data.tables import Region, Unit

View = dict[str, str]
"""What the address asks to be shown: name -> value; what it does not name is absent."""
Given = Mapping[str, Any]
"""What stands in the fields of a form: name -> value as the browser sent it."""
Options = list[dict[str, str]]
EVERYWHERE = "*"
"""The choice of the whole office in a list of regions: said, never left empty."""
SHOWN = 100
"""Accounts of a list on one page."""
_TOWN = 4
LIST_WORDS = (
    "search",
    "clear_search",
    "clear_selection",
    "no_options_found",
    "select_all",
    "deselect_all",
    "selected_count",
)


@dataclass(frozen=True)
class Once:
    """A secret that was just made: what it is, itself, and what to do with it, a sentence each."""

    title: str
    secret: str
    steps: Sequence[str]


@dataclass(frozen=True)
class Done:
    """What a form did: what to say of it, perhaps a secret, and what to show next."""

    said: str
    once: Once | None = None
    view: View = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """A form as it was sent: its fields, what the page showed, and the language."""

    given: Given
    view: View
    language: str

    def told(self, name: str) -> str:
        """What was written in a field, without the blanks around it."""
        value = self.given.get(name)
        return "" if value is None or isinstance(value, list | dict) else str(value).strip()

    def chosen(self, name: str) -> list[str]:
        """What was chosen of many."""
        value = self.given.get(name)
        return [str(one) for one in value] if isinstance(value, list) else []

    def number(self, name: str, what: tuple[str, str]) -> int:
        """A whole number of a field; `what` names it in English and Chinese. Raises InputRefused."""
        return whole_number(self.told(name), what)

    def day(self, name: str, what: tuple[str, str]) -> date | None:
        """The day of a field; None where it is empty. Raises InputRefused."""
        text = self.told(name)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            raise InputRefused(
                f"{what[0]}: got {text[:20]!r}, expected a day such as 2026-11-22. Mend it.",
                f"{what[1]}：输入“{text[:20]}”，应为 2026-11-22 这样的日期，请改正。",
            ) from None

    def region(self) -> str | None:
        """The region chosen, None for the whole office said as such. Raises InputRefused where nothing was chosen."""
        code = self.told("region")
        if not code:
            raise InputRefused(
                "No region was chosen. Choose one, or the whole office.", "尚未选择地区，请选择地区或“全部地区”。"
            )
        return None if code == EVERYWHERE else code


Deed = Callable[[Session, Asked], Done]
"""Does what a form asks for. Raises MingjingError in words for the form."""


def read_view(names: Sequence[str], query: Mapping[str, Any]) -> View:
    """What an address asks for, of the `names` a page knows; anything else in it is left alone."""
    found = {name: query.get(name) for name in names}
    return {name: value[:80] for name, value in found.items() if isinstance(value, str) and value}


def address(path: str, view: Mapping[str, str]) -> str:
    """The address that shows a view."""
    said = {name: value for name, value in view.items() if value}
    return f"{path}?{urlencode(said)}" if said else path


def whole_number(text: str, what: tuple[str, str]) -> int:
    """A whole number as it was written; `what` names it in English and Chinese. Raises InputRefused."""
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return int(text)
    raise InputRefused(
        f"{what[0]}: got {text[:20]!r}, expected a whole number from 0 to 999,999,999. Mend it.",
        f"{what[1]}：输入“{text[:20]}”，应为 0 至 999,999,999 的整数，请改正。",
    )


def text(
    form: str,
    name: str,
    label: str,
    *,
    value: str | int = "",
    hint: str = "",
    kind: Literal["text", "date", "number", "url"] = "text",
    most: int = 300,
) -> html.Label:
    """A line to write on."""
    box = dcc.Input(
        id=f"{form}-{name}",
        type=kind,  # type: ignore[arg-type]
        value=value,
        maxLength=most,
        autoComplete="off",
        className="field",
    )
    return html.Label(
        [html.Span(label, className="label"), box, html.Span(hint, className="muted small") if hint else None]
    )


def choice(
    form: str,
    name: str,
    label: str,
    options: Options,
    language: str,
    *,
    value: str | None = None,
    many: bool = False,
    empty: str = "",
    hint: str = "",
) -> html.Div:
    """One of a list that is searched by typing, or many; `empty` is said where nothing is chosen."""
    named: Any = {key: say(f"system.list_{key}", language) for key in LIST_WORDS}
    box = dcc.Dropdown(id=f"{form}-{name}", options=options, value=value, multi=many, placeholder=empty, labels=named)
    return html.Div(
        [
            html.Label(label, htmlFor=f"{form}-{name}", className="label"),
            box,
            html.Span(hint, className="muted small") if hint else None,
        ],
        className="admin-choice",
    )


def button(form: str, words: str, *, style: str = "button-main") -> html.Button:
    """The button that sends a form."""
    return html.Button(words, id=f"{form}-do", type="button", className=style)


def refusal(form: str) -> html.P:
    """Where a form says why it was refused."""
    return html.P(id=f"{form}-refused", className="error", role="alert")


def guarded(form: str, words: str, why: str, fields: Sequence[Any], do: str, *, danger: bool = True) -> html.Details:
    """A deed behind a second step: it opens, says what the deed means, and only then offers the button."""
    style = "button-main button-danger" if danger else "button-main"
    content = [html.P(why), *fields, button(form, do, style=style), refusal(form)]
    return html.Details(
        [html.Summary(words, className="button"), html.Div(content, className="admin-sure looked")],
        className="admin-guarded",
    )


def said(done: Done | None, language: str) -> list[Any]:
    """What was just done, and a secret it made: large, with what to do with it, gone with the next thing done."""
    words = html.P(done.said if done else "", className="said notice-good", role="status")
    if done is None or done.once is None:
        return [words]
    once = done.once
    steps = [say("system.once", language), *once.steps]
    shown = html.Section(
        [
            html.H2(once.title),
            html.Code(once.secret, className="admin-secret", id="secret"),
            html.Ul([html.Li(step) for step in steps]),
        ],
        className="card admin-once",
        role="status",
    )
    return [words, shown]


def parts(path: str, names: Sequence[str], here: str, page: str, language: str) -> html.Div:
    """The parts of a page to choose from, the one shown marked."""
    links = [
        dcc.Link(
            say(f"{page}.part_{name}", language),
            href=address(path, {"part": name} if name != names[0] else {}),
            className="segment" + (" segment-here" if name == here else ""),
        )
        for name in names
    ]
    return html.Div(links, className="segments", role="group", **labelled(say(f"{page}.parts", language)))


def search(path: str, view: View, label: str, do: str) -> html.Form:
    """A search that is part of the address; what else the address says stays."""
    kept = [
        dcc.Input(type="hidden", name=name, value=value, id=f"kept-{name}")
        for name, value in view.items()
        if name in ("part", "unit")
    ]
    box = dcc.Input(
        name="q", id="admin-q", value=view.get("q", ""), placeholder=label, className="field", autoComplete="off"
    )
    return html.Form([*kept, box, html.Button(do, type="submit", className="button")], action=path, className="line")


def matching(accounts: Sequence[Account], asked: str) -> list[Account]:
    """The accounts whose name or sign-in name contains what was asked, those who left last."""
    wanted = asked.strip().lower()
    found = [one for one in accounts if wanted in one.code or wanted in one.name.lower()]
    return sorted(found, key=lambda one: one.state == "left")


def name_in(language: str) -> str:
    """The attribute that holds a name in a language."""
    return "name" if language == "zh" else "name_en"


def unit_options(session: Session, language: str) -> Options:
    """Every unit, with its place."""
    name = name_in(language)
    wanted = (
        select(Unit.code, getattr(Unit, name), getattr(Region, name))
        .join(Region, Region.code == Unit.region_code)
        .order_by(Unit.region_code, Unit.code)
    )
    return [{"value": code, "label": f"{unit} · {place}"} for code, unit, place in session.execute(wanted)]


def region_options(session: Session, language: str, *, everywhere: bool = True) -> Options:
    """The whole office and every place down to the town, by code."""
    wanted = select(Region.code, getattr(Region, name_in(language))).where(
        Region.level <= _TOWN, Region.valid_to.is_(None)
    )
    whole = [{"value": EVERYWHERE, "label": say("security.whole_office", language)}] if everywhere else []
    places = session.execute(wanted.order_by(Region.code))
    return whole + [{"value": code, "label": f"{name} {code}"} for code, name in places]


def place_name(session: Session, code: str | None, language: str) -> str:
    """The name of a region, or of the whole office."""
    if not code:
        return say("security.whole_office", language)
    region = session.get(Region, code)
    return str(getattr(region, name_in(language))) if region else code


def add_forms(
    app: Dash,
    page: str,
    forms: Mapping[str, Sequence[str]],
    answer: Callable[[str, Given, View, str], list[Any]],
) -> None:
    """Answer every form of a page: name -> its fields. `answer` does it and gives the body as it then is."""
    for name, fields in forms.items():
        _add_form(app, page, name, fields, answer)


def _add_form(
    app: Dash, page: str, name: str, fields: Sequence[str], answer: Callable[[str, Given, View, str], list[Any]]
) -> None:
    @app.callback(
        Output(f"{page}-body", "children", allow_duplicate=True),
        Output(f"{name}-refused", "children"),
        Input(f"{name}-do", "n_clicks"),
        *[State(f"{name}-{one}", "value") for one in fields],
        State(f"{page}-view", "data"),
        State("language", "data"),
        prevent_initial_call=True,
    )
    def _answer(n_clicks: int | None, *values: Any) -> Any:
        *given, view, language = values
        if not n_clicks:
            return no_update, no_update
        known = {str(key): str(value) for key, value in view.items()} if isinstance(view, dict) else {}
        language = "en" if language == "en" else "zh"
        try:
            return answer(name, dict(zip(fields, given, strict=True)), known, language), no_update
        except MingjingError as error:
            # What was typed stays where it is.
            return no_update, error.words(language)

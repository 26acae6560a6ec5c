"""Fields of the factory: each names by its id the place in the blueprint that it sets, and is kept as it is changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html
from sqlalchemy.orm import Session

from dashboard.administration import LIST_WORDS
from dashboard.formats import count
from dashboard.words import column_words, say, words
from data.blueprint import ALL_OF, BY_NUMBER, OPERATORS, Blueprint, column_of
from data.blueprint_places import Fit, fits, home_of, numbers_of
from data.office_time import utc_now
from data.register_catalogue import Register
from data.rights import Person
from data.scopes import place_names

Option = dict[str, Any]


def place(path: str) -> dict[str, str]:
    """The id of a field that sets `path` when it is chosen or left."""
    return {"type": "made", "path": path}


def labelled(label: str, control: Any, *, style: str = "", hint: str = "") -> html.Label:
    """A control under its label."""
    parts = [html.Span(label, className="label"), control, html.Span(hint, className="muted small") if hint else None]
    return html.Label(parts, className=f"made {style}".strip())


def pick(path: str, value: str, options: Sequence[Option], language: str, *, named: str = "") -> Any:
    """A list to choose from, searchable where it is long."""
    return dcc.Dropdown(
        id=place(path),
        options=list(options),
        value=value or None,
        clearable=False,
        searchable=len(options) > 8,
        placeholder=named or say("factory.choose", language),
        className="made-pick",
        labels=_list_words(language),
    )


def pick_many(path: str, values: Sequence[str], options: Sequence[Option], language: str) -> dcc.Dropdown:
    """A list of which several are chosen."""
    return dcc.Dropdown(
        id=place(path),
        options=list(options),
        value=list(values),
        multi=True,
        closeOnSelect=False,
        placeholder=say("factory.choose_field", language),
        className="made-pick",
        labels=_list_words(language),
    )


def _list_words(language: str) -> Any:
    """What a list says of itself, which is English otherwise."""
    return {key: say(f"system.list_{key}", language) for key in LIST_WORDS}


def write(path: str, value: str, *, hint: str = "", style: str = "") -> dcc.Input:
    """A line to write on; kept when it is left."""
    return dcc.Input(
        id=place(path), type="text", value=value, debounce=True, placeholder=hint, autoComplete="off",
        className=f"field {style}".strip(),
    )  # fmt: skip


def write_long(path: str, value: str, *, rows: int = 3, style: str = "") -> dcc.Textarea:
    """Room for sentences or SQL; kept when it is left."""
    return dcc.Textarea(
        id={"type": "made-text", "path": path}, value=value, rows=rows, className=f"field note {style}".strip()
    )


def radios(path: str, value: str, options: Sequence[Any]) -> dcc.RadioItems:
    """One of a few, all in sight."""
    return dcc.RadioItems(id=place(path), options=list(options), value=value, className="made-radios")


def do(deed: str, path: str, label: str, *, quiet: bool = False, main: bool = False) -> html.Button:
    """A button that adds to a list, or takes an entry away."""
    look = "made-remove" if quiet else "button-main" if main else "button"
    spoken: dict[str, Any] = {"aria-label": label} if quiet else {}
    return html.Button(
        "×" if quiet else label,
        id={"type": "made-do", "deed": deed, "path": path},
        className=look,
        type="button",
        title=label if quiet else None,
        **spoken,
    )


def register_name(register: Register, language: str) -> str:
    """What a register is called."""
    return register.name if language == "zh" else register.name_en


def field_options(
    blueprint: Blueprint, registers: Mapping[str, Register], places: Sequence[str], language: str, *, empty: str = ""
) -> list[Option]:
    """Columns to choose from, each with its register; `empty` offers none under that name."""
    aliases = blueprint.aliases()
    found = [{"label": empty, "value": "-"}] if empty else []
    for name in places:
        column = column_of(blueprint, registers, name)
        register = registers.get(aliases.get(name.partition(".")[0], ""))
        label = (
            name
            if column is None or register is None
            else f"{column_words(column.name, column.label, language)} · {register_name(register, language)}"
        )
        found.append({"label": label, "value": name})
    return found


def place_options(
    session: Session, blueprint: Blueprint, registers: Mapping[str, Register], person: Person, language: str
) -> list[Option]:
    """What may decide who verifies: the office's own region for all, an identity number's county, columns of places.

    A column whose values are no places of the office is shown with how many are not, and cannot be chosen.
    """
    if blueprint.expert:
        return []
    found = fits(session, blueprint, registers, at=utc_now())
    named = {one["value"]: one["label"] for one in field_options(blueprint, registers, list(found), language)}
    columns: list[Option] = [
        {
            "label": f"{named[place]}{_fit(fit, language)}",
            "value": place,
            "disabled": fit is not None and not fit.usable,
        }
        for place, fit in found.items()
    ]
    columns.sort(key=lambda one: bool(one["disabled"]))
    home = home_of(session, person)
    chosen = blueprint.region.removeprefix(ALL_OF) if blueprint.region.startswith(ALL_OF) else home
    names = place_names(session, {home, chosen} - {""})
    whole = [
        {
            "label": say(
                "factory.all_of_home" if code == home else "factory.all_of_place",
                language,
                place=names.get(code, (code, code))[language != "zh"],
            ),
            "value": f"{ALL_OF}{code}",
        }
        for code in dict.fromkeys(filter(None, (home, chosen)))
    ]
    numbers = [
        {"label": say("factory.by_number", language, field=one["label"]), "value": f"{BY_NUMBER}{one['value']}"}
        for one in field_options(blueprint, registers, numbers_of(blueprint, registers), language)
    ]
    return [*whole, *numbers, *columns]


def _fit(fit: Fit | None, language: str) -> str:
    if fit is None:
        return ""
    key = "unfit" if not fit.usable else "fit_all" if not fit.n_unknown else "fit_some"
    return say(f"factory.place_{key}", language, n=count(fit.n), unknown=count(fit.n_unknown))


def column_options(register: Register, language: str, *, types: Sequence[str] = ()) -> list[Option]:
    """The columns of one register."""
    chosen = [c for c in register.columns.values() if not types or c.type in types]
    return [{"label": column_words(c.name, c.label, language), "value": c.name} for c in chosen]


def op_options(kind: str, language: str) -> list[Option]:
    """What a column of a type may be asked; dates have words of their own for before and after."""
    named = {op: f"factory.op_{op}_{kind}" for op in OPERATORS[kind]}
    known = words()
    return [
        {"label": say(key if key in known else f"factory.op_{op}", language), "value": op} for op, key in named.items()
    ]


def words_options(prefix: str, codes: Sequence[str], language: str) -> list[Option]:
    """Codes with their words of factory.toml."""
    return [{"label": say(f"factory.{prefix}_{code}", language), "value": code} for code in codes]

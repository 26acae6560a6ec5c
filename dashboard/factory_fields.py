"""Fields of the factory: each names by its id the place in the blueprint that it sets, and is kept as it is changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from dash import dcc, html

from dashboard.administration import LIST_WORDS
from dashboard.words import column_words, say
from data.blueprint import Blueprint, column_of
from data.register_catalogue import Register

Option = dict[str, str]


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
    )


def pick_many(path: str, values: Sequence[str], options: Sequence[Option], language: str) -> dcc.Dropdown:
    """A list of which several are chosen."""
    named: Any = {key: say(f"system.list_{key}", language) for key in LIST_WORDS}
    return dcc.Dropdown(
        id=place(path),
        options=list(options),
        value=list(values),
        multi=True,
        placeholder=say("factory.choose_field", language),
        className="made-pick",
        labels=named,
    )


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


def column_options(register: Register, language: str, *, types: Sequence[str] = ()) -> list[Option]:
    """The columns of one register."""
    chosen = [c for c in register.columns.values() if not types or c.type in types]
    return [{"label": column_words(c.name, c.label, language), "value": c.name} for c in chosen]


def words_options(prefix: str, codes: Sequence[str], language: str) -> list[Option]:
    """Codes with their words of factory.toml."""
    return [{"label": say(f"factory.{prefix}_{code}", language), "value": code} for code in codes]

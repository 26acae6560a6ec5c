"""The five steps of the factory as forms: what is chosen at each, out of what stands there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard import shell
from dashboard.factory_fields import (
    Option,
    column_options,
    do,
    field_options,
    labelled,
    op_options,
    pick,
    pick_many,
    radios,
    register_name,
    words_options,
    write,
    write_long,
)
from dashboard.formats import count
from dashboard.words import column_words, say
from data.blueprint import (
    AT_LEAST,
    HOWS,
    MODES,
    OF_COLUMNS,
    PERIODS,
    UNITS,
    WITHOUT_VALUE,
    Blueprint,
    Condition,
    Join,
    Match,
    choices,
    column_of,
)
from data.blueprint_faults import offered_columns
from data.cards import DOMAINS, LEVELS, PHASES, SUBJECT_KINDS
from data.causes import causes
from data.register_catalogue import REGISTERS, Register


@dataclass(frozen=True)
class Bench:
    """What the forms are drawn from."""

    draft_id: int
    blueprint: Blueprint
    registers: Mapping[str, Register]
    n_rows: Mapping[str, int]
    """Register to the rows that are filed; absent: never filed."""
    language: str
    places: Sequence[Option] = ()
    """What decides who verifies: columns of places, and what serves where there is none."""
    lacking: frozenset[str] = frozenset()
    """Paths of the fields that keep it from the warehouse, once somebody tried to put it there."""

    def say(self, key: str, **values: object) -> str:
        """Words of factory.toml."""
        return say(f"factory.{key}", self.language, **values)

    def name(self, register: str) -> str:
        """What a register is called."""
        return register_name(self.registers[register], self.language) if register in self.registers else ""


def form_of(step: str, bench: Bench) -> list[Any]:
    """The form of a step."""
    if bench.blueprint.expert and step in ("matches", "conditions"):
        return [html.P(bench.say("expert_decides"), className="muted")]
    return _FORMS[step](bench)


# ---- 1: registers ----------------------------------------------------------------------------------------------------


def _registers(bench: Bench) -> list[Any]:
    blueprint, language = bench.blueprint, bench.language
    options = _register_options(bench)
    upload = f"/register-import?draft={bench.draft_id}"
    sql = html.Details(
        [
            html.Summary(bench.say("expert")),
            html.P(bench.say("expert_hint"), className="muted small"),
            write_long("sql", blueprint.sql, rows=10, style="made-sql"),
        ],
        open=blueprint.expert,
        className="made-expert",
    )
    joins = [
        html.Div(
            [
                labelled(
                    bench.say("register_n", n=number + 2),
                    pick(f"joins.{number}.register", join.register, options, language),
                ),
                do("remove", f"joins.{number}", bench.say("remove"), quiet=True),
                _columns_of(bench, join.register),
            ],
            className="made-register",
        )
        for number, join in enumerate(blueprint.joins)
    ]
    chosen = [
        html.Div(
            [
                labelled(bench.say("main"), pick("main", blueprint.main, options, language)),
                _columns_of(bench, blueprint.main),
            ],
            className="made-register",
        ),
        *joins,
        html.Div(
            [
                do("add", f"joins.{len(blueprint.joins)}", bench.say("add_register")),
                html.A(bench.say("upload"), href=upload, className="button"),
                html.Span(bench.say("upload_hint"), className="muted small"),
            ],
            className="buttons",
        ),
    ]
    return [*([] if blueprint.expert else chosen), sql]


def _register_options(bench: Bench) -> list[Option]:
    """The office's own uploads first, then what is filed; each says who supplies it and how many rows there are."""
    filed = sorted(bench.registers.values(), key=lambda one: (one.code in REGISTERS, one.code not in bench.n_rows))
    return [
        {
            "label": f"{register_name(one, bench.language)} · {one.supplier} · {_rows(bench, one.code)}",
            "value": one.code,
        }
        for one in filed
    ]


def _rows(bench: Bench, register: str) -> str:
    n = bench.n_rows.get(register)
    return bench.say("not_filed") if n is None else bench.say("rows", n=count(n))


def _columns_of(bench: Bench, name: str) -> html.Div | None:
    register = bench.registers.get(name)
    if register is None:
        return None
    return html.Div(
        [
            html.Span(column_words(c.name, c.label, bench.language), className="made-chip")
            for c in register.columns.values()
        ],
        className="made-chips",
    )


# ---- 2: matches ------------------------------------------------------------------------------------------------------


def _matches(bench: Bench) -> list[Any]:
    joins = bench.blueprint.joins
    if not joins:
        return [html.P(bench.say("no_joins"), className="muted")]
    return [_join(bench, number, join) for number, join in enumerate(joins)]


def _join(bench: Bench, number: int, join: Join) -> html.Section:
    register = bench.registers.get(join.register)
    head = html.H3(f"{bench.say('register_n', n=number + 2)} · {bench.name(join.register)}")
    if register is None:
        return html.Section([head, html.P(bench.say("choose_register"), className="muted")], className="made-join")
    path = f"joins.{number}"
    left = field_options(
        bench.blueprint, bench.registers, list(choices(bench.blueprint, bench.registers, before=number)), bench.language
    )
    lines = [_match(bench, f"{path}.matches.{n}", match, left, register) for n, match in enumerate(join.matches)]
    return html.Section(
        [
            head,
            labelled(
                bench.say("mode"), radios(f"{path}.mode", join.mode, words_options("mode", MODES, bench.language))
            ),
            html.Div(lines, className="made-lines"),
            html.Div(do("add", f"{path}.matches.{len(join.matches)}", bench.say("add_match")), className="buttons"),
            _lowering(bench, path, join) if join.mode == "lowers" else None,
        ],
        className="made-join",
    )


def _match(bench: Bench, path: str, match: Match, left: list[Option], register: Register) -> html.Div:
    language = bench.language
    more: list[Any] = []
    if match.how in ("prefix", "similar"):
        more = [write(f"{path}.value", match.value, hint=bench.say(f"value_{match.how}"), style="short")]
    elif match.how == "between":
        dates = column_options(register, language, types=("date",))
        more = [html.Span(bench.say("until")), pick(f"{path}.until", match.until, dates, language)]
    types = ("date",) if match.how == "between" else ()
    return html.Div(
        [
            pick(f"{path}.left", match.left, left, language, named=bench.say("choose_field")),
            pick(f"{path}.how", match.how, words_options("how", HOWS, language), language),
            pick(f"{path}.right", match.right, column_options(register, language, types=types), language),
            *more,
            do("remove", path, bench.say("remove"), quiet=True),
        ],
        className="made-line",
    )


def _lowering(bench: Bench, path: str, join: Join) -> html.Div:
    levels = [_level_option(level, bench.language) for level in ("orange", "yellow")]
    return html.Div(
        [
            labelled(
                bench.say("lowers_cause"), pick(f"{path}.cause", join.cause, _cause_options(bench), bench.language)
            ),
            labelled(bench.say("lowers_to"), radios(f"{path}.level", join.level, levels)),
        ],
        className="made-pair",
    )


def _level_option(level: str, language: str) -> dict[str, Any]:
    return {"label": shell.level_shape(level, language), "value": level}


def _cause_options(bench: Bench) -> list[Option]:
    chinese = bench.language == "zh"
    return [{"label": f"{c.code} {c.name if chinese else c.name_en}", "value": c.code} for c in causes().values()]


# ---- 3: conditions ---------------------------------------------------------------------------------------------------


def _conditions(bench: Bench) -> list[Any]:
    blueprint = bench.blueprint
    offered = [
        f"{a}.{c}" for a, r in blueprint.aliases().items() if r in bench.registers for c in bench.registers[r].columns
    ]
    options = field_options(blueprint, bench.registers, offered, bench.language)
    numbers = [place for place in choices(blueprint, bench.registers) if _type(bench, place) == "number"]
    summed = field_options(blueprint, bench.registers, numbers, bench.language)
    return [
        _group(bench, "all_of", blueprint.all_of, options),
        _group(bench, "any_of", blueprint.any_of, options),
        html.Section(
            [
                html.H3(bench.say("at_least")),
                html.Div(
                    [
                        pick(
                            "at_least",
                            blueprint.at_least,
                            words_options("at_least", AT_LEAST, bench.language),
                            bench.language,
                        ),
                        pick("at_least_column", blueprint.at_least_column, summed, bench.language)
                        if blueprint.at_least == "sum"
                        else None,
                        write("at_least_value", blueprint.at_least_value, style="short"),
                    ],
                    className="made-line",
                ),
            ],
            className="made-join",
        ),
    ]


def _group(bench: Bench, name: str, conditions: Sequence[Condition], options: list[Option]) -> html.Section:
    lines = [_condition(bench, f"{name}.{n}", one, options) for n, one in enumerate(conditions)]
    return html.Section(
        [
            html.H3(bench.say(name)),
            html.Div(lines, className="made-lines"),
            html.Div(do("add", f"{name}.{len(conditions)}", bench.say("add_condition")), className="buttons"),
        ],
        className="made-join",
    )


def _type(bench: Bench, place: str) -> str:
    column = column_of(bench.blueprint, bench.registers, place)
    return column.type if column else ""


def _condition(bench: Bench, path: str, one: Condition, options: list[Option]) -> html.Div:
    kind, language = _type(bench, one.column), bench.language
    parts: list[Any] = [pick(f"{path}.column", one.column, options, language, named=bench.say("choose_field"))]
    if kind:
        parts.append(pick(f"{path}.op", one.op, op_options(kind, language), language))
    if kind and one.op in OF_COLUMNS:
        same = [option for option in options if _type(bench, option["value"]) == kind and option["value"] != one.column]
        parts.append(pick(f"{path}.other", one.other, same, language, named=bench.say("choose_field")))
        if kind != "text":
            parts += [html.Span(bench.say(f"shift_{kind}")), write(f"{path}.value", one.value, hint="0", style="short")]
            parts += _unit(bench, path, one, "shift") if kind == "date" else []
    elif kind and one.op and one.op not in WITHOUT_VALUE:
        spans = one.op in UNITS
        hint = "12" if spans else bench.say(f"value_{kind}")
        parts.append(write(f"{path}.value", one.value, hint=hint, style="short" if spans else ""))
        parts += _unit(bench, path, one, one.op) if spans else []
    return html.Div([*parts, do("remove", path, bench.say("remove"), quiet=True)], className="made-line")


def _unit(bench: Bench, path: str, one: Condition, of: str) -> list[Any]:
    """In what a time span is told."""
    units = UNITS[of]
    options = words_options("unit", units, bench.language)
    return [html.Div(pick(f"{path}.unit", one.unit or units[0], options, bench.language), className="short")]


# ---- 4: grouping -----------------------------------------------------------------------------------------------------


def _grouping(bench: Bench) -> list[Any]:
    blueprint, language = bench.blueprint, bench.language
    offered = offered_columns(blueprint, bench.registers)

    def fields(*types: str, empty: str = "") -> list[Option]:
        held = [place for place in offered if blueprint.expert or not types or _type(bench, place) in types]
        return field_options(blueprint, bench.registers, held, language, empty=empty)

    none = bench.say("not_used")
    kinds = words_options("kind", SUBJECT_KINDS, language)
    chosen = [option for option in fields() if option["value"] in blueprint.evidence]
    periods = fields("date", "month", "text", empty=bench.say("no_period"))
    return [
        html.Div(
            [
                labelled(bench.say("subject"), pick("subject", blueprint.subject, fields("text"), language)),
                labelled(bench.say("subject_kind"), pick("subject_kind", blueprint.subject_kind, kinds, language)),
                labelled(bench.say("shown"), pick("shown", blueprint.shown, fields("text"), language)),
                labelled(
                    bench.say("region"),
                    pick("region", blueprint.region, bench.places or fields("text"), language),
                    hint=bench.say("region_hint"),
                ),
                labelled(bench.say("period"), pick("period", blueprint.period or "-", periods, language)),
                labelled(
                    bench.say("period_by"),
                    pick("period_by", blueprint.period_by, words_options("by", PERIODS, language), language),
                ),
                labelled(
                    bench.say("amount"), pick("amount", blueprint.amount or "-", fields("number", empty=none), language)
                ),
                labelled(
                    bench.say("happened_on"),
                    pick("happened_on", blueprint.happened_on or "-", fields("date", empty=none), language),
                ),
                labelled(
                    bench.say("handler"),
                    pick("handler", blueprint.handler or "-", fields("text", empty=none), language),
                ),
            ],
            className="made-pair",
        ),
        labelled(
            bench.say("level"),
            radios("level", blueprint.level, [_level_option(level, language) for level in LEVELS]),
            hint=bench.say("level_hint"),
        ),
        labelled(bench.say("evidence"), pick_many("evidence", blueprint.evidence, fields(), language)),
        labelled(bench.say("clash"), pick_many("clash", blueprint.clash, chosen, language)),
        html.Section(
            [
                html.H3(bench.say("asks")),
                html.Div([_ask(bench, number) for number in range(len(blueprint.asks))], className="made-lines"),
                html.Div(do("add", f"asks.{len(blueprint.asks)}", bench.say("add_ask")), className="buttons"),
            ],
            className="made-join",
        ),
    ]


def _ask(bench: Bench, number: int) -> html.Div:
    ask, path = bench.blueprint.asks[number], f"asks.{number}"
    return html.Div(
        [
            pick(f"{path}.cause", ask.cause, _cause_options(bench), bench.language),
            write(f"{path}.ask_for", ask.ask_for, hint=bench.say("ask_for")),
            do("remove", path, bench.say("remove"), quiet=True),
        ],
        className="made-line",
    )


# ---- 5: name and basis -----------------------------------------------------------------------------------------------


def _basis(bench: Bench) -> list[Any]:
    blueprint, basis, language = bench.blueprint, bench.blueprint.basis, bench.language
    domains = [{"label": zh if language == "zh" else en, "value": code} for code, (zh, en) in DOMAINS.items()]
    phases = words_options("phase", PHASES, language)

    def of(path: str, label: str, control: Any) -> html.Label:
        return labelled(label, control, style="made-missing" if path in bench.lacking else "")

    return [
        of("name", bench.say("name"), write("name", blueprint.name)),
        html.Div(
            [
                of("code", bench.say("code"), write("code", blueprint.code)),
                of("domain", bench.say("domain"), pick("domain", blueprint.domain, domains, language)),
                of("phase", bench.say("phase"), pick("phase", blueprint.phase, phases, language)),
                of("name_en", bench.say("name_en"), write("name_en", blueprint.name_en)),
            ],
            className="made-pair",
        ),
        of("points", bench.say("points"), write("points", blueprint.points)),
        of(
            "title",
            bench.say("question", mark="{subject}"),
            write("title", blueprint.title, hint=bench.say("question_hint", mark="{subject}")),
        ),
        of("title_en", bench.say("question_en"), write("title_en", blueprint.title_en)),
        of("basis.name", bench.say("basis_name"), write("basis.name", basis.name)),
        of("basis.clause", bench.say("basis_clause"), write("basis.clause", basis.clause)),
        html.Div(
            [
                of(
                    "basis.valid_from",
                    bench.say("basis_from"),
                    write("basis.valid_from", basis.valid_from, hint="2026-01-01"),
                ),
                of("basis.valid_to", bench.say("basis_to"), write("basis.valid_to", basis.valid_to, hint="2029-12-31")),
            ],
            className="made-pair",
        ),
        of("documents", bench.say("documents"), write("documents", blueprint.documents)),
    ]


_FORMS: Mapping[str, Callable[[Bench], list[Any]]] = {
    "registers": _registers,
    "matches": _matches,
    "conditions": _conditions,
    "grouping": _grouping,
    "basis": _basis,
}

"""The diagram of a supervision model, drawn from its card: registers, how they are joined, rules, alerts.

A pure function from card to component. Boxes and lines are laid out here, in rem, and coloured by the tokens: it
reads by night, by day and on paper; the same is told in words below it. Source: field/inventory.md, S-30 (模型图).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html

from dashboard.aria import labelled
from dashboard.shell import level_shape
from dashboard.words import column_words, say
from data.cards import Card, Rule
from data.code_words import in_words
from data.model_reading import Join, Place, reading_of
from data.register_catalogue import REGISTERS, Register

_X = {"register": 0.0, "join": 18.0, "rule": 39.0, "alert": 58.5}
_WIDTH = {"register": 13.5, "join": 16.5, "rule": 15.0, "alert": 13.5}
_LINE, _HEAD, _GAP = 1.45, 2.6, 1.1
_MOST_LINES = 5
"""Lines of a box; what is more is counted in the last one."""
_SIGNS = {"same": "=", "compared": "↔"}
_HIDDEN: dict[str, Any] = {"aria-hidden": "true"}


@dataclass(frozen=True)
class Box:
    """A box of the diagram: its column, heading, lines, and where its top lies, in rem."""

    kind: str
    """register, join, rule or alert."""
    key: str
    title: Any
    lines: tuple[str, ...]
    top: float

    @property
    def height(self) -> float:
        """In rem."""
        return _HEAD + _LINE * len(self.lines)

    @property
    def middle(self) -> float:
        """Where its lines begin and end, in rem from the top of the diagram."""
        return self.top + self.height / 2


@dataclass(frozen=True)
class Drawing:
    """The boxes and which leads to which, by key."""

    boxes: Mapping[str, Box]
    lines: tuple[tuple[str, str], ...]

    @property
    def height(self) -> float:
        """In rem."""
        return max((box.top + box.height for box in self.boxes.values()), default=0.0)


def diagram(card: Card, language: str) -> html.Figure:
    """The diagram of a card with its twin in words."""
    drawn = draw(card, language)
    width = _X["alert"] + _WIDTH["alert"]
    parts = [*(_box(box) for box in drawn.boxes.values()), *(p for one in drawn.lines for p in _line(drawn, *one))]
    picture = html.Div(
        parts, className="diagram-picture", style={"width": f"{width}rem", "height": f"{drawn.height:.2f}rem"},
        role="img", **labelled(say("warehouse.diagram_of", language, name=_named(card, language))),
    )  # fmt: skip
    heads = [
        html.Span(say(f"warehouse.diagram_{kind}", language), style={"left": f"{_X[kind]}rem"}) for kind in _X
    ]  # fmt: skip
    return html.Figure(
        [
            html.Div([html.Div(heads, className="diagram-heads", **_HIDDEN), picture], className="scrolls"),
            html.Details(
                [html.Summary(say("warehouse.diagram_words", language)), html.Ol(_told(card, language))],
                className="diagram-words",
            ),
        ],
        className="diagram",
    )


def draw(card: Card, language: str) -> Drawing:
    """Lay the boxes out: registers from the top down, what joins them beside them, then the rules and their alerts."""
    read = {rule.code: reading_of(rule) for rule in card.rules}
    meetings = _meetings(card)
    registers = dict.fromkeys(name for reading in read.values() for name in reading.registers)
    boxes: dict[str, Box] = {}
    _stack(boxes, "register", [(name, _register_name(card, name, language), _columns(card, name, meetings, language))
                               for name in registers])  # fmt: skip
    _stack(boxes, "join", [(_key(pair), "", _pairs(card, joins, language)) for pair, joins in meetings.items()])
    _stack(boxes, "rule", [(rule.code, _rule_title(rule, language), _rule_lines(card, rule, language))
                           for rule in card.rules])  # fmt: skip
    _stack(boxes, "alert", [(f"alert {rule.code}", _subject(rule, language), _alert_lines(rule, language))
                            for rule in card.rules])  # fmt: skip
    lines: dict[tuple[str, str], None] = {}
    for pair, joins in meetings.items():
        lines |= {(f"register {name}", f"join {_key(pair)}"): None for name in registers if name in pair}
        for rule in card.rules:
            if any(join in read[rule.code].joins for join in joins):
                lines[f"join {_key(pair)}", f"rule {rule.code}"] = None
    for rule in card.rules:
        joined = {name for join in read[rule.code].joins for name in join.registers}
        alone = [name for name in read[rule.code].registers if name not in joined]
        lines |= {(f"register {name}", f"rule {rule.code}"): None for name in alone}
        lines[f"rule {rule.code}", f"alert alert {rule.code}"] = None
    return Drawing(_levelled(boxes), tuple(lines))


def _meetings(card: Card) -> dict[frozenset[str], list[Join]]:
    """The registers that meet, with the columns by which they do; equal values come first."""
    found: dict[frozenset[str], dict[Join, None]] = {}
    for rule in card.rules:
        for join in reading_of(rule).joins:
            found.setdefault(join.registers, {})[join] = None
    return {pair: sorted(joins, key=lambda join: join.kind != "same") for pair, joins in found.items()}


def _stack(boxes: dict[str, Box], kind: str, wanted: Sequence[tuple[str, Any, Sequence[str]]]) -> None:
    top = 0.0
    for key, title, lines in wanted:
        box = Box(kind, f"{kind} {key}", title, _few(lines), top)
        boxes[box.key] = box
        top += box.height + _GAP


def _few(lines: Sequence[str]) -> tuple[str, ...]:
    return (
        tuple(lines) if len(lines) <= _MOST_LINES else (*lines[: _MOST_LINES - 1], f"+ {len(lines) - _MOST_LINES + 1}")
    )


def _levelled(boxes: Mapping[str, Box]) -> dict[str, Box]:
    """The same with every column in the middle of the highest one, and every alert beside its rule."""
    beside = {key: boxes[f"rule {key.removeprefix('alert alert ')}"] for key in boxes if boxes[key].kind == "alert"}
    ends = {kind: max((b.top + b.height for b in boxes.values() if b.kind == kind), default=0.0) for kind in _X}
    highest = max(ends.values())
    tops = {key: b.top + (highest - ends[b.kind]) / 2 for key, b in boxes.items()}
    tops |= {key: tops[rule.key] + (rule.height - boxes[key].height) / 2 for key, rule in beside.items()}
    return {key: Box(b.kind, b.key, b.title, b.lines, tops[key]) for key, b in boxes.items()}


def _key(pair: frozenset[str]) -> str:
    return "+".join(sorted(pair))


# Words


def _named(card: Card, language: str) -> str:
    return card.name if language == "zh" else card.name_en


def _described(card: Card) -> dict[str, Register]:
    return {**card.own_registers, **REGISTERS}


def _register_name(card: Card, name: str, language: str) -> str:
    register = _described(card).get(name)
    return name if register is None else register.name if language == "zh" else register.name_en


def column_name(card: Card, place: Place, language: str) -> str:
    """What a column of a card is called; one of nobody's register goes by its code."""
    register = _described(card).get(place[0])
    column = register.columns.get(place[1]) if register else None
    return column_words(place[1], column.label, language) if column else place[1].replace("_", " ")


def _columns(card: Card, name: str, meetings: Mapping[frozenset[str], list[Join]], language: str) -> list[str]:
    """The columns by which a register is joined, then how many others it hands over."""
    joining = dict.fromkeys(
        side[1] for joins in meetings.values() for join in joins for side in (join.left, join.right) if side[0] == name
    )
    others = len([column for column in card.registers.get(name, ()) if column not in joining])
    lines = [column_name(card, (name, column), language) for column in joining][: _MOST_LINES - 1]
    hidden = len(joining) - len(lines) + others
    return [*lines, *([say("warehouse.diagram_more", language, n=hidden)] if hidden else [])]


def _pairs(card: Card, joins: Sequence[Join], language: str) -> list[str]:
    return list(dict.fromkeys(_met(card, join, language) for join in joins))


def _met(card: Card, join: Join, language: str) -> str:
    left, right = (column_name(card, side, language) for side in (join.left, join.right))
    return f"{left} {_SIGNS[join.kind]} {right}"


def _rule_title(rule: Rule, language: str) -> list[Any]:
    return [level_shape(rule.level, language, word=False), " ", rule.name if language == "zh" else rule.name_en]


def _rule_lines(card: Card, rule: Rule, language: str) -> list[str]:
    used = [one for name, one in card.parameters.items() if f":{name}" in rule.sql]
    if language == "zh":
        return [f"{in_words(one.default, language)} {one.unit} · {one.meaning}" for one in used]
    return [f"{one.name.replace('_', ' ')} = {in_words(one.default, language)}" for one in used]


def _subject(rule: Rule, language: str) -> str:
    return say("warehouse.diagram_one", language, subject=say(f"warehouse.subject_{rule.subject_kind}", language))


def _alert_lines(rule: Rule, language: str) -> list[str]:
    lines = [say("warehouse.diagram_by_period", language)] if rule.period else []
    return [*lines, *([say("warehouse.diagram_amount", language)] if rule.recoverable or rule.amount else [])]


def _told(card: Card, language: str) -> list[html.Li]:
    """The diagram as sentences."""
    stop = "、" if language == "zh" else ", "
    lines = []
    for rule in card.rules:
        reading = reading_of(rule)
        names = stop.join(_register_name(card, name, language) for name in reading.registers)
        by = stop.join(
            f"{_register_name(card, j.left[0], language)}.{column_name(card, j.left, language)} {_SIGNS[j.kind]} "
            f"{_register_name(card, j.right[0], language)}.{column_name(card, j.right, language)}"
            for j in reading.joins
        )
        key = "warehouse.diagram_told" if by else "warehouse.diagram_told_alone"
        lines.append(
            html.Li(
                say(key, language, rule=rule.name if language == "zh" else rule.name_en, registers=names, by=by,
                    subject=_subject(rule, language))
            )
        )  # fmt: skip
    return lines


# Drawing


def _box(box: Box) -> html.Div:
    style = {
        "left": f"{_X[box.kind]}rem", "top": f"{box.top:.2f}rem", "width": f"{_WIDTH[box.kind]}rem",
        "height": f"{box.height:.2f}rem",
    }  # fmt: skip
    lines = [html.Div(line, className="diagram-line", title=line) for line in box.lines]
    title = html.Div(box.title, className="diagram-title") if box.title else None
    return html.Div([title, *lines], className=f"diagram-box diagram-{box.kind}", style=style)


def _line(drawn: Drawing, first: str, last: str) -> list[html.Span]:
    """A line with one step from the right of a box to the left of another."""
    a, b = drawn.boxes[first], drawn.boxes[last]
    x1, x2 = _X[a.kind] + _WIDTH[a.kind], _X[b.kind]
    # What goes past a column turns at once, so that it does not run through its boxes.
    middle = x1 + min(x2 - x1, _X["join"] - _WIDTH["register"]) / 2
    down = b.middle >= a.middle
    riser = {
        "left": f"{x1}rem", "top": f"{min(a.middle, b.middle):.2f}rem", "width": f"{middle - x1:.2f}rem",
        "height": f"{abs(b.middle - a.middle):.2f}rem",
    }  # fmt: skip
    run = {"left": f"{middle:.2f}rem", "top": f"{b.middle:.2f}rem", "width": f"{x2 - middle:.2f}rem"}
    return [
        html.Span(className=f"diagram-riser {'down' if down else 'up'}", style=riser, **_HIDDEN),
        html.Span(className="diagram-run", style=run, **_HIDDEN),
    ]

"""What a blueprint still lacks, step by step, in words: nothing is run or kept as a card before this list is empty."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from data.blueprint import (
    ALL_OF,
    AT_LEAST,
    BY_NUMBER,
    HOWS,
    MODES,
    OF_COLUMNS,
    OPERATORS,
    WITHOUT_VALUE,
    Blueprint,
    Condition,
    Join,
    Match,
    choices,
    column_of,
)
from data.card_read_sql import registers_in
from data.cards import DOMAINS, LEVELS, PHASES, SUBJECT_KINDS
from data.causes import causes
from data.comparison import find_faults, output_columns, read_select
from data.lineage import places_of
from data.register_catalogue import Register
from data.said import Said
from data.written_days import read_day

STEPS = ("registers", "matches", "conditions", "grouping", "basis")
"""The five steps of the factory."""
CODE = re.compile(r"[A-Z][A-Z0-9]{1,9}")


@dataclass(frozen=True)
class Fault:
    """Something missing or wrong, and the step where it is mended."""

    step: str
    zh: str
    en: str
    field: str = ""
    """Path of the field that is empty or wrong, where it is one."""


def faults_of(blueprint: Blueprint, registers: Mapping[str, Register], *, upto: str = "basis") -> list[Fault]:
    """Everything that keeps the blueprint from being a card; with `upto`, only what the steps so far must have."""
    found: list[Fault] = []
    for step in STEPS[: STEPS.index(upto) + 1]:
        found += _OF_STEP[step](blueprint, registers)
        # What stands on a missing register or column cannot be told yet.
        if found and step in ("registers", "matches"):
            break
    return found


def _registers(blueprint: Blueprint, registers: Mapping[str, Register]) -> Iterator[Fault]:
    if blueprint.expert:
        for fault in _of_sql(blueprint, registers):
            yield Fault("registers", f"SQL 不能使用：{fault.zh}", f"The SQL cannot be used: {fault.en}")
        return
    if blueprint.main not in registers:
        yield Fault("registers", "请选择要逐行检查的数据。", "Choose the register whose rows are checked.")
    for number, join in enumerate(blueprint.joins, 2):
        if join.register not in registers:
            yield Fault(
                "registers", f"请选择第 {number} 份数据，或将其移除。", f"Choose register {number} or remove it."
            )


def _of_sql(blueprint: Blueprint, registers: Mapping[str, Register]) -> list[Said]:
    read = registers_in(blueprint.sql, registers)
    # Only words of the card's own parameters may stand behind a colon; an expert writes values as they are.
    return find_faults(blueprint.sql, read, ())


def _matches(blueprint: Blueprint, registers: Mapping[str, Register]) -> Iterator[Fault]:
    if blueprint.expert:
        return
    for index, join in enumerate(blueprint.joins):
        name = registers[join.register].name
        before = set(choices(blueprint, registers, before=index))
        if not join.matches:
            yield Fault("matches", f"请说明“{name}”按什么字段匹配。", f"Say by which fields {join.register} matches.")
        if join.mode not in MODES:
            yield Fault("matches", f"请选择“{name}”的用途。", f"Choose what {join.register} is for.")
        for match in join.matches:
            yield from _of_match(blueprint, registers, join, match, before)
        if join.matches and not any(match.how in ("exact", "month", "prefix", "kin") for match in join.matches):
            yield Fault(
                "matches",
                f"“{name}”只按相近名称或期间匹配，结果会过多；请至少再加一个相等的字段。",
                f"{join.register} matches by near name or period only: add a field that is equal.",
            )
        if sum(match.how == "kin" for match in join.matches) > 1:
            yield Fault(
                "matches", f"“{name}”只能按一对亲属匹配。", f"{join.register} can match by one pair of kin only."
            )
        if join.mode == "lowers" and (join.level not in ("orange", "yellow") or join.cause not in causes()):
            yield Fault(
                "matches",
                f"请为“{name}”选择它说明的无责原因和降到的等级。",
                f"Choose the innocent cause that {join.register} shows, and the level it lowers to.",
            )


def _of_match(
    blueprint: Blueprint, registers: Mapping[str, Register], join: Join, match: Match, before: set[str]
) -> Iterator[Fault]:
    register = registers[join.register]
    left, right = column_of(blueprint, registers, match.left), register.columns.get(match.right)
    if match.how not in HOWS or match.left not in before or left is None or right is None:
        yield Fault(
            "matches",
            f"“{register.name}”有一行匹配未选完：左边的字段、匹配方式、右边的字段。",
            f"A match of {join.register} is not complete: left field, how, right field.",
        )
        return
    types = {left.type, right.type}
    lawful = {
        "exact": len(types) == 1,
        "month": types <= {"date", "month"},
        "between": types == {"date"} and _is_date(register, match.until),
    }.get(match.how, types == {"text"})
    if not lawful:
        yield Fault(
            "matches",
            f"“{left.label}”与“{right.label}”的类型不适合这种匹配方式；起止日期须三个字段都是日期。",
            f"{left.name} and {right.name} are of types that cannot match in this way; a period takes three dates.",
        )
    bounds = {"prefix": (1, 30), "similar": (0.3, 1)}.get(match.how)
    if bounds and not _is_number(match.value, *bounds):
        yield Fault(
            "matches",
            f"“{right.label}”：请填 {bounds[0]} 到 {bounds[1]} 之间的数。",
            f"{right.name}: expected a number from {bounds[0]} to {bounds[1]}.",
        )


def _is_date(register: Register, name: str) -> bool:
    return name in register.columns and register.columns[name].type == "date"


def _conditions(blueprint: Blueprint, registers: Mapping[str, Register]) -> Iterator[Fault]:
    if blueprint.expert:
        return
    for one in (*blueprint.all_of, *blueprint.any_of):
        fault = _of_condition(blueprint, registers, one)
        if fault:
            yield Fault("conditions", *fault)
    reading = blueprint.reading()
    if any(one.column.partition(".")[0] not in reading for one in blueprint.any_of):
        yield Fault(
            "conditions",
            "“任一满足”的条件只能用必须匹配的数据。",
            "Conditions of which one is enough take only what must match.",
        )
    if blueprint.at_least not in AT_LEAST or not _is_number(blueprint.at_least_value, 0, 1e12):
        yield Fault("conditions", "请填写起报数量。", "Say from how many on it is an alert.")
    summed = column_of(blueprint, registers, blueprint.at_least_column)
    if blueprint.at_least == "sum" and (summed is None or summed.type != "number"):
        yield Fault("conditions", "请选择要合计的数值字段。", "Choose the number that is summed.")


def _of_condition(blueprint: Blueprint, registers: Mapping[str, Register], one: Condition) -> tuple[str, str] | None:
    column = column_of(blueprint, registers, one.column)
    if column is None or one.op not in OPERATORS[column.type]:
        return "有一条条件未选完：字段和比较方式。", "A condition is not complete: field and comparison."
    said = f"“{column.label}”"
    if one.op in OF_COLUMNS:
        other = column_of(blueprint, registers, one.other)
        if other is None or other.type != column.type:
            return (
                f"{said}：请选择同类型的字段来比较。",
                f"{column.name}: choose a field of the same type to compare with.",
            )
        if one.value.strip() and column.type != "text" and not _is_number(one.value, -1e6, 1e6):
            return f"{said}：相差的天数、月数或倍数应为数字。", f"{column.name}: the difference must be a number."
        return None
    if one.op in WITHOUT_VALUE:
        return None
    value = one.value.strip()
    good = bool(value)
    if one.op in ("within_months", "older_days"):
        good = _is_number(value, 0, 36500)
    elif column.type == "number":
        good = _is_number(value, -1e12, 1e12)
    elif column.type == "date":
        good = _is_day(value)
    elif column.type == "month":
        good = bool(re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value))
    wanted = "number" if one.op in ("within_months", "older_days") else column.type
    expected = _EXPECTED.get(wanted, ("一个值", "a value"))
    return None if good else (f"{said}：应填{expected[0]}。", f"{column.name}: expected {expected[1]}.")


_EXPECTED = {
    "number": ("数字", "a number"),
    "date": ("日期，如 2026-05-01 或 2026年5月1日", "a date as 2026-05-01"),
    "month": ("月份，如 2026-05", "a month as 2026-05"),
}


def _grouping(blueprint: Blueprint, registers: Mapping[str, Register]) -> Iterator[Fault]:
    offered = set(offered_columns(blueprint, registers))
    for place, zh, en in (
        (blueprint.subject, "预警对象的编号", "the number of whom it is about"),
        (blueprint.shown, "对象的显示名称", "what is shown of whom it is about"),
    ):
        if place not in offered:
            yield Fault("grouping", f"请选择{zh}。", f"Choose {en}.")
    if not _is_place(blueprint, offered):
        yield Fault(
            "grouping",
            "请选择地区：决定由谁核查。没有地区字段时，可以全部归本地区。",
            "Choose the place, which decides who verifies. Without a field of places, all may belong to your region.",
        )
    for place, zh in ((blueprint.period, "期间"), (blueprint.amount, "金额"), (blueprint.happened_on, "发生日期")):
        if place and place not in offered:
            yield Fault("grouping", f"{zh}的字段已不在所选数据中，请重选。", f"{place} is no longer among the fields.")
    if blueprint.subject_kind not in SUBJECT_KINDS or blueprint.level not in LEVELS:
        yield Fault("grouping", "请选择对象类别和等级。", "Choose the kind of subject and the level.")
    if not blueprint.evidence or not set(blueprint.evidence) <= offered:
        yield Fault("grouping", "请选择作为证据保存的字段。", "Choose the fields kept as evidence.")
    if blueprint.expert and offered:
        known = evidence_places(blueprint.sql)
        for place in (one for one in blueprint.evidence if one in offered and one not in known):
            yield Fault(
                "grouping",
                f"“{place}”是计算得出的，不是登记数据的字段，请不要选作证据。",
                f"{place} is computed and stands in no register: leave it out of the evidence.",
            )
    if not blueprint.asks or any(ask.cause not in causes() or not ask.ask_for.strip() for ask in blueprint.asks):
        yield Fault(
            "grouping",
            "请至少写明一种无责原因及核查时应索取的证据。",
            "Name at least one innocent cause and the evidence to ask for.",
        )
    if blueprint.subject_kind not in ("person", "household") and any(
        _is_personal(blueprint, registers, place) for place in (blueprint.subject, blueprint.shown)
    ):
        yield Fault(
            "grouping",
            "对象的编号或显示字段属于个人信息，对象类别应为人员或家庭。",
            "The number or what is shown is personal: the kind of subject must be person or household.",
        )
    if blueprint.level == "red" and not blueprint.expert and _by_name_only(blueprint, registers):
        yield Fault(
            "grouping",
            "仅凭姓名匹配的结果不得为红色，请加上证号匹配或降低等级。",
            "What matches by name alone is never red: match by number as well, or lower the level.",
        )


def _is_place(blueprint: Blueprint, offered: set[str]) -> bool:
    region = blueprint.region
    if region.startswith(ALL_OF) and not blueprint.expert:
        return region.removeprefix(ALL_OF).isdecimal()
    if region.startswith(BY_NUMBER) and not blueprint.expert:
        return region.removeprefix(BY_NUMBER) in offered
    return region in offered


def _is_personal(blueprint: Blueprint, registers: Mapping[str, Register], place: str) -> bool:
    """Whether a field is personal; of an expert's rows, whether it comes from a personal column, whatever its name."""
    if not blueprint.expert:
        column = column_of(blueprint, registers, place)
        return column is not None and column.personal
    if _of_sql(blueprint, registers):
        return False
    from_ = places_of(read_select(blueprint.sql)).get(place, frozenset())
    columns = [registers[register].columns.get(name) for register, name in from_ if register in registers]
    return any(column is not None and column.personal for column in columns)


def evidence_places(sql: str) -> dict[str, str]:
    """Output column of an expert's lawful SQL to the `register.column` that it shows: one of its name, else the first.

    What is computed of no register's values is not there.
    """
    return {
        output: min((f"{r}.{c}" for r, c in places), key=lambda place: (not place.endswith(f".{output}"), place))
        for output, places in places_of(read_select(sql)).items()
        if places
    }


def _by_name_only(blueprint: Blueprint, registers: Mapping[str, Register]) -> bool:
    for index, join in enumerate(blueprint.joins):
        names = [match for match in join.matches if match.how == "similar" or match.right in ("name", "user", "tenant")]
        firm = [
            m
            for m in join.matches
            if m not in names and m.how in ("exact", "kin") and _tells_apart(registers[join.register], m)
        ]
        if join.mode == "must" and names and not firm and index < len(blueprint.joins):
            return True
    return False


def _tells_apart(register: Register, match: Match) -> bool:
    column = register.columns.get(match.right)
    return bool(column) and (match.right in register.key or (column is not None and column.personal))


def _basis(blueprint: Blueprint) -> Iterator[Fault]:
    if not CODE.fullmatch(blueprint.code):
        yield Fault(
            "basis",
            "编号应为 2 到 10 位大写字母和数字，字母开头，如 L01。",
            "Code: 2 to 10 capital letters and digits, a letter first, such as L01.",
            "code",
        )
    for field, value, zh, en in (
        ("name", blueprint.name, "名称", "the name"),
        ("points", blueprint.points, "监督点", "the supervision points"),
        ("basis.name", blueprint.basis.name, "依据文件名称", "the document it rests on"),
        ("basis.clause", blueprint.basis.clause, "依据条款", "the clause it rests on"),
        ("basis.valid_from", blueprint.basis.valid_from, "依据的生效日期", "from when the basis is in force"),
    ):
        if not value.strip():
            yield Fault("basis", f"请填写{zh}。", f"Write {en}.", field)
    if blueprint.domain not in DOMAINS:
        yield Fault("basis", "请选择监督领域。", "Choose the domain.", "domain")
    if blueprint.phase not in PHASES:
        yield Fault("basis", "请选择监督阶段。", "Choose the phase.", "phase")
    if not blueprint.title.rstrip().endswith(("？", "?")):
        yield Fault(
            "basis",
            "预警标题请写成问句，如“{subject}退休后是否在企业任职？”。",
            "Write the title as a question, such as “{subject}退休后是否在企业任职？”.",
            "title",
        )
    for field, day in (("basis.valid_from", blueprint.basis.valid_from), ("basis.valid_to", blueprint.basis.valid_to)):
        if day.strip() and not _is_day(day):
            yield Fault(
                "basis",
                f"依据的日期“{day}”应写作 2026-05-01 或 2026年5月1日。",
                f"Date {day!r}: expected as 2026-05-01.",
                field,
            )


_OF_STEP: Mapping[str, Callable[[Blueprint, Mapping[str, Register]], Iterator[Fault]]] = {
    "registers": _registers,
    "matches": _matches,
    "conditions": _conditions,
    "grouping": _grouping,
    "basis": lambda blueprint, _: _basis(blueprint),
}


def offered_columns(blueprint: Blueprint, registers: Mapping[str, Register]) -> list[str]:
    """What subject, place, evidence and the others may be chosen from."""
    if not blueprint.expert:
        return list(choices(blueprint, registers))
    return [] if _of_sql(blueprint, registers) else output_columns(blueprint.sql)


def _is_number(text: str, low: float, high: float) -> bool:
    try:
        return low <= float(text.strip()) <= high
    except ValueError:
        return False


def _is_day(text: str) -> bool:
    return read_day(text) is not None

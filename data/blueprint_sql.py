"""The SQL that a blueprint means: one SELECT in the dialect of comparison rules, every typed value a parameter."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from data.blueprint import ALL_OF, BY_NUMBER, OF_COLUMNS, Blueprint, Condition, Join, Match, column_of, output
from data.comparison import Value
from data.register_catalogue import Register
from data.written_days import read_day

KIN_COLUMNS = ("relation", "degree", "confidence")
_SIGNS = {"ge": ">=", "le": "<=", "gt": ">", "lt": "<", "eq": "=", "ge_of": ">=", "le_of": "<=", "gt_of": ">",
          "lt_of": "<", "on_or_after": ">=", "on_or_before": "<=", "is": "=", "is_not": "<>", "same_as": "=",
          "other_than": "<>"}  # fmt: skip
_WORDS = {"ge": "不低于", "le": "不高于", "gt": "高于", "lt": "低于", "eq": "等于", "is": "为", "is_not": "不为",
          "one_of": "为其中之一", "contains": "包含", "within_months": "在比对日之前多久以内",
          "older_days": "距比对日至少多久以前", "on_or_after": "不早于", "on_or_before": "不晚于"}  # fmt: skip
_KIN = """kin AS (
    SELECT id_no, relative_id, MIN(relation) AS relation, MIN(degree) AS degree, MAX(confidence) AS confidence
    FROM (
        SELECT k.pid_a AS id_no, k.pid_b AS relative_id, k.relation, k.degree, k.confidence FROM kinship k
        UNION ALL
        SELECT k.pid_b AS id_no, k.pid_a AS relative_id, k.relation, k.degree, k.confidence FROM kinship k
    ) AS pairs
    WHERE degree <= :kin_degree AND confidence >= :kin_confidence
    GROUP BY id_no, relative_id
)"""


@dataclass(frozen=True)
class Threshold:
    """A value that the author typed, as a parameter of the card."""

    default: Value
    unit: str
    meaning: str
    range: tuple[float, float] | None = None


@dataclass
class Written:
    """The SQL, its parameters, the registers and columns it reads, and what its rows carry besides."""

    sql: str = ""
    parameters: dict[str, Threshold] = field(default_factory=dict)
    read: dict[str, list[str]] = field(default_factory=dict)
    lowering: list[tuple[str, Join]] = field(default_factory=list)
    """Flag column and the join that sets it."""
    row: list[str] = field(default_factory=list)


def write_sql(blueprint: Blueprint, registers: Mapping[str, Register]) -> Written:
    """The SQL of a blueprint that `blueprint_faults.faults_of` finds nothing missing in up to its conditions."""
    return _Writer(blueprint, registers).write()


class _Writer:
    def __init__(self, blueprint: Blueprint, registers: Mapping[str, Register]) -> None:
        self.blueprint, self.registers = blueprint, registers
        self.done = Written()

    def write(self) -> Written:
        blueprint, done = self.blueprint, self.done
        source = [f"FROM {blueprint.main} t1"]
        where: list[str] = []
        for number, join in enumerate(blueprint.joins, 2):
            alias = f"t{number}"
            if join.mode == "must":
                source += self._join(alias, join)
            elif join.mode == "must_not":
                where.append(f"NOT {self._exists(alias, join)}")
            else:
                done.lowering.append((f"found_in_{alias}", join))
        reading = blueprint.reading()
        where += [self._asked(one) for one in blueprint.all_of if one.column.partition(".")[0] in reading]
        some = [self._asked(one) for one in blueprint.any_of if one.column.partition(".")[0] in reading]
        if some:
            where.append("(" + " OR ".join(some) + ")")
        done.row = [output(place) for place in self._row_places()]
        columns = self._columns()
        hits = f"SELECT {', '.join(columns)}\n    {self._lines(source)}"
        if where:
            hits += "\n    WHERE " + "\n      AND ".join(where)
        names = [column.rpartition(" AS ")[2] for column in columns]
        done.sql = self._whole(hits, names)
        return done

    def _whole(self, hits: str, names: list[str]) -> str:
        kin = [_KIN] if any(m.how == "kin" for join in self.blueprint.joins for m in join.matches) else []
        if kin:
            self._reads("kinship", *("pid_a", "pid_b"), *KIN_COLUMNS)
            self.done.parameters["kin_degree"] = Threshold(2, "亲等", "亲属关系的范围", (1, 4))
            self.done.parameters["kin_confidence"] = Threshold(0.5, "可信度", "低于此可信度的亲属关系不用", (0, 1))
        level = self._level()
        parts = [*kin, f"hits AS (\n    {hits}\n)"]
        group = self._enough()
        if group:
            parts.append(group)
        shown = ", ".join(f"h.{name}" for name in names) + (f", {level} AS level" if level else "")
        joined = ""
        if group:
            joined = "\nJOIN enough e ON e.subject = h.subject" + (" AND e.period = h.period" if self._period() else "")
        return f"WITH {', '.join(parts)}\nSELECT {shown}\nFROM hits h{joined}"

    def _lines(self, source: list[str]) -> str:
        return "\n    ".join(source)

    def _reads(self, register: str, *columns: str) -> None:
        held = self.done.read.setdefault(register, [])
        held += [column for column in columns if column and column not in held]

    def _column(self, place: str) -> str:
        alias, _, name = place.partition(".")
        self._reads(self.blueprint.aliases()[alias], name)
        return f"{alias}.{name}"

    def _type(self, place: str) -> str:
        column = column_of(self.blueprint, self.registers, place)
        return column.type if column else "text"

    def _label(self, place: str) -> str:
        column = column_of(self.blueprint, self.registers, place)
        return column.label if column else place

    # ---- what the rows carry ---------------------------------------------------------------------------------

    def _row_places(self) -> list[str]:
        found: list[str] = []
        for alias, name in self.blueprint.reading().items():
            register = self.registers[name]
            found += [f"{alias}.{column}" for column in register.key or tuple(register.columns)]
        return found

    def _columns(self) -> list[str]:
        blueprint = self.blueprint
        wanted = [blueprint.shown, blueprint.amount, blueprint.happened_on, blueprint.handler]
        wanted += [blueprint.at_least_column if blueprint.at_least == "sum" else "", blueprint.subject]
        places = dict.fromkeys([*filter(None, wanted), *blueprint.evidence, *self._row_places()])
        columns = [f"{self._column(place)} AS {output(place)}" for place in places if place in self._known()]
        columns.append(f"{self._column(blueprint.subject)} AS subject")
        columns.append(f"{self._place()} AS place")
        if self._period():
            columns.append(f"{self._period()} AS period")
        columns += [f"k{alias[1:]}.{name} AS k{alias[1:]}_{name}" for alias in blueprint.kin() for name in KIN_COLUMNS]
        columns += [f"{self._exists(f'{flag[9:]}', join)} AS {flag}" for flag, join in self.done.lowering]
        return columns

    def _place(self) -> str:
        region = self.blueprint.region
        if region.startswith(ALL_OF):
            return f"'{''.join(filter(str.isdigit, region))}'"
        if region.startswith(BY_NUMBER):
            return f"SUBSTR({self._column(region.removeprefix(BY_NUMBER))}, 1, 6)"
        return self._column(region)

    def _known(self) -> set[str]:
        return {f"{a}.{c}" for a, r in self.blueprint.reading().items() for c in self.registers[r].columns}

    def _period(self) -> str:
        place = self.blueprint.period
        if not place:
            return ""
        column, by = self._column(place), self.blueprint.period_by
        month = f"month_of({column})" if self._type(place) == "date" else column
        if by == "year":
            return f"SUBSTR({month}, 1, 4)"
        return month if by == "month" or self._type(place) == "date" else column

    def _level(self) -> str:
        by_level = [
            (level, [f"h.{flag}" for flag, join in self.done.lowering if join.level == level])
            for level in ("yellow", "orange")
        ]
        cases = [f"WHEN {' OR '.join(flags)} THEN '{level}'" for level, flags in by_level if flags]
        return f"CASE {' '.join(cases)} ELSE '{self.blueprint.level}' END" if cases else ""

    def _enough(self) -> str:
        blueprint = self.blueprint
        least = _number(blueprint.at_least_value)
        if blueprint.at_least == "rows" and least <= 1:
            return ""
        counted = "COUNT(*)" if blueprint.at_least == "rows" else f"SUM(x.{output(blueprint.at_least_column)})"
        unit = "条" if blueprint.at_least == "rows" else "元"
        self.done.parameters["at_least"] = Threshold(least, unit, "同一对象（同一期间）合计达到多少才预警", (0, 1e12))
        keys = ", ".join(["x.subject", *(["x.period"] if self._period() else [])])
        return f"enough AS (\n    SELECT {keys} FROM hits x GROUP BY {keys} HAVING {counted} >= :at_least\n)"  # noqa: S608

    # ---- how registers meet ----------------------------------------------------------------------------------

    def _join(self, alias: str, join: Join) -> list[str]:
        kin = next((match for match in join.matches if match.how == "kin"), None)
        on = [self._match(alias, match) for match in join.matches if match.how != "kin"]
        if kin is None:
            return [f"JOIN {join.register} {alias} ON {' AND '.join(on)}"]
        bridge = f"k{alias[1:]}"
        on = [f"{self._own(alias, kin.right)} = {bridge}.relative_id", *on]
        return [
            f"JOIN kin {bridge} ON {bridge}.id_no = {self._column(kin.left)}",
            f"JOIN {join.register} {alias} ON {' AND '.join(on)}",
        ]

    def _exists(self, alias: str, join: Join) -> str:
        kin = next((match for match in join.matches if match.how == "kin"), None)
        where = [self._match(alias, match) for match in join.matches if match.how != "kin"]
        source = f"{join.register} {alias}"
        if kin is not None:
            bridge = f"k{alias[1:]}"
            source = f"kin {bridge} JOIN {source} ON {self._own(alias, kin.right)} = {bridge}.relative_id"
            where = [f"{bridge}.id_no = {self._column(kin.left)}", *where]
        where += [self._asked(one) for one in self.blueprint.all_of if one.column.partition(".")[0] == alias]
        return f"EXISTS (SELECT 1 FROM {source} WHERE {' AND '.join(where)})"  # noqa: S608

    def _own(self, alias: str, name: str) -> str:
        return self._column(f"{alias}.{name}")

    def _match(self, alias: str, match: Match) -> str:
        left, right = self._column(match.left), self._own(alias, match.right)
        if match.how == "exact":
            return f"{right} = {left}"
        if match.how == "month":
            return f"{self._month(f'{alias}.{match.right}')} = {self._month(match.left)}"
        if match.how == "prefix":
            n = self._threshold(f"{match.right}_prefix", int(_number(match.value)), "位", "前几位相同", (1, 30))
            return f"SUBSTR({right}, 1, :{n}) = SUBSTR({left}, 1, :{n})"
        if match.how == "similar":
            n = self._threshold(f"{match.right}_similarity", _number(match.value), "相似度", "名称相似度不低于", (0, 1))
            return f"name_similarity({right}, {left}) >= :{n}"
        until = self._own(alias, match.until)
        return f"{left} >= {right} AND ({until} IS NULL OR {left} <= {until})"

    def _month(self, place: str) -> str:
        column = self._column(place)
        return f"month_of({column})" if self._type(place) == "date" else column

    # ---- conditions ------------------------------------------------------------------------------------------

    def _asked(self, one: Condition) -> str:
        column, kind = self._column(one.column), self._type(one.column)
        if one.op in ("empty", "filled"):
            return f"{column} IS {'' if one.op == 'empty' else 'NOT '}NULL"
        if one.op in ("yes", "no"):
            return column if one.op == "yes" else f"NOT {column}"
        if one.op in OF_COLUMNS:
            return f"{column} {_SIGNS[one.op]} {self._shifted(one, kind)}"
        name = self._of_value(one, kind)
        if one.op == "within_months":
            first = f"month_after(month_of(:as_of), -:{name}{' * 12' if one.unit == 'year' else ''})"
            return f"{column} >= {f'month_start({first})' if kind == 'date' else first}"
        if one.op == "older_days":
            if one.unit in ("month", "year"):
                return f"{column} <= {_months_on(':as_of', f'-:{name}' + (' * 12' if one.unit == 'year' else ''))}"
            return f"{column} <= day_after(:as_of, -:{name})"
        if one.op == "one_of":
            return f"{column} IN (:{name})"
        return f"{column} LIKE :{name}" if one.op == "contains" else f"{column} {_SIGNS[one.op]} :{name}"

    def _shifted(self, one: Condition, kind: str) -> str:
        other = self._column(one.other)
        if not one.value.strip() or kind == "text":
            return other
        words = f"{self._label(one.column)}与{self._label(one.other)}相比"
        place = one.column.partition(".")[2]
        if kind == "number":
            return (
                f"{other} * :{self._threshold(f'{place}_factor', _number(one.value), '倍', f'{words}的倍数', (0, 1e6))}"
            )
        if kind == "date" and one.unit in ("month", "year"):
            name = self._threshold(
                f"{place}_after", int(_number(one.value)), _SPANS[one.unit], f"{words}允许相差", (-1200, 1200)
            )
            return _months_on(other, f":{name}{' * 12' if one.unit == 'year' else ''}")
        days = int(_number(one.value))
        unit, after = ("天", "day_after") if kind == "date" else ("月", "month_after")
        name = self._threshold(f"{place}_after", days, unit, f"{words}允许相差", (-36500, 36500))
        return f"{after}({other}, :{name})"

    def _of_value(self, one: Condition, kind: str) -> str:
        place = one.column.partition(".")[2]
        meaning = f"{self._label(one.column)}{_WORDS[one.op]}"
        if one.op in ("within_months", "older_days"):
            unit = _SPANS.get(one.unit, "月" if one.op == "within_months" else "天")
            return self._threshold(f"{place}_{one.op}", int(_number(one.value)), unit, meaning, (0, 36500))
        value: Value = one.value.strip()
        if one.op == "one_of":
            value = tuple(filter(None, (part.strip() for part in one.value.replace("，", ",").split(","))))
        elif one.op == "contains":
            value = f"%{value}%"
        elif kind == "number":
            return self._threshold(f"{place}_{one.op}", _number(one.value), "值", meaning, (-1e12, 1e12))
        elif kind == "date":
            value = read_day(one.value) or one.value.strip()
        return self._threshold(f"{place}_{one.op}", value, "值", meaning, None)

    def _threshold(self, name: str, value: Value, unit: str, meaning: str, bounds: tuple[float, float] | None) -> str:
        chosen, n = name, 1
        while chosen in self.done.parameters and self.done.parameters[chosen].default != value:
            n += 1
            chosen = f"{name}_{n}"
        self.done.parameters[chosen] = Threshold(value, unit, meaning, bounds)
        return chosen


_SPANS = {"day": "天", "month": "月", "year": "年"}


def _months_on(day: str, months: str) -> str:
    """The day so many months later; where that month has no such day, as many days into the next."""
    first = f"month_start(month_after(month_of({day}), {months}))"
    return f"day_after({first}, days_from(month_start(month_of({day})), {day}))"


def _number(text: str) -> float | int:
    value = float(text.strip())
    return int(value) if value.is_integer() else value

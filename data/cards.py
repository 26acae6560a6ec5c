"""Supervision models as cards: what a card says, read from TOML with every fault named at once.

A card is kept as the text an inspector's head reads; everything here is taken from that text. Its parts are described
at the fields below; `data/supervision_models.py` keeps them in the warehouse.
"""

import hashlib
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from data.card_fields import Fields
from data.comparison import Value, find_faults, output_columns, read_select
from data.errors import CardRefused
from data.lineage import places_of
from data.register_catalogue import REGISTERS, Register, read_register_fields
from data.said import Said

LEVELS = ("red", "orange", "yellow")
COUNTS = ("misconduct", "help")
"""What a model's outcomes count as: in the confirmation rate of misconduct, or as people to be helped and in no such
rate. Source: field/models.md, M34."""
PHASES = ("ex_ante", "in_process", "near_real_time", "post")
SUBJECT_KINDS = ("person", "household", "project", "village", "enterprise", "other")
FOLDS = ("first", "last", "max", "min", "sum", "count", "any", "all", "list")
"""How an attribute is made of the column's values over an alert's rows; count and list take the different ones."""
DOMAINS: Mapping[str, tuple[str, str]] = {
    "benefit_funds": ("惠民资金", "Public-benefit funds"),
    "hardship_aid": ("困难救助", "Hardship aid"),
    "labour_subsidy": ("劳务用工", "Labour subsidies"),
    "village_funds": ("村级资金", "Village funds"),
    "village_projects": ("村级工程", "Village projects"),
    "village_procurement": ("村级采购", "Village purchases"),
    "procurement": ("招标采购", "Procurement"),
    "personnel": ("人员管理", "Personnel"),
    "conduct": ("作风建设", "Conduct"),
    "official_vehicles": ("公务用车", "Official vehicles"),
    "assets": ("资产资源", "Assets and resources"),
    "seals": ("印章管理", "Seals"),
    "farm_subsidies": ("惠农补贴", "Farm subsidies"),
    "land_pension": ("征地养老保险", "Land-requisition pensions"),
    "housing": ("房产管理", "Housing"),
    "medical": ("医疗保障", "Medical insurance"),
    "environment": ("安全环保", "Safety and environment"),
    "enforcement": ("综合执法", "Law enforcement"),
}
"""Domains of the supervision models, in the order of the screen. Source: field/models.md, 0."""
ANSWERING: Mapping[str, tuple[str, str]] = {
    "handler": ("经办人", "handler"),
    "reviewer": ("审核人", "reviewer"),
    "approver": ("批准人", "approver"),
    "patroller": ("网格巡查员", "patroller"),
    "drawer": ("代领人", "drawer in another's name"),
}
"""In what role somebody answers for what an alert is about. Source: field/models.md, Y7; field/inventory.md, H-15."""


@dataclass(frozen=True)
class Policy:
    """A written rule the card rests on, with the time it was in force."""

    name: str
    clause: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True)
class OwnValue:
    """A parameter's value in a region for a time: hits there are found with it in runs on those days."""

    region: str
    """Prefix; empty: everywhere."""
    value: Value
    valid_from: date
    valid_to: date | None


_MOST_TEXT = 300_000
"""Characters of a card; the longest built in has 30,000."""
_KINDS: Mapping[type, str] = {str: "文字", bool: " true 或 false", date: "日期", tuple: "文字列表"}


@dataclass(frozen=True)
class Parameter:
    """A threshold the office may set within its range, for everywhere or for a region."""

    name: str
    default: Value
    low: float | None
    high: float | None
    unit: str
    meaning: str
    own: tuple[OwnValue, ...]
    """What regions and periods have instead of the default."""

    def in_force(self, region: str, day: date) -> Value:
        """The value in a region on a day: that of the nearest region, of the newest period; else the default."""
        here = [
            one
            for one in self.own
            if region.startswith(one.region) and one.valid_from <= day and (one.valid_to is None or day <= one.valid_to)
        ]
        nearest = max(here, key=lambda one: (len(one.region), one.valid_from), default=None)
        return self.default if nearest is None else nearest.value

    def fault_of(self, value: object) -> Said | None:
        """Why this value cannot be used; None where it can."""
        number = isinstance(self.default, int | float) and not isinstance(self.default, bool)
        if number:
            if not isinstance(value, int | float) or isinstance(value, bool):
                return self._fault(value, Said("a number", "数字"))
            if (self.low is not None and value < self.low) or (self.high is not None and value > self.high):
                span = Said(f"{self.low} to {self.high} {self.unit}", f" {self.low} 至 {self.high} {self.unit}")
                return self._fault(value, span)
        elif type(value) is not type(self.default):
            kind = type(self.default)
            return self._fault(value, Said(kind.__name__, _KINDS.get(kind, kind.__name__)))
        return None

    def _fault(self, value: object, expected: Said) -> Said:
        return Said(
            f"parameter {self.name}: got {value!r}, expected {expected.en}",
            f"参数 {self.name}：现为 {value!r}，应为{expected.zh}",
        )


@dataclass(frozen=True)
class Evidence:
    """A register's column shown as evidence, and the column of the rule's rows it comes in."""

    register: str
    column: str
    output: str
    personal: bool
    """Whether it is masked wherever stored or shown."""


@dataclass(frozen=True)
class Rule:
    """A comparison rule: the SQL that finds rows, and how they become alerts. Column names are those of its rows."""

    code: str
    name: str
    name_en: str
    level: str
    level_column: str | None
    """Column that gives each row's own level; the alert takes the highest."""
    sql: str
    subject_kind: str
    subject: str
    """Column with the number of whom or what the alert is about."""
    shown: str
    """Column shown for the subject; masked where the subject is a person or a household."""
    period: str | None
    """Column that tells one wrong of a subject from the next; none: one alert a subject."""
    why: str
    """Why these columns make one continuing wrong one alert."""
    row: tuple[str, ...]
    """Columns that make a row the same row in the next run."""
    evidence: tuple[Evidence, ...]
    clash: tuple[str, ...]
    """The evidence, as `register.column`, that contradicts itself: marked on the screen."""
    attributes: Mapping[str, tuple[str, str]]
    """Attribute to (fold, column): what was known when the alert was raised."""
    amount: str | None
    recoverable: str | None
    happened_on: str | None
    registered_on: str | None
    region: str
    responsible: Mapping[str, str]
    """Role of `ANSWERING` to the column with the number of the person who answers in it, whoever the subject is.

    The one named first stands in the alert's attributes, as a keyed hash.
    """
    title: str
    title_en: str
    personal: frozenset[str] = frozenset()
    """Columns of its rows whose values come from a personal column of a register, whatever they are called."""

    @property
    def answers_first(self) -> str | None:
        """Column of the role that is named first."""
        return next(iter(self.responsible.values()), None)


@dataclass(frozen=True)
class InnocentCause:
    """An innocent explanation, what to ask for as evidence, and what the rules do about it."""

    code: str
    name: str
    name_en: str
    ask_for: str
    ask_for_en: str
    handling: str


@dataclass(frozen=True)
class Card:
    """A supervision model: points, data, rules, and what an inspector's head must know of it."""

    code: str
    version: int
    name: str
    name_en: str
    domain: str
    level: str
    phase: str
    points: str
    points_en: str
    author: str
    counts: str
    """What its outcomes count as: one of `COUNTS`."""
    policies: tuple[Policy, ...]
    registers: Mapping[str, tuple[str, ...]]
    """Register to the columns that the rules may read."""
    may_lack: tuple[str, ...]
    """Registers that only help to recognise innocent causes: without them the card still runs."""
    own_registers: Mapping[str, Register]
    """Registers the office made itself, with their description: the card brings it along wherever it goes."""
    parameters: Mapping[str, Parameter]
    rules: tuple[Rule, ...]
    words: Mapping[str, tuple[str, ...]]
    """Attribute to what it is called on the screen, in Chinese and English."""
    innocent_causes: tuple[InnocentCause, ...]
    documents: tuple[str, ...]
    text: str

    @property
    def card_hash(self) -> str:
        """SHA-256 of the card's text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@lru_cache(maxsize=128)
def read_card(text: str) -> Card:
    """A card from its TOML text.

    Raises: CardRefused, naming every fault at once.
    """
    if len(text) > _MOST_TEXT:
        raise CardRefused(
            f"The card has {len(text):,} characters, expected {_MOST_TEXT:,} at most. Shorten it and read it again.",
            f"卡片共 {len(text):,} 个字符，最多 {_MOST_TEXT:,} 个，请精简后重新读取。",
        )
    try:
        text.encode()
        content = tomllib.loads(text)
    except RecursionError:
        raise CardRefused(
            "The card's tables or lists are nested too deeply to be read. Write them as those of another card.",
            "卡片中的表或列表嵌套过深，无法读取。请参照其他卡片的写法。",
        ) from None
    # Beside what is no TOML: half characters, and numbers with more digits than a number may have.
    except ValueError as error:
        raise CardRefused(
            f"The card is not TOML: {error}. Mend that line and read the card again.",
            f"卡片不是有效的 TOML：{error}。请改正该行后重新读取。",
        ) from error
    fields = Fields(content, "card")
    card = _read(fields, text)
    faults = [*fields.faults, *([] if fields.faults else _contradictions(card))]
    if not faults:
        card = replace(card, rules=tuple(_with_personal(card, rule) for rule in card.rules))
        faults = [fault for rule in card.rules for fault in _money_of_personal(rule)]
    if faults:
        code = content.get("code", "")
        raise CardRefused(
            f"Card {code} cannot be used: {'; '.join(one.en for one in faults)}. Mend the card.",
            f"卡片 {code} 不能使用：{'；'.join(one.zh for one in faults)}。请修改卡片。",
            faults=faults,
        )
    return card


def _read(fields: Fields, text: str) -> Card:
    for kept_in_the_row in ("status", "approver"):
        # Older cards say them; the office's row is the authority, and the text is left as it was approved.
        fields.text(kept_in_the_row, needed=False)
    own = {code: read_register_fields(code, table) for code, table in fields.named_tables("own_register")}
    described = {**own, **REGISTERS}
    card = Card(
        code=fields.text("code"),
        version=fields.integer("version"),
        name=fields.text("name", most=100),
        name_en=fields.text("name_en", most=150),
        domain=fields.choice("domain", tuple(DOMAINS)),
        level=fields.choice("level", LEVELS),
        phase=fields.choice("phase", PHASES),
        points=fields.text("points"),
        points_en=fields.text("points_en"),
        author=fields.text("author"),
        counts=fields.choice("counts", COUNTS, needed=False) or "misconduct",
        policies=tuple(_read_policy(policy) for policy in fields.tables("policy")),
        registers=fields.lists("registers"),
        may_lack=fields.texts("may_lack", needed=False),
        own_registers=own,
        parameters={name: _read_parameter(name, p) for name, p in fields.named_tables("parameters")},
        rules=tuple(_read_rule(rule, described) for rule in fields.tables("rule")),
        words=fields.lists("words"),
        innocent_causes=tuple(_read_cause(cause) for cause in fields.tables("innocent_cause")),
        documents=fields.texts("documents"),
        text=text,
    )
    fields.refuse_the_rest()
    return card


def _read_policy(fields: Fields) -> Policy:
    policy = Policy(
        name=fields.text("name"),
        clause=fields.text("clause"),
        valid_from=fields.day("valid_from") or date.min,
        valid_to=fields.day("valid_to", needed=False),
    )
    fields.refuse_the_rest()
    return policy


def _read_parameter(name: str, fields: Fields) -> Parameter:
    low, high = fields.interval("range")
    parameter = Parameter(
        name=name,
        default=fields.value("default"),
        low=low,
        high=high,
        unit=fields.text("unit"),
        meaning=fields.text("meaning"),
        own=(
            *(OwnValue(region, value, date.min, None) for region, value in fields.values("by_region").items()),
            *(_read_own(own) for own in fields.tables("own", needed=False)),
        ),
    )
    fields.refuse_the_rest()
    fields.faults += [
        fault for v in (parameter.default, *(one.value for one in parameter.own)) if (fault := parameter.fault_of(v))
    ]
    return parameter


def _read_own(fields: Fields) -> OwnValue:
    own = OwnValue(
        region=fields.text("region", needed=False),
        value=fields.value("value"),
        valid_from=fields.day("valid_from") or date.min,
        valid_to=fields.day("valid_to", needed=False),
    )
    fields.refuse_the_rest()
    return own


def _read_cause(fields: Fields) -> InnocentCause:
    cause = InnocentCause(
        code=fields.text("code"),
        name=fields.text("name"),
        name_en=fields.text("name_en"),
        ask_for=fields.text("ask_for"),
        ask_for_en=fields.text("ask_for_en"),
        handling=fields.text("handling"),
    )
    fields.refuse_the_rest()
    return cause


def _read_rule(fields: Fields, described: Mapping[str, Register]) -> Rule:
    rule = Rule(
        code=fields.text("code", most=60),
        name=fields.text("name"),
        name_en=fields.text("name_en"),
        level=fields.choice("level", LEVELS),
        level_column=fields.text("level_column", needed=False) or None,
        sql=fields.text("sql"),
        subject_kind=fields.choice("subject_kind", SUBJECT_KINDS),
        subject=fields.text("subject"),
        shown=fields.text("shown"),
        period=fields.text("period", needed=False) or None,
        why=fields.text("why"),
        row=fields.texts("row"),
        evidence=tuple(_read_evidence(line, described) for line in fields.texts("evidence")),
        clash=fields.texts("clash"),
        attributes={name: _read_fold(name, fold) for name, fold in fields.words("attributes").items()},
        amount=fields.text("amount", needed=False) or None,
        recoverable=fields.text("recoverable", needed=False) or None,
        happened_on=fields.text("happened_on", needed=False) or None,
        registered_on=fields.text("registered_on", needed=False) or None,
        region=fields.text("region"),
        responsible=fields.words("responsible"),
        title=fields.text("title"),
        title_en=fields.text("title_en"),
    )
    fields.refuse_the_rest()
    return rule


def _read_evidence(line: str, described: Mapping[str, Register]) -> Evidence:
    """`register.column`, or `register.column as output` where the rule's row calls it otherwise."""
    place, _, output = line.partition(" as ")
    register, _, column = place.strip().partition(".")
    found = described[register].columns.get(column) if register in described else None
    return Evidence(register, column, output.strip() or column, personal=found is None or found.personal)


def _read_fold(name: str, fold: str) -> tuple[str, str]:
    """`max`, or `max column` where the column is not called like the attribute."""
    function, _, column = fold.partition(" ")
    return function, column.strip() or name


def _contradictions(card: Card) -> list[Said]:
    """What the parts of a card say against each other and against the registers."""
    described = {**card.own_registers, **REGISTERS}
    faults = [
        Said(f"own_register {name} is built in and cannot be described anew", f"数据 {name} 是内置的，不能另行描述")
        for name in card.own_registers
        if name in REGISTERS
    ]
    for name, columns in card.registers.items():
        if name not in described:
            faults.append(Said(f"there is no register {name}", f"没有数据 {name}"))
            continue
        known = {*described[name].columns, "received_on"}
        faults += [
            Said(f"register {name} has no column {column}", f"数据 {name} 没有字段 {column}")
            for column in columns
            if column not in known
        ]
    undeclared = [name for name in card.may_lack if name not in card.registers]
    faults += [
        Said(f"may_lack: {name} is not among the card's registers", f"may_lack：{name} 不在卡片的数据中")
        for name in undeclared
    ]
    codes = [rule.code for rule in card.rules]
    twice = [code for code in dict.fromkeys(codes) if codes.count(code) > 1]
    faults += [Said(f"rule {code} is there twice", f"规则 {code} 重复") for code in twice]
    for rule in card.rules:
        faults += [
            Said(f"rule {rule.code}: {fault.en}", f"规则 {rule.code}：{fault.zh}")
            for fault in _faults_of_rule(card, rule)
        ]
    attributes = dict.fromkeys(name for rule in card.rules for name in rule.attributes)
    faults += [
        Said(
            f"words.{name}: expected what the attribute is called in Chinese and English, two texts",
            f"words.{name}：应有该属性的中文名和英文名，共两个文字",
        )
        for name in attributes
        if len(card.words.get(name, ())) != 2
    ]
    return faults


def _with_personal(card: Card, rule: Rule) -> Rule:
    """The rule with what in its rows is personal, followed through its SQL: a name given there hides nothing."""
    described = {**card.own_registers, **REGISTERS}
    personal = frozenset(
        output
        for output, places in places_of(read_select(rule.sql)).items()
        for register, column in places
        if register in described and getattr(described[register].columns.get(column), "personal", False)
    )
    evidence = tuple(replace(e, personal=e.personal or e.output in personal) for e in rule.evidence)
    return replace(rule, evidence=evidence, personal=personal)


def _money_of_personal(rule: Rule) -> list[Said]:
    """Sums stand on every screen: none is made of somebody's number."""
    return [
        Said(
            f"rule {rule.code}: {use} comes from a personal column; expected a sum of money",
            f"规则 {rule.code}：{use} 取自个人信息字段，应为金额",
        )
        for use, column in (("amount", rule.amount), ("recoverable", rule.recoverable))
        if column in rule.personal
    ]


def _faults_of_rule(card: Card, rule: Rule) -> list[Said]:
    faults = find_faults(rule.sql, card.registers, card.parameters)
    if faults:
        return faults
    offered = output_columns(rule.sql)
    faults += [
        Said(f"its rows have no column {name}, which {use} needs", f"结果中没有字段 {name}，而 {use} 需要它")
        for use, name in _uses(rule)
        if name not in offered
    ]
    for e in rule.evidence:
        if e.column not in card.registers.get(e.register, ()):
            place = f"{e.register}.{e.column}"
            faults.append(Said(f"evidence {place} is not declared by the card", f"卡片没有声明证据字段 {place}"))
    shown = {f"{e.register}.{e.column}" for e in rule.evidence}
    faults += [
        Said(f"clash: {place} is not among the rule's evidence", f"clash：{place} 不在该规则的证据中")
        for place in rule.clash
        if place not in shown
    ]
    faults += [
        Said(
            f"attribute {name}: got {fold}, expected one of {', '.join(FOLDS)}",
            f"属性 {name}：现为 {fold}，应为其中之一：{'、'.join(FOLDS)}",
        )
        for name, (fold, _) in rule.attributes.items()
        if fold not in FOLDS
    ]
    faults += [
        Said(
            f"responsible: got {role}, expected one of {', '.join(ANSWERING)}",
            f"responsible：现为 {role}，应为其中之一：{'、'.join(ANSWERING)}",
        )
        for role in rule.responsible
        if role not in ANSWERING
    ]
    known = {"subject", "region", "period", "amount", "recoverable", *rule.attributes}
    for title in (rule.title, rule.title_en):
        try:
            fields = [part for part in string.Formatter().parse(title) if part[1] is not None]
        except ValueError as error:
            faults.append(Said(f"the title {title!r} cannot be read: {error}", f"标题 {title!r} 的花括号不成对"))
            continue
        names = [name for _, name, _, _ in fields if name is not None]
        faults += [
            Said(
                f"the title's {{{name}}} says how it is to be written; expected the name alone",
                f"标题中的 {{{name}}} 只能写名称，不能带格式",
            )
            for _, name, form, conversion in fields
            if form or conversion
        ]
        faults += [
            Said(f"the title's {{{name}}} is not an attribute", f"标题中的 {{{name}}} 不是属性")
            for name in names
            if name not in known
        ]
        if not title.rstrip().endswith(("?", "？")):
            faults.append(Said(f"the title {title!r} is not a question", f"标题 {title!r} 不是问句"))
    return faults


def _uses(rule: Rule) -> list[tuple[str, str]]:
    named = [
        ("level_column", rule.level_column),
        ("subject", rule.subject),
        ("shown", rule.shown),
        ("period", rule.period),
        ("amount", rule.amount),
        ("recoverable", rule.recoverable),
        ("happened_on", rule.happened_on),
        ("registered_on", rule.registered_on),
        ("region", rule.region),
        *(("responsible", column) for column in rule.responsible.values()),
        *(("row", column) for column in rule.row),
        *(("evidence", e.output) for e in rule.evidence),
        *((f"attribute {name}", column) for name, (_, column) in rule.attributes.items()),
    ]
    return [(use, column) for use, column in named if column is not None]

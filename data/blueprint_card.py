"""The card that a blueprint becomes: the same TOML text as of any other supervision model."""

from collections.abc import Mapping
from typing import Any

import tomli_w

from data.blueprint import Blueprint, column_of, output
from data.blueprint_faults import evidence_places, offered_columns
from data.blueprint_sql import KIN_COLUMNS, Threshold, Written, write_sql
from data.card_read_sql import registers_in
from data.causes import causes
from data.register_catalogue import REGISTERS, Register, described
from data.written_days import read_day

_LEVELS = {"orange": "橙色", "yellow": "黄色"}
_KIN_WORDS = {
    "relation": ["亲属关系", "relation"],
    "degree": ["亲等", "degree of kinship"],
    "confidence": ["关系可信度", "confidence of the kinship"],
}


def write_card(blueprint: Blueprint, registers: Mapping[str, Register], *, version: int, author: str) -> str:
    """The text of the card; `data.cards.read_card` takes it where `faults_of` finds nothing wrong."""
    written = _of_expert(blueprint, registers) if blueprint.expert else write_sql(blueprint, registers)
    evidence = _evidence(blueprint)
    used = {name: columns for name, columns in written.read.items() if columns}
    card: dict[str, Any] = {
        "code": blueprint.code,
        "version": version,
        "status": "draft",
        "name": blueprint.name.strip(),
        "name_en": blueprint.name_en.strip() or blueprint.name.strip(),
        "domain": blueprint.domain,
        "level": blueprint.level,
        "phase": blueprint.phase,
        "points": blueprint.points.strip(),
        "points_en": blueprint.points_en.strip() or blueprint.points.strip(),
        "author": author,
        "approver": "待批准",
        "documents": [part.strip() for part in blueprint.documents.replace("，", ",").split(",") if part.strip()]
        or ["核查名单"],
        "may_lack": [join.register for _, join in written.lowering if join.register != blueprint.main],
        "policy": [_policy(blueprint)],
        "registers": used,
        "own_register": {name: described(registers[name]) for name in used if name not in REGISTERS},
        "parameters": {name: _parameter(one) for name, one in written.parameters.items()},
        "rule": [_rule(blueprint, written, evidence, registers)],
        "words": _words(blueprint, written, registers),
        "innocent_cause": [_cause(blueprint, written, ask.cause) for ask in blueprint.asks],
    }
    return tomli_w.dumps({name: value for name, value in card.items() if value not in ({}, [])}, multiline_strings=True)


def _of_expert(blueprint: Blueprint, registers: Mapping[str, Register]) -> Written:
    read = {name: list(columns) for name, columns in registers_in(blueprint.sql, registers).items()}
    return Written(sql=blueprint.sql.strip(), read=read, row=offered_columns(blueprint, registers))


def _policy(blueprint: Blueprint) -> dict[str, Any]:
    basis = blueprint.basis
    until = {"valid_to": read_day(basis.valid_to)} if basis.valid_to.strip() else {}
    since = read_day(basis.valid_from)
    return {"name": basis.name.strip(), "clause": basis.clause.strip(), "valid_from": since, **until}


def _parameter(one: Threshold) -> dict[str, Any]:
    default = list(one.default) if isinstance(one.default, tuple) else one.default
    bounds = {"range": list(one.range)} if one.range else {}
    return {"default": default, **bounds, "unit": one.unit, "meaning": one.meaning}


def _rule(
    blueprint: Blueprint, written: Written, evidence: list[str], registers: Mapping[str, Register]
) -> dict[str, Any]:
    lowered = bool(written.lowering)
    expert = blueprint.expert
    rule = {
        "code": "found",
        "name": blueprint.name.strip(),
        "name_en": blueprint.name_en.strip() or blueprint.name.strip(),
        "level": blueprint.level,
        "level_column": "level" if lowered else "",
        "sql": "\n" + written.sql + "\n",
        "subject_kind": blueprint.subject_kind,
        "subject": output(blueprint.subject) if expert else "subject",
        "shown": output(blueprint.shown),
        "period": "" if not blueprint.period else output(blueprint.period) if expert else "period",
        "why": "同一对象同一期间的各行为同一个问题，归并为一条。"
        if blueprint.period
        else "同一对象的各行为同一个问题，归并为一条。",
        "row": written.row,
        "evidence": evidence,
        "clash": _clash(blueprint, evidence),
        "amount": output(blueprint.amount),
        "recoverable": output(blueprint.amount),
        "happened_on": output(blueprint.happened_on),
        "region": output(blueprint.region) if expert else "place",
        "responsible": {"handler": output(blueprint.handler)} if blueprint.handler else {},
        "title": blueprint.title.strip(),
        "title_en": _question(blueprint),
        "attributes": _attributes(blueprint, written, registers),
    }
    return {name: value for name, value in rule.items() if value not in ("", {}, [])}


def _question(blueprint: Blueprint) -> str:
    text = blueprint.title_en.strip() or f"{blueprint.name_en.strip() or blueprint.name.strip()}: does it hold"
    return text if text.endswith(("?", "？")) else f"{text}?"


def _places(blueprint: Blueprint, chosen: tuple[str, ...]) -> list[str]:
    """The chosen columns as `register.column`."""
    if blueprint.expert:
        known = evidence_places(blueprint.sql)
        return [known[one] for one in chosen if one in known]
    aliases = blueprint.aliases()
    return [f"{aliases[place.partition('.')[0]]}.{place.partition('.')[2]}" for place in chosen]


def _evidence(blueprint: Blueprint) -> list[str]:
    if blueprint.expert:
        known = evidence_places(blueprint.sql)
        return [
            known[one] if known[one].endswith(f".{one}") else f"{known[one]} as {one}"
            for one in blueprint.evidence
            if one in known
        ]
    lines = [
        f"{place} as {output(chosen)}"
        for place, chosen in zip(_places(blueprint, blueprint.evidence), blueprint.evidence, strict=True)
    ]
    return lines + [f"kinship.{name} as k{alias[1:]}_{name}" for alias in blueprint.kin() for name in KIN_COLUMNS]


def _clash(blueprint: Blueprint, evidence: list[str]) -> list[str]:
    """What contradicts itself: as chosen, else what the conditions ask, else what was matched, else the first."""
    asked = [one for c in (*blueprint.all_of, *blueprint.any_of) for one in (c.column, c.other)]
    matched = [match.left for join in blueprint.joins for match in join.matches]
    bare = _bare(evidence)
    kept = set(blueprint.evidence)
    for chosen in (blueprint.clash, *(tuple(one for one in told if one in kept) for told in (asked, matched))):
        found = [place for place in _places(blueprint, chosen) if place in bare]
        if found:
            return list(dict.fromkeys(found))
    return [evidence[0].partition(" as ")[0]]


def _bare(evidence: list[str]) -> set[str]:
    return {line.partition(" as ")[0] for line in evidence}


def _attributes(blueprint: Blueprint, written: Written, registers: Mapping[str, Register]) -> dict[str, str]:
    found = {"n_rows": f"count {written.row[0]}"} if written.row else {}
    found |= {flag: "any" for flag, _ in written.lowering}
    found |= {f"k{alias[1:]}_{name}": _KIN_FOLDS[name] for alias in blueprint.kin() for name in KIN_COLUMNS}
    if blueprint.expert:
        return found
    for place in blueprint.evidence:
        column = column_of(blueprint, registers, place)
        if column is not None and not column.personal and column.type in _FOLDS and place != blueprint.amount:
            found[output(place)] = _FOLDS[column.type]
    return found


_FOLDS = {"number": "max", "flag": "any"}
_KIN_FOLDS = {"relation": "last", "degree": "min", "confidence": "max"}


def _words(blueprint: Blueprint, written: Written, registers: Mapping[str, Register]) -> dict[str, list[str]]:
    known = {"n_rows": ["行数", "rows"]}
    for flag, join in written.lowering:
        register = registers[join.register]
        known[flag] = [f"见于{register.name}", f"found in {register.name_en}"]
    for alias in blueprint.kin():
        known |= {f"k{alias[1:]}_{name}": words for name, words in _KIN_WORDS.items()}
    for place in blueprint.evidence if not blueprint.expert else ():
        column = column_of(blueprint, registers, place)
        if column is not None:
            known[output(place)] = [column.label, column.name.replace("_", " ")]
    return {name: known[name] for name in _attributes(blueprint, written, registers)}


def _cause(blueprint: Blueprint, written: Written, code: str) -> dict[str, str]:
    cause = causes()[code]
    ask = next(one for one in blueprint.asks if one.cause == code)
    lowers = [join for _, join in written.lowering if join.cause == code]
    handling = f"有记录的降为{_LEVELS[lowers[0].level]}" if lowers else "核查时索取证据"
    return {
        "code": code,
        "name": cause.name,
        "name_en": cause.name_en,
        "ask_for": ask.ask_for.strip(),
        "ask_for_en": ask.ask_for_en.strip() or cause.ask_for_en,
        "handling": handling,
    }

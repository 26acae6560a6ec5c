"""Drafts of the factory: kept choice by choice, one author's only, with likely fields filled in and a look at hits."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from dashboard.factory_look import look
from data.blueprint import Blueprint, read_blueprint
from data.blueprint_faults import faults_of
from data.blueprint_places import fits
from data.blueprint_preview import card_to_try, preview
from data.cards import Card, read_card
from data.database import reading, writing
from data.errors import CardRefused, InputRefused, MingjingError, NotFound, NotPermitted
from data.factory_drafts import change_draft, delete_draft, drafts_of, finish, new_draft, read_draft
from data.register_catalogue import REGISTERS, Register, RegisterColumn, define_register
from data.registers import file_register
from data.rights import ROLES, Held, Person
from data.tables import Region, SupervisionModel
from tests.blueprint_in_miniature import RETIRED
from tests.tables_in_text import file_tables, read_table
from tests.test_data_blueprint import APPROVED, CADRES, FIRMS
from tests.test_data_blueprint import ROLES as HELD

AT = datetime(2024, 6, 1, 2)


def person(code: str, role: str = "model_author") -> Person:
    return Person(code, code, "U", (Held(ROLES[role], "U", "", None),))


AUTHOR, OTHER = person("author"), person("other")


def changed(draft: int, path: str, value: object, who: Person = AUTHOR) -> Blueprint:
    with writing() as session:
        return change_draft(session, draft, who, path, value, registers=REGISTERS, at=AT).blueprint


def begun() -> int:
    with writing() as session:
        return new_draft(session, AUTHOR, at=AT)


def test_likely_fields_are_filled_in_from_the_first_choice_on(small_office: Path) -> None:
    draft = begun()
    chosen = changed(draft, "main", "retired_cadre")
    assert (chosen.code, chosen.subject, chosen.shown, chosen.region) == (
        "L01",
        "t1.id_no",
        "t1.name",
        "t1.jurisdiction",
    )
    changed(draft, "joins.0", {"register": "enterprise_role"})
    chosen = changed(draft, "joins.1", {"register": "enterprise"})
    assert [(m.left, m.right) for join in chosen.joins for m in join.matches] == [
        ("t1.id_no", "id_no"),
        ("t2.uscc", "uscc"),
    ]
    assert chosen.happened_on == "t2.start_date"


def test_what_the_author_chose_stays_and_what_is_gone_is_chosen_anew(small_office: Path) -> None:
    draft = begun()
    changed(draft, "main", "retired_cadre")
    changed(draft, "shown", "t1.post")
    assert changed(draft, "level", "red").shown == "t1.post"
    other = changed(draft, "main", "enterprise")
    assert (other.subject, other.shown, other.subject_kind) == ("t1.uscc", "t1.name", "other")


def test_a_draft_is_kept_and_its_authors_own(small_office: Path) -> None:
    draft = begun()
    changed(draft, "name", "退休经商")
    with writing() as session:
        assert [one.blueprint.name for one in drafts_of(session, AUTHOR)] == ["退休经商"]
        assert drafts_of(session, OTHER) == []
        with pytest.raises(NotFound):
            read_draft(session, draft, OTHER)
        with pytest.raises(NotFound):
            delete_draft(session, draft, OTHER, at=AT)
        with pytest.raises(NotPermitted):
            new_draft(session, person("inspector", "inspector"), at=AT)
        delete_draft(session, draft, AUTHOR, at=AT)
        assert drafts_of(session, AUTHOR) == []


@pytest.mark.parametrize(
    "path", ["", "x", "joins.x", "joins.5.register", "basis.x", "name.y", "joins.0.matches.9.left"]
)
def test_a_path_that_is_not_there_is_refused_and_nothing_changes(small_office: Path, path: str) -> None:
    draft = begun()
    before = changed(draft, "main", "person")
    with pytest.raises(InputRefused):
        changed(draft, path, "x")
    with reading() as session:
        assert read_draft(session, draft, AUTHOR).blueprint == before


def test_entries_are_added_and_taken_away(small_office: Path) -> None:
    draft = begun()
    changed(draft, "asks.0", {"cause": "F01"})
    assert changed(draft, "asks.1", {"cause": "F34"}).asks[1].ask_for
    assert [ask.cause for ask in changed(draft, "asks.0", None).asks] == ["F34"]
    with pytest.raises(MingjingError):
        changed(draft, "points", "字" * 30_000)


def test_a_look_counts_hits_masked_and_raises_nothing(small_office: Path) -> None:
    tables = {"retired_cadre": CADRES, "enterprise_role": HELD, "enterprise": FIRMS, "part_time_approval": APPROVED}
    with writing() as session:
        file_tables(session, tables)
        seen = preview(session, card_to_try(read_blueprint(RETIRED), REGISTERS), as_of=AT)
    assert (seen.n_alerts, seen.n_rows, seen.levels) == (3, 3, {"red": 2, "yellow": 1})
    assert seen.regions == (("990101", 3),)
    tells = read_blueprint(RETIRED | {"region": "t1.name"})
    with reading() as session:
        assert preview(session, card_to_try(tells, REGISTERS), as_of=AT).regions == (), (
            "a name is no place and is not shown as one"
        )
    assert {one.subject for one in seen.shown} == {"陈某某"}
    assert dict(seen.shown[0].evidence)["retired_cadre.name"] == "陈某某"


def test_a_look_needs_neither_name_nor_basis(small_office: Path) -> None:
    draft = begun()
    chosen = changed(draft, "main", "retired_cadre")
    with writing() as session:
        file_tables(session, {"retired_cadre": CADRES})
        assert preview(session, card_to_try(chosen, REGISTERS), as_of=AT).n_alerts == 7
        assert preview(session, card_to_try(Blueprint(), REGISTERS), as_of=AT).faults


def whole() -> int:
    with writing() as session:
        return new_draft(session, AUTHOR, at=AT, blueprint=read_blueprint(RETIRED))


def finished(draft: int, who: Person = AUTHOR) -> tuple[str, int, str, str]:
    with writing() as session:
        row = finish(session, draft, who, registers=REGISTERS, at=AT)
        return row.code, row.version, row.status, row.author


def test_a_finished_draft_is_a_card_in_the_warehouse_and_may_be_changed_there(small_office: Path) -> None:
    draft = whole()
    assert finished(draft) == ("S001", 1, "draft", "author")
    changed(draft, "all_of.0.value", "36")
    assert finished(draft) == ("S001", 1, "draft", "author")
    with reading() as session:
        card = read_card(session.get_one(SupervisionModel, ("S001", 1)).card)
    assert card.parameters["retire_date_within_months"].default == 36


def test_what_is_not_complete_is_not_a_card(small_office: Path) -> None:
    with pytest.raises(CardRefused, match="Choose the register"):
        finished(begun())
    with pytest.raises(NotFound):
        finished(whole(), OTHER)


@pytest.mark.parametrize("shown", ["t1.name", "t1.id_no"])
@pytest.mark.parametrize("kind", ["other", "enterprise", "village", "project"])
def test_a_person_is_not_shown_under_another_kind(small_office: Path, shown: str, kind: str) -> None:
    content = RETIRED | {
        "joins": [], "all_of": [], "any_of": [], "happened_on": "", "period": "",
        "subject_kind": kind, "shown": shown, "evidence": ["t1.post"],
    }  # fmt: skip
    faults = faults_of(read_blueprint(content), REGISTERS)
    assert [one.step for one in faults] == ["grouping"] and "个人信息" in faults[0].zh
    expert = {"sql": "SELECT r.id_no, r.name, r.jurisdiction FROM retired_cadre r", "evidence": ["jurisdiction"]}
    expert |= {"subject": "id_no", "shown": "name", "region": "jurisdiction"}
    assert any("个人信息" in one.zh for one in faults_of(read_blueprint(content | expert), REGISTERS))


ROSTER = Register(
    "own_roster", "名册", "Roster", "组织部",
    {
        "id_no": RegisterColumn("id_no", "text", "身份证号", personal=True),
        "name": RegisterColumn("name", "text", "姓名", personal=True),
        "post": RegisterColumn("post", "text", "原任职务"),
        "place": RegisterColumn("place", "text", "单位所在"),
        "district": RegisterColumn("district", "text", "行政区划代码"),
    },
)  # fmt: skip
ROWS = """
    id_no              | name | post | place  | district
    990101196001010011 | 陈一 | 局长 | 高桥镇 | 990101001
    990101196001010038 | 陈二 | 科长 | 高桥镇 | 990101001
    990102196001010014 | 陈三 | 科长 | 别处   | 990102
"""
HOME = Person("author", "author", "U", (Held(ROLES["model_author"], "U", "990101", None),))


@pytest.fixture
def roster(small_office: Path) -> Mapping[str, Register]:
    """An office with a county, a town and another county; and a register of its own."""
    with writing() as session:
        for code, name in (("990101", "盐田区"), ("990101001", "高桥镇"), ("990102", "云溪县")):
            session.add(Region(code=code, name=name, name_en=name, level=3, valid_from=AT.date()))
        define_register(session, ROSTER, by="author", at=AT)
        frame = pd.DataFrame(read_table(ROWS))
        file_register(session, "own_roster", frame.assign(received_on="2024-05-01"), at=AT)
    return {**REGISTERS, "own_roster": ROSTER}


def test_a_column_of_places_is_taken_and_one_that_holds_none_is_refused(roster: Mapping[str, Register]) -> None:
    draft = begun()
    with writing() as session:
        chosen = change_draft(session, draft, HOME, "main", "own_roster", registers=roster, at=AT).blueprint
        assert chosen.region == "t1.district"
        with pytest.raises(InputRefused, match="2 of its 2 values"):
            change_draft(session, draft, HOME, "region", "t1.post", registers=roster, at=AT)
        seen = {place: (fit.n, fit.n_unknown) for place, fit in fits(session, chosen, roster, at=AT).items() if fit}
    assert seen == {"t1.post": (2, 2), "t1.place": (2, 1), "t1.district": (2, 0)}


@pytest.mark.parametrize(
    ("region", "counts", "places"),
    [
        ("t1.district", (2, 1, 0), (("990101001", 2),)),
        ("t1.place", (2, 0, 1), (("990101001", 2),)),
        ("all:990101", (3, 0, 0), (("990101", 3),)),
        ("number:t1.id_no", (2, 1, 0), (("990101", 2),)),
    ],
)
def test_what_lies_outside_or_nowhere_is_counted_and_said(
    roster: Mapping[str, Register], region: str, counts: tuple[int, int, int], places: tuple[tuple[str, int], ...]
) -> None:
    draft = begun()
    with writing() as session:
        change_draft(session, draft, HOME, "main", "own_roster", registers=roster, at=AT)
        chosen = change_draft(session, draft, HOME, "region", region, registers=roster, at=AT).blueprint
        seen = preview(session, card_to_try(chosen, roster), as_of=AT, region="990101")
    assert (seen.n_alerts, seen.n_elsewhere, seen.n_unplaced) == counts
    assert seen.regions == places
    said = str(look(seen, roster, {"990101": ("盐田区", "Yantian")}, AT.date(), "zh", region="990101"))
    assert ("另有 1 条不在适用范围（盐田区）内" in said) == bool(counts[1])
    assert ("地区无法识别" in said) == bool(counts[2])


def test_without_a_column_of_places_all_belong_to_the_authors_region(roster: Mapping[str, Register]) -> None:
    bare = replace(ROSTER, columns={name: c for name, c in ROSTER.columns.items() if name not in ("district", "place")})
    draft = begun()
    with writing() as session:
        registers = roster | {"own_roster": bare}
        chosen = change_draft(session, draft, HOME, "main", "own_roster", registers=registers, at=AT).blueprint
    assert chosen.region == "all:990101"


def test_evidence_is_the_subject_and_what_is_asked_and_matched_once_each(small_office: Path) -> None:
    draft = begun()
    changed(draft, "main", "retired_cadre")
    changed(draft, "joins.0", {"register": "enterprise_role"})
    chosen = changed(draft, "all_of.0", {"column": "t2.start_date", "op": "ge_of", "other": "t1.retire_date"})
    assert chosen.evidence == ("t1.id_no", "t1.name", "t2.start_date", "t1.retire_date", "t2.id_no")
    card = card_to_try(chosen, REGISTERS)
    assert isinstance(card, Card)
    assert card.rules[0].clash == ("enterprise_role.start_date", "retired_cadre.retire_date")


def test_half_a_character_is_refused_in_words(small_office: Path) -> None:
    with writing() as session:
        number = new_draft(session, AUTHOR, at=AT)
    with pytest.raises(InputRefused, match="half a character"):
        changed(number, "name", "甲\ud800")
    with reading() as session:
        assert read_draft(session, number, AUTHOR).blueprint.name == ""

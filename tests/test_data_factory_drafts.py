"""Drafts of the factory: kept choice by choice, one author's only, with likely fields filled in and a look at hits."""

from datetime import datetime
from pathlib import Path

import pytest

from data.blueprint import Blueprint, read_blueprint
from data.blueprint_faults import faults_of
from data.blueprint_preview import card_to_try, preview
from data.cards import read_card
from data.database import reading, writing
from data.errors import CardRefused, InputRefused, MingjingError, NotFound, NotPermitted
from data.factory_drafts import change_draft, delete_draft, drafts_of, finish, new_draft, read_draft
from data.register_catalogue import REGISTERS
from data.rights import ROLES, Held, Person
from data.tables import SupervisionModel
from tests.blueprint_in_miniature import RETIRED
from tests.tables_in_text import file_tables
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

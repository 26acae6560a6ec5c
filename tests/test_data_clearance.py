"""Clearance reports: what was compared for an approved query and not found, dated, masked, expiring; and replay 7."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, text

from data import clearance, person_queries
from data.blueprint import read_blueprint
from data.blueprint_card import write_card
from data.cards import read_card
from data.clearance import Report
from data.clearance_ties import REGISTERS as TIE_REGISTERS
from data.clearance_ties import TIES
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted, TransitionRefused
from data.people_tables import ClearanceReport, PersonQuery, QuerySubject
from data.query_subjects import Subject
from data.register_catalogue import REGISTERS, define_register, read_definitions
from data.registers import file_register
from data.rights import Person, acting
from data.simulator.clearance_replay import AS_OF, SUPPLIED, clearance_replay, file_clearance
from data.supervision_models import built_in_cards, install
from tests.blueprint_in_miniature import RETIRED
from tests.staff_in_miniature import deeds, furnish, hire

NOW = datetime(2026, 11, 20, 2)
ZHAO, CADRE, SPOUSE, BROTHER, STRANGER = (
    "110105194912310010", "440524188001010014", "11010519491231002X", "110105194912310037", "110105194912310045",
)  # fmt: skip
FIRM, OTHER_FIRM = "91350100M000100Y43", "91990101PGR4GQH690"
VILLAGE = "990101001201"
DAY = pd.Timestamp("2020-01-01")


def subject(number: str, side: str = "subject", kind: str = "person", name: str = "") -> Subject:
    return Subject(side, kind, name, number)


def rows(register: str, *entries: dict[str, Any]) -> None:
    """File rows of a register; what is not said is blank, or plain where it must be there."""
    plain = {"text": "x", "date": DAY, "month": "2020-01", "number": 1.0, "flag": False}
    columns = REGISTERS[register].columns.values()
    blank = {one.name: None if one.optional else plain[one.type] for one in columns} | {"received_on": DAY}
    frame = pd.DataFrame([blank | entry for entry in entries], columns=list(blank))
    with writing() as session:
        file_register(session, register, frame, at=datetime(2020, 1, 1))


def compare(*subjects: Subject, degree: int = 2) -> Report:
    with reading() as session:
        return clearance.compare(session, subjects, region="", degree=degree, as_of=NOW)


def state_of(report: Report, code: str) -> str:
    return next(one.state for one in report.ties if one.code == code)


def told(report: Report, code: str) -> str:
    return "\n".join(row[0] for one in report.ties if one.code == code for row in one.rows)


def both_sides() -> tuple[Subject, Subject]:
    return subject(ZHAO, name="赵立"), subject(CADRE, "other", name="钱进")


def test_without_registers_nothing_was_compared_and_every_missing_one_is_named(office: Path) -> None:
    furnish()
    report = compare(*both_sides())
    assert report.n_found == 0
    assert {one.code: one.state for one in report.ties} == dict.fromkeys(TIES, "not") | {"same_person": "none"}
    assert {one.state for one in report.registers} == {"never"}
    assert next(one.missing for one in report.ties if one.code == "contract") == (
        "contract", "village_cadre", "enterprise_role",
    )  # fmt: skip


def test_nobody_named_to_compare_with_leaves_ties_uncompared(office: Path) -> None:
    furnish()
    rows("village_cadre", {"id_no": CADRE, "village": VILLAGE, "post": "村委主任"})
    report = compare(subject(CADRE, name="钱进"))
    assert state_of(report, "village_cadre") == "held"
    assert (report.n_found, report.counts["held"]) == (0, 1)
    assert told(report, "village_cadre") == "钱某某 440***********0014：990101001201 村委主任，2020-01-01 至 今"
    assert {state_of(report, code) for code, tie in TIES.items() if len(tie.between) == 2} == {"not"}


@pytest.mark.parametrize(
    ("degree", "chain", "state"),
    [(1, False, "none"), (2, False, "found"), (2, True, "none"), (3, True, "found")],
)
def test_kin_up_to_the_degree_asked_also_through_a_common_relative(
    office: Path, degree: int, chain: bool, state: str
) -> None:
    furnish()
    through = BROTHER if chain else CADRE
    entries = [{"pid_a": ZHAO, "pid_b": through, "relation": "sibling", "degree": 2.0, "confidence": 0.9}]
    if chain:
        entries.append({"pid_a": CADRE, "pid_b": BROTHER, "relation": "parent", "degree": 1.0, "confidence": 0.9})
    rows("kinship", *entries)
    report = compare(*both_sides(), degree=degree)
    assert state_of(report, "kin") == state
    if state == "found":
        how = "经一名共同亲属，3 亲等，可信度 0.81" if chain else "兄弟姐妹，2 亲等，可信度 0.90"
        assert told(report, "kin") == f"赵某某 110***********0010 与 钱某某 440***********0014：{how}"


def test_a_first_cousin_is_found_at_degree_4_and_not_before(office: Path) -> None:
    furnish()
    rows("kinship", {"pid_a": ZHAO, "pid_b": BROTHER, "relation": "parent", "degree": 1.0, "confidence": 1.0},
         {"pid_a": BROTHER, "pid_b": STRANGER, "relation": "sibling", "degree": 2.0, "confidence": 1.0},
         {"pid_a": STRANGER, "pid_b": CADRE, "relation": "parent", "degree": 1.0, "confidence": 0.9})  # fmt: skip
    assert [state_of(compare(*both_sides(), degree=degree), "kin") for degree in (1, 2, 3, 4)] == [
        "none", "none", "none", "found",
    ]  # fmt: skip
    assert "经多名亲属，4 亲等，可信度 0.90" in told(compare(*both_sides(), degree=4), "kin")


def test_kinship_that_is_not_sure_is_not_used_but_counted_and_who_has_none_on_file_is_said(office: Path) -> None:
    furnish()
    rows("kinship", {"pid_a": ZHAO, "pid_b": SPOUSE, "relation": "spouse", "degree": 1.0, "confidence": 0.9},
         {"pid_a": ZHAO, "pid_b": CADRE, "relation": "sibling", "degree": 2.0, "confidence": 0.3})  # fmt: skip
    assert state_of(compare(*both_sides()), "kin") == "none"
    assert compare(*both_sides()).n_unsure == 1
    assert compare(subject(STRANGER)).n_unsure == 0
    report = compare(subject(ZHAO, name="赵立"), subject(STRANGER, "other", name="孙远"))
    assert next(one.unknown for one in report.ties if one.code == "kin") == ("孙某某 110***********0045",)


def test_household_enterprise_contact_account_tender_contract_and_purchase(office: Path) -> None:
    furnish()
    rows("person", {"id_no": ZHAO, "household_no": "H1"}, {"id_no": CADRE, "household_no": "H1"})
    rows("kinship", {"pid_a": CADRE, "pid_b": SPOUSE, "relation": "spouse", "degree": 1.0, "confidence": 1.0})
    rows("village_cadre", {"id_no": CADRE, "village": VILLAGE})
    rows("enterprise_role", {"uscc": FIRM, "id_no": ZHAO, "role": "manager"},
         {"uscc": FIRM, "id_no": SPOUSE, "role": "shareholder"},
         {"uscc": OTHER_FIRM, "id_no": CADRE, "role": "director"},
         {"uscc": OTHER_FIRM, "id_no": None, "name": "赵立", "role": "director"})  # fmt: skip
    rows("enterprise", {"uscc": FIRM, "phone": "05701", "address": "a"}, {"uscc": OTHER_FIRM, "phone": "05701"})
    rows("benefit_payment", {"pay_id": "1", "id_no": ZHAO, "account_no": "62170001"},
         {"pay_id": "2", "id_no": CADRE, "account_no": "62170001"})  # fmt: skip
    rows("tender", {"tender_id": "T1", "winner_uscc": FIRM})
    rows("tender_power", {"tender_id": "T1", "id_no": CADRE, "power": "评标"})
    rows("contract", {"contract_id": "C1", "contractor_uscc": FIRM, "village": VILLAGE},
         {"contract_id": "C2", "contractor_uscc": FIRM, "village": "990101001999"})  # fmt: skip
    rows("purchase", {"order_no": "O1", "supplier_uscc": FIRM, "village": VILLAGE})
    report = compare(*both_sides())
    found = {one.code: one.n_found for one in report.ties if one.state == "found"}
    assert found == {
        "same_household": 1, "same_enterprise": 1, "shared_contact": 1, "same_account": 1, "tender": 1, "contract": 1,
        "purchase": 1,
    }  # fmt: skip
    assert "（股东，1 亲等亲属，2020-01-01 至 今）同在企业" in told(report, "same_enterprise")
    assert report.nameless == (("赵某某", 1),)
    for number in (ZHAO, CADRE, SPOUSE, "62170001", "05701"):
        assert number not in repr(report)


def test_a_tender_alone_is_compared_inside_itself_and_by_the_model_of_related_parties(office: Path) -> None:
    furnish()
    rows("tender", {"tender_id": "T1", "winner_uscc": FIRM, "region": VILLAGE, "open_date": NOW, "award_date": NOW})
    rows("tender_power", {"tender_id": "T1", "id_no": CADRE, "name": "钱进", "power": "评标"})
    rows("kinship", {"pid_a": CADRE, "pid_b": SPOUSE, "relation": "spouse", "degree": 1.0, "confidence": 1.0})
    rows("enterprise_role", {"uscc": FIRM, "id_no": SPOUSE, "role": "legal_rep", "share_pct": 60.0})
    rows("enterprise", {"uscc": FIRM})
    with writing() as session:
        install(session, next(card for card in built_in_cards() if card.code == "M14"))
    report = compare(subject("T1", kind="tender"))
    assert state_of(report, "same_enterprise") == "found"
    (model,) = report.models
    assert (model.code, model.state, model.n_found) == ("M14", "found", 1)
    assert "招标T1的中标企业" in model.rows[0][1]


@pytest.mark.parametrize("kind", ["tender", "project", "enterprise"])
def test_a_number_that_no_register_has_is_cleared_of_nothing(office: Path, kind: str) -> None:
    furnish()
    with writing() as session:
        install(session, next(card for card in built_in_cards() if card.code == "M08"))
    for name in REGISTERS:
        if name in (*TIE_REGISTERS, "labour_subsidy", "banned_reason"):
            rows(name, {column: CADRE for column in ("id_no", "pid_a") if column in REGISTERS[name].columns})
    wrong = subject(OTHER_FIRM if kind == "enterprise" else "T-mistyped", kind=kind)
    report = compare(wrong, subject(CADRE, "other", name="钱进"))
    assert report.not_on_file == (wrong.display,)
    assert {one.state for one in (*report.ties, *report.models)} == {"not"}


def test_a_project_brings_its_handler_and_the_cadres_of_its_village(office: Path) -> None:
    furnish()
    rows("project", {"project_id": "P1", "village": VILLAGE, "handler_id": STRANGER, "award_date": DAY})
    rows("village_cadre", {"id_no": CADRE, "village": VILLAGE})
    report = compare(subject(CADRE, name="钱进"), subject("P1", "other", "project"))
    assert told(report, "same_person") == "钱某某 440***********0014（本人）与 项目 P1（项目经办人或村干部）为同一证号"


def test_an_enterprise_with_nobody_behind_it_is_not_compared_as_to_people(office: Path) -> None:
    furnish()
    for name in ("village_cadre", "public_employee", "retired_cadre"):
        rows(name, {"id_no": STRANGER})
    rows("enterprise", {"uscc": FIRM})
    report = compare(subject(FIRM, kind="enterprise"), subject(CADRE, "other", name="钱进"))
    told_of = {one.code: (one.state, one.why) for one in report.ties}
    for name in ("village_cadre", "public_employee", "retired_cadre", "same_person"):
        assert told_of[name] == ("not", "nobody")
    rows("enterprise_role", {"uscc": FIRM, "id_no": ZHAO, "role": "manager"})
    report = compare(subject(FIRM, kind="enterprise"), subject(CADRE, "other", name="钱进"))
    assert state_of(report, "village_cadre") == state_of(report, "same_person") == "none"


def test_a_project_brings_its_contractors(office: Path) -> None:
    furnish()
    rows("project", {"project_id": "P1", "village": VILLAGE, "handler_id": STRANGER, "award_date": DAY})
    rows("contract", {"contract_id": "C1", "project_id": "P1", "contractor_uscc": FIRM, "village": VILLAGE})
    rows("enterprise_role", {"uscc": FIRM, "id_no": CADRE, "role": "shareholder"})
    report = compare(subject("P1", kind="project"), subject(CADRE, "other", name="钱进"))
    assert "承包企业" in told(report, "same_enterprise")


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [("2018-01-01", None, True), ("2018-01-01", "2019-06-30", False), ("2021-01-01", None, False),
     ("2018-01-01", "2020-01-01", True)],
)  # fmt: skip
def test_posts_count_on_the_day_and_their_dates_are_told(
    office: Path, since: str, until: str | None, found: bool
) -> None:
    furnish()
    held = {"start_date": pd.Timestamp(since), "end_date": pd.Timestamp(until) if until else None}
    rows("enterprise_role", {"uscc": FIRM, "id_no": ZHAO, "role": "manager"} | held,
         {"uscc": FIRM, "id_no": CADRE, "role": "director", "start_date": pd.Timestamp("2019-01-01")})  # fmt: skip
    rows("village_cadre", {"id_no": CADRE, "village": VILLAGE})
    rows("tender", {"tender_id": "T1", "winner_uscc": FIRM, "open_date": DAY, "award_date": DAY})
    rows("tender_power", {"tender_id": "T1", "id_no": CADRE})
    rows("contract", {"contract_id": "C1", "contractor_uscc": FIRM, "village": VILLAGE, "signed_on": DAY})
    rows("purchase", {"order_no": "O1", "supplier_uscc": FIRM, "village": VILLAGE, "order_date": DAY})
    report = compare(*both_sides())
    for name in ("tender", "contract", "purchase"):
        assert state_of(report, name) == ("found" if found else "none")
    assert f"（经理，{since} 至 {until or '今'}）与" in told(report, "same_enterprise")


def test_every_account_that_two_share_is_told_with_its_own_number(office: Path) -> None:
    furnish()
    rows("benefit_payment", *({"pay_id": f"{n}{who}", "id_no": who, "account_no": account} for n, account in
                              enumerate(("621700000001", "621799990002")) for who in (ZHAO, CADRE)))  # fmt: skip
    report = compare(*both_sides())
    shared = next(one for one in report.ties if one.code == "same_account")
    assert shared.n_found == 2
    assert len({zh for zh, _ in shared.rows}) == 2


def test_a_model_is_run_over_its_own_registers_or_it_is_said_why_not(office: Path) -> None:
    furnish()
    with writing() as session:
        for card in built_in_cards():
            if card.code in ("M08", "M14"):
                install(session, card)
        session.execute(text("UPDATE supervision_model SET status = 'paused' WHERE code = 'M14'"))
    rows("village_cadre", {"id_no": CADRE, "village": VILLAGE})
    missing = {one.code: (one.state, one.why) for one in compare(subject(CADRE)).models}
    assert missing == {"M08": ("not", "lacks"), "M14": ("not", "paused")}
    rows("labour_subsidy", {"row_id": "L1", "id_no": CADRE, "name": "钱进", "village": VILLAGE, "reason_code": "R1",
                            "work_date": NOW - timedelta(days=20), "amount": 60.0})  # fmt: skip
    rows("banned_reason", {"reason_code": "R1", "county": "990101"})
    rows("kinship", {"pid_a": SPOUSE, "pid_b": BROTHER, "relation": "sibling", "degree": 2.0, "confidence": 1.0})
    found = {one.code: (one.state, one.n_found) for one in compare(subject(CADRE)).models}
    assert found["M08"] == ("found", 1)
    assert {one.state for one in compare(subject(STRANGER)).models if one.code == "M08"} == {"nothing"}
    with reading() as session:
        outside = clearance.compare(session, [subject(CADRE)], region="990201", degree=2, as_of=NOW)
    assert next(one.n_found for one in outside.models if one.code == "M08") == 0


def test_a_model_in_force_elsewhere_finds_nothing_here_and_says_so(office: Path) -> None:
    furnish()
    with writing() as session:
        install(session, next(card for card in built_in_cards() if card.code == "M08"))
        session.execute(text("UPDATE supervision_model SET region_code = '9902'"))
    rows("village_cadre", {"id_no": CADRE, "village": VILLAGE})
    rows("labour_subsidy", {"row_id": "L1", "id_no": CADRE, "village": VILLAGE, "reason_code": "R1",
                            "work_date": NOW - timedelta(days=20), "amount": 60.0})  # fmt: skip
    rows("banned_reason", {"reason_code": "R1", "county": "990101"})
    rows("kinship", {"pid_a": SPOUSE, "pid_b": BROTHER})
    for region, told_of in (("990101", ("not", "elsewhere")), ("9902", ("none", "")), ("", ("none", ""))):
        with reading() as session:
            report = clearance.compare(session, [subject(CADRE)], region=region, degree=2, as_of=NOW)
        assert [(one.state, one.why) for one in report.models] == [told_of]


def test_whom_a_models_rules_do_not_name_it_does_not_clear(office: Path) -> None:
    furnish()
    with writing() as session:
        install(session, next(card for card in built_in_cards() if card.code == "M28"))
    for name in next(card for card in built_in_cards() if card.code == "M28").registers:
        rows(name, {"tenant_id": ZHAO, "handler_id": CADRE} if name == "asset_lease" else {})
    for number, told_of in ((ZHAO, ("not", "number")), (CADRE, ("none", "")), (STRANGER, ("nothing", ""))):
        (model,) = compare(subject(number)).models
        assert (model.state, model.why) == told_of
        assert model.unmatched == ((subject(number).display,) if number == ZHAO else ())


OWN = """
[own_cadres]
name = "某区退休干部花名册"
name_en = "Retired cadres of a district"
supplier = "老干部局"
expected_every = "month"
columns.id_no = { type = "text", name = "身份证号", personal = true }
columns.post = { type = "text", name = "职务", optional = true }

[own_phones]
name = "电话名单"
name_en = "Telephones"
supplier = "老干部局"
columns.phone = { type = "text", name = "电话" }
"""


def make_own(*numbers: str, names: tuple[str, ...] = ("own_cadres",)) -> None:
    with writing() as session:
        for code, register in read_definitions(OWN).items():
            if code in names:
                define_register(session, register, by="li", at=datetime(2020, 1, 1))
        if numbers:
            frame = pd.DataFrame({"id_no": numbers, "post": "科长", "received_on": DAY})
            file_register(session, "own_cadres", frame, at=datetime(2020, 1, 1))


def test_who_stands_in_a_list_of_the_offices_own_is_not_cleared_of_what_the_list_is_about(office: Path) -> None:
    furnish()
    make_own(ZHAO)
    for name in ("village_cadre", "public_employee", "retired_cadre"):
        rows(name, {"id_no": STRANGER})
    report = compare(subject(ZHAO, name="赵立"))
    (own,) = report.own
    assert (own.state, own.rows, own.people) == ("held", (("赵某某 110***********0010", 1),), True)
    posts = {one.code: (one.state, one.listed_in) for one in report.ties}
    for name in ("village_cadre", "public_employee", "retired_cadre"):
        assert posts[name] == ("listed", ("own_cadres",))
    assert report.counts["held"] == 4
    assert report.counts["none"] == 0
    elsewhere = compare(subject(CADRE, name="钱进"))
    assert [one.state for one in elsewhere.own] == ["none"]
    assert state_of(elsewhere, "retired_cadre") == "none"
    assert ZHAO not in repr(report)


def test_a_list_that_names_the_firm_alone_says_nothing_of_posts(office: Path) -> None:
    furnish()
    make_own(FIRM)
    rows("retired_cadre", {"id_no": STRANGER})
    rows("enterprise_role", {"uscc": FIRM, "id_no": ZHAO, "role": "manager"})
    report = compare(subject(FIRM, kind="enterprise"))
    assert ([one.state for one in report.own], state_of(report, "retired_cadre")) == (["held"], "none")
    make_own(ZHAO)
    report = compare(subject(FIRM, kind="enterprise"))
    assert ([one.n_found for one in report.own], state_of(report, "retired_cadre")) == ([2], "listed")


def test_an_own_register_that_cannot_be_searched_is_not_compared(office: Path) -> None:
    furnish()
    make_own(names=("own_cadres", "own_phones"))
    assert {one.code: one.why for one in compare(subject(ZHAO)).own} == {"own_cadres": "lacks", "own_phones": "lacks"}
    with writing() as session:
        phones = pd.DataFrame({"phone": ["0570"], "received_on": DAY})
        file_register(session, "own_phones", phones, at=datetime(2020, 1, 1))
    report = compare(subject(ZHAO))
    assert {one.code: (one.state, one.why) for one in report.own} == {
        "own_cadres": ("not", "lacks"), "own_phones": ("not", "number"),
    }  # fmt: skip


def test_counts_add_up_to_all_that_was_to_be_compared_and_a_model_without_rows_about_them_clears_nobody(
    office: Path,
) -> None:
    furnish()
    make_own(ZHAO)
    with writing() as session:
        install(session, next(card for card in built_in_cards() if card.code == "M08"))
    for name in ("village_cadre", "labour_subsidy", "banned_reason", "kinship"):
        rows(name, {"id_no": STRANGER} if "id_no" in REGISTERS[name].columns else {})
    report = compare(*both_sides())
    assert [one.state for one in report.models] == ["nothing"]
    assert report.counts["nothing"] == 1
    assert report.counts["none"] == sum(one.state == "none" for one in report.ties)
    assert sum(report.counts.values()) == len(report.ties) + len(report.own) + len(report.models)


def test_what_was_due_and_never_came_is_told_by_its_months(office: Path) -> None:
    furnish()
    make_own(ZHAO)
    (own,) = [one for one in compare(subject(ZHAO)).registers if one.code == "own_cadres"]
    assert (own.state, own.missing[0], own.missing[-1]) == ("late", "2025-11", "2026-10")


def test_a_finding_whose_place_is_no_code_counts_in_any_region(office: Path) -> None:
    furnish()
    blueprint = read_blueprint(RETIRED | {"region": "t1.unit_name"})
    with writing() as session:
        install(session, read_card(write_card(blueprint, REGISTERS, version=1, author="li")))
        session.execute(text("UPDATE supervision_model SET status = 'active'"))
    rows("retired_cadre", {"id_no": ZHAO, "unit_name": "某局", "jurisdiction": "990101",
                           "retire_date": pd.Timestamp("2024-01-01")})  # fmt: skip
    rows("enterprise_role", {"uscc": FIRM, "id_no": ZHAO, "role": "董事", "start_date": pd.Timestamp("2025-01-01")})
    rows("enterprise", {"uscc": FIRM, "region": "990101", "status": "存续"})
    with reading() as session:
        report = clearance.compare(session, [subject(ZHAO)], region="990101", degree=2, as_of=NOW)
    assert [(one.state, one.n_found) for one in report.models] == [("found", 1)]


def asked(person: Person, approver: Person, *subjects: Subject, at: datetime = NOW, hours: int = 24) -> int:
    with acting(person) as session:
        query = person_queries.ask(
            session, person, at=at, subjects=subjects, reference="问题线索 7 号", reason="反映近亲属承揽业务"
        )
        number = query.id
    with acting(approver) as session:
        person_queries.decide(session, number, approver, at=at, approve=True, hours=hours)
    return number


def test_replay_7_zhao_is_cleared_of_what_was_compared_with_six_cadres_in_half_a_day(office: Path) -> None:
    furnish()
    li, wu = hire("li", "inspector", unit="T1"), hire("wu", "approver", region="990101")
    replay = clearance_replay()
    with writing() as session:
        file_clearance(session, replay)
    query = asked(li, wu, *replay.subjects, at=AS_OF, hours=12)
    number = clearance.make(li, query, at=AS_OF + timedelta(hours=4))
    with acting(li) as session:
        made, _, report = clearance.read(session, number, li, at=AS_OF + timedelta(hours=5))
        said, code = clearance.number_of(made), made.code
    assert [(side, kind) for side, kind, _ in report.subjects] == [("subject", "person"), *[("other", "person")] * 6]
    assert report.n_found == 0
    compared = {one.code: one.state for one in report.ties}
    cleared = dict.fromkeys(TIES, "none") | {"same_account": "not", "purchase": "not"}
    assert compared == cleared
    assert [(one.code, one.state) for one in report.models] == [("M14", "none")]
    assert not any(one.unknown for one in report.ties)
    told = {one.code: one for one in report.registers}
    assert {told[name].state for name in SUPPLIED} == {"asked"}
    assert (told["village_cadre"].n_rows, told["village_cadre"].n_about) == (6, 6)
    assert told["enterprise_role"].received_on == "2023-06-05"
    with reading() as session:
        kept = session.scalars(select(ClearanceReport)).one()
        everything = kept.content + json.dumps([vars(s)["display"] for s in session.scalars(select(QuerySubject))])
    for one in replay.subjects:
        assert one.number not in everything
        assert one.name not in everything
    assert [action for action, *_ in deeds("clearance")] == ["clearance.made", "clearance.read"]
    with acting(wu) as session:
        genuine = clearance.verify(session, wu, said, code, at=AS_OF)
    assert genuine.expires_at == AS_OF + timedelta(hours=12)
    assert (genuine.as_of, genuine.counts) == (report.as_of, report.counts)


def test_a_report_is_read_by_asker_and_approver_until_it_expires(office: Path) -> None:
    furnish()
    li, wu = hire("li", "inspector", unit="T1"), hire("wu", "approver", region="990101")
    query = asked(li, wu, *both_sides(), hours=2)
    number = clearance.make(li, query, at=NOW)
    for who in (li, wu):
        with acting(who) as session:
            assert clearance.read(session, number, who, at=NOW)[0].id == number
    zhao = hire("zhao", "inspector", unit="T1")
    with pytest.raises(NotFound), acting(zhao) as session:
        clearance.read(session, number, zhao, at=NOW)
    assert deeds("clearance")[-1] == ("clearance.read", "zhao", "refused")
    with pytest.raises(TransitionRefused) as expired, acting(li) as session:
        clearance.read(session, number, li, at=NOW + timedelta(hours=2))
    assert "已过期" in expired.value.zh
    with pytest.raises(TransitionRefused, match="expired"):
        clearance.make(li, query, at=NOW + timedelta(hours=2))
    assert deeds("clearance")[-2:] == [("clearance.read", "li", "refused"), ("clearance.made", "li", "refused")]
    with reading() as session:
        assert len(session.scalars(select(ClearanceReport)).all()) == 1


def test_no_report_without_an_approved_query_of_ones_own(office: Path) -> None:
    furnish()
    li, wu = hire("li", "inspector", unit="T1"), hire("wu", "approver", region="990101")
    with acting(li) as session:
        query = person_queries.ask(session, li, at=NOW, subjects=both_sides(), reference="#7", reason="核对关系").id
    with pytest.raises(TransitionRefused, match="not decided"):
        clearance.make(li, query, at=NOW)
    with pytest.raises(NotPermitted, match="somebody else"):
        clearance.make(wu, query, at=NOW)
    with pytest.raises(InputRefused, match="got 9"):
        clearance.make(li, query, degree=9, at=NOW)
    with reading() as session:
        assert session.get_one(PersonQuery, query).state == "asked"


@pytest.mark.parametrize("altered", ["content", "made_at", "reason", "decided_by", "expires_at", "number", "code"])
def test_what_was_altered_or_made_up_is_not_genuine(office: Path, altered: str) -> None:
    furnish()
    li, wu = hire("li", "inspector", unit="T1"), hire("wu", "approver", region="990101")
    number = clearance.make(li, asked(li, wu, *both_sides()), at=NOW)
    with writing() as session:
        made = session.get_one(ClearanceReport, number)
        said, code = clearance.number_of(made), made.code
        if altered == "content":
            made.content = made.content.replace('"n_found": 0', '"n_found": 1')
        if altered == "made_at":
            made.made_at += timedelta(days=1)
        query = session.get_one(PersonQuery, made.query_id)
        if altered == "expires_at":
            query.expires_at = NOW + timedelta(days=9)
        if altered == "reason":
            query.reason = "另一事由"
        if altered == "decided_by":
            query.decided_by = "li"
    said = "2026-999" if altered == "number" else said
    code = "0" * 12 if altered == "code" else code
    with pytest.raises(NotFound) as refused, acting(wu) as session:
        clearance.verify(session, wu, said, code, at=NOW)
    assert "不得采信" in refused.value.zh

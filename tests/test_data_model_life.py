"""The life of a supervision model: every step by the table, two people for each approval, nothing live unseen."""

import json
import re
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from data.cards import Card, read_card
from data.database import reading, writing
from data.errors import CardRefused, InputRefused, NotFound, NotPermitted, TransitionRefused
from data.model_life import advance, copy, events, free_code, new_version, refusal, save_draft, submit
from data.model_states import LIVE, MODEL_STATES, MODEL_TRANSITIONS, UNDER_WAY
from data.model_tables import BackTest, ModelEvent, SampleVerdict
from data.people_tables import Account
from data.record_tables import AuditEntry
from data.rights import RIGHTS, ROLES, Held, Person
from data.supervision_models import active_cards, built_in_cards, install, offer, offer_built_in
from data.tables import SupervisionModel
from tests.staff_in_miniature import furnish, hire, look, somebody
from tests.tables_in_text import card_named

AT = datetime(2026, 11, 20, 2)
TOWN = "990101001"
LOCAL = re.sub(r'(?m)^code = "M10"', 'code = "L01"', card_named("M10").text, count=1).replace(
    "version = 2", "version = 1"
)


def author(code: str = "author", *, region: str = "", unit: str = "C") -> Person:
    return somebody("model_author", region=region, unit=unit, code=code)


def approver(code: str = "approver", *, region: str = "") -> Person:
    return somebody("model_approver", region=region, code=code)


def seen(session: Session, row: SupervisionModel, *, judge: str = "inspector", drawn: int = 1) -> None:
    """A finished back-test of the version with its sample judged."""
    sample = json.dumps([{"number": n} for n in range(1, drawn + 1)])
    test = BackTest(
        code=row.code, version=row.version, card_hash=row.card_hash, region_code=row.region_code, asked_by="author",
        asked_at=AT, state="done", n_done=13, n_total=13, failure="", seed=1, filings="{}", result="{}", sample=sample,
    )  # fmt: skip
    session.add(test)
    session.flush()
    session.add_all(
        SampleVerdict(back_test_id=test.id, number=n, verdict="would", judged_by=judge, judged_at=AT)
        for n in range(1, drawn + 1)
    )
    session.flush()


def submitted(session: Session, card: str = LOCAL, *, region: str = "", by: Person | None = None) -> SupervisionModel:
    row = save_draft(session, card, by or author(), at=AT, region=region)
    seen(session, row)
    return submit(session, row.code, row.version, by or author(), at=AT)


def brought_to(session: Session, status: str) -> SupervisionModel:
    row = save_draft(session, LOCAL, author(), at=AT)
    seen(session, row)
    for action in _WAYS[status]:
        who = author() if action in ("submitted", "discarded") else approver()
        advance(session, row.code, row.version, action, who, at=AT, note="试运行期间噪声过大")
    return row


_WAYS = {
    "draft": (),
    "submitted": ("submitted",),
    "active": ("submitted", "activated"),
    "paused": ("submitted", "activated", "paused"),
    "retired": ("submitted", "activated", "retired"),
    "discarded": ("discarded",),
}


def test_every_state_is_reached_and_every_right_is_known() -> None:
    assert {one.target for one in MODEL_TRANSITIONS} | {"draft"} == set(MODEL_STATES) == set(_WAYS)
    for one in MODEL_TRANSITIONS:
        assert set(one.sources) <= set(MODEL_STATES)
        assert set(one.rights) <= {*RIGHTS, "system"}
    assert {*LIVE, *UNDER_WAY} < set(MODEL_STATES)


@pytest.mark.parametrize("status", MODEL_STATES)
def test_only_what_the_table_allows_can_be_done(small_office: Path, status: str) -> None:
    allowed = {one.action for one in MODEL_TRANSITIONS if status in one.sources and "system" not in one.rights}
    actions = {one.action for one in MODEL_TRANSITIONS if "system" not in one.rights}
    with writing() as session:
        row = brought_to(session, status)
        assert row.status == status
        for action in actions:
            whoever = [author(), approver()]
            refused = [refusal(session, row, action, person, at=AT) for person in whoever]
            assert (None in refused) is (action in allowed), action


def test_a_supervision_model_lives_from_draft_to_retirement_on_record(office: Path) -> None:
    with writing() as session:
        row = submitted(session)
        advance(session, "L01", 1, "activated", approver(), at=AT)
        assert (row.status, row.author, row.approved_by, row.activated_at) == ("active", "author", "approver", AT)
        assert [card.code for card in active_cards(session)] == ["L01"]
        advance(session, "L01", 1, "paused", author(), at=AT, note="数据质量核查期间")
        assert (active_cards(session), row.note) == ([], "数据质量核查期间")
        advance(session, "L01", 1, "resumed", approver(), at=AT)
        advance(session, "L01", 1, "retired", approver(), at=AT, note="政策已废止不再适用")
        kinds = [event.kind for event in events(session, "L01")]
        assert kinds == ["retired", "resumed", "paused", "activated", "submitted", "drafted"]
    with reading() as session:
        audited = session.scalars(select(AuditEntry.action).order_by(AuditEntry.number)).all()
        assert audited == [f"model.{kind}" for kind in reversed(kinds)]
    with pytest.raises(DBAPIError, match="append-only"), writing() as session:
        session.execute(text("UPDATE model_event SET actor = 'another'"))


def test_nothing_is_submitted_unseen(small_office: Path) -> None:
    expired = LOCAL.replace("valid_from = ", "valid_to = 2020-12-31\nvalid_from = ", 1)
    with writing() as session:
        row = save_draft(session, expired, author(), at=AT)
        with pytest.raises(TransitionRefused, match="a legal basis that is in force; a finished back-test"):
            submit(session, "L01", 1, author(), at=AT)
        save_draft(session, LOCAL, author(), at=AT)
        seen(session, row, drawn=3)
        session.delete(session.scalars(select(SampleVerdict)).first())
        session.flush()
        with pytest.raises(TransitionRefused, match="1 rows of its blind sample"):
            submit(session, "L01", 1, author(), at=AT)


def test_a_changed_card_and_a_changed_region_need_a_new_back_test(small_office: Path) -> None:
    with writing() as session:
        row = save_draft(session, LOCAL, author(), at=AT)
        seen(session, row)
        assert refusal(session, row, "submitted", author(), at=AT) is None
        save_draft(session, LOCAL, author(), at=AT, region=TOWN)
        assert "back-test" in str(refusal(session, row, "submitted", author(), at=AT))
        save_draft(session, LOCAL, author(), at=AT, region="")
        save_draft(session, LOCAL.replace("default = 5000", "default = 6000"), author(), at=AT)
        assert "back-test" in str(refusal(session, row, "submitted", author(), at=AT))


def test_nobody_approves_what_is_their_own(small_office: Path) -> None:
    both = Person("author", "甲", "C", tuple(Held(ROLES[r], "C", "", None) for r in ("model_author", "model_approver")))
    with writing() as session:
        row = submitted(session, by=both)
        for action in ("activated", "returned"):
            with pytest.raises(TransitionRefused, match="a second person must do this"):
                advance(session, "L01", 1, action, both, at=AT, note="请补充政策依据")
        assert refusal(session, row, "activated", author("other"), at=AT) is not None, "an author has no such right"
        assert refusal(session, row, "activated", approver(), at=AT) is None


def test_two_accounts_of_one_person_are_one_person(office: Path) -> None:
    furnish()
    hire("first", "model_author")
    hire("second", "model_approver")
    with writing() as session:
        session.execute(update(Account).values(subject_key="k" * 64))
    first, second = look("first"), look("second")
    with writing() as session:
        row = submitted(session, by=first)
        assert "a second person" in str(refusal(session, row, "activated", second, at=AT))


def test_who_judged_the_whole_sample_alone_does_not_approve(small_office: Path) -> None:
    with writing() as session:
        row = save_draft(session, LOCAL, author(), at=AT)
        seen(session, row, judge="approver", drawn=2)
        submit(session, "L01", 1, author(), at=AT)
        assert "judged the whole sample" in str(refusal(session, row, "activated", approver(), at=AT))
        session.scalars(select(SampleVerdict)).all()[0].judged_by = "inspector"
        session.flush()
        assert refusal(session, row, "activated", approver(), at=AT) is None


def test_posts_bound_where_somebody_drafts_and_approves(small_office: Path) -> None:
    with writing() as session:
        with pytest.raises(NotPermitted, match="Choose a region within your post"):
            save_draft(session, LOCAL, author(region=TOWN), at=AT, region="")
        row = submitted(session, region=TOWN, by=author(region=TOWN))
        assert refusal(session, row, "activated", approver(region="990101002"), at=AT) is not None
        assert refusal(session, row, "activated", approver(region="990101"), at=AT) is None
        with pytest.raises(NotPermitted):
            save_draft(session, LOCAL, approver(), at=AT)


def test_a_new_version_stands_beside_the_live_one_and_retires_it(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        row = new_version(session, "M10", author(), at=AT)
        assert (row.version, row.status, row.based_on) == (3, "draft", "M10/2")
        with pytest.raises(TransitionRefused, match="under way"):
            new_version(session, "M10", author(), at=AT)
        assert [card.version for card in active_cards(session)] == [2]
        seen(session, row)
        submit(session, "M10", 3, author(), at=AT)
        advance(session, "M10", 3, "activated", approver(), at=AT)
        assert [card.version for card in active_cards(session)] == [3]
        older = session.get_one(SupervisionModel, ("M10", 2))
        assert (older.status, older.retired_at) == ("retired", AT)
        kinds = session.execute(select(ModelEvent.version, ModelEvent.kind).order_by(ModelEvent.id)).all()
        assert [tuple(kind) for kind in kinds][-2:] == [(2, "superseded"), (3, "activated")]


def test_a_copy_is_another_supervision_model(small_office: Path) -> None:
    with writing() as session:
        install(session, card_named("M10"))
        assert free_code(session) == "L01"
        row = copy(session, "M10", 2, author(region=TOWN), at=AT)
        assert (row.code, row.version, row.based_on, row.region_code) == ("L01", 1, "M10/2", TOWN)
        assert free_code(session) == "L02"
        with pytest.raises(InputRefused, match="L01 is taken"):
            copy(session, "M10", 2, author(), at=AT, new_code="L01")
        with pytest.raises(NotFound):
            copy(session, "M99", 2, author(), at=AT)


def test_a_draft_belongs_to_its_author_and_unit(small_office: Path) -> None:
    with writing() as session:
        save_draft(session, LOCAL, author(), at=AT)
        changed = LOCAL.replace("default = 5000", "default = 6000")
        with pytest.raises(NotPermitted, match="Copy it instead"):
            save_draft(session, changed, author("stranger", unit="T1"), at=AT)
        assert save_draft(session, changed, author("colleague"), at=AT).author == "author"


def test_a_card_that_cannot_be_kept_says_why(small_office: Path) -> None:
    with writing() as session:
        with pytest.raises(CardRefused, match="points: got nothing"):
            save_draft(session, re.sub(r"(?m)^points = .*$", "", LOCAL), author(), at=AT)
        with pytest.raises(InputRefused, match="expected a capital letter"):
            save_draft(session, LOCAL.replace('"L01"', '"l 1"'), author(), at=AT)
        install(session, card_named("M10"))
        with pytest.raises(TransitionRefused, match="only a draft can be changed"):
            save_draft(session, card_named("M10").text, author(), at=AT)
        with pytest.raises(InputRefused, match="version 2 is in the warehouse; expected 3"):
            save_draft(session, card_named("M10").text.replace("version = 2", "version = 1"), author(), at=AT)


def test_a_new_office_is_offered_the_built_in_cards_once_and_none_is_active(office: Path) -> None:
    with writing() as session:
        assert offer_built_in(session, at=AT) == len(built_in_cards())
        assert offer_built_in(session, at=AT) == 0
        assert active_cards(session) == []
        row = session.get_one(SupervisionModel, ("M10", 2))
        seen(session, row)
        submit(session, "M10", 2, author(), at=AT)
        assert row.author == "author", "whoever takes up a built-in card answers for it"
        with pytest.raises(CardRefused, match="other content"):
            offer(session, replaced("M10"), at=AT)


def replaced(code: str) -> Card:
    return read_card(card_named(code).text.replace("default = 5000", "default = 6000"))


def test_a_reason_is_given_where_one_is_asked_for(small_office: Path) -> None:
    with writing() as session:
        submitted(session)
        with pytest.raises(InputRefused, match="at least 5"):
            advance(session, "L01", 1, "returned", approver(), at=AT, note="改")
        row = advance(session, "L01", 1, "returned", approver(), at=AT, note="请补充政策依据")
        assert (row.status, row.note) == ("draft", "请补充政策依据")

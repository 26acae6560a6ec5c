"""The table of states holds together: every state has an owner and an exit, and nothing is out of reach."""

import pytest

from data.outcomes import OUTCOMES
from data.rights import RIGHTS, ROLES
from data.states import (
    CONCLUDED,
    CONCLUSIONS,
    DAYS_TO_VERIFY,
    FREE,
    NOT_CONCLUDED,
    STATES,
    TO_VERIFY,
    TRANSITIONS,
    Transition,
)  # fmt: skip

BY_PEOPLE = tuple(one for one in TRANSITIONS if one.right != "system")


def _reached(start: str, transitions: tuple[Transition, ...]) -> set[str]:
    found = {start}
    while more := {one.target for one in transitions if found & set(one.sources)} - found:
        found |= more
    return found


@pytest.mark.parametrize("code", STATES)
def test_every_state_has_an_owner_with_an_exit_of_the_own(code: str) -> None:
    owner = STATES[code].owner
    assert any(owner in role.rights for role in ROLES.values())
    assert any(code in one.sources and one.right == owner for one in BY_PEOPLE), f"who owns {code} cannot move it on"


@pytest.mark.parametrize("code", [code for code in STATES if code != "closed"])
def test_every_state_leads_to_the_close_and_is_led_to_from_the_start(code: str) -> None:
    assert "closed" in _reached(code, BY_PEOPLE)
    assert code in _reached("waiting", BY_PEOPLE)


def test_a_closed_alert_can_be_taken_up_again_by_a_person() -> None:
    assert _reached("closed", BY_PEOPLE) == set(STATES)


def test_transitions_name_what_there_is() -> None:
    for one in TRANSITIONS:
        assert {*one.sources, one.target} <= set(STATES), one
        assert one.right in {*RIGHTS, "system"}, one
        assert one.who in ("", "assignee", "other"), one
        assert set(one.outcomes) <= set(OUTCOMES), one
        assert one.name, one
        assert one.name_en, one


def test_from_a_state_an_action_and_outcome_lead_one_way() -> None:
    seen = [
        (one.action, source, outcome)
        for one in TRANSITIONS
        for source in one.sources
        for outcome in one.outcomes or ("",)
    ]
    assert len(seen) == len(set(seen))


def test_an_exclusion_is_only_ever_approved() -> None:
    assert {one.action for one in BY_PEOPLE if "E1" in one.outcomes} == {"eliminated"}
    (approved,) = (one for one in TRANSITIONS if one.action == "eliminated")
    assert (approved.right, approved.who, approved.sources) == ("approve", "other", ("approving",))


def test_what_ends_in_a_concluded_state_gives_an_outcome_or_had_one() -> None:
    for one in TRANSITIONS:
        if one.target in CONCLUDED:
            assert one.outcomes or set(one.sources) <= set(CONCLUDED), one
        if one.action in CONCLUSIONS:
            assert one.outcomes, one


def test_nobody_approves_what_is_its_own_and_no_role_does_both() -> None:
    for one in TRANSITIONS:
        if one.right in ("approve", "review"):
            assert one.who == "other", one
    assert not [role.code for role in ROLES.values() if {"verify", "approve"} <= role.rights]


def test_groups_of_states() -> None:
    assert set(NOT_CONCLUDED) | set(CONCLUDED) == set(STATES)
    assert set(FREE) < set(TO_VERIFY) < set(NOT_CONCLUDED)
    assert set(DAYS_TO_VERIFY) == {"red", "orange", "yellow"}

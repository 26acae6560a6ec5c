"""Passwords: what may be chosen, what is recognised, and what is given out once."""

from pathlib import Path

import pytest
from argon2 import PasswordHasher

from data import passwords, policy
from data.database import reading, writing
from tests.staff_in_miniature import NOW, enter, furnish, hire, settle, somebody


def fault_of(password: str, used: tuple[str, ...] = ()) -> str:
    with reading() as session:
        found = passwords.fault(session, password, code="liwei", name="李伟", used=used)
    return str(found or "")


def test_what_may_be_chosen(small_office: Path) -> None:
    for password, said in (
        ("Mirror-2026", ""),
        ("镜湖县纪委Ab1234", ""),
        ("Ａｂ１２３４５６７８", ""),
        ("Mirror-26", "9 characters, expected 10"),
        ("x1-" * 43, "129 characters"),
        ("mirror2026mirror", "2 of the four kinds"),
        ("mirrormirror", "1 of the four kinds"),
        ("LiWei-2026-x", "contains the account"),
        ("Mirror-李伟-2026", "or the name"),
        ("", "0 characters"),
    ):
        assert said in fault_of(password)
        assert bool(said) == bool(fault_of(password))


def test_a_password_used_before_does_not_come_back(small_office: Path) -> None:
    assert "used before" in fault_of("Mirror-2026", (passwords.hash_password("Mirror-2026"),))
    assert not fault_of("Mirror-2026", (passwords.hash_password("Mirror-2025"),))


def test_the_policy_makes_the_rules(small_office: Path) -> None:
    with writing() as session:
        policy.put(session, somebody("security_admin"), "password_length", 14, at=NOW)
        policy.put(session, somebody("security_admin"), "password_classes", 4, at=NOW)
    assert "expected 14" in fault_of("Mirror-2026")
    assert "signs), expected 4" in fault_of("mirror-2026-mirror")


def test_a_hash_knows_its_password_however_it_was_typed() -> None:
    kept = passwords.hash_password("Mirror-2026é")
    assert kept.startswith("$argon2id$")
    assert passwords.matches(kept, "Mirror-2026é")
    assert passwords.matches(kept, "Ｍirror-2026e\u0301")
    assert not passwords.matches(kept, "mirror-2026é")
    assert kept != passwords.hash_password("Mirror-2026é")


@pytest.mark.parametrize("kept", [None, "", "plain", "$argon2id$broken"])
def test_without_a_usable_hash_nothing_matches(kept: str | None) -> None:
    assert not passwords.matches(kept, "")
    assert not passwords.matches(kept, "plain")


def test_one_time_passwords_are_readable_and_all_different() -> None:
    made = {passwords.make_one_time() for _ in range(500)}
    assert len(made) == 500
    assert all(len(one) == 19 and not set(one) & set("01lioIO") for one in made)


def test_a_hash_of_earlier_parameters_is_made_again_at_the_next_sign_in(
    small_office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish()
    hire("li")
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with monkeypatch.context() as earlier:
        earlier.setattr(passwords, "_HASHER", weak)
        settle("li")
    from data.people_tables import Account

    def kept() -> str:
        with reading() as session:
            return session.get_one(Account, "li").password_hash or ""

    assert passwords.is_outdated(kept())
    assert enter("li").step == "open"
    assert not passwords.is_outdated(kept())
    assert enter("li").step == "open"

"""The keys of an office: made with it, and never again."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from data import identity
from data.database import is_founded, migrate
from data.errors import KeyLost
from data.identity import KEYS, seal, secret, subject_key, unseal


@pytest.fixture(autouse=True)
def restarted() -> Iterator[None]:
    """Every test begins and ends as a process of its own does: no key is remembered."""
    identity._secret.cache_clear()
    yield
    identity._secret.cache_clear()


def test_an_office_gets_its_keys_when_it_is_made_and_keeps_them(home: Path) -> None:
    assert not is_founded()
    migrate()
    assert is_founded()
    made = {name: (home / name).read_text() for name in KEYS}
    assert len(set(made.values())) == 3
    assert {(home / name).stat().st_mode & 0o777 for name in KEYS} == {0o600}
    migrate()
    assert {name: (home / name).read_text() for name in KEYS} == made
    assert unseal(seal("韩立")) == "韩立"


@pytest.mark.parametrize("name", KEYS)
def test_a_key_that_was_deleted_is_missed_and_not_made_anew(small_office: Path, name: str) -> None:
    (small_office / name).unlink()
    migrate()
    with pytest.raises(KeyLost, match=f"{name} .*backup") as lost:
        secret(name)
    assert name in lost.value.zh
    assert not (small_office / name).exists()


@pytest.mark.parametrize("content", ["", "a key", "ab" * 31, "ab" * 33])
def test_a_file_that_holds_no_key_is_named(small_office: Path, content: str) -> None:
    (small_office / "subject.key").write_text(content)
    with pytest.raises(KeyLost, match=r"subject\.key .*64 hexadecimal digits"):
        subject_key("person", "1")

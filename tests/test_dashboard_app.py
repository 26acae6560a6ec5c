"""The application: headers, health, words, language."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from dashboard.app import create_app
from dashboard.words import LANGUAGES, say, words
from tests.office_in_miniature import fill

ROOM = Path(__file__).parent.parent / "dashboard"
NOW = datetime(2026, 11, 22, 6, 0)


def _blanks(sentence: str) -> set[str]:
    return set(re.findall(r"{\w+}", sentence))


def test_every_word_is_filed_in_both_languages() -> None:
    for key, entry in words().items():
        assert set(entry) == set(LANGUAGES), key
        assert all(entry.values()), key
        assert _blanks(entry["zh"]) == _blanks(entry["en"]), key


def test_every_word_the_code_says_is_filed() -> None:
    said = {
        key
        for path in ROOM.rglob("*.py")
        for key in re.findall(r'\bsay\(\s*"(\w+\.\w+)"', path.read_text(encoding="utf-8"))
    }
    assert said
    assert said <= set(words()), f"not filed: {sorted(said - set(words()))}"


def test_words_take_values() -> None:
    assert say("shell.count", "zh", n="12") == "12 条"
    with pytest.raises(KeyError):
        say("shell.no_such_word", "zh")


def test_every_response_carries_the_policy_and_nothing_comes_from_elsewhere(small_office: Path) -> None:
    client = create_app().server.test_client()
    response = client.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in re.sub(r"'sha256-[^']+'", "", policy)
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', response.text)
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    scripts = re.findall(r'(?:src|href)="(/(?:assets|_dash-component-suites)/[^"]+)"', response.text)
    assert scripts
    for address in scripts:
        with client.get(address) as kept:
            assert kept.status_code == 200, address
            assert "immutable" in kept.headers["Cache-Control"], address


def test_language_of_the_address_is_remembered(small_office: Path) -> None:
    client = create_app().server.test_client()
    assert '<html lang="zh-CN"' in client.get("/").text
    assert '<html lang="en"' in client.get("/?lang=en").text
    assert '<html lang="en"' in client.get("/").text


def test_health_counts_the_office(small_office: Path) -> None:
    fill(now=NOW, n_alerts=5)
    response = create_app().server.test_client().get("/health")
    assert response.status_code == 200
    assert response.json["status"] == "ok"


def test_health_without_a_database_says_why(home: Path) -> None:
    response = create_app().server.test_client().get("/health")
    assert response.status_code == 503
    assert "migrated" in response.json["reason"]

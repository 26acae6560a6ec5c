"""The application: headers, health, words, language."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from dash import html

from dashboard.app import create_app, server
from dashboard.pages import shielded
from dashboard.words import LANGUAGES, say, words
from data.errors import NotFound
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


def test_a_process_that_has_shown_no_page_serves_the_scripts_of_another(small_office: Path) -> None:
    page = create_app().server.test_client().get("/").text
    other = server().test_client()
    for address in re.findall(r'src="(/_dash-component-suites/[^"]+)"', page):
        with other.get(address) as script:
            assert script.status_code == 200, address


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


def test_a_page_that_fails_says_so_in_a_sentence_and_never_shows_a_traceback(small_office: Path) -> None:
    def refused(**_query: str) -> html.Div:
        raise NotFound("There is no alert 7. Open the queue and choose one.")

    def failed(**_query: str) -> html.Div:
        raise ZeroDivisionError("a secret detail")

    assert "There is no alert 7." in str(shielded(refused)(lang="en"))
    said = str(shielded(failed)(lang="en"))
    assert say("shell.failed", "en") in said
    assert "secret" not in said


def test_a_request_that_fails_gets_a_page_without_a_traceback(small_office: Path) -> None:
    app = create_app()

    def fail() -> str:
        raise ZeroDivisionError("a secret detail")

    app.server.add_url_rule("/fails", "fails", fail)
    response = app.server.test_client().get("/fails")
    assert response.status_code == 500
    assert say("shell.failed", "zh") in response.text
    assert "secret" not in response.text
    assert "Content-Security-Policy" in response.headers

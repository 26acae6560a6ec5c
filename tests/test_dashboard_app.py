"""The application: headers, health, words, language."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from dash import html
from flask.testing import FlaskClient
from sqlalchemy import event

from dashboard.app import create_app, server
from dashboard.pages import shielded
from dashboard.words import LANGUAGES, say, words
from data.database import engine
from data.errors import NotFound
from tests.office_in_miniature import fill
from tests.people import client_of

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
    client = client_of(create_app())
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
    page = client_of(create_app()).get("/").text
    other = server().test_client()
    for address in re.findall(r'src="(/_dash-component-suites/[^"]+)"', page):
        with other.get(address) as script:
            assert script.status_code == 200, address


def test_language_of_the_address_is_remembered(small_office: Path) -> None:
    client = client_of(create_app())
    assert '<html lang="zh-CN"' in client.get("/").text
    assert '<html lang="en"' in client.get("/?lang=en").text
    assert '<html lang="en"' in client.get("/").text


def test_health_says_that_the_wall_can_be_seen_and_no_figure(small_office: Path) -> None:
    fill(now=NOW, n_alerts=5)
    response = create_app().server.test_client().get("/health")
    assert response.status_code == 200
    assert response.json["status"] == "ok"
    assert set(response.json) == {"status", "time"}


def test_health_costs_one_small_select_whoever_asks(small_office: Path) -> None:
    client, said = create_app().server.test_client(), []
    client.get("/health")

    def count(*what: object) -> None:
        said.append(what[2])

    event.listen(engine(), "before_cursor_execute", count)
    try:
        assert client.get("/health").status_code == 200
    finally:
        event.remove(engine(), "before_cursor_execute", count)
    assert [one for one in said if "SELECT" in one] == said[-1:]


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
    said = str(shielded(failed)(lang=["en", "zh"]))
    assert say("shell.failed", "en") in said
    assert "secret" not in said


def test_a_request_that_fails_gets_a_page_without_a_traceback(small_office: Path) -> None:
    app = create_app()

    def fail() -> str:
        raise ZeroDivisionError("a secret detail")

    app.server.add_url_rule("/fails", "fails", fail)
    response = client_of(app).get("/fails")
    assert response.status_code == 500
    assert say("shell.failed", "zh") in response.text
    assert "secret" not in response.text
    assert "Content-Security-Policy" in response.headers


def _routed(client: FlaskClient, pathname: str, search: str = "", language: str = "en") -> str:
    """What the page at an address says, as its browser asks for it."""
    client.set_cookie("lang", language)
    where = {"id": "_pages_location", "property": "pathname", "value": pathname}
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [where, {"id": "_pages_location", "property": "search", "value": search}],
        "state": [where],
        "changedPropIds": ["_pages_location.pathname", "_pages_location.search"],
    }
    response = client.post("/_dash-update-component", json=body)
    assert response.status_code == 200
    return str(response.text)


HUGE = "99999999999999999999999"


@pytest.mark.parametrize(
    ("address", "search", "words"),
    [
        (f"/alert/{HUGE}", "", "There is no such alert"),
        ("/alert/1/2", "", "There is no such alert"),
        ("/alert/1", f"?q=%23{HUGE}", "alert-body"),
        ("/alert/1", "?q=a&q=b", "alert-body"),
        ("/queue", f"?q=%23{HUGE}", "No alert matches"),
        ("/queue", "?q=%23%C2%B2", "No alert matches"),
        ("/queue", "?q=%00", "cannot be read"),
        ("/queue", "?q=a&q=b", "expected one text"),
        ("/queue", "?level=red&level=orange", "level=red,orange"),
        ("/queue", "?region=%27+OR+1%3D1", "There is no place"),
        ("/queue", f"?region={'9' * 9}", "There is no place"),
        ("/queue", "?domain=" + ",".join(f"d{i}" for i in range(50_000)), "names 50,000 values"),
        ("/queue", "?source=" + "s" * 100_000, "has 100,000 characters"),
        ("/nowhere", "", "There is no such page"),
    ],
)
def test_every_address_is_answered_in_words(small_office: Path, address: str, search: str, words: str) -> None:
    fill(now=NOW, n_alerts=5)
    said = _routed(client_of(create_app()), address, search)
    assert words in said
    assert say("shell.failed", "en") not in said
    assert len(said) < 150_000


def test_the_path_says_which_alert_and_a_query_does_not(small_office: Path) -> None:
    fill(now=NOW, n_alerts=9)
    said = _routed(client_of(create_app()), "/alert/1", "?alert_id=7&address=/alert/7")
    assert "Alert #1" in said
    assert '"alert":1' in said.replace(" ", "")
    assert "Alert #7" not in said


@pytest.mark.parametrize(
    "body", ["{}", "[]", "null", "no json", "[" * 100_000, '{"output": "no.such"}', '{"output": []}',
             '{"output": "queue-preview.children", "inputs": 5}', '{"output": "queue-preview.children"}']
)  # fmt: skip
def test_a_post_of_rubbish_is_refused_with_one_line_in_the_log(
    small_office: Path, caplog: pytest.LogCaptureFixture, body: str
) -> None:
    client = client_of(create_app())
    response = client.post("/_dash-update-component", data=body, content_type="application/json")
    assert response.status_code == 400
    assert say("shell.http_400", "zh") in response.text
    assert [record.exc_info for record in caplog.records] == [None]


def test_what_is_not_there_or_too_large_is_said_in_both_languages(small_office: Path) -> None:
    client = client_of(create_app())
    for language in LANGUAGES:
        client.set_cookie("lang", language)
        for address in (
            "/_dash-component-suites/nothing/here.js",
            "/_dash-component-suites/dash/no.js",
            "/assets/no.js",
        ):
            response = client.get(address)
            assert response.status_code == 404, address
            assert say("shell.not_found", language) in response.text
        large = client.post("/_dash-update-component", data="x" * 1_100_000, content_type="application/json")
        assert large.status_code == 413
        assert say("shell.http_413", language, most="1 MB") in large.text
        assert client.post("/queue").status_code == 405


def test_a_database_deleted_while_serving_is_said_and_nothing_is_promised(small_office: Path) -> None:
    fill(now=NOW, n_alerts=5)
    client = client_of(create_app())
    assert client.get("/health").status_code == 200
    for path in small_office.rglob("*.db*"):
        path.unlink()
    gone = client.get("/health")
    assert (gone.status_code, "deleted" in gone.json["reason"]) == (503, True)
    engine().dispose()
    client.set_cookie("lang", "en")
    page = client.get("/queue")
    assert (page.status_code, say("shell.no_database", "en") in page.text) == (503, True)
    assert client.get("/wall/data").status_code == 503
    replaced = client.get("/health")
    assert (replaced.status_code, "not migrated" in replaced.json["reason"]) == (503, True)


def test_a_name_that_a_query_repeats_is_its_first_value_but_where_a_page_takes_lists() -> None:
    def told(**query: object) -> html.Div:
        return html.Div(str(sorted(query.items())))

    assert shielded(told)(one=["1", "2"], lang=["en"]).children == "[('lang', 'en'), ('one', '1')]"
    assert shielded(told, lists=True)(s=["a", "b"], lang="en").children == "[('lang', 'en'), ('s', ['a', 'b'])]"

"""The guard: closed by default, no request of another site, callbacks are JSON, drafts survive a sign-in."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Error
from sqlalchemy import select, update

from dashboard.app import create_app
from dashboard.words import say
from data import accounts
from data.database import reading, writing
from data.people_tables import SignIn
from tests.office_in_miniature import fill
from tests.people import client_of, everybody, person

NOW = datetime.now(UTC).replace(tzinfo=None)
ROUTE = {
    "output": ".._pages_content.children..._pages_store.data..",
    "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
    "inputs": [
        {"id": "_pages_location", "property": "pathname", "value": "/queue"},
        {"id": "_pages_location", "property": "search", "value": ""},
    ],
    "state": [{"id": "_pages_location", "property": "pathname", "value": "/queue"}],
    "changedPropIds": ["_pages_location.pathname"],
}


def test_a_route_added_tomorrow_is_closed(small_office: Path) -> None:
    app = create_app()
    app.server.add_url_rule("/tomorrow", "tomorrow", lambda: "secret", methods=["GET", "POST"])
    stranger = app.server.test_client()
    for address in ("/tomorrow", "/tomorrow?x=1"):
        response = stranger.get(address)
        assert response.status_code == 401
        assert "secret" not in response.text
    navigating = stranger.get("/tomorrow", headers={"Sec-Fetch-Mode": "navigate"})
    assert navigating.headers["Location"] == "/sign-in?next=%2Ftomorrow"
    assert client_of(app).get("/tomorrow").text == "secret"


def test_data_asked_by_a_stranger_is_refused_in_words_that_a_page_can_act_on(small_office: Path) -> None:
    stranger = create_app().server.test_client()
    for answer in (
        stranger.get("/wall/data"),
        stranger.get("/_dash-layout"),
        stranger.post("/_dash-update-component", json=ROUTE, headers={"Sec-Fetch-Site": "same-origin"}),
    ):
        assert answer.status_code == 401
        assert answer.json["sign_in"] == "/sign-in"
        assert answer.json["refused"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("headers", "taken"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
        ({"Origin": "http://localhost"}, True),
        ({"Origin": "http://localhost.elsewhere.example"}, False),
        ({"Origin": "null"}, False),
        ({"Origin": "http://[bad"}, False),
        ({"Referer": "//["}, False),
        ({"Referer": "http://localhost/queue"}, True),
        ({"Referer": "http://elsewhere.example/http://localhost/"}, False),
        ({}, False),
    ],
)
def test_what_another_site_sends_is_refused(small_office: Path, headers: dict[str, str], taken: bool) -> None:
    client = client_of(create_app())
    del client.environ_base["HTTP_SEC_FETCH_SITE"]
    response = client.post("/_dash-update-component", json=ROUTE, headers=headers)
    assert response.status_code == (200 if taken else 403)
    assert client.post("/sign-out", headers=headers).status_code == (303 if taken else 403)


def test_a_callback_is_json_or_nothing(small_office: Path) -> None:
    client = client_of(create_app())
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert client.post("/_dash-update-component", data="{}", content_type=kind).status_code == 415


def test_a_blocked_account_is_out_at_once(small_office: Path) -> None:
    client = client_of(create_app(), person("leader"))
    assert client.get("/").status_code == 200
    with writing() as session:
        accounts.block(session, accounts.AT_THE_MACHINE, "leader", at=NOW)
    assert client.get("/").status_code == 303
    assert client.get("/wall/data").status_code == 401


def test_a_wall_left_alone_keeps_no_sign_in_alive(small_office: Path) -> None:
    client = client_of(create_app(), person("leader"))
    for address, keeps_alive in (("/wall/data", False), ("/", True)):
        before = datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(minutes=5)
        with writing() as session:
            session.execute(update(SignIn).values(seen_at=before))
        assert client.get(address).status_code == 200
        with reading() as session:
            assert (session.scalars(select(SignIn.seen_at)).one() > before) is keeps_alive


# A browser that leaves a page drops its connections; the test server leaves their files to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
@pytest.mark.browser
def test_a_sign_in_without_scripts_and_a_wall_after_it(small_office: Path, chromium, served) -> None:
    fill(now=NOW, n_alerts=30)
    with writing() as session:
        password = accounts.create(session, accounts.AT_THE_MACHINE, code="han.li", name="韩立", unit_code="U1", at=NOW)
        accounts.grant(
            session, accounts.AT_THE_MACHINE, account="han.li", role="leader", unit_code="U1",
            region_code="990101", from_on=datetime(2026, 1, 1).date(), at=NOW,
        )  # fmt: skip
    context = chromium.new_context(base_url=served.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/?lang=zh")
    page.fill("#code", "han.li")
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.fill("#old", password)
    for field in ("#new", "#again"):
        page.fill(field, "Chosen-by-me-77")
    page.click("button.button-main")
    assert page.url == f"{served.address}/?lang=zh"
    context.close()


@pytest.mark.browser
def test_the_header_says_who_is_signed_in_and_every_page_and_print_is_marked(small_office: Path, open_page) -> None:
    fill(now=NOW, n_alerts=30)
    page = open_page(person("leader", code="han.li", name="韩立"))
    for address in ("/", "/my-work", "/account"):
        page.emulate_media(media="screen")
        page.goto(address)
        if address == "/":
            page.click(".menu summary")
        page.wait_for_selector(".badge")
        assert page.locator(".badge-name").inner_text() == "韩立"
        assert page.locator(".badge-posts").inner_text() == "高桥镇纪委 · 领导"
        for media in ("screen", "print"):
            page.emulate_media(media=media)
            if media == "print":
                assert page.locator(".badge").is_hidden()
            mark = page.locator(".watermark")
            assert mark.is_visible()
            picture = mark.evaluate("e => decodeURIComponent(getComputedStyle(e).backgroundImage)")
            assert "韩立 高桥镇纪委" in picture
            assert mark.evaluate("e => getComputedStyle(e).pointerEvents") == "none"
    page.emulate_media(media="screen")
    page.click("#sign-out")
    page.wait_for_url("**/sign-in?why=out")
    assert say("entrance.why_out", "zh") in page.inner_text("main")


@pytest.mark.browser
def test_a_sign_in_that_ended_leads_back_and_keeps_what_the_browser_kept(small_office: Path, open_page) -> None:
    fill(now=NOW, n_alerts=30)
    page = open_page(everybody())
    page.goto("/queue?level=red")
    page.wait_for_selector("#queue .ag-row")
    page.wait_for_load_state("networkidle")
    page.evaluate("localStorage.setItem('mingjing.draft.1', 'half a sentence')")
    with writing() as session:
        for one in session.scalars(select(SignIn)):
            one.ended_at = NOW
    page.watched.forgiving = True
    with suppress(Error):  # The list renews itself, and may be led back before the search is typed.
        page.fill("#queue-search input, input#queue-search", "镇")
        page.press("#queue-search input, input#queue-search", "Enter")
    page.wait_for_url("**/sign-in?*")
    assert "next=%2Fqueue%3Flevel%3Dred" in page.url
    assert say("entrance.why_ended", "zh") in page.inner_text("main")
    assert page.evaluate("localStorage.getItem('mingjing.draft.1')") == "half a sentence"


def test_what_is_no_page_leads_to_no_sign_in(small_office: Path) -> None:
    stranger = create_app().server.test_client()
    for address in ("/favicon.ico", "/robots.txt", "/api"):
        assert stranger.get(address).status_code == 404, address
    assert stranger.get("/_dash-update-component").status_code == 405
    own = {"Sec-Fetch-Site": "same-origin"}
    assert stranger.put("/sign-in", headers=own).status_code == 405
    assert stranger.delete("/sign-in", headers=own).status_code == 405
    assert stranger.get("/queue").status_code == 303

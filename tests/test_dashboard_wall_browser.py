"""The wall in a real Chromium: right numbers, the way down and back, honest when the server is gone."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from data import access_tokens
from data.accounts import AT_THE_MACHINE
from data.database import reading, writing
from data.people_tables import AccessToken
from data.states import TO_VERIFY
from data.tables import Alert
from data.wall import wall
from tests.browser import Served
from tests.office_in_miniature import fill

pytestmark = pytest.mark.browser
TOWN = "990101002"


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


@pytest.fixture
def filled(small_office: Path) -> datetime:
    now = _now()
    fill(now=now)
    return now


def _drawn(page, scope: str = "") -> None:
    page.wait_for_selector(f'#wall[data-scope="{scope}"] .tile')


def _figures(page) -> dict[str, str]:
    return {
        card.get_attribute("data-kpi"): card.locator(".kpi-figure").inner_text() for card in page.locator(".kpi").all()
    }


def test_wall_shows_the_numbers_of_the_database(filled: datetime, page) -> None:
    page.goto("/")
    _drawn(page)
    with reading() as session:
        waiting = session.scalar(select(func.count(Alert.id)).where(Alert.status.in_(TO_VERIFY)))
        shown = wall(session, scope="", now=_now())
    figures = _figures(page)
    assert figures["to_verify"] == str(waiting)
    assert figures["new_today"] == str(shown["kpis"]["new_today"]["n"])
    assert figures["overdue"] == str(shown["kpis"]["overdue"]["n"])
    for tile in shown["tiles"]:
        said = page.locator(f'.tile[data-region="{tile["code"]}"] .tile-n').inner_text()
        assert said == ("<3" if tile["hidden"] else str(tile["n"]))
    assert page.locator(".feed-row").count() == 7
    assert page.locator("#wall-rate .scatterlayer path.js-line").count() >= 1
    assert page.locator("#wall-weeks .barlayer path").count() > 10


def test_a_tile_leads_down_and_escape_leads_back(filled: datetime, page) -> None:
    page.goto("/")
    _drawn(page)
    page.click(f'.tile[data-region="{TOWN}"]')
    _drawn(page, TOWN)
    assert f"scope={TOWN}" in page.url
    with reading() as session:
        shown = wall(session, scope=TOWN, now=_now())
    assert _figures(page)["to_verify"] == str(shown["kpis"]["to_verify"]["n"])
    assert page.locator(".crumb-here").inner_text() == "柳溪镇"
    page.keyboard.press("Escape")
    _drawn(page, "990101")
    page.go_back()
    _drawn(page, TOWN)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_nothing_overflows(filled: datetime, page, language: str) -> None:
    for width, height in ((1366, 768), (1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"/?lang={language}")
        _drawn(page)
        assert page.locator(".tile-note").first.is_visible()
        assert page.evaluate(_SPILLED) == [], (width, height)
        page.keyboard.press("c")
        assert page.evaluate(_SPILLED) == [], (width, height, "coloured by rate")


_SPILLED = """() => {
    const one = parseFloat(getComputedStyle(document.documentElement).fontSize) / 4;
    const all = names => [...document.querySelectorAll(names)];
    const wide = all('.kpi, .kpi-note, .kpi-row, .panel, .panel-head, .tile, .tile-note, .tile-legend, .header')
        .filter(e => e.scrollWidth > e.clientWidth + 1);
    const high = all('.kpi, .panel, .panel-body, .tile, .feed-row, .feed-text')
        .filter(e => e.scrollHeight > e.clientHeight + one);
    const cut = [...wide, ...high].map(e => `${e.className}: ${e.textContent.slice(0, 40)}`);
    const root = document.documentElement;
    if (root.scrollHeight > root.clientHeight) cut.push('the page scrolls down');
    if (root.scrollWidth > root.clientWidth) cut.push('the page scrolls sideways');
    return cut;
}"""


def test_1080p_and_4k_look_the_same(filled: datetime, page) -> None:
    boxes = []
    for width, height in ((1920, 1080), (3840, 2160)):
        page.set_viewport_size({"width": width, "height": height})
        page.goto("/")
        _drawn(page)
        found = [
            page.locator(name).first.bounding_box() for name in (".kpi", ".panel-tiles", ".feed-row", ".kpi-figure")
        ]
        boxes.append([round(box[side] / width, 3) for box in found for side in ("x", "y", "width", "height")])
    assert boxes[0] == pytest.approx(boxes[1], abs=0.002)


def test_a_new_alert_appears_by_itself_and_only_what_changed_is_redrawn(filled: datetime, page) -> None:
    page.goto("/?every=1")
    _drawn(page)
    before = int(_figures(page)["to_verify"])
    page.evaluate("document.querySelector('#wall-rate .plot').dataset.mark = 'kept'")
    with writing() as session:
        session.add(
            Alert(
                alert_key="new",
                source="M11",
                rule="R1",
                domain_code="village_projects",
                region_code=TOWN,
                level="red",
                status="waiting",
                subject_kind="project",
                subject_key="x",
                subject_display="P1",
                title="?",
                title_en="?",
                raised_at=_now() - timedelta(seconds=1),
                attributes="{}",
            )
        )
    page.wait_for_function(
        "n => document.querySelector('[data-kpi=to_verify] .kpi-figure').textContent === String(n)", arg=before + 1
    )
    assert page.locator("#wall-tiles.fresh").count() == 1
    assert page.locator("#wall-rate.fresh").count() == 0


def test_a_dead_server_is_said_in_words(filled: datetime, served: Served, page) -> None:
    page.goto("/?every=1")
    _drawn(page)
    assert page.locator("#wall-notice").is_hidden()
    page.watched.forgiving = True
    served.stop()
    page.wait_for_selector("#wall-notice:not([hidden])")
    assert re.search(
        r"服务器没有应答，画面停在 \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", page.locator("#wall-notice").inner_text()
    )
    assert page.locator(".age-stale").count() == 1
    assert page.locator(".tile").count() > 0


def test_a_screen_shows_its_region_until_its_token_is_revoked_and_then_says_so(filled: datetime, open_page) -> None:
    with writing() as session:
        token = access_tokens.issue(
            session, AT_THE_MACHINE, kind="kiosk", name="hall", scopes=["wall.see"], region_code="990101", days=30,
            at=filled,
        )  # fmt: skip
    page = open_page(None)
    page.goto(f"/kiosk?every=1#token={token}")
    _drawn(page)
    assert "token" not in page.url
    assert page.locator("#wall-path").inner_text() == "镜湖县"
    assert page.locator(".badge, #sign-out, .nav, .watermark").count() == 0
    page.watched.forgiving = True
    with writing() as session:
        number = session.scalars(select(AccessToken.id)).one()
        access_tokens.revoke(session, AT_THE_MACHINE, number, at=_now())
    page.wait_for_selector("#wall-notice:has-text('已撤销')")
    assert page.locator(".tile, .kpi, .feed-row").count() == 0
    page.reload()
    page.wait_for_url("**/sign-in?why=screen")
    assert "令牌无效、已过期或已撤销" in page.inner_text("main")


def test_an_empty_office_says_what_to_do_next(page) -> None:
    page.goto("/")
    page.wait_for_selector("#wall-empty")
    said = page.locator("#wall-empty").inner_text()
    assert "mingjing demo" in said
    assert "mingjing import" in said
    assert page.locator(".panel:visible").count() == 0


def test_keys_pause_recolour_and_show_tables(filled: datetime, page) -> None:
    page.goto("/?every=1")
    _drawn(page)
    page.keyboard.press("c")
    assert "颜色＝查实率" in page.locator(".tile-legend").inner_text()
    assert "colour=rate" in page.url
    page.keyboard.press("t")
    assert page.locator("#wall-rate-table tbody tr:visible").count() == 12
    page.keyboard.press("t")
    page.keyboard.press(" ")
    assert page.locator("#wall-notice").inner_text() == "已暂停，按空格继续"
    page.keyboard.press(" ")
    page.wait_for_selector("#wall-notice", state="hidden")


def test_switches_change_theme_and_language_and_are_remembered(filled: datetime, page) -> None:
    page.goto("/")
    _drawn(page)
    page.click("#switch-theme")
    page.wait_for_selector(':root[data-theme="day"]')
    _drawn(page)
    page.click("#switch-language")
    page.wait_for_selector(':root[lang="en"]')
    page.goto("/")
    page.wait_for_selector(':root[lang="en"][data-theme="day"]')
    _drawn(page)
    assert page.locator(".wall-title").inner_text() == "Supervision alerts"

"""The wall's words and figures, without a browser."""

import gzip
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from dashboard import figures
from dashboard.app import create_app
from dashboard.panels import panels, top_reason
from dashboard.snapshots import KEPT, Snapshots
from data.database import reading, writing
from data.tables import Alert
from data.verification import conclude
from data.wall import wall
from tests.office_in_miniature import fill
from tests.people import client_of, everybody, person

NOW = datetime(2026, 11, 22, 6, 0)
TOKENS = (Path(__file__).parent.parent / "dashboard" / "assets" / "10-tokens.css").read_text(encoding="utf-8")


def _tokens(theme: str) -> dict[str, str]:
    start = TOKENS.index(":root {") if theme == "night" else TOKENS.index(':root[data-theme="day"] {')
    return dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", TOKENS[start : TOKENS.index("}", start)]))


@pytest.mark.parametrize("theme", ["night", "day"])
def test_every_text_reads_on_every_ground(theme: str) -> None:
    tokens = _tokens(theme)
    for ground in ("ground", "panel", "raised"):
        for ink in ("text", "muted", "accent", "amber", "red"):
            ratio = figures.contrast(tokens[ink], tokens[ground])
            assert ratio >= 4.5, f"{theme}: {ink} on {ground} is {ratio:.2f}"
    assert figures.contrast(tokens["accent-text"], tokens["accent"]) >= 4.5
    for shape in ("red", "amber", "yellow"):
        assert figures.contrast(tokens[shape], tokens["panel"]) >= 3
    for bar in ("quiet", "red", "accent"):
        assert figures.contrast(figures.COLOURS[theme][bar], tokens["panel"]) >= 3, bar


@pytest.mark.parametrize("theme", ["night", "day"])
def test_figures_use_the_colours_of_the_tokens(theme: str) -> None:
    tokens = _tokens(theme)
    for name in ("text", "muted", "line", "accent", "red", "panel"):
        assert figures.COLOURS[theme][name] == tokens[name], name


def test_text_on_every_tile_colour_reads() -> None:
    for colour in figures.CIVIDIS:
        assert figures.contrast(colour, figures.ink_on(colour)) >= 4.5, colour


def test_a_month_without_conclusions_is_a_gap_not_a_zero() -> None:
    empty = {"month": "2026-01", "n": 0, "share": None, "low": None, "high": None}
    some = {"month": "2026-02", "n": 4, "share": 0.5, "low": 0.15, "high": 0.85}
    figure = figures.rate_by_month([some, empty, some, some], "n", "night")
    band, line = figure["data"]
    assert line["y"] == [0.5, None, 0.5, 0.5]
    assert band["x"] == [-0.2, 0.2, 0.2, -0.2, None, 2.0, 3.0, 3.0, 2.0, None]


def test_the_whole_of_a_share_fits_its_card_and_its_chart(small_office: Path) -> None:
    fill(now=NOW)
    with reading() as session:
        shown = wall(session, scope="", now=NOW)
    shown["kpis"]["confirmed"] |= {"share": 1.0, "n": 9, "low": 0.7, "high": 1.0}
    card = next(c for c in panels(shown, "zh", "night")["kpis"]["cards"] if c["key"] == "confirmed")
    assert (card["figure"], card["unit"]) == ("100", "%")
    months = [{"month": f"2026-0{m}", "n": 4, "share": 1.0, "low": 0.6, "high": 1.0} for m in (1, 2)]
    last = figures.rate_by_month(months, "n", "night")["layout"]["annotations"][-1]
    assert (last["text"], last["xanchor"]) == ("<b>100%</b>", "right")


def test_panels_speak_the_language_asked_for(small_office: Path) -> None:
    fill(now=NOW)
    with reading() as session:
        shown = wall(session, scope="", now=NOW)
    english = panels(shown, "en", "night")
    assert not re.findall(r"[\u4e00-\u9fff]", json.dumps(english, ensure_ascii=False))
    chinese = panels(shown, "zh", "night")
    assert chinese["kpis"]["cards"][0]["label"] == "今日新增预警"
    assert [c["figure"] for c in chinese["kpis"]["cards"]] == [c["figure"] for c in english["kpis"]["cards"]]


def test_hidden_cells_show_no_number_anywhere(small_office: Path) -> None:
    fill(now=NOW)
    with reading() as session:
        shown = wall(session, scope="", now=NOW)
    for tile in shown["tiles"]:
        tile["hidden"], tile["n"] = True, 98765
    drawn = panels(shown, "zh", "night")["tiles"]
    assert {cell["n"] for cell in drawn["cells"]} == {"<3"}
    assert {cell["colour"]["count"] for cell in drawn["cells"]} == {None}
    assert "98765" not in json.dumps(drawn)


def test_more_regions_than_can_be_read_are_summed_up_in_the_last_tile(small_office: Path) -> None:
    rate = {"n_confirmed": 1, "n": 2, "share": 0.5, "low": 0.1, "high": 0.9}
    tiles = [
        {"code": f"99{i:02}", "name": "某县", "name_en": "Some", "level": 3, "tile_row": None, "tile_column": None,
         "n": 1, "n_red": 0, "hidden": False, "rate": rate}
        for i in range(60)
    ]  # fmt: skip
    fill(now=NOW, n_alerts=1)
    with reading() as session:
        shown = wall(session, scope="", now=NOW) | {"tiles": tiles}
    drawn = panels(shown, "zh", "night")["tiles"]
    assert len(drawn["cells"]) == 42
    assert sum(int(cell["n"]) for cell in drawn["cells"]) == 60
    assert drawn["cells"][-1]["name"] == "其余 19 个地区"
    assert len(drawn["table"]["rows"]) == 60


def reason(feature: str, contribution: float, value: object, zh: str) -> dict[str, object]:
    return {"feature": feature, "contribution": contribution, "value": value, "zh": zh, "en": zh}


def test_top_reason_is_the_one_that_raises_most() -> None:
    items = [reason("months", -2.0, 3, "减"), reason("level", 0.4, "red", "增")]
    assert top_reason(json.dumps({"items": items}), "zh") == "增"
    assert top_reason("", "en") == ""


def test_what_may_name_a_person_or_a_small_place_is_no_reason_on_a_wall() -> None:
    items = [reason("住户", 3.0, "王小明", "住户“王小明”"), reason("region", 2.0, "990101001201", "地区“西笺村”")]
    assert top_reason(json.dumps({"items": items}), "zh") == ""
    items.append(reason("emergency", 0.1, "否", "应急工程“否”"))
    assert top_reason(json.dumps({"items": items}), "zh") == "应急工程“否”"


def test_a_scope_is_computed_once_for_all_screens_and_again_when_it_is_old(small_office: Path) -> None:
    fill(now=NOW)
    clock = [NOW]
    snapshots = Snapshots(lambda: clock[0])
    first = snapshots.at("")
    with writing() as session:
        session.add(_late_alert())
    assert snapshots.at("") is first
    clock[0] += KEPT
    second = snapshots.at("")
    assert second.shown["n_alerts"] == first.shown["n_alerts"] + 1
    clock[0] += KEPT
    third = snapshots.at("")
    assert third.shown is second.shown
    assert third.as_of == clock[0]
    with writing() as session:
        late = session.scalars(select(Alert).where(Alert.alert_key == "late")).one()
        conclude(session, late.id, everybody(), at=clock[0], outcome="D1", note="登记日期已更正")
    clock[0] += KEPT
    before, after = (s.shown["kpis"]["to_verify"]["n"] for s in (third, snapshots.at("")))
    assert after == before - 1


def _late_alert() -> Alert:
    return Alert(
        alert_key="late", source="M01", rule="R1", region_code="990101001", level="red",
        status="verifying", assignee="everybody", unit_code="U1",
        subject_kind="project", subject_key="x", subject_display="P1", title="?", title_en="?",
        raised_at=NOW - timedelta(seconds=1), attributes="{}",
    )  # fmt: skip


def test_data_is_small_gzipped_and_says_when_nothing_changed(small_office: Path) -> None:
    fill(now=NOW)
    client = client_of(create_app())
    response = client.get("/wall/data?lang=zh&theme=night")
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.data) < 18_000
    content = json.loads(gzip.decompress(response.data))
    again = json.loads(gzip.decompress(client.get(f"/wall/data?lang=zh&theme=night&have={content['version']}").data))
    assert again["same"]
    assert "panels" not in again
    assert again["as_of"].endswith("Z")


def test_data_of_an_unknown_region_is_one_sentence(small_office: Path) -> None:
    response = client_of(create_app()).get("/wall/data?scope=123456")
    assert response.status_code == 404
    assert "123456" in response.json["refused"]


def test_a_wall_reaches_no_further_than_the_posts_of_who_looks_at_it(small_office: Path) -> None:
    fill(now=NOW)
    client = client_of(create_app(), person("leader", region_code="990101"))
    own = json.loads(gzip.decompress(client.get("/wall/data?scope=&lang=zh&theme=night").data))
    assert [crumb["name"] for crumb in own["panels"]["place"]["crumbs"]] == ["镜湖县"]
    assert own["panels"]["place"]["up"] is None
    town = json.loads(gzip.decompress(client.get("/wall/data?scope=990101002&lang=zh&theme=night").data))
    assert [crumb["scope"] for crumb in town["panels"]["place"]["crumbs"]] == ["990101", "990101002"]
    for outside in ("9901", "99", "990102"):
        response = client.get(f"/wall/data?scope={outside}&lang=zh")
        assert response.status_code == 403
        assert outside in response.json["refused"]

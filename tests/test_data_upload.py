"""Messy uploads: every way in which departments send tables is understood, said, and stored as what it means.

Source: field/simulator.md, 7.
"""

import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from dashboard.doors import feeds as doors
from data.accounts import AT_THE_MACHINE
from data.database import reading, writing
from data.errors import InputRefused, RegisterRefused
from data.pending_uploads import keep, pending
from data.refused_rows import refused_table
from data.register_catalogue import find_register
from data.settings import settings as office_settings
from data.tables import DatasetFiling, FilingQuality, Region
from data.upload import store, understand
from data.upload_understood import ONCE, Decisions, Understood

AT = datetime(2024, 6, 3, 1)
A, B, C = "99010219491231018X", "990102195001010017", "990102196005050010"
HEADER = ["身份证号", "姓名", "死亡日期", "登记日期", "来源"]
ROWS = [[A, "明某", "2024-05-01", "2024-05-03", "医院"], [B, "镜某", "2024-05-02", "2024-05-04", "医院"]]
CLAIMS = ["户号", "身份证号", "姓名", "村", "年度", "申报面积（亩）", "补贴金额", "发放日期", "经办人", "申报编号"]


def csv(folder: Path, *rows: Sequence[str], encoding: str = "utf-8", name: str = "deaths.csv") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(",".join(row) for row in rows).encode(encoding))
    return path


def book(folder: Path, sheets: dict[str, list[list[Any]]], *, hide: str = "", merge: Sequence[str] = ()) -> Path:
    path = folder / "book.xlsx"
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for cells in merge:
            sheet.merge_cells(cells)
        if name == hide:
            sheet.sheet_state = "hidden"
    made.save(path)
    return path


def seen(path: Path, register: str | None = "death", decisions: Decisions | None = None) -> Understood:
    with reading() as session:
        return understand(session, path, register, decisions or Decisions())


def stored(understood: Understood) -> list[dict[str, Any]]:
    with writing() as session:
        filing = store(session, understood, AT_THE_MACHINE, at=AT, legal_basis="《监察法》", purpose="比对")
        path = office_settings().registers / str(filing.path)
    return pq.read_table(path).to_pylist()


def said(understood: Understood) -> str:
    notes = [*understood.notes, *(note for column in understood.columns for note in column.notes)]
    return " ".join(note.zh for note in notes)


def claim(number: int, amount: object, village: str = "东村") -> list[Any]:
    return [f"H{number}", A, "明某", village, "2024", 3, amount, "2024-05-01", B, f"S{number}"]


@pytest.fixture
def places(small_office: Path) -> Path:
    with writing() as session:
        for code, name, level, into in (
            ("99", "示范省", 1, None), ("9901", "示范市", 2, None), ("990101", "东川县", 3, None),
            ("990101001", "高桥镇", 4, None), ("990101002", "柳溪镇", 4, None), ("990101001002", "新村", 5, None),
            ("990101001001", "东村", 5, "990101001002"), ("990101002001", "西村", 5, None),
        ):  # fmt: skip
            session.add(
                Region(
                    code=code, name=name, name_en=code, level=level, valid_from=date(2000, 1, 1),
                    valid_to=date(2023, 1, 1) if into else None, merged_into=into,
                )
            )  # fmt: skip
            session.flush()
    return small_office


@pytest.mark.parametrize("encoding", ["gbk", "utf-8-sig", "utf-16", "utf-8"])
def test_title_rows_totals_notes_and_any_encoding(small_office: Path, tmp_path: Path, encoding: str) -> None:
    path = csv(
        tmp_path, ["东川县死亡人口登记表", "", "", "", ""], ["填报单位：卫健局", "", "", "", ""], HEADER, *ROWS,
        ["合 计", "2 人", "", "", ""], ["填表人：孙某", "", "", "", "日期：6月"], encoding=encoding,
    )  # fmt: skip
    found = seen(path)
    assert found.tables[0].titles == ("东川县死亡人口登记表", "填报单位：卫健局")
    assert found.tables[0].header_rows == (3,)
    assert found.tables[0].set_aside == ((6, "total"), (7, "note"))
    assert (found.n_taken, found.n_refused, found.questions) == (2, 0, ())
    assert [row["id_no"] for row in stored(found)] == [A, B]


def test_merged_cells_and_two_header_lines_are_joined(places: Path, tmp_path: Path) -> None:
    rows = [
        ["2024年补贴发放表"],
        ["申报编号", "户号", "身份证号", "姓名", "村", "年度", "发放情况", None, None, "经办人"],
        [None, None, None, None, None, None, "申报面积", "补贴金额", "发放日期", None],
        ["S1", "H1", A, "明某", "西村", "2024", 3, 300, "2024-05-01", B],
        ["S2", "H2", C, "镜某", None, "2024", 2, 200, "2024-05-01", B],
    ]
    merge = ["A1:J1", "G2:I2", "E4:E5", *(f"{letter}2:{letter}3" for letter in "ABCDEFJ")]
    found = seen(book(tmp_path, {"表": rows}, merge=merge), "land_subsidy")
    assert found.tables[0].header_rows == (2, 3)
    assert "合并单元格已逐行补齐：村" in said(found)
    assert [(row["village"], row["amount"]) for row in stored(found)] == [("990101002001", 300), ("990101002001", 200)]


def test_an_amount_in_a_merged_cell_is_asked_about(small_office: Path, tmp_path: Path) -> None:
    path = book(tmp_path, {"表": [CLAIMS, claim(1, 300), claim(2, None)]}, merge=["G2:G3"])
    assert [question.kind for question in seen(path, "land_subsidy").questions] == ["merged"]
    settled = seen(path, "land_subsidy", Decisions(merged={"amount": ONCE}))
    assert [row["amount"] for row in stored(settled)] == [300, 0]


@pytest.mark.parametrize(
    ("written", "number", "words"),
    [
        ("９９０１０２１９４９１２３１０１８Ｘ", A, "全角"),
        ("99010219491231018x", A, "小写 x"),
        ("'99010219491231018X ", A, "撇号"),
        ("990102491231018", A, "15 位"),
    ],
)
def test_identity_numbers_are_mended_and_that_is_said(
    small_office: Path, tmp_path: Path, written: str, number: str, words: str
) -> None:
    found = seen(csv(tmp_path, HEADER, [written, *ROWS[0][1:]]))
    assert stored(found)[0]["id_no"] == number
    assert words in said(found)


def test_numbers_a_spreadsheet_shortened_are_refused_row_by_row(small_office: Path, tmp_path: Path) -> None:
    rows = [HEADER, *ROWS, [990102194912310021, *ROWS[0][1:]], ["9.90102E+17", *ROWS[0][1:]]]
    found = seen(book(tmp_path, {"表": rows}))
    assert [row["row_number"] for row in found.refused] == [4, 5]
    assert "科学计数法" in found.refused[0]["reason"]
    assert len(stored(found)) == 2
    with reading() as session:
        filing = session.scalars(select(DatasetFiling)).one()
        table = refused_table(session, filing.id)
    assert (filing.n_refused, table["row_number"].tolist()) == (2, [4, 5])


@pytest.mark.parametrize(
    "written", ["2024.5.1", "20240501", "45413", "二〇二四年五月一日", "2024年5月1日", "2024/5/1", "２０２４－５－１"]
)
def test_dates_are_read_however_they_are_written(small_office: Path, tmp_path: Path, written: str) -> None:
    assert stored(seen(csv(tmp_path, HEADER, [A, "明某", written, *ROWS[0][3:]])))[0]["death_date"] == date(2024, 5, 1)


@pytest.mark.parametrize("written", ["二〇二四年五月", "2024年5月", "202405", "2024.5"])
def test_a_month_is_no_date_unless_somebody_says_so(small_office: Path, tmp_path: Path, written: str) -> None:
    path = csv(tmp_path, HEADER, ROWS[0], [B, "镜某", written, *ROWS[0][3:]])
    found = seen(path)
    assert "只有年月" in found.refused[0]["reason"]
    settled = seen(path, decisions=Decisions(months_as_days=frozenset({"death_date"})))
    assert stored(settled)[1]["death_date"] == date(2024, 5, 1)


@pytest.mark.parametrize(
    "written", ["二〇二四年五月", "2024年5月", "202405", "2024-05", "2024.05", "2024-05-31", "45413"]
)
def test_months_are_read_however_they_are_written(small_office: Path, tmp_path: Path, written: str) -> None:
    found = seen(csv(tmp_path, ["表号", "月份", "用电量", "夜间用电量"], ["M1", written, "12", "3"]), "power_use")
    assert stored(found)[0]["month"] == "2024-05"


@pytest.mark.parametrize(
    ("title", "cell", "amount"),
    [
        ("补贴金额", "\"1,234.50元\"", 1234.5), ("补贴金额", "0.3万", 3000), ("补贴金额（万元）", "0.3", 3000),
        ("补贴金额（万元）", "3000元", 3000), ("补贴金额", "￥１２", 12),
    ],
)  # fmt: skip
def test_amounts_come_to_yuan(small_office: Path, tmp_path: Path, title: str, cell: str, amount: float) -> None:
    header = [title if one == "补贴金额" else one for one in CLAIMS]
    found = seen(csv(tmp_path, header, [str(one) for one in claim(1, cell)]), "land_subsidy")
    assert stored(found)[0]["amount"] == pytest.approx(amount)


def test_a_unit_above_the_table_and_a_switch_in_the_middle_are_followed(small_office: Path, tmp_path: Path) -> None:
    rows = [["补贴表"], ["单位：万元"], CLAIMS, claim(1, 0.3), ["单位：元"], claim(2, 3000), CLAIMS, claim(3, 2000)]
    found = seen(book(tmp_path, {"表": rows}), "land_subsidy")
    assert found.tables[0].units == ((0, 1e4), (5, 1.0))
    assert found.tables[0].set_aside == ((5, "unit"), (7, "header"))
    assert [row["amount"] for row in stored(found)] == [3000, 3000, 2000]


def test_a_unit_that_seems_to_change_unsaid_is_asked_about(small_office: Path, tmp_path: Path) -> None:
    amounts = [3000, 2500, 2800, 0.3, 0.25, 0.28]
    path = book(tmp_path, {"表": [CLAIMS, *(claim(n, amount) for n, amount in enumerate(amounts))]})
    (question,) = seen(path, "land_subsidy").questions
    assert (question.kind, question.about, question.row) == ("unit", "amount", 5)
    with pytest.raises(InputRefused, match="another unit"):
        stored(seen(path, "land_subsidy"))
    settled = seen(path, "land_subsidy", Decisions(units={"amount": ((0, 1.0), (5, 1e4))}))
    assert [row["amount"] for row in stored(settled)] == [3000, 2500, 2800, 3000, 2500, 2800]


@pytest.mark.parametrize(
    ("written", "code", "words"),
    [
        ("西村", "990101002001", "地名换成区划代码"), ("东村", "990101001002", "旧名“东村”按现名“新村”"),
        ("东川县柳溪镇西村", "990101002001", ""), ("高桥", "990101001", ""), ("990101001000", "990101001", ""),
        ("无名村", "无名村", "不是已登记的地区"), ("990101001001", "990101001001", ""),
    ],
)  # fmt: skip
def test_places_become_codes(places: Path, tmp_path: Path, written: str, code: str, words: str) -> None:
    found = seen(book(tmp_path, {"表": [CLAIMS, claim(1, 300, written)]}), "land_subsidy")
    assert stored(found)[0]["village"] == code
    assert words in said(found)


def test_a_sheet_for_each_town_is_one_table_with_the_town(places: Path, tmp_path: Path) -> None:
    header = [title for title in CLAIMS if title != "村"]
    rows = {town: [header, [c for c in claim(n, n * 100) if c != "东村"]] for n, town in ((1, "高桥镇"), (2, "柳溪镇"))}
    path = book(tmp_path, {**rows, "去年": [header, claim(9, 1)], "说明": [["随便写写"]]}, hide="去年")
    found = seen(path, "land_subsidy")
    assert [table.sheet for table in found.tables] == ["高桥镇", "柳溪镇"]
    assert set(found.left_out) == {"去年", "说明"}
    assert "“去年”处于隐藏状态" in said(found)
    assert [row["village"] for row in stored(found)] == ["990101001", "990101002"]
    assert [table.sheet for table in seen(path, "land_subsidy", Decisions(sheets=("柳溪镇",))).tables] == ["柳溪镇"]


def test_duplicates_are_counted_and_left_out_only_on_request(small_office: Path, tmp_path: Path) -> None:
    path = csv(tmp_path, HEADER, *ROWS, ROWS[0])
    found = seen(path)
    assert (found.n_duplicates, found.n_taken) == (1, 3)
    assert seen(path, decisions=Decisions(without_duplicates=True)).n_taken == 2


def test_people_and_numbers_that_disagree_are_noted(small_office: Path, tmp_path: Path) -> None:
    other = [A[:14] + "0038", *ROWS[0][1:]]
    words = said(seen(csv(tmp_path, HEADER, ROWS[0], [A, "别某", *ROWS[0][2:]], other)))
    assert "1 个证号对应两个以上姓名" in words
    assert "1 组同名同生日" in words
    assert "校验位不符" in words


def test_a_name_where_a_number_is_expected_is_noted(small_office: Path, tmp_path: Path) -> None:
    row = claim(1, 300)
    row[8] = "孙某某"
    found = seen(book(tmp_path, {"表": [CLAIMS, row]}), "land_subsidy")
    assert "经办人：有 1 行只有姓名没有证号" in said(found)
    assert found.n_taken == 1


def test_the_same_title_twice_is_taken_once_and_said(small_office: Path, tmp_path: Path) -> None:
    found = seen(csv(tmp_path, [*HEADER, "姓名"], [*ROWS[0], "别某"]))
    assert [(c.match.title, c.match.column) for c in found.columns][-1] == ("姓名 (2)", None)
    assert "同名栏目：姓名 (2)" in said(found)
    chosen = seen(csv(tmp_path, [*HEADER, "姓名"], [*ROWS[0], "别某"]), decisions=Decisions(columns={"姓名": "", "姓名 (2)": "name"}))  # fmt: skip  # noqa: E501
    assert stored(chosen)[0]["name"] == "别某"


def test_a_first_record_of_words_alone_is_no_second_header_line(small_office: Path, tmp_path: Path) -> None:
    found = seen(csv(tmp_path, ["姓名", "姓名", "备注"], ["甲某", "乙某", "无"], ["丙某", "丁某", "有"]), None)
    assert (found.tables[0].header_rows, found.n_taken) == ((1,), 2)


def test_months_that_neither_this_file_nor_earlier_ones_hold_are_said(small_office: Path, tmp_path: Path) -> None:
    def use(*months: str) -> Understood:
        rows = [["M1", month, "12", "3"] for month in months]
        return seen(csv(tmp_path, ["表号", "月份", "用电量", "夜间用电量"], *rows), "power_use")

    assert "缺少月份：2024-02" in said(use("2024-01", "2024-03"))
    stored(use("2024-01", "2024-02"))
    assert "缺少月份：2024-03" in said(use("2024-04"))


@pytest.mark.parametrize("content", [b"%PDF-1.7 scan", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0 jpeg"])
def test_a_scan_is_refused_in_a_sentence(small_office: Path, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(content)
    with pytest.raises(RegisterRefused, match="cannot be relied on") as refused:
        seen(path)
    assert "扫描件" in refused.value.words("zh")


def test_columns_are_told_by_name_label_word_likeness_and_look(small_office: Path, tmp_path: Path) -> None:
    header = ["公民身份号码", "name", "死亡日期", "登记时间", "来源渠道", "备用"]
    found = seen(csv(tmp_path, header, [*ROWS[0], "x"]))
    assert [(c.match.column, c.match.how) for c in found.columns] == [
        ("id_no", "word"), ("name", "name"), ("death_date", "label"), ("register_date", "word"), ("source", "near"),
        (None, "none"),
    ]  # fmt: skip
    assert [(q.kind, q.about) for q in found.questions] == [("column", "来源渠道")]
    looked = seen(csv(tmp_path, ["甲", *HEADER[1:]], ROWS[0]))
    assert (looked.columns[0].match.column, looked.columns[0].match.how) == ("id_no", "look")
    assert [q.kind for q in seen(csv(tmp_path, HEADER[:4], ROWS[0][:4])).questions] == ["missing"]


def test_failed_checks_are_counted_for_the_supplier_and_refuse_nothing(small_office: Path, tmp_path: Path) -> None:
    found = seen(csv(tmp_path, HEADER, *ROWS, [A[:17] + "1", *ROWS[0][1:]]))
    assert found.n_taken == len(stored(found)) == 3
    with reading() as session:
        quality = session.scalars(select(FilingQuality)).one()
    assert (quality.n_checked, quality.n_failed, quality.failed) == (3, 1, '{"id_no": {"digit": 1}}')


def test_without_a_register_one_of_the_offices_own_is_proposed(small_office: Path, tmp_path: Path) -> None:
    header = ["证件号", "姓名", "入会日期", "会费（元）", "联系电话", "是否在职", "月份", "备注"]
    path = csv(
        tmp_path, header, [A, "明某", "2024.5.1", "1,000".replace(",", ""), "19900001111", "是", "2024年5月", ""],
        [B, "镜某", "2024.5.2", "200元", "19900002222", "否", "2024年6月", "补"], name="协会会员.csv",
    )  # fmt: skip
    found = seen(path, None)
    assert (found.is_own, found.register.name) == (True, "协会会员")
    assert [(c.name, c.type, c.personal) for c in found.register.columns.values()] == [
        ("id_no", "text", True), ("name", "text", True), ("column_3", "date", False), ("column_4", "number", False),
        ("phone", "text", True), ("column_6", "flag", False), ("month", "month", False), ("remark", "text", False),
    ]  # fmt: skip
    assert found.keys[0] == ("id_no",)
    assert found.register.columns["remark"].optional
    assert found.questions == ()
    assert [row["column_4"] for row in stored(found)] == [1000, 200]
    with reading() as session:
        assert find_register(session, found.register.code) == found.register


def test_storing_needs_a_basis_and_a_purpose_and_the_same_again_changes_nothing(
    small_office: Path, tmp_path: Path
) -> None:
    found = seen(csv(tmp_path, HEADER, *ROWS))
    with writing() as session, pytest.raises(InputRefused, match="legal basis and its purpose"):
        store(session, found, AT_THE_MACHINE, at=AT)
    first, again = stored(found), stored(found)
    assert first == again
    with writing() as session:
        # Both are those of the last version where none is given.
        later = seen(csv(tmp_path, HEADER, ROWS[0]))
        filing = store(session, later, AT_THE_MACHINE, at=AT)
        assert (filing.version, filing.legal_basis, filing.purpose) == (2, "《监察法》", "比对")


def test_the_command_line_goes_through_the_same_door(small_office: Path, tmp_path: Path) -> None:
    run = CliRunner()
    path = csv(tmp_path, ["死亡人口"], ["证号", *HEADER[1:4], "来源渠道"], *ROWS, [A, "明某", "soon", *ROWS[0][3:]])
    command = [str(path), "--register", "death", "--legal-basis", "《监察法》", "--purpose", "比对"]
    with pytest.raises(InputRefused, match=r"来源渠道.*--column"):
        run.invoke(doors.import_feed, command, catch_exceptions=False)
    command += ["--column", "来源渠道=source"]
    first = run.invoke(doors.import_feed, command, catch_exceptions=False)
    assert "version 1 of register death: 2 rows, 1 refused (filing 1)" in first.output
    assert "nothing was changed" in run.invoke(doors.import_feed, command, catch_exceptions=False).output
    for wrong in (["--name", "x"], ["--column", "x"]):
        with pytest.raises(InputRefused, match=r"are for feeds|TITLE=COLUMN"):
            run.invoke(doors.import_feed, [*command, *wrong], catch_exceptions=False)


_TEXT = st.text(st.sampled_from("甲乙丙丁天地玄黄"), min_size=2, max_size=4)
_DAY = st.dates(date(1990, 1, 1), date(2024, 6, 1))


@given(rows=st.lists(st.tuples(_TEXT, _DAY, _DAY, _TEXT), min_size=1, max_size=8), messy=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_is_what_is_read(
    small_office: Path, tmp_path: Path, rows: list[tuple[str, date, date, str]], messy: bool
) -> None:
    def day(one: date) -> str:
        return f"{one.year}年{one.month}月{one.day}日" if messy else one.isoformat()

    lines = [[A, name, day(died), day(told), source] for name, died, told, source in rows]
    found = seen(csv(tmp_path, *([["死亡人口登记"]] if messy else []), HEADER, *lines, encoding="gb18030"))
    columns = ("name", "death_date", "register_date", "source")
    assert [tuple(row[c] for c in columns) for row in found.table.to_pylist()] == rows


def test_a_column_of_an_own_register_in_ten_thousands_is_called_by_the_unit_it_is_kept_in(
    small_office: Path, tmp_path: Path
) -> None:
    path = csv(tmp_path, ["企业名称", "注册资本（万元）"], ["甲厂", "50"], ["乙厂", "1000.5"], name="企业.csv")
    found = seen(path, None)
    person = AT_THE_MACHINE
    with writing() as session:
        filing = store(session, found, person, at=AT, legal_basis="《监察法》", purpose="监督")
        code = filing.name
        column = find_register(session, code).columns["column_2"]
    assert column.label == "注册资本（元）"
    again = seen(path, code)
    assert [row["column_2"] for row in stored(again)] == [500_000, 10_005_000], "the file still says its own unit"


def test_merged_cells_that_lie_over_one_another_are_a_damaged_workbook(tmp_path: Path, small_office: Path) -> None:
    path = book(tmp_path, {"表": [HEADER, *ROWS * 20]}, merge=["A2:A40"])
    with zipfile.ZipFile(path) as packed:
        parts = {entry: packed.read(entry) for entry in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for entry, content in parts.items():
            again = b'<mergeCell ref="A2:A40"/>' * 500 + b"</mergeCells>"
            packed.writestr(entry, content.replace(b"</mergeCells>", again))
    with pytest.raises(RegisterRefused, match="lie over one another") as refused:
        seen(path)
    assert "合并单元格相互重叠" in refused.value.words("zh")


def test_a_table_of_too_many_columns_is_refused_at_once(tmp_path: Path, small_office: Path) -> None:
    path = csv(tmp_path, [f"列{n}" for n in range(1_001)], ["1"] * 1_001)
    with pytest.raises(RegisterRefused, match="has 1,001 columns"):
        seen(path, None)


def test_a_long_chinese_file_name_can_be_kept(small_office: Path) -> None:
    keep("clerk", "关于报送二〇二四年度惠民资金发放明细表" * 6 + ".csv", b"x")
    assert pending("clerk").name.endswith("明细表.csv")

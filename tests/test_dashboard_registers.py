"""Registers: the calendar, the catalogue, one register, its tickets, and an import from file to version."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from sqlalchemy import select

from dashboard.app import create_app
from dashboard.attachment_files import HEADER
from dashboard.pages import correction, my_work, register, register_import, registers
from dashboard.visitor import visiting
from data import corrections
from data.database import reading, writing
from data.errors import InputRefused, NotFound, NotPermitted
from data.pending_uploads import keep
from data.registers import file_register
from data.rights import Person
from data.tables import Alert, CorrectionTicket, DatasetFiling, Unit
from data.upload_decisions import decisions_of
from tests.office_in_miniature import fill
from tests.people import client_of, person

NOW = datetime.now(UTC).replace(tzinfo=None)
KEEPER = person("analyst", code="keeper")
LEADER = person("leader", code="boss")
CONTACT = person("contact", unit_code="D-POWER", code="power")
OTHER = person("contact", unit_code="U3", code="else")
HEADER_ROW = ["证号", "姓名", "死亡日期", "登记日期", "来源渠道"]
A, B = "99010219491231018X", "990102195001010017"
MESSY = "\r\n".join(
    [
        "东川县死亡人口登记表,,,,",
        ",".join(HEADER_ROW),
        f"{A[:-1]}x,明某,2024.5.1,二〇二四年五月三日,医院",
        f"{B},镜某,45414,20240504,医院",
        "9.90102E+17,孙某,2024-05-01,2024-05-03,医院",
        "合计,3 人,,,",
    ]
).encode("gbk")
SETTLED = {"column|来源渠道": "source", "legal_basis|": "《监察法》第十八条", "purpose|": "大数据监督"}


@pytest.fixture
def filed(small_office: Path) -> int:
    fill(now=NOW, n_alerts=12)
    use = pd.DataFrame([{"meter_no": "M", "month": "2024-01", "kwh": k, "night_kwh": "1"} for k in ("10", "?")])
    with writing() as session:
        session.add(Unit(code="D-POWER", name="县供电公司", name_en="Power", kind="department", region_code="990101"))
        return file_register(session, "power_use", use, at=NOW, legal_basis="《监察法》", purpose="比对").id


def shown(content: Any) -> str:
    return str(content)


class TestRegisters:
    def test_the_calendar_suppliers_and_catalogue_are_there(self, filed: int) -> None:
        with visiting(KEEPER):
            said = shown(registers.layout(lang="zh"))
        for words in ("报送日历", "供电公司", "数据目录", "月用电量", "导入数据", "拒收 1 / 2 行"):
            assert words in said

    def test_who_may_not_import_is_not_led_there(self, filed: int) -> None:
        with visiting(LEADER):
            assert "/register-import" not in shown(registers.layout(lang="en"))
            assert "/register-import" not in shown(register.layout("power_use", lang="en"))

    @pytest.mark.parametrize("lang", ["zh", "en"])
    def test_every_page_is_worded_in_both_languages(self, filed: int, lang: str) -> None:
        keep(KEEPER.code, "死亡.csv", MESSY)
        with visiting(KEEPER):
            pages = [registers.layout(lang=lang), register.layout("power_use", lang=lang), register_import.layout(lang)]
            pages.append(register_import.seen("death", {}, lang))
            pages.append(register_import.seen("-", {}, lang))
        assert all(pages)


class TestTickets:
    def test_a_ticket_goes_out_is_answered_and_closed(self, filed: int) -> None:
        with visiting(KEEPER):
            assert "第 1 版有 1 行拒收" in shown(register.body("power_use", "zh"))
            assert "待答复" in shown(register.ask("power_use", "refused", filed, "zh"))
        with reading() as session:
            number = session.scalars(select(CorrectionTicket.id)).one()
        with visiting(CONTACT):
            assert f"/correction/{number}" in shown(my_work.layout(lang="zh"))
            assert "下载明细" in shown(correction.body(number, "zh"))
            assert "已答复" in shown(correction.send(number, "已更正，随下期重报", "zh"))
        with visiting(KEEPER):
            assert "已答复，待办结" in shown(register.body("power_use", "zh"))
            assert "已办结" in shown(register.close("power_use", number, "已经更正", None, "zh"))

    def test_the_rows_are_for_the_department_that_supplied_them_alone(self, filed: int) -> None:
        with writing() as session:
            asked = corrections.ask(session, KEEPER, at=NOW, kind="refused", filing_id=filed, request="请更正后重报")
            number = asked.id
        app = create_app()
        answer = client_of(app, CONTACT).get(f"/correction/{number}/rows")
        sheet = openpyxl.load_workbook(BytesIO(answer.data)).active
        assert sheet is not None
        assert [cell.value for cell in sheet[2]][:2] == ["3", "M"]
        assert client_of(app, OTHER).get(f"/correction/{number}/rows").status_code == 404
        with visiting(OTHER), pytest.raises(NotFound):
            correction.body(number, "zh")

    def test_an_alert_from_wrong_data_goes_to_the_supplier_of_what_its_model_reads(self, filed: int) -> None:
        with writing() as session:
            session.add(
                Unit(code="D-HEALTH", name="县卫健局", name_en="Health", kind="department", region_code="990101")
            )
            alert = session.scalars(select(Alert)).first()
            assert alert is not None
            alert.source, alert.status, alert.outcome = "M02", "closed", "D1"
            number = alert.id
        with visiting(KEEPER):
            assert f"第 {number} 号预警经核查系数据错误" in shown(register.body("death", "zh"))
            said = shown(register.ask("death", "alert", number, "zh"))
            assert f"第 {number} 号预警经核查系数据错误" not in said
            assert "核查认定为数据错误的预警" in said
            with pytest.raises(InputRefused, match="nothing to correct"):
                register.ask("death", "anything", number, "zh")

    def test_who_may_only_look_sends_and_closes_nothing(self, filed: int) -> None:
        with visiting(LEADER), pytest.raises(NotPermitted):
            register.ask("power_use", "refused", filed, "zh")


class TestImport:
    def test_nothing_is_stored_before_what_is_unsure_is_settled(self, filed: int) -> None:
        keep(KEEPER.code, "死亡.csv", MESSY)
        with visiting(KEEPER):
            said = shown(register_import.seen("death", {}, "zh"))
            for words in ("“来源渠道”是否就是“来源”", "科学计数法", "东川县死亡人口登记表", "合计行", "小写 x"):
                assert words in said
            with pytest.raises(InputRefused, match="still to be settled"):
                register_import.keep("death", {}, "zh")
            assert "尚有待确认" not in shown(register_import.seen("death", SETTLED, "zh"))
            assert "第 1 版：2 行，拒收 1 行" in shown(register_import.keep("death", SETTLED, "zh"))
            with pytest.raises(InputRefused, match="No file waits"):
                register_import.seen("death", {}, "zh")

    def test_an_own_register_is_named_and_trimmed(self, filed: int) -> None:
        keep(KEEPER.code, "会员.csv", MESSY)
        settled = SETTLED | {
            "column|来源渠道": "", "code|": "members", "name|": "协会会员", "supplier|": "民政局", "key|": "id_no",
        }  # fmt: skip
        with visiting(KEEPER):
            register_import.keep("-", settled, "zh")
            said = shown(register.layout("members", lang="zh"))
        assert "协会会员" in said
        assert "来源渠道" not in said

    def test_a_name_of_a_built_in_register_is_not_taken(self, filed: int) -> None:
        keep(KEEPER.code, "会员.csv", MESSY)
        with visiting(KEEPER), pytest.raises(InputRefused, match="another description"):
            register_import.keep("-", SETTLED | {"code|": "death"}, "zh")

    def test_a_unit_is_settled_by_what_the_form_sends(self) -> None:
        assert decisions_of({"unit|amount": "5:元:万元"}).units == {"amount": ((0, 1.0), (5, 1e4))}
        assert decisions_of({"unit|amount": "same", "merged|amount": "x"}).units == {"amount": ((0, 1.0),)}

    @pytest.mark.parametrize(("who", "status"), [(KEEPER, 200), (LEADER, 403), (CONTACT, 403)])
    def test_only_who_keeps_registers_uploads(self, filed: int, who: Person, status: int) -> None:
        client = client_of(create_app(), who)
        assert client.post("/register-import/file", data=MESSY, headers={HEADER: "a.csv"}).status_code == status
        assert client.post("/register-import/file", data=MESSY).status_code == 403


@pytest.mark.browser
def test_a_messy_gbk_file_becomes_a_version(filed: int, open_page: Callable[[Person | None], Any]) -> None:
    page = open_page(KEEPER)
    page.goto("/register-import?register=death&lang=zh")
    page.wait_for_selector("#import-register")
    with page.expect_file_chooser() as chooser:
        page.click("[data-upload] button")
    chooser.value.set_files({"name": "死亡.csv", "mimeType": "text/csv", "buffer": MESSY})
    page.wait_for_selector("text=请先确认")
    assert page.is_disabled("button:has-text('确认入库')")
    page.click("button:has-text('确认以上选择并重新识别') >> nth=0")
    page.wait_for_selector("button:has-text('确认入库（2 行）'):not([disabled])")
    for place, words in ((-2, "《监察法》第十八条"), (-1, "大数据监督")):
        page.locator(".import-fields input.field, .import-fields .field input").nth(place).fill(words)
    page.click("button:has-text('确认入库')")
    page.wait_for_selector("#import-done:has-text('第 1 版：2 行，拒收 1 行')")
    with reading() as session:
        filing = session.scalars(select(DatasetFiling).where(DatasetFiling.name == "death")).one()
    assert (filing.legal_basis, filing.n_rows) == ("《监察法》第十八条", 2)
    page.click("text=查看这项数据")
    page.wait_for_selector("#register-body:has-text('死亡人口')")

"""An own register imported, put right by a further version, and a second register that takes nothing from the first."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.pages import register_import
from dashboard.visitor import visiting
from data.database import reading, writing
from data.pending_uploads import keep
from data.register_catalogue import find_register
from data.registers import open_registers
from data.tables import DatasetFiling
from data.upload_decisions import own_register
from data.upload_versions import usual_key
from tests.people import person

KEEPER = person("analyst", code="keeper")
NOW = datetime.now(UTC).replace(tzinfo=None)
A, B = "99010219491231018X", "990102195001010017"
HEAD = "序号,公民身份号码,姓名,退休时间,原工作单位"
WRONG = f"1,{A},明某,2024-05-01,甲局\n2,{B},镜某,2024-05-02,乙局"
RIGHT = f"1,{A},明某,2024-05-01,甲局\n2,{B},镜某,2023-05-02,乙局"
BASIS = {"supplier|": "区委组织部", "legal_basis|": "移交函 12 号", "purpose|": "专项监督"}


def upload(lines: str, name: str = "名册.csv", head: str = HEAD) -> None:
    keep("keeper", name, f"{head}\n{lines}\n".encode())


def seen(code: str = register_import.OWN, **settled: Any) -> str:
    with visiting(KEEPER):
        return str(register_import.seen(code, settled, "zh"))


def stored(code: str = register_import.OWN, draft: str = "", **settled: Any) -> str:
    with visiting(KEEPER):
        return str(register_import.keep(code, BASIS | settled, "zh", draft))


def dates(code: str, at: datetime | None = None) -> list[str]:
    with reading() as session, open_registers(session, [code], as_of=at or datetime.now(UTC)) as opened:
        return sorted(str(day) for (day,) in opened.execute(f"SELECT retire_date FROM {code}").fetchall())  # noqa: S608


def test_the_number_of_whom_a_row_is_about_is_the_key_that_is_proposed_and_never_the_number_of_a_line(
    small_office: Path,
) -> None:
    upload(WRONG)
    with visiting(KEEPER):
        assert register_import.read(register_import.OWN, {}).register.key == ("id_no",)
        assert register_import.read(register_import.OWN, {"key|": ""}).register.key == ()
        assert register_import.read(register_import.OWN, {"key|": "serial_no"}).register.key == ("serial_no",)
    upload(
        f"{A},明镜甲,91990102MA00000018\n{B},明镜乙,91990102MA00000026",
        head="法定代表人身份证号,企业名称,统一社会信用代码",
    )
    with visiting(KEEPER):
        assert register_import.read(register_import.OWN, {}).register.key == ("uscc",)
    upload("1,x\n2,y", head="序号,备注")
    with visiting(KEEPER):
        found = register_import.read(register_import.OWN, {})
    assert found.keys
    assert usual_key(found) == ()
    assert own_register(found.register, {}, usual_key(found)).key == ()


@pytest.mark.parametrize("key", ["id_no", ""])
def test_a_corrected_file_puts_the_wrong_row_right_with_a_key_or_in_place_of_the_version_before(
    small_office: Path, key: str
) -> None:
    upload(WRONG)
    stored(**{"key|": key, "code|": "cadres"})
    upload(RIGHT)
    said = seen("cadres")
    assert "本文件有 1 行与第 1 版（2 行）完全相同" in said
    # What looks like a correction stands in place of the wrong version unless somebody says otherwise.
    assert ("value='replace'" in said) == (not key)
    stored("cadres", **{"versions|": "add" if key else "replace"})
    assert dates("cadres") == ["2023-05-02", "2024-05-01"]


def test_what_was_replaced_counts_until_the_day_it_was(small_office: Path) -> None:
    upload(WRONG)
    stored(**{"key|": "", "code|": "cadres"})
    with writing() as session:
        first = session.scalars(select(DatasetFiling).where(DatasetFiling.name == "cadres")).one()
        first.received_at = NOW - timedelta(days=9)
    upload(RIGHT)
    stored("cadres", **{"versions|": "replace"})
    with reading() as session:
        versions = session.scalars(select(DatasetFiling).order_by(DatasetFiling.version)).all()
        assert [one.replaces for one in versions] == [False, True]
    with writing() as session:
        session.scalars(select(DatasetFiling).where(DatasetFiling.version == 2)).one().received_at = NOW + timedelta(9)
    assert "2024-05-02" in dates("cadres")
    assert "2024-05-02" not in dates("cadres", NOW + timedelta(days=10))
    # What was replaced and is to stand again is a version of its own.
    upload(WRONG)
    assert "第 3 版" in stored("cadres", **{"versions|": "replace"})
    upload(WRONG)
    assert "第 3 版" in stored("cadres", **{"versions|": "replace"}), "it stands alone already"


def test_a_correction_that_was_added_can_still_be_put_in_place_of_what_it_corrects(small_office: Path) -> None:
    for lines, choice in ((WRONG, {"key|": "", "code|": "cadres"}), (RIGHT, {"versions|": "add"})):
        upload(lines)
        stored("cadres" if lines is RIGHT else register_import.OWN, **choice)
    assert len(dates("cadres")) == 4
    upload(RIGHT)
    assert "第 3 版" in stored("cadres", **{"versions|": "replace"})
    assert dates("cadres") == ["2023-05-02", "2024-05-01"]


def test_a_second_register_takes_no_supplier_basis_purpose_or_code_from_the_first(small_office: Path) -> None:
    upload(WRONG)
    stored(**{"code|": "own_register"})
    upload(f"1,企业,{A}", name="企业.csv", head="序号,企业名称,法定代表人证号")
    said = seen()
    for words in BASIS.values():
        assert words not in said
    with visiting(KEEPER):
        assert register_import.read(register_import.OWN, {}).register.code != "own_register"
    with visiting(KEEPER), pytest.raises(Exception, match="legal basis"):
        register_import.keep(register_import.OWN, {}, "zh")
    upload(RIGHT, name="名册更正.csv")
    assert "已有栏目完全相同的数据“名册”" in seen()


def test_what_a_new_register_is_called_and_the_way_back_to_the_model(small_office: Path) -> None:
    upload(WRONG)
    said = seen()
    assert "本文件的列名" in said
    assert "栏目名相同" not in said
    for name in ("column_", "（id_no）"):
        assert name not in said
    assert 'htmlFor=\'{"about":"","kind":"legal_basis","type":"import-settle"}\'' in said
    assert "/factory/7" in stored(draft="7", **{"code|": "own_register"})
    assert "/factory/" not in said
    with visiting(KEEPER):
        assert ("名册 · 区委组织部", "own_register") in [
            (one["label"], one["value"]) for one in register_import.choices("zh")
        ]
    with reading() as session:
        assert list(find_register(session, "own_register").columns) == [
            "serial_no", "id_no", "name", "retire_date", "unit_name",
        ]  # fmt: skip

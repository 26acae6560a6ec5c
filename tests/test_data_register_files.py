"""Files of registers: read like feeds, filed as versions, never with guessed numbers."""

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from dashboard.doors import feeds as doors
from data.database import reading
from data.errors import InputRefused, RegisterRefused
from data.refused_rows import refused_table
from data.register_files import read_register_file

LABELS = "身份证号,姓名,死亡日期,登记日期,来源"
GOOD = "99010219491231002X,明某,2024-05-01,2024-05-03,hospital"


def deaths(folder: Path, *rows: str, header: str = LABELS) -> Path:
    path = folder / "deaths.csv"
    path.write_bytes("\n".join([header, *rows, "", ",,,,", ""]).encode("gbk"))
    return path


def test_chinese_labels_and_gbk_are_read_and_blank_ends_dropped(tmp_path: Path) -> None:
    frame = read_register_file(deaths(tmp_path, GOOD), "death")
    assert frame.columns.tolist() == ["id_no", "name", "death_date", "register_date", "source"]
    assert len(frame) == 1


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ((GOOD, "1,2"), "row 3: The row has 2 cells"),
        (("1.10105E+17,明某,2024-05-01,2024-05-03,x",), "row 2, id_no: a spreadsheet has shortened"),
    ],
)
def test_what_would_be_lost_is_refused(tmp_path: Path, rows: tuple[str, ...], words: str) -> None:
    with pytest.raises(RegisterRefused, match=words):
        read_register_file(deaths(tmp_path, *rows), "death")


def test_numbers_of_a_workbook_that_lost_digits_are_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"id_no": [110105194912310021, 7], "name": ["a", "b"]})
    frame.to_excel(tmp_path / "deaths.xlsx", index=False)
    with pytest.raises(RegisterRefused, match="row 2, id_no: a spreadsheet has shortened"):
        read_register_file(tmp_path / "deaths.xlsx", "death")


def test_an_empty_file_and_an_unknown_register_are_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "deaths.csv"
    path.touch()
    with pytest.raises(RegisterRefused, match=r"deaths\.csv: The file is empty"):
        read_register_file(path, "death")
    with pytest.raises(RegisterRefused, match="no register 'deth'"):
        read_register_file(path, "deth")


def test_the_door_files_a_version_once_and_gives_refused_rows_back(small_office: Path, tmp_path: Path) -> None:
    path = deaths(tmp_path, GOOD, "990102194912310021,明某,soon,2024-05-03,hospital")
    run = CliRunner()
    first = run.invoke(doors.import_feed, [str(path), "--register", "death"], catch_exceptions=False)
    assert "version 1 of register death: 1 rows, 1 refused (filing 1)" in first.output
    again = run.invoke(doors.import_feed, [str(path), "--register", "death"], catch_exceptions=False)
    assert "nothing was changed" in again.output
    with reading() as session:
        assert refused_table(session, 1)["row_number"].tolist() == [3]
    with pytest.raises(InputRefused, match="are for feeds"):
        run.invoke(doors.import_feed, [str(path), "--register", "death", "--name", "x"], catch_exceptions=False)

"""A file is taken by what it is, kept under its hash outside the web root, and read only by whoever sees its alert."""

import io
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import select

from data import attachments, audit, inquiries
from data.attachments import MOST_BYTES, TYPES, add, read
from data.database import reading
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.loop_tables import Attachment
from data.record_tables import AuditEntry
from data.rights import acting, seen_by
from data.settings import settings
from tests.loop_in_miniature import CONTACT, ELSEWHERE, NOW, VERIFIER, furnish, kinds, later, somebody, taken

PDF = b"%PDF-1.7\n1 0 obj"


def zipped(*names: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return held.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
CONTENTS = {
    "pdf": PDF, "png": b"\x89PNG\r\n\x1a\n123", "jpg": b"\xff\xd8\xff\xe0123", "jpeg": b"\xff\xd8\xff\xe1123",
    "docx": DOCX, "xlsx": zipped("[Content_Types].xml", "xl/workbook.xml"), "ofd": zipped("OFD.xml", "Doc_0/x.xml"),
    "txt": "情况说明".encode("gbk"), "csv": "\ufeff姓名,金额\r\n".encode(),
}  # fmt: skip


@pytest.fixture
def alert_id(small_office: Path) -> int:
    furnish()
    return taken()


def _add(alert_id: int, name: str = "会议记录.pdf", content: bytes = PDF) -> int:
    with acting(VERIFIER) as session:
        return add(session, alert_id, VERIFIER, at=NOW, name=name, content=content).id


def test_every_type_is_taken_for_what_it_is(alert_id: int) -> None:
    assert set(CONTENTS) == set(TYPES)
    for extension, content in CONTENTS.items():
        number = _add(alert_id, f"文件.{extension.upper()}", content)
        with acting(VERIFIER) as session:
            found, back = read(session, number, VERIFIER)
            assert (back, found.media_type, found.size) == (content, TYPES[extension][0], len(content))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.exe", b"MZ", "not taken"),
        ("a", PDF, "not taken"),
        ("a.html", b"<html>", "not taken"),
        ("a.svg", b"<svg>", "not taken"),
        ("a.pdf", b"MZ\x90", "not that of a .pdf"),
        ("a.png", PDF, "not that of a .png"),
        ("a.docx", zipped("xl/workbook.xml"), "not that of a .docx"),
        ("a.docx", zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"), "not that of a .docx"),
        ("a.docx", b"PK\x03\x04 cut off", "not that of a .docx"),
        ("a.txt", b"abc\x00def", "not that of a .txt"),
        ("a.csv", b"\xff\xfe\x00a", "not that of a .csv"),
        ("a.pdf", b"", "got 0 bytes"),
        ("a.pdf", PDF + b"0" * MOST_BYTES, "to 20 MB"),
    ],
)
def test_what_is_not_what_it_says_is_refused(alert_id: int, name: str, content: bytes, words: str) -> None:
    with pytest.raises(InputRefused, match=words) as refused:
        _add(alert_id, name, content)
    assert refused.value.zh
    with reading() as session:
        assert session.scalars(select(Attachment)).all() == []


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\li\\会议记录.pdf", "会议记录.pdf"),
        ("a\x00b\r\n\u202efdp.pdf", "abfdp.pdf"),
        ('<script>"x".pdf', "_script__x_.pdf"),
        ("..pdf", "pdf"),
        ("长" * 300 + ".pdf", "长" * 120 + ".pdf"),
    ],
)
def test_a_name_is_only_a_name(alert_id: int, name: str, kept: str) -> None:
    if "." not in kept:
        with pytest.raises(InputRefused):
            _add(alert_id, name)
        return
    number = _add(alert_id, name)
    with reading() as session:
        assert session.get_one(Attachment, number).name == kept


def test_content_lies_outside_the_web_root_under_its_hash_once(alert_id: int, home: Path) -> None:
    _add(alert_id)
    _add(alert_id, "同一份.pdf")
    files = [path for path in (home / "attachments").rglob("*") if path.is_file()]
    with reading() as session:
        hashes = set(session.scalars(select(Attachment.content_hash)))
    assert [path.name for path in files] == list(hashes)
    assert files[0].parent.name == files[0].name[:2]
    assert "assets" not in files[0].parts


def test_a_file_changed_on_disk_is_not_shown(alert_id: int, home: Path) -> None:
    number = _add(alert_id)
    (path,) = (path for path in (home / "attachments").rglob("*") if path.is_file())
    path.write_bytes(PDF + b"forged")
    with pytest.raises(NotFound, match="changed since it was added"), acting(VERIFIER) as session:
        read(session, number, VERIFIER)
    path.unlink()
    with pytest.raises(NotFound, match="missing"), acting(VERIFIER) as session:
        read(session, number, VERIFIER)
    _add(alert_id)
    assert path.read_bytes() == PDF


def test_reading_is_on_record(alert_id: int) -> None:
    number = _add(alert_id)
    with acting(VERIFIER) as session:
        read(session, number, VERIFIER, at=later(1))
    with reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "attachment.read")).one()
        assert (entry.actor, entry.object_id, entry.at, entry.address) == ("li", str(number), later(1), "127.0.0.1")
        assert audit.verify(session).n == entry.number
        assert kinds(session, alert_id) == ["raised", "taken", "attached"]
    with seen_by(VERIFIER) as session, pytest.raises(RuntimeError, match="would leave no record"):
        read(session, number, VERIFIER)


def test_who_does_not_see_the_alert_neither_adds_nor_reads(alert_id: int) -> None:
    number = _add(alert_id)
    for person in (ELSEWHERE, CONTACT, somebody("system_admin", "root")):
        with pytest.raises(NotFound), acting(person) as session:
            read(session, number, person)
        with pytest.raises(NotFound), acting(person) as session:
            add(session, alert_id, person, at=NOW, name="a.pdf", content=PDF)
    analyst = somebody("analyst", "an")
    with acting(analyst) as session:
        assert read(session, number, analyst)[1] == PDF
    with pytest.raises(NotPermitted), acting(analyst) as session:
        add(session, alert_id, analyst, at=NOW, name="a.pdf", content=PDF)


def test_a_contact_adds_to_and_reads_of_its_own_open_inquiry_only(alert_id: int) -> None:
    own = _add(alert_id)
    with acting(VERIFIER) as session:
        asked = inquiries.ask(session, alert_id, VERIFIER, at=NOW, unit_code="D1", question="请说明发放依据").id
    with acting(CONTACT) as session:
        number = add(session, None, CONTACT, at=NOW, name="说明.pdf", content=PDF, inquiry_id=asked).id
        assert read(session, number, CONTACT)[1] == PDF
        assert inquiries.of_department(session, CONTACT)[0].attachments == ((number, "说明.pdf"),)
    with pytest.raises(NotFound), acting(CONTACT) as session:
        read(session, own, CONTACT)
    stranger = somebody("contact", "other", unit="U2")
    with pytest.raises(NotFound), acting(stranger) as session:
        read(session, number, stranger)
    with acting(CONTACT) as session:
        inquiries.answer(session, asked, CONTACT, at=later(1), answer="已按规定发放")
    for act in (
        lambda session: read(session, number, CONTACT),
        lambda session: add(session, None, CONTACT, at=NOW, name="b.pdf", content=PDF, inquiry_id=asked),
    ):
        with pytest.raises(NotFound), acting(CONTACT) as session:
            act(session)
    with acting(VERIFIER) as session:
        assert read(session, number, VERIFIER)[1] == PDF
        assert [one.id for one in attachments.of_alert(session, alert_id)] == [own, number]


def test_there_is_an_end_to_the_files_of_one_alert(alert_id: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attachments, "MOST_FILES", 2)
    _add(alert_id)
    _add(alert_id)
    with pytest.raises(TransitionRefused, match="There are 2 files"):
        _add(alert_id)


def test_a_disk_that_takes_no_file_is_said_and_no_file_is_listed(alert_id: int) -> None:
    (settings().home / "attachments").write_text("in the way of the folder")
    with pytest.raises(MingjingError, match="nothing was kept"), acting(VERIFIER) as session:
        add(session, alert_id, VERIFIER, at=NOW, name="a.pdf", content=PDF)
    with reading() as session:
        assert session.scalars(select(Attachment)).all() == []

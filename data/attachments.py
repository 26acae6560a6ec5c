"""Attachments: files kept with an alert, outside the web root under the hash of their content.

A file is taken by what it is, not by what it is called: extension and content must agree. A file whose transaction is
rolled back stays on disk without a row, where nobody sees it.
"""

import hashlib
import io
import os
import re
import unicodedata
import zipfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from data import audit
from data.errors import InputRefused, MingjingError, NotFound, NotPermitted, TransitionRefused
from data.identity_numbers import without_numbers
from data.loop import locked, record
from data.loop_tables import Attachment, Inquiry
from data.office_time import utc_now
from data.rights import RIGHTS, RIGHTS_EN, Person, condition, whole_office
from data.settings import settings
from data.tables import Alert
from data.watch import watch

MOST_BYTES = 20 * 1024 * 1024
MOST_FILES = 60
"""Of one alert."""
_MOST_NAME = 120
_OPEN_XML = "application/vnd.openxmlformats-officedocument."


def _starts(*signatures: bytes) -> Callable[[bytes], bool]:
    return lambda content: content.startswith(signatures)


def _holds(*members: str) -> Callable[[bytes], bool]:
    def fits(content: bytes) -> bool:
        try:
            names = zipfile.ZipFile(io.BytesIO(content)).namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
            return False
        return set(members) <= set(names) and not any(name.lower().endswith("vbaproject.bin") for name in names)

    return fits


def _is_text(content: bytes) -> bool:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not any(unicodedata.category(one) == "Cc" and one not in "\r\n\t" for one in text)
    return False


TYPES: Mapping[str, tuple[str, Callable[[bytes], bool]]] = {
    "pdf": ("application/pdf", _starts(b"%PDF-")),
    "png": ("image/png", _starts(b"\x89PNG\r\n\x1a\n")),
    "jpg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "jpeg": ("image/jpeg", _starts(b"\xff\xd8\xff")),
    "docx": (f"{_OPEN_XML}wordprocessingml.document", _holds("[Content_Types].xml", "word/document.xml")),
    "xlsx": (f"{_OPEN_XML}spreadsheetml.sheet", _holds("[Content_Types].xml", "xl/workbook.xml")),
    "ofd": ("application/ofd", _holds("OFD.xml")),
    "txt": ("text/plain", _is_text),
    "csv": ("text/csv", _is_text),
}
"""Extension to media type and what its content must be: no macros; text in UTF-8 or GBK."""


def add(
    session: Session,
    alert_id: int | None,
    person: Person,
    *,
    at: datetime,
    name: str,
    content: bytes,
    inquiry_id: int | None = None,
) -> Attachment:
    """Keep a file with an alert; a department's contact adds it to the inquiry it answers, and needs no alert_id."""
    with whole_office(session):
        alert = _alert_to_add_to(session, alert_id, inquiry_id, person)
        name, media_type = _checked(name, content)
        n = session.scalar(select(func.count(Attachment.id)).where(Attachment.alert_id == alert.id)) or 0
        if n >= MOST_FILES:
            raise TransitionRefused(
                f"There are {n} files here already, the most there may be. Put several into one.",
                f"附件已达 {n} 个，请合并后再传。",
            )
        content_hash = hashlib.sha256(content).hexdigest()
        _keep(content_hash, content)
        attachment = Attachment(
            alert_id=alert.id, inquiry_id=inquiry_id, content_hash=content_hash, name=name, media_type=media_type,
            size=len(content), added_by=person.code, added_at=at,
        )  # fmt: skip
        session.add(attachment)
        record(session, alert, "attached", person, at=at, note=name)
        session.flush()
    return attachment


def read(
    session: Session, attachment_id: int, person: Person, *, at: datetime | None = None
) -> tuple[Attachment, bytes]:
    """A file and its content, for whoever sees its alert. In a write session: the reading is put on record.

    Raises NotFound where it is not there, is out of scope, or is no longer what was added.
    """
    if not session.get_bind().get_execution_options().get("writes"):
        raise RuntimeError("an attachment is read in a write session: in another the reading would leave no record")
    found = session.get(Attachment, attachment_id)
    if found is None or not _may_read(session, found, person):
        raise NotFound(
            f"There is no attachment {attachment_id}, or it is outside your scope.",
            f"没有第 {attachment_id} 号附件，或者它不在您的范围内。",
        )
    path = _path(found.content_hash)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != found.content_hash:
        raise NotFound(
            f"The file of attachment {attachment_id} is missing or was changed since it was added; restore it from the "
            "backup.",
            f"第 {attachment_id} 号附件的文件缺失或已被改动，请从备份恢复。",
        )
    audit.note(
        session, person.code, "attachment.read", "attachment", found.id, at=at, address=person.address,
        detail={"alert": found.alert_id}, lasting=True,
    )  # fmt: skip
    watch(session, person, at=at or utc_now(), rule="bulk_looks")
    return found, content


def of_alert(session: Session, alert_id: int) -> list[Attachment]:
    """The files of an alert this session sees, in the order in which they came."""
    query = select(Attachment).join(Alert, Alert.id == Attachment.alert_id).where(Alert.id == alert_id)
    return list(session.scalars(query.order_by(Attachment.id)))


def _alert_to_add_to(session: Session, alert_id: int | None, inquiry_id: int | None, person: Person) -> Alert:
    if inquiry_id is not None:
        inquiry = session.get(Inquiry, inquiry_id)
        if inquiry is None or not _is_theirs(inquiry, person) or alert_id not in (None, inquiry.alert_id):
            raise NotFound(
                f"There is no open inquiry {inquiry_id} to your department.",
                f"贵部门没有第 {inquiry_id} 号待答复事项。",
            )
        return locked(session, inquiry.alert_id)
    alert = session.scalar(select(Alert).where(Alert.id == alert_id, condition(person)))
    if alert is None or alert_id is None:
        raise NotFound(
            f"There is no alert {alert_id}, or it is outside your scope. Open the queue and choose one.",
            f"没有第 {alert_id} 号预警，或者它不在您的范围内。请从队列中选择。",
        )
    alert = locked(session, alert_id)
    if not any(person.may_on(right, alert) for right in ("verify", "approve", "review")):
        raise NotPermitted(
            f"{person.code} has no right to {RIGHTS_EN['verify']} for this alert; it belongs to another unit or post.",
            f"{person.name}对该预警没有“{RIGHTS['verify']}”的权限：它属于其他单位或岗位。",
        )
    return alert


def _is_theirs(inquiry: Inquiry, person: Person) -> bool:
    return inquiry.unit_code in person.units("answer") and inquiry.answered_at is None


def _may_read(session: Session, found: Attachment, person: Person) -> bool:
    if session.scalar(select(Alert.id).where(Alert.id == found.alert_id, condition(person))) is not None:
        return True
    inquiry = session.get(Inquiry, found.inquiry_id) if found.inquiry_id else None
    return inquiry is not None and _is_theirs(inquiry, person)


def _checked(name: str, content: bytes) -> tuple[str, str]:
    name = without_numbers(_sanitised(name))
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    if extension not in TYPES:
        kinds = ", ".join(TYPES)
        raise InputRefused(
            f"{name}: files of this kind are not taken; expected one of {kinds}. Save it as one of these.",
            f"{name}：不接收这种文件；可接收 {kinds}，请另存后重试。",
        )
    if not 0 < len(content) <= MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise InputRefused(
            f"{name}: got {len(content):,} bytes, expected 1 byte to {most} MB. Split it, or save it smaller.",
            f"{name}：大小为 {len(content):,} 字节，应大于 0 且不超过 {most} MB，请拆分或压缩。",
        )
    media_type, fits = TYPES[extension]
    if not fits(content):
        raise InputRefused(
            f"{name}: its content is not that of a .{extension} file. Save it anew as what it is.",
            f"{name}：内容与扩展名 .{extension} 不符，请按实际格式另存后重试。",
        )
    return name, media_type


def _sanitised(name: str) -> str:
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(one for one in plain if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
    plain = re.sub(r'[<>:"|?*]', "_", plain).strip(" .") or "unnamed"
    stem, dot, extension = plain.rpartition(".")
    return f"{stem[:_MOST_NAME]}{dot}{extension[:10]}" if dot else plain[:_MOST_NAME]


def _path(content_hash: str) -> Path:
    return settings().home / "attachments" / content_hash[:2] / content_hash


def _keep(content_hash: str, content: bytes) -> None:
    try:
        _write(_path(content_hash), content_hash, content)
    except OSError as error:
        fault = error.strerror or type(error).__name__
        raise MingjingError(
            f"The file cannot be kept on the server ({fault}); nothing was kept. Tell the administrator to make room, "
            "then send it again.",
            f"服务器无法保存该文件（{fault}），未保存任何内容。请联系系统管理员清理磁盘空间后重新上传。",
        ) from None


def _write(path: Path, content_hash: str, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == content_hash:
        return
    with NamedTemporaryFile(dir=path.parent, delete=False) as made:
        try:
            made.write(content)
            made.flush()
            os.fsync(made.fileno())
        except OSError:
            # What was begun would take up what little room there is.
            Path(made.name).unlink(missing_ok=True)
            raise
    Path(made.name).replace(path)

"""Files uploaded to be understood, before anybody decides to store them: one a person, gone when stored or after a day.

They hold personal data as supplied, so nobody but their uploader's session reads them, and they are wiped, not kept.
"""

import hashlib
import re
import time
import unicodedata
from pathlib import Path

from data.errors import InputRefused, MingjingError
from data.settings import settings

MOST_BYTES = 200 * 1024 * 1024
"""Of a file that is uploaded by the page; larger ones go by `mingjing import --register`."""
_KEPT_SECONDS = 24 * 3600
_MOST_BYTES_OF_NAME = 200


def _folder(account: str) -> Path:
    return settings().home / "uploads" / hashlib.sha256(account.encode()).hexdigest()[:20]


def keep(account: str, name: str, content: bytes) -> None:
    """Keep a file until its uploader stores it, in place of the one before."""
    if not 0 < len(content) <= MOST_BYTES:
        most = MOST_BYTES // 1024 // 1024
        raise InputRefused(
            f"The file has {len(content):,} bytes, expected 1 byte to {most} MB. Split it, or use the command line.",
            f"文件大小为 {len(content):,} 字节，应大于 0 且不超过 {most} MB，请拆分或由管理员用命令行导入。",
        )
    wipe_old()
    drop(account)
    folder = _folder(account)
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / _plain(name)
        path.write_bytes(content)
        path.chmod(0o600)
    except OSError as error:
        raise MingjingError(
            f"The file cannot be kept on the server ({error.strerror}). Tell the administrator to make room.",
            f"服务器无法暂存该文件（{error.strerror}），请联系系统管理员清理磁盘空间。",
        ) from None


def pending(account: str) -> Path:
    """The file that waits for its uploader. Raises InputRefused where none does."""
    folder = _folder(account)
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    if not found:
        raise InputRefused(
            "No file waits to be stored: it was stored, or is gone after a day. Upload it again.",
            "没有等待入库的文件：可能已经入库，或超过一天已被清除，请重新上传。",
        )
    return found[0]


def drop(account: str) -> None:
    """Take the file that waits away."""
    folder = _folder(account)
    for path in folder.iterdir() if folder.is_dir() else ():
        path.unlink(missing_ok=True)


def wipe_old() -> None:
    """Take away what nobody stored within a day."""
    for path in (settings().home / "uploads").glob("*/*"):
        if path.stat().st_mtime < time.time() - _KEPT_SECONDS:
            path.unlink(missing_ok=True)


def _plain(name: str) -> str:
    plain = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(one for one in plain if unicodedata.category(one) not in ("Cc", "Cf", "Cs"))
    plain = re.sub(r'[<>:"|?*]', "_", plain).strip(" .") or "unnamed"
    # A name is as long as its bytes: a Chinese character has three.
    return plain.encode()[-_MOST_BYTES_OF_NAME:].decode(errors="ignore").lstrip(". ")

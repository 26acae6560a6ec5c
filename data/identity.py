"""Numbers and names of people: keyed hashes to join on, masks to show, seals to keep what may be shown again."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken

from data.errors import KeyLost
from data.settings import settings

KEYS = ("subject.key", "seal.key", "audit.key")
"""Files of the home folder with the keys of an office, which are made with it and never again."""


@lru_cache(maxsize=16)
def _secret(home: Path, name: str) -> bytes:
    try:
        text = (home / name).read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        raise _lost(home, name, "it is not there", "不存在") from None
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise _lost(home, name, "it does not hold a key of 64 hexadecimal digits", "内容不是 64 位十六进制密钥")
    return bytes.fromhex(text)


def _lost(home: Path, name: str, why: str, zh: str) -> KeyLost:
    return KeyLost(
        f"The key file {name} of the home folder {home} is lost: {why}. Put it back from the backup; a new key would "
        "not fit what was made with the old one.",
        f"主目录 {home} 中的密钥文件 {name} 丢失：{zh}。请从备份恢复；新密钥与已有数据不符。",
    )


def secret(name: str) -> bytes:
    """32 random bytes kept in the file `name` of the home folder. Raises KeyLost where it is gone or holds no key."""
    return _secret(settings().home, name)


def make_secrets(names: Iterable[str] = KEYS) -> None:
    """Make these keys, readable by their owner only, where the home folder has none of that name."""
    home = settings().home
    home.mkdir(parents=True, exist_ok=True)
    for name in names:
        if (home / name).exists():
            continue
        with NamedTemporaryFile("w", dir=home, delete=False, encoding="ascii") as made:
            made.write(secrets.token_hex(32))
        # Of several processes that make it at once the first one's is kept.
        with suppress(FileExistsError):
            os.link(made.name, home / name)
        Path(made.name).unlink()


def seal(text: str) -> str:
    """`text` encrypted (Fernet: AES-128-CBC with HMAC), for what must be shown again to those who may see it."""
    return _cipher(secret("seal.key")).encrypt(text.encode()).decode("ascii")


def seals(texts: Iterable[str]) -> list[str]:
    """`seal` of many texts, the settings read once."""
    cipher = _cipher(secret("seal.key"))
    return [cipher.encrypt(text.encode()).decode("ascii") for text in texts]


def unseal(sealed: str) -> str:
    """What was sealed. Raises KeyLost where the key is another than it was sealed with."""
    try:
        return _cipher(secret("seal.key")).decrypt(sealed.encode("ascii")).decode()
    except InvalidToken:
        raise KeyLost(
            "What was sealed cannot be opened: seal.key of the home folder is not the one it was sealed with. "
            "Put the key back from the backup.",
            "密封内容无法打开：主目录中的 seal.key 不是原来的密钥，请从备份恢复。",
        ) from None


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> Fernet:
    return Fernet(base64.urlsafe_b64encode(key))


def subject_key(kind: str, number: str) -> str:
    """Keyed hash (HMAC-SHA-256, hex) of a subject's number, so that alerts join without showing who it is."""
    return subject_keys(kind, [number])[0]


def subject_keys(kind: str, numbers: Iterable[str]) -> list[str]:
    """`subject_key` of many numbers, the settings read once."""
    key = secret("subject.key")
    return [hmac.new(key, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest() for number in numbers]


def mask_name(name: str) -> str:
    """Surname and 某某: `韩立` becomes `韩某某`. Source: field/vocabulary.md, J2."""
    return f"{name[:1]}某某" if name else ""


def mask_number(number: str) -> str:
    """First 3 and last 4 characters of an identity or account number. Source: field/rules.md, 1."""
    return f"{number[:3]}{'*' * max(0, len(number) - 7)}{number[-4:]}" if len(number) > 7 else "*" * len(number)

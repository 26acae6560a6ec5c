"""Numbers and names of people: keyed hashes to join on, masks to show, seals to keep what may be shown again."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.fernet import Fernet, InvalidToken

from data.errors import KeyLost
from data.settings import settings


@lru_cache(maxsize=16)
def _secret(home: Path, name: str) -> bytes:
    path = home / name
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=home, delete=False, encoding="ascii") as made:
            made.write(secrets.token_hex(32))
        # Of several processes that make it at once the first one's is kept.
        with suppress(FileExistsError):
            os.link(made.name, path)
        Path(made.name).unlink()
    return bytes.fromhex(path.read_text(encoding="ascii"))


def secret(name: str) -> bytes:
    """32 random bytes kept in the file `name` of the home folder, readable by its owner only; made when first asked."""
    return _secret(settings().home, name)


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

"""Numbers and names of people: keyed hashes to join on, masks to show."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from data.settings import settings


@lru_cache(maxsize=4)
def _secret(home: Path) -> bytes:
    path = home / "subject.key"
    if not path.exists():
        home.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_hex(32), encoding="ascii")
        path.chmod(0o600)
    return bytes.fromhex(path.read_text(encoding="ascii"))


def subject_key(kind: str, number: str) -> str:
    """Keyed hash (HMAC-SHA-256, hex) of a subject's number, so that alerts join without showing who it is."""
    return subject_keys(kind, [number])[0]


def subject_keys(kind: str, numbers: Iterable[str]) -> list[str]:
    """`subject_key` of many numbers, the settings read once."""
    secret = _secret(settings().home)
    return [hmac.new(secret, f"{kind}:{number}".encode(), hashlib.sha256).hexdigest() for number in numbers]


def mask_name(name: str) -> str:
    """Surname and 某某: `韩立` becomes `韩某某`. Source: field/vocabulary.md, J2."""
    return f"{name[:1]}某某" if name else ""


def mask_number(number: str) -> str:
    """First 3 and last 4 characters of an identity or account number. Source: field/rules.md, 1."""
    return f"{number[:3]}{'*' * max(0, len(number) - 7)}{number[-4:]}" if len(number) > 7 else "*" * len(number)

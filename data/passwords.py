"""Passwords: hashed with Argon2id, held to the rules of the house, and given out once where somebody starts."""

import secrets
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy.orm import Session

from data import policy
from data.errors import InputRefused

LONGEST = 128
"""Characters: what is longer is not even hashed."""
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""Argon2id (RFC 9106) at the least OWASP asks for, 19 MiB and two passes: many sign in at once on a small server."""
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for one another when read out."""
_GROUPS, _LETTERS = 4, 4


def _bytes(password: str) -> bytes:
    # The same password typed full-width or composed differently is the same password.
    return unicodedata.normalize("NFKC", password).encode("utf-8", "surrogatepass")


def hash_password(password: str) -> str:
    """Argon2id hash with its parameters and a salt of its own."""
    return _HASHER.hash(_bytes(password))


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _HASHER.hash(secrets.token_bytes(32))


def matches(password_hash: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; takes as long where there is no hash, so that names cannot be probed."""
    try:
        right = _HASHER.verify(password_hash or _nobody(), _bytes(password[: LONGEST + 1]))
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None and len(password) <= LONGEST


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with other parameters than those in force, and is to be made again."""
    return _HASHER.check_needs_rehash(password_hash)


def make_one_time() -> str:
    """A password to be given to somebody and changed at the first sign-in: 16 readable characters, 79 bits."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(_LETTERS)) for _ in range(_GROUPS))


def fault(session: Session, password: str, *, code: str, name: str, used: Iterable[str]) -> InputRefused | None:
    """Why a password may not be chosen, every rule it breaks; None where it may. `used`: hashes that may not return."""
    broken = list(_broken(session, unicodedata.normalize("NFKC", password), code, name))
    if not broken and any(matches(one, password) for one in used):
        broken = [("it was used before and may not come back yet", "近期使用过，不得重复使用")]
    if not broken:
        return None
    english, chinese = ("; ".join(one[0] for one in broken), "；".join(one[1] for one in broken))
    return InputRefused(
        f"The password does not hold to the rules: {english}. Choose another.",
        f"口令不符合要求：{chinese}。请重新设置。",
    )


def _broken(session: Session, plain: str, code: str, name: str) -> Iterator[tuple[str, str]]:
    least, kinds = policy.value(session, "password_length"), policy.value(session, "password_classes")
    if not least <= len(plain) <= LONGEST:
        yield (
            f"it has {len(plain)} characters, expected {least} to {LONGEST}",
            f"长度为 {len(plain)} 个字符，应为 {least} 至 {LONGEST} 个",
        )
    if (got := _n_classes(plain)) < kinds:
        yield (
            f"it has {got} of the four kinds of characters (capitals, small letters, digits, signs), expected {kinds}",
            f"只含 {got} 类字符，大写字母、小写字母、数字、符号中至少应有 {kinds} 类",
        )
    if any(said and said.lower() in plain.lower() for said in (code, name)):
        yield "it contains the account or the name of its holder", "包含账号或姓名"


def _n_classes(text: str) -> int:
    capital = any(character.isupper() for character in text)
    digit = any(character.isdigit() for character in text)
    letter = any(character.isalpha() and not character.isupper() for character in text)
    sign = any(not character.isalnum() for character in text)
    return capital + digit + letter + sign

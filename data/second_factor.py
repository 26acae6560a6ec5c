"""The second factor: codes of six digits from a secret that the office and the person's device share (RFC 6238)."""

import hmac
from datetime import UTC, datetime

import pyotp

from data.identity import seal, unseal

_SECONDS = 30
_WINDOW = 1
"""Steps a device's clock may be off, either way."""
ISSUER = "Mingjing 明镜"


def make_secret() -> str:
    """A new shared secret: 32 characters of base32, 160 bits."""
    return pyotp.random_base32()


def sealed(secret: str) -> str:
    """A secret as it is kept."""
    return seal(secret)


def address(secret: str, code: str) -> str:
    """The `otpauth://` address of a secret, which devices take as a QR code."""
    return pyotp.TOTP(secret, interval=_SECONDS).provisioning_uri(name=code, issuer_name=ISSUER)


def step_of(kept: str, otp: str, *, at: datetime, last: int | None) -> int | None:
    """The time step whose code this is; None where it is none, or one of a step up to `last`, which was taken before.

    `kept`: the sealed secret. Spaces within the code are allowed, full-width digits too.
    """
    digits = "".join(str(int(character)) for character in otp if character.isdecimal())
    totp = pyotp.TOTP(unseal(kept), interval=_SECONDS)
    now = int(at.replace(tzinfo=UTC).timestamp()) // _SECONDS
    found = None
    for step in range(now - _WINDOW, now + _WINDOW + 1):
        right = hmac.compare_digest(totp.generate_otp(step), digits)
        if right and (last is None or step > last):
            found = step
    return found

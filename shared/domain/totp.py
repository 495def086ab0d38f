"""Codes of six digits that a person's device shows for 30 seconds each.

Source: RFC 6238 (time-based) over RFC 4226 (counter-based), HMAC-SHA-1 as every authenticator app has it.
"""

import base64
import hmac
import struct
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1  # a device's clock may be this many steps away


def step_of(seconds: float) -> int:
    """The number of the step that a Unix time lies in."""
    return int(seconds) // STEP_SECONDS


def code(secret: bytes, step: int, *, digits: int = DIGITS) -> str:
    """The code of one step.

    Args:
        secret: what device and site share.
        step: seconds since 1970 in units of 30.
        digits: how many the code has.
    """
    digest = hmac.digest(secret, struct.pack(">Q", step), "sha1")
    start = digest[-1] & 0x0F
    number = struct.unpack(">I", digest[start : start + 4])[0] & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, shown: str, *, seconds: float, after: int) -> int | None:
    """The step whose code was shown, so that it is never taken twice; None where none fits.

    Args:
        secret: what device and site share.
        shown: what the person typed.
        seconds: Unix time now.
        after: the step of the code that was taken last; an older or equal one no longer counts.
    """
    now = step_of(seconds)
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if step > after and hmac.compare_digest(code(secret, step), shown.strip()):
            return step
    return None


def address(secret: bytes, *, name: str, site: str = "Rounds") -> str:
    """What an authenticator app reads from a QR code."""
    told = {"secret": base64.b32encode(secret).decode().rstrip("="), "issuer": site}
    return f"otpauth://totp/{quote(site)}:{quote(name)}?{urlencode(told)}"

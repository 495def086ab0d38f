"""Check digits and patterns from which the numbers of notes are made."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_VERHOEFF_MUL = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_TURN = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415",
    "7046913258",
)  # fmt: skip


@dataclass(frozen=True)
class Holder:
    """Whose number it is; many numbers tell the birth date and the sex."""

    dice: random.Random
    born: date
    is_female: bool


def filled(pattern: str, dice: random.Random) -> str:
    """The pattern with # as a digit, % as one from 1 to 9 and @ as a capital letter."""
    signs: dict[str, Callable[[], str]] = {
        "#": lambda: str(dice.randint(0, 9)),
        "%": lambda: str(dice.randint(1, 9)),
        "@": lambda: dice.choice(LETTERS),
    }
    return "".join(signs[sign]() if sign in signs else sign for sign in pattern)


def weighted(digits: str, weights: Sequence[str | int]) -> int:
    """The sum of digits times weights."""
    return sum(int(digit) * int(weight) for digit, weight in zip(digits, weights, strict=False))


def luhn(digits: str) -> str:
    """The digit that makes a number pass Luhn's test."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        twice = int(digit) * (2 if place % 2 == 0 else 1)
        total += twice // 10 + twice % 10
    return str(-total % 10)


def verhoeff(digits: str) -> str:
    """The digit that makes a number pass Verhoeff's test."""
    state = 0
    for place, digit in enumerate(reversed(digits), start=1):
        state = int(_VERHOEFF_MUL[state][int(_VERHOEFF_TURN[place % 8][int(digit)])])
    return next(str(last) for last in range(10) if _VERHOEFF_MUL[state][last] == "0")


def mod11(digits: str, weights: Sequence[str | int]) -> str | None:
    """The digit that brings the weighted sum to a multiple of eleven; None where none does."""
    last = -weighted(digits, weights) % 11
    return None if last == 10 else str(last)


def until(make: Callable[[], str], check: Callable[[str], str | None]) -> str:
    """The first made number that has a check digit, with it."""
    while True:
        digits = make()
        last = check(digits)
        if last is not None:
            return digits + last


def vin(dice: random.Random) -> str:
    """A vehicle number of 17 signs with a valid check sign."""
    values = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
    signs = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
    body = [dice.choice(signs) for _ in range(11)] + list(filled("######", dice))
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(int(values.get(sign, sign)) * weight for sign, weight in zip(body, weights, strict=True))
    body[8] = "X" if total % 11 == 10 else str(total % 11)
    return "".join(body)


def iban(country: str, body: str) -> str:
    """An account number in groups of four, with the two check digits of ISO 13616."""
    turned = "".join(str(int(sign, 36)) for sign in body + country + "00")
    whole = f"{country}{98 - int(turned) % 97:02}{body}"
    return " ".join(whole[at : at + 4] for at in range(0, len(whole), 4))


def npi(dice: random.Random) -> str:
    """A number of a US clinician."""
    body = filled("1########", dice)
    return body + luhn("80840" + body)


def dea(dice: random.Random) -> str:
    """A US licence to prescribe controlled drugs."""
    body = filled("######", dice)
    last = (weighted(body[::2], "111") + 2 * weighted(body[1::2], "111")) % 10
    return f"{dice.choice('ABFM')}{dice.choice(LETTERS)}{body}{last}"


def imei(dice: random.Random) -> str:
    """The serial number of a telephone or a home monitor with a SIM."""
    body = filled("35############", dice)
    return body + luhn(body)


def mbi(dice: random.Random) -> str:
    """A US Medicare number, CMS form, with or without its dashes."""
    body = filled("%@#", dice) + filled("#", dice) + filled("@##@@##", dice)
    return f"{body[:4]}-{body[4:7]}-{body[7:]}" if dice.random() < 0.6 else body

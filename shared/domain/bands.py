"""Subgroups are bands, kept in clear beside every case and answer: what could name somebody is no band."""

import re
from collections.abc import Mapping

_LONGEST = 24
_MANY_DIGITS = re.compile(r"\d{4}|\d[ /.-]?\d[ /.-]?\d[ /.-]?\d[ /.-]?\d")
_NAME = re.compile(r"[^\W_][\w .'+/-]*")
_BANDS: Mapping[str, re.Pattern[str]] = {
    "age_band": re.compile(r"[<>≤≥]?\s?\d{1,3}(\s?[-–+]\s?\d{0,3})?|[a-zà-ÿ]{1,16}"),
    "sex": re.compile(
        r"f|m|w|d|x|u|o|female|male|women|men|woman|man|other|unknown|diverse|divers|intersex|"
        r"non-?binary|weiblich|männlich|femme|homme|féminin|masculin|mujer|hombre|femenino|masculino"
    ),
    "site": _NAME,
    "device": _NAME,
    "language": re.compile(r"[a-z]{2,16}([-_][a-z]{2,4})?"),
}


def kept(given: Mapping[str, object]) -> dict[str, str]:
    """The bands among these values, in small letters; anything else is left out.

    A sex is one of a list, an age a number or two, a site or device a short name without a long number.
    """
    found = {}
    for name, form in _BANDS.items():
        value = str(given.get(name) or "").strip().lower()[:_LONGEST]
        if form.fullmatch(value) and not _MANY_DIGITS.search(value):
            found[name] = value
    return found

"""The patient's own row: what is known of a person is found exactly, in every form it is written in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from worker_collection.phi.spans import Span
from worker_collection.phi.vocabulary import fold, is_common, is_eponym, is_head

_NAME_FIELDS = ("name", "aliases", "maiden_name", "contacts", "relatives", "providers", "staff")
_NUMBER_FIELDS = {
    "mrn": "MRN",
    "phone": "PHONE",
    "fax": "FAX",
    "ssn": "SSN",
    "ids": "ID",
    "account": "ACCOUNT",
}
_TITLES = frozenset("dr mr mrs ms miss prof sir jr sr md rn van der de la von bin al el the and of".split())  # noqa: SIM905
_MIN_DIGITS = 4


@dataclass(frozen=True)
class Known:
    """Names, numbers and places of one patient and of the staff around him; never stored."""

    names: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    tokens: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, row: Mapping[str, Any], staff: Sequence[str] = ()) -> "Known":
        """Read the `known` object of the case format."""
        names = [value for name in _NAME_FIELDS for value in _listed(row.get(name))]
        numbers = [
            (label, value) for name, label in _NUMBER_FIELDS.items() for value in _listed(row.get(name))
        ]
        places = [
            value for name in ("address", "town", "employer", "email") for value in _listed(row.get(name))
        ]
        tokens = {fold(part) for name in (*names, *staff) for part in _parts(name)}
        return cls(tuple(names), tuple(staff), tuple(numbers), tuple(places), frozenset(tokens))


def find(text: str, known: Known) -> Iterator[Span]:
    """Everything of the patient's row that stands in the text; an eponym with its disease stays."""
    for names in (known.names, known.staff):
        for match in _names(names).finditer(text) if names else ():
            if _is_meant(text, match):
                yield Span(match.start(), match.end(), "NAME")
    for label, number in known.numbers:
        pattern = _number(number)
        for match in pattern.finditer(text) if pattern else ():
            yield Span(match.start(), match.end(), label)
    for place in known.places:
        for match in re.finditer(rf"(?<!\w){re.escape(place)}(?!\w)", text, re.IGNORECASE):
            yield Span(match.start(), match.end(), "EMAIL" if "@" in place else "ADDRESS")


def is_clinical_use(text: str, start: int, end: int) -> bool:
    """Whether the name at this place is an eponym before its head, or paired with another."""
    if not is_eponym(text[start:end]):
        return False
    after = re.match(
        r"(?:['’]s?)?[\s-]{1,2}(?:(?:and|or)\s)?([^\W\d_]+)(?:[\s-]([^\W\d_]+))?", text[end : end + 40]
    )
    if after is None:
        return False
    first, second = after.group(1), after.group(2) or ""
    return is_head(first) or (
        is_eponym(first) and (is_head(second) or bool(re.match(r"[-\s]?\S*\s?[IV\d]", text[end:])))
    )


@lru_cache(maxsize=512)
def _names(names: tuple[str, ...]) -> re.Pattern[str]:
    forms: set[str] = set()
    for name in names:
        parts = _parts(name)
        forms |= {re.escape(part) for part in parts}
        if len(parts) > 1:
            first, last = re.escape(parts[0]), re.escape(parts[-1])
            forms.add(rf"{first}(?:\s[A-Z]\.?|\s\w+)?\s{last}")
            forms.add(rf"{last},?\s{first}(?:\s[A-Z]\b\.?)?")
            forms.add(rf"{re.escape(parts[0][0])}\.?\s?{last}")
            forms.add(rf"{first}\s{re.escape(parts[-1][0])}\.(?!\w)")
    longest_first = sorted(forms, key=lambda form: (-len(form), form))
    return re.compile(rf"(?<![\w@])(?:{'|'.join(longest_first)})(?:['’]s)?(?!\w)", re.IGNORECASE)


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Whether the words are the person: not "may" for Dr. May, not the disease of Graves."""
    words = match.group()
    if " " not in words.strip() and is_clinical_use(text, match.start(), match.end()):
        return False
    if any(char.isspace() or char == "," for char in words.strip()):
        return True
    if not is_common(words):
        return True
    before = text[: match.start()].rstrip(" ")
    starts_sentence = not before or before[-1] in ".!?\n:;"
    titled = re.search(r"\b(?:dr|mr|mrs|ms|miss|patient|pt|prof)\.?$", before, re.IGNORECASE)
    follows = text[match.end() :].lstrip(" ")[:1]
    return bool(titled) or (words[0].isupper() and (not starts_sentence or not follows.islower()))


@lru_cache(maxsize=512)
def _number(number: str) -> re.Pattern[str] | None:
    """The digits over any punctuation; a code with letters also in any case."""
    signs = re.findall(r"[^\W_]", number)
    if sum(sign.isdigit() for sign in signs) < _MIN_DIGITS:
        return None
    return re.compile(
        r"(?<![^\W_])\+?\(?" + r"[\s().\-/]{0,2}".join(map(re.escape, signs)) + r"(?![^\W_])", re.IGNORECASE
    )


def _parts(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*", name)
    return [word for word in words if len(word) > 1 and fold(word) not in _TITLES]


def _listed(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(one) for one in value if one] if isinstance(value, list | tuple) else [str(value)]

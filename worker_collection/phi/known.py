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
_WORD = re.compile(r"[^\W\d_](?:[^\W\d_]|['’-](?=[^\W\d_]))*")
_GAP = re.compile(r",?\.?\s?")
_DIGITS = re.compile(r"\D")


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
    yield from _names(text, known)
    for label, number in known.numbers:
        for match in _number(number).finditer(text) if _may_hold(text, number) else ():
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


def _names(text: str, known: Known) -> Iterator[Span]:
    """Every word of a known name, joined with its neighbours: "Quill, Marta", "M. Quill", "Marta Q."."""
    words = list(_WORD.finditer(text))
    hits = [place for place, word in enumerate(words) if _is_known(word.group(), known.tokens)]
    for place in hits:
        word = words[place]
        before, after = words[max(0, place - 1)], words[min(len(words) - 1, place + 1)]
        beside = place - 1 in hits and _GAP.fullmatch(text, before.end(), word.start())
        beside = beside or (place + 1 in hits and _GAP.fullmatch(text, word.end(), after.start()))
        if not beside and not _is_meant(text, word):
            continue
        start, end = word.span()
        if _is_initial(before.group(), known) and _GAP.fullmatch(text, before.end(), start) and place:
            start = before.start()
        if _is_initial(after.group(), known) and text[after.end() : after.end() + 1] == ".":
            end = after.end()
        yield Span(start, end, "NAME")


def _is_known(word: str, tokens: frozenset[str]) -> bool:
    folded = fold(word)
    return folded in tokens or ("-" in folded and any(part in tokens for part in folded.split("-")))


def _is_initial(word: str, known: Known) -> bool:
    return len(word) == 1 and word.isupper() and any(token[0] == word.lower() for token in known.tokens)


def _is_meant(text: str, match: re.Match[str]) -> bool:
    """Whether the words are the person: not "may" for Dr. May, not the disease of Graves."""
    words = match.group()
    if is_clinical_use(text, match.start(), match.end()):
        return False
    if not is_common(words):
        return True
    before = text[: match.start()].rstrip(" ")
    starts_sentence = not before or before[-1] in ".!?\n:;"
    titled = re.search(r"\b(?:dr|mr|mrs|ms|miss|patient|pt|prof)\.?$", before, re.IGNORECASE)
    follows = text[match.end() :].lstrip(" ")[:1]
    return bool(titled) or (words[0].isupper() and (not starts_sentence or not follows.islower()))


@lru_cache(maxsize=512)
def _number(number: str) -> re.Pattern[str]:
    """The digits over any punctuation; a code with letters also in any case."""
    signs = re.findall(r"[^\W_]", number)
    return re.compile(
        r"(?<![^\W_])\+?\(?" + r"[\s().\-/]{0,2}".join(map(re.escape, signs)) + r"(?![^\W_])", re.IGNORECASE
    )


def _may_hold(text: str, number: str) -> bool:
    """Whether the digits stand in the text at all; four are the least that tell a person."""
    wanted = _DIGITS.sub("", number)
    return len(wanted) >= _MIN_DIGITS and wanted in _DIGITS.sub("", text)


def _parts(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*", name)
    return [word for word in words if len(word) > 1 and fold(word) not in _TITLES]


def _listed(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    return [str(one) for one in value if one] if isinstance(value, list | tuple) else [str(value)]

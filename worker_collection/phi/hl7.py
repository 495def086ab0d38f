"""HL7 v2 messages, where the place of a field says what it holds."""

import re
from collections.abc import Iterator

from worker_collection.phi import cues
from worker_collection.phi.lexicon import DOUBLE, VOCABULARY, kind
from worker_collection.phi.spans import Span

_HL7_LINE = re.compile(
    r"(?:^|(?<=[:\s]))(MSH|PID|PD1|NK1|PV1|PV2|GT1|IN1|IN2|ORC|OBR|EVN|MRG|ROL|TXA|SCH|AIP)\|([^\n\r]*)",
    re.MULTILINE | re.IGNORECASE,
)
_COMPONENT = re.compile(r"[^|^&~\n\r]+")
_ALL_OF = frozenset({"PID", "NK1", "GT1", "MRG", "IN1", "IN2", "PD1"})
# Where HL7 v2 puts people: ordering, attending, admitting, reading, signing.
_PEOPLE_AT = {
    "PV1": frozenset({7, 8, 9, 17, 52}),
    "PV2": frozenset({13}),
    "ORC": frozenset({10, 11, 12, 19}),
    "OBR": frozenset({10, 16, 28, 32, 33, 34, 35}),
    "ROL": frozenset({4}),
    "TXA": frozenset({5, 9, 10, 11, 22, 23}),
    "EVN": frozenset({5}),
    "AIP": frozenset({3}),
    "SCH": frozenset({12, 16, 20}),
    "MSH": frozenset(),
}
_TABLE_CODE = re.compile(r"\d{4}-\d")  # of race and ethnicity
_CODES = cues.group("codes")


def find(text: str) -> Iterator[Span]:
    """Names, addresses, numbers and dates of the people in every segment."""
    for line in _HL7_LINE.finditer(text):
        segment, fields, at = line.group(1).upper(), line.group(2), line.start(2)
        if segment in _ALL_OF:
            yield from _personal(fields, at)
            yield from _name_field(fields, at, 4 if segment == "PID" else 1)
        elif segment in _PEOPLE_AT:
            yield from _people(fields, at, _PEOPLE_AT[segment])
            yield from _stamps(fields, at, segment)


def _people(fields: str, at: int, places: frozenset[int]) -> Iterator[Span]:
    """The names and numbers in the fields of a segment that hold people by the standard."""
    for place, cell in enumerate(fields.split("|"), 1):
        for part in _COMPONENT.finditer(cell) if place in places else ():
            label = _class_of(part.group())
            if label and (label == "NAME" or "^" in cell):
                yield Span(at + part.start(), at + part.end(), label)
        at += len(cell) + 1


def _personal(fields: str, at: int) -> Iterator[Span]:
    """The components of a segment that is all about a person."""
    for part in _COMPONENT.finditer(fields):
        label = _class_of(part.group())
        if label:
            yield Span(at + part.start(), at + part.end(), label)


def _stamps(fields: str, at: int, segment: str) -> Iterator[Span]:
    for match in re.finditer(
        r"(?<=\|)(?:19|20)\d{6}(?:\d{4,6})?(?=[|^\n]|$)|(?<=\|)\d{7,}(?=[|^]|$)", "|" + fields
    ):
        yield Span(at + match.start() - 1, at + match.end() - 1, "DATE")
    if segment == "MSH":
        for part in _COMPONENT.finditer(fields):
            if " " in part.group() or part.group().isalpha() and len(part.group()) > 4:
                yield Span(at + part.start(), at + part.end(), "HOSPITAL")


def _name_field(fields: str, at: int, place: int) -> Iterator[Span]:
    """The field that holds the name by the standard, however short the name is."""
    cells = fields.split("|")
    if len(cells) <= place:
        return
    start = at + sum(len(cell) + 1 for cell in cells[:place])
    for part in re.finditer(r"[^\W\d_]{2,}", cells[place]):
        yield Span(start + part.start(), start + part.end(), "NAME")


def _class_of(value: str) -> str | None:
    """The class of one component, or none for a code."""
    bare = value.strip()
    if len(bare) < 2 or bare.casefold() in _CODES or not any(char.isalnum() for char in bare):
        return None
    digits = sum(char.isdigit() for char in bare)
    if _TABLE_CODE.fullmatch(bare):
        return None
    if digits:
        return "ID" if digits > 2 or len(bare) > 4 else None
    flags = kind(bare)
    if len(bare) <= 3 and bare.isupper() and flags & VOCABULARY and not flags & DOUBLE:
        return None
    return "NAME"

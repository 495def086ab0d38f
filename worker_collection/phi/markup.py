"""Fields of JSON and XML: the key or the tag says what a value is, wherever the record came from."""

import re
from collections.abc import Iterator
from itertools import chain

from worker_collection.phi import cues
from worker_collection.phi.lexicon import CLINICAL, DOUBLE, HEAD, fold, kind
from worker_collection.phi.spans import Span

_PAIR = re.compile(
    r"[\"\']([A-Za-z][\w .-]{0,40})[\"\']\s{0,3}:\s{0,3}(\[[^\[\]{}]{0,300}\]|[\"\'][^\"\n]{0,200}[\"\']|"
    r"\d{4,20})"
)
_STRING = re.compile(r"[\"\']([^\"\n]{1,200}?)[\"\'](?=\s*[,\]]|$)|(\d{4,20})")
_TAG = re.compile(r"<(?:\w{1,12}:)?([A-Za-z][\w.-]{0,40})(?:\s[^<>]{0,200})?>([^<>]{1,200})</")
_ATTRIBUTE = re.compile(r'\s([a-zA-Z]\w{1,24})="([^"<>]{1,120})"')
_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_WHOLE = frozenset({"NAME", "ADDRESS", "HOSPITAL", "ORG", "PHONE", "EMAIL"})
_OWN = cues.words("first last given family middle surname forename maiden firstname lastname")
_POSTAL = cues.words("postal zip post postcode")
_NOT_PEOPLE = cues.words(
    "drug med medication test lab product file event class type code system unit field status country"
)


def find(text: str) -> Iterator[Span]:
    """The values of keys and tags that name a person, a place or a number of a person."""
    if '":' in text or '" :' in text or "':" in text:
        for pair in _PAIR.finditer(text):
            for value in _STRING.finditer(text, pair.start(2), pair.end(2)):
                yield from _value(text, value.span(value.lastindex or 0), pair.group(1))
    if "</" in text or "/>" in text:
        for match in chain(_TAG.finditer(text), _ATTRIBUTE.finditer(text)):
            yield from _value(text, match.span(2), match.group(1))


def _label(key: str) -> str | None:
    """The class of a key: by itself, or by its last telling word, "patientLastName"."""
    columns = cues.columns()
    parts = [part.lower() for part in _PARTS.findall(key)]
    if "_".join(parts) in columns:
        return columns["_".join(parts)]
    if any(part in _NOT_PEOPLE for part in parts) and _POSTAL.isdisjoint(parts):
        return None
    return next((columns[part] for part in reversed(parts) if part in columns), None)


def _value(text: str, where: tuple[int, int], key: str) -> Iterator[Span]:
    label = _label(key)
    if label is None:
        return
    start, end = where
    value = text[start:end]
    bare = value.strip()
    digits = sum(char.isdigit() for char in bare)
    if (
        label == "DATE"
        or len(bare) < 2
        or bare.casefold() in cues.group("empty")
        or bare.startswith(("http", "urn:"))
    ):
        return
    if label not in _WHOLE and digits < 3 or label == "PHONE" and digits < 5:
        return
    words = bare.split()
    sure = not _OWN.isdisjoint(part.lower() for part in _PARTS.findall(key))
    if label in ("NAME", "HOSPITAL", "ORG") and not sure and all(_is_plain(word) for word in words):
        return
    lead = value.index(bare)
    yield Span(start + lead, start + lead + len(bare), label)


def _is_plain(word: str) -> bool:
    """Whether a word of a value is nobody: a clinical one, or written small."""
    flags = kind(word)
    return bool(
        word.islower()
        and flags
        or flags & (CLINICAL | HEAD)
        and not flags & DOUBLE
        or fold(word) in cues.names("roles")
    )

"""The patient's own row: what is known of a person is found exactly, in every form it is written in."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import compress
from typing import Any, NamedTuple

from worker_collection.phi import cues
from worker_collection.phi.alone import is_medicine
from worker_collection.phi.eponyms import is_clinical_use
from worker_collection.phi.lexicon import (
    DOUBLE,
    EPONYM,
    NAME,
    PUBLIC,
    VOCABULARY,
    WORD,
    fold,
    kind,
    nicknames,
)
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_NAME_FIELDS = ("name", "aliases", "maiden_name", "contacts", "relatives", "providers", "staff")
_NUMBER_FIELDS = {
    "mrn": "MRN",
    "phone": "PHONE",
    "fax": "FAX",
    "ssn": "SSN",
    "ids": "ID",
    "account": "ACCOUNT",
}
_PLACE_FIELDS = ("address", "town", "employer", "email")
_TITLES = cues.group("titles")
_MIN_SIGNS = 4
_LONG = 6  # letters of a name that may be misspelt
_LINES = re.compile(r"[,;\n]")
_WORDS = re.compile(r"[^\W\d_]+")
_DIGIT = re.compile(r"\d")
_SIGN = re.compile(r"[^\W_]")
_NO_DIGIT = re.compile(r"\D+")
_BETWEEN = re.compile(r"[\w\s().\-/+#]*")


@dataclass(frozen=True)
class Known:
    """Names, numbers and places of one patient and of the staff around him; never stored."""

    names: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()
    numbers: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    tokens: frozenset[str] = field(default=frozenset())
    logins: frozenset[str] = field(default=frozenset())
    shorts: frozenset[str] = field(default=frozenset())
    near: frozenset[str] = field(default=frozenset())

    @classmethod
    def of(cls, row: Mapping[str, Any], staff: Sequence[str] = ()) -> "Known":
        """Read the `known` object of the case format."""
        names = [value for name in _NAME_FIELDS for value in _listed(row.get(name))]
        numbers = [
            (label, value) for name, label in _NUMBER_FIELDS.items() for value in _listed(row.get(name))
        ]
        places = [value for name in _PLACE_FIELDS for value in _listed(row.get(name))]
        own, others = _forms(names), _forms_of_staff(tuple(staff))
        tokens = own.tokens | others.tokens
        return cls(
            names=tuple(names),
            staff=tuple(staff),
            numbers=tuple(numbers),
            places=tuple(dict.fromkeys(part for place in places for part in _pieces(place))),
            tokens=tokens,
            logins=own.logins | others.logins,
            shorts=(own.shorts | others.shorts) - tokens,
            near=own.near | others.near,
        )


class _Forms(NamedTuple):
    """What some names are written as: their words, log-ins, nicknames, and long words less one letter."""

    tokens: frozenset[str]
    logins: frozenset[str]
    shorts: frozenset[str]
    near: frozenset[str]


def _forms(names: Sequence[str]) -> _Forms:
    parts = [_parts(name) for name in names]
    tokens = {fold(part) for words in parts for part in words}
    tokens |= {piece for token in tokens if "-" in token for piece in token.split("-") if len(piece) > 2}
    return _Forms(
        tokens=frozenset(tokens),
        logins=frozenset(form for words in parts for form in _logins([fold(word) for word in words])),
        shorts=frozenset(short for token in tokens for short in nicknames(token)),
        near=frozenset(form for token in tokens if len(token) >= _LONG for form in _less_one(token)),
    )


@lru_cache(maxsize=8)
def _forms_of_staff(staff: tuple[str, ...]) -> _Forms:
    """The staff of a site is the same for every patient, and larger than any row."""
    return _forms(staff)


def find(page: Page, known: Known) -> Iterator[Span]:
    """Everything of the patient's row that stands in the text; an eponym with its disease stays."""
    if known.tokens:
        yield from _names(page, known)
    if known.numbers:
        yield from _numbers(page, known)
    for place in known.places:
        plain = bool(kind(place) & VOCABULARY)  # "Normal" is a town, "normal" is none
        for match in re.finditer(
            rf"(?<!\w){re.escape(place)}(?!\w)", page.text, re.NOFLAG if plain else re.IGNORECASE
        ):
            yield Span(match.start(), match.end(), "EMAIL" if "@" in place else "ADDRESS")


def _names(page: Page, known: Known) -> Iterator[Span]:
    """Every word of a known name, joined with its neighbours: "Quill, Marta", "M. Quill", "Marta Q."."""
    words = page.words
    hits = _hits(page, known)
    initials = {token[0] for token in known.tokens}
    for place in hits:
        word = words[place]
        beside = (place - 1 in hits and page.gap(place) in _NEAR) or (
            place + 1 in hits and page.gap(place + 1) in _NEAR
        )
        if not beside and not _is_meant(page, place):
            continue
        start, end = word.start, word.end
        if (
            place
            and words[place - 1].form == "I"
            and words[place - 1].key in initials
            and page.gap(place) in (". ", " ", ".")
        ):
            start = words[place - 1].start
        if (
            place + 1 < len(words)
            and words[place + 1].key in initials
            and words[place + 1].form == "I"
            and page.text[words[place + 1].end :][:1] == "."
        ):
            end = words[place + 1].end
        yield Span(start, end, "NAME")
        yield from _particles_behind(page, hits, place)


def _particles_behind(page: Page, hits: Sequence[int], place: int) -> Iterator[Span]:
    """The particles between two words of a known name: "de la" of "Ann de la Tour"."""
    at = place + 1
    while at < len(page.words) and at - place < _MOST_PARTICLES and page.words[at].key in _PARTICLES:
        at += 1
    if at > place + 1 and at in hits and "\n" not in page.text[page.words[place].end : page.words[at].start]:
        yield Span(page.words[place].end, page.words[at].start, "NAME")


_MOST_PARTICLES, _PARTICLES = 4, cues.names("particles")


def _hits(page: Page, known: Known) -> list[int]:
    """The places of the known words, in order; a key that can be none is looked at once."""
    tokens, logins, shorts, near = known.tokens, known.logins, known.shorts, bool(known.near)
    return sorted(
        place
        for key, places in page.places.items()
        if key in tokens or key in logins or key in shorts or "-" in key or near and len(key) >= _LONG - 1
        for place in places
        if _is_known(page, page.words[place], known)
    )


_NEAR = frozenset({" ", ", ", ",", ". ", "-", "  ", "^"})


def _is_known(page: Page, word: Word, known: Known) -> bool:
    """Whether the word is a known name, or is made of one and no medicine: a short form, one letter other."""
    key = word.key
    if key in known.tokens or key in known.logins:
        return True
    if "-" in key and any(part in known.tokens for part in key.split("-")):
        return True
    if key in known.shorts:
        alike = word.form in "TM" or not word.flags & VOCABULARY
    else:
        alike = bool(known.near) and not word.flags & (VOCABULARY | EPONYM) and _is_misspelt(key, known.near)
    return alike and not is_medicine(page, word)


def _is_misspelt(key: str, near: frozenset[str]) -> bool:
    """Whether a long name was written with a letter more, less or other: "Okonkow", "Hernandes"."""
    return len(key) >= _LONG - 1 and (key in near or not near.isdisjoint(_less_one(key)))


def _less_one(token: str) -> Iterator[str]:
    """The token, and without each of its letters in turn."""
    yield token
    yield from (token[:at] + token[at + 1 :] for at in range(len(token)))


def _pieces(place: str) -> Iterator[str]:
    """An address as a whole and line by line; a country or a state by itself is none."""
    yield place
    for piece in _LINES.split(place):
        part = piece.strip()
        words = _WORDS.findall(part)
        if (
            len(part) > 3
            and part != place
            and (_DIGIT.search(part) or not all(kind(w) & PUBLIC for w in words))
        ):
            yield part


def _is_meant(page: Page, place: int) -> bool:
    """Whether the word is the person: not "may" for Dr. May, not the disease of Graves."""
    word = page.words[place]
    if is_clinical_use(page.text, word.start, word.end):
        return False
    if not word.flags & (WORD | EPONYM):
        return True
    before = page.words[place - 1].key if place and page.gap(place).strip(" .:") == "" else ""
    if before in _SAID:
        return True
    if word.form == "l":
        return page.case == "lower" and bool(word.flags & (DOUBLE | EPONYM)) and not word.flags & WORD
    if word.form == "U" and page.case != "upper":
        return bool(word.flags & NAME)
    return not word.opens or bool(
        re.match(r"['’]s|\s(?:[a-z]+ed|[a-z]+s)\b|\s?[-,]", page.text[word.end : word.end + 20])
    )


_SAID = cues.group("said")


def _numbers(page: Page, known: Known) -> Iterator[Span]:
    text, digits = page.text, page.digits
    if not any(_NO_DIGIT.sub("", number) in digits for _, number in known.numbers):
        return
    kept = list(map(str.isalnum, text))
    signs = list(compress(range(len(text)), kept))
    stream = "".join(compress(text, kept)).casefold()
    if len(stream) != len(signs):
        return
    for label, number in known.numbers:
        wanted = "".join(_SIGN.findall(number)).casefold()
        if len(wanted) < _MIN_SIGNS or not any(char.isdigit() for char in wanted):
            continue
        at = stream.find(wanted)
        while at >= 0:
            start, end = signs[at], signs[at + len(wanted) - 1] + 1
            if end - start <= len(wanted) * 2 + 4 and _stands_free(text, start, end):
                yield Span(start - (text[start - 1 : start] in ("(", "+") and start > 0), end, label)
            at = stream.find(wanted, at + 1)


def _stands_free(text: str, start: int, end: int) -> bool:
    if not _BETWEEN.fullmatch(text, start, end):
        return False
    return not text[start - 1 : start].isdigit() and not text[end : end + 1].isdigit()


def _logins(words: Sequence[str]) -> Iterator[str]:
    """The log-in names that a name is usually made into."""
    if len(words) < 2 or len(words[-1]) < 3:
        return
    first, last = words[0], words[-1]
    yield from (first[0] + last, last + first[0], first + last, last + first)


def _parts(name: str) -> list[str]:
    words = re.findall(r"[^\W\d_][^\W\d_'’-]*(?:['’-][^\W\d_]+)*", name)
    return [word for word in words if len(word) > 1 and fold(word) not in _TITLES]


def _listed(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return [str(one) for one in value.values() if one]
    return [str(one) for one in value if one] if isinstance(value, list | tuple) else [str(value)]

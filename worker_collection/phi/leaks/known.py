"""What the clinic knows of the patient, sought again in what was left: joined, turned round, misspelt."""

import re
from collections.abc import Iterator
from functools import lru_cache

from worker_collection.phi.known import Known
from worker_collection.phi.leaks import cues
from worker_collection.phi.leaks.reading import Doubt, Reading, Sort
from worker_collection.phi.lexicon import CORE, EPONYM, HEAD, VOCABULARY, fold, kind

_PARTS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SIGNS = re.compile(r"[\W_]+")
_NO_NAMES, _PLACE_NOUNS = cues.words("no_name"), cues.words("no_place")
_JOINED = 8
_LONGEST = 40
_NEAR = 6
_DIGITS, _LETTERED = 6, 5


def find(reading: Reading, known: Known) -> Iterator[Doubt]:
    """Every known identifier that still stands in the text."""
    if known.tokens or known.logins:
        yield from _words(reading, known)
    if known.numbers or known.names:
        yield from _squeezed(reading, known)
    if known.places:
        yield from _places(reading, known)


def _words(reading: Reading, known: Known) -> Iterator[Doubt]:
    own, near = _own(known.names)
    names, logins = known.tokens, known.logins
    for n, key in enumerate(map(fold, reading.texts)):
        if key in names or key in logins or "-" in key and _is_joined(key, names):
            weight = _meant(reading, n, own=key in own)
            if weight:
                yield Doubt(reading.starts[n], reading.ends[n], "known_name", weight)
        elif near and len(key) >= _NEAR - 1 and _is_misspelt(reading.texts[n], own, near):
            yield Doubt(reading.starts[n], reading.ends[n], "known_name_near")


def _is_joined(key: str, names: frozenset[str]) -> bool:
    return any(len(part) > 2 and part in names for part in key.split("-"))


def _is_misspelt(text: str, own: frozenset[str], near: frozenset[str]) -> bool:
    """Whether a word that no list explains is one slip away from a name of the patient's row."""
    key = fold(text)
    if not _NEAR - 1 <= len(key) <= _LONGEST or kind(text) & VOCABULARY or near.isdisjoint(_shortened(key)):
        return False
    return any(_is_one_edit(key, name) for name in own)


def _meant(reading: Reading, n: int, *, own: bool) -> float:
    """How surely a known name stands for the person: not "may" for Dr. May, not the disease of Graves."""
    token = reading[n]
    flags = kind(token.text)
    if len(token.text) < 3:
        return 0.0
    following = [kind(other) for other in reading.texts[n + 1 : n + 4]]
    if flags & EPONYM and any(other & (HEAD | EPONYM) for other in following):
        return 0.0
    if flags & CORE or flags & VOCABULARY and not own or token.sort is Sort.MONTH:
        return 0.6 if token.form == "T" and not reading.opens(n) and reading.regime == "mixed" else 0.0
    return 1.0


def _squeezed(reading: Reading, known: Known) -> Iterator[Doubt]:
    """Numbers sign by sign over any punctuation, and names written without a space."""
    stream = reading.stream
    for label, number in known.numbers:
        wanted = _SIGNS.sub("", number.lower())
        least = _DIGITS if wanted.isdigit() else _LETTERED
        if len(wanted) >= least and any(map(str.isdigit, wanted)) and wanted in stream:
            yield from _at(reading, wanted, f"known_{label.lower()}")
    for name in known.names:
        words = [fold(word) for word in _PARTS.findall(name) if fold(word) not in _NO_NAMES]
        for joined in ("".join(words), "".join(reversed(words))):
            if len(words) > 1 and len(joined) >= _JOINED and joined in stream:
                yield from _at(reading, joined, "known_name")


def _at(reading: Reading, wanted: str, code: str) -> Iterator[Doubt]:
    match = re.search(r"[\W_]*".join(map(re.escape, wanted)), reading.low)
    yield Doubt(*(match.span() if match else (0, 0)), code)


def _places(reading: Reading, known: Known) -> Iterator[Doubt]:
    for place in known.places:
        whole = place.strip().lower()
        at = reading.low.find(whole) if len(whole) > 4 else -1
        if at >= 0:
            yield Doubt(at, at + len(whole), "known_address")
    words = {fold(word) for place in known.places for word in _PARTS.findall(place) if len(word) > 3}
    words = {word for word in words - _PLACE_NOUNS if not kind(word) & VOCABULARY}
    if words:
        for n, text in enumerate(reading.texts):
            if fold(text) in words:
                yield Doubt(reading.starts[n], reading.ends[n], "known_address")


@lru_cache(maxsize=64)
def _own(names: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The words of the patient's row, and all that one letter less makes of the long ones."""
    words = {fold(word) for name in names for word in _PARTS.findall(name)}
    own = frozenset(word for word in words if len(word) > 2 and word not in _NO_NAMES)
    return own, frozenset(less for word in own if len(word) >= _NEAR for less in _shortened(word))


def _shortened(word: str) -> frozenset[str]:
    return frozenset({word, *(word[:n] + word[n + 1 :] for n in range(len(word)))})


def _is_one_edit(one: str, other: str) -> bool:
    """Whether a letter was left out, put in, changed, or two neighbours were turned round."""
    if len(other) < _NEAR or abs(len(one) - len(other)) > 1 or one == other:
        return False
    n = next(
        (n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other))
    )
    if len(one) == len(other):
        return (
            one[n + 1 :] == other[n + 1 :]
            or one[n : n + 2] == other[n : n + 2][::-1]
            and one[n + 2 :] == other[n + 2 :]
        )
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer[n + 1 :] == shorter[n:]

"""What the tagger sees of a page: every word as a row of numbered traits."""

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from worker_collection.phi.lexicon import CORE, MEDICINE, NAME, TOWN, VOCABULARY, fold
from worker_collection.phi.page import Page, Word
from worker_collection.phi.tagger_file import meanings

ROWS = 32768  # traits are hashed into so many rows of the table
WORD_TRAITS = 10
TRAITS = 15
MEANING = TRAITS  # the column behind the traits: the row of the word's meaning, 0 for none
_REMEMBERED = 65536
_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_VOWELS = frozenset("aeiouy")

Rows = NDArray[np.int32]


def rows(page: Page, covered: Sequence[bool]) -> Rows:
    """The traits of every word, shape (words, TRAITS + 1): row numbers of the table, and of its meaning.

    Args:
        page: the note.
        covered: for each word whether a rule has taken it, shape (words,).
    """
    words, text, case = page.words, page.text, page.case
    found = np.empty((len(words), TRAITS + 1), np.int32)
    known, _ = meanings()
    last = at = 0
    gaps = []
    for word in words:
        gaps.append(text[last : word.start])
        last = word.end
    gaps.append(text[last:])
    for place, word in enumerate(words):
        gap = gaps[place]
        at = 0 if "\n" in gap else at + 1
        found[place, :WORD_TRAITS] = of_word(word.text, word.form, word.flags)
        found[place, MEANING] = known.get(word.key, 0)
        found[place, WORD_TRAITS:TRAITS] = _around(
            (case, word.form, word.opens),
            (_cut(gap[-12:])[-2:], _cut(gaps[place + 1][:12])[:2]),
            (min(len(gap), 4), "\n" in gap, any(map(str.isdigit, gap[-12:]))),
            (bool(covered[place]), min(at, 4)),
        )
    return found


@lru_cache(maxsize=_REMEMBERED)
def of_word(text: str, form: str, flags: int) -> tuple[int, ...]:
    """The traits that a word has wherever it stands: what it is, how it begins, ends and sounds."""
    key = fold(text)
    common = bool(flags & CORE) or len(key) <= 3 and bool(flags & VOCABULARY)
    told = (
        key if common else "",
        key[-2:],
        key[-3:] if len(key) > 3 else "",
        key[-4:] if len(key) > 5 else "",
        key[:2],
        key[:3] if len(key) > 3 else "",
        _sound(key) + ("" if text.isascii() else "~"),
        flags & (NAME | TOWN),
        flags & ~(NAME | TOWN | MEDICINE),
        form + str(min(len(key), 12)),
    )
    return tuple(_row(slot, value) for slot, value in enumerate(told))


@lru_cache(maxsize=_REMEMBERED)
def _around(*told: tuple[object, ...]) -> tuple[int, ...]:
    (case, form, opens), (before, after), size, (covered, at) = told
    return (
        _row(10, (case, form, opens)),
        _row(11, before),
        _row(12, after),
        _row(13, size),
        _row(14, (covered, at)),
    )


def _row(slot: int, value: object) -> int:
    return zlib.crc32(f"{slot}{value}".encode(errors="surrogatepass")) % ROWS


@lru_cache(maxsize=_REMEMBERED)
def _cut(gap: str) -> str:
    """What stands between two words, every number as 0 and every other code as a."""
    return _LETTERS.sub("a", _DIGITS.sub("0", gap))


def _sound(key: str) -> str:
    """The word as runs of vowels and consonants: "Nguyen" is CVVVC."""
    return "".join("V" if sign in _VOWELS else "C" if sign.isalpha() else sign for sign in key[:8])


def forgotten(word: Word, flags: int) -> None:
    """Take away what the lists say of a word, as if they did not have it: for training only."""
    word.flags &= ~flags

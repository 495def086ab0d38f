"""What the tagger sees of a page: every word as a row of numbered traits."""

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from worker_collection.phi.lexicon import CORE, MEDICINE, NAME, TOWN, VOCABULARY, fold
from worker_collection.phi.page import Page, Word
from worker_collection.phi.tagger_file import meanings

ROWS = 32768  # traits are hashed into so many rows of the table
WORD_TRAITS = 10
TRAITS = 15
TAKEN = TRAITS - 1  # the column that says whether a rule has taken the word
MEANING = TRAITS  # the column behind the traits: the row of the word's meaning, 0 for none
_REMEMBERED = 65536
_SEEN, _FURTHEST = 12, 4  # signs beside a word that are looked at, words of a line that are told apart
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
    found = unmarked(page)
    found[:, TAKEN] = marks(found[:, TAKEN], covered)
    return found


def unmarked(page: Page) -> Rows:
    """The traits that hold whatever the rules take; in the column TAKEN where in its line a word stands."""
    words, text, case = page.words, page.text, page.case
    known = meanings()[0].get
    starts = [word.start for word in words]
    gaps = [text[end:start] for end, start in zip([0, *(word.end for word in words)], starts, strict=False)]
    gaps.append(text[words[-1].end if words else 0 :])
    parts: list[tuple[int, ...]] = []
    at = 0
    for place, word in enumerate(words):
        gap = gaps[place]
        at = 0 if "\n" in gap else at + 1
        parts += (
            of_word(word.text, word.form, word.flags),
            _around((case, word.form, word.opens), _told(gap), gaps[place + 1][:_SEEN]),
            (min(at, _FURTHEST), known(word.key, 0)),
        )
    flat = np.fromiter(chain.from_iterable(parts), np.int32, len(words) * (TRAITS + 1))
    return flat.reshape(len(words), TRAITS + 1)


def marks(places: NDArray[np.int32], covered: Sequence[bool]) -> NDArray[np.int32]:
    """The trait that says whether a rule has taken a word, by where in its line it stands, shape (words,)."""
    answer: NDArray[np.int32] = _MARKS[np.fromiter(covered, np.int32, len(places)), places]
    return answer


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


def _told(gap: str) -> str:
    """As much of what stands before a word as is looked at: its end, and whether a line ends in it."""
    return gap if len(gap) <= _SEEN else ("\n" if "\n" in gap else " ") + gap[-_SEEN:]


@lru_cache(maxsize=_REMEMBERED)
def _around(written: tuple[str, str, bool], gap: str, after: str) -> tuple[int, ...]:
    near = gap[-_SEEN:]
    return (
        _row(10, written),
        _row(11, _cut(near)[-2:]),
        _row(12, _cut(after)[:2]),
        _row(13, (min(len(gap), 4), "\n" in gap, any(map(str.isdigit, near)))),
    )


def _row(slot: int, value: object) -> int:
    return zlib.crc32(f"{slot}{value}".encode(errors="surrogatepass")) % ROWS


def _cut(gap: str) -> str:
    """What stands between two words, every number as 0 and every other code as a."""
    return _LETTERS.sub("a", _DIGITS.sub("0", gap))


_MARKS = np.array(
    [[_row(TAKEN, (covered, at)) for at in range(_FURTHEST + 1)] for covered in (False, True)], np.int32
)


def _sound(key: str) -> str:
    """The word as runs of vowels and consonants: "Nguyen" is CVVVC."""
    return "".join("V" if sign in _VOWELS else "C" if sign.isalpha() else sign for sign in key[:8])


def forgotten(word: Word, flags: int) -> None:
    """Take away what the lists say of a word, as if they did not have it: for training only."""
    word.flags &= ~flags

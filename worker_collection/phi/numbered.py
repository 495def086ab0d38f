"""Names that a record number behind them gives away, whatever words they are."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import cues, glance
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import (
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    PUBLIC,
    VOCABULARY,
    terms,
)
from worker_collection.phi.naming import is_cue, is_worded
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_UP = r"[^\W\d_a-zß-ÿ][^\W\d_a-zß-ÿ'’-]{1,20}"
_ONE = r"[^\W\d_a-zß-ÿ][\w'’-]{1,20}"
_RECORD = r"(?:[A-Z]{1,2}-?)?(?:\d{6,10}|\d{2,3}-\d{2,3}-\d{2,4})(?![\w/%]|[.,-]\d)"
# In capitals before a number, as any two words with a capital before one in brackets.
_CAPITALS = re.compile(rf"(?<![\w'’-])({_UP}(?:[ ]{_UP}){{1,2}})[ ]{{1,4}}\(?{_RECORD}")
_WRITTEN = re.compile(rf"(?<![\w'’-])({_ONE}(?:[ ]{_ONE}){{1,2}})[ ]\((?:MRN[ :#]{{0,2}})?{_RECORD}\)")
_NOT_NAMES = cues.names("not_names")
_GENERIC = cues.group("generic") | cues.group("departments")


def find(page: Page) -> Iterator[Span]:
    """Every such name in a note whose capitals tell names."""
    if page.case != "mixed" or not glance.holds(page.shape, "999999", "99-9"):
        return
    for pattern in (_CAPITALS, _WRITTEN):
        for match in pattern.finditer(page.text):
            yield from _before_number(page, page.words_between(*match.span(1)))


def _before_number(page: Page, words: Sequence[Word]) -> Iterator[Span]:
    """The words without what announces them, if none means anything and one is of no everyday list."""
    while words and (is_cue(words[0]) or words[0].key in _NOT_NAMES):
        words = words[1:]
    if len(words) < 2 or not all(_may_be(page, word) for word in words):  # noqa: PLR2004 - a full name
        return
    if any(word.flags & GIVEN or word.is_unknown and not is_worded(word) for word in words):
        yield Span(words[0].start, words[-1].end, "NAME")


def _may_be(page: Page, word: Word) -> bool:
    if word.key in _GENERIC or word.key in terms() or word.flags & PUBLIC or is_clinical(page, word):
        return False
    return bool(word.flags & NAME) or not word.flags & (VOCABULARY | HEAD | EPONYM)

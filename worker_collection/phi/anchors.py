"""The words that rules wait for: one look at each word of a note tells all of them where theirs stand."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NewType

Anchor = NewType("Anchor", int)

_REMEMBERED = 65536  # bounded: names of patients are among the words asked for
_BY_WORD: dict[str, tuple[Anchor, ...]] = {}
_BY_TEST: list[tuple[Anchor, Callable[[str], bool]]] = []


def on(words: Collection[str]) -> Anchor:
    """The anchor of some folded words."""
    anchor = _next()
    for word in set(words):
        _BY_WORD[word] = (*_BY_WORD.get(word, ()), anchor)
    return anchor


def where(test: Callable[[str], bool]) -> Anchor:
    """The anchor of every folded word that passes a test."""
    anchor = _next()
    _BY_TEST.append((anchor, test))
    return anchor


@lru_cache(maxsize=_REMEMBERED)
def of(key: str) -> tuple[Anchor, ...]:
    """The anchors of a word."""
    return (*_BY_WORD.get(key, ()), *(anchor for anchor, test in _BY_TEST if test(key)))


_drawn: list[Anchor] = []


def _next() -> Anchor:
    of.cache_clear()  # a module that is imported late waits for its words as well
    _drawn.append(Anchor(len(_drawn)))
    return _drawn[-1]

"""The words that rules wait for: one look at each word of a note tells all of them where theirs stand."""

from collections.abc import Callable, Collection
from functools import lru_cache
from typing import NewType, TypeVar

Anchor = NewType("Anchor", int)

_REMEMBERED = 65536  # bounded: names of patients are among the words asked for
_BY_WORD: dict[str, tuple[Anchor, ...]] = {}
Told = TypeVar("Told")
_KEPT: list[Callable[[], None]] = []
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


def remembered(told: Callable[[str], Told]) -> Callable[[str], Told]:
    """Remember what is told of a word together with its anchors, until a rule waits for more words."""
    kept = lru_cache(maxsize=_REMEMBERED)(told)
    _KEPT.append(kept.cache_clear)
    return kept


def of(key: str) -> tuple[Anchor, ...]:
    """The anchors of a word."""
    return (*_BY_WORD.get(key, ()), *(anchor for anchor, test in _BY_TEST if test(key)))


_drawn: list[Anchor] = []


def _next() -> Anchor:
    for clear in _KEPT:
        clear()  # a module that is imported late waits for its words as well
    _drawn.append(Anchor(len(_drawn)))
    return _drawn[-1]

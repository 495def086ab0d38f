"""What a note holds at a glance, so that a pattern is tried only where it can match."""

import re
from collections.abc import Iterable, Iterator
from string import ascii_lowercase, ascii_uppercase, digits

_SHAPES = str.maketrans(
    {
        **dict.fromkeys(digits, "9"),
        **dict.fromkeys(ascii_uppercase, "A"),
        **dict.fromkeys(ascii_lowercase, "a"),
    }
)
_RUN = re.compile(r"\d+")


def shape(text: str) -> str:
    """The text with 9 for every digit, A and a for every letter of English; other signs stand as they are."""
    return text.translate(_SHAPES)


def numbers(text: str) -> list[tuple[int, int]]:
    """Start and end of every run of digits, in order."""
    return [match.span() for match in _RUN.finditer(text)]


def holds(text: str, *signs: str) -> bool:
    """Whether one of some stretches stands in the text."""
    for sign in signs:  # noqa: SIM110 - half the time of any()
        if sign in text:
            return True
    return False


_FURTHEST, _MARKS = 40, frozenset("_./:#-")


def codes(text: str, runs: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Where the stretches of letters, digits and marks begin that hold one of these runs of digits.

    A run, or its beginning, that was made unreadable by NUL signs is not looked at, nor is one that
    stands further than `_FURTHEST` signs behind the beginning of its stretch.
    """
    for first, end in runs:
        number = end - len(text[first:end].lstrip("\0"))
        start, least = number, max(0, number - _FURTHEST)
        while start > least and (text[start - 1].isalnum() or text[start - 1] in _MARKS):
            start -= 1
        cut = start and (text[start - 1].isalnum() or text[start - 1] in _MARKS)
        if number < end and not cut:
            yield start


def at(pattern: re.Pattern[str], text: str, starts: Iterable[int]) -> Iterator[re.Match[str]]:
    """What `finditer` finds of a pattern that can begin at these places alone, which are in order."""
    end = 0
    for start in starts:
        match = pattern.match(text, start) if start >= end else None
        if match:
            end = match.end()
            yield match

"""What the marks of a template mean.

`[a|b]` is one of several, `{slot}` is filled, `{=kind words}` must stay; all may stand in each other.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

_TOKEN = re.compile(r"[\[\]{}|]|[^\[\]{}|]+")


@dataclass(frozen=True)
class Slot:
    """What the world of a note fills."""

    name: str


@dataclass(frozen=True)
class Choice:
    """One of several; an empty one stands for nothing."""

    options: tuple["Parts", ...]


@dataclass(frozen=True)
class Kept:
    """Clinical content that must stay, with its kind."""

    kind: str
    parts: "Parts"


Parts = tuple[str | Slot | Choice | Kept, ...]


@cache
def parsed(template: str) -> Parts:
    """The parts of a template.

    Raises:
        ValueError: a bracket is not closed, or one too many is.
    """
    parts, end = _until(iter(_TOKEN.findall(template)), "]}")
    if end:
        raise ValueError(f"{end} closes nothing in {template[:60]!r}")
    return parts


@cache
def options(pool: str) -> tuple[Parts, ...]:
    """The alternatives of a pool, `a|b|c` without its brackets."""
    (choice,) = parsed(f"[{pool}]")
    return choice.options if isinstance(choice, Choice) else ()


def _until(tokens: Iterator[str], ends: str) -> tuple[Parts, str]:
    """The parts before the first sign of `ends`, and that sign, empty at the end of the template."""
    parts: list[str | Slot | Choice | Kept] = []
    for token in tokens:
        if token in ends:
            return tuple(parts), token
        parts.append(_choice(tokens) if token == "[" else _slot(tokens) if token == "{" else token)
    return tuple(parts), ""


def _choice(tokens: Iterator[str]) -> Choice:
    found, end = [], "|"
    while end == "|":
        parts, end = _until(tokens, "|]")
        found.append(parts)
    if end != "]":
        raise ValueError(f"a choice is not closed behind {found[0]}")
    return Choice(tuple(found))


def _slot(tokens: Iterator[str]) -> Slot | Kept:
    head = next(tokens, "")
    parts, end = _until(tokens, "}")
    if end != "}":
        raise ValueError(f"{head} is not closed")
    if not head.startswith("="):
        return Slot(head)
    kind, _, words = head[1:].partition(" ")
    return Kept(kind, (words, *parts))

"""The leak check's own words, read from cues.toml."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "cues.toml"


@cache
def before(name: str) -> frozenset[str]:
    """Words that promise what follows them."""
    return frozenset(_read()["before"][name].split())


@cache
def words(name: str) -> frozenset[str]:
    """Words of one sort."""
    return frozenset(_read()["words"][name].split())


def one_of(name: str) -> str:
    """A pattern of the words of one sort, the longest first."""
    return "|".join(sorted(words(name), key=lambda word: (-len(word), word)))


@cache
def medical(name: str) -> tuple[str, ...]:
    """How medical words begin or end."""
    return tuple(_read()["medical"][name].split())


@cache
def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text())

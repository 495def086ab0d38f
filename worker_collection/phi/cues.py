"""The words that say what follows them, read from cues.toml."""

import tomllib
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "cues.toml"


def words(text: str) -> frozenset[str]:
    """The words of a line, for the few that a pattern in the code goes with."""
    return frozenset(text.split())


@cache
def names(group: str) -> frozenset[str]:
    """One group of words around names: titles, kin, roles, weak, particles, speech and so on."""
    return frozenset(_read()["names"][group].split())


@cache
def group(name: str) -> frozenset[str]:
    """One group of other words, such as the nouns of institutions."""
    return frozenset(_read()["words"][name].split())


@cache
def phrases(name: str) -> tuple[str, ...]:
    """One group of turns of speech, such as the holidays."""
    return tuple(_phrases(_read()["phrases"][name]))


@cache
def labels() -> dict[str, str]:
    """What the label before a colon promises: name, address, org, hospital or date, by the label."""
    return {phrase: sort for sort, text in _read()["labels"].items() for phrase in _phrases(text)}


@cache
def numbers() -> dict[str, str]:
    """The class of the number that follows, by the phrase before it."""
    return {phrase: label for label, text in _read()["numbers"].items() for phrase in _phrases(text)}


@cache
def columns() -> dict[str, str]:
    """The class of a table's column, by the words of its heading."""
    return {word: label for label, text in _read()["columns"].items() for word in text.split()}


def _phrases(text: str) -> list[str]:
    return [" ".join(phrase.split()) for phrase in text.replace(",", "|").split("|") if phrase.strip()]


@cache
def _read() -> dict[str, dict[str, str]]:
    return tomllib.loads(_FILE.read_text())

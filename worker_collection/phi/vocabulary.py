"""Word lists of the de-identifier: names, everyday clinical words, eponyms and the words that follow them."""

import unicodedata
from functools import cache, lru_cache
from pathlib import Path

_LISTS = Path(__file__).parent / "lists"
_REMEMBERED = 16384  # bounded: names of patients are among the words asked for
_STROKES = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe"})


@lru_cache(maxsize=_REMEMBERED)
def fold(word: str) -> str:
    """The word without case, accents and possessive."""
    text = word.casefold().replace("’", "'").removesuffix("'s").strip("'").translate(_STROKES)
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


@cache
def words(name: str) -> frozenset[str]:
    """One list: given, surnames (census and locale lists), common, eponyms or heads."""
    return frozenset((_LISTS / f"{name}.txt").read_text().split())


@lru_cache(maxsize=_REMEMBERED)
def is_common(word: str) -> bool:
    """Whether the word is everyday clinical English, so that a capital alone makes it no name."""
    return fold(word) in words("common")


@lru_cache(maxsize=_REMEMBERED)
def is_given(word: str) -> bool:
    """Whether somebody is called so."""
    return _any_part(word, "given")


@lru_cache(maxsize=_REMEMBERED)
def is_surname(word: str) -> bool:
    """Whether a family is called so."""
    return _any_part(word, "surnames")


def is_name(word: str) -> bool:
    """Whether the word stands in either list of names."""
    return is_given(word) or is_surname(word)


def is_surely_name(word: str) -> bool:
    """Whether the word is a name and not also an everyday word or an eponym."""
    return is_name(word) and not is_common(word) and not is_eponym(word)


@lru_cache(maxsize=_REMEMBERED)
def is_eponym(word: str) -> bool:
    """Whether a disease, sign, score or tool is called after somebody of that name."""
    return any(part in words("eponyms") for part in fold(word).split("-"))


@lru_cache(maxsize=_REMEMBERED)
def is_head(word: str) -> bool:
    """Whether the word makes an eponym before it a clinical term."""
    return fold(word) in words("heads") or fold(word).removesuffix("s") in words("heads")


def _any_part(word: str, name: str) -> bool:
    parts = fold(word).replace("'", "-").split("-")
    return any(len(part) > 2 and part in words(name) for part in parts)

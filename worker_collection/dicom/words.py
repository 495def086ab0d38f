"""Which words of a header say nothing of a person: terms of imaging and the commonest words."""

import re
from functools import cache
from pathlib import Path

from worker_collection.phi.lexicon import CORE, EPONYM, NAME, TOWN, kind

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_PARTS = re.compile(r"[^\W\d_]+|\d+")
_MAX_DIGITS = 3


def harmless(text: str) -> str:
    """The text with the words that are not known to be harmless taken out; what is left may be nothing.

    Numbers of up to three digits stay: slice thickness, b-values, sides of a field of view.
    """
    kept = _WORD.sub(lambda match: match.group() if is_harmless(match.group()) else "", text)
    return re.sub(r"\s{2,}", " ", kept).strip(" ^-_/,.:;()[]&+*#")


def is_harmless(word: str) -> bool:
    """Whether a word, or each part of one with digits ("T2W", "b800"), may stay."""
    folded = word.casefold()
    if folded in _terms():
        return True
    return all(_is_plain(part) for part in _PARTS.findall(folded))


def _is_plain(part: str) -> bool:
    if part.isdigit():
        return len(part) <= _MAX_DIGITS
    if part in _terms() or len(part) == 1:
        return True
    flags = kind(part)
    return bool(flags & CORE) and not flags & (NAME | EPONYM | TOWN)


@cache
def _terms() -> frozenset[str]:
    return frozenset((Path(__file__).parent / "words.txt").read_text().split())

"""The leak check: other code than the detectors looks at what they left; any doubt holds the note back."""

import re
import unicodedata
from collections.abc import Iterable

from worker_collection.phi.known import Known
from worker_collection.phi.vocabulary import is_common, is_eponym, is_head

_MARK = re.compile(r"\[[A-Z]+\]")
_SHAPES = {
    "email": re.compile(r"\S@\S+\.\S"),
    "address_of_a_page": re.compile(r"://|\bwww\."),
    "long_number": re.compile(r"(?<![\d.,])\d(?:[\s-]?\d){8,}(?![\d.,])"),
    "spelled_date": re.compile(
        r"\b\d{1,2}(?:st|nd|rd|th)?\s(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\s\d{4}\b",
        re.IGNORECASE,
    ),
    "ssn": re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    "titled_name": re.compile(r"\b(?:Dr|Mr|Mrs|Ms)\.?\s(?!\[)[A-Z][a-z]{2,}\s[A-Z][a-z]{2,}"),
}


def check(cleaned: str, known: Known) -> list[str]:
    """Why the cleaned text may not be used, or nothing.

    Args:
        cleaned: the text after replacement.
        known: the identifiers that must not stand in it, by digits and by folded words.
    """
    bare = _MARK.sub(" ", cleaned)
    reasons = [f"shape_{name}" for name, shape in _SHAPES.items() if shape.search(bare)]
    digits = re.sub(r"[\s().\-/]", "", bare)
    for label, number in known.numbers:
        wanted = re.sub(r"\D", "", number)
        if len(wanted) >= 6 and wanted in digits:
            reasons.append(f"known_{label.lower()}")
    if _has_known_name(bare, known.tokens):
        reasons.append("known_name")
    return list(dict.fromkeys(reasons))


def _has_known_name(bare: str, tokens: Iterable[str]) -> bool:
    wanted = {token for token in tokens if len(token) > 2}
    words = re.findall(r"[^\W\d_]+", bare)
    for place, word in enumerate(words):
        if _simple(word) not in wanted or is_common(word):
            continue
        following = words[place + 1 : place + 4]
        if not (is_eponym(word) and any(is_head(other) or is_eponym(other) for other in following)):
            return True
    return False


def _simple(word: str) -> str:
    folded = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in folded if unicodedata.category(char) != "Mn")

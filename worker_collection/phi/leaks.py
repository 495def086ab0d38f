"""The leak check: other code than the detectors looks at what they left; any doubt holds the note back."""

import re
import unicodedata
from collections.abc import Iterator

from worker_collection.phi.known import Known
from worker_collection.phi.lexicon import (
    CORE,
    EPONYM,
    GIVEN,
    HEAD,
    SURNAME,
    VOCABULARY,
    kind,
)

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
_WORD = re.compile(r"[^\W\d_]+")
_TOKEN = re.compile(r"(?<![\w'’.@/-])[^\W\d_]+(?![\w@/]|[-'’.]\w)")
_MADE = re.compile(
    r"(?:itis|osis|emia|ectomy|otomy|oma|pathy|ine|ol|mab|nib|pril|cillin|mycin|azole|statin|sartan|one|ide|"
    r"ate|ium|ic|"
    r"al|ous|ly|ing|ed|ion|ity|gram|graphy|scopy|plasty|ia|es|s|er|or|in|an|yl|um|us|ae)$"
)
_MONTH_NAME = re.compile(
    r"(?:^|[.!?]\s)(April|August|June|May(?=\s(?:I|may|was|is|has|says)\b))(?=[ ][a-zI])"
)


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
    if known.tokens and _has_known_name(bare, known.tokens):
        reasons.append("known_name")
    reasons.extend(_strangers(cleaned))
    return list(dict.fromkeys(reasons))


def _has_known_name(bare: str, tokens: frozenset[str]) -> bool:
    words = _WORD.findall(bare)
    for place, word in enumerate(words):
        simple = _simple(word)
        if len(simple) < 3 or simple not in tokens or kind(word) & CORE:
            continue
        following = [kind(other) for other in words[place + 1 : place + 4]]
        if not (kind(word) & EPONYM and any(flags & (HEAD | EPONYM) for flags in following)):
            return True
    return False


def _strangers(cleaned: str) -> Iterator[str]:
    """Words that may still be somebody: unknown ones, and everyday names where no capitals tell."""
    words = [(match.group(), kind(match.group())) for match in _TOKEN.finditer(_MARK.sub(" ", cleaned))]
    titled = sum(word[0].isupper() and not word.isupper() for word, _ in words)
    flat = titled < 0.06 * len(words)
    for word, flags in words:
        if flags & (VOCABULARY | EPONYM | HEAD) or len(word) < 4 or _MADE.search(word.lower()):
            continue
        if not word[1:].islower() and not word.isupper():
            continue  # CamelCase is no name
        if flags & (GIVEN | SURNAME) or flat or not word.islower() and not word.isupper():
            yield "unknown_word"
    for match in _MONTH_NAME.finditer(cleaned):
        yield f"month_or_name_{match.group(1).lower()}"


def _simple(word: str) -> str:
    if word.isascii():
        return word.lower()
    folded = unicodedata.normalize("NFD", word.lower())
    return "".join(char for char in folded if unicodedata.category(char) != "Mn")

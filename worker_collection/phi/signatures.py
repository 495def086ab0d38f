"""Initials below a message and log-in names."""

import re
from collections.abc import Iterator

from worker_collection.phi.lexicon import DOUBLE, EPONYM, GIVEN, SURNAME
from worker_collection.phi.naming import is_clinical
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_SIGNATURES = re.compile(
    r"(?i:\b(?:thx|thanks|regards|cheers|initials|init)\b[,:.]?\s{1,2})((?:[A-ZÀ-Þ]{2,3}|"
    r"[a-zà-ÿ]{2})\b)(?=[\s,;.)/]|$)|^\s?[-–/]\s?([A-Z]{2,3})\s?$|/([A-Z]{2})\b(?=/)"
    r"|(?<=[:\s])([A-Z]{2})(?=/[a-z]{3,})",
    re.MULTILINE,
)
_SIGNED_BY = re.compile(r"[-–—]\s{1,2}([^\W\d_]{3,20})\s*$", re.MULTILINE)
_LOGIN = re.compile(
    r"(?:\b(?:to|cc|from|user|login|bcc|by|via|signed)\b:?[ ]{1,2}|[A-Z]{2}/|[A-Z]{2}:|@)([a-zà-ÿ]{4,24}|"
    r"[A-ZÀ-Þ]{5,24})(?![\w@.-]\w)",
    re.IGNORECASE,
)


def find(page: Page) -> Iterator[Span]:
    """Initials below a message, and log-in names: an initial and a family name in one."""
    for match in _SIGNATURES.finditer(page.text):
        group = match.lastindex or 0
        yield Span(match.start(group), match.end(group), "NAME")
    words = {word.start: word for word in page.words}
    for match in _LOGIN.finditer(page.text):
        word = words.get(match.start(1))
        if word and word.is_unknown and _is_login(word):
            yield Span(word.start, word.end, "NAME")
    for match in _SIGNED_BY.finditer(page.text):
        word = words.get(match.start(1))
        if word and word.may_be_name and word.flags & GIVEN and not is_clinical(page, word):
            yield Span(word.start, word.end, "NAME")


def _is_login(word: Word) -> bool:
    last = Word(word.text[1:], word.start + 1, opens=False)
    return (
        bool(last.flags & SURNAME)
        or bool(last.flags & (DOUBLE | EPONYM))
        or last.is_unknown
        and len(last.text) > 4
    )

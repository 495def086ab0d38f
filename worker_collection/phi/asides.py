"""People whom punctuation gives away: nicknames in quotes, speakers of a chat, writers of records."""

import re
from collections.abc import Iterator

from worker_collection.phi.lexicon import CORE, VOCABULARY, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_CAP = r"[A-ZÀ-Þ][^\W\d_]{1,19}"
# Amara ("Mimi"), 81; Amara "Mimi" Okoro; known to all as "Mimi".
_QUOTED = re.compile(
    rf"(?<=[^\W\d_][ ])\([\"“]({_CAP})[\"”]\)|{_CAP}[ ][\"“]({_CAP})[\"”](?=[ ]{_CAP})|"
    rf"\b(?:known|goes|called|nicknamed)[ ](?:\w+[ ]){{0,3}}?(?:as[ ]|by[ ])?[\"“]({_CAP})[\"”]"
)
# A log-in that speaks, or that a line ends or begins with before the day: "okoroa2: on my way".
_SPEAKS = re.compile(
    r"^(?:>[ ]?)*([a-z]{2,20}\.[a-z]{2,20}|[a-z]{4,20}\d{1,3})(?=:[ ]|[ ]\d{1,2}[./-]\d{1,2}[./-])",
    re.MULTILINE,
)
_LOGGED = re.compile(
    r"(?:(?:updated|created|entered|modified|signed|verified|closed|reviewed|ordered|author|user|operator)"
    r"(?:_by|_id|_name)?)=[\"']?([A-Za-z][\w.-]{2,24})",
    re.IGNORECASE,
)
_DECLARES = re.compile(rf"(?<![\w'])I,[ ]({_CAP}(?:[ -]{_CAP}){{1,3}}),")
_LIES_IN = re.compile(
    rf"\b(?i:pt|patient|resident|client|inmate)[ ]({_CAP})[ ]"
    r"\((?i:bed|room|rm|bay|cell|ward)[ ]?[A-Z]?\d{1,4}[A-Z]?\)"
)
_SIGNS = (('"“', _QUOTED), (":-/", _SPEAKS), ("=", _LOGGED), (",", _DECLARES), ("(", _LIES_IN))
_NOBODY = frozenset({"system", "admin", "unknown", "none", "null", "auto", "batch", "root", "true", "false"})


def find(page: Page) -> Iterator[Span]:
    """Every such name of the note."""
    text = page.text
    for signs, pattern in _SIGNS:
        for match in pattern.finditer(text) if any(sign in text for sign in signs) else ():
            group = match.lastindex or 0
            if _is_somebody(match.group(group), quoted=pattern is _QUOTED):
                yield Span(*match.span(group), "NAME")


def _is_somebody(name: str, *, quoted: bool) -> bool:
    if fold(name) in _NOBODY:
        return False
    return not (quoted and kind(name) & CORE) and not (name.islower() and kind(name) & VOCABULARY)

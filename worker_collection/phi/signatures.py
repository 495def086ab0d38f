"""Initials below a message and log-in names."""

import re
from collections.abc import Iterator
from itertools import chain

from worker_collection.phi import anchors, cues, glance
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    DOUBLE,
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    SURNAME,
    WORD,
    fold,
    kind,
)
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_SIGNED = re.compile(
    r"\b(?:thx|thanks|regards|cheers|initials|initialled|init|sgd|signed(?: by)?|assistant|asst|scrubbed?|"
    r"(?:noted|given|checked|witnessed|seen|done|taken|entered|reviewed|called|read|drawn|performed|recorded|"
    r"administered|updated|transcribed|typed|dictated|completed|verified|examined|collected) by)"
    r"\b[,:.]?[ ]{1,2}([^\W\d_]{2,3}|(?:[A-Z]\.){2,3})(?=[\s,;.)/]|$)",
    re.IGNORECASE,
)
_SIGNS = anchors.on(
    cues.words(
        "thx thanks regards cheers initials initialled init sgd signed assistant asst scrub scrubbed noted "
        "given checked witnessed seen "
        "done taken entered reviewed called read drawn performed recorded administered updated transcribed "
        "typed dictated completed "
        "verified examined collected"
    )
)
_PLACED = re.compile(
    r"^\s?[-–/]\s?([A-Z]{2,3})\s?$|/([A-Z]{2})\b(?=/)|(?<=[:\s])([A-Z]{2})(?=/[a-z]{3,})|"
    r"\b([A-Z]{2,3})/[a-z]{2,3}\b(?=\s*$)",
    re.MULTILINE,
)
_HAS_PLACED = re.compile(r"/[A-Za-z]|^\s?[-–]", re.MULTILINE)
_INITIALLED = re.compile(
    r"(?:[Cc]ase of |[Bb]y |(?i:participant|subject|patient|pt|"
    r"volunteer)[^.;\n]{0,24}\()([A-Z]{2,3})(?=[,.;)]| \(|\.[ \n]|\.$)"
)
_INITIALLED_KEYS = anchors.on(
    frozenset({"case", "by", "participant", "subject", "patient", "pt", "volunteer"})
)
_ROUTES = cues.group("routes")
_SIGNED_BY = re.compile(r"[-–—]\s{1,2}([^\W\d_]{3,20})\s*$", re.MULTILINE)
_LOGIN = re.compile(
    r"(?:to|cc|from|user|login|bcc|by|via|signed)\b:?[ ]{1,2}([^\W\d_]{4,24})(?![\w@.-]\w)", re.IGNORECASE
)
_LOGIN_KEYS = anchors.on(frozenset({"to", "cc", "from", "user", "login", "bcc", "by", "via", "signed"}))
_LOGIN_MARK = re.compile(r"(?:[A-Z]{2}[/:]|@)([^\W\d_]{4,24})(?![\w@.-]\w)", re.IGNORECASE)
_HAS_MARK = re.compile(r"[A-Za-z]{2}[/:]\w|@\w")


def find(page: Page) -> Iterator[Span]:
    """Initials below a message, and log-in names: an initial and a family name in one."""
    yield from _initials(page)
    yield from _introduced(page)
    signed = (
        "@" in page.text
        or glance.holds(page.shape.upper(), "A/A", "A:A", "A/9", "A:9")
        or not page.text.isascii()
    )
    marked = _LOGIN_MARK.finditer(page.text) if signed and _HAS_MARK.search(page.text) else ()
    for match in chain(page.matches(_LOGIN, _LOGIN_KEYS), marked):
        word = page.word_at(match.start(1))
        if word and (word.is_unknown and _is_login(word) or word.is_sure and word.form == "l"):
            yield Span(word.start, word.end, "NAME")
    for match in _SIGNED_BY.finditer(page.text):
        word = page.word_at(match.start(1))
        if word and word.may_be_name and word.flags & GIVEN and not is_clinical(page, word):
            yield Span(word.start, word.end, "NAME")


def _initials(page: Page) -> Iterator[Span]:
    """Two or three letters that sign: in capitals, or as the rest where the note has none."""
    for match in page.matches(_SIGNED, _SIGNS):
        letters = match.group(1)
        if (letters.isupper() or page.case == "lower") and not _is_term(letters, flat=page.case != "mixed"):
            yield Span(match.start(1), match.end(1), "NAME")
    placed = _PLACED.finditer(page.text) if _HAS_PLACED.search(page.text) else ()
    for match in chain(placed, page.matches(_INITIALLED, _INITIALLED_KEYS)):
        group = match.lastindex or 0
        if match.group(group).upper() not in _ROUTES and not _is_item(page.text, match, group):
            yield Span(match.start(group), match.end(group), "NAME")


def _is_item(text: str, match: re.Match[str], group: int) -> bool:
    """Whether letters that mean something stand in a list of such lines: "- CVC"."""
    dashed = match.group().strip()[:1] in _DASHES and bool(kind(match.group(group)) & RARE)
    return dashed and len(_BULLET.findall(text)) > 1


_DASHES = frozenset("-–")
_BULLET = re.compile(r"^[ \t]?[-–]", re.MULTILINE)


def _is_term(letters: str, *, flat: bool) -> bool:
    """Whether the letters mean a route, a scan or an everyday word in small letters."""
    if letters.upper() in _ROUTES or kind(letters) & RARE:
        return True
    return flat and bool(kind(letters) & WORD)


_INTRODUCED = re.compile(
    r"(?<![\w.-])([A-ZÀ-Þ][^\W\d_]{1,20}(?:[ -][A-ZÀ-Þ][\w'’-]{1,20}){1,3})"
    r"(?=,?[ ]\(?\d{1,3}\)?(?:[ ]?(?:yo|y/o|yrs?|years?)\b|[),]|\.(?!\d)|"
    r"[ ](?:reports|presents|was|is|has|who)\b)|"
    r"[ ](?:seen|attends|attended|returns|returned|denies|admitted|arrived|reviewed|came|comes)[ ]|"
    r",[ ](?:born|aged|age|DOB|d\.o\.b|dob)\b"
    r"|[ ](?:is|was)[ ](?:an?[ ])?\d{1,3}[ -](?:y|m|w|d)|[ ]\((?:DOB|dob|born|MRN|aged)|"
    r"[ ]/[ ]\d{1,3}[ ]?[YyMm])"
)


def _introduced(page: Page) -> Iterator[Span]:
    """Two or more capitalised words with an age or a birth date behind: "Ash Fields (37) reports"."""
    if page.case != "mixed":
        return
    for match in _INTRODUCED.finditer(page.text):
        words = match.group(1).split()
        start = match.start(1)
        while words and is_titled(words[0]):
            start += len(words.pop(0)) + 1
        if len(words) > 1 and all(_names_somebody(word) for word in words) and any(map(_is_called, words)):
            yield Span(start, match.end(1), "NAME")


def _names_somebody(word: str) -> bool:
    flags = kind(word)
    if flags & PUBLIC or flags & EPONYM and not flags & (DOUBLE | GIVEN) or is_titled(word):
        return False
    return bool(flags & NAME) or not flags & (HEAD | RARE)


def _is_called(word: str) -> bool:
    """Whether somebody may be called by the word at all: it is a name, or no everyday word."""
    flags = kind(word)
    return bool(flags & NAME) or not flags & (CORE | CLINICAL)


def is_titled(word: str) -> bool:
    """Whether the word says what somebody is and not who."""
    key = fold(word)
    groups = ("titles", "roles", "kin", "weak", "not_names", "speech")
    return any(key in cues.names(group) for group in groups) or key in cues.group("done_by")


def _is_login(word: Word) -> bool:
    last = Word(word.text[1:], word.start + 1, word.end, opens=False)
    return (
        bool(last.flags & SURNAME)
        or bool(last.flags & (DOUBLE | EPONYM))
        or last.is_unknown
        and len(last.text) > 4
    )

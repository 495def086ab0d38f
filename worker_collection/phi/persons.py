"""Names that their place in a line gives away, whatever words they are: in a bed, before a kinship."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import cues
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
    VOCABULARY,
    kind,
    terms,
)
from worker_collection.phi.naming import is_clinical, is_cue, is_worded
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_UP = r"[^\W\d_a-zß-ÿ]"
_ONE = rf"{_UP}[\w'’-]{{1,24}}"
_LOW = r"(?:de|del|della|da|dos|van|von|der|den|die|bin|ibn|al|el|la|le)"
_FULL = rf"(?:{_ONE}(?:[ ](?:{_LOW}[ ]){{0,2}}{_ONE}){{0,3}})"
_KIN = "|".join(sorted(cues.names("kin") | cues.words("bystander witness friend")))
_BRACKETED = re.compile(rf"({_FULL})[ ]\((?:her |his |the |pt's |their )?(?:{_KIN})\b", re.IGNORECASE)
_TWIN = re.compile(
    rf"\b((?:{_UP}[\w'’-]+[ ]){{1,2}})(?:twin|triplet)s?[ ](?:I{{1,3}}|[1-3AB]|one|two|three)\b"
)
_BED = re.compile(
    r"\b(?:bed|bay|side rm|side room|cubicle|chair|trolley)[ ]?\d{1,3}[a-z]?[ ]([^\W\d_][\w'’-]{1,20})[ "
    r"](?=\d{1,3}[mf]\b|\d{1,3}[ ]?yo?\b)",
    re.IGNORECASE,
)
_AGED = re.compile(rf"(?m)(?:^|[.;][ ]+|\n)({_FULL})[ ](?=\d{{1,3}}[ ]?/[ ]?[MF]\b)")
_TURNED = re.compile(
    rf"(?<![\w'’-])({_UP}{{3,20}}(?:[ -]{_UP}{{3,20}})?)[ ]({_UP}[a-zß-ÿ][\w'’-]{{1,20}})(?![\w'’-])"
)
_LISTED = re.compile(
    r"(?m)(?:^|(?<=[ ]{2})|(?<=\t)|(?<=\|)|(?<=\| )|(?<=\())"
    rf"(?:(?:Name|NAME|Patient|Pt|Employee|Client)[ ])?({_ONE}(?:[ ]{_ONE})?,[ ]{_ONE}(?:[ "
    rf"]{_ONE}){{0,2}})(?=[ ]{{2}}|\t|[ ]?\||\)|[.;]|[ ]*$)"
)
_OTHER = (
    r"[\u0400-\u04ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f"
    r"\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{1,20}"
)
_SCRIPT = re.compile(rf"\(({_OTHER}(?:[ .·]{_OTHER}){{0,4}})\)")
_INITIAL = re.compile(
    rf"(?:^|(?<=[\t\n|,;:(/])|(?<=[ ]{{2}})|(?<=[,;:/] )|(?<=\bby )|(?<=\bfor )|(?<=\bwith )|(?<=\bper )|"
    rf"(?<=\band )|(?<=\bto )|(?<=\bcc ))"
    rf"({_UP}\.[ ]?(?:{_UP}\.[ ]?)?{_ONE})(?![\w'’-])"
)
_PLACED = re.compile(
    rf"\b(?:by|with|w/|to|for|from|and|or|nor|neither|not|than|like|told|tell|ask|asked|phoned|rang|ring|"
    rf"text|texted|"
    rf"call|called|meet|met|see|saw|paged|bleeped|thanks|thank)[ ]({_ONE})(?=[ ]?(?:[.,;:)\n]|$)|[ "
    rf"](?:and|or|nor|for|by|about|re|who|at|on|in|came|has|is|was|to|said|if|when|as|from|\d)\b)"
)
_NOT_NAMES = cues.names("not_names")
_GENERIC = cues.group("generic") | cues.group("departments")


def find(page: Page) -> Iterator[Span]:
    """Every such name, in whatever order."""
    for match in _SCRIPT.finditer(page.text):
        yield Span(*match.span(1), "NAME")
    yield from _matched(page, (_BRACKETED, _BED))
    if page.case == "lower":
        return
    yield from _matched(page, (_TWIN, _AGED))
    yield from _listed(page)
    for match in _INITIAL.finditer(page.text):
        if _is_borne(kind(match.group(1).rpartition(".")[2].strip())):
            yield Span(*match.span(1), "NAME")
    if page.case == "mixed":
        yield from _turned(page)
        yield from _placed(page)


def _matched(page: Page, patterns: Sequence[re.Pattern[str]]) -> Iterator[Span]:
    for pattern in patterns:
        for match in pattern.finditer(page.text):
            yield from _kept(page, match.span(1))


def _kept(page: Page, where: tuple[int, int]) -> Iterator[Span]:
    """The words of a name without the roles and titles before it."""
    words = page.words_between(*where)
    while words and (is_cue(words[0]) or words[0].key in _NOT_NAMES or _is_plain(words[0])):
        words = words[1:]
    if words and not any(is_clinical(page, word) for word in words):
        yield Span(words[0].start, words[-1].end, "NAME")


def _is_plain(word: Word) -> bool:
    """Whether a word is of the sentence and nobody's."""
    return (
        word.form == "l" and bool(word.flags & VOCABULARY) and not word.flags & DOUBLE or word.key in _GENERIC
    )


def _listed(page: Page) -> Iterator[Span]:
    """A family name, a comma and a given name that fill a field or a line."""
    for match in _LISTED.finditer(page.text):
        words = page.words_between(*match.span(1))
        given = [word for word in words if word.start > match.start(1) + match.group(1).index(",")]
        if not given or any(_is_term(page, word) for word in words):
            continue
        if given[0].flags & GIVEN or given[0].is_unknown and not is_worded(given[0]):
            yield Span(*match.span(1), "NAME")


def _turned(page: Page) -> Iterator[Span]:
    """A family name in capitals before a given name that is not: "QUIST Anna"."""
    for match in _TURNED.finditer(page.text):
        words = page.words_between(*match.span())
        if len(words) < 2 or any(_is_term(page, word) for word in words):
            continue
        last, given = words[:-1], words[-1]
        family = all(word.flags & (NAME | EPONYM) or word.is_unknown and not is_worded(word) for word in last)
        called = given.flags & GIVEN or given.is_unknown and not is_worded(given)
        if family and called and not (given.flags & CORE and not given.flags & DOUBLE):
            yield Span(words[0].start, given.end, "NAME")


def _placed(page: Page) -> Iterator[Span]:
    """A word with a capital amid a sentence, behind "with" or "told", that somebody is called by."""
    for match in _PLACED.finditer(page.text):
        words = page.words_between(*match.span(1))
        if len(words) != 1 or words[0].flags & EPONYM and not words[0].flags & DOUBLE:
            continue
        if not _is_term(page, words[0]) and _is_borne(words[0].flags):
            yield Span(*match.span(1), "NAME")


def _is_borne(flags: int) -> bool:
    borne = bool(flags & (GIVEN | SURNAME | DOUBLE)) or not flags & (VOCABULARY | EPONYM)
    return borne and not flags & PUBLIC


def _is_term(page: Page, word: Word) -> bool:
    """Whether the word means something in a note, or announces somebody and is nobody."""
    if (
        word.key in _GENERIC
        or word.key in _NOT_NAMES
        or word.key in terms()
        or is_cue(word)
        or is_clinical(page, word)
    ):
        return True
    return bool(word.flags & (HEAD | RARE | CLINICAL | PUBLIC)) and not word.flags & (
        DOUBLE | SURNAME | GIVEN
    )

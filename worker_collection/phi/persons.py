"""Names that their place in a line gives away, whatever words they are: in a bed, before a kinship."""

import re
from collections.abc import Iterator

from worker_collection.phi import amounts, anchors, cues
from worker_collection.phi.alone import is_read
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
    VOCABULARY,
    kind,
    terms,
)
from worker_collection.phi.naming import is_cue, is_worded
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span

_UP = r"[^\W\d_a-zß-ÿ]"
_ONE = rf"{_UP}[\w'’-]{{1,24}}"
_LOW = r"(?:de|del|della|da|dos|van|von|der|den|die|bin|ibn|al|el|la|le)"
_FULL = rf"(?:{_ONE}(?:[ ](?:{_LOW}[ ]){{0,2}}{_ONE}){{0,3}})"
_KIN = "|".join(sorted(cues.names("kin") | cues.words("bystander witness friend")))
_BRACKET = re.compile(rf"[ ]\((?:her |his |the |pt's |their )?(?:{_KIN})\b", re.IGNORECASE)
_BEFORE_BRACKET = re.compile(rf"(?<![\w'’-])({_FULL})$")
_BEFORE_FLAT = re.compile(r"(?<![\w'’-])((?:[^\W\d_][\w'’-]{1,20}[ ]){0,2}[^\W\d_][\w'’-]{1,20})$")
_TWIN = re.compile(
    rf"\b((?:{_UP}[\w'’-]+[ ]){{1,2}})(?:twin|triplet)s?[ ](?:I{{1,3}}|[1-3AB]|one|two|three)\b"
)
_BED = re.compile(
    r"(?:bed|bay|side rm|side room|cubicle|chair|trolley)[ ]?\d{1,3}[a-z]?[ ]([^\W\d_][\w'’-]{1,20})[ "
    r"](?=\d{1,3}[mf]\b|\d{1,3}[ ]?yo?\b)",
    re.IGNORECASE,
)
_AGED = re.compile(rf"(?m)(?:^|[.;][ ]+|\n)({_FULL})[ ](?=\d{{1,3}}[ ]?/[ ]?[MF]\b)")
# A line of a list of patients: "3 Quist 48F dialysis", whatever words the name is.
_ROSTER = re.compile(
    rf"(?m)^(?:\(?\d{{1,2}}[.):]?[ ])?({_FULL})[ ]\(?"
    rf"(?=\d{{1,3}}[ ]?(?:[MFmf]|yo?|y/o|yrs?)\b|[MF]\d{{1,3}}\b|"
    rf"[-–][ ](?:home|dc|d/c|discharged?|for[ ](?:home|d/c|discharge))\b|"
    rf"(?:[-–:][ ])?(?:bed|bay|rm|room|cubicle|side room|chair|trolley)[ ]?\d)"
)
_PARTING = re.compile(
    rf"(?:[Rr]egards|[Ss]incerely|[Ff]aithfully|[Ww]ishes|[Yy]ours|[Tt]ruly|[Tt]hanks|[Tt]hank you),?[ ]*"
    rf"\n+[ \t]*"
    rf"(?:Dr\.?[ ]|Prof\.?[ ])?({_FULL})[ \t]*(?=\n|,|$)"
)
# The last lines of a letter in any language: a few words, a comma, and who wrote it.
_CLOSING = re.compile(rf"\n[^\n\d:]{{2,28}},[ \t]*\n{{1,2}}[ \t]*({_FULL})[ \t]*(?=\n|$)")
_PARTINGS = anchors.on(cues.words("regards sincerely faithfully wishes yours truly thanks thank"))
_GIVEN_AFTER = re.compile(rf",[ ]({_ONE}(?:[ ]{_ONE}){{0,2}})(?=[ ]{{2}}|\t|[ ]?\||\)|[.;]|[ ]*(?:\n|$))")
_FAMILY_BEFORE = re.compile(
    rf"(?:^|\n|[ ]{{2}}|\t|\||\|[ ]|\()(?:(?:Name|NAME|Patient|Pt|Employee|Client)[ ])?({_ONE}(?:[ "
    rf"]{_ONE})?)$"
)
_OTHER = (
    r"[\u0400-\u04ff\u0590-\u06ff\u0900-\u0dff\u0e00-\u0e7f"
    r"\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3]{1,20}"
)
_SCRIPT = re.compile(rf"\(({_OTHER}(?:[ .·]{_OTHER}){{0,4}})\)")
_INITIAL = re.compile(rf"[A-ZÀ-Þ]\.[ ]?(?:[A-ZÀ-Þ]\.[ ]?)?{_ONE}(?![\w'’-])")
_INITIAL_AFTER = re.compile(
    r"(?:^|[\t\n|,;:(]|(?<!\d)/|[ ]{2}|[,;:/][ ]|\b(?:by|for|with|per|and|to|cc)[ ])$"
)
_PLACED = re.compile(
    rf"(?:by|f/u|F/U|f/u with|message for|with|w/|to|for|from|and|or|nor|neither|not|than|like|told|tell|"
    rf"ask|asked|phoned|rang|ring|"
    rf"text|texted|"
    rf"call|called|meet|met|see|saw|paged|bleeped|thanks|thank)[ ]({_ONE})(?=[ ]?(?:[.,;:)\n]|$)|[ "
    rf"](?:and|or|nor|for|by|about|re|who|at|on|in|came|has|is|was|to|said|if|when|as|from|\d)\b)"
)
_PLACING = anchors.on(
    cues.words(
        "f message by with w to for from and or nor neither not than like told tell ask asked phoned rang "
        "ring text "
        "texted call called "
        "meet met see saw paged bleeped thanks thank"
    )
)
_FUNCTION = cues.group("function")
_PARTICLES = cues.names("particles")
_NOT_NAMES = cues.names("not_names")
_GENERIC = cues.group("generic") | cues.group("departments")


def find(page: Page) -> Iterator[Span]:
    """Every such name, in whatever order."""
    if "(" in page.text:
        yield from _bracketed(page)
    for match in page.matches(_YOUNG, _CHILDREN):
        for child in _AGED_CHILD.finditer(page.text, *match.span(1)):
            yield from _kept(page, child.span(1))
    for match in page.matches(_BED, _BEDS):
        yield from _kept(page, match.span(1))
    if page.case != "lower":
        yield from _written(page)
    if page.case == "mixed":
        yield from _turned(page)
        yield from _placed(page)


def _written(page: Page) -> Iterator[Span]:
    """Where capitals tell names from words, or the whole note is in them."""
    if page.standing(_TWINS):
        yield from _matched(page, _TWIN)
    yield from _lined(page)
    if "/" in page.text:
        yield from _matched(page, _AGED)
    if "," in page.text:
        yield from _listed(page)
    for match in _INITIAL.finditer(page.text):
        told = _INITIAL_AFTER.search(page.text, max(0, match.start() - 6), match.start())
        signs = told or _LAST_BEFORE.search(page.text, max(0, match.start() - 3), match.start())
        if signs and (told or _LAST_AFTER.match(page.text, match.end())) and _is_initialled(page, match):
            yield Span(match.start(), match.end(), "NAME")


_LAST_BEFORE = re.compile(r"[\w)][.;][ ]{1,2}$")
_LAST_AFTER = re.compile(r"[ \t]*(?:\n|$)")


def _is_initialled(page: Page, match: re.Match[str]) -> bool:
    """Whether an initial and a family name are somebody, and no litre ends a reading before: "g/L. Echo"."""
    return not amounts.is_per(page.text, match.start()) and _is_borne(
        kind(match.group().rpartition(".")[2].strip())
    )


def _lined(page: Page) -> Iterator[Span]:
    """Who heads a line of a list of patients, and who signs below the parting words of a letter."""
    for match in _ROSTER.finditer(page.text):
        if all(_is_borne(word.flags) for word in page.words_between(*match.span(1)) if word.form != "l"):
            yield from _kept(page, match.span(1))
    closing = _CLOSING.finditer(page.text) if ",\n" in page.text else ()
    last = (match for match in closing if page.text.count("\n", match.end()) < _CLOSING_LINES)
    for match in (*page.matches(_PARTING, _PARTINGS), *last):
        words = page.words_between(*match.span(1))
        if not any(_is_term(page, word) for word in words if word.key not in _PARTICLES):
            yield Span(*match.span(1), "NAME")


# Somebody's children with their ages: "the children (Happy, 9, and Biju, 6)".
_YOUNG = re.compile(
    r"(?:children|kids|sons?|daughters?|siblings?|grandchildren|boys|girls|brothers|"
    r"sisters)[ ]?[(:–-][ ]?([^()\n.]{3,90})",
    re.IGNORECASE,
)
_AGED_CHILD = re.compile(rf"({_ONE}),?[ ]\(?\d{{1,2}}(?=[ ]?(?:[,;)]|and\b|&|yrs?\b|yo\b|months?\b|mo\b|$))")
_CHILDREN = anchors.on(
    cues.words(
        "children kids son sons daughter daughters sibling siblings grandchildren boys girls brothers sisters"
    )
)
_CLOSING_LINES = 4
_BEDS = anchors.on(cues.words("bed bay side cubicle chair trolley"))
_TWINS = anchors.on(cues.words("twin twins triplet triplets"))


def _bracketed(page: Page) -> Iterator[Span]:
    """Names in another script, and before who they are to the patient: "Quist (nephew)"."""
    for match in _SCRIPT.finditer(page.text):
        yield Span(*match.span(1), "NAME")
    before = _BEFORE_FLAT if page.case == "lower" else _BEFORE_BRACKET
    for bracket in _BRACKET.finditer(page.text):
        name = before.search(page.text, max(0, bracket.start() - 90), bracket.start())
        if name:
            yield from _kept(page, name.span(1))


def _matched(page: Page, pattern: re.Pattern[str]) -> Iterator[Span]:
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
    for match in _GIVEN_AFTER.finditer(page.text):
        family = _FAMILY_BEFORE.search(page.text, max(0, match.start() - 64), match.start())
        if family is None:
            continue
        words = page.words_between(family.start(1), match.end())
        given = [word for word in words if word.start > match.start()]
        if not given or any(_is_term(page, word) for word in words):
            continue
        if given[0].flags & GIVEN or given[0].is_unknown and not is_worded(given[0]):
            yield Span(family.start(1), match.end(), "NAME")


def _turned(page: Page) -> Iterator[Span]:
    """A family name in capitals before a given name that is not, or behind it: "QUIST Anna", "Anna QUIST"."""
    words = page.words
    for place in range(len(words) - 1):
        last, given = words[place], words[place + 1]
        if (
            last.form == "T"
            and given.form == "U"
            and page.gap(place + 1) == " "
            and _is_led(page, last, given)
        ):
            yield Span(last.start, given.end, "NAME")
        if last.form != "U" or given.form != "T" or len(last.text) < _SHORTEST or page.gap(place + 1) != " ":
            continue
        if given.flags & PUBLIC and page.text[given.end + 1 : given.end + 2].isdigit():
            continue  # "RTC May 11"
        family = last.flags & (NAME | EPONYM) or last.is_unknown and not is_worded(last)
        called = given.flags & GIVEN or given.is_unknown and not is_worded(given)
        plain = given.flags & CORE and not given.flags & DOUBLE
        if family and called and not plain and not _is_term(page, last) and not _is_term(page, given):
            yield Span(last.start, given.end, "NAME")


def _is_led(page: Page, given: Word, family: Word) -> bool:
    """Whether a given name stands before capitals that mean nothing else."""
    borne = family.flags & SURNAME and not family.flags & (VOCABULARY | EPONYM) or family.is_unknown
    called = given.flags & GIVEN and not given.flags & CORE
    plain = len(family.text) <= _SHORTEST or is_worded(family) or _is_term(page, family)
    return bool(borne and called) and not plain


_SHORTEST = 3


def _placed(page: Page) -> Iterator[Span]:
    """A word with a capital amid a sentence, behind "with" or "told", that somebody is called by."""
    for match in page.matches(_PLACED, _PLACING):
        words = page.words_between(*match.span(1))
        if (
            len(words) != 1
            or is_read(page, words[0])
            or words[0].flags & EPONYM
            and not words[0].flags & DOUBLE
        ):
            continue
        if words[0].form == "U" and len(words[0].text) <= _INITIALS and match.group().startswith(_LINKING):
            continue  # "EMCS for FTP"
        everyday = words[0].key in _FUNCTION and words[0].flags & SURNAME  # "with Day, who agrees"
        if (everyday or not _is_term(page, words[0])) and _is_borne(words[0].flags):
            yield Span(*match.span(1), "NAME")


_INITIALS = 4
_LINKING = ("with ", "w/ ", "for ", "from ", "and ", "or ", "nor ", "than ", "like ")


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

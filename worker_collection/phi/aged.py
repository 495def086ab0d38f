"""Ages under 90 and days counted, in forms that nothing else has: they part whatever runs over them."""

import re
from collections.abc import Iterator

from worker_collection.phi import cues
from worker_collection.phi.lexicon import GIVEN, TOWN, VOCABULARY, fold, kind
from worker_collection.phi.spans import Span

_UNDER_90 = r"(?:1[89]|[2-8]\d)"
# With its unit: "67 yo", "67-year-old F", "67 ans".
_COUNTED = re.compile(
    r"(?<![\w./-])[1-9]?\d(?:[ -]?(?:years?|yrs?)(?:[ -]old)?|[ ]?(?:yo|y/o|y\.o\.?)[MF]?|"
    r"[ ](?:ans|años|anos|anni|jaar|jr|jahre?))(?![^\W_])(?:[ ,/]{1,2}[MF](?!\w))?",
    re.IGNORECASE,
)
# With the sex behind it: "67M", "67/F"; or before it, behind somebody: "Quist, Ann F70", "Quist Ann M 70".
_SEXED = re.compile(rf"(?<![\w./#-]){_UNDER_90}[ ]?/?[MFmf](?![^\W_]|/)")
_SEX_FIRST = re.compile(rf"(?<=\w{{3}}[ ])(?:M[ /]|F[ /]?)[ ]?{_UNDER_90}(?![\w./-]|[ ][A-Z\d]{{4}}\b)")
_LABEL = (
    r"(?:aged?|alter|edad|idade|leeftijd|âge|età|ålder|alder|(?:gentle|wo)?man[ ]of|lady[ ]of|"
    r"(?:patient|pt|she|he|who)[ ](?:is|was))(?:/sex)?"
)
_LABELLED = re.compile(rf"(?<!\w){_LABEL}[ ]?:?[ ]\d{{1,2}}(?![\w./-])", re.IGNORECASE)
_LABEL_BEFORE = re.compile(rf"(?<!\w){_LABEL}[ ]?:?[ ]?$", re.IGNORECASE)
# What is counted in days and weeks: "POD 6 Quist", "day 8 Quist".
_DAY_BEFORE = re.compile(r"(?<!\w)(?:pod|dol|day|week|wk|tag|jour|día|dia|giorno|dag)[ ]$", re.IGNORECASE)
_NUMBER_FIRST = re.compile(r"\d{1,2}(?:[ ,;:]+|$)(?!(?:st|nd|rd|th)\b)")
_LABELLED_NEXT = re.compile(r"(?:MRN|NHS|UHID|SSN|HN|RN)\b[ :#]")
_DIALLED = re.compile(rf"{_UNDER_90}[ ](?=[0+(]\d)")  # "son Ann 48 0151 496 0182"
# Bare, behind who is so old and before a comma: "Ann Quist, 67, Leeds", "M, 67, Leeds".
_BARE = re.compile(rf"(?<![\w./#-]){_UNDER_90}(?:[ ]?[AaJj]\.?)?(?=[,;)]|$)")
_WHO_BEFORE = re.compile(
    rf"(?:^|[\n,;:|(/.]|[ ])(?:[MF]|(?i:(?:fe)?male|(?:gentle|wo)?man[ ]of|lady[ ]of|"
    rf"(?:{'|'.join(sorted(cues.names('kin'), key=len, reverse=True))})"
    rf"(?:[ ](?!(?:at|of|in|on|from|lives?|near|to|is|was)\b)[^\W\d_][\w'’-]+){{0,2}}))"
    r",?[ ]\(?$|\d{5},[ ]$"
)
_NAMED_BEFORE = re.compile(r"(?<!\w)([^\W\d_][\w'’-]+)[ ]([^\W\d_][\w'’-]+[ ])?([^\W\d_][\w'’-]+),[ ]$")
# A number with such a letter is a door where one of these stands before it.
_DOOR_BEFORE = re.compile(
    r"(?:flat|apt|apartment|unit|suite|ste|room|rm|no|nr|nº|number|house|block|blk|bldg|lot|floor|fl|door|"
    r"gate|level|bed|bay|ward|at|of|lives|resides|address|home)[.:]?[ #]{0,2}$",
    re.IGNORECASE,
)
_CODE_BEFORE = re.compile(r"(?:\d{4}|\d[A-Za-z]{2}),?[ ]$")
_DIGIT = re.compile(r"\d")
_TOWN_NEXT = re.compile(r",[ ][^\W\d_a-zß-ÿ]")
_NEXT = re.compile(r",?[ ]([^\W\d_]{2,24})")
_FIRST = re.compile(r"([^\W\d_][\w'’-]+)[ ][^\W\d_][\w'’-]+,[ ]")
_WORD_BEFORE = re.compile(r"[^\W\d_]{3},[ ]$")
_WORDS = re.compile(r"[^\W\d_]+")
_EDGES = " ,;:(/"
_PLACED = frozenset({"ADDRESS", "NAME", "ORG", "HOSPITAL"})
_STREETS = cues.group("streets")
_WAY, _FAR = 14, 48


def parted(text: str, span: Span) -> Iterator[Span]:
    """What is left of a span without the ages that stand in it or that it begins with."""
    if span.put is not None or span.label in ("DATE", "AGE") or not _DIGIT.search(text, *span[:2]):
        yield span
        return
    first = start = _start(text, span)
    for age, behind in _ages(text, start, span) if span.label in _PLACED else ():
        if age >= start:
            yield from _kept(text, Span(start, age, span.label))
            start = behind
    if start == first == span.start:
        yield span
    elif start < span.end:
        yield from _kept(text, Span(start, span.end, span.label))


def is_told(text: str, at: int) -> bool:
    """Whether the number at this place stands behind who is so old: a sex, a kinship, somebody's name."""
    before = max(0, at - _FAR)
    if _WHO_BEFORE.search(text, before, at):
        return True
    named = _NAMED_BEFORE.search(text, before, at)
    if named is None:
        return False
    words = _WORDS.findall(named.group())
    kinds = [kind(word) for word in words]
    borne = any(flags & GIVEN for flags in kinds[:-1]) or not any(
        flags & (VOCABULARY | TOWN) for flags in kinds
    )
    return bool(borne) and _STREETS.isdisjoint(map(fold, words))


def _start(text: str, span: Span) -> int:
    """Where a span begins behind the age or the count of days that a label before it announces."""
    number = _NUMBER_FIRST.match(text, span.start, span.end)
    if number is None:
        return span.start
    before = max(0, span.start - _WAY)
    labels = (_LABEL_BEFORE, _DAY_BEFORE) if span.label in _PLACED else (_LABEL_BEFORE,)
    told = any(label.search(text, before, span.start) for label in labels)
    called = _DIALLED.match(text, number.start()) and is_told(text, span.start)
    return number.end() if told or called or _LABELLED_NEXT.match(text, number.end()) else span.start


def _ages(text: str, start: int, span: Span) -> list[tuple[int, int]]:
    """Where ages stand within a span, in order."""
    forms = (_COUNTED, _LABELLED, _SEX_FIRST)
    found = [match.span() for form in forms for match in form.finditer(text, start, span.end)]
    sexed = _SEXED.finditer(text, start, span.end + len(" M"))  # the span may end before the letter
    found += [match.span() for match in sexed if match.start() < span.end and _is_age(text, span, match)]
    bare = _BARE.finditer(text, start, span.end + 1)
    found += [match.span() for match in bare if match.start() < span.end and _is_bare(text, span, match)]
    return sorted(found)


def _is_bare(text: str, span: Span, match: re.Match[str]) -> bool:
    """Whether a number is how old somebody is: behind him, or at the end of where he is from."""
    at = match.start()
    if span.label == "NAME":
        return text[at - 2 : at] == ", "
    if is_told(text, at) or match.group()[-1:].isalpha() and _WORD_BEFORE.search(text, max(0, at - _WAY), at):
        return True
    first = _FIRST.match(text, span.start, at)
    return (
        first is not None
        and match.end() >= span.end
        and not _DIGIT.search(text, span.start, at)
        and bool(kind(first.group(1)) & GIVEN)
        and _STREETS.isdisjoint(map(fold, _WORDS.findall(text, span.start, at)))
    )


def _is_age(text: str, span: Span, match: re.Match[str]) -> bool:
    """Whether a number with M or F is no door: it stands behind another number, or before somebody."""
    at = match.start()
    if _DOOR_BEFORE.search(text, max(0, at - _WAY), at):
        return False
    if match.group()[-1].islower():
        return _CODE_BEFORE.search(text, span.start, at) is not None
    if at > span.start:
        if text[at - 2 : at] == ", ":
            return _TOWN_NEXT.match(text, match.end()) is None  # the floor: "28 Quist-ro, 49F, Busan"
        return _DIGIT.search(text, span.start, at) is not None
    after = _NEXT.match(text, match.end())
    housed = span.label in ("HOSPITAL", "ORG")
    return after is not None and (after.group()[0] == "," or housed or bool(kind(after.group(1)) & GIVEN))


def _kept(text: str, part: Span) -> Iterator[Span]:
    """A part of a span without the signs at its ends, if anything else is in it."""
    start, end, label, _ = part
    while start < end and text[start] in _EDGES:
        start += 1
    while end > start and text[end - 1] in _EDGES:
        end -= 1
    if any(map(str.isalnum, text[start:end])):
        yield Span(start, end, label)

"""Ages, spans of time and doses: numbers that count something, and stay whatever stands before them."""

import re
from collections.abc import Iterable, Iterator

from worker_collection.phi import aged, cues
from worker_collection.phi.spans import Span

TIME = (
    r"years?|yrs?|y[./-]?o\.?[mf]?|(?<!-)(?-i:y)|months?|mos?|m\.o\.|weeks?|wks?|days?|hours?|hrs?|min(?:ute)?s?|sec(?:ond)?s?|"
    r"fortnights?|nights?|mths?|horas?|heures?|stunden?|uur|uren|minutos?|minuti|minuten|noches?|nuits?|"
    r"dní|dni|tygodni|miesięcy|timer|timmar|dager?|dagar|ans|années?|mois|semaines?|jours?|años|anos|meses|semanas|días|anni|mesi|settimane|giorni|jahren?|"
    r"jährige?[rnms]?|jähr|"
    r"monaten?|wochen?|tagen?|jaar|jr|mnd|wkn|maanden|weken|dagen|år|(?-i:J)\.(?=[,;) ])|"
    r"måneder|uker|månader|veckor"
)
_MEASURE = (
    r"mg|mcg|µg|kg|mls?|mmol|iu|units?|c?gy|mmhg|bpm|cm|mm|puffs?|tabs?|tablets?|litres?|steps|visits|sessions|"
    r"cycles|doses|times|beats|%|(?:fe)?male|(?:wo)?man"
)
_COUNT = r"\d{1,4}(?:[.,]\d{1,3}|\+\d)?(?:\s?[-–]\s?\d{1,3}|\s(?:to|or)\s\d{1,3}|\sand\sa\shalf)?"
_COUNTED = re.compile(rf"{_COUNT}[\s-]?(?:{TIME}|{_MEASURE})(?![^\W_])", re.IGNORECASE)
# Seven days, weeks or months as a part of a week or a year, told by what is said of them.
_PART = re.compile(
    r"\d{1,2}(?:/(?:7|12|52)|\s?[hdwmy])(?=\s(?:ago|wait|history|hx|h/o|old|post|later|apart|before|prior|follow|of\b|course))"
)
_AGED = re.compile(r",?[ ]?\(?(?:\d{1,3}[ ]?/?[ ]?[MF]|[MF]\d{1,3}|\d{1,3}[ ]?y(?:rs?|/?o)?)(?![\w-]|/\d)")
_SEXED = re.compile(r"[ ,(]+[MF]\d{1,3}$")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"(?<![\w./-])\d{1,4}")
_OWNED = re.compile(
    rf"\s(?:{'|'.join(sorted(cues.names('kin')))}|bloods|results?|labs|scans?|meds|medications?|obs|vitals|chart|"
    r"consent|wound|pain|sleep|appetite|mood|pt|patient|phone|mobile|number|voice|car|kids|wedding|spectacles)\b",
    re.IGNORECASE,
)
_OWNS = frozenset({"'s", "’s", "'S", "’S"})
_ENDS = " \t,(;:-/"
_SOFT = frozenset({"ADDRESS", "NAME", "ORG", "HOSPITAL"})


def counts(text: str, at: int) -> bool:
    """Whether the number at this place counts something: 61 of "61-year-old", 3 of "3 weeks"."""
    return _COUNTED.match(text, at) is not None or _PART.match(text, at) is not None


_PER = re.compile(r"(?:m?IU|U|[mµunpfk]?g|mcg|[mµunp]?mol|m?[Ee]q|[mdµ]?[lL]|cells|mOsm)/$")


def is_per(text: str, at: int) -> bool:
    """Whether the letter at this place ends a reading: the L of "4.1 mmol/L. Echo"."""
    return text[at - 1 : at] == "/" and _PER.search(text, max(0, at - 6), at) is not None


def age_at(text: str, at: int) -> re.Match[str] | None:
    """An age in its shortest form behind this place, as between a name and what is said of him: ", 61M"."""
    return _AGED.match(text, at)


def trimmed(text: str, spans: Iterable[Span]) -> Iterator[Span]:
    """The spans without an amount or an "'s" at their end; one that holds nothing else is none."""
    for found in spans:
        for span in (part for whole in aged.parted(text, found) for part in _parted(text, whole)):
            if span.start == span.end:
                continue  # "65 [ANS] Quist Gasse"
            end = _end(text, span) if span.label in _SOFT else _end_of_number(text, span)
            if end == span.end and span.label == "NAME" and _is_owner(text, end):
                end -= 2
            if end == span.end:
                yield span
            elif end > span.start:
                yield Span(span.start, end, span.label)


# Who and how old, and then where: "Hill 67 yo Quist General Hospital".
_AGE_WITHIN = re.compile(
    r"[ ,(]+(?:\d{1,2}[ -]?(?:years?|yrs?|y[./]?o\.?|y|months?|mo|"
    r"ans|años|anos|anni|jaar|jahre|J\.?)(?![^\W_])(?:[ ]?[MF](?!\w))?|[1-9]\d[ ]?/?[MF](?!\w))[ ,).]+",
    re.IGNORECASE,
)


# Who, how old, and of where: "Alan Quist, 67, of Leeds".
_AGE_AND_WHERE = re.compile(r",[ ](?:1[89]|[2-9]\d),[ ](?:of|from|formerly of|living in)[ ]")


def _parted(text: str, found: Span) -> Iterator[Span]:
    """What is found, without the age or the time before it and parted by the age within it."""
    where = _AGE_AND_WHERE.search(text, found.start, found.end) if found.label == "ADDRESS" else None
    if where is not None and where.start() > found.start:
        yield Span(found.start, where.start(), "NAME")
        yield from _parted(text, Span(where.end(), found.end, found.label))
        return
    span = _without_age(text, found) if found.label == "ADDRESS" else found
    span = _without_time(text, span) if span.label in _SOFT else span
    within = _AGE_WITHIN.search(text, span.start, span.end) if span.label in ("HOSPITAL", "ORG") else None
    if within is None or not span.start < within.start() < within.end() < span.end:
        yield span
        return
    yield Span(span.start, within.start(), span.label)
    yield Span(within.end(), span.end, span.label)


# Who and how old, and only then where: "Rx for Ann Quist, 44, 12 Elm St".
_AGE_FIRST = re.compile(r"(?:1[89]|[2-8]\d),[ ](?=[^\n]{0,40}\d)")
_NAMED_BEFORE = re.compile(r"[A-ZÀ-Þ][\w'’-]+[ ][A-ZÀ-Þ][\w'’-]+,[ ]$")


def _without_age(text: str, span: Span) -> Span:
    """The address without the age of who is named before it."""
    if not is_age_between(text, span.start):
        return span
    return Span(text.index(" ", span.start) + 1, span.end, span.label)


# How long ago or how long before a place: "3 mos Quist Clinic", "3/52, 14 Acacia Road".
_TIME_FIRST = re.compile(
    rf"(?:{_COUNT}[\s-]?(?:{TIME})(?![^\W_])|a[ ]fortnight)"
    r"(?:[ ](?:ago|earlier|later|before|after|old))?[ ,]+|"
    r"(?:\d{1,2}-)?\d{1,2}/(?:7|12|52)(?:[ ]ago[ ,]+|,[ ](?=\d))|\d{1,2}[hdwmy][ ]post[ ]",
    re.IGNORECASE,
)


_SEX_FIRST = re.compile(r"[MF][ ](?=\w{3})")
_AGE_BEFORE = re.compile(r"\d[ ]?/?$|\d[ -]?(?:yo|y/o|y\.o\.?|yrs?|y)[ ]$", re.IGNORECASE)


def _without_time(text: str, span: Span) -> Span:
    """The place without the span of time that it begins with."""
    first = _TIME_FIRST.match(text, span.start, span.end) or _unit_first(text, span)
    if _SEX_FIRST.match(text, span.start) and _AGE_BEFORE.search(text, max(0, span.start - 6), span.start):
        return Span(span.start + 2, span.end, span.label)  # "67 y/o M Quist General Hospital"
    return span if first is None else Span(first.end(), span.end, span.label)


# What a number before the place counts: "47 [year old Quist GmbH]", and the weeks in which one is due there.
_UNIT_FIRST = re.compile(rf"(?:{TIME})(?:[ ]old)?[ ]+", re.IGNORECASE)
_PART_FIRST = re.compile(r"\d{1,2}/(?:52|40)[ ,]+")
_SOON_FIRST = re.compile(r"\d{1,2}[dw][ ]+")
_DUE_BEFORE = re.compile(r"(?<!\w)(?:f/?u|rtc|rv|r/v|review|recheck|in|x|for|out)[ ]$", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"([^\W\d_]+)[ ]$")
_LIVED = cues.words("at of to from near on lives live address resides home and")


def _unit_first(text: str, span: Span) -> re.Match[str] | None:
    """The unit of a number before the span, or the weeks that it begins with where nobody lives."""
    if _COUNTED_BEFORE.search(text, max(0, span.start - 2), span.start):
        return _UNIT_FIRST.match(text, span.start, span.end)
    before = _WORD_BEFORE.search(text, max(0, span.start - 16), span.start)
    if _DUE_BEFORE.search(text, max(0, span.start - 9), span.start) and _SOON_FIRST.match(text, span.start):
        return _SOON_FIRST.match(text, span.start, span.end)
    lived = before is None or before.group(1).casefold() in _LIVED
    return None if lived else _PART_FIRST.match(text, span.start, span.end)


# What is said of somebody behind his number: "0151 496 0182 67 yrs", "MRN 4482910 67/M", "4482910 (72)".
_LAST = re.compile(
    r"[ ](?:\((?=\d\d$))?((?:\d{1,2}[-+])?\d{1,3}(?:/(?:7|12|52|40)|"
    r"[hdwmyjaMF]|/[MF]|wks?|mo|yrs?|yo|-\w{4,5}(?:-old)?)?|[MF]/?\d\d)$",
    re.IGNORECASE,
)
_SEXED_NUMBER = re.compile(r"(?:[1-9]?\d|1[01]\d)[ ]?/?[ ]?[MF](?![^\W_])")
_WEEKS = re.compile(
    r"(?:\d{1,2}[-+])?\d{1,2}(?:/(?:52|40)(?![\d/])|[ -]?(?:wks?|weeks?|yrs?|years?|yo|y/o|months?)(?!\w))",
    re.IGNORECASE,
)
_PARTED = re.compile(r"(?:\d{1,2}[-+])?\d{1,2}/(?:7|12)(?![\d/])|\d\d\+\d(?!\d)")  # "phone 3/12", "G1 31+4"
_AGE_GLUED = re.compile(r"\d{1,2}(?:/?[MF]|[hdwmyja]|\))(?![^\W_])|[MF]/?\d\d(?!\w)")


def _end_of_number(text: str, span: Span) -> int:
    """Where a number, or a day without its year, ends before the age or the time that stands behind it."""
    last = _LAST.search(text, max(span.start, span.end - 16), span.end) if span.put is None else None
    if last is None or span.label == "AGE":
        return span.end
    at, before = last.start(1), text[span.start : last.start()].rstrip(_ENDS)
    digits = sum(map(str.isdigit, before))
    dialled = _DIALLED if span.label in ("PHONE", "FAX") else 0
    said = any(
        digits >= (fewest if pattern is _WEEKS else max(fewest, dialled))
        and (match := pattern.match(text, at))
        and match.end() >= span.end
        and "\n" not in match.group()
        for pattern, fewest in _SAID_BEHIND
    )
    timed = span.label == "DATE" and _COUNTED.match(text, at) is not None and bool(before)
    return span.start + len(before) if said or timed else span.end


_DIALLED = 9
# What may stand behind a number, and how many digits it has at least without it.
_SAID_BEHIND = ((_WEEKS, 5), (_COUNTED, 7), (_AGE_GLUED, 6), (_SEXED_NUMBER, 9), (_PARTED, 9))


def is_age_between(text: str, at: int) -> bool:
    """Whether the number at this place stands between somebody's name and a house number."""
    named = _NAMED_BEFORE.search(text, max(0, at - 50), at)
    return named is not None and _AGE_FIRST.match(text, at) is not None


def _is_owner(text: str, end: int) -> bool:
    """Whether what somebody owns follows a name, whose "'s" is no part of it: "Quist's bloods"."""
    return text[end - 2 : end] in _OWNS and _OWNED.match(text, end) is not None


def _end(text: str, span: Span) -> int:
    """Where a span ends without the amount that it runs into."""
    if not _DIGIT.search(text, span.start, span.end):
        return span.end
    sexed = span.label != "ADDRESS" and _SEXED.search(text, span.start, span.end)
    if sexed:
        return sexed.start()
    for number in _NUMBER.finditer(text, span.start, span.end):
        amount = _COUNTED.match(text, number.start()) or _PART.match(text, number.start())
        if amount and amount.end() >= span.end:
            return span.start + len(text[span.start : number.start()].rstrip(_ENDS))
    said = _SAID_AGE.search(text, max(span.start, span.end - 5), span.end)
    if said and _SAID_OF.match(text, span.end):
        return said.start()
    lasts = _LASTS.search(text, max(span.start, span.end - 6), span.end)
    if lasts and _DIGIT.search(text, span.start, lasts.start()):
        return lasts.start()
    return span.end


# Hours to years, or who it is, behind what has a number already: "22 Mill Lane 48h", "Ward 3, 6m", "…, 67 M".
_LASTS = re.compile(r",?[ ]\d{1,3}[hwmy]$|(?<!,)[ ]\d{1,2}d$|,[ ](?:1[89]|[2-9]\d)[ ]?/?[MF]$")
# How old, and what is said of him: "works at Quist GmbH[, 44], married".
_SAID_AGE = re.compile(r",[ ](?:1[89]|[2-8]\d)$")
_SAID_OF = re.compile(r",[ ](?!in|bei|near|next|behind|opposite|off)[a-zß-ÿ]{3,}")
_UNITS = re.compile(rf"(?:{TIME})(?:-old)?(?![^\W_])", re.IGNORECASE)
_COUNTED_BEFORE = re.compile(r"\d[\s-]?$")


def is_unit(text: str, start: int, end: int) -> bool:
    """Whether the word at this place is what a number before it counts: "67 Jahre", "67-jährig"."""
    counted = _COUNTED_BEFORE.search(text, max(0, start - 2), start)
    unit = _UNITS.match(text, start) if counted else None
    return unit is not None and unit.end() == end

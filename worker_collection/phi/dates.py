"""Dates down to the year, ages of 90 and over, holidays: HIPAA Safe Harbor, class C."""

import re
from collections.abc import Iterator

from worker_collection.phi.spans import Span

_MONTHS = (
    "january february march april may june july august september october november december "
    "jan feb mar apr jun jul aug sep sept oct nov dec "
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre "
    "janvier février fevrier mars avril juin juillet août aout septembre octobre novembre décembre "
    "decembre "
    "januar februar märz maerz mai juni juli dezember janeiro fevereiro março maio junho julho setembro "
    "outubro "
    "muharram safar rajab shaban ramadan ramadhan shawwal"
)
_MONTH = "(?:" + "|".join(sorted(_MONTHS.split(), key=len, reverse=True)) + ")"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NTH = rf"{_DAY}(?:\s?(?:st|nd|rd|th))?"
_YEAR = r"(?:19|20)\d\d"
_HOLIDAY = (
    r"christmas(?:\s(?:eve|day))?|thanksgiving|easter(?:\ssunday)?|diwali|deepavali|pongal|holi|"
    r"eid(?:\sal[- ]\w+)?|"
    r"new year'?s?(?:\s(?:eve|day))|halloween|memorial day|labor day|independence day|hanukkah|passover|"
    r"valentine'?s day|boxing day|good friday|umrah|hajj"
)
_SEP = r"\s?[/.-]\s?"

_FORMS = (
    rf"(?<![\d/.])(?:{_DAY}{_SEP}{_DAY}{_SEP}(?:{_YEAR}|\d\d)|{_YEAR}[/.-]{_DAY}[/.-]{_DAY})(?![\d/])",
    r"(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?=\d{4,6}\b|\b)",
    rf"(?<![\w/.])(?:0?[1-9]|1[0-2])/{_YEAR}(?![\d/])",
    rf"(?<![\w.]){_NTH}[\s.-]{{0,2}}(?:of\s|de\s)?{_MONTH}\b\.?(?:[\s,.-]{{0,3}}(?:de\s)?(?:{_YEAR}|"
    rf"'\d\d)(?!\d))?",
    rf"(?<!\w){_DAY}[-.\s]?{_MONTH}[-.\s]?\d\d(?!\d)",
    rf"\b{_MONTH}\b\.?\s{{0,2}}{_NTH}(?![\d/%]|\s?(?:mg|mcg|ml|g|kg|units?|tablets?|weeks?|days?|hours?)\b)"
    rf"(?:\s?[,.]?\s{{0,2}}(?:{_YEAR}|'\d\d)(?!\d))?",
    rf"\b{_MONTH}\b\.?,?\s(?:of\s)?{_YEAR}(?!\d)",
)
_DATE = re.compile("|".join(f"(?:{form})" for form in _FORMS), re.IGNORECASE)
_CUED = re.compile(
    r"\b(?:on|due|since|dated?|until|till|thru|through|by|seen|visit|admit(?:ted)?|dis(?:charged?|ch)|"
    r"review|fu|f/u|"
    r"follow[- ]?up|dos|dob|born|geb|expires?|before|after|from|next|last)[\s:.]{1,3}"
    r"((?:0?[1-9]|[12]\d|3[01])/(?:0?[1-9]|[12]\d|3[01]))(?![\d/%]|\s?(?:scale|strength|pain|in))",
    re.IGNORECASE,
)
_MONTH_ALONE = re.compile(
    rf"\b(?:in|since|last|this|next|until|till|by|early|late|mid|of|from|through|during)[\s-]({_MONTH})\b",
    re.IGNORECASE,
)
_ON_THE = re.compile(
    r"\b(?:on|since|until|by)\s(the\s(?:[1-3]?(?:1st|2nd|3rd|[4-9]th)|[12]0th|30th|1[0-9]th))\b"
    r"(?!\s(?:rib|metatarsal|metacarpal|toe|finger|digit|intercostal|ics|nerve|percentile|ventricle|day|"
    r"post))",
    re.IGNORECASE,
)
_HOLIDAYS = re.compile(rf"\b({_HOLIDAY})\b", re.IGNORECASE)
_OLD = r"(?:9\d|1[0-2]\d)"
_AGE = re.compile(
    rf"(?<![\d.,/-])({_OLD})(?=[\s-]?(?:years?|yrs?|y/?o|y\.o|yo)\b)|\b(?:aged?|age:|age is|turning|"
    rf"turned|who is|who was)\s?({_OLD})\b"
    rf"(?!%|\.\d)|(?<![\d./-])({_OLD})(?=\s?(?:[MF]|male|female|woman|man|lady|gentleman)\b)",
    re.IGNORECASE,
)
_SPOKEN_AGE = re.compile(
    r"\b((?:ninety(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?|"
    r"(?:a|one) hundred(?: and)?(?: (?:one|two|three|four|five))?))(?=[\s-]?(?:years?|yrs?)\b)",
    re.IGNORECASE,
)
_WEAK_MONTHS = frozenset({"may", "mar", "march", "mars", "dec", "sep", "mai", "safar", "august", "jan"})
_YEAR_IN = re.compile(_YEAR)


def find(text: str, this_year: int) -> Iterator[Span]:
    """Dates, whose year stays unless it would show an age over 89, and ages of 90 and more."""
    for match in _DATE.finditer(text):
        if _is_date(match.group()):
            yield Span(match.start(), match.end(), "DATE", _put(match.group(), this_year))
    for pattern in (_CUED, _MONTH_ALONE, _ON_THE, _HOLIDAYS):
        for match in pattern.finditer(text):
            if pattern is not _MONTH_ALONE or _is_date(match.group(1)):
                yield Span(match.start(1), match.end(1), "DATE")
    yield from _ages(text)


def _ages(text: str) -> Iterator[Span]:
    for pattern in (_AGE, _SPOKEN_AGE):
        for match in pattern.finditer(text):
            group = next(number for number in range(1, len(match.groups()) + 1) if match.group(number))
            yield Span(match.start(group), match.end(group), "AGE", "90+")


def _is_date(found: str) -> bool:
    """Whether it is none of "may 2 tablets", "12.5.20" of a version, 30/40/50 of nothing."""
    word = re.search(r"[^\W\d_]{3,}", found)
    if word and word.group() in _WEAK_MONTHS and not _YEAR_IN.search(found):
        return False
    numbers = [int(part) for part in re.findall(r"\d+", found)]
    if word or len(numbers) < 3 or numbers[0] > 31:
        return True
    return min(numbers[0], numbers[1]) <= 12


def _put(found: str, this_year: int) -> str | None:
    year = _YEAR_IN.search(found) if not re.fullmatch(r"\d{8}", found) else re.match(_YEAR, found)
    if year is None:
        return None
    return year.group() if this_year - int(year.group()) < 90 else None

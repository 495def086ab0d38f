"""Ages of 90 and over, and birth years that show one: HIPAA Safe Harbor, class C."""

import re
from collections.abc import Iterator

from worker_collection.phi.spans import Span

_YEAR = r"(?:19|20)\d\d"
_OLD = r"(?:9\d|1[0-2]\d)"
_AGE = re.compile(
    rf"(?<![\d.,/-])({_OLD})(?=[\s-]?(?:years?|yrs?|y/?o|y\.o|yo|yr)\b)|\b(?:aged?|age:|age\sis|age\sof|"
    rf"turning|turned|who\sis|who\swas|"
    rf"(?:he|she|they|patient|mother|father|mom|dad|grandmother|grandfather|wife|husband)(?:['’]s|\sis|\swas|"
    rf"\sturned)|lived\sto(?:\sbe)?|"
    rf"died\sat|at\sage|passed\s(?:away\s)?at)[\s:,]{{1,2}}({_OLD})\b(?!%|[./]\d|\s?(?:kg|lbs?|pounds|mg|bpm|"
    rf"mmhg|percent|degrees|on|over|cm))"
    rf"|(?<![\d./-])({_OLD})(?=\s?(?:[MF]\b|male|female|woman|man|lady|gentleman|y\b))",
    re.IGNORECASE,
)
_UNITS_SPOKEN = "one|two|three|four|five|six|seven|eight|nine"
_SPOKEN_AGE = re.compile(
    rf"\b((?:ninety(?:[\s-](?:{_UNITS_SPOKEN}))?|(?:a|"
    rf"one)\shundred(?:\sand)?(?:\s(?:{_UNITS_SPOKEN}))?))(?=[\s-]?(?:years?|yrs?)\b)"
    rf"|\b(?:i['’]?m|he['’]?s|she['’]?s|is|was|aged?|turning|turned|who['’]?s|am|"
    rf"to)\s(ninety(?:[\s-](?:{_UNITS_SPOKEN}))?|(?:a|one)\shundred(?:\sand)?"
    rf"\s(?:{_UNITS_SPOKEN}))\b(?!\s(?:over|percent|degrees|milli|beats|pounds))|\b(nonagenarian|"
    rf"centenarian)\b",
    re.IGNORECASE,
)
_BIRTH_YEAR = re.compile(
    rf"\b(?:born(?:\sin)?|dob|birth\syear|year\sof\sbirth|b\.)[\s:]{{1,2}}({_YEAR})\b", re.IGNORECASE
)
_DIGITS = re.compile(r"(?<!\d)(?:9\d|1[0-2]\d)(?!\d)")
_WORDS = ("ninety", "hundred", "narian")


def find(text: str, this_year: int) -> Iterator[Span]:
    """Ages of 90 and more in digits and in words, and years of birth that far back."""
    if _DIGITS.search(text):
        yield from _found(_AGE, text)
    lowered = text.lower()
    if any(word in lowered for word in _WORDS):
        yield from _found(_SPOKEN_AGE, text)
    for match in _BIRTH_YEAR.finditer(text):
        if this_year - int(match.group(1)) >= 90:
            yield Span(match.start(1), match.end(1), "DATE")


def _found(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        group = match.lastindex or 0
        put = "over 89" if match.group(group) == "90" else "90+"
        yield Span(match.start(group), match.end(group), "AGE", put)

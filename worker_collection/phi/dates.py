"""Dates down to the year and holidays: HIPAA Safe Harbor, class C."""

import re
from collections.abc import Iterator
from itertools import chain

from worker_collection.phi import amounts, anchors, cues, glance, short_dates
from worker_collection.phi.lexicon import EPONYM, HEAD, VOCABULARY, fold, kind
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span, stretches

_MONTHS = cues.group("months")
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=lambda month: (-len(month), month))) + ")"
_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_NTH = rf"{_DAY}(?:\s?(?:st|nd|rd|th))?"
_YEAR = r"(?:19|20)\d\d"
_ROMAN = r"(?:I{1,3}|IV|VI{0,3}|IX|XI{0,2})"  # months, as in 14 III 2024
_ORDINAL = (
    "first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|thirteenth|fourteenth|"
    "fifteenth|"
    "sixteenth|seventeenth|eighteenth|nineteenth|twentieth|twenty[- ](?:first|second|third|fourth|fifth|"
    "sixth|seventh|eighth|"
    "ninth)|thirtieth|thirty[- ]first"
)
_FULL_MONTH = "january|february|march|april|may|june|july|august|september|october|november|december"
_NUMERIC = re.compile(
    rf"(?<![\d/.\w-])(?:(?:{_YEAR}|1[34]\d\d)([/.-])(?:0?[1-9]|1[0-2])\1{_DAY}(?:T\d\d:\d\d\S{{0,12}})?"
    rf"|{_DAY}\s?([/.\\-])\s?{_DAY}\s?\2\s?(?:{_YEAR}|25[4-9]\d|14\d\d|['’]?\d\d)|{_DAY},{_DAY},{_YEAR}|"
    rf"{_DAY}[ ./-]{_ROMAN}[ ./-]{_YEAR}|{_DAY}[./-]{_ROMAN}[./-]\d\d|(?:0?[1-9]|"
    rf"1[0-2])[/.-]{_YEAR}|{_YEAR}-0[1-9])(?![\d/]|[.-]\d|-[a-z])"
    r"|(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?=\d{4,6}(?:\D|$)|\D|$)",
)
_OTHER = re.compile(
    r"(?<!\d)(?:\d{2,4}|令和\d{1,2}|平成\d{1,2}|昭和\d{1,2})\s?[年년]\s?\d{1,2}\s?[月월](?:\s?\d{1,2}\s?[日일])?|"
    r"\b\d{1,2}\s?[月월]\s?\d{1,2}\s?[日일]|"
    r"\b[RHSMT]\d{1,2}\.\d{1,2}\.\d{1,2}\b|\bngày\s\d{1,2}\stháng\s\d{1,2}(?:\snăm\s\d{4})?|"
    r"\b(?:week|wk|cw|kw|semaine|semana|woche|vecka|uge|viikko)\s?\d{1,2}\s?(?:[/-]|of\s|,\s)\s?(?:19|"
    r"20)?\d\d\b|\b(?:CW|KW)\s?\d{1,2}\b|"
    r"\b(?:19|20)\d\d-?W\d\d(?:-?\d)?\b|\bQ[1-4][\s/-]?['’]?(?:(?:19|20)\d\d|\d\d)\b|\b(?:19|"
    r"20)\d\d[\s-]?Q[1-4]\b|"
    r"\b(?:first|second|third|fourth|last)\squarter\sof\s(?:19|20)\d\d\b|\b\d{1,2}(?:st|nd|rd|"
    r"th)\s(?:inst|ult|prox)\b\.?|"
    r"\b(?:am|vom|bis|seit|zum|ab|den|d\.|der)\s(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\.(?!\d)",
    re.IGNORECASE,
)
_HINTS = re.compile(
    r"[年년月월]|\d\.\d{1,2}\.(?!\d)|Q[1-4]\b|[CKck]?[Ww]\s?\d|[Ww](?:ee)?k\s?\d|[RHSMT]\d{1,2}\.\d|"
    r"quarter\sof|ngày\s\d|"
    r"(?:st|nd|rd|th)\s(?:inst|ult|prox)|(?:semaine|semana|woche|vecka|uge|viikko)\s?\d"
)
_SPOKEN_YEAR = (
    r"(?:,?\s(?:(?:nineteen|twenty)(?:[\s-](?:hundred|oh|ten|eleven|twelve|thirteen|fourteen|fifteen|"
    r"sixteen|seventeen|eighteen|"
    r"nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety))(?:[\s-](?:one|two|three|four|five|"
    r"six|seven|eight|nine))?|"
    r"two\sthousand(?:\s(?:and\s)?(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|"
    r"\w{3,6}teen|twenty(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine))?))?|(?:19|20)\d\d(?!\d)))?"
)
_NOT_AFTER = (
    r"(?!\d|[/%:]\d|\.\d|\s?(?:mg|mcg|ml|g|kg|units?|tablets?|tabs|weeks?|days?|hours?|months?|times|more|"
    r"points?|puffs?)\b)"
)
# The last two digits of a year behind a month, and no time, dose or count: "16 Jan 24 by", "3 May 22."
_SHORT_YEAR = (
    r"(?<=\s)[0-3]\d(?=[ ]?(?:[,;)\n|]|[.:](?!\d)|$)|[ ](?:by|at|in|with|and|to|for|from|re|on|of|as|was|who|"
    r"w/|d/w|then|under)\b|[ ][-–(])"
)
_WRITTEN = re.compile(
    rf"(?<![\w/.])(?:the\s)?{_NTH}[\s.,/-]{{0,2}}(?:of\s|de\s)?{_MONTH}\b\.?(?:[\s,.'/-]{{0,3}}(?:de\s|"
    rf"of\s)?(?:{_YEAR}|'\d\d|(?<=[-/.])\d\d|{_SHORT_YEAR})(?!\d))?"
    rf"|(?<!\w){_DAY}[-.\s]?{_MONTH}[-.\s]?(?:{_YEAR}|\d\d)(?!\d)|(?<!\w){_DAY}{_MONTH}(?!\w)"
    rf"|\b{_MONTH}\b\.?[\s-]{{0,2}}(?:the\s)?{_NTH}{_NOT_AFTER}(?:\s?[,.-]?\s{{0,2}}(?:{_YEAR}|'\d\d|"
    rf"(?<=-)\d\d)(?!\d))?"
    rf"|\b{_MONTH}\b\.?,?[\s-](?:of\s)?{_YEAR}(?!\d)|\b{_MONTH}\s?'\d\d(?!\d)"
    rf"|\b(?:the\s)?(?:{_ORDINAL})\s(?:of\s)?(?:{_FULL_MONTH})\b{_SPOKEN_YEAR}|"
    rf"\b(?:{_FULL_MONTH})\s(?:the\s)?(?:{_ORDINAL})\b{_SPOKEN_YEAR}",
    re.IGNORECASE,
)
_STARTS = re.compile(rf"(?<!\w)(?:\d|the\s(?=\d|[fstent])|(?=[fstent])(?:{_ORDINAL})\b)", re.IGNORECASE)
_ALONE = frozenset(f"{_FULL_MONTH}|jan|feb|aug|sep|sept|oct|nov|dec".split("|"))
_MONTH_WORDS = anchors.on({fold(month) for month in _MONTHS})
_GLUED = re.compile(r"(?<=\d)(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
_NTH_HINT = re.compile(r"\d(?:st|nd|rd|th)\b", re.IGNORECASE)
_MONTH_CUE = re.compile(
    r"\b(?:in|since|last|this|next|until|til|till|by|early|late|mid|of|from|through|during|before|after|"
    r"around|for|"
    r"to|every|between|and|seen|recall|follow[- ]?up|review|end of|beginning of|back|or)[\s-]$",
    re.IGNORECASE,
)
_MONTH_FIELD = re.compile(r"(?:^|[:;,(|]\s?)$")
_FIELD_END = re.compile(r"\s?(?:[;,)|]|\.(?=\s[A-Z]|\s*$)|$)")
_NOT_MONTH = re.compile(r"\s(?:have|be|need|help|not)\b|['’]s\s|-")
_ON_THE = re.compile(
    r"\b((?:the\s)?(?:[12]?(?:1st|2nd|3rd|[4-9]th)|[123]0th|31st|1[0-9]th))\b"
    r"(?!\s?(?:[-/]|rib|metatarsal|metacarpal|toe|finger|digit|intercostal|ics|nerve|percentile|centile|"
    r"ventricle|day|post|floor|street|st\b|"
    r"avenue|ave|road|cross|week|trimester|degree|line|dose|cycle|visit|time|grade|generation|edition|"
    r"cranial|lumbar|thoracic|"
    r"cervical|vertebra|heart|sound|stage|century|year|month|hour|time|attempt|child|pregnancy|baby|"
    r"admission|trailer|episode|opinion|"
    r"molar|tooth|place|person|party|main|blvd|molars|interspace|space|lap|set|part|row|repeat|reading|st|rd|"
    r"lane))",
    re.IGNORECASE,
)
_STOP_AFTER = re.compile(r"\s?(?:[.,;:)\n]|$)|\sof\s[A-Z]|\s(?:with|if|instead|please|unless|because)\b")
_THE_CUE = re.compile(
    r"\b(?:on|since|until|til|till|by|before|after|from|to|due|between|and|discharged|seen|of|"
    r"(?:mon|tues?|wed|thu(?:rs?)?|fri|sat|sun)(?:day)?|(?:wednes|satur)day),?\s$",
    re.IGNORECASE,
)
_FEASTS = sorted(cues.phrases("holidays"), key=lambda feast: (-len(feast), feast))
_HOLIDAYS = re.compile(
    "(?<![^\\W_])(?:"
    + "|".join(feast.replace("'", "['’]?").replace(" ", r"[\s-]") for feast in _FEASTS)
    + ")"
    r"(?:\s(?:eve|day|night|morning|week|weekend|sunday|monday))?(?![^\W_])(?!\s(?:disease|factor|tree|"
    r"syndrome)|[ ]\d{1,2}(?![\w/:.]))",
    re.IGNORECASE,
)
_RITE_BEFORE = re.compile(
    r"\b(?:orthodox|coptic|greek|russian|ukrainian|serbian|ethiopian|western|eastern|chinese|korean|"
    r"tamil|thai|lunar|islamic|hindu|persian|scottish|canadian)\s$",
    re.IGNORECASE,
)
_MONTHLY = re.compile(
    rf"\bthe\s({_FULL_MONTH})(?=\s(?:list|slot|clinic|appointment|visit|review|cohort|rota|meeting|audit|"
    rf"intake|round|session|scan|mri|ct|bloods|figures|statement|bill|dose|injection)\b)",
    re.IGNORECASE,
)
_FOURTH = re.compile(r"\b4th\sof\sjuly\b", re.IGNORECASE)
_FEAST_STARTS = anchors.on(frozenset(fold(feast.split()[0].split("-")[0]) for feast in _FEASTS))
_WEAK_MONTHS = cues.group("weak_months")
_MODALS = cues.words("may mai maja mei ocak safar mars")  # with a number behind still no month
_DAY_BEFORE = re.compile(
    rf"(?<![\w/.-])({_DAY}(?:st|nd|rd|th|\.)?)\s?(?:[-–—/,]|and|&|to|or|until|till?|bis|al?|au|do|tot|og|och|et|y|e|und)\s?$",
    re.IGNORECASE,
)
_DAY_AFTER = re.compile(
    rf"\s?(?:[-–—/]|,?\sand|&|to|,)\s?({_DAY}(?:st|nd|rd|th)?)(?![\w/%]|[.:]\d|\s?(?:mg|ml|mcg|g|kg|"
    rf"units?|tablets?|days?|weeks?|months?|years?|hours?|times|{_MONTH})\b)",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(r"[\s,.]{1,2}(\d\d)(?![\w/%]|[.:]\d)")
_BORN_BEFORE = re.compile(r"(?:dob|d\.o\.b\.?|born|birth|geb\.?|b\.)[\s:]{1,3}(?:on\s)?$", re.IGNORECASE)
_YEAR_IN = re.compile(_YEAR)


def find(page: Page, this_year: int) -> Iterator[Span]:
    """Dates, months, days and holidays; the year stays unless it would show an age over 89."""
    text = page.text
    for match in glance.at(_NUMERIC, text, page.numbers):
        if _is_numeric_date(match.group()) and not _ends_reading(text, match):
            yield Span(match.start(), match.end(), "DATE", _put(match.group(), this_year))
    yield from _foreign(page, this_year)
    yield from _written(page, this_year)
    yield from _strange(page, this_year)
    if glance.holds(page.shape, "9aa", "9Aa", "9AA") and _NTH_HINT.search(text):
        yield from _days(text)
    yield from short_dates.find(page)
    for match in chain(
        page.matches(_HOLIDAYS, _FEAST_STARTS), _FOURTH.finditer(text) if "4th" in text else ()
    ):
        rite = _RITE_BEFORE.search(text, max(0, match.start() - 12), match.start())
        yield Span(rite.start() if rite else match.start(), match.end(), "DATE")


def _ends_reading(text: str, match: re.Match[str]) -> bool:
    """Whether a sentence ends within, and what follows counts something: "LDL 4.1. 10 days ago"."""
    last = match.group().rfind(". ")
    at = match.start() + last + 2
    return last >= 0 and (amounts.counts(text, at) or text[match.end() : match.end() + 1] == "-")


def _foreign(page: Page, this_year: int) -> Iterator[Span]:
    """Weeks, quarters, and dates of other calendars, sought where a sign of one stands."""
    text = page.text
    if not (page.standing(_FOREIGN_WEEKS) or glance.holds(text, *_FOREIGN) or _counts_otherwise(page)):
        return
    for hint in _HINTS.finditer(text):
        for match in _OTHER.finditer(text, max(0, hint.start() - 16), hint.end() + 30):
            yield Span(match.start(), match.end(), "DATE", _put(match.group(), this_year))


_FOREIGN = ("年", "년", "月", "월", "quarter", "ngày", " inst", " ult", " prox", "Q1", "Q2", "Q3", "Q4")
_FOREIGN_WEEKS = anchors.on({"semaine", "semana", "woche", "vecka", "uge", "viikko"})


def _counts_otherwise(page: Page) -> bool:
    """Whether a letter of a week or an era stands before a number, or a point behind its second part."""
    text = page.text
    for start in page.numbers:
        before = text[start - 1 : start] if start else ""
        if before in _ERAS and before or before.isspace() and text[start - 2 : start - 1] in _WEEKS:
            return True
    return glance.holds(page.shape, "9.9.", "9.99.")


_ERAS, _WEEKS = frozenset("wWkKRHSMT"), frozenset("wWkK")


def _written(page: Page, this_year: int) -> Iterator[Span]:
    """Dates with the month in letters, tried where a month, or a day near one, begins."""
    text, end = page.text, 0
    glued = _GLUED.finditer(text) if glance.holds(page.shape, "9aaa", "9Aaa", "9AAA") else ()
    named = page.standing(_MONTH_WORDS)
    starts = {page.words[place].start for place in named}
    months = sorted(starts.union(match.start() for match in glued))
    for first, last in stretches(months, before=24, after=40):
        starts.update(match.start() for match in _STARTS.finditer(text, first, last))
    for start in sorted(starts):
        match = _WRITTEN.match(text, start) if start >= end else None
        if match:
            end = match.end()
            if _is_written_date(match.group()):
                yield Span(match.start(), end, "DATE", _put(match.group(), this_year))
                yield from _range_beside(text, match)
    if named:
        yield from (Span(*match.span(1), "DATE") for match in _MONTHLY.finditer(text))
    for word in (page.words[place] for place in named):
        if word.key in _ALONE and _is_month(page, word):
            yield Span(word.start, word.end, "DATE")


_STRANGE = re.compile(
    rf"(?<![\w/.,-])({_DAY}\.?[ ](?:de[ ]|ta['’][ ])?([^\W\d_]{{3,14}})[ ](?:de[ ])?{_YEAR})(?![\w/%]|[.:]\d)"
)


def _strange(page: Page, this_year: int) -> Iterator[Span]:
    """A day and a year with a month between them in a language that the lists do not have."""
    for match in glance.at(_STRANGE, page.text, page.numbers):
        if not kind(match.group(2)) & (VOCABULARY | EPONYM | HEAD):
            yield Span(*match.span(1), "DATE", _put(match.group(1), this_year))


def _range_beside(text: str, date: re.Match[str]) -> Iterator[Span]:
    """The other day of "3-9 May", "3rd and 4th of May", "May 3 to 9", and the year of "dob 1 feb 60"."""
    before = _DAY_BEFORE.search(text, max(0, date.start() - 14), date.start())
    if before:
        yield Span(before.start(1), before.end(1), "DATE")
    after = _DAY_AFTER.match(text, date.end())
    counted = after and amounts.counts(text, after.start(1))  # "Jan 4, 6-8 weeks"
    if after and not counted and text[date.start()].isalpha() and text[date.end() - 1].isalnum():
        yield Span(after.start(1), after.end(1), "DATE")
    year = _YEAR_AFTER.match(text, date.end())
    if year and _BORN_BEFORE.search(text, max(0, date.start() - 18), date.start()):
        yield Span(year.start(1), year.end(1), "DATE")


def _is_month(page: Page, word: Word) -> bool:
    """Whether the word is the month: said behind a preposition, or written with a capital amid a sentence."""
    text = page.text
    if _NOT_MONTH.match(text, word.end):
        return False
    before = text[max(0, word.start - 16) : word.start]
    if _MONTH_CUE.search(before) or _MONTH_FIELD.search(before) and _FIELD_END.match(text, word.end):
        return word.text[0].isupper() or word.key not in _WEAK_MONTHS or page.case == "lower"
    if word.key in _WEAK_MONTHS:
        ends = len(word.text) > 3 or _FIELD_END.match(text, word.end) is not None
        return word.form == "T" and not word.opens and ends and page.case == "mixed"
    return len(word.text) > 3 or word.form == "T" and not word.opens and page.case == "mixed"


def _days(text: str) -> Iterator[Span]:
    """A day alone: "on the 3rd", "by 22nd", or "the 22nd" at the end of what is said."""
    for match in _ON_THE.finditer(text):
        said = match.group().lower().startswith("the") and _STOP_AFTER.match(text, match.end())
        if said or _THE_CUE.search(text, max(0, match.start() - 12), match.start()):
            yield Span(match.start(1), match.end(1), "DATE")


def _is_numeric_date(found: str) -> bool:
    """Whether it is none of "12.5.20" of a version, 30/40/50 of nothing."""
    numbers = [int(part) for part in re.findall(r"\d+", found)]
    if len(numbers) < 3 or numbers[0] > 31:
        return True
    return min(numbers[0], numbers[1]) <= 12


def _is_written_date(found: str) -> bool:
    """Whether it is not "may 2" of a dose or "mar 3" in the middle of nothing."""
    if re.match(r"\d+,", found) and not _YEAR_IN.search(found):
        return False  # "score 8, Mayo 2"
    word = re.search(r"[^\W\d_]{3,}", found.removeprefix("the "))
    return not (
        word
        and word.group() in _MODALS
        and not _YEAR_IN.search(found)
        and word.start() == 0
        and not re.search(r"(?:st|nd|rd|th)\b", found)
    )


def _put(found: str, this_year: int) -> str | None:
    year = re.match(_YEAR, found) if re.fullmatch(r"\d{8}", found) else _YEAR_IN.search(found)
    if year is None:
        return None
    return year.group() if this_year - int(year.group()) < 90 else None

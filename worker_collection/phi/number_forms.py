"""Numbers that their form gives away: those that states give, rows of telephone numbers, officers."""

import re
from collections.abc import Iterator

from worker_collection.phi import anchors, cues, glance
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_STATE = re.compile(
    r"(?<![\w.-])(?:"
    r"[12]\s\d\d\s(?:0[1-9]|[1-9]\d)\s\d[\dAB]\s\d{3}\s\d{3}(?:\s\d\d)?|"  # NIR
    r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}|"  # personnummer
    r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d[-+A]\d{3}[0-9A-Y]|"  # henkilötunnus, CPR
    r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-+]\d{4}|"
    r"\d{4}\s(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d\d|"  # Sozialversicherungsnummer
    r"\d{6}/\d{3,4}|"  # rodné číslo
    r"[A-Z]{1,2}\d{6}\s?\([0-9A]\)|"  # HKID
    r"756\.\d{4}\.\d{4}\.\d\d|"  # AHV
    r"[A-Z]{6}\d\d[A-Z]\d\d[A-Z]\d{3}[A-Z]|"  # codice fiscale
    r"[A-Z]{2}\s?\d\d\s?\d\d\s?\d\d\s?[A-D]|"  # National Insurance
    r"[A-Z]{2}\d\d(?:[ ][A-Z0-9]{4}){2,7}(?:[ ][A-Z0-9]{1,3})?|"  # IBAN
    r"\d{1,2}\.\d{3}\.\d{3}-[\dA-Za-z]|"  # RUT, DNI
    r"\d\d[ -](?!AM|PM|ML|MG|CC|KG|GM|HR|IU|YO)[A-Z]{1,3}[ -]\d{4,7}"  # of a court
    r")(?![\w/-]|[.,]\d|\s?(?:mg|ml|mcg|units?)\b)"
)
# What one of these numbers holds at least, as `glance.shape` shows it.
_STATE_SHAPES = (
    "99-999 99A999 99+999 999999/ 999999( .9999. A-9999 A99A9 .999-".split()  # noqa: SIM905
    + [f"{first}{space}{last}" for first, last in (("999", "999"), ("999999", "")) for space in " \t\n"]
    + ["A 9999", "A99 "]
)
_LETTERED = re.compile(r"\d\s?[A-D]\b")
_ROW = re.compile(
    r"(?<![\w.])([ofmtpcwhd])[.:]?[ ]((?:\+|\(|\b)[\d(][\d ().-]{2,20}\d)(?=[ ]{1,3}[ofmtpcwhd][.:]?[ "
    r"][+(\d]|[ ]?(?:[\n|;,]|$))",
    re.IGNORECASE,
)
_RANKED = re.compile(
    r"(?:(?i:officer|constable|sergeant|inspector|trooper|deputy|warder|guard|firefighter|fireman|"
    r"paramedic)|"
    r"(?i:pc|wpc|ps|dc|ds|sgt|cso|pcso|pco|so|po))\.?[ ](?:[A-ZÀ-Þ][.]?[ ])?((?:[^\W\d_][\w'’-]{1,24}[ "
    r"]){1,2}?)"
    r"(\(?(?:\d{2,5}[A-Za-z]?)\)?)(?![\w%/]|[.,:]\d|[ ]?(?:mg|ml|years?|days?|min|hours?)\b)"
)
_RANKS = anchors.on(
    cues.words(
        "officer constable sergeant inspector trooper deputy warder guard firefighter fireman paramedic pc "
        "wpc ps dc ds sgt "
        "cso pcso pco so po"
    )
)
# The number behind the thing that it belongs to: "serial of the infusion pump LH0929478H".
_ISSUED_OF = re.compile(
    r"(?:serial|s/n|sn|asset|lot|device|equipment|tag)(?:[ ](?:no|nr|num|number|code|id|tag))?\.?"
    r"[ ](?:of|for|on)[ ]"
    r"(?:(?:the|his|her|their|a|an|this|that|old|new)[ ])?(?:[a-z][a-z-]{1,14}[ ]){1,3}"
    r"(?:is[ ]|was[ ]|[:#][ ]?)?"
    r"((?=[A-Z0-9/-]*\d[A-Z0-9/-]*\d[A-Z0-9/-]*\d)[A-Z0-9][A-Z0-9/-]{4,23})(?![\w%])",
    re.IGNORECASE,
)
_ISSUED = anchors.on(cues.words("serial s sn asset lot device equipment tag"))
# The last four digits of a number: "SSN last 4 4471".
_LAST_FOUR = re.compile(
    r"last[ ](?:4|four)(?:[ ]digits)?(?:[ ]of[ ](?:(?:his|her|the|their)[ ])?(?:ssn|social|card|account))?"
    r"(?:[ ](?:is|are|were)|:|#)?[ ](\d{4})(?![\w/%]|[.,]\d|[ ](?:weeks|days|months|years|h))",
    re.IGNORECASE,
)
# A short number that somebody is called by, and no time of day: "ring the desk on 5924", "paged 8311".
_CALLED = re.compile(
    r"(?:ring|rang|call|called|page|paged|bleep|bleeped|phone|phoned|reach|reached|dial|dialled|contact)\b"
    r"(?:[ ](?:[^\W\d_][\w'’-]{0,20}[ ]){0,4}?(?:on|at)[ ]|[ ])"
    r"((?!(?:[01]\d|2[0-3])[0-5]\d(?!\d))\d{4,5})(?![\w/%:-]|[.,]\d|[ ](?:\d|mg|ml|units|times|h\b))",
    re.IGNORECASE,
)
_CALLING = anchors.on(
    cues.words(
        "ring rang call called page paged bleep bleeped phone phoned reach reached dial dialled contact"
    )
)
# An extension behind who is to be rung, and no time of the day: "ring radiology on 9044", "paged 4417".
_INSIDE = re.compile(
    r"(?:(?:ring|rang|phoned?|call(?:ed)?(?:[ ]to)?|paged?|bleep(?:ed)?|reach|contact)[ ]"
    r"(?:[\w.'’-]+[ ]){1,3}"
    r"(?:on|at)|paged?|bleep(?:ed)?)[ ]((?!(?:[01]\d|2[0-3])[0-5]\d(?!\d))\d{4,5})"
    r"(?=[ ]?(?:[.,;)]|$)|[ ](?:or|and)\b|\n)",
    re.IGNORECASE,
)
_IBAN = re.compile(
    r"(?<![\w-])[A-Z]{2}\d\d(?:[ ][A-Z0-9]{4}){3,7}(?:[ ][A-Z0-9]{1,3})?(?![\w-])", re.IGNORECASE
)
_NUMBERED = re.compile(r"(?<=\w[ ]\(#)\d{4,8}(?=[,)])")
_SAID = (
    (_CALLED, _CALLING, "PHONE"),
    (_ISSUED_OF, _ISSUED, "DEVICE"),
    (_LAST_FOUR, anchors.on({"last"}), "SSN"),
    (
        _INSIDE,
        anchors.on(cues.words("ring rang call called phone phoned page paged bleep bleeped reach contact")),
        "PHONE",
    ),
)
_LABELS = anchors.on(set("ofmtpcwhd"))
_LEAST_ROW, _LEAST_DIALLED, _IBAN_DIGITS = 2, 6, 10


def find(page: Page) -> Iterator[Span]:
    """Numbers of states, rows of labelled telephone numbers, and what behind an officer's name tells him."""
    text = page.text
    if glance.holds(
        page.shape, "9999", "999 999", "999.", "A99A", "99 99", "99999", "9-9", "99A9", "99+9", "A99 "
    ) and (glance.holds(page.shape, *_STATE_SHAPES) or _LETTERED.search(text)):
        for match in _STATE.finditer(text):
            yield Span(match.start(), match.end(), "ID")
    if len(page.standing(_LABELS)) >= _LEAST_ROW:
        yield from _rows(text)
    yield from _told(page)
    for match in page.matches(_RANKED, _RANKS):
        number = match.group(2).strip("()")
        start = match.start(2) + match.group(2).index(number)
        if match.group(1)[0].isupper() or number[-1].isalpha():
            yield Span(start, start + len(number), "LICENSE")


def _told(page: Page) -> Iterator[Span]:
    """Numbers of accounts, those in brackets behind who bears them, those that a turn of speech tells."""
    if glance.holds(page.shape, " 9999 9999", " 9999 A", " AAAA 9999", " aaaa 9999"):
        for match in _IBAN.finditer(page.text):
            if sum(map(str.isdigit, match.group())) >= _IBAN_DIGITS:
                yield Span(match.start(), match.end(), "ACCOUNT")
    for match in _NUMBERED.finditer(page.text) if "(#9999" in page.shape else ():
        yield Span(match.start(), match.end(), "LICENSE")
    for pattern, keys, label in _SAID:
        for match in page.matches(pattern, keys):
            yield Span(*match.span(1), label)


def _rows(text: str) -> Iterator[Span]:
    """The numbers of "o 02 2555 1956 f 02 2555 1957 p 1728", in one line."""
    found = list(_ROW.finditer(text))
    for match in found:
        line = [
            other
            for other in found
            if "\n" not in text[min(match.start(), other.start()) : max(match.start(), other.start())]
        ]
        dialled = [other for other in line if sum(map(str.isdigit, other.group(2))) >= _LEAST_DIALLED]
        if len(line) >= _LEAST_ROW and dialled:
            yield Span(*match.span(2), "FAX" if match.group(1) in "fF" else "PHONE")

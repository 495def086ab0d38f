"""Identifiers by their shape or by the word before them: HIPAA Safe Harbor, classes D to R.

Every pattern is linear: bounded gaps, no nested repetition.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from worker_collection.phi.spans import Span


@dataclass(frozen=True)
class Form:
    """A shape; where it has a group, the group alone is the identifier."""

    label: str
    pattern: re.Pattern[str]


_CODE = r"[A-Z0-9](?:[A-Z0-9]|[-/.](?=[A-Z0-9])){2,24}"
_CODE_WITH_DIGIT = rf"(?=[A-Z-/.]{{0,12}}\d){_CODE}"
_LINK = r"(?:\s{0,2}(?:no|nr|num|number|nos|id|code|is|was|[#:=.,-]|ending in|ends in)){0,3}\s{0,2}"


def _form(label: str, pattern: str, *, flags: int = re.IGNORECASE) -> Form:
    return Form(label, re.compile(pattern, flags))


def _cued(label: str, cues: str, token: str = _CODE_WITH_DIGIT) -> Form:
    return _form(label, rf"(?<![\w-])(?:{cues}){_LINK}({token})(?![\w])")


FORMS: tuple[Form, ...] = (
    _form("EMAIL", r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"),
    _form(
        "EMAIL",
        r"\b[\w.]{2,40}\s?(?:\(at\)|\[at\]|\sat\s)\s?\w{2,30}\s?(?:\(dot\)|\[dot\]|\sdot\s)\s?(?:com|"
        r"org|net|edu|in|uk)\b",
    ),
    _form("URL", r"\b(?:https?://|www\.)[^\s<>\"']{3,200}[^\s<>\"'.,;)]"),
    _form(
        "URL",
        r"\b[\w-]{2,40}(?:\.[\w-]{2,40}){0,3}\.(?:com|org|net|edu|gov|info|io|health|"
        r"example)(?:/[^\s,;)]{0,100})?\b",
    ),
    _form("ID", r"(?<![\w.@])@[A-Z_][\w.]{2,29}\b"),
    _form("IP", r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\d|\.\d)"),
    _form("IP", r"(?<![\w:])(?:[0-9A-F]{1,4}:){4,7}[0-9A-F]{1,4}(?![\w:])"),
    _form("DEVICE", r"(?<![\w:-])(?:[0-9A-F]{2}[:-]){5}[0-9A-F]{2}(?![\w:-])"),
    _form("SSN", r"(?<![\d-])\d{3}[-\s]\d{2}[-\s]\d{4}(?![\d-])"),
    _form("SSN", r"\b(?:ssn|social security)\D{0,25}(\d{4}|\d{9})\b"),
    _form("ID", r"(?<![\d-])\d{4}[\s-]\d{4}[\s-]\d{4}(?:[\s-]\d{4})?(?![\d-])"),
    _form(
        "PHONE",
        r"(?<![\d.(/-])(?:\+?1[\s.-]?)?(?:\(\d{3}\)\s?|\d{3}[\s.-])\d{3}[\s.-]\d{4}(?:\s{0,2}(?:x|"
        r"ext\.?)\s?\d{1,6})?(?!\d)",
    ),
    _form("PHONE", r"\+\d{1,3}(?:[\s.-]?\(?\d{1,5}\)?){2,5}(?!\d)"),
    _form("PHONE", r"(?<![\d./-])0\d{2,4}[\s-]\d{3,4}[\s-]?\d{3,4}(?!\d)"),
    _form("PHONE", r"(?<![\d./-])\d{3}-\d{4}(?![\d/-])"),
    _cued("FAX", r"fax(?:ed)?(?: to)?", r"\+?[\d(][\d\s().-]{4,18}\d"),
    _cued(
        "PHONE",
        r"tel|telephone|ph|phone|mobile|mob|cell|call(?: back)?(?: on| at)?|contact(?: on| at)?|pager|"
        r"pgr|whatsapp|fono|"
        r"telefon|tél|ext|extension|callback|reach(?:ed|able)? at|text(?:ed)?",
        r"\+?[\d(][\d\s().-]{2,18}\d",
    ),
    _cued(
        "MRN",
        r"mrn|mr#|mr|m\.r\.n\.?|medical record|med rec|uhid|hospital (?:no|number|id)|patient (?:id|no|"
        r"number)|pt id|unit no|"
        r"chart|hn|record|crn|op no|ip no|opd",
    ),
    _cued(
        "HEALTHPLAN",
        r"insurance|policy|member|subscriber|plan id|group|medicare|medicaid|hicn|mbi|nhs|vers|"
        r"versichertennr|health card|ohip|ayushman|abha",
        r"(?=[A-Z-/.]{0,12}\d)[A-Z0-9](?:[A-Z0-9]|[-/.\s](?=[A-Z0-9-]*\d)){4,20}",
    ),
    _cued("ACCOUNT", r"account|acct|a/c|claim|invoice|bill|iban|card|encounter|visit id|csn|fin|har"),
    _cued(
        "LICENSE",
        r"licen[cs]e|licen[cs]e plate no|dl|cdl|npi|dea|badge|certificate|cert|gmc|registration|reg",
    ),
    _cued("VEHICLE", r"plates?|licen[cs]e plate|vin|vehicle|truck|car|tag|reg(?:istration)? plate"),
    _cued(
        "DEVICE",
        r"serial|sn|s/n|device(?: serial)?|udi|lot|model no|imei|lead sn|remote box|implant|pump|generator",
    ),
    _cued(
        "ID",
        r"passport|iqama|aadhaa?r|pan|cnic|nric|voter id|ssn|national id|accession|acc|specimen|"
        r"sample id|study id|study|subject|trial|protocol|bracelet|wristband|inmate|booking|case|file|"
        r"ref|reference|order|ticket|code|barcode|token|employee|student|id|sid|rx",
    ),
    _form(
        "VEHICLE",
        r"\b(?=[A-HJ-NPR-Z0-9]{0,16}\d)(?=[A-HJ-NPR-Z0-9]{0,16}[A-Z])[A-HJ-NPR-Z0-9]{17}\b",
        flags=0,
    ),
    _form("ID", r"\b[A-Z]{1,4}-?\d{5,12}[A-Z]?\b", flags=0),
    _form("ID", r"\b[A-Z]{2,4}-\d{3,6}(?:-[A-Z0-9]{1,4})?\b(?<!COVID-19)(?<!SARS-2)", flags=0),
    _form("ID", r"(?<![\d.,/-])\d{7,12}(?![\d,/%]|\.\d|\s?(?:cells|copies|units|iu|/))"),
    _form("ADDRESS", r"\b(?:zip|pin|pincode|postcode|postal code|plz)[\s:#-]{0,3}(\d{5,6}(?:-\d{4})?)\b"),
    _form("ADDRESS", r"\b[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2}\b", flags=0),
    _form("ADDRESS", r"\bP\.?\s?O\.?\sBox\s\d{1,6}\b"),
    _form("ADDRESS", r"\b(?:route|rte|highway|hwy|interstate|i-|exit)\s?\d{1,3}[A-Z]?\b"),
)
_STATE = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|"
    "ND|OH|OK|OR|PA|"
    "RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
_STATE_ZIP = re.compile(rf"\b(?:{_STATE})\s{{1,2}}(\d{{5}}(?:-\d{{4}})?)\b")
# Codes of catalogues and of anatomy, not of people.
_CATALOGUE = re.compile(
    r"(?:[A-TV-Z]\d[0-9A-Z](?:\.[0-9A-Z]{1,4})?|[CTLS]\d{1,2}(?:[-/][CTLS]?\d{1,2})?|\d{1,4}-\d|\d-0|"
    r"CA[- ]?\d{2,3}(?:-9)?|"
    r"COVID-?19|HLA-\w+|[A-Z]{1,3}-?\d{1,2}|\d{1,3}/\d{1,3}|\d+\.\d+|\d{1,2})",
    re.IGNORECASE,
)
_PLAIN_WORD = re.compile(r"[a-z]+\d?$")
_UNIT = re.compile(
    r"\s{0,1}(?:mg|mcg|µg|ml|g|kg|units?|iu|meq|mmol|mmhg|bpm|cm|mm|%|years?|days?|weeks?|hrs?|hours?|"
    r"tablets?|tabs?)\b",
    re.IGNORECASE,
)
_SURE = frozenset({"EMAIL", "URL", "IP", "SSN"})


def find(text: str) -> Iterator[Span]:
    """Every identifier that a shape or a cue gives away, measures and catalogue codes excepted."""
    for form in FORMS:
        for match in form.pattern.finditer(text):
            group = 1 if form.pattern.groups else 0
            if form.label in _SURE or not _is_clinical(match.group(group), text, match.end(group)):
                yield Span(match.start(group), match.end(group), form.label)
    for match in _STATE_ZIP.finditer(text):
        yield Span(match.start(1), match.end(1), "ADDRESS")


def _is_clinical(found: str, text: str, end: int) -> bool:
    if _PLAIN_WORD.match(found) or not any(char.isdigit() for char in found):
        return True
    return bool(_CATALOGUE.fullmatch(found) or _UNIT.match(text, end))

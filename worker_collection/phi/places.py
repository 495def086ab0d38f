"""Addresses, towns, institutions and employers: HIPAA Safe Harbor, class B, and who treats and employs."""

import re
from collections.abc import Iterator

from worker_collection.phi.spans import Span
from worker_collection.phi.vocabulary import is_common

_CAP = r"[A-ZÀ-Þ][\w'’&.-]{0,30}"
_STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Boulevard|Blvd|Way|Terrace|Ter|"
    "Place|Pl|Parkway|"
    "Pkwy|Highway|Hwy|Trail|Loop|Pike|Trace|Crossing|Square|Sq|Nagar|Salai|Marg|Colony|Layout|Sector|"
    "Enclave|Vihar|Bagh|"
    "Puram|Chowk|Gali|Close|Crescent|Gardens|Grove|Mews|Row|Walk|Path|Alley|Plaza|Quay|Rise|Hill|View|"
    "Park|Green"
)
_TAIL = (
    r"(?:,?\s(?:Apt|Unit|Suite|Ste|Flat|Lot|#)\.?\s?[\w-]{1,6})?"
    rf"(?:,\s{_CAP}(?:\s{_CAP}){{0,2}})?(?:,?\s[A-Z]{{2}}(?=\s\d))?(?:,?\s\d{{5,6}}(?:-\d{{4}})?)?"
)
_ADDRESS = (
    re.compile(r"\baddress\s?:\s?([^\n.;]{4,80}(?:\.\s?\d{1,5}[^\n.;]{0,60})?)", re.IGNORECASE),
    re.compile(
        rf"\b(?:(?:Flat|Studio|Apt|Unit)\s)?\d{{1,6}}[A-Z]?\s(?:{_CAP}\s){{1,3}}?(?:Apt|Suite|Ste|"
        rf"Unit)\.?\s?\w{{1,5}}{_TAIL}"
    ),
    re.compile(
        rf"\b\d{{1,6}}[A-Z]?\s(?:{_CAP}\s?){{1,4}},\s(?:{_CAP}\s?){{1,3}},\s[A-Z]{{2}}\b(?:\s\d{{5}})?"
    ),
    re.compile(
        rf"\b\d{{1,6}}[A-Za-z]?,?\s(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|"
        rf"th))\s){{1,4}}?(?:{_STREET})\b\.?(?:\s(?:\d{{1,3}}(?:st|nd|rd|th)\s)?(?:{_STREET})\b)?{_TAIL}"
    ),
    re.compile(
        r"\b\d{1,6}[a-z]?,?\s(?:[a-z]{3,20}\s){1,2}(?:street|road|avenue|lane|boulevard|blvd|rd|"
        r"ave|salai|nagar)\b",
        re.IGNORECASE,
    ),
    re.compile(r"\b[A-ZÄÖÜ][a-zäöüß]{2,20}(?:straße|strasse|str\.|allee|weg|gasse|platz)\s\d{1,4}[a-z]?\b"),
    re.compile(rf"(?:,\s)\d{{5}}\s{_CAP}"),
    re.compile(
        rf"\b(?:Calle|Avenida|Av\.|Rua|Rue|Via|Jalan|Jl\.)\s{_CAP}(?:\s{_CAP}){{0,3}}(?:,?\s\d{{1,5}})?"
    ),
)
_TOWN = (
    re.compile(
        r"\b(?:lives?|living|resid(?:es|ing|ent)|born|raised|grew up|moved|travell?ed|flew|returned|"
        r"relocated|commutes|visiting|"
        rf"works?)\b(?:\s[a-z]{{2,12}}){{0,3}}\s(?:in|at|to|from|near|of)\s({_CAP}(?:\s{_CAP}){{0,2}})"
    ),
    re.compile(rf"\blives?\b[^.\n]{{0,60}}?\s(?:in|at|near)\s({_CAP}(?:\s{_CAP}){{0,2}})"),
    re.compile(rf"\b(?:from|near|outside)\s({_CAP}(?:\s{_CAP})?),\s(?:[A-Z]{{2}}\b|[A-Z][a-z]+)"),
    re.compile(rf"\b({_CAP}(?:\s{_CAP})?),\s(?:[A-Z]{{2}}\s\d{{5}})"),
    re.compile(rf"\b(?:town|city|village|county|district|suburb) of ({_CAP}(?:\s{_CAP}){{0,2}})"),
    re.compile(rf"\b({_CAP}(?:\s{_CAP})?)\s(?:County|Township|District|Parish|Village|Borough)\b"),
)
_HOUSE = (
    "Hospital|Hosp|Clinic|Clinics|Medical Cent(?:er|re)|Med Ctr|Health Cent(?:er|re)|Healthcare|Health "
    "System|Health|Nursing Home|"
    "Infirmary|Dispensary|Hospice|Sanatorium|Polyclinic|Rehab(?:ilitation)?(?: Center)?|Cancer "
    "Cent(?:er|re)|Family Practice|"
    "Surgery Center|Institute|Pharmacy|Care Center|Care Home|Manor|Diagnostics|Labs?|Laboratory|Medical "
    "College|Medical"
)
_HOUSE_NAME = re.compile(
    rf"\b((?:(?:St\.?|Saint|Sri|Mt\.?|Mount|{_CAP}|of|the|and|"
    rf"&)\s){{1,5}}?)({_HOUSE})\b(?:\s(?:Hospital|Clinic|Center|Centre))?"
)
_HOUSE_LOWER = re.compile(
    r"\b(?:from|at|to|by|via)\s((?:(?!the|our|this|that|a|an|any|local|outside|another|which|his|her|"
    r"their|eye|pain|dental|memory|wound|"
    r"diabetes|sleep|fracture|dialysis|infusion|travel|walk|urgent|outpatient|your|my|"
    r"next)[a-z]{3,20}\s){1,3}(?:hospital|clinic|medical center|"
    r"nursing home|hospice|infirmary))\b"
)
_HOUSE_ONLY = re.compile(
    r"\b(?:Mayo|Cleveland|Johns Hopkins|Kaiser(?: Permanente)?|Mount Sinai|Baylor Scott (?:&|and) White|"
    r"AIIMS|Apollo)\b"
)
_WORK = re.compile(
    r"\b(?:works?|working|worked|employed|employer|employee|job|fired|retired|drives|teaches|studies|"
    r"student|volunteers?)"
    rf"(?:\s(?:for|at|by|from|with|is))?[\s:]\s?((?:{_CAP}|of|and|&)(?:,?\s(?:{_CAP}|of|and|&)){{0,4}})"
)
_COMPANY = re.compile(
    rf"\b((?:{_CAP}\s){{1,4}}(?:Inc|LLC|Ltd|LLP|PLC|Corp|GmbH|Pvt|Co|Company|Group|School|Elementary|"
    rf"University|College|Academy|Church|Chapel|Temple|Mosque|Hauling|Logistics|Industries|Call Center|"
    rf"Academy|Foods|Motors|Bank)\b\.?)"
)
_GENERIC_WORDS = (
    "the this our referred admitted discharged transferred follow seen general mental public home "
    "behavioral community primary family emergency pain eye sleep wound memory in at from to patient "
    "return outpatient inpatient past women's men's surgical physical occupational current national "
    "world electronic good poor overall oral bone sexual reproductive global allied"
)
_GENERIC = frozenset(_GENERIC_WORDS.split())


def find(text: str) -> Iterator[Span]:
    """Addresses, towns behind a cue, institutions and employers."""
    for pattern in _ADDRESS:
        for match in pattern.finditer(text):
            yield Span(match.start(pattern.groups), match.end(pattern.groups), "ADDRESS")
    for pattern in _TOWN:
        for match in pattern.finditer(text):
            if not all(is_common(word.strip(".,")) for word in match.group(1).split()):
                yield Span(match.start(1), match.end(1), "ADDRESS")
    yield from _houses(text)
    yield from _employers(text)


def _employers(text: str) -> Iterator[Span]:
    for pattern in (_WORK, _COMPANY):
        for match in pattern.finditer(text):
            first = match.group(1).split()[0].strip(".,")
            if len(first) > 1 and (pattern is _COMPANY or not is_common(first)):
                yield Span(match.start(1), match.end(1), "ORG")


def _houses(text: str) -> Iterator[Span]:
    for match in _HOUSE_NAME.finditer(text):
        start = match.start()
        names = match.group(1).split()
        while names and names[0].casefold().strip(".,") in _GENERIC | {"of", "and", "&"}:
            start = text.index(names.pop(0), start)
            start = text.index(" ", start) + 1
        if names and not all(is_common(name.strip(".,")) and name.islower() for name in names):
            yield Span(start, match.end(), "HOSPITAL")
    for match in _HOUSE_LOWER.finditer(text):
        yield Span(match.start(1), match.end(1), "HOSPITAL")
    for match in _HOUSE_ONLY.finditer(text):
        yield Span(match.start(), match.end(), "HOSPITAL")

"""Number plates: behind a word that promises one, in any country; a few forms without such a word."""

import re
from collections.abc import Iterator

from worker_collection.phi.spans import Span

_GROUP = r"(?:[A-Z]{1,3}\d{1,4}[A-Z]{0,3}|\d{1,4}[A-Z]{1,3}\d{0,3}|[A-Z]{1,3}|\d{1,4})"
_BODY = rf"({_GROUP}(?:[ -]{{1,2}}{_GROUP}){{0,4}})(?![\w]|[.,/]\d)"
_CUE = (
    r"(?:(?:licen[cs]e |number |index |registration )?plates?|registration|regn|reg|rego|tags?|vrn|vrm|kennzeichen|kenteken|"
    r"immatriculation|plaque|matr[ií]cula|targa|placas?|rejestracja|tablica|plaka|rekisteri|nummerplade|nummerskylt|"
    r"vehicle|car|van|truck|lorry|motor ?(?:bike|cycle)|moped|scooter|auto ?rickshaw|rickshaw|tuk ?tuk|taxi|cab|minibus|coach|"
    r"trailer|suv|sedan|pick-?up|ambulance|jeep|tractor|hatchback|saloon)"
)
_LINK = r"(?:[ ](?:reg(?:istration)?|plates?|no|nr|number|num|is|was|with|the|bearing|marked))*"
_CUED = re.compile(rf"\b{_CUE}\b\.?{_LINK}[.]?[ ]?[#:(]?[ ]?{_BODY}", re.IGNORECASE)
_CERTAIN = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}\d{2}[ ][A-HJ-PR-Y][A-Z]{2}|[A-Z]{2}[ -]\d{1,2}[ -][A-Z]{1,2}[ -]\d{4}|[A-Z]{2}-\d{3}-[A-Z]{2}|"
    r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{2,4})(?![\w-])"
)
_UNIT = re.compile(
    r"\d[ -]?(?:min|hrs?|wks?|yrs?|yo|sec|mph|kph|kmh|km|mi|ft|lbs?|kg|mg|ml|pm|am|m|am|days?)\b",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_LETTER = re.compile(r"[^\W\d_]")


def find(text: str, case: str) -> Iterator[Span]:
    """Plates behind their cue, and those whose form nothing else has."""
    for match in _CUED.finditer(text):
        plate = match.group(1)
        digits = len(_DIGIT.findall(plate))
        written = plate.isupper() or case == "lower"
        if digits > 1 and written and _LETTER.search(plate) and not _UNIT.search(plate):
            yield Span(match.start(1), match.end(1), "VEHICLE")
    for match in _CERTAIN.finditer(text):
        yield Span(match.start(), match.end(), "VEHICLE")

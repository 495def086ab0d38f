"""Number plates: behind a word that promises one, in any country; a few forms without such a word."""

import re
from collections.abc import Iterator

from worker_collection.phi.lexicon import VOCABULARY, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_GROUP = r"(?:[A-Z]{1,3}\d{1,5}[A-Z]{0,3}|\d{1,4}[A-Z]{1,3}\d{0,4}|[A-Z]{1,3}|\d{1,5})"
_BODY = rf"({_GROUP}(?:[ -]{{1,2}}{_GROUP}){{0,4}})(?![\w]|[.,/]\d)"
_PLATE = (
    r"(?:licen[cs]e plate|number plate|index plate|plates?|registration|regn|reg|rego|tags?|vrn|vrm|kennzeichen|kenteken|"
    r"immatriculation|plaque|matr[ií]cula|targa|placas?|rejestracja|tablica|plaka|rekisteri|nummerplade|nummerskylt)"
)
_CAR = (
    r"(?:vehicle|car|van|truck|lorry|motor ?(?:bike|cycle)|moped|scooter|auto ?rickshaw|rickshaw|tuk ?tuk|taxi|cab|minibus|coach|"
    r"trailer|suv|sedan|pick-?up|ambulance|jeep|tractor|hatchback|saloon|bus|minivan|wagon|coupe|toyota|honda|ford|nissan|"
    r"vauxhall|opel|volkswagen|vw|golf|polo|bmw|audi|mercedes|benz|renault|peugeot|citro[eë]n|fiat|seat|skoda|škoda|volvo|saab|"
    r"mazda|mitsubishi|suzuki|maruti|tata|mahindra|bajaj|hero|hyundai|kia|chevrolet|chevy|dodge|chrysler|buick|tesla|subaru|"
    r"lexus|isuzu|dacia|holden|yamaha|kawasaki|harley|vespa|transit|corolla|civic|corsa|fiesta|focus|hilux)"
)
_PLATES = frozenset(fold(word) for word in re.findall(r"[^\W\d_]{3,}", _PLATE.replace("?", ""))) | {"regn", "plate", "tag", "placa"}
_CARS = frozenset(fold(word) for word in re.findall(r"[^\W\d_]{2,}", _CAR.replace("?", "")))
_LINK = r"(?:[ ](?:reg(?:istration)?|plates?|no|nr|number|num|is|was|with|the|bearing|marked))*"
_CUED = re.compile(rf"\b{_PLATE}\b\.?{_LINK}[.]?[ ]?[#:(]?[ ]?{_BODY}", re.IGNORECASE)
_DRIVEN = re.compile(
    rf"\b{_CAR}\b(?:[ ][^\W\d_]{{2,12}}){{0,2}}?\.?{_LINK}[ ,:#(]{{1,3}}{_BODY}", re.IGNORECASE
)
_CERTAIN = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}\d{2}[ ][A-HJ-PR-Y][A-Z]{2}|[A-Z]{2}[ -]\d{1,2}[A-Z]?[ -][A-Z]{1,2}[ -]\d{4}|[A-Z]{2}-\d{3}-[A-Z]{2}|"
    r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{2,4}|\d{2,3}-[A-Z]{1,2}-\d{3,6}|[A-Z]{3}[ -]\d{3}[ -]?[A-Z]{2})(?![\w-])"
)
_UNIT = re.compile(
    r"\d[ -]?(?:min|hrs?|wks?|yrs?|yo|sec|mph|kph|kmh|km|mi|ft|lbs?|kg|mg|ml|pm|am|m|days?)\b", re.IGNORECASE
)
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+")


def find(page: Page) -> Iterator[Span]:
    """Plates behind their cue, and those whose form nothing else has."""
    text, case = page.text, page.case
    for match in page.matches(_CUED, _PLATES):
        if _is_plate(match.group(1), case):
            yield Span(match.start(1), match.end(1), "VEHICLE")
    for match in page.matches(_DRIVEN, _CARS):
        words = [word for word in _LETTERS.findall(match.group(1)) if len(word) > 1]
        if _is_plate(match.group(1), case) and not any(kind(word) & VOCABULARY for word in words):
            yield Span(match.start(1), match.end(1), "VEHICLE")
    for match in _CERTAIN.finditer(text):
        yield Span(match.start(), match.end(), "VEHICLE")


def _is_plate(found: str, case: str) -> bool:
    """Whether letters and digits stand together, and no reading or time does."""
    written = found.isupper() or case == "lower"
    told = len(_DIGIT.findall(found)) > 1 and _LETTERS.search(found) is not None
    return written and told and _UNIT.search(found) is None

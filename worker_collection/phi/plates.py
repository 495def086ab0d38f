"""Number plates: behind a word that promises one, in any country, and near cars and crashes by their form."""

import re
from collections.abc import Iterator

from worker_collection.phi import amounts, anchors, cues, glance
from worker_collection.phi.lexicon import CLINICAL, CORE, HEAD, fold, kind, terms
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_OTHER = "\u0400-\u042f\u0600-\u06ff\u0e00-\u0e7f\u4e00-\u9fff\uac00-\ud7a3"  # scripts of other countries
_GROUP = rf"(?:[A-Z{_OTHER}]{{0,4}}\d{{1,6}}[A-Z{_OTHER}]{{0,4}}\d{{0,4}}|[A-ZÄÖÜ{_OTHER}]{{1,4}})"
_BODY = (
    rf"(?<!\w)(?!\d{{1,3}}[MF]\b)({_GROUP}(?:(?:[ ·-]{{1,2}}|\.(?=\S)|\.[ ](?=\S{{0,4}}\d)){_GROUP}){{0,4}})"
    r"(?!\w|[.,/:]\d|[ ]?%)"
)
_PLATE = (
    r"(?:placard|"
    r"licen[cs]e plate|number plate|index plate|plates?|registration|regn|reg\.? ?nr|rego|reg|tags?|"
    r"vrn|vrm|kennzeichen|nummernschild|"
    r"kenteken|immatriculation|immatricul[ée]+|plaque|matr[ií]cula|targa|placas?|patente|chapa|"
    r"rejestracja|tablica|plaka|"
    r"rekisteri(?:numero|tunnus)?|nummerplade|nummerskilt|nummerskylt|nummerplaat|registreringsnummer|regnr|"
    r"kjennemerke|skilt|spz|[eš]pz|rz|rendszám|nr\.? (?:rej\.?|rejestracyjny|înmatriculare|inmatriculare|"
    r"reg\.?)|nopol|"
    r"no\.? polisi|plat(?: nomor)?|tail number|tail no|n-number|hull number|aircraft|glider)"
)
_LINK = (
    r"(?:[ ](?:reg(?:istration)?|plates?|no|nr|number|num|is|was|with|the|bearing|marked|do|del|de|"
    r"seines|ihres|des|transporters|wagens|autos|"
    r"pkws?|lkws?|motorrads|della|van|vom|carro|veículo|auto))*"
)
_CUED = re.compile(rf"\b{_PLATE}(?!\w)\.?{_LINK}[.]?[ ]?[#:(]?[ ]?(?=\S{{2}})", re.IGNORECASE)
# What drives, said right before the plate: a whole plate has to follow.
_RIDDEN = (
    r"(?:veh(?:icle)?|cars?|vans?(?![ ](?:(?-i:[A-Z][a-z])|de[nr]?\b|het\b|'t\b|te[nr]\b))|plane|"
    r"aeroplane|helicopter|heli|boat|truck|lorry|hgv|ute|taxi|cab|bus|"
    r"coach|minibus|trailer|caravan|motorbike|motorcycle|moped|scooter|rickshaw|tuk-?tuk|tricycle|jeepney|"
    r"ambulance|cruiser|came (?:by|in)|arrived (?:by|in)|brought (?:by|in)|left (?:by|in)|"
    r"collected (?:by|in)|driving|drives|drove)"
)
_RIDE = re.compile(rf"\b{_RIDDEN}[ ]?[:(#]?[ ]?(?=[\w])", re.IGNORECASE)
_RIDES = anchors.on(
    cues.words(
        "veh vehicle car cars van vans plane aeroplane helicopter heli boat truck lorry hgv ute taxi cab bus "
        "coach "
        "minibus trailer caravan motorbike motorcycle moped scooter rickshaw tuk-tuk tuktuk tricycle jeepney "
        "ambulance "
        "cruiser came arrived brought left collected driving drives drove"
    )
)
_WRITTEN = re.compile(_BODY)
_SMALL = re.compile(_BODY, re.IGNORECASE)
_CUES = anchors.on(
    frozenset(fold(word) for word in re.findall(r"[^\W\d_]{2,}", re.sub(r"[?()\[\]|+]", " ", _PLATE)))
    | cues.words(
        "regn plate tag placa rekisteri rekisterinumero rekisteritunnus license licence plat immatricule spz "
        "matricula"
    )
)
_TRAFFIC = anchors.on(cues.group("traffic"))
_CERTAIN = re.compile(
    r"(?<![\w-])(?:[A-Z]{2}\d{2}[ ][A-HJ-PR-Z][A-Z]{2}|[A-Z]{2}[ -]\d{1,2}[A-Z]?[ -][A-Z]{1,2}[ -]\d{4}|"
    r"[A-Z]{2}-\d{3}-[A-Z]{2}|"
    r"[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ ]\d{3,4}|\d{2,3}-[A-Z]{1,2}-\d{3,6}|[A-Z]{3}[ -]\d{3}[ -]?[A-Z]{2})(?![\w-])"
)
_BEHIND = ("AAA 999", "AAA-999")
_UNIT = re.compile(
    r"\d[ -]?(?:min|hrs?|wks?|yrs?|yo|sec|mph|kph|kmh|km|mi|ft|lbs?|kg|mg|ml|mm|cm|pm|am|(?-i:m)|days?|cc)\b",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<![Nn]r)(?<![Nn]o)(?<![Rr]eg)[.;]\s|\n")
_NEAR = 70
_CUED_SIGNS, _BARE_SIGNS = 2, 5
_READING = re.compile(
    r"(?:[A-Z]{1,2}\d){2,4}|[A-Z]{2,5} ?\d{1,2}|[A-Z]\d{1,2}(?:[ -][A-Z]?\d{1,2})*", re.IGNORECASE
)
_ISSUED = re.compile(r"\d{4}|[A-Z]\d{3}|\d{3}[A-Z]", re.IGNORECASE)
_READINGS = cues.group("clinical_cues")


def find(page: Page) -> Iterator[Span]:
    """Plates behind their cue or near a car, and those whose form nothing else has."""
    text = page.text
    if not _DIGIT.search(text) and not page.standing(_CUES):
        return
    yield from _cued(page)
    yield from _ridden(page)
    for start, stop in _windows(page):
        for body in (_SMALL if page.case == "lower" else _WRITTEN).finditer(text, start, stop):
            place = _plate(body, least=_BARE_SIGNS)
            if place and not _is_reading(text[slice(*place)]):
                yield Span(*place, "VEHICLE")
    if not glance.holds(
        page.shape, "AA99 A", "A 9999", "A-9999", "AA-999-AA", "99-A", "-A 999", "-AA 999", *_BEHIND
    ):
        return
    certain = (
        match
        for match in _CERTAIN.finditer(text)
        if not _UNIT.search(match.group()) and not _names_reading(match.group())
    )
    yield from (Span(match.start(), match.end(), "VEHICLE") for match in certain)


def _cued(page: Page) -> Iterator[Span]:
    """Plates behind a word that promises one."""
    for cue in page.matches(_CUED, _CUES):
        body = (_SMALL if page.case == "lower" else _WRITTEN).match(page.text, cue.end())
        place = _plate(body, least=_CUED_SIGNS) if body else None
        if place:
            yield Span(*place, "VEHICLE")


def _ridden(page: Page) -> Iterator[Span]:
    """Plates right behind what drives: "veh 8691 HT", "came by TKX 4509"."""
    for ride in page.matches(_RIDE, _RIDES):
        body = (_SMALL if page.case == "lower" else _WRITTEN).match(page.text, ride.end())
        place = _plate(body, least=_BARE_SIGNS) if body else None
        if place and place[0] == ride.end():
            yield Span(*place, "VEHICLE")


def _windows(page: Page) -> Iterator[tuple[int, int]]:
    """The sentences around what drives and crashes, cut to what stands near."""
    for place in page.standing(_TRAFFIC):
        word = page.words[place]
        first = max(0, word.start - _NEAR)
        ends = [match.end() for match in _SENTENCE_END.finditer(page.text, first, word.start)]
        stop = _SENTENCE_END.search(page.text, word.end, word.end + _NEAR)
        yield ends[-1] if ends else first, stop.start() if stop else word.end + _NEAR


def _plate(body: re.Match[str], *, least: int) -> tuple[int, int] | None:
    """Where the plate stands, everyday words cut off its ends; none where there is no plate."""
    start, found = body.start(), body.group(1)
    while " " in found and _is_plain(found.partition(" ")[0]):
        start, found = start + found.index(" ") + 1, found.partition(" ")[2]
    while " " in found and _is_plain(found.rpartition(" ")[2]):
        found = found.rpartition(" ")[0]
    signs = sum(char.isalnum() for char in found)
    written = found == found.upper() or found.islower()
    if not written or not least <= signs <= 10 or _UNIT.search(found) or _YEAR.fullmatch(found):
        return None
    digits = len(_DIGIT.findall(found))
    told = digits > 1 and _LETTERS.search(found) is not None or least == _CUED_SIGNS and digits > 2
    told = told or least == _CUED_SIGNS and "-" in found and found.isupper() and signs > 3
    return (start, start + len(found)) if told else None


def _is_plain(group: str) -> bool:
    return group.islower() and group.isalpha() and bool(kind(group) & CORE)


def _names_reading(found: str) -> bool:
    """Whether three letters or more of it are a sign of medicine: "CRP 112 ON"."""
    words = [fold(word) for word in _LETTERS.findall(found) if len(word) > 2]
    return any(word in _READINGS or word in terms() for word in words)


def _is_reading(found: str) -> bool:
    """Whether a group of letters is a sign of medicine: "GCS 15", "HR 120 RR 22", "E3V4M5"."""
    if _READING.fullmatch(found) or amounts.counts(found, 0):
        return True
    words = [word for word in _LETTERS.findall(found) if len(word) > 1]
    if any(fold(word) in _READINGS for word in words):
        return True
    return not _ISSUED.search(found) and any(kind(word) & (CORE | CLINICAL | HEAD) for word in words)

"""Street addresses and postcodes of many countries: HIPAA Safe Harbor, class B, by shape."""

import re
from collections.abc import Iterator

from worker_collection.phi.spans import Span

_CAP = r"[A-ZÀ-ÞŁŚŻÇĞİÖŞÜ](?:[\w'’]{0,3}\.(?=[ \t])|[\w'’&-]{0,30})"
_ANY = r"[^\W\d_][\w'’&.-]{0,30}"
_STREET = (
    "Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Boulevard|Blvd|Blv|Way|Terrace|Ter|"
    "Place|Pl|Parkway|Pkwy|"
    "Highway|Hwy|Trail|Trl|Loop|Pike|Trace|Crossing|Square|Sq|Nagar|Salai|Marg|Colony|Layout|Sector|Enclave|"
    "Vihar|Bagh|Puram|Chowk|"
    "Gali|Close|Crescent|Gardens|Grove|Mews|Row|Walk|Path|Alley|Plaza|Quay|Rise|Hill|Hills|View|Park|Green|"
    "Cottages|Cottage|House|"
    "Mansions?|Estates?|Villas?|Villages?|Heights|Bypass|Tunnel|Bridge|Expressway|Turnpike|Freeway|Causeway|"
    "Run|Bend|Ridge|Point|Cove|"
    "Mills?|Burgs?|Dale|Junction|Orchard|Meadows?|Springs?|Station|Islands?|Isle|Ford|Forks?|Hollow|Knolls?|"
    "Landing|Manors?|Mount|Pass|"
    "Passage|Ports?|Prairie|Ramp|Ranch|Rapids|Rest|Shoals?|Shores?|Skyway|Spurs?|Stravenue|Stream|Summit|"
    "Throughway|Track|Trafficway|"
    "Union|Unions|Valleys?|Viaduct|Ville|Vista|Walks|Wall|Wells?|Brooks?|Creek|Crest|Curve|Dam|Divide|"
    "Extensions?|Falls|Ferry|Fields?|"
    "Flats?|Forest|Forges?|Fort|Garden|Gateway|Glens?|Harbors?|Haven|Inlet|Keys?|Lakes?|Lights?|Locks?|Lodge|"
    "Mall|Motorway|Neck|Oval|"
    "Overpass|Parks|Pines?|Plains?|Plaza|Corners?|Cliffs?|Camp|Canyon|Cape|Centers?|Club|Common|Course|"
    "Courts?|Estate|Mission|"
    "Pde|Parade|Esplanade|Cct|Circuit|Strand|Broadway|Embankment|Byway|Holw|Xing|Expy|Fwy|Tpke|Trce|Vw|Vly|"
    "Hbr|"
    "Hts|Jct|Mdw|Mdws|Mtn|Orch|Rdg|Rnch|Shrs?|Spgs?|Smt|Bnd|Brk|Cv|Crk|Fls|Frk|Grv|Hl|Hls|Knl|Lk|Mnr|Pne|"
    "Pnes|Pt|"
    "Mountains?|Parkways|Squares?|Streets|Roads|Route|Bayou|Beach|Bluffs?|Bottom|Branch|Underpass|Trailer|"
    "Cres|Cad|Sok|Bulvarı|Caddesi|Sokak"
)
_GAP = r"[ \t]"
_UNIT = rf"(?:,?{_GAP}(?:Apt|Unit|Suite|Ste|Flat|Lot|Room|Rm|Bldg|Floor|Fl|lgh|#)\.?{_GAP}?[\w-]{{1,6}})?"
_NUMBER = r"\d{1,6}(?!\d)(?:[-/]\d{1,4}){0,2}[A-Za-z]?"
_ROOM = (
    rf"(?:(?:Flat|Studio|Apt|Unit|Room|Block|Blk|Villa|Trailer|Bldg|Condo|Cabin|Shop|"
    rf"Suite){_GAP}(?:{_NUMBER}|[A-Z]\d{{0,3}}\b)"
    rf"|(?:Plot|House|Shop|Door|H\.{_GAP}?No|House{_GAP}No|No|Lot|Street|Phase|"
    rf"Sector)\.?:?{_GAP}?#?[A-Z]?{_NUMBER})"
)
_STEP = (
    rf"(?:(?:{_CAP}|\d{{1,2}}/[FL]|\d{{1,3}}(?:st|nd|rd|th)|{_NUMBER}|[A-Z]-\d{{1,2}}(?:/\d)?|de|la|of)"
    rf"(?:,{_GAP}|{_GAP}))"
)
_PREFIX = (
    r"(?i:calle|c/|avenida|avda?\.?|av\.|rua|rue|via|viale|piazza|corso|jalan|jl\.|ul\.|al\.|os\.|plac|"
    r"travessa|largo|carrera|odos|"
    r"leoforos|paseo|plaza|camino|chemin|allée|boulevard|avenue|quai|heol|sráid|calea|strada|privada|colonia|"
    r"cerrada|brgy\.?|"
    r"barangay|kebele|hem|ulica|aleja)"
)
_SMALL = r"(?:de|la|las|los|del|della|dei|da|das|do|dos|du|des|y|of|le|les|a|e|i|ap|\d{1,3})"
_FORMS = (
    # 12 Acacia Avenue, 340 W. Third Ave Apt 2B
    rf"\b(?:{_ROOM},?{_GAP}){{0,2}}{_NUMBER},?{_GAP}(?:(?:N|S|E|W|NE|NW|SE|SW|North|South|East|"
    rf"West)\.?{_GAP})?"
    rf"(?:(?:{_CAP}|\d{{1,3}}(?:st|nd|rd|th)){_GAP}){{1,4}}?(?:{_STREET})(?![\w'])(?:{_GAP}(?:{_STREET})"
    rf"(?![\w']))?"
    rf"(?:\.|{_GAP}(?:\d{{1,4}}|[A-Z]{{1,2}})(?![\w/-]|[.,]\d))?{_UNIT}",
    # 12 Booth Cliff Apt. 3; 4 Bond Whatever, Town, ST
    rf"\b\d{{1,6}}[A-Z]?{_GAP}(?:{_CAP}{_GAP}){{1,3}}?(?:Apt|Suite|Ste|Unit)\.?{_GAP}?\w{{1,5}}\b",
    rf"\b\d{{1,6}}[A-Z]?{_GAP}{_CAP}(?:{_GAP}{_CAP}){{1,2}}(?=,{_GAP}{_CAP}(?:{_GAP}{_CAP})"
    rf"{{0,2}},{_GAP}[A-Z]{{2}}\b)",
    # Flat 3, Lotus Enclave; Plot 44, 2nd Cross, Jayanagar
    rf"\b{_ROOM},{_GAP}?(?:{_ROOM},?{_GAP}?){{0,2}}(?:{_STEP}){{0,4}}(?:{_CAP}|{_NUMBER}|"
    rf"[A-Z]-\d{{1,2}}(?:/\d)?)(?:,{_GAP}{_CAP})?",
    rf"\b{_ROOM}{_GAP}(?:{_ROOM}{_GAP})?{_CAP}(?:{_GAP}{_CAP}){{0,3}}",
    # Calle Mayor 12; ul. Polna 3/4
    rf"(?<!\w){_PREFIX}{_GAP}(?:(?:{_CAP}|{_SMALL})[ \t,]{{1,2}}){{0,5}}(?:{_CAP}|"
    rf"\d{{1,5}}(?:[/-]\w{{1,4}})?[a-z]?)(?:,?{_GAP}(?i:no\.?:?{_GAP}?)?"
    rf"\d{{1,5}}(?![ºª°\d])(?:[/-]\w{{1,4}})?[a-zA-Z]?)?(?:,{_GAP}\d{{1,2}}[ºª°]{_GAP}?[A-Z]?\b)?",
    # 12 bis, rue des Lilas
    rf"\b\d{{1,4}}(?:{_GAP}(?:bis|ter))?,?{_GAP}(?:{_PREFIX}|place){_GAP}(?:(?:{_SMALL}\b|d['’]\w+|"
    rf"{_CAP})(?:{_GAP}|"
    rf"(?=[\W]|$))){{1,5}}",
    rf"\b[A-ZÄÖÜÅ][\w-]{{1,25}}(?:straße|strasse|str\.|allee|weg|gasse|platz|ufer|ring|damm|gatan|vägen|"
    rf"gränd|allén|laan|straat|plein|gade|vej|katu|gracht|singel|kade|dijk|tie|kuja|polku|veien|gata)"
    rf"{_GAP}\d{{1,4}}(?:{_GAP}?[a-z]\b)?(?:{_GAP}(?:lgh|Wohnung|[A-Z]){_GAP}\d{{1,5}})?",
    rf"\b(?:Am|An der|Im|Zum|Zur|Auf dem|Unter den){_GAP}[A-ZÄÖÜ][\w-]{{2,25}}{_GAP}\d{{1,4}}{_GAP}?[a-z]?\b",
    rf"\b(?:{_CAP}{_GAP}){{1,3}}(?:Cad|Cd|Sok|Sk|Blv|Mah|"
    rf"Bul)\.?{_GAP}(?:No{_GAP}?:?{_GAP}?)?\d{{1,4}}(?:/\d{{1,4}})?",
    rf"\b(?:Old|The){_GAP}(?:{_CAP}{_GAP}){{0,2}}(?:Forge|Mill|Rectory|Vicarage|Barn|Cottage|Lodge|Manor|"
    rf"House|Farm),{_GAP}(?:{_CAP}{_GAP}){{1,2}}(?:{_STREET})\b",
    rf"\b(?:{_CAP}{_GAP}){{1,2}}(?:{_STREET}),{_GAP}(?:Co\.|County){_GAP}{_CAP}",
    rf"\b\d{{1,4}}[A-Za-z]?{_GAP}[A-Z][a-z]{{1,12}}-(?:[a-z]{{1,4}}-)[A-Z][a-z]{{2,14}}\b",
    rf"\b(?!\d{{1,2}}-\d{{1,2}}-(?:19|20)?\d\d\b)\d{{1,3}}-\d{{1,4}}-\d{{1,4}}{_GAP}{_CAP}(?:{_GAP}{_CAP})?|"
    rf"\b\d{{1,4}}(?:-\d{{1,4}})?{_GAP}{_CAP}-(?:ro|dong|gil|gu|daero|cho|ku)\b",
    rf"\b\d{{1,4}}(?:[/-]\d{{1,4}})?{_GAP}(?:Le|Tran|Nguyen|Ly|Hai|Phan){_GAP}{_CAP}(?:{_GAP}{_CAP})?",
    rf"\bP\.?{_GAP}?O\.?{_GAP}Box{_GAP}\d{{1,6}}\b|\bBox{_GAP}\d{{1,5}}(?:,?{_GAP}(?:Rural{_GAP}Route|"
    rf"RR){_GAP}\d{{1,3}})?",
    rf"\b(?:House|Plot|Flat|Villa|Apt){_GAP}(?:No\.?{_GAP}?)?#?[A-Z]?\d{{1,4}}(?:/\d{{1,4}})?[A-Z]?\b",
    rf"\bBlk{_GAP}\d{{1,3}}{_GAP}Lot{_GAP}\d{{1,3}}(?:{_GAP}{_CAP}){{1,3}}",
    rf"\b(?:{_CAP}{_GAP}){{1,2}}(?:Heights|Court|House|Towers?|Mansions?|Building|Residences?|Apartments|"
    rf"Lodge){_GAP}\d{{1,4}}\b",
    rf"\b(?:HC|RR|RFD){_GAP}?\d{{1,4}}{_GAP}(?:Box|Bx){_GAP}\d{{1,5}}\b",
    rf"\b{_CAP}{_GAP}(?:Alley|Lane|Street|Sub-city)(?:,{_GAP}House)?{_GAP}\d{{1,5}}\b",
)
_FREE = (
    r"\b(?:(?:mile\smarker|mm|exit)\s\d{1,4},?\s)?(?:rural\sroute|route|rte|highway|hwy|interstate|i-|"
    r"cty\srd|county\sroad|state\sroad)[ -]?\d{1,4}[A-Z]?\b",
    r"\b\d{1,6}\s(?:cty|county|co)\.?\s(?:rd|road|hwy)\s\d{1,4}(?:,\s(?:\d\w{1,3}\s)?(?:trailer|house|farm|"
    r"cabin|door|gate|lot)\s(?:past|near|behind|after|by)\s[\w ]{3,24})?",
    r"\b\d{1,3}(?:st|nd|rd|th)\s(?:trailer|house|farm|cabin|door|gate)\s(?:past|near|behind|after|"
    r"by)\s(?:the\s)?[\w]{2,15}(?:\s[\w]{2,15}){0,2}",
)
_SPOKEN = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    "seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred"
)
_ANY_NUMBER = rf"(?:\d{{1,6}}(?!\d)(?:[/-]\d{{1,4}}){{0,2}}[a-z]?|(?:{_SPOKEN})(?:[ -](?:{_SPOKEN})){{0,3}})"
_NOT_STREET = (
    r"(?!(?:the|and|with|of|to|in|for|on|or|was|is|mg|ml|mcg|days?|weeks?|hours?|years?|months?|tablets?|"
    r"times|"
    r"units?|at|per|from|over|by|yo|pt|p|s)\b)"
)
_LOWER_STREET = (
    _STREET.lower()
    .replace("row|", "")
    .replace("pass|", "")
    .replace("run|", "")
    .replace("point|", "")
    .replace("light|", "")
)
_LOWER = (
    rf"\b(?:flat\s\w{{1,4}},?\s|no\.?\s?)?{_ANY_NUMBER},?\s(?:[nsew]\.?\s)"
    rf"?(?:(?:{_NOT_STREET}[^\W\d_][\w'’-]{{1,20}}|\d{{1,3}}(?:st|nd|rd|th)),?\s){{1,3}}?"
    rf"(?:street|road|avenue|lane|boulevard|blvd|rd|ave|salai|nagar|drive|ln|hwy|estate|terrace|crescent|"
    rf"cottages|close|court|square|way|st)(?![\w])\.?(?:,?\s(?:unit|apt|flat|suite)\s#?\w{{1,5}})?",
    rf"(?<!\w)(?:calle|avenida|av\.|rua|rue|via|viale|piazza|corso|ul\.|al\.|travessa|carrera|odos|leoforos|"
    rf"plaza|camino|chemin|allée|quai|heol|c/)\s(?:(?:{_NOT_STREET}|de|"
    rf"la)[^\W\d_][\w'’]{{0,20}},?\s){{1,4}}?{_ANY_NUMBER}\b(?:/[a-z])?",
    rf"\b{_ANY_NUMBER}(?:\s(?:bis|ter))?,?\s(?:rue|avenue|boulevard|place|allée|chemin|quai)\s(?:(?:de|la|"
    rf"des|du|le)\s)?[^\W\d_][\w'’]{{2,20}}(?:\s[^\W\d_]\w{{2,12}})?",
    rf"\b[^\W\d_]{{3,20}}(?:straße|strasse|str\.|allee|weg|gasse|platz|gatan|vägen|allén|laan|"
    rf"straat)\s{_ANY_NUMBER}\b",
    r"\b(?:blk|block)\s\w{1,5}\s(?:lot|lt)\s\w{1,5}(?:\s[^\W\d_]{2,20}){1,3}?\s(?:st|street|ave|rd|road)\b",
    r"\b(?:church|mill|station|school|high|main|park|manor|chapel|victoria|queen|king|london|"
    r"the old [^\W\d_]{3,10},)"
    r"\s(?:[^\W\d_]{2,12}\s)?(?:lane|road|street|rd|st)\b(?:,\sco\.\s[^\W\d_]{3,12})?(?=[,.\n]|$)",
    rf"\b(?:flat|house|plot|block|room|h\.?no\.?|no\.|blk|lot|street)\s?#?\s?(?:\d{{1,4}}[a-z]?|"
    rf"(?:{_SPOKEN})(?:[ -](?:{_SPOKEN})){{0,2}})(?:[/-]\w{{1,6}})?,\s(?:{_NOT_STREET}[\w/-]{{1,20}},?\s)"
    rf"{{0,3}}{_NOT_STREET}[\w/-]{{1,20}}",
)
_MIXED = tuple(re.compile(form) for form in _FORMS)
_ALWAYS = tuple(re.compile(form, re.IGNORECASE) for form in _FREE)
_FLAT_CASE = tuple(re.compile(form, re.IGNORECASE) for form in _LOWER)
_POSTCODE = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]?[ ]\d[A-Z]{2}\b|\b[A-Z]\d{2}[ ][A-Z]\w{3}\b|"
    r"\b[A-CEGHJ-NPR-TVXY]\d[A-Z][ ]\d[A-Z]\d\b|\b(?:D|F|A|CH|B|I)-\d{4,5}\b|"
    r"(?<=, )\d{4}[ ]?(?!AM|PM|ML|MG|CC|KG|GM|HR|HS|NS|IU|IV|PO|IM)[A-Z]{2}\b|"
    r"(?<![\d.,-])\d{4}-\d{3}(?![\d-])(?=\s*(?:[A-Z]|[.,;)]|$))"
)
_POSTCODE_LOWER = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?[ ]\d[a-z]{2}\b|\b(?:d|f)-\d{5}\b")
_STATE = (
    "AL|AK|AZ|AR|CA|CO|CT|DE|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV|NH|NJ|NM|NY|NC|ND|"
    "OH|OK|OR|PA|RI|SC|SD|"
    "TN|TX|UT|VT|VA|WA|WV|WI|WY|DC|PR"
)
_STATE_CODE = re.compile(r"\b((?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT)[ ]\d{4})(?![\d/.])")
_STATE_ZIP = re.compile(rf"\b(?:{_STATE})[\s,]{{1,2}}(\d{{5}}(?:-\d{{4}})?)\b", re.IGNORECASE)
_BEFORE_CODE = re.compile(r"(?<![\w.-])(\d{5}(?:-\d{4})?|\d{3}\s\d{2,3}|\d{2}-\d{3}|\d{6})\s$")
_AFTER_CODE = re.compile(
    r"(?:[,.]?[ ]{1,2}|-)(?:(?-i:[A-Z]{2})[ ])?(\d{5}(?:-\d{4})?|\d{3}\s\d{2,3}|\d{2}-\d{3}|\d{6}|"
    r"\d{4}-\d{3}|[A-Z]{1,2}\d{1,2}[A-Z]?\s\d[A-Z]{2}|[A-Z]\d\d\s\w{4}|\d{4})(?![\w/%-]|[.,]\d)",
    re.IGNORECASE,
)
_NAMED = r"[A-ZÀ-ÞŁŚŻÇĞİÖŞÜ][\w'’-]{1,30}"
_AFTER_STREET = re.compile(
    rf"(?:,[ \t]?\n?|[ \t]{{1,2}}|\n(?=[A-Z][\w' -]{{2,30}}[ ][\dA-Z-]{{3,9}}))((?:{_NAMED}|(?<=[ ])(?:on|le|"
    rf"la|upon|de|im|am|in|sur|of|"
    rf"or)[ -])(?:[ -](?:{_NAMED}|on|le|la|upon|de|im|am|sur|of|or)){{0,4}})(?=[,.;)\n]|[ ]{{1,2}}(?:\d|"
    rf"[A-Z]{{2}}\b)|$)"
)


_DIGITS = re.compile(r"\d+")


def find(text: str, case: str) -> Iterator[Span]:
    """Street addresses, boxes, roads and postcodes; without capitals to go by, streets by their noun."""
    patterns = (*_ALWAYS, *(_MIXED if case == "mixed" else _FLAT_CASE))
    for start, stop in _windows(text, case):
        for pattern in patterns:
            for match in pattern.finditer(text, start, stop):
                yield Span(match.start(), match.start() + len(match.group().rstrip(" ,")), "ADDRESS")
    for pattern in (_POSTCODE, _POSTCODE_LOWER) if case == "lower" else (_POSTCODE,):
        for match in pattern.finditer(text):
            yield Span(match.start(), match.end(), "ADDRESS")
    for match in _STATE_CODE.finditer(text):
        yield Span(match.start(1), match.end(1), "ADDRESS")
    for match in _STATE_ZIP.finditer(text):
        yield Span(match.start(1), match.end(1), "ADDRESS")


def _windows(text: str, case: str) -> list[tuple[int, int]]:
    """Where numbers stand, for no street is without one, or the whole text where numbers are spoken."""
    if case == "lower" and len(text) < 4000:
        return [(0, len(text))]
    windows: list[tuple[int, int]] = []
    for match in _DIGITS.finditer(text):
        start, end = max(0, match.start() - 64), match.end() + 100
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def town_after(text: str, end: int) -> Iterator[Span]:
    """The town behind a street: what is written with capitals up to the next comma, number or full stop."""
    match = _AFTER_STREET.match(text, end, end + 60)
    if match:
        yield Span(match.start(1), match.end(1), "ADDRESS")


_HOUSE_AFTER = re.compile(
    r"[ ]\d{1,4}(?:[ ]?[A-Za-z]\b)?(?:[ ][A-Z]?[ ]?\d{1,3}\b)?(?=,[ ][A-ZÀ-Þ]|[ ]?\n|$|[ ](?:in|near)\b|"
    r",?[ ]\d{4,6})"
)
_UNIT_AFTER = re.compile(
    r",?[ ]((?:apt|unit|suite|ste|flat|floor|fl|lot|dpto|depto|piso|puerta|pta|esc|int|app|appt|étage|etage|"
    r"whg|lgh|top|bldg|"
    r"block|blk)(?:\.?[ ]#?|\.|#|(?=\d))[\w-]{1,5}|#\d{1,5}|\d{1,2}(?:st|nd|rd|th)[ ]floor|\d{1,2}[ºª°]?[ ]?[A-Z])(?![\w-])",
    re.IGNORECASE,
)
_STREET_BEFORE = re.compile(r"(?:\b(?:at|of|to|on|from|near|address|in|is)[ ]|[,;:][ ]|\n|^)$")
_HOUSE_BEFORE = re.compile(
    r"(?:\b(?:at|of|to|on|from|near|address|home|resides|lives|is|in)[ ]|[,:][ ]|\n|"
    r"^)"
    r"(\d{1,5}[A-Za-z]?,?[ ])$"
)
_CODE_AFTER = re.compile(r",[ ](\d{5,6})(?=[ ]?(?:[.,;)\n]|$))")


def beside(text: str, span: Span) -> Iterator[Span]:
    """The number that stands before or after a town or a street."""
    front = _HOUSE_BEFORE.search(text, max(0, span.start - 20), span.start)
    if front and text[span.start].isupper():
        yield Span(front.start(1), span.start - 1, "ADDRESS")
    unit = _UNIT_AFTER.match(text, span.end) if span.label == "ADDRESS" else None
    if unit:
        yield Span(unit.start(1), unit.end(1), "ADDRESS")
    if span.label == "ADDRESS":
        yield from _codes(text, span.start, span.end)
    else:
        code = _CODE_AFTER.match(text, span.end)
        if code:
            yield Span(code.start(1), code.end(1), "ADDRESS")
    if not text[span.start].isupper() or text[span.start : span.end].isupper():
        return
    house = _HOUSE_AFTER.match(text, span.end, span.end + 14)
    if (
        house
        and span.end - span.start > 4
        and _STREET_BEFORE.search(text, max(0, span.start - 9), span.start)
    ):
        yield Span(house.start() + 1, house.end(), "ADDRESS")


def _codes(text: str, start: int, end: int) -> Iterator[Span]:
    before = _BEFORE_CODE.search(text, max(0, start - 11), start)
    if before:
        yield Span(before.start(1), before.end(1), "ADDRESS")
    after = _AFTER_CODE.match(text, end, end + 20)
    if after and not (len(after.group(1)) == 4 and after.group(1)[:2] in ("19", "20")):
        yield Span(after.start(1), after.end(1), "ADDRESS")

"""Parts of an address that a word announces: villages, districts, boxes, corners, junctions, lots."""

import re
from collections.abc import Iterator

from worker_collection.phi import anchors, cues
from worker_collection.phi.lexicon import CORE, DOUBLE, HEAD, NAME, PUBLIC, RARE, TOWN, VOCABULARY, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_CAP = r"[^\W\d_a-zß-ž][\w'’]{1,24}(?:-[\w'’]{2,16}){0,2}"
_SMALL = r"(?:de|la|las|los|del|della|da|das|do|dos|du|des|of|le|les|di|na|w|y)"
_NAMED = rf"{_CAP}(?:[ ](?:{_SMALL}[ ])?{_CAP}){{0,2}}"
_SIGN = r"[A-Z]{0,2}-?\d{1,4}(?:[/-]\w{1,4})?[A-Z]?\b"
_SURE = anchors.on(cues.group("parishes"))
_WIDE = anchors.on(
    frozenset(
        {
            "village",
            "district",
            "town",
            "city",
            "hamlet",
            "parish",
            "county",
            "township",
            "borough",
            "isle",
            "island",
            "vale",
        }
    )
)
_COUNTED = cues.group("lots")
_NUMBERED_LOTS = anchors.on(_COUNTED)
_BOXES = anchors.on(
    frozenset(
        {
            "postfach",
            "boite",
            "apartado",
            "casilla",
            "caixa",
            "postboks",
            "postbus",
            "pmb",
            "private",
            "gpo",
            "locked",
            "skrytka",
            "po",
            "p",
            "c",
        }
    )
)
_ROADS = anchors.on(
    frozenset(
        {
            "m",
            "a",
            "junction",
            "corner",
            "intersection",
            "exit",
            "km",
            "kilometer",
            "kilometre",
            "nh",
            "crossroads",
        }
    )
)
_ANNOUNCED = re.compile(
    rf"[^\W\d_]+(?:[-.][^\W\d_]+)?\.?:?[ ](?:(?i:of|no|nr|de|do|da|di|del)\.?:?[ ]{{0,1}})?((?:{_NAMED}|"
    rf"{_SIGN})(?:[ ]{_SIGN})?)"
)
_OF = re.compile(rf"[^\W\d_]+[ ]of[ ](?:the[ ])?({_NAMED})")
_LOTS = re.compile(
    rf"(?:[^\W\d_]+\.?[ ]?(?:no\.?:?[ ]?|nr\.?[ ]?|#[ ]?)?{_SIGN},?[ ]){{1,3}}[^\W\d_]+\.?[ ]?(?:no\.?[ ]?|"
    rf"#)?{_SIGN}",
    re.IGNORECASE,
)
_BOX = re.compile(
    r"(?:postfach|bo[iî]te[ ]postale|apartado(?:[ ](?:postal|de[ ]correos|aéreo))?|casilla(?:[ ]postal)?|"
    r"caixa[ ]postal|postboks|postbus|"
    r"skrytka(?:[ ]pocztowa)?|pmb|private[ ](?:mail[ ])?bag|gpo[ ]box|locked[ ]bag|p\.?[ ]?o\.?[ ]?box|"
    r"c\.[ ]?p\.)[ ]?(?:n[ro°º]\.?:?[ ]?|#)?"
    r"[A-Z]{0,2}[ ]?\d{1,6}(?:[ -]\d{2,6})?(?:[ ]Succ\.[ ][A-Z]\b)?",
    re.IGNORECASE,
)
_CORNER = re.compile(
    rf"(?:(?:corner|intersection|crossroads|junction)[ ]of[ ](?:the[ ])?{_CAP}(?:[ ]{_CAP})?[ ](?:and|&|"
    rf"with)[ ](?:the[ ])?"
    rf"{_CAP}(?:[ ]{_CAP})?|(?:[MA]\d{{1,3}}[ ])?(?:[Jj]unction|[Ee]xit|km|[Kk]ilomet(?:er|"
    rf"re))[ ]\d{{1,3}}\b)"
)
_MOTORWAY = re.compile(
    r"\b(?:[MA]\d{1,3}(?:\(M\))?[ ](?:junction|jct|exit|services|slip|J)[ ]?\d{0,3}|NH[- ]?\d{1,3}\b)|"
    r"(?<=\bthe )[AM]\d{1,4}(?:\(M\))?(?=[ ]?(?:[,.;)\n]|$)|[ ](?:near|at|from|to|towards|outside|by|"
    r"north|south|east|west|and)\b)"
)
_CROSS = re.compile(
    rf"(?:#[ ]?\d{{1,4}}(?:/\d{{1,3}})?,[ ])?\d{{1,2}}(?:st|nd|rd|th)[ ](?:Cross|"
    rf"Main)\b(?:[ ]Road\b)?(?:,?[ ](?:\d{{1,2}}(?:st|nd|rd|th)[ ]"
    rf"(?:Cross|Main|Block|Stage|Phase)(?:[ ]Road)?|{_NAMED}))*"
)
_GRID = re.compile(rf"\b[NSEW]\d{{2,3}}[ ]?[NSEW]\d{{3,5}}(?:[ ]{_CAP}){{1,3}}")
# Hradec 48, 482 13 Lipová; Lindenstraße 14, 50482 Köln; Kerkstraat 4, 4821 KX Dorp
_CODED = re.compile(
    rf"({_CAP}(?:[ ](?:{_SMALL}[ ])?{_CAP}){{0,3}}[ ]"
    rf"\d{{1,4}}(?:/\d{{1,4}})?[ ]?[A-Za-z]?,?[ ](?:[A-Z]{{1,2}}-)?"
    rf"(?:\d{{3}}[ ]\d{{2}}|\d{{2}}-\d{{3}}|\d{{4,6}})[ ](?:[A-Z]{{2}}[ ])?)({_NAMED})"
)
_CODE_HINT = re.compile(r"\d[ ]?[A-Za-z]?,?[ ](?:[A-Z]{1,2}-)?\d[\d -]{3,5}[ ]")
_STREET = re.compile(
    rf"[^\W\d_]+[ ](?:the[ ])?((?:{_CAP}[ ]){{1,2}}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Ln|Drive|Close|"
    rf"Crescent|Boulevard|Blvd|Highway|"
    rf"Hwy|Parkway|Terrace|Gardens|Square|Bridge|Park|Roundabout|Station|Bypass|Motorway|Turnpike|"
    rf"Expressway)\b)"
)
_ALONG = anchors.on(
    cues.words("on at off near along down in from to of outside opposite via behind crossing")
)
_SOUGHT = ((_ANNOUNCED, _SURE), (_OF, _WIDE), (_BOX, _BOXES), (_CORNER, _ROADS))
_LETTERS = re.compile(r"[^\W\d_]+")
_LAST = cues.words("lt ap apto apt et no")
_DIGIT = re.compile(r"\d")


def find(page: Page) -> Iterator[Span]:
    """Every such part in a note whose capitals tell names."""
    if page.case != "mixed":
        return
    for pattern, keys in _SOUGHT:
        yield from map(_span, page.matches(pattern, keys))
    yield from (_span(match) for match in page.matches(_ANNOUNCED, _WIDE) if _is_place(match.group(1)))
    yield from (_span(match) for match in page.matches(_LOTS, _NUMBERED_LOTS) if _are_lots(match.group()))
    for match in page.matches(_STREET, _ALONG):
        if not kind(match.group(1).partition(" ")[0]) & (HEAD | PUBLIC):
            yield Span(match.start(1), match.end(1), "ADDRESS")
    yield from _numbered(page)


def _are_lots(found: str) -> bool:
    """Whether the last of several numbers has a word of that kind too: "Quadra 4 Lote 21"."""
    words = [fold(word) for word in _LETTERS.findall(found) if len(word) > 1]
    return len(words) > 1 and words[-1] in _COUNTED | _LAST


def _numbered(page: Page) -> Iterator[Span]:
    """Parts that their numbers give away: crosses, grids, motorways, a code between house and town."""
    text = page.text
    if "Cross" in text or "Main" in text:
        yield from map(_span, _CROSS.finditer(text))
    if not page.numbers:
        return
    if "A99" in page.shape and "A999" in page.shape:
        yield from map(_span, _GRID.finditer(text))
    if "A9" in page.shape or "NH" in text:
        yield from map(_span, _MOTORWAY.finditer(text))
    if any(_CODE_HINT.match(text, end - 1) for _, end in page.runs):
        for match in _CODED.finditer(text):
            if _is_place(match.group(2)) and not kind(match.group().partition(" ")[0]) & (RARE | HEAD):
                yield _span(match)


def _span(match: re.Match[str]) -> Span:
    return Span(match.start(), match.end(), "ADDRESS")


def _is_place(named: str) -> bool:
    """Whether what stands with a capital can be a place: no public word, no everyday word."""
    flags = kind(named.partition(" ")[0])
    if flags & (PUBLIC | HEAD):
        return False
    return not flags & VOCABULARY or bool(flags & (TOWN | DOUBLE | NAME)) and not flags & CORE

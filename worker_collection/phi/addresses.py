"""Postcodes, and what stands beside streets and towns: HIPAA Safe Harbor, class B, by shape."""

import re
from collections.abc import Iterator

from worker_collection.phi import amounts, anchors, cues, glance, streets
from worker_collection.phi.aged import is_told
from worker_collection.phi.lexicon import CORE, GIVEN, HEAD, TOWN, VOCABULARY, fold, kind, terms
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span
from worker_collection.phi.street_forms import STATES

_POSTCODE = re.compile(
    r"\b[A-Z]{1,2}\d[A-Z\d]?[ ]\d[A-Z]{2}\b|\b[AC-FHKNPRTV-Y]\d[\dW][ ][AC-FHKNPRTV-Y][\dAC-FHKNPRTV-Y]{3}\b|"
    r"\b[A-CEGHJ-NPR-TVXY]\d[A-Z][ ]\d[A-Z]\d\b|\b(?:D|F|A|CH|B|I)-\d{4,5}\b|"
    r"(?<=, )\d{4}[ ]?(?!AM|PM|ML|MG|CC|KG|GM|HR|HS|NS|IU|IV|PO|IM)[A-Z]{2}\b|"
    r"(?<![\d.,/-])\d{4}-\d{3}(?![\d-])(?=\s*(?:[A-Z]|[.,;)]|$))"
)
_POSTCODE_LOWER = re.compile(
    r"\b[a-z]{1,2}\d[a-z\d]?[ ]\d[a-z]{2}\b|\b[a-ceghj-nprstvxy]\d[a-z][ ]\d[a-z]\d\b|\b(?:d|f)-\d{5}\b"
)
_STATES_DOWN_UNDER = anchors.on(cues.words("nsw vic qld sa wa tas act nt"))
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_STATE_CODE = re.compile(r"\b((?:NSW|VIC|QLD|SA|WA|TAS|ACT|NT)[ ]\d{4})(?![\d/.])")
_STATE_CODE_LOWER = re.compile(r"\b((?:nsw|vic|qld|wa|tas)[ ]\d{4})(?![\d/.])")
_ZIP = re.compile(r"(?<![\d.,-])\d{5}(?:-\d{4})?(?![\w-])")
_STATE_BEFORE = re.compile(rf"(?<!\w)(?:{STATES})[\s,]{{1,2}}$", re.IGNORECASE)
_BEFORE_CODE = re.compile(
    r"(?<![\w.-])((?:[A-Z]{1,3}-)?(?:\d{5}(?:-\d{4})?|\d{3}\s\d{2,3}|\d{2}-\d{3}|\d{6})|[A-Z]{1,3}-\d{4}|"
    r"(?:(?<=\n)|(?<=,[ ])|(?<=;[ ]))(?!19\d\d|20[0-3]\d)\d{4}(?:[ ]?[A-Z]{2})?)\s$",
    re.IGNORECASE,
)
# The part of a town behind its name: "2100 København Ø", "London SE1", "20121 Milano (MI)".
_QUARTER = re.compile(
    r"[ ](?:[NSVKCØ]{1,2}|\([A-Z]{2}\)|\d{1,2}(?:e|er|ème)?|(?:[NS][EW]?|[EW]C?)\d{1,2}[A-Z]?)"
    r"(?=[,.;)\n]|[ ]{2}|$)"
)
_QUARTER_BEFORE = re.compile(r"(?:[,;\n][ ]?|\d[ ])$")
_AFTER_CODE = re.compile(
    r"(?:[,.]?[ ]{1,2}|-|[ ]-[ ])(?:(?-i:[A-Z]{2})[ ])?(\d{5}(?:-\d{4})?|\d{3}\s\d{2,3}|\d{2}-\d{3}|\d{6}|"
    r"\d{4}-\d{3}|[A-Z]{1,2}\d{1,2}[A-Z]?\s\d[A-Z]{2}|[A-Z]\d\d\s\w{4}|\d{4})(?![\w/%-]|[.,]\d|"
    r"[ ]?(?:g|gm|kg|ml)\b)",
    re.IGNORECASE,
)
_NAMED = r"[A-ZÀ-ÞŁŚŻÇĞİÖŞÜ][\w'’-]{1,30}"
_AFTER_STREET = re.compile(
    rf"(?:,[ \t]?\n?|[ \t]{{1,2}}|\n(?=[A-Z][\w' -]{{2,30}}[ ][\dA-Z-]{{3,9}}))((?:{_NAMED}|(?<=[ ])(?:on|le|"
    rf"la|upon|de|im|am|in|sur|of|"
    rf"or)[ -])(?:[ -](?:{_NAMED}|on|le|la|upon|de|im|am|sur|of|or)){{0,4}})(?=[,.;)\n]|[ ]{{1,2}}(?:\d|"
    rf"[A-Z]{{2}}\b)|$)"
)


_HAS_CODE = re.compile(r"\d[ ]?[A-Z]{2}\b|[A-Z]\d[A-Z][ ]\d|[A-Z]-\d{4}|\d{4}-\d{3}|[A-Z]\d{2}[ ][A-Z]")
_HAS_CODE_LOWER = re.compile(_HAS_CODE.pattern, re.IGNORECASE)


def find(page: Page) -> Iterator[Span]:
    """Streets, boxes, roads and postcodes."""
    text = page.text
    if not page.numbers:
        return
    yield from streets.find(page)
    hints = _HAS_CODE_LOWER if page.case == "lower" else _HAS_CODE
    for hint in hints.finditer(text) if _may_hold_code(page) else ():
        for pattern in (_POSTCODE, _POSTCODE_LOWER) if page.case == "lower" else (_POSTCODE,):
            for match in pattern.finditer(text, max(0, hint.start() - 8), hint.end() + 8):
                yield Span(_with_town(page, match.start()), match.end(), "ADDRESS")
    for match in glance.at(_ZIP, text, page.numbers) if "99999" in page.shape else ():
        state = _STATE_BEFORE.search(text, max(0, match.start() - 4), match.start())
        if state:
            start = _with_town(page, state.start()) if state.group().isupper() else match.start()
            yield Span(start if start < state.start() else match.start(), match.end(), "ADDRESS")
    pattern = _STATE_CODE_LOWER if page.case == "lower" else _STATE_CODE
    for match in page.matches(pattern, _STATES_DOWN_UNDER):
        yield Span(match.start(1), match.end(1), "ADDRESS")


_TOWN_BEFORE = re.compile(
    r"(?<![\w'’-])((?:(?:St|Mt|Ft)\.[ ])?[A-ZÀ-Þ][\w'’-]{1,24}(?:[ ][A-ZÀ-Þ][\w'’-]{1,24}){0,2}),?[ ]$"
)


_FIELD_BEFORE = re.compile(r"(?:^|[,;:\n][ ]{0,2})$")


def _with_town(page: Page, code: int) -> int:
    """Where the town before a code or its state begins, whatever words it is: "Lives Reading, PA 19616"."""
    text = page.text if page.case == "mixed" else page.recased
    town = _TOWN_BEFORE.search(text, max(0, code - 60), code)
    words = page.words_between(*town.span(1)) if town else []
    fills = town and _FIELD_BEFORE.search(text, max(0, town.start() - 3), town.start()) is not None
    while words and words[0].flags & CORE and not words[0].flags & TOWN and not fills:
        words = words[1:]
    told = fills or any(word.flags & TOWN or not word.flags & (VOCABULARY | HEAD) for word in words)
    return words[0].start if words and told else code


def _may_hold_code(page: Page) -> bool:
    """Whether letters stand near a number as in a postcode."""
    shape = page.shape.upper() if page.case == "lower" else page.shape
    return glance.holds(shape, "9AA", "9 AA", "A9A 9", "A-9999", "9999-999", "A99 A")


def town_after(text: str, end: int) -> Iterator[Span]:
    """The town behind a street: what is written with capitals up to the next comma, number or full stop."""
    if _ENDED.search(text, max(0, end - _LONG_NOUN - 1), end):
        return
    match = _AFTER_STREET.match(text, end, end + 60)
    if match and fold(match.group(1).split()[0]) not in _LABELS:
        yield Span(match.start(1), match.end(1), "ADDRESS")


_LONG_NOUN = 6
_ENDED = re.compile(r"[^\W\d_]{6}\.$")  # a noun written out, and the end of a sentence: "Summit Street. Back"
_LABELS = frozenset(cues.numbers()) | frozenset(cues.labels())
_HOUSE_AFTER = re.compile(
    r"[ ]\d{1,4}(?:[ ]?[A-Za-z]\b)?(?:[ ][A-Z]?[ ]?\d{1,3}\b)?(?=,[ ][A-ZÀ-ÞΑ-ΩЀ-Я]|[ ]?\n|$|[ ](?:in|"
    r"near)\b|"
    r",?[ ]\d{4,6}|,?[ ]\d{3}[ ]\d{2})"
)
_UNIT_AFTER = re.compile(
    r",?[ ](?:(?:apto?|apt[oº]|apartamento|unit|suite|ste|flat|floor|fl|lot|dpto|depto|piso|puerta|pta|esc|"
    r"escalera|"
    r"planta|int|interno|scala|app|appt|étage|etage|whg|lgh|top|bldg|block|blk|bloco|torre|sala|loja|"
    r"b[âa]t|bl|sc|et|ap|"
    r"bus|bte|kat|daire|lok|m|d|n[ro])(?:\.?[ :]#?|\.|#|:|(?=\d))(?:\d[\w-]{0,5}|[A-Z]\d{0,3})|"
    r"#[ ]?\d{1,5}[A-Z]?(?:[ ]?-[ ]?\d{1,4})?|\d{1,2}(?:st|nd|rd|th)[ ]floor|\d{1,2}[ºª°][ ]?(?:izda|izq|"
    r"dcha|der|dto|esq|fte|frente|piso)\.?|"
    r"\d{1,2}[ºª°]?[ ]?[A-Z]|"
    r"\d{1,2}\.[ ]?(?:OG|UG|DG|Stock|Etage|emelet|em)\.?|(?:hs|as|EG)[ ]?\d{0,3}|"
    r"(?:\d{1,2}|st|kl)\.?[ ](?:tv|th|mf|sal)\.?|[A-Z]-\d{1,2}/\d{1,2})(?![\w-])|-(?:[IVX]{1,4}|hs|bis)\b",
    re.IGNORECASE,
)
_TAILS = 4
_STREET_BEFORE = re.compile(r"(?:\b(?:at|of|to|on|from|near|address|in|is)[ ]|[,;:][ ]|\n|^)$")
_HOUSE_BEFORE = re.compile(
    r"(?:\b(?:at|of|to|on|from|near|address|home|resides|lives|is|in)[ ]|[,:][ ]|\n|"
    r"^)"
    r"(\d{1,5}[A-Za-z]?,?[ ])$"
)
_CODE_AFTER = re.compile(r",[ ](\d{5,6})(?=[ ]?(?:[.,;)\n]|$))")


def _number_before(text: str, span: Span) -> re.Match[str] | None:
    """A number before a town or a street that no label calls an age."""
    spaced = text[span.start].isupper() and text[span.start - 1 : span.start] == " "
    if not spaced or _DIGIT.search(text, max(0, span.start - 4), span.start) is None:
        return None
    front = _HOUSE_BEFORE.search(text, max(0, span.start - 20), span.start)
    aged = front and (
        _AGE_LABEL.search(text, max(0, front.start(1) - 12), front.start(1))
        or "," in front.group(1)
        and is_told(text, front.start(1))
    )
    return None if aged else front


def beside(text: str, span: Span) -> Iterator[Span]:
    """The number that stands before or after a town or a street."""
    front = _number_before(text, span)
    if front and not (_is_entry(front, span) or amounts.is_age_between(text, front.start(1))):
        yield Span(front.start(1), span.start - 1, "ADDRESS")
    if span.label == "ADDRESS":
        end = span.end
        numbered = _DIGIT.search(text, span.start, end) is not None
        if numbered or not amounts.age_at(text, end):
            end = _tail_end(text, end, numbered=numbered)
        if end > span.end:
            yield Span(span.end, end, "ADDRESS")
        yield from _codes(text, span.start, end)
    else:
        code = _CODE_AFTER.match(text, span.end)
        if code:
            yield Span(code.start(1), code.end(1), "ADDRESS")
    if not text[span.start].isupper() or text[span.start : span.end].isupper():
        return
    house = _HOUSE_AFTER.match(text, span.end, span.end + 14)
    if (
        house
        and not (_LASTS.match(text, span.end) or _AGED.match(text, span.end))
        and span.end - span.start > 4
        and (before := _STREET_BEFORE.search(text, max(0, span.start - 9), span.start))
        and not (_BARE.fullmatch(house.group()) and before.group()[:1] in _MARKS and _is_somebody(text, span))
    ):
        yield Span(house.start() + 1, house.end(), "ADDRESS")


def _is_somebody(text: str, span: Span) -> bool:
    """Whether people are called so, whose ages stand behind them: "Children: Ann 3, Quist 5"."""
    return span.label == "NAME" and bool(kind(text[span.start : span.end].rsplit(maxsplit=1)[-1]) & GIVEN)


def _is_entry(front: re.Match[str], span: Span) -> bool:
    """Whether the number before a name is of a list or an age, and no house's: "62M, Quist Ward"."""
    if span.label == "NAME" and (front.group()[0] == "\n" or front.start(1) == front.start()):
        return True
    return (
        _AGE_BEFORE.fullmatch(front.group(1)) is not None or span.label != "ADDRESS" and "," in front.group(1)
    )


_BARE, _MARKS = re.compile(r"[ ]\d{1,2}"), (",", ":", ";")
_AGE_LABEL = re.compile(
    r"\b(?:aged?|alter|edad|idade|leeftijd|âge|età|ålder|alder|(?:gentle|wo)?man of|lady of)[ ]?:?[ ]?$",
    re.IGNORECASE,
)
_AGE_BEFORE = re.compile(r"\d{1,3}[MF],?[ ]")


# Who lives there: "Apt 25 61M", "22 Mill Lane, M/67".
_AGED = re.compile(r",?[ ]\(?(?:(?:1[3-9]|[2-9]\d)(?:[ ]?[MF]|a)|(?-i:[MF])[ ]?/[ ]?\d\d)(?![\w-])")
_LASTS = re.compile(r",?[ ]\d{1,3}[ ]?[hdwmy](?![\w-])")  # "Quistham, 48 h", "14 Acacia Road 3d ago"
# Behind a town alone letters that are doors elsewhere tell an age or a time: "Quistham, 67 a", "QUISTHAM 6Y".
_AGED_THERE = re.compile(r",?[ ]\(?(?:(?:1[89]|[2-8]\d)[ ]?[mfaj]|\d{1,2}[ ]?[yhdw])(?![\w-])", re.IGNORECASE)
_DOOR = re.compile(
    r",?[ ][a-z]\d", re.IGNORECASE
)  # behind a house number alone: "Rua 5, n 7", but "Quistham D3"


def _tail_end(text: str, end: int, *, numbered: bool) -> int:
    """Where the flat, stair and floor behind a street end: ", bl. 21, ap. 4", " # 21-14", ", 2. tv."."""
    for _ in range(_TAILS):
        unit = _UNIT_AFTER.match(text, end)
        if unit is None or _AGED.match(text, end) or _LASTS.match(text, end):
            break
        if not numbered and (_DOOR.match(text, end) or _AGED_THERE.match(text, end)):
            break
        end = unit.end()
    return end


def _is_term(after: re.Match[str]) -> bool:
    """Whether the letters before a number mean a reading and no district: ". CK 1204"."""
    letters = _LETTERS.search(after.group())
    return (
        letters is not None
        and letters.start() < after.start(1) - after.start()
        and fold(letters.group()) in terms()
    )


def _codes(text: str, start: int, end: int) -> Iterator[Span]:
    before = _BEFORE_CODE.search(text, max(0, start - 14), start)
    if before:
        yield Span(before.start(1), before.end(1), "ADDRESS")
    quarter = _QUARTER.match(text, end, end + 12)
    if quarter and (before or _QUARTER_BEFORE.search(text, max(0, start - 2), start)):
        yield Span(quarter.start() + 1, quarter.end(), "ADDRESS")
    after = _AFTER_CODE.match(text, end, end + 20)
    if (
        after
        and not (len(after.group(1)) == 4 and after.group(1)[:2] in ("19", "20"))
        and not _is_term(after)
    ):
        yield Span(after.start(1), after.end(1), "ADDRESS")

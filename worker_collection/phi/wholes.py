"""What stands beside a found place, house or employer and is a part of it."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import amounts, cues
from worker_collection.phi.eponyms import is_clinical_use
from worker_collection.phi.lexicon import (
    CLINICAL,
    CORE,
    EPONYM,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    TOWN,
    VOCABULARY,
    fold,
    kind,
)
from worker_collection.phi.naming import is_cue
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span, joined
from worker_collection.phi.street_forms import ROOMS, STATES, STREETS
from worker_collection.phi.telling import tells

_HOUSES = frozenset({"ORG", "HOSPITAL"})
_GENERIC = cues.group("generic") | cues.group("departments") | cues.names("not_names")
_NOUNS = cues.group("house") | cues.group("org") | cues.group("trade_ends")
_PRACTICES = cues.words(
    "care medicine group system network partners associates specialists services practice physicians "
    "providers"
)
_WEAK = cues.names("weak")
_CAP = r"[^\W\d_a-zß-ÿ][\w'’-]{1,24}"
_ENDS = r"(?=[ ]?(?:[.,;:)(\n]|$))"
_LINKS = re.compile(
    r"[ ](?:of|on|de|du|di|del|della|da|do|des|der|am|&|upon|sur|the)[ ](?:the[ ]|la[ ]|les[ ])?"
)
_ON = re.compile(r"[ ]on[ ]")
# A place of work told by its kind and its town: "the Quist depot in Goole".
_SITE = re.compile(
    r"[ ](?:depot|branch|plant|warehouse|store|office|factory|site|yard|mill|garage|shop|works)$"
)
_IN = re.compile(r"[ ](?:in|near|at|outside)[ ]")
_NUMBER = re.compile(rf"\.?[ ](?:(?:No|Nr|nr|n[rº°]|№)\.?[ ]?|#)?\d{{1,2}}{_ENDS}(?!\.\d)|[ ]#\d{{2,5}}\b")
# A part of an address behind a comma: "3 tr", "kv. 4", "Lane 4", "Phase VI", "2.º Esq.", "(TO)".
_PART = re.compile(
    rf",[ ]((?P<word>[^\W\d_]{{1,9}})\.?:?[ ]?#?"
    rf"(?:\d{{1,4}}[A-Za-z]?(?:[-/]\d{{1,4}})?|[IVX]{{1,4}}|[A-Z]){_ENDS}(?!\.\d)"
    rf"|\d{{1,2}}(?:\.?[ºª°]|\.)?[ ](?P<unit>[^\W\d_]{{1,4}})\b\.?{_ENDS}"
    rf"|\d{{3}}[ ]\d{{2}}(?=[ ]{_CAP}))|[ ]\([A-Z]{{2}}\){_ENDS}|[ ]#\d{{1,3}}-\d{{2,5}}\b"
)
_NTH = re.compile(
    r"[ ]\d{1,3}(?:st|nd|rd|th)\b(?![ ](?:rib|toe|finger|digit|week|day|degree|time|visit|dose))"
)
_DIRECTED = re.compile(r"\d[ ][NSEW]{1,2}\.?$")
_ROOM_BEFORE = re.compile(
    r"((?:apartment|apt|flat|unit|suite|ste|room|shop|studio|level|floor|block|tower)\.?[ ]#?"
    r"(?!(?:at|in|on|of|over|near|by)[ ])[\w-]{1,5}|"
    r"\d{1,2}(?:st|nd|rd|th)[ ]floor),?[ ]$",
    re.IGNORECASE,
)
_HOUSE_BEFORE = re.compile(
    r"(?<![\w./-])(\d{1,5}[ ][NSEW]{1,2}\.?|[NSEW]\d{3,5}|"
    r"(?:One|Two|Three|Four|Five|Six|Seven|Eight|Nine|Ten))[ ]$"
)
# A street without a noun that a list has, before its town: "Slovenska cesta 55, 1000 Ljubljana".
_STREET_BEFORE = re.compile(
    rf"(?:^|[\n;:(][ ]?|\b(?:at|of|in|to|from)[ ]|[.][ ])"
    rf"({_CAP}(?:[ ]{_CAP}|[ ][^\W\d_]{{1,6}}\.?){{0,3}}[ ]\d{{1,4}}[A-Za-z]?"
    rf"(?:[ ]?[-/][ ]?\d{{1,4}}[A-Za-z]?)?(?:,[ ][^\W\d_]{{1,5}}\.?[ ]?\d{{1,4}}|"
    rf",[ ]\d{{1,2}}\.?[ºª]?[ ][^\W\d_]{{1,4}}\.?)?),[ ]"
    r"(?:[A-Z]{1,2}-)?(?:\d{4,6}[ ]|\d{3}[ ]\d{2}[ ]|\d{2}-\d{3}[ ])?$"
)
_DIGIT = re.compile(r"\d")
_INSIDE = re.compile(r"[^\W_]{0,6}")
_LETTERS = re.compile(r"[^\W\d_]+")


def beside(page: Page, spans: Sequence[Span], covered: bytearray) -> Iterator[Span]:
    """The rest of houses, employers and addresses of which a part was found."""
    places = joined(spans)
    yield from _bridges(page.text, places)
    for span in (span for span in places if span.label != "NAME"):
        if span.label == "ADDRESS":
            yield from _of_address(page.text, span)
            yield from _towards(page, span)
        elif _ALSO.match(page.text, span.end) and page.case == "mixed":
            yield from _listed(page, span)
        if page.case == "mixed":
            yield from _of_name(page, span, covered)


# The code and the town behind a street, whatever word it is: "Lindenstr. 14, 35037 Marburg".
_CODED_AFTER = re.compile(
    r",?[ ]\n?(?:[A-Z]{1,2}-)?(?:\d{4,5}|\d{4}[ ][A-Z]{2}|\d{2}-\d{3}|\d{3}[ ]\d{2}|\d{4}-\d{3})[ ]"
    r"(?!(?:Am|PM|AM|Ml|Mg|Tel|Fax|Ph)\b)[A-ZÀ-ÞŁŚŻČŠŽ][\w'’-]{2,24}"
    r"(?:[ -](?:am|an[ ]der|bei|im|sur|en|le|la|di|[A-ZÀ-Þ])[\w'’-]*){0,3}(?=[ ]?(?:[,;.)\n]|$))"
)
# The state behind a street and its town; a town by itself leaves it: "at 1234 Elm St., Springfield, IL".
_STATE_AFTER = re.compile(
    rf",[ ](?:{STATES})(?=[ ]?(?:[.,;:)?\n]|$)|[ ](?:on|and|with|since|where|for|to|in|but|who|is|as|by)\b)"
)
_STREET_FIRST = re.compile(r"\d{1,5}[ ][^\n;()]{3,40},[ ]$")


def _towards(page: Page, span: Span) -> Iterator[Span]:
    """The code and the town, or the state, behind an address."""
    text = page.text
    town = _CODED_AFTER.match(text, span.end) if page.case == "mixed" else None
    state = _STATE_AFTER.match(text, span.end)
    within = _DIGIT.search(text, span.start, span.end)
    if state and not (within or _STREET_FIRST.search(text, max(0, span.start - 50), span.start)):
        state = None
    end = max(match.end() if match else 0 for match in (town, state))
    if end:
        yield Span(span.end, end, "ADDRESS")


_ALSO = re.compile(r"[ ](?:and|&)[ ](?=[A-ZÀ-Þ][\w'’-]+[ ][A-ZÀ-Þ])")
_LISTED = re.compile(rf"[ ](?:and|&)[ ]({_CAP}(?:[ ]{_CAP}){{1,3}})(?=[ ]?(?:[.,;:)\n]|$))")


def _listed(page: Page, span: Span) -> Iterator[Span]:
    """Another house or employer behind "and": "through Amedisys and Visiting Angels"."""
    match = _LISTED.match(page.text, span.end)
    words = page.words_between(*match.span(1)) if match else []
    if match and tells(page, words, sure=True):
        yield Span(*match.span(1), span.label)


def _bridges(text: str, places: Sequence[Span]) -> Iterator[Span]:
    """What links two parts of one name: "Rite Aid on Murray"."""
    for one, other in zip(places, places[1:], strict=False):
        links = _LINKS if one.label in _HOUSES else _ON if one.label == "NAME" else None
        if one.label in _HOUSES and _SITE.search(text, max(one.start, one.end - 12), one.end):
            links = _IN
        if links and one.end < other.start and links.fullmatch(text, one.end, other.start):
            yield Span(one.end, other.start, one.label)


def _of_name(page: Page, span: Span, covered: bytearray) -> Iterator[Span]:
    """Words with a capital right before and behind a name amid a sentence, and its number."""
    words = page.words_between(span.start, span.end)
    if not words or words[0].start != span.start:
        return
    before = page.word_ending(span.start - 1)
    if before is not None and page.text[span.start - 1] == " " and not covered[page.words[before].start]:
        word = page.words[before]
        if _is_part(page, word) and (span.label in _HOUSES or not word.flags & CORE):
            yield Span(word.start, span.start, span.label)
    if span.label in _HOUSES and words[-1].end == span.end:
        after = page.word_at(span.end + 1) if page.text[span.end : span.end + 1] == " " else None
        if after is not None and not covered[after.start] and _ends(page, after):
            yield Span(span.end, after.end, span.label)
        number = _NUMBER.match(page.text, span.end)
        if number and not amounts.counts(page.text, number.end() - 2):
            yield Span(span.end, number.end(), span.label)


def _is_part(page: Page, word: Word) -> bool:
    """Whether a word before a place is a part of its name and no word of the sentence or of medicine."""
    if (
        word.form not in "TM"
        or len(word.text) < 3
        or word.key in _GENERIC
        or word.key in _WEAK
        or is_cue(word)
    ):
        return False
    if word.flags & (CLINICAL | HEAD | RARE | PUBLIC) and not word.flags & (NAME | TOWN):
        return False
    if word.flags & EPONYM and is_clinical_use(page.text, word.start, word.end):
        return False
    return not word.opens or not word.flags & VOCABULARY


def _ends(page: Page, word: Word) -> bool:
    """Whether a word behind a name ends it: a noun of houses, or a name and nothing else."""
    if word.form != "T" or page.text[word.end : word.end + 1] == ":" or is_cue(word):
        return False
    return (
        word.key in _NOUNS
        or word.key in _PRACTICES
        or word.is_unknown
        and len(word.text) > 3
        or word.is_sure
        and bool(word.flags & TOWN)
    )


def _of_address(text: str, span: Span) -> Iterator[Span]:
    """The flat, the stair and the code behind a street; the number, the flat and the street before it."""
    rest = _INSIDE.match(text, span.end) if text[span.end - 1].isalnum() else None
    end = rest.end() if rest else span.end
    end = _end_of(text, Span(span.start, end, "ADDRESS"))
    nth = _NTH.match(text, end) if _DIRECTED.search(text, span.start, end) else None
    end = nth.end() if nth else end
    start = span.start
    for pattern in (_HOUSE_BEFORE, _ROOM_BEFORE, _STREET_BEFORE):
        before = pattern.search(text, max(0, start - 70), start)
        if before and (pattern is not _STREET_BEFORE or _is_street(before.group(1))):
            start = before.start(1)
    if (start, end) != (span.start, span.end):
        yield Span(start, end, "ADDRESS")


def _end_of(text: str, span: Span) -> int:
    end = span.end
    for _ in range(_PARTS):
        part = _PART.match(text, end)
        if part is None or not _is_unit(part, numbered=_DIGIT.search(text, span.start, end) is not None):
            break
        end = part.end()
    return end


_PARTS = 4


def _is_unit(part: re.Match[str], *, numbered: bool) -> bool:
    """Whether a part behind a comma is of an address, and no reading and no span of time."""
    word = part.group("word") or part.group("unit")
    if word is None:
        return numbered
    key, flags = fold(word), kind(word)
    if part.group("word") and (key in ROOMS or key in STREETS):
        return True
    return (
        numbered
        and not flags & VOCABULARY
        and key not in _CLINICAL
        and not word.isupper()
        and key not in _TIMES
    )


def _is_street(found: str) -> bool:
    """Whether words before a number can be a street: none is of medicine, one at least is of no list."""
    words = [word for word in _LETTERS.findall(found) if len(word) > 1]
    if not words or any(fold(word) in _CLINICAL or word.isupper() for word in words):
        return False
    first, *others = [kind(word) for word in words]
    if any(flags & (CLINICAL | HEAD | EPONYM) and not flags & (NAME | TOWN) for flags in others):
        return False
    return not first & VOCABULARY or bool(first & (NAME | TOWN)) and not first & (CLINICAL | CORE | EPONYM)


_CLINICAL = cues.group("clinical_cues")
_TIMES = cues.words("d h w m y mg ml kg mcg cm mm yo yrs hrs min wks mos")

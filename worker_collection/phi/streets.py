"""Street addresses of many countries by form: each form is tried only where a word that it needs stands."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from worker_collection.phi import anchors, cues, glance
from worker_collection.phi.anchors import Anchor
from worker_collection.phi.lexicon import EPONYM, fold, kind
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span, stretches
from worker_collection.phi.street_forms import (
    BY_EITHER,
    BY_NUMBER,
    BY_WORD,
    FORMS,
    FREE,
    LOWER,
    ROOMS,
    STREETS,
    Sign,
)
from worker_collection.phi.street_forms_abroad import ABROAD

_SHORTEST = 5
_REACH = 90
_DIGIT = re.compile(r"\d")
_ROADS = cues.words("mile mm exit route rte highway hwy interstate i cty county state rural co")
_ROOM = anchors.on(ROOMS)


@dataclass(frozen=True)
class Form:
    """A form of address, what must stand near it, and where it can begin."""

    pattern: re.Pattern[str]
    near: Anchor | Sign
    capital: bool = False  # its words are written with a capital: streets, flats and houses
    begins: str = ""  # with a "word" of those near it, a "number", "either" or anything

    @classmethod
    def of(cls, pattern: str, needs: frozenset[str] | tuple[str, ...] | Sign, flags: int = 0) -> "Form":
        """Read one form of `street_forms`: it needs one of some words, an ending or a sign."""
        begins = "word" if pattern.startswith(BY_WORD) else "number" if pattern.startswith(BY_NUMBER) else ""
        return cls(
            re.compile(pattern, flags),
            _near(needs),
            capital=needs in (STREETS, ROOMS),
            begins="either" if pattern.startswith(BY_EITHER) else begins,
        )


def _near(needs: frozenset[str] | tuple[str, ...] | Sign) -> Anchor | Sign:
    if isinstance(needs, Sign):
        return needs
    if isinstance(needs, tuple):
        return anchors.where(lambda key: len(key) > _SHORTEST and key.endswith(needs))
    return anchors.on(needs)


_ALL = (
    *(Form.of(form, _ROADS, re.IGNORECASE) for form in FREE[:2]),
    Form.of(FREE[2], cues.words("trailer house farm cabin door gate"), re.IGNORECASE),
    *(Form.of(form, needs) for needs, form in (*FORMS, *ABROAD)),
)


_BY_ANCHOR: dict[Anchor, list[Form]] = {}
for _form in _ALL:
    if not isinstance(_form.near, Sign):
        _BY_ANCHOR.setdefault(_form.near, []).append(_form)
_BY_SIGN = [(form.near, form) for form in _ALL if isinstance(form.near, Sign)]


def _matches(page: Page, text: str) -> Iterator[re.Match[str]]:
    """What the forms find, each tried around what it needs where a number stands as well."""
    for form, near in _needed(page):
        for start, end in stretches(near, before=_REACH, after=_REACH) if near else ():
            if _DIGIT.search(page.text, start, end):
                yield from _tried(form, _begins(page, form, near), text=text, within=(start, end))


def _needed(page: Page) -> Iterator[tuple[Form, Sequence[int]]]:
    """Every form of which what it needs stands in the text, and where it does, in order."""
    for anchor in page.anchors & _BY_ANCHOR.keys():
        starts = page.starts(anchor)
        for form in _BY_ANCHOR[anchor]:
            yield form, (_capitals(page, anchor) if form.capital and page.case == "mixed" else starts)
    for sign, form in _BY_SIGN:
        if glance.holds(page.shape, *sign.shapes):
            yield form, [match.start() for match in sign.pattern.finditer(page.text)]


def _capitals(page: Page, anchor: Anchor) -> list[int]:
    words = page.words
    return [words[place].start for place in page.standing(anchor) if words[place].form != "l"]


def _begins(page: Page, form: Form, near: Sequence[int]) -> Sequence[int] | None:
    """Where a form can begin, in order; None where it can anywhere."""
    if form.begins == "either":
        return sorted({*page.numbers, *page.starts(_ROOM)})
    return {"word": near, "number": page.numbers}.get(form.begins)


def _tried(
    form: Form, begins: Sequence[int] | None, *, text: str, within: tuple[int, int]
) -> Iterator[re.Match[str]]:
    """The matches of a form in a stretch of the text, tried only where it can begin."""
    start, end = within
    if begins is None:
        yield from form.pattern.finditer(text, start, end)
        return
    for begin in begins[bisect_left(begins, start) : bisect_left(begins, end)]:
        match = form.pattern.match(text, begin, end) if begin >= start else None
        if match:
            start = match.end()
            yield match


_FLAT_CASE = tuple(re.compile(form, re.IGNORECASE) for form in LOWER)
_DIGITS = re.compile(r"\d+")


def find(page: Page) -> Iterator[Span]:
    """Street addresses, boxes and roads; in a note without capitals to go by, after words have got theirs."""
    text = page.text if page.case == "mixed" else page.recased
    yield from _found(_matches(page, text))
    if page.case == "mixed":
        return
    for start, stop in _windows(page.text) if page.case == "upper" or len(text) > _LONG else [(0, len(text))]:
        for pattern in _FLAT_CASE:
            yield from _found(pattern.finditer(page.text, start, stop))


def _found(matches: Iterable[re.Match[str]]) -> Iterator[Span]:
    for match in matches:
        found = match.group()
        if _DONE_IN.fullmatch(found):
            continue  # "R TKR 2015"
        if _SHORT_ROAD.match(found) and kind(found.split()[1]) & EPONYM:
            continue  # "temporal pallor R. Ishihara 11/17"
        if (
            _SIDED.match(found)
            and not match.string.isupper()
            or _SHARED.match(match.string, match.start() - 1)
        ):
            continue
        if _AGED.fullmatch(found) and not _LIVES_BEFORE.search(match.string, 0, match.start()):
            continue  # "Subject R. Quist, 46"
        over = _SENTENCE.search(found) or match.string[match.end() :][:1] == ":" and _STOPPED.search(found)
        found = (found[: over.end()] if over else found).rstrip(" ,")
        label = _LABELLED.match(found)
        lead = label.end() if label and fold(label.group().strip()) in _LABELS else 0
        yield Span(match.start() + lead, match.start() + len(found), "ADDRESS")


_STOPPED = re.compile(r"\w{3}(?=\.[ ][^\W\d_]{2,12}$)")  # "Foch. Tel:"
_DONE_IN = re.compile(r"(?:R|L|C|Al|Pl|Lg|Pg)[ ][A-Z]{2,6}[ ](?:19|20)\d\d")
# A side or a limb and no street: "18G R CF, 20G L hand", "RUE PICC D6"; what goes in and out: "I/Os. 2 g".
_SIDED = re.compile(r"(?:R|RUE)[ ](?![IVXLC]+\b)[A-Z]{1,5}(?:,?[ ])")
_SHARED = re.compile(r"/Os\.", re.IGNORECASE)
_SHORT_ROAD = re.compile(r"[RC]\.[ ]")
_AGED = re.compile(r"(?i:R|C|Al)\.[ ][\w' -]+,[ ]\d{1,2}")
_LIVES_BEFORE = re.compile(
    r"\b(?:em|na|no|en|morada|endere[cç]o|residente|reside|vive|mora|domicilio|direcci[oó]n|lives|at|address)"
    r"[ ]?:?[ ]?$",
    re.IGNORECASE,
)
_LABELLED = re.compile(r"[^\W\d_]{2,}[ ]")
_LABELS = frozenset(cues.labels()) | cues.group("address_labels")
# The kind of street ends the sentence, and the next begins: "Oak Rd. Asked that", but "Oak Rd. No 5".
_SENTENCE = re.compile(
    r"\b(?:Road|Rd|Ave|Avenue|Street|Lane|Ln|Ct|Court|Gardens?|Estates?|Hwy|Highway|Close|Drive|Way|Cres|"
    r"Place|"
    r"Terrace|Blvd|Park|Path|Walk|Square|View|Parade|Loop|Trail|Pike|(?<=[a-z] )St|(?<=[a-z] )Dr)(?=\.[ "
    r"](?!No\b|Sok|Apt|Unit|Flat)[A-Z])"
)


_LONG = 4000


def _windows(text: str) -> list[tuple[int, int]]:
    """Where numbers stand, for no street is without one."""
    return stretches([match.start() for match in _DIGITS.finditer(text)], before=64, after=106)

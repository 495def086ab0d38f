"""Street addresses of many countries by form: each form is tried only where a word that it needs stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from worker_collection.phi import cues
from worker_collection.phi.lexicon import fold
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span, stretches
from worker_collection.phi.street_forms import FORMS, FREE, LOWER, ROOMS, STREETS, Sign
from worker_collection.phi.street_forms_abroad import ABROAD


@dataclass(frozen=True)
class Form:
    """A form of address, and what must stand near it: one of some words, an ending, a sign."""

    pattern: re.Pattern[str]
    needs: frozenset[str] | tuple[str, ...] | Sign


def _windows_of(page: Page) -> Iterator[tuple[re.Pattern[str], int, int]]:
    """Every form with the stretches of the text around what it needs that have a number in them."""
    at: dict[int, list[int]] = {}
    words, mixed = page.words, page.case == "mixed"
    for key, places in page.places.items():
        for number in _needing(key):
            starts = [
                words[place].start
                for place in places
                if not (mixed and number in _CAPITALS and words[place].form == "l")
            ]
            if starts:
                at.setdefault(number, []).extend(starts)
    for sign, numbers in _BY_SIGN.items():
        places = (
            [match.start() for match in sign.pattern.finditer(page.text)] if sign.hint in page.text else []
        )
        at.update((number, places) for number in numbers if places)
    for number, starts in at.items():
        for start, end in stretches(sorted(starts), before=_REACH, after=_REACH):
            if _DIGIT.search(page.text, start, end):
                yield _ALL[number].pattern, start, end


@lru_cache(maxsize=16384)
def _needing(key: str) -> tuple[int, ...]:
    """The forms that need this word, or how it ends."""
    numbers = _BY_WORD.get(key, ())
    if len(key) > _SHORTEST and key.endswith(_ALL_ENDINGS):
        numbers = (*numbers, *(number for number, endings in _BY_ENDING if key.endswith(endings)))
    return numbers


_REACH = 90
_DIGIT = re.compile(r"\d")
_ROADS = cues.words("mile mm exit route rte highway hwy interstate i cty county state rural co")
_MIXED = tuple(Form(re.compile(pattern), needs) for needs, pattern in (*FORMS, *ABROAD))
_ALWAYS = tuple(Form(re.compile(form, re.IGNORECASE), _ROADS) for form in FREE[:2]) + (
    Form(re.compile(FREE[2], re.IGNORECASE), cues.words("trailer house farm cabin door gate")),
)
_ALL = (*_ALWAYS, *_MIXED)
_BY_WORD: dict[str, tuple[int, ...]] = {}
for _number, _form in enumerate(_ALL):
    for _word in _form.needs if isinstance(_form.needs, frozenset) else ():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _number)
# Forms whose words are written with a capital: streets, flats and houses.
_CAPITALS = frozenset(number for number, form in enumerate(_ALL) if form.needs in (STREETS, ROOMS))
_BY_ENDING = [(number, form.needs) for number, form in enumerate(_ALL) if isinstance(form.needs, tuple)]
_BY_SIGN = {
    sign: tuple(number for number, form in enumerate(_ALL) if form.needs is sign)
    for sign in (form.needs for form in _ALL)
    if isinstance(sign, Sign)
}
_ALL_ENDINGS = tuple(ending for _, endings in _BY_ENDING for ending in endings)
_SHORTEST = 5
_FLAT_CASE = tuple(re.compile(form, re.IGNORECASE) for form in LOWER)
_DIGITS = re.compile(r"\d+")


def find(page: Page) -> Iterator[Span]:
    """Street addresses, boxes and roads; in a note without capitals to go by, after words have got theirs."""
    text = page.text if page.case == "mixed" else page.recased
    for pattern, start, stop in _windows_of(page):
        yield from _found(pattern.finditer(text, start, stop))
    if page.case == "mixed":
        return
    for start, stop in _windows(page.text) if page.case == "upper" or len(text) > _LONG else [(0, len(text))]:
        for pattern in _FLAT_CASE:
            yield from _found(pattern.finditer(page.text, start, stop))


def _found(matches: Iterator[re.Match[str]]) -> Iterator[Span]:
    for match in matches:
        found = match.group()
        over = _SENTENCE.search(found)
        found = (found[: over.end()] if over else found).rstrip(" ,")
        label = _LABELLED.match(found)
        lead = label.end() if label and fold(label.group().strip()) in _LABELS else 0
        yield Span(match.start() + lead, match.start() + len(found), "ADDRESS")


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

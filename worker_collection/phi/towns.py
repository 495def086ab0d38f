"""Towns and villages, from a list and by where they stand: HIPAA Safe Harbor, class B."""

import re
from collections.abc import Iterator, Sequence

from worker_collection.phi import cues
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.eponyms import names_term
from worker_collection.phi.lexicon import (
    CORE,
    EPONYM,
    HEAD,
    PUBLIC,
    TOWN,
    VOCABULARY,
    WORD,
    first_words,
    places,
)
from worker_collection.phi.page import Page
from worker_collection.phi.spans import Span

_IN = cues.group("in")
_HOME = cues.group("home")
_STATE_AFTER = re.compile(r",\s(?:[A-Z]{2}\b|[A-Z][a-z]{3,})")
# Towns that are everyday words, believed in a note without capitals when somebody lives there.
_EVERYDAY = frozenset({"nice", "reading", "orange", "mobile", "bath", "hope", "normal", "paradise"})


def find(page: Page, covered: Sequence[bool]) -> Iterator[Span]:
    """Towns of the list; one that is a word as well only where somebody lives or comes from."""
    firsts = first_words()
    for place, word in enumerate(page.words):
        if not word.flags & TOWN and word.key not in firsts or word.start in page.double_eponyms:
            continue
        length = _several_words(page, place)
        if (
            not length
            and (not word.flags & TOWN or _SHARE.match(page.text, word.end))
            or names_term(page.text, page.words[place + length].end)
        ):
            continue
        if length:
            if word.form in "TU" or page.case == "lower":
                yield Span(word.start, page.words[place + length].end, "ADDRESS")
        elif not covered[place] and _is_town(page, place):
            yield Span(word.start, word.end, "ADDRESS")


_SHARE = re.compile(r"[ ](?:0\.\d|\d,\d,\d)")  # "Lille 0.3", "Medina 1,1,0" are scores


def _several_words(page: Page, place: int) -> int:
    """How many words follow this one in the name of a town."""
    if place + 1 >= len(page.words):
        return 0
    for rest in places().get((page.words[place].key, page.words[place + 1].key), ()):
        if _goes_on_as(page, place, rest):
            return len(rest)
    return 0


def _goes_on_as(page: Page, place: int, rest: Sequence[str]) -> bool:
    if place + len(rest) >= len(page.words):
        return False
    for step, part in enumerate(rest, 1):
        if page.words[place + step].key != part or len(page.gap(place + step)) != 1:
            return False
    return page.words[place + len(rest)].form == page.words[place].form


def _is_town(page: Page, place: int) -> bool:
    word = page.words[place]
    if not page.looks_named(word) or len(word.text) < 4 or word.flags & PUBLIC:
        return False
    if word.flags & EPONYM and is_clinical(page, word):
        return False
    before = page.words[place - 1].key if place and page.gap(place) == " " else ""
    home = before in _IN and any(near.key in _HOME for near in page.words[max(0, place - 5) : place])
    if not word.flags & (VOCABULARY | EPONYM | HEAD):
        return word.form == "T" or len(word.text) > 4 or home
    if word.form != "T":
        return home and (not word.flags & CORE or word.key in _EVERYDAY)
    return _is_written_town(page, place, before) or before in _IN and home


def _is_written_town(page: Page, place: int, before: str) -> bool:
    """Whether an everyday word with a capital is a town: "in War", "(Reading)", "Bend, OR"."""
    word, text = page.words[place], page.text
    if text[word.start - 1 : word.start] == "(" and text[word.end : word.end + 1] == ")":
        return True
    if before in _IN and (
        not word.flags & CORE or before in ("in", "from", "near") and not word.flags & HEAD
    ):
        return True
    return bool(_STATE_AFTER.match(text, word.end)) and (before in _IN or not word.flags & WORD)

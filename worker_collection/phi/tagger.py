"""Names and places found by a small trained network, from context and from how a word looks."""

import hashlib
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache

from worker_collection.phi import amounts
from worker_collection.phi.alone import is_read
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import (
    CORE,
    EPONYM,
    GIVEN,
    HEAD,
    NAME,
    PUBLIC,
    RARE,
    TOWN,
    VOCABULARY,
    terms,
)
from worker_collection.phi.page import Page, Word
from worker_collection.phi.spans import Span
from worker_collection.phi.tagger_file import FILE, MEANINGS, Floats
from worker_collection.phi.tagger_network import LABELS, network
from worker_collection.phi.tagger_traits import TAKEN, marks, unmarked

# How likely a span has to be, by its label: chosen on notes that were not trained on (bench/deid_tagger.py).
SURE = {"NAME": 0.85, "HOSPITAL": 0.7, "ORG": 0.8, "ADDRESS": 0.8}
DOUBTED = 0.3
NOTHING = 0.001  # what the rules found is dropped below this
_GOES_ON = 0.5  # how likely a word beside has to be
_JOINS = frozenset({" ", "-", ". ", ".", ", ", " & ", "'", " - "})
_STREET_JOIN = re.compile(r"[ ,.\-/#]{0,3}\d{1,5}[A-Za-z]?(?:[-/]\d{1,4})*[ ,.\-/]{1,3}")
_NUMBER_BEFORE = re.compile(r"(?:\b[Nn]o\.?\s|#)?\b\d{1,5}[A-Za-z]?(?:[-/]\d{1,4}){0,2},?\s$")
_NUMBER_AFTER = re.compile(
    r"\s(?:[Nn]o\.?\s|#)?\d{1,5}(?:-\d{1,4})?[A-Za-z]?\b"
    r"(?!\s?(?:%|mg|m[lL]\b|/\d|:\d)|[\s-](?:y|mo|w[ke]|d(?:ay)?s?\b|h(?:ou)?rs?\b|min|times|x\b))"
)


def find(page: Page, free: Sequence[bool], unsure: list[tuple[Span, float]] | None = None) -> list[Span]:
    """The names and places of which the network is sure, where no rule has found anything.

    Args:
        page: the note.
        free: for each word whether a rule has taken it, as `engine.find` keeps it.
        unsure: takes up what may be one but is not sure enough, with how likely it is.
    """
    found = list(runs(page, free))
    if unsure is not None:
        unsure += [(span, chance) for span, chance in found if DOUBTED <= chance < SURE[span.label]]
    return [_widened(page, span) for span, chance in found if chance >= SURE[span.label]]


def doubt(page: Page, free: Sequence[bool]) -> list[Span]:
    """What may be a name or a place but is not sure enough to be removed: a reason to hold a note back."""
    return [span for span, chance in runs(page, free) if DOUBTED <= chance < SURE[span.label]]


def believed(page: Page, free: Sequence[bool], spans: Sequence[Span]) -> list[Span]:
    """What the rules have found, but where the network is as good as sure that it is nobody and nowhere.

    Args:
        page: the note.
        free: what had been taken before the rules looked.
        spans: what they found.
    """
    if not spans:
        return []
    some = 1 - likelihoods(page, free)[:, 0]  # (words,)
    starts = [word.start for word in page.words]
    found = []
    for span in spans:
        first, last = bisect_left(starts, span.start), bisect_left(starts, span.end)
        if first == last or some[first:last].max() >= NOTHING or any(map(_is_given, page.words[first:last])):
            found.append(span)
    return found


def _is_given(word: Word) -> bool:
    """Whether people are called so and nothing else is, whatever the network says."""
    return word.is_sure and bool(word.flags & GIVEN) and word.form == "T" and len(word.text) > _LONG


@cache
def version() -> str:
    """What tells these weights from others."""
    return hashlib.sha256(FILE.read_bytes() + MEANINGS.read_bytes()).hexdigest()[:8]


def runs(page: Page, free: Sequence[bool]) -> Iterator[tuple[Span, float]]:
    """Words beside each other that may be one name or place, and how likely the likeliest of them is."""
    if not page.words:
        return
    chances = likelihoods(page, free)
    some = 1 - chances[:, 0]  # (words,)
    start, words = 0, page.words
    while start < len(words):
        if some[start] < DOUBTED or not _may_be(page, start, free):
            start += 1
            continue
        end = start
        while (
            end + 1 < len(words)
            and some[end + 1] >= _GOES_ON
            and _may_be(page, end + 1, free)
            and _joins(page.gap(end + 1), chances[end : end + 2])
            and not (words[end + 1].opens and "." in page.gap(end + 1))  # another sentence
        ):
            end += 1
        label = LABELS[1 + int(chances[start : end + 1, 1:].sum(axis=0).argmax())]
        if any(_tells(page, word, label) for word in words[start : end + 1]):
            span = Span(words[start].start, words[end].end, label)
            yield span, float(some[start : end + 1].max())
        start = end + 1


def likelihoods(page: Page, free: Sequence[bool]) -> Floats:
    """How likely each label is for each word, shape (words, labels); the traits are read once a page."""
    if page.traits is None:
        found = unmarked(page)
        page.traits = network().summed(found), found[:, TAKEN]
    summed, places = page.traits
    return network().judged(summed, marks(places, free))


def _joins(gap: str, chances: Floats) -> bool:
    """Whether two words make one span: in an address also over a number."""
    streets = bool((chances.argmax(axis=1) == LABELS.index("ADDRESS")).all())
    return gap in _JOINS or streets and bool(_STREET_JOIN.fullmatch(gap))


def _may_be(page: Page, place: int, free: Sequence[bool]) -> bool:
    """Whether the word at a place can be part of a name at all: it is free and no eponym in its use."""
    word = page.words[place]
    named = word.key in _DISEASE and any(near.flags & EPONYM for near in page.words[place + 1 : place + 3])
    return (
        not free[place]
        and len(word.text) > 1
        and not _ROMAN.fullmatch(word.text)
        and not amounts.is_unit(page.text, word.start, word.end)
        and not (named or is_read(page, word) or is_clinical(page, word) or _describes(page, place))
    )


def _describes(page: Page, place: int) -> bool:
    """Whether a few capitals stand before what they describe: "AL amyloid", "LA enlargement"."""
    word, after = page.words[place], page.words[place + 1 : place + 2]
    if word.form != "U" or len(word.text) > _FEW or page.case != "mixed" or not after:
        return False
    plain = after[0].flags & (HEAD | RARE) and not after[0].flags & (CORE | NAME)
    return bool(plain) and after[0].form == "l" and page.gap(place + 1) == " "


def _tells(page: Page, word: Word, label: str) -> bool:
    """Whether a word can be what makes a name: no country or state, no everyday word that none bears."""
    if word.flags & PUBLIC or word.form != "l":
        return not word.flags & PUBLIC and not _opens_plainly(page, word)
    if page.case == "mixed":  # among capitals a listed word without one names nobody
        return not word.flags & (VOCABULARY | NAME if label == "NAME" else VOCABULARY)
    return label != "NAME" or bool(word.flags & NAME) or not word.flags & VOCABULARY


def _opens_plainly(page: Page, word: Word) -> bool:
    """Whether a word that nobody bears begins a sentence, or letters that are a term stand in capitals."""
    if not word.flags & VOCABULARY:
        return False
    if page.case == "upper":
        return len(word.text) <= _FEW and word.key in terms() and not word.flags & GIVEN
    short = word.form == "U" and len(word.text) < _TERM_LENGTH
    if word.flags & (NAME | TOWN):
        return short and word.key in terms()
    return short or word.opens and page.case == "mixed"


_ROMAN = re.compile(r"[IVX]{2,5}(?:-[IVX]{1,5})?")
_TERM_LENGTH, _FEW, _LONG = 6, 3, 4
_DISEASE = frozenset({"morbus", "maladie", "syndrome", "sindrome", "signe", "ziekte", "choroba"})


def _widened(page: Page, span: Span) -> Span:
    """An address with the number of the house before or behind it."""
    if span.label != "ADDRESS" or span.end - span.start <= _FEW:
        return span  # "2/52 St" is no house
    before = _NUMBER_BEFORE.search(page.text, max(0, span.start - 16), span.start)
    after = _NUMBER_AFTER.match(page.text, span.end, span.end + 16)
    start, end = before.start() if before else span.start, after.end() if after else span.end
    return Span(start, end, span.label)

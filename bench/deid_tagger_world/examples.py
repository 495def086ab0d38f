"""Notes as numbers: the traits and the label of every word, as the tagger would meet them."""

import random
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from bench.deid_tagger_world.notes import Made, Writer
from worker_collection.phi import engine
from worker_collection.phi.known import Known
from worker_collection.phi.lexicon import EPONYM, GIVEN, NAME, RARE, TOWN, VOCABULARY
from worker_collection.phi.page import Page
from worker_collection.phi.tagger_network import LABELS
from worker_collection.phi.tagger_traits import Rows, forgotten, rows

UNTOLD = -100  # the label of a word that a rule has taken: nothing is learned from it
Marks = NDArray[np.int64]
_BY_RULES = 0.4  # the share of notes over which the rules have gone
_NOBODY = Known.of({}, ())


def examples(seeds: Iterable[int], part: str = "train") -> list[tuple[Rows, Marks]]:
    """One note a seed: traits of shape (words, TRAITS) and labels of shape (words,)."""
    return [_example(random.Random(seed), part) for seed in seeds]


def _example(dice: random.Random, part: str) -> tuple[Rows, Marks]:
    made = Writer(dice, part).note()
    page = Page(made.text)
    marks = labels(page, made.spans)
    covered = _covered(page, made, dice)
    _forget(page, marks, dice)
    told = rows(page, covered)
    marks[np.array(covered, bool)] = UNTOLD
    return told, marks


def labels(page: Page, spans: Iterable[tuple[int, int, str]]) -> Marks:
    """The label of every word, 0 for none, shape (words,)."""
    marks, at = np.zeros(len(page.words), np.int64), 0
    ordered = sorted(spans)
    for place, word in enumerate(page.words):
        while at < len(ordered) and ordered[at][1] <= word.start:
            at += 1
        if at < len(ordered) and ordered[at][0] < word.end:
            marks[place] = LABELS.index(ordered[at][2])
    return marks


def _covered(page: Page, made: Made, dice: random.Random) -> list[bool]:
    """Which words others have taken: what the rules take, or a share of the names that differs by note."""
    if dice.random() < _BY_RULES:
        spans = engine.find(page, _NOBODY, this_year=2026, tagged=False)
        taken = [(span.start, span.end) for span in spans]
    else:
        share = dice.choice((0.0, 0.2, 0.5, 0.8))
        names = [_part(start, end, dice) for start, end, _ in made.spans if dice.random() < share]
        taken = sorted(names + made.taken)
    covered, at = [], 0
    for word in page.words:
        while at < len(taken) and taken[at][1] <= word.start:
            at += 1
        covered.append(at < len(taken) and taken[at][0] < word.end)
    return covered


def _part(start: int, end: int, dice: random.Random) -> tuple[int, int]:
    """The name, or now and then its beginning or its end alone."""
    middle = (start + end) // 2
    return dice.choices(((start, end), (start, middle), (middle, end)), (8, 1, 1))[0]


def _forget(page: Page, marks: Marks, dice: random.Random) -> None:
    """Take words out of the lists, so that neither a listed name nor a listed word is all that tells."""
    names, terms = dice.choice((0.0, 0.3, 0.6, 0.9)), dice.choice((0.0, 0.0, 0.1, 0.3))
    known: dict[str, bool] = {}
    for word, mark in zip(page.words, marks, strict=True):
        share = names if mark else terms
        if not known.setdefault(word.key, dice.random() < share):
            continue
        if mark:
            forgotten(word, NAME | TOWN)
        elif word.flags & RARE and not word.flags & (VOCABULARY & ~RARE):
            forgotten(word, RARE)
        elif word.flags & EPONYM:
            forgotten(word, EPONYM | GIVEN)

"""Names that a particle begins or joins: "da Silva", "De Luca", "Ann de la Tour"."""

from collections.abc import Sequence

from worker_collection.phi import cues
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import DOUBLE
from worker_collection.phi.page import Page, Word

PARTICLES = cues.names("particles")
_LEADING = cues.group("leading")
_MOST = 3


def leads(page: Page, at: int, *, deep: int = 0) -> bool:
    """Whether a particle begins a name here: "GP da Silva", "De Luca lives", at most three of them."""
    after = at + 1
    if after >= len(page.words) or page.gap(after) not in (" ", "-"):
        return False
    word = page.words[after]
    if word.key in PARTICLES and word.form == page.words[at].form and deep < _MOST:
        return leads(page, after, deep=deep + 1)
    named = word.is_sure or word.flags & DOUBLE or word.is_unknown and len(word.text) > 2
    chained = deep and word.form == "T" and page.words[at].form == "l"  # "Ann de la Tour"
    return page.looks_named(word) and bool(named or chained) and not is_clinical(page, word)


def begin(page: Page, place: int) -> bool:
    """Whether the word is "da", "van" or "ap" before a capitalised name."""
    words = page.words
    if words[place].key not in _LEADING or page.links(words[place]) or not leads(page, place):
        return False
    at = place + 1
    while words[at].key in PARTICLES and at + 1 < len(words):
        at += 1
    return words[at].form == "T"


def join(page: Page, place: int) -> bool:
    """Whether the word before is a particle of this name, or the word is one and goes on with it."""
    word, before = page.words[place], page.words[place - 1]
    led = before.key in PARTICLES
    if led and (word.is_sure or word.is_unknown):
        return True
    if word.form == "T" and place > 1 and _are_small(page.words[place - 2 : place]):
        return True
    at_end = place + 1 >= len(page.words)
    return word.key in PARTICLES and not at_end and word.form in "lTU" and leads(page, place, deep=int(led))


def _are_small(words: Sequence[Word]) -> bool:
    return all(word.form == "l" and word.key in PARTICLES for word in words)

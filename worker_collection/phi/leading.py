"""What stands before a name and belongs to it: an initial, a particle, another given name."""

from collections.abc import Sequence

from worker_collection.phi import amounts, cues
from worker_collection.phi.clinical import is_clinical
from worker_collection.phi.lexicon import CLINICAL, EPONYM, GIVEN, HEAD, NAME, PUBLIC, VOCABULARY
from worker_collection.phi.naming import is_cue, is_medical
from worker_collection.phi.page import Page, Word

_GENERIC = cues.group("generic")
_NOT_PARTICLES = frozenset(
    {"al", "ben", "do", "la", "le", "ten", "ter"}
)  # words of other uses in small letters
_WEAK = cues.names("weak")


def before(page: Page, place: int, covered: Sequence[bool]) -> range:
    """The places of the words before a name, the last of them beside it, that are its beginning."""
    first = place
    while first and place - first < 4 and not covered[first - 1] and _belongs(page, first - 1):
        first -= 1
    return range(first, place)


def _belongs(page: Page, place: int) -> bool:
    word, name, gap = page.words[place], page.words[place + 1], page.gap(place + 1)
    joined = name.form == "l" and name.key in cues.names("particles")  # "Maria da Quista"
    if name.form not in "TMI" and page.case == "mixed" and not joined:
        return False
    if len(word.text) == 1:
        return gap in (". ", ".") and (
            word.form == "I"
            and not _is_unit(page, word)
            or page.case == "lower"
            and not _ends_sentence(page, place)
        )
    if gap not in (" ", "-"):
        return False
    if word.key in cues.names("particles"):
        return word.form == name.form or word.form == "l" and word.key not in _NOT_PARTICLES
    if word.form not in "TM" or name.form not in "TM" and not joined:
        return False
    announced = place > 0 and page.gap(place) == " " and is_cue(page.words[place - 1]) and not is_cue(word)
    return announced and not word.flags & (HEAD | PUBLIC | CLINICAL) or _is_given(page, word)


def _is_given(page: Page, word: Word) -> bool:
    """Whether a capitalised word before a name is a given name, and not a role, a heading or an eponym."""
    if (
        word.key in _GENERIC
        or word.key in _WEAK
        or word.flags & HEAD
        or is_cue(word)
        or is_clinical(page, word)
    ):
        return False
    if word.opens or word.flags & PUBLIC:
        return bool(word.flags & GIVEN)
    return bool(word.flags & NAME) or not word.flags & (VOCABULARY | EPONYM) and not is_medical(word)


def _is_unit(page: Page, word: Word) -> bool:
    """Whether the letter measures what stands before it, at the end of a sentence: "saline 1 L. Will"."""
    if amounts.is_per(page.text, word.start):
        return True
    return page.text[max(0, word.start - 2) : word.start].strip()[-1:].isdigit()


def _ends_sentence(page: Page, place: int) -> bool:
    """Whether the letter ends a sentence: the "a" of "hepatitis a. maria", the "h" of "48 h. parent"."""
    if page.text[max(0, page.words[place].start - 2) : page.words[place].start].strip()[-1:].isdigit():
        return True
    return place > 0 and page.gap(place) == " " and page.words[place - 1].flags & HEAD > 0

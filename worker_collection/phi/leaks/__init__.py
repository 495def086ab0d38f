"""The leak check: other code than the detectors looks at what they left; any doubt holds the note back.

It shares nothing with them but the word lists, as data. Every doubt has a weight; what weighs 1 together
holds the note back. A text costs time in proportion to its length.
"""

from collections.abc import Collection, Sequence

from worker_collection.phi.known import Known
from worker_collection.phi.leaks import known as row
from worker_collection.phi.leaks import numbers, shapes, words
from worker_collection.phi.leaks.reading import FILLER, Doubt, Reading
from worker_collection.phi.lexicon import fold

__all__ = ["Doubt", "blanked", "check", "codes", "doubts"]

HOLDS = 1.0
TAGGED = "tagger_unsure"
_CUED = 0.6  # what an eponym weighs where a word before it promises somebody or somewhere
TRUST = 0.8  # in the tagger's likelihood: alone it holds nothing back, with any other doubt it does


def doubts(
    cleaned: str,
    known: Known,
    *,
    ours: Sequence[tuple[int, int]] = (),
    harmless: Collection[str] = (),
    maybe: Sequence[tuple[int, int, float]] = (),
) -> list[Doubt]:
    """Why the cleaned text may not be used: every doubt, in order, or nothing where they do not weigh enough.

    Args:
        cleaned: the text after replacement.
        known: the identifiers that must not stand in it.
        ours: start and end of what the de-identifier put in, which is not looked at.
        harmless: folded words that a person of this site has said to be no identifier.
        maybe: start, end and likelihood of what the tagger was not sure enough of to remove.
    """
    reading = Reading(blanked(cleaned, ours))
    by_place: dict[tuple[int, int, bool], Doubt] = {}
    for doubt in (
        *row.find(reading, known),
        *words.find(reading),
        *numbers.find(reading),
        *shapes.find(reading),
        *(Doubt(start, end, TAGGED, TRUST * chance) for start, end, chance in maybe),
    ):
        place = doubt.start, doubt.end, doubt.code == TAGGED
        if place not in by_place or doubt.weight > by_place[place].weight:
            by_place[place] = doubt
    found = sorted(
        doubt
        for doubt in by_place.values()
        if doubt.code.startswith("known_") or fold(cleaned[doubt.start : doubt.end]) not in harmless
    )
    return found if _weight(found, cleaned) >= HOLDS else []


def _weight(found: Sequence[Doubt], cleaned: str) -> float:
    """What the doubts weigh together; the same words again say nothing more but to another kind of reader.

    Nor do several eponyms that nothing announces: an examination names many signs, and no people.
    """
    heaviest: dict[tuple[str, bool], float] = {}
    for doubt in found:
        listed = doubt.code == "eponym_as_name" and doubt.weight < _CUED
        said = "" if listed else cleaned[doubt.start : doubt.end].casefold(), doubt.code == TAGGED
        heaviest[said] = max(heaviest.get(said, 0.0), doubt.weight)
    return sum(heaviest.values())


def check(cleaned: str, known: Known) -> list[str]:
    """The codes of the doubts about a text in which nothing has been put."""
    return list(codes(doubts(cleaned, known)))


def codes(found: Sequence[Doubt]) -> tuple[str, ...]:
    """The rules that doubted, the surest first."""
    return tuple(dict.fromkeys(doubt.code for doubt in sorted(found, key=lambda doubt: -doubt.weight)))


def blanked(cleaned: str, ours: Sequence[tuple[int, int]]) -> str:
    """The text with what was put in made meaningless, at its length, so that places stay places."""
    parts, at = [], 0
    for start, end in ours:
        parts += [cleaned[at:start], FILLER * (end - start)]
        at = end
    return "".join([*parts, cleaned[at:]])

"""Notes out of clauses by lot, some of them copied from an earlier one with a few words changed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

_WHERE = "left|right|upper|lower|central|lateral|medial|proximal|distal|posterior|anterior|bilateral"
_WHAT = "ache|swelling|rash|cough|weakness|numbness|tremor|discharge|stiffness|itching|redness|palpitation"
_PART = "arm|leg|chest|back|neck|abdomen|knee|hip|shoulder|hand|foot|face|flank|groin|wrist|ankle|elbow"
_WHEN = (
    "since dawn|for {n} days|for {n} weeks|after meals|at night|on walking|since {n} months|after exercise"
)
_MEASURE = "temperature {n}|pulse {n}|pressure {n} over {m}|weight {n} kg|haemoglobin {n}|saturation {n}"
_COURSE = "getting worse|better with rest|unchanged|comes and goes|worse in the cold|eased by heat"


@dataclass(frozen=True)
class Note:
    """A text and the number of the note that it was copied from, its own for an original."""

    text: str
    family: int


def notes(count: int, *, seed: int, copied: float = 0.2) -> Iterator[Note]:
    """So many notes; a share copies an earlier one, another patient's, with two or three words changed."""
    draw = random.Random(seed)
    kept: list[Note] = []
    for number in range(count):
        if kept and draw.random() < copied:
            original = draw.choice(kept)
            note = Note(_edited(original.text, draw), original.family)
        else:
            note = Note(". ".join(_clause(draw) for _ in range(draw.randint(5, 8))), number)
            kept.append(note)
        yield note


def _clause(draw: random.Random) -> str:
    numbers = {"n": draw.randint(2, 190), "m": draw.randint(40, 110)}
    where, part, what = (_one(draw, words) for words in (_WHERE, _PART, _WHAT))
    when, measure, course = (_one(draw, words) for words in (_WHEN, _MEASURE, _COURSE))
    return f"{where} {part} {what} {when}, {measure}, {course}".format(**numbers)


def _edited(text: str, draw: random.Random) -> str:
    words = text.split()
    for place in draw.sample(range(len(words)), draw.randint(2, 3)):
        words[place] = _one(draw, "|".join((_WHAT, _PART, _WHERE)))
    return " ".join(words)


def _one(draw: random.Random, words: str) -> str:
    return draw.choice(words.split("|"))

"""How a clinician of the sample clinic writes down one visit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random

from rounds.sample_clinic import pathways
from rounds.sample_clinic.vocabulary import Diagnosis, vocabulary

LATER_WORDS = 0.2
INTRUDER = 0.45  # share of notes with a complaint of a disease it is mistaken for
TYPO = 0.04  # share of longer words with a slip of the pen
MISFILED = 0.03  # share of codes that were given wrongly


@dataclass(frozen=True)
class Manner:
    """How notes are written at one time. Without `codes` every pathway is the general one.

    `later_words` is the share of complaints in the words of the later months, where it is later.
    """

    later: bool = False
    codes: Mapping[str, str] = field(default_factory=dict)
    coded_share: float = 0.95
    later_words: float = LATER_WORDS


@dataclass(frozen=True)
class Visit:
    """What was written: the complaint the patient came with, and the clinician's note."""

    complaint: str
    duration: str
    note: str

    @property
    def text(self) -> str:
        """The visit as the clinic's app sends it, which is how the collector reads it from the database."""
        return f"Complaints: {self.complaint} {self.duration}.\nNotes: {self.note}"


def visit(rng: Random, disease: Diagnosis, manner: Manner) -> Visit:
    """One visit of a patient with that disease: two to four complaints, now and then one that misleads."""
    own_words = manner.later_words if manner.later else 0.0
    first, *others = (
        _with_typos(rng, _phrase(rng, name, own_words=own_words)) for name in _shown(rng, disease)
    )
    course = f"{'; '.join(others)}. {_measured(rng)}."
    return Visit(
        complaint=first,
        duration=f"{rng.randint(2, 12)} {rng.choice(('days', 'days', 'weeks'))}",
        note=f"{_pathway(rng, disease, manner)}{course}",
    )


def _pathway(rng: Random, disease: Diagnosis, manner: Manner) -> str:
    if rng.random() >= manner.coded_share:
        return ""
    name = rng.choice(list(manner.codes)) if manner.codes and rng.random() < MISFILED else disease.name
    return f"{pathways.stamp(manner.codes.get(name, pathways.GENERAL))} "


def _shown(rng: Random, disease: Diagnosis) -> list[str]:
    chosen = _weighted(rng, disease, rng.choice((2, 3, 3, 4)))
    if rng.random() < INTRUDER:
        other = vocabulary().diagnoses[rng.choice(disease.like)]
        chosen += [name for name in _weighted(rng, other, 1) if name not in chosen]
    rng.shuffle(chosen)
    return chosen


def _weighted(rng: Random, disease: Diagnosis, count: int) -> list[str]:
    weights = dict(disease.symptoms)
    chosen = []
    for _ in range(count):
        (name,) = rng.choices(list(weights), list(weights.values()))
        del weights[name]
        chosen.append(name)
    return chosen


def _phrase(rng: Random, name: str, *, own_words: float) -> str:
    symptom = vocabulary().symptoms[name]
    return rng.choice(symptom.later if own_words and rng.random() < own_words else symptom.early)


def _measured(rng: Random) -> str:
    pressure = f"BP {rng.randint(100, 150)}/{rng.randint(60, 95)}"
    return rng.choice((pressure, f"{pressure}, pulse {rng.randint(58, 110)}", f"RR {rng.randint(12, 24)}"))


def _with_typos(rng: Random, text: str) -> str:
    words = text.split()
    return " ".join(
        _slip(rng, one) if len(one) > 4 and one.isalpha() and rng.random() < TYPO else one for one in words
    )


def _slip(rng: Random, word: str) -> str:
    place = rng.randrange(1, len(word) - 2)
    swapped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    return rng.choice((swapped, word[:place] + word[place + 1 :], word[: place + 1] + word[place:]))

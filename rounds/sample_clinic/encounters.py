"""Patients who come after go-live: what the app sends, what they have, what clinicians say later."""

from dataclasses import dataclass
from random import Random

from rounds.sample_clinic import pathways, people
from rounds.sample_clinic.chance import chance
from rounds.sample_clinic.notes import Manner, visit
from rounds.sample_clinic.people import DOCTORS
from rounds.sample_clinic.vocabulary import vocabulary

MEDIAN_DELAY_DAYS = 2.0
NEVER = 0.10  # share of encounters that nobody comes back to
MISTAKEN = 0.02  # share of validated answers and of readings that are wrong
SHOWN = 0.7  # share of clinicians who saw the model's answer before they gave theirs
SWAYED = 0.1  # share of those who then simply take it
RETURNS = 0.10  # share of encounters of a person who was seen in the days before
IDENTIFIED = 0.3  # share of texts that name the patient


@dataclass(frozen=True)
class Feedback:
    """A clinician's validated answer and how long it took."""

    after_days: float
    diagnosis: str
    validated_by: str
    blind: bool
    swayed: bool  # takes over whatever the model said


@dataclass(frozen=True)
class Encounter:
    """One patient before a clinician with the app open."""

    person: str
    encounter: str
    text: str
    truth: str
    subgroup: dict[str, str]
    hour: float  # of the day
    feedback: Feedback | None


@dataclass(frozen=True)
class Times:
    """What one day is like: how notes are written, who walks in, and how clinicians answer.

    Shares are 0 to 1. Where nobody is `answering`, no encounter of that day gets a validated answer.
    """

    manner: Manner
    newest: bool = True  # whether the newest disease walks in
    mistaken: float = MISTAKEN
    delay_days: float = MEDIAN_DELAY_DAYS
    answering: bool = True


def encounters(seed: int, day: int, n: int, *, reconfigured: bool = False) -> list[Encounter]:
    """The patients of one day after go-live, in the order in which they come.

    Args:
        seed: of the whole clinic.
        day: days since go-live; another day is another draw.
        n: how many come.
        reconfigured: whether the intake software hands out its codes anew that day.
    """
    codes = pathways.reassigned(seed) if reconfigured else pathways.assigned(seed)
    manner = (
        Manner(later=True, codes=codes, coded_share=1.0) if reconfigured else Manner(later=True, codes=codes)
    )
    return seen(seed, day, n, times=Times(manner))


def seen(seed: int, day: int, n: int, *, times: Times) -> list[Encounter]:
    """The patients of one day in such times, in the order in which they come."""
    rng = chance(seed, "day", day)
    hours = sorted(rng.uniform(7, 19) for _ in range(n))
    return [
        _encounter(rng, _person(rng, day, place, of=n), times, hour=hour) for place, hour in enumerate(hours)
    ]


def reading(seed: int, of: Encounter) -> str:
    """What a blinded reader says the patient has: the truth, seldom something else."""
    return _judged(chance(seed, "reading", of.encounter), of.truth)


def _person(rng: Random, day: int, place: int, *, of: int) -> str:
    if day and rng.random() < RETURNS:
        return f"{rng.randrange(day):03}-{rng.randrange(of):04}"
    return f"{day:03}-{place:04}"


def _encounter(rng: Random, number: str, times: Times, *, hour: float) -> Encounter:
    disease = rng.choice(vocabulary().known(later=times.newest))
    who = people.patient(chance("person", number), int(number.replace("-", "")))
    text = visit(rng, disease, times.manner).text
    if rng.random() < IDENTIFIED:
        text = f"{text} {people.identifying(rng, who)}"
    return Encounter(
        person=f"person-{number}",
        encounter=f"visit-{number}",
        text=text,
        truth=disease.name,
        subgroup={"age_band": people.age_band(who.age), "sex": who.sex, "site": who.site},
        hour=hour,
        feedback=_feedback(rng, disease.name, times),
    )


def _feedback(rng: Random, truth: str, times: Times) -> Feedback | None:
    if not times.answering or rng.random() < NEVER:
        return None
    shown = rng.random() < SHOWN
    return Feedback(
        after_days=times.delay_days * rng.lognormvariate(0, 0.6),
        diagnosis=_judged(rng, truth, times.mistaken),
        validated_by=rng.choice(DOCTORS).email,
        blind=not shown,
        swayed=shown and rng.random() < SWAYED,
    )


def _judged(rng: Random, truth: str, mistaken: float = MISTAKEN) -> str:
    return rng.choice(vocabulary().diagnoses[truth].like) if rng.random() < mistaken else truth

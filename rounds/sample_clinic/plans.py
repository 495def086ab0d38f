"""The treatment plans of the sample clinic over its life: sound ones, and every trap."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

from rounds.sample_clinic import pathways, people
from rounds.sample_clinic.chance import chance
from rounds.sample_clinic.notes import Manner, Visit, visit
from rounds.sample_clinic.people import DESK, DOCTORS, LEFT, TRAINEE, Patient, Staff
from rounds.sample_clinic.vocabulary import Diagnosis, vocabulary

OPENED = datetime(2026, 1, 5, 8, tzinfo=UTC)
FIRST_COLLECTED = datetime(2026, 3, 30, 22, tzinfo=UTC)  # the first months are closed by then
LATER_COLLECTED = datetime(2026, 8, 31, 22, tzinfo=UTC)  # and the later ones by then
LONGEST = timedelta(days=21)  # of a plan
REPEAT = 0.15  # share of plans of a patient who was here before


@dataclass(frozen=True)
class Stretch:
    """Plans that start within one stretch of time."""

    count: int
    starts: datetime
    ends: datetime
    later: bool


STRETCHES = (
    Stretch(640, OPENED, FIRST_COLLECTED - LONGEST, later=False),
    Stretch(1260, FIRST_COLLECTED, LATER_COLLECTED - LONGEST, later=True),
    Stretch(90, LATER_COLLECTED - LONGEST, LATER_COLLECTED + LONGEST, later=True),
)
# What is the matter with a plan, with its share; the rest is sound.
TRAPS = {
    "wrong": 0.03,  # validated all the same: the label is another disease's
    "suspected": 0.04,
    "discontinued": 0.03,
    "left": 0.02,
    "trainee": 0.02,
    "desk": 0.015,
    "unknown": 0.01,
    "code": 0.01,
    "discharge": 0.015,
    "dates": 0.007,
    "unnamed": 0.008,
    "open": 0.01,
}


@dataclass(frozen=True)
class Plan:
    """One treatment plan as the clinic keeps it; `truth` is what the patient has, which no table holds."""

    number: int
    patient: Patient
    truth: str
    diagnosis: str
    icd: str
    treatment: tuple[str, str, str]
    visit: Visit
    starts: datetime
    ends: datetime
    outcome: str  # the state it ends in
    created_by: str
    doctor: Staff
    discharged_as: tuple[str, str] | None = None  # another diagnosis and its code

    @property
    def plan_id(self) -> str:
        """Its number on paper."""
        return f"TP-{self.patient.site[:1].upper()}-{self.number:05}"

    @property
    def intake_id(self) -> str:
        """The number of the visit it began with."""
        return f"INT-{self.patient.site[:1].upper()}-{self.number:05}"

    @property
    def closed_at(self) -> datetime:
        """When it was closed, whatever date was written on it."""
        return max(self.starts, self.ends)


def plans(seed: int) -> list[Plan]:
    """Every plan, in the order in which they start."""
    rng = chance(seed, "plans")
    patients: list[Patient] = []
    made: list[Plan] = []
    for stretch in STRETCHES:
        manner = Manner(later=stretch.later, codes=pathways.assigned(seed) if stretch.later else {})
        for starts in _moments(rng, stretch):
            made.append(_plan(rng, len(made) + 1, _someone(rng, patients), manner=manner, starts=starts))
    return made


def _moments(rng: Random, stretch: Stretch) -> list[datetime]:
    seconds = (stretch.ends - stretch.starts).total_seconds()
    drawn = (stretch.starts + timedelta(seconds=rng.random() * seconds) for _ in range(stretch.count))
    return sorted(moment.replace(microsecond=0) for moment in drawn)


def _someone(rng: Random, patients: list[Patient]) -> Patient:
    if patients and rng.random() < REPEAT:
        return rng.choice(patients)
    patients.append(people.patient(rng, len(patients) + 1))
    return patients[-1]


def _plan(rng: Random, number: int, who: Patient, *, manner: Manner, starts: datetime) -> Plan:
    disease = rng.choice(vocabulary().known(later=manner.later))
    trap = rng.choices([None, *TRAPS], [1 - sum(TRAPS.values()), *TRAPS.values()])[0]
    seen = visit(rng, disease, manner)
    named = vocabulary().diagnoses[rng.choice(disease.like)] if trap == "wrong" else disease
    doctor = _doctor(rng, trap)
    ends = starts + timedelta(days=rng.randint(3, LONGEST.days - 1), hours=rng.randint(0, 8))
    return Plan(
        number=number,
        patient=who,
        truth=disease.name,
        diagnosis=_written(rng, named, trap),
        icd=_other(rng, disease).icd if trap == "code" else named.icd,
        treatment=named.treatment,
        visit=Visit(seen.complaint, seen.duration, f"{seen.note} {people.identifying(rng, who)}"),
        starts=starts,
        ends=starts - timedelta(days=2) if trap == "dates" else ends,
        outcome={"discontinued": "discontinued", "open": "active"}.get(trap or "", "completed"),
        created_by="99999" if trap == "unknown" else rng.choice((str(doctor.id), doctor.email, doctor.name)),
        doctor=doctor,
        discharged_as=_found(rng, disease) if trap == "discharge" else None,
    )


def _doctor(rng: Random, trap: str | None) -> Staff:
    return {"left": LEFT, "trainee": TRAINEE, "desk": DESK}.get(trap or "") or rng.choice(DOCTORS)


def _written(rng: Random, disease: Diagnosis, trap: str | None) -> str:
    name = disease.name
    if trap == "suspected":
        return rng.choice((f"Possible {name}", f"Suspected {name}", f"{name}?", f"Rule out {name}"))
    return "Follow up" if trap == "unnamed" else name


def _other(rng: Random, disease: Diagnosis) -> Diagnosis:
    return rng.choice([one for one in vocabulary().known(later=False) if one.name != disease.name])


def _found(rng: Random, disease: Diagnosis) -> tuple[str, str]:
    other = _other(rng, disease)
    return other.name, other.icd

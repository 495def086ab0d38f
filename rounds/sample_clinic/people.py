"""The people of the sample clinic: patients with all that could identify them, and the staff."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from random import Random

_NAMES = tomllib.loads(files("rounds.sample_clinic").joinpath("names.toml").read_text(encoding="utf-8"))
GIVEN: dict[str, list[str]] = _NAMES["given"]
SURNAMES: list[str] = _NAMES["surnames"]
STREETS = (
    "Mill Road",
    "Station Street",
    "Temple Lane",
    "Harbour Avenue",
    "Nehru Nagar",
    "Church Street",
    "Park Avenue",
)
TOWNS = ("Brookfield 620118", "Ashford 624071", "Madurai 625014", "Westhaven 627330")
OCCUPATIONS = ("farmer", "teacher", "driver", "retired", "student", "shopkeeper", "mason", "clerk")
KIN = ("son", "daughter", "wife", "husband", "mother", "brother", "neighbour")
SITES = ("north", "south")
_BLOOD = ("O+", "A+", "B+", "AB+", "O-", "A-", "B-")


@dataclass(frozen=True)
class Staff:
    """One account of the clinic's software; only active, licensed doctors may make labels."""

    id: int
    name: str
    role: str
    licence: str | None
    is_active: bool

    @property
    def email(self) -> str:
        """The address the account signs in with."""
        return f"{self.name.lower().replace('dr. ', '').replace(' ', '.')}@rounds-clinic.example"


@dataclass(frozen=True)
class Patient:
    """One person, who may come again."""

    number: int
    name: str
    sex: str
    age: int
    blood: str
    height_cm: int
    site: str
    phone: str
    address: str
    record: str
    occupation: str


DOCTORS = tuple(
    Staff(place + 1, f"Dr. {name}", "DOCTOR", f"MC-{5200 + 31 * place}", is_active=True)
    for place, name in enumerate(_NAMES["doctors"])
)
LEFT = Staff(20, "Dr. Harold Pym", "DOCTOR", "MC-4001", is_active=False)
TRAINEE = Staff(21, "Dr. Nina Holt", "DOCTOR", None, is_active=True)
DESK = Staff(22, "Reception North", "STAFF", None, is_active=True)
STAFF = (*DOCTORS, LEFT, TRAINEE, DESK, Staff(23, "Site Admin", "ADMIN", None, is_active=True))


def patient(rng: Random, number: int) -> Patient:
    """Draw one person."""
    sex, site = rng.choice(("f", "m")), rng.choice(SITES)
    record = f"{rng.randint(1_000_000, 9_999_999)}"
    return Patient(
        number=number,
        name=f"{rng.choice(GIVEN[sex])} {rng.choice(SURNAMES)}",
        sex=sex,
        age=min(96, max(3, round(rng.gauss(47, 20)))),
        blood=rng.choice(_BLOOD),
        height_cm=rng.randint(100, 195),
        site=site,
        phone=f"+91 98{rng.randint(100, 999)} {rng.randint(10000, 99999)}",
        address=f"{rng.randint(1, 399)} {rng.choice(STREETS)}, {rng.choice(TOWNS)}",
        record=record,
        occupation=rng.choice(OCCUPATIONS),
    )


def age_band(age: int) -> str:
    """The decade as the clinic's app sends it."""
    return "90+" if age >= 90 else f"{age // 10 * 10}-{age // 10 * 10 + 9}"


def identifying(rng: Random, who: Patient) -> str:
    """One to three sentences that a note should not hold, as notes do."""
    given, surname = who.name.split(" ", 1)
    title = "Mrs" if who.sex == "f" else "Mr"
    sentences = (
        f"Lives at {who.address}.",
        f"Mobile {who.phone}.",
        f"MRN {who.record}.",
        f"UHID: {who.site[:1].upper()}R-{who.record[:6]}.",
        f"Seen with {rng.choice(KIN)} {rng.choice(GIVEN[rng.choice('fm')])} {surname}.",
        f"Discussed with {rng.choice(DOCTORS).name}.",
        f"First visit {rng.randint(1, 28):02}/{rng.randint(1, 12):02}/2025.",
        f"{title} {surname} tolerates treatment well.",
        f"Report e-mailed to {given.lower()}.{who.number}@mail.example.",
        f"Referred from {rng.choice(('Lakeside', 'St Brigid', 'Sri Kamala'))} Hospital.",
    )
    return " ".join(rng.sample(sentences, rng.choice((1, 1, 2, 3))))

"""What the sample clinic's doctors see and how they write it, read from `vocabulary.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True)
class Symptom:
    """One complaint in the words of two times: the first months of the main site, and what came after."""

    early: tuple[str, ...]
    later: tuple[str, ...]


@dataclass(frozen=True)
class Diagnosis:
    """One disease; `symptoms` holds how often each shows, `like` what it is mistaken for."""

    name: str
    department: str
    icd: str
    must_not_miss: bool
    newest: bool
    symptoms: Mapping[str, float]
    treatment: tuple[str, str, str]  # medication, dose, frequency
    like: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """All of it, in the order of the file."""

    symptoms: Mapping[str, Symptom]
    diagnoses: Mapping[str, Diagnosis]

    def known(self, *, later: bool) -> tuple[Diagnosis, ...]:
        """The diseases that walk in at that time: the newest came only after the first months."""
        return tuple(one for one in self.diagnoses.values() if later or not one.newest)


@cache
def vocabulary() -> Vocabulary:
    """The shipped words, read once."""
    text = files("rounds.sample_clinic").joinpath("vocabulary.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    symptoms = {
        name: Symptom(early=tuple(row["early"]), later=tuple(row["later"]))
        for name, row in document["symptoms"].items()
    }
    diagnoses = {name: _diagnosis(name, row) for name, row in document["diagnoses"].items()}
    return Vocabulary(symptoms=symptoms, diagnoses=diagnoses)


def must_not_miss() -> tuple[str, ...]:
    """The diagnoses whose miss is grave."""
    return tuple(one.name for one in vocabulary().diagnoses.values() if one.must_not_miss)


def _diagnosis(name: str, row: dict[str, object]) -> Diagnosis:
    symptoms, treatment, like = row["symptoms"], row["treatment"], row["like"]
    assert isinstance(symptoms, dict)
    assert isinstance(treatment, list)
    assert isinstance(like, list)
    medication, dose, frequency = treatment
    return Diagnosis(
        name=name,
        department=str(row["department"]),
        icd=str(row["icd"]),
        must_not_miss=bool(row.get("must_not_miss", False)),
        newest=bool(row.get("newest", False)),
        symptoms=symptoms,
        treatment=(medication, dose, frequency),
        like=tuple(like),
    )

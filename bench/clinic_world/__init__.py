"""A clinic's database of any size in the origin's shape: a function of its seed."""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

from rounds.sample_clinic.encounters import Encounter, encounters
from rounds.sample_clinic.people import Patient, patient
from rounds.sample_clinic.vocabulary import vocabulary

_DAY = 1000  # encounters drawn at once
_OPENED = datetime(2021, 1, 4, 8, tzinfo=UTC)
_STAFF = 40
_RETURNS = 0.25  # share of plans of a patient who was there before
_FOLLOWED = 0.3  # share of plans that are followed up
_GENDERS = {"f": "Female", "m": "Male"}
_SYLLABLES = ("ba", "den", "fo", "gar", "hul", "kin", "lor", "mar", "nis", "ol", "per", "quin", "ros", "tel")
Row = Mapping[str, Any]


def write(path: Path, rows: int, seed: int) -> None:
    """A clinic with so many treatment plans, one after the other in time, each of them ended."""
    schema = files("rounds.sample_clinic").joinpath("clinic.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(path)) as clinic, clinic:
        clinic.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + schema)
        _insert(clinic, "users", list(_staff()))
        dice = Random(f"clinic {seed}")
        for first in range(1, rows + 1, _DAY):
            drawn = encounters(seed, 3 + first // _DAY, min(_DAY, rows + 1 - first))
            _write_day(clinic, dice, drawn, first=first)


def edit(path: Path, rows: int) -> None:
    """The clinic writes a sentence more into its last plans, two hours after all it did before."""
    with closing(sqlite3.connect(path)) as clinic, clinic:
        (last,) = clinic.execute("SELECT max(updated_at) FROM treatment_plans").fetchone()
        later = _stamp(datetime.fromisoformat(last) + timedelta(hours=2))
        clinic.execute(
            "UPDATE treatment_plans SET updated_at = ?, "
            "clinical_notes = clinical_notes || ' Seen again, better.' "
            "WHERE id IN (SELECT id FROM treatment_plans ORDER BY id DESC LIMIT ?)",
            (later, rows),
        )


def _write_day(clinic: sqlite3.Connection, dice: Random, drawn: Sequence[Encounter], *, first: int) -> None:
    intakes: list[Row] = []
    plans: list[Row] = []
    visits: list[Row] = []
    for number, one in zip(count(first), drawn, strict=False):
        starts = _OPENED + timedelta(minutes=2 * number)
        intake = number
        if number > 1 and dice.random() < _RETURNS:
            intake = dice.randrange(1, number)
        else:
            intakes.append(_intake(intake, patient(dice, intake), dice=dice, at=_stamp(starts)))
        plans.append(_plan(number, one, dice=dice, starts=starts) | {"patient_intake_id": f"PI-{intake:07}"})
        if dice.random() < _FOLLOWED:
            visits.append(_visit(number, plans[-1]["end_date"]))
    for table, made in (("patient_intakes", intakes), ("treatment_plans", plans), ("follow_ups", visits)):
        _insert(clinic, table, made)


def _plan(number: int, one: Encounter, *, dice: Random, starts: datetime) -> dict[str, Any]:
    codes = {disease.name: disease.icd for disease in vocabulary().known(later=True)}
    seen = f"Seen {starts:%d %B}: {_measured(dice)}"
    at, ends = _stamp(starts), _stamp(starts + timedelta(days=12))
    return {
        "id": number,
        "plan_id": f"TP-{number:07}",
        "primary_diagnosis": one.truth,
        "icd_code": codes[one.truth],
        "clinical_notes": f"{one.text.split('Notes: ')[-1]} {seen}",
        "status": "completed",
        "start_date": at,
        "end_date": ends,
        "created_by": f"staff{dice.randrange(_STAFF)}@load.example",
        "created_at": at,
        "updated_at": ends,
    }


def _measured(dice: Random) -> str:
    """Findings by lot, so that no two notes are the same text."""
    pressure = f"{dice.randrange(95, 170)}/{dice.randrange(55, 100)}"
    body = f"weight {dice.randrange(450, 1100) / 10} kg, temperature {dice.randrange(362, 391) / 10}"
    return f"{body}, pulse {dice.randrange(52, 118)}, blood pressure {pressure}."


def _visit(number: int, at: str) -> dict[str, Any]:
    row = {"id": number, "treatment_plan_id": number, "scheduled_date": at, "completed_date": at}
    return row | {"status": "completed", "post_appointment_notes": "Carries on.", "outcome": "improved"}


def _staff() -> Iterator[Row]:
    for number in range(_STAFF):
        name = patient(Random(number), number).name
        row: dict[str, Any] = {"id": number + 1, "email": f"staff{number}@load.example"}
        row |= {"full_name": f"Dr. {name} {_surname(Random(number))}", "role": "DOCTOR"}
        row |= {"license_number": f"L-{number}", "is_active": 1}
        yield row | dict.fromkeys(("created_at", "updated_at"), _stamp(_OPENED))


def _intake(number: int, who: Patient, *, dice: Random, at: str) -> dict[str, Any]:
    name = f"{who.name.split()[0]} {_surname(dice)}"
    return {
        "id": number,
        "intake_id": f"PI-{number:07}",
        "name": name,
        "age": str(who.age),
        "gender": _GENDERS[who.sex],
        "blood_type": who.blood,
        "height_cm": who.height_cm,
        "chief_complaints": json.dumps([{"complaint": "as in the notes", "duration": "3 days"}]),
        "associated_symptoms": "[]",
        "present_history": f"{name} came by referral, lives with family.",
        "created_at": at,
        "updated_at": at,
    }


def _surname(dice: Random) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(4)).capitalize()


def _insert(clinic: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    if rows:
        columns = ", ".join(rows[0])
        marks = ", ".join("?" * len(rows[0]))
        statement = f"INSERT INTO {table} ({columns}) VALUES ({marks})"  # noqa: S608 - our own words
        clinic.executemany(statement, [tuple(row.values()) for row in rows])


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S")

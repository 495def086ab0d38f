"""The clinic's own database, in SQLite, growing with the time: Rounds only ever reads it."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from contextlib import closing
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path

from rounds.sample_clinic.people import DESK, STAFF
from rounds.sample_clinic.plans import OPENED, Plan, plans

_GENDERS = {"f": ("Female", "F", "female"), "m": ("Male", "M", "male")}


def create(path: Path) -> None:
    """An empty clinic with its staff."""
    schema = files("rounds.sample_clinic").joinpath("clinic.sql").read_text(encoding="utf-8")
    opened = _stamp(OPENED)
    with closing(sqlite3.connect(path)) as clinic, clinic:
        clinic.executescript(schema)
        for one in STAFF:
            account = {"id": one.id, "email": one.email, "hashed_password": "x", "full_name": one.name}
            rights = {"role": one.role, "license_number": one.licence, "is_active": one.is_active}
            _insert(clinic, "users", account, rights, {"created_at": opened, "updated_at": opened})


def advance(path: Path, seed: int, *, until: datetime) -> int:
    """Write what the clinic did up to that instant and had not written yet; answers how many plans ended.

    A plan is a row from the day it starts and changes when it ends, as in the clinic's own software.
    """
    with closing(sqlite3.connect(path)) as clinic, clinic:
        states = dict(clinic.execute("SELECT id, status FROM treatment_plans").fetchall())
        begun = [one for one in plans(seed) if one.starts <= until]
        for plan in begun:
            if plan.number not in states:
                _begin(clinic, plan)
        open_still = (one for one in begun if states.get(one.number, "active") == "active")
        ended = [one for one in open_still if one.closed_at <= until and one.outcome != "active"]
        _end(clinic, ended)
    return len(ended)


def _begin(clinic: sqlite3.Connection, plan: Plan) -> None:
    at, who = _stamp(plan.starts), plan.patient
    since = {"created_at": at, "updated_at": at}
    complaint = [{"complaint": plan.visit.complaint, "duration": plan.visit.duration}]
    person = {"name": who.name, "age": str(who.age), "gender": _GENDERS[who.sex][plan.number % 3]}
    body = {"blood_type": who.blood, "height_cm": who.height_cm, "occupation": who.occupation}
    said = {"chief_complaints": json.dumps(complaint), "associated_symptoms": "[]", "created_by": DESK.id}
    intake = {"id": plan.number, "intake_id": plan.intake_id}
    _insert(clinic, "patient_intakes", intake, person, body, said, since)
    numbers = {"id": plan.number, "plan_id": plan.plan_id, "patient_intake_id": plan.intake_id}
    course = {"clinical_notes": plan.visit.note, "status": "active", "start_date": at}
    named = {"primary_diagnosis": plan.diagnosis, "icd_code": plan.icd, "created_by": plan.created_by}
    _insert(clinic, "treatment_plans", numbers, named, course, since)
    name, dose, frequency = plan.treatment
    drug = {"medication_name": name, "generic_name": name, "dosage": dose, "route": "oral"}
    given = {"frequency": frequency, "duration_days": 7, "is_active": True, "prescribed_date": at}
    _insert(clinic, "medications", {"id": plan.number, "treatment_plan_id": plan.number}, drug, given)


def _end(clinic: sqlite3.Connection, ended: Iterable[Plan]) -> None:
    for plan in ended:
        clinic.execute(
            "UPDATE treatment_plans SET status = ?, end_date = ?, updated_at = ? WHERE id = ?",
            (plan.outcome, _stamp(plan.ends), _stamp(plan.closed_at), plan.number),
        )
        _review(clinic, plan)
        if plan.discharged_as:
            _discharge(clinic, plan, found=plan.discharged_as)


def _review(clinic: sqlite3.Connection, plan: Plan) -> None:
    revised = plan.outcome == "discontinued"
    words = "Diagnosis revised by specialist; stop treatment." if revised else "Improving."
    at = _stamp(plan.closed_at)
    when = {"scheduled_date": at, "completed_date": at, "status": "completed", "appointment_type": "Review"}
    said = {"provider": plan.doctor.name, "post_appointment_notes": words, "outcome": "recovered"}
    _insert(clinic, "follow_ups", {"id": plan.number, "treatment_plan_id": plan.number}, when, said)


def _discharge(clinic: sqlite3.Connection, plan: Plan, *, found: tuple[str, str]) -> None:
    who, day = plan.patient, plan.starts.date()
    name, icd = found
    person = {"patient_name": who.name, "patient_age": str(who.age), "patient_gender": _GENDERS[who.sex][0]}
    stay = {"admission_date": str(day), "discharge_date": str(day + timedelta(days=6))}
    text = f"{name} (admitting diagnosis {plan.diagnosis} excluded)"
    said = {"diagnosis": text, "icd10_codes": json.dumps([icd]), "hospital_course": "See notes."}
    row = {"id": plan.number, "created_by_id": plan.doctor.id, "created_at": _stamp(plan.closed_at)}
    _insert(clinic, "discharge_summaries", row, person, stay, said)


def _insert(clinic: sqlite3.Connection, table: str, *parts: Mapping[str, object]) -> None:
    row = {name: value for part in parts for name, value in part.items()}
    names, marks = ", ".join(row), ", ".join("?" * len(row))
    clinic.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


def _stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")

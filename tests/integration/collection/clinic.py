"""A small clinic in the origin's shape that a test writes row by row."""

import sqlite3
from pathlib import Path

SCHEMA = """
CREATE TABLE users (
  id INTEGER PRIMARY KEY, email TEXT, full_name TEXT, role TEXT, license_number TEXT, is_active BOOLEAN);
CREATE TABLE patient_intakes (
  intake_id TEXT, name TEXT, age TEXT, gender TEXT, blood_type TEXT, height_cm INTEGER, chief_complaints TEXT,
  associated_symptoms TEXT, present_history TEXT, occupation TEXT, updated_at TEXT);
CREATE TABLE treatment_plans (
  id INTEGER PRIMARY KEY, plan_id TEXT, patient_intake_id TEXT, primary_diagnosis TEXT, icd_code TEXT,
  clinical_notes TEXT, status TEXT, start_date TEXT, end_date TEXT, created_by TEXT, created_at TEXT,
  updated_at TEXT);
CREATE TABLE follow_ups (
  treatment_plan_id INTEGER, completed_date TEXT, post_appointment_notes TEXT, outcome TEXT);
CREATE TABLE discharge_summaries (
  patient_name TEXT, patient_age TEXT, mrn TEXT, admission_date TEXT, discharge_date TEXT, diagnosis TEXT,
  icd10_codes TEXT, created_at TEXT);
INSERT INTO users VALUES (1, 'ora@clinic.example', 'Dr. Ora Lindqvist', 'DOCTOR', 'L-1', 1);
INSERT INTO users VALUES (2, 'desk@clinic.example', 'Front Desk', 'STAFF', NULL, 1);
"""


class Clinic:
    """An SQLite clinic; every method writes like the clinic's own software."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with sqlite3.connect(path) as database:
            database.executescript(SCHEMA)
        self._plans = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self.path}"

    def run(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.path) as database:
            database.execute("PRAGMA synchronous = OFF")
            database.execute(statement, values)

    def patient(self, intake: str, name: str, **changes: object) -> str:
        row = {
            "intake_id": intake,
            "name": name,
            "age": "44",
            "gender": "F",
            "blood_type": "A+",
            "height_cm": 170,
            "chief_complaints": '[{"complaint": "cough", "duration": "3 days"}]',
            "associated_symptoms": '["cough", "fever"]',
            "updated_at": "2026-01-01 08:00:00",
        } | changes
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.run(f"INSERT INTO patient_intakes ({columns}) VALUES ({marks})", *row.values())
        return intake

    def plan(self, intake: str, **changes: object) -> str:
        self._plans += 1
        row = {
            "id": self._plans,
            "plan_id": f"TP-{self._plans:04}",
            "patient_intake_id": intake,
            "primary_diagnosis": "Acute bronchitis",
            "icd_code": "J20.9",
            "clinical_notes": "Cough with sputum, scattered wheeze, no consolidation.",
            "status": "completed",
            "start_date": "2026-01-05 09:00:00",
            "end_date": "2026-01-20 09:00:00",
            "created_by": "1",
            "created_at": "2026-01-05 09:00:00",
            "updated_at": f"2026-01-20 09:{self._plans // 60 % 60:02}:{self._plans % 60:02}",
        } | changes
        columns = ", ".join(row)
        marks = ", ".join("?" * len(row))
        self.run(f"INSERT INTO treatment_plans ({columns}) VALUES ({marks})", *row.values())
        return str(row["plan_id"])

    def edit(self, plan_id: str, at: str, **changes: object) -> None:
        sets = ", ".join(f"{name} = ?" for name in (*changes, "updated_at"))
        self.run(f"UPDATE treatment_plans SET {sets} WHERE plan_id = ?", *changes.values(), at, plan_id)

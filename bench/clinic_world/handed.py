"""What a clinic hands over: rows in the case format, and Bulk Data exports with broken lines."""

import json
from base64 import b64encode
from pathlib import Path
from random import Random
from typing import Any

from rounds.sample_clinic.encounters import Encounter, encounters
from rounds.sample_clinic.people import patient

Resource = dict[str, Any]
_META = {"versionId": "1", "lastUpdated": "2026-02-01T08:00:00Z"}
_VERIFIED = ("confirmed", "confirmed", "confirmed", "provisional", "refuted")


def push_rows(rows: int, seed: int) -> list[Resource]:
    """Rows in the case format: repeated patients, doubled rows, rows that are refused or looked at."""
    dice, drawn = Random(f"push {seed}"), encounters(seed, 3, rows)
    made: list[Resource] = []
    for number, one in enumerate(drawn):
        row: Resource = {
            "source_id": f"row-{number}",
            "person": f"P-{dice.randrange(max(1, rows // 2))}",
            "text": f"{one.text} Seen {number} times.",
            "diagnosis": one.truth,
            "validated_by": "1",
            "confidence": dice.choice([0.95, 0.9, 0.5, None]),
            "known": {"name": patient(dice, number).name},
        }
        if number and dice.random() < 0.1:
            row = made[dice.randrange(number)] | {"source_id": f"row-{number}"}
        made.append(row | ({"text": ""} if dice.random() < 0.05 else {}))
    return made


def exports(folder: Path, rows: int, seed: int) -> None:
    """Two exports of Bulk Data: what the second holds came late, and each file has a broken line."""
    dice, drawn = Random(f"fhir {seed}"), encounters(seed, 3, rows)
    first: dict[str, list[Resource]] = {"Practitioner": [_doctor()]}
    second: dict[str, list[Resource]] = {}
    for number, one in enumerate(drawn):
        for resource in _visit(number, one, dice=dice, who=dice.randrange(max(1, rows // 2))):
            late = dice.random() < 0.15
            (second if late else first).setdefault(resource["resourceType"], []).append(resource)
    for name, kinds in (("1", first), ("2", second)):
        (folder / name).mkdir()
        at = {"transactionTime": f"2026-02-0{name}T00:00:00Z", "output": [], "deleted": []}
        (folder / name / "manifest.json").write_text(json.dumps(at))
        for kind, resources in kinds.items():
            lines = [*map(json.dumps, resources), "{broken"]
            (folder / name / f"{kind}.000.ndjson").write_text("\n".join(lines) + "\n")


def _doctor() -> Resource:
    return {
        "resourceType": "Practitioner",
        "id": "doc-1",
        "active": True,
        "name": [{"family": "Ferreira"}],
        "qualification": [{"code": {"text": "MD"}}],
    }


def _visit(number: int, one: Encounter, *, dice: Random, who: int) -> list[Resource]:
    visit = {"reference": f"Encounter/visit-{number}"}
    text = b64encode(f"HPI: {one.text} Number {number}.".encode()).decode()
    base: Resource = {"meta": _META, "subject": {"reference": f"Patient/pat-{who}"}}
    patient_row = {
        "resourceType": "Patient",
        "id": f"pat-{who}",
        "meta": _META,
        "gender": "female",
        "name": [{"family": f"Quill{who}", "given": ["Marta"]}],
        "birthDate": f"19{50 + who % 40}-02-03",
    }
    encounter = base | {
        "resourceType": "Encounter",
        "id": f"visit-{number}",
        "status": "finished",
        "class": {"code": "AMB"},
        "period": {"start": "2026-01-30T08:00:00Z"},
    }
    condition = base | {
        "resourceType": "Condition",
        "id": f"cond-{number}",
        "encounter": visit,
        "code": {"text": one.truth},
        "recordedDate": "2026-01-30T09:00:00Z",
        "verificationStatus": {"coding": [{"code": dice.choice(_VERIFIED)}]},
        "asserter": {"reference": "Practitioner/doc-1"},
    }
    note = base | {
        "resourceType": "DocumentReference",
        "id": f"note-{number}",
        "status": "current",
        "context": {"encounter": [visit]},
        "content": [{"attachment": {"contentType": "text/plain", "data": text}}],
    }
    return [patient_row, encounter, condition, note]

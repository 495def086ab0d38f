"""FHIR resources that are valid by default, for tests of collection."""

import base64
from typing import Any

DOCTOR = {
    "resourceType": "Practitioner",
    "id": "doc-1",
    "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"},
    "active": True,
    "name": [{"family": "Ferreira", "given": ["Ines"]}],
    "qualification": [{"code": {"text": "MD"}}],
}


def meta(version: int = 1, at: str = "2026-02-01T08:00:00Z") -> dict[str, Any]:
    return {"versionId": str(version), "lastUpdated": at}


def patient(n: int, **changes: Any) -> dict[str, Any]:
    whole = {
        "resourceType": "Patient",
        "id": f"patient-{n:04}",
        "meta": meta(),
        "identifier": [{"type": {"text": "MRN"}, "system": "urn:mrn:test", "value": f"R{n:06}"}],
        "name": [{"family": f"Quill{'abcdefghij'[n % 10]}", "given": ["Marta"]}],
        "gender": "female",
        "birthDate": f"19{50 + n % 40}-02-{1 + n % 28:02}",
    }
    return whole | changes


def encounter(n: int, **changes: Any) -> dict[str, Any]:
    whole = {
        "resourceType": "Encounter",
        "id": f"visit-{n:04}",
        "meta": meta(),
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/patient-{n:04}"},
        "period": {"start": "2026-01-30T08:00:00Z", "end": "2026-01-30T09:00:00Z"},
    }
    return whole | changes


def condition(
    n: int, display: str = "Gout (disorder)", code: str = "90560007", **changes: Any
) -> dict[str, Any]:
    whole = {
        "resourceType": "Condition",
        "id": f"cond-{n:04}",
        "meta": meta(),
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": code, "display": display}]},
        "subject": {"reference": f"Patient/patient-{n:04}"},
        "encounter": {"reference": f"Encounter/visit-{n:04}"},
        "recordedDate": "2026-01-30T09:00:00Z",
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "asserter": {"reference": "Practitioner/doc-1"},
    }
    return whole | changes


def note(n: int, text: str, **changes: Any) -> dict[str, Any]:
    data = base64.b64encode(text.encode()).decode()
    whole = {
        "resourceType": "DocumentReference",
        "id": f"note-{n:04}",
        "meta": meta(),
        "status": "superseded",
        "subject": {"reference": f"Patient/patient-{n:04}"},
        "context": {"encounter": [{"reference": f"Encounter/visit-{n:04}"}]},
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data}}],
    }
    return whole | changes

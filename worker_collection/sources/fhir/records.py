"""From a Condition or a report, with all it refers to, to one row of the case format."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from worker_collection.draft import instant
from worker_collection.mapping import FhirTerms
from worker_collection.sources.fhir import consent, notes, people, said
from worker_collection.sources.fhir.references import (
    NOTES,
    Resource,
    codings,
    encounter_of,
    kind_of,
    listed,
    name_of,
    patient_of,
    target,
)
from worker_collection.sources.fhir.shelf import Shelf

_PEOPLE = ("Patient", "RelatedPerson")
_SEX = {"male": "m", "female": "f", "other": "other"}


@dataclass(frozen=True)
class Around:
    """What the roots of a page refer to: resources by their reference, others by encounter or patient."""

    named: Mapping[str, Resource]
    notes: Mapping[str, list[Resource]]
    loose: Mapping[str, list[Resource]]
    measured: Mapping[str, list[Resource]]
    consents: Mapping[str, list[Resource]]


@dataclass(frozen=True)
class Site:
    """What every row of one run meets."""

    source: str
    terms: FhirTerms
    at: datetime


@dataclass(frozen=True)
class Visit:
    """One root with its patient and encounter, both empty where they are not known."""

    root: Resource
    patient_name: str
    patient: Resource
    encounter_name: str | None
    encounter: Resource

    @classmethod
    def of(cls, root: Resource, beside: Around) -> "Visit":
        """Look both up."""
        patient, encounter = patient_of(root) or "", encounter_of(root)
        found = beside.named
        return cls(root, patient, found.get(patient, {}), encounter, found.get(encounter or "", {}))

    @property
    def is_report(self) -> bool:
        """Whether the root is a report."""
        return bool(self.root["resourceType"] == "DiagnosticReport")

    @property
    def stated_at(self) -> datetime | None:
        """When the diagnosis was recorded, as nearly as is known."""
        period, meta = self.encounter.get("period") or {}, self.root.get("meta") or {}
        fields = ("recordedDate", "issued", "effectiveDateTime", "onsetDateTime")
        found = [self.root.get(field) for field in fields] + [period.get("end"), period.get("start")]
        return next((at for value in (*found, meta.get("lastUpdated")) if (at := instant(value, UTC))), None)


def around(roots: Sequence[Resource], shelf: Shelf) -> Around:
    """Fetch what the roots of a page refer to, a query a kind."""
    patients = {one for root in roots if (one := patient_of(root))}
    encounters = {one for root in roots if (one := encounter_of(root))}
    roles = {one for root in roots if (one := _asserter(root)) and kind_of(one) == "PractitionerRole"}
    return Around(
        named=shelf.named([*patients, *encounters, *roles]),
        notes=shelf.about(encounters, NOTES),
        loose=shelf.of_patients(patients, "DocumentReference"),
        measured=shelf.about(encounters, ("Observation",)),
        consents=shelf.of_patients(patients, "Consent"),
    )


def row(root: Resource, beside: Around, site: Site) -> dict[str, Any]:
    """One root in the case format, with the evidence that the trust table reads in `record`."""
    visit = Visit.of(root, beside)
    stated, sex = visit.stated_at, _SEX.get(str(visit.patient.get("gender")))
    who = _who(visit, site)
    who["known"] = who["known"] | {"providers": said.people_named(root, visit.encounter)}
    asserter, asserted = _asserted(visit, beside, site)
    text, readable = _written(visit, beside)
    known = {
        "source_id": name_of(root),
        "text": text or _measured(visit, beside),
        "narrative": bool(text),
        "age": people.age_at(visit.patient, stated),
        "subgroup": {"sex": sex} if sex else {},
        "validated_by": asserter,
        "validated_at": stated.isoformat() if stated else None,
        "consent": consent.said(beside.consents.get(visit.patient_name, ()), at=site.at),
        "record": _record(visit) | asserted | {"note_readable": readable},
    }
    return who | (said.of_report(root) if visit.is_report else said.of_condition(root)) | known


def consenting(root: Resource, beside: Around, site: Site) -> dict[str, Any] | None:
    """Who a Consent is about and what stands for that patient now; None where nothing is said of learning."""
    visit = Visit.of(root, beside)
    word = consent.said(beside.consents.get(visit.patient_name, ()), at=site.at)
    return _who(visit, site) | {"consent": word} if visit.patient_name and word else None


def _who(visit: Visit, site: Site) -> dict[str, Any]:
    patient = visit.patient or {"id": visit.patient_name.split("/", 1)[-1]}
    return people.person(patient, source=site.source, record_system=site.terms.record_system)


def _record(visit: Visit) -> dict[str, Any]:
    root, encounter = visit.root, visit.encounter
    status = str(encounter.get("status") or "unknown") if encounter else "missing"
    return {
        "kind": "report" if visit.is_report else "condition",
        "status": root.get("status") if visit.is_report else said.verification(root),
        "is_diagnosis": said.is_diagnosis(root),
        "modified": said.is_modified(root),
        "encounter": None if visit.encounter_name is None else status,
        "patient_known": bool(visit.patient),
        "same_patient": not encounter or patient_of(encounter) in (visit.patient_name, None),
    }


def _asserter(root: Resource) -> str | None:
    """Who stands behind a diagnosis, or first read a report; a person without a reference is unnamed."""
    pointer: Any = root.get("asserter")
    if root.get("resourceType") == "DiagnosticReport":
        pointer = next(iter(listed(root.get("resultsInterpreter"))), None)
    if not isinstance(pointer, Mapping) or not pointer:
        return None
    return target(pointer, "Practitioner", holder=root) or f"{pointer.get('type') or 'Practitioner'}/unnamed"


def _asserted(visit: Visit, beside: Around, site: Site) -> tuple[str | None, dict[str, Any]]:
    """Whose signature it is, and how the record says so."""
    asserter = _asserter(visit.root)
    if kind_of(asserter) in _PEOPLE:
        return None, {"asserted_by": "patient"}
    if asserter and kind_of(asserter) == "PractitionerRole":
        role = beside.named.get(asserter, {})
        behind = target(role.get("practitioner"), "Practitioner", holder=role) or asserter
        return behind, {"asserted_by": "practitioner", "asserter_works": people.is_working(role, site.at)}
    if asserter is not None:
        return asserter, {"asserted_by": "practitioner"}
    seen_by = _participant(visit.encounter) if site.terms.asserter == "encounter_participant" else None
    if seen_by is not None:
        return seen_by, {"asserted_by": "practitioner", "policy": "encounter_participant_asserts"}
    recorded = visit.root.get("recorder") or visit.root.get("performer")
    return None, {"asserted_by": "recorder" if recorded else None}


def _participant(encounter: Resource) -> str | None:
    """Who saw the patient: the attending or primary performer before others."""
    ranks = {"ATND": 0, "PPRF": 1}
    ranked = sorted(
        listed(encounter.get("participant")),
        key=lambda one: min((ranks.get(str(c.get("code")), 2) for c in codings(one.get("type"))), default=2),
    )
    found = (target(one.get("individual"), "Practitioner", holder=encounter) for one in ranked)
    return next((one for one in found if kind_of(one) == "Practitioner"), None)


def _written(visit: Visit, beside: Around) -> tuple[str, bool]:
    """The form of a report; the notes of the encounter, or of its days where a note names no encounter."""
    if visit.is_report:
        text, readable = notes.written([visit.root])
        return "\n".join(part for part in (said.title(visit.root), text) if part), readable
    of_visit = beside.notes.get(visit.encounter_name or "", [])
    documents = [one for one in of_visit if one["resourceType"] == "DocumentReference"]
    reports = [one for one in of_visit if one["resourceType"] == "DiagnosticReport"]
    loose = _of_the_days(beside.loose.get(visit.patient_name, ()), visit.encounter)
    for found in (documents, reports, loose):
        text, readable = notes.written(found)
        if text or not readable:
            return text, readable
    return "", True


def _measured(visit: Visit, beside: Around) -> str:
    return notes.measured(
        visit.patient.get("gender"),
        people.age_at(visit.patient, visit.stated_at),
        visit=visit.encounter,
        observations=beside.measured.get(visit.encounter_name or "", ()),
    )


def _of_the_days(documents: Iterable[Resource], encounter: Resource) -> list[Resource]:
    period = encounter.get("period") or {}
    starts = str(period.get("start") or "")[:10]
    ends = str(period.get("end") or "")[:10] or starts
    return [one for one in documents if starts and starts <= str(one.get("date") or "")[:10] <= ends]

"""Records that are valid by default; a test names only what it is about."""

from datetime import UTC, datetime
from itertools import count
from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState, JobState, RunState, VersionState
from shared.registry.tables import (
    Attempt,
    CollectionRun,
    DatasetMember,
    DatasetVersion,
    DeidReport,
    GateDecision,
    ModelVersion,
    Person,
    Prediction,
    Source,
    TrafficPlan,
    TrainingJob,
    ValidatedCase,
)

NOW = datetime(2026, 3, 4, 9, 14, tzinfo=UTC)
_numbers = count(1)


def add(session: Session, record):
    """Write one record and read what the database filled in."""
    session.add(record)
    session.flush()
    return record


def a_person(session: Session, **given) -> Person:
    values = {"key": uuid4().hex, "split": "training", "created_at": NOW, "subgroup": {}} | given
    return add(session, Person(**values))


def a_source(session: Session, **given) -> Source:
    values = {"name": f"source-{next(_numbers)}", "kind": "push", "address_sealed": b"", "mapping": ""}
    values |= {"model_type": "diagnosis", "created_at": NOW}
    return add(session, Source(**values | given))


def a_run(session: Session, **given) -> CollectionRun:
    source_id = given.pop("source_id", None) or a_source(session).id
    values = {"source_id": source_id, "triggered_by": "manual", "created_at": NOW}
    return add(session, CollectionRun(**values | given))


def a_case(
    session: Session, *, person: Person | None = None, deidentified: bool = True, **given
) -> ValidatedCase:
    person = person or a_person(session)
    run = a_run(session, state=RunState.COMPLETED)
    values = {"source_id": run.source_id, "run_id": run.id, "source_record": uuid4().hex}
    values |= {"model_type": "diagnosis", "person_id": person.id, "state": CaseState.VALIDATED}
    values |= {"content_hash": uuid4().hex, "diagnosis": "Migraine", "created_at": NOW, "updated_at": NOW}
    case = add(session, ValidatedCase(**values | given))
    if deidentified:
        add(
            session,
            DeidReport(
                case_id=case.id, engine="1", policy="safe_harbor", spans={}, verdict="pass", created_at=NOW
            ),
        )
    return case


def a_dataset(session: Session, **given) -> DatasetVersion:
    number = next(_numbers)
    values = {
        "name": f"diagnosis-data-{number}",
        "model_type": "diagnosis",
        "number": number,
        "sha256": uuid4().hex,
    }
    values |= {
        "manifest_key": "k",
        "counts": {},
        "policy_version": 1,
        "preprocessing": {},
        "sealed_by": "test",
    }
    return add(session, DatasetVersion(**values | {"sealed_at": NOW} | given))


def a_member(session: Session, dataset: DatasetVersion, case: ValidatedCase, **given) -> DatasetMember:
    values = {"dataset_version_id": dataset.id, "case_id": case.id, "person_id": case.person_id}
    values |= {"split": "training", "label": case.diagnosis, "weight": 1.0, "content_hash": case.content_hash}
    return add(session, DatasetMember(**values | given))


def a_job(session: Session, **given) -> TrainingJob:
    values = {"model_type": "diagnosis", "base": "minilm", "seed": 1, "triggered_by": "manual"}
    values |= {"requested_by": "test", "created_at": NOW, "state": JobState.QUEUED}
    return add(session, TrainingJob(**values | given))


def a_version(session: Session, *, gate: str | None = "pass", **given) -> ModelVersion:
    """A version of a finished job; `gate` is the verdict over its bytes, None for no decision."""
    number, fence = next(_numbers), next(_numbers)
    job = a_job(session, state=JobState.COMPLETED)
    add(session, Attempt(job_id=job.id, fence=fence, attempt=1, worker="w", started_at=NOW))
    values = {"name": f"diagnosis-{number}", "model_type": "diagnosis", "number": number, "job_id": job.id}
    values |= {
        "fence": fence,
        "dataset_version_id": a_dataset(session).id,
        "base": "minilm",
        "base_digest": "b",
    }
    values |= {"digest": uuid4().hex, "artifact_key": "k", "labels": ["Migraine"], "fingerprint": "f"}
    values |= {"state": VersionState.GATED, "state_since": NOW, "created_at": NOW}
    version = add(session, ModelVersion(**values | given))
    if gate:
        a_gate_decision(session, version, verdict=gate)
    return version


def a_gate_decision(session: Session, version: ModelVersion, **given) -> GateDecision:
    values = {
        "model_version_id": version.id,
        "digest": version.digest,
        "policy_version": 1,
        "verdict": "pass",
    }
    values |= {"rules": [], "inputs": {}, "inputs_sha256": "i", "created_at": NOW}
    return add(session, GateDecision(**values | given))


def a_plan(session: Session, champion: ModelVersion, *, number: int = 1, **given) -> TrafficPlan:
    values = {"model_type": champion.model_type, "number": number, "champion_id": champion.id, "share": 0.0}
    values |= {"shadow": False, "salt": "s", "reason": "test", "actor": "test", "effective_at": NOW}
    return add(session, TrafficPlan(**values | given))


def a_prediction(session: Session, version: ModelVersion, **given) -> Prediction:
    person_id: UUID = given.pop("person_id", None) or a_person(session).id
    values = {
        "id": uuid4(),
        "model_type": version.model_type,
        "model_version_id": version.id,
        "person_id": person_id,
    }
    values |= {"digest": version.digest, "plan_number": 1, "slot": "champion", "share": 0.0, "bucket": 0}
    values |= {"encounter": b"e", "label": "Migraine", "confidence": 0.9, "top": [], "abstain": False}
    values |= {"subgroup": {}, "audit_probability": 0.1, "in_audit": False, "latency_ms": 1.0, "at": NOW}
    return add(session, Prediction(**values | given))

"""What the pages show in tests: a challenge that the real engine decided, cases, trainings, alerts."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import exp
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from deployer_service.canary import INPUT_PURPOSE
from deployer_service.deps import Deps
from shared.config import Settings
from shared.domain.cycle import AlertState, CaseState, JobState
from shared.registry import schedules
from shared.registry.cases import CASE_PURPOSE
from shared.registry.readings import CLEANED_PURPOSE
from shared.registry.tables import (
    Alert,
    Approval,
    Attempt,
    JobMetric,
    Label,
    ModelPerformance,
    ModelVersion,
    PredictionInput,
    Reading,
    SecondRead,
    TrainingJob,
    ValidatedCase,
)
from shared.storage.objects import open_storage
from shared.storage.pictures import Picture, save_picture
from shared.vault import Vault
from tests.factories import a_case, a_dataset, a_gate_decision, a_job, a_member, a_person, a_prediction, add
from tests.integration.release.world import Clinic as Release
from tests.integration.release.world import Clock, Mailbox, TextServer

NOTE = (
    "[NAME] was seen on [DATE] with throbbing pain on one side of the head, worse with light. "
    "Phone [PHONE]. Nausea since the morning, no fever, neck supple."
)
HOSTILE = '<img src=x onerror="document.title=1"><script>alert(1)</script> pain of the big toe, red and hot'
RIGHT_TO_LEFT = "المريضة ليلى تشكو من صداع شديد منذ يومين"
LONG = "Known for years. " * 3000
POINTS = 400
LABELS = ("Gout", "Migraine", "Sepsis")


@dataclass(frozen=True)
class World:
    """The records that tests name."""

    champion: str
    challenger: str
    running: UUID
    failed: UUID
    queued: UUID
    alert: UUID
    case: UUID


def fill(settings: Settings, sessions, vault: Vault, *, now: datetime) -> World:
    """Everything that a page can show, as of now."""
    clock = Clock(now - timedelta(days=3))
    server, mailbox = TextServer(), Mailbox()
    release = Release(Deps(settings, sessions, clock, vault, server, mailbox), server, clock, mailbox)
    release.to_canary()
    for count in (60, 80, 100):
        ids = release.patients(count, champion="Gout", challenger="Gout")
        release.label(ids, "Gout")
        release.look()
    with sessions.begin() as session:
        names = [session.get(ModelVersion, one).name for one in (release.champion, release.challenger)]
        for version_id, accuracy in ((release.champion, 0.84), (release.challenger, 0.87)):
            _measured(session, session.get(ModelVersion, version_id), accuracy, now)
        read = _cases(session, vault, now)
        _exam(session, release, read)
        pictured = _picture_case(session, settings, vault, now)
        _second_reads(session, read, now)
        _reading(session, vault, session.get(ModelVersion, release.champion), now)
        jobs = _jobs(session, now)
        alert = _alerts(session, now)
        wish = schedules.ScheduleWish("training of diagnosis", "train", "0 2 * * 0", "UTC", "diagnosis", 200)
        schedules.upsert(session, wish, now=now, actor="test")
        row = Approval(
            subject_kind="model_versions", subject_id=release.challenger, maker="key:ann", state="asked"
        )
        row.reason, row.created_at = "a release waits", now - timedelta(hours=2)
        add(session, row)
    return World(*names, *jobs, alert, pictured)


def _measured(session: Session, version: ModelVersion, accuracy: float, now: datetime) -> None:
    figures = {"accuracy": accuracy, "precision": accuracy, "recall": accuracy, "f1_score": accuracy}
    row = ModelPerformance(
        model_version_id=version.id,
        model_version=version.name,
        model_type=version.model_type,
        dataset_version_id=version.dataset_version_id,
        purpose="gate",
        n=400,
        intervals={"accuracy": [accuracy - 0.03, accuracy + 0.03]},
        per_class={},
        subgroups={},
        created_at=now,
        **figures,
    )
    add(session, row)


def _cases(session: Session, vault: Vault, now: datetime) -> list[ValidatedCase]:
    for label in LABELS[:2]:
        session.merge(Label(model_type="diagnosis", label=label, must_not_miss=False, created_at=now))
    session.flush()
    before = a_dataset(session, counts={"training": 6, "evaluation": 2, "labels": {"Migraine": 8}})
    after = a_dataset(
        session,
        parent_id=before.id,
        counts={"training": 8, "evaluation": 2, "labels": {"Migraine": 9, "Gout": 1}},
    )
    texts = [NOTE, HOSTILE, RIGHT_TO_LEFT, LONG] + [f"{NOTE} Visit {n}." for n in range(8)]
    for number, text in enumerate(texts):
        a_case(
            session,
            state=CaseState.NEEDS_REVIEW,
            review_reasons=["low_confidence"],
            diagnosis=LABELS[number % 2],
            confidence=0.6,
            input_sealed=vault.seal(text.encode(), CASE_PURPOSE),
            created_at=now - timedelta(minutes=number),
            data_quality_score=80,
            is_anonymized=True,
        )
    read = []
    for number in range(10):
        case = a_case(
            session,
            input_sealed=vault.seal(NOTE.encode(), CASE_PURPOSE),
            created_at=now - timedelta(hours=number + 1),
            is_anonymized=True,
        )
        for dataset in [before, after] if number < 8 else [after]:
            a_member(session, dataset, case)
        read.append(case)
    return read


def _exam(session: Session, release: Release, read: list[ValidatedCase]) -> None:
    """What champion and challenger said of ten cases: one gets worse, three get better."""

    def said(label: str) -> dict[str, object]:
        return {"label": label, "confidence": 0.8}

    cases = []
    for number, case in enumerate(read):
        before, after = LABELS[number % 3], LABELS[0] if number < 4 else LABELS[number % 3]
        told = {"case_id": str(case.id), "truth": LABELS[0] if number != 3 else LABELS[1]}
        cases.append(
            told | {"candidate": said(after), "champion": said(before), "subgroup": {"site": "north"}}
        )
    version = session.get(ModelVersion, release.challenger)
    rules = [{"rule": "size", "verdict": "pass", "why": "400 evaluation cases, 50 are needed", "n": 400}]
    given = {"against_id": release.champion, "inputs": {"cases": cases}, "rules": rules}
    a_gate_decision(session, version, created_at=release.clock(), **given)


def _picture_case(session: Session, settings: Settings, vault: Vault, now: datetime) -> UUID:
    """A bright disc on a dark ground, and its mask."""
    rows, columns = np.mgrid[:96, :128]
    inside = (rows - 50) ** 2 + (columns - 70) ** 2 < 30**2
    pixels = (40 + 120 * inside + (rows + columns) % 9).astype(np.uint8)
    storage = open_storage(settings)
    layers = {"image": Picture(pixels), "mask": Picture(inside.astype(np.uint8))}
    media = {name: save_picture(storage, one, vault) for name, one in layers.items()}
    given = {"model_type": "segmentation", "diagnosis": "object", "media": media, "input_sealed": None}
    given |= {"state": CaseState.NEEDS_REVIEW, "review_reasons": ["masks_overlap"], "is_anonymized": True}
    return a_case(session, created_at=now - timedelta(days=1), **given).id


def _second_reads(session: Session, read: list[ValidatedCase], now: datetime) -> None:
    """One case waits for its second reader; of another the two disagree, and a third decides."""
    for case, second in ((read[0], None), (read[1], LABELS[2]), (read[2], LABELS[1])):
        row = SecondRead(case_id=case.id, model_type="diagnosis", why="request", asked_by="key:ann")
        row.asked_at, row.first_label = now - timedelta(hours=5), case.diagnosis or LABELS[1]
        if second:
            row.second_label, row.second_reader, row.answered_at = second, "key:bob", now
        add(session, row)


def _reading(session: Session, vault: Vault, version: ModelVersion, now: datetime) -> None:
    asked = a_prediction(session, version, person_id=a_person(session).id, at=now)
    sealed = vault.seal(NOTE.encode(), INPUT_PURPOSE)
    cleaned = vault.seal(NOTE.encode(), CLEANED_PURPOSE)
    kept = {"prediction_id": asked.id, "expires_at": now + timedelta(days=9)}
    add(session, PredictionInput(sealed=sealed, cleaned=cleaned, **kept))
    row = Reading(model_type="diagnosis", prediction_id=asked.id, kind="audit", options=list(LABELS))
    row.sampling_rate, row.asked_at = 0.1, now
    add(session, row)


def _jobs(session: Session, now: datetime) -> tuple[UUID, UUID, UUID]:
    begun = now - timedelta(minutes=7)
    running = a_job(
        session, state=JobState.RUNNING, created_at=begun, start_time=begun, progress=0.4, attempt=1
    )
    fence = 900_001
    add(session, Attempt(job_id=running.id, fence=fence, attempt=1, worker="gpu-host", started_at=begun))
    for step in range(1, POINTS + 1):
        figures = {"loss": 2 * exp(-step / 120) + 0.1, "learning_rate": 3e-4 * (1 - step / 1000), "epoch": 1}
        figures["tokens_per_second"] = 900.0 + step % 7
        row = JobMetric(job_id=running.id, fence=fence, step=step, at=begun + timedelta(seconds=step))
        row.values = figures
        session.add(row)
    failed = a_job(
        session,
        state=JobState.FAILED,
        created_at=now - timedelta(days=1),
        start_time=now - timedelta(days=1),
        end_time=now - timedelta(hours=23),
        error_code="out_of_memory",
        error_message="the GPU's memory was full; a smaller batch fits",
    )
    queued = a_job(session, created_at=now, recipe={"epochs": 2})
    session.flush()
    return running.id, failed.id, queued.id


def add_point(session: Session, job_id: UUID, step: int, now: datetime) -> None:
    """One more step of a running job, as its worker tells it."""
    from shared.registry import events

    job = session.get(TrainingJob, job_id)
    figures = {"loss": 0.05, "learning_rate": 1e-4, "epoch": 2, "tokens_per_second": 910.0}
    session.add(JobMetric(job_id=job.id, fence=900_001, step=step, at=now, values=figures))
    data = {"step": step, "steps": 1000, "progress": step / 1000, **figures}
    events.emit(session, kind="training_jobs.progress", subject=job.id, at=now, data=data)


def _alerts(session: Session, now: datetime) -> UUID:
    worst = Alert(kind="rollback", severity="critical", dedup_key="a", state=AlertState.OPEN)
    worst.title, worst.body = "diagnosis-9 was rolled back", "accuracy fell by more than 2 points (n 400)"
    worst.opened_at = now - timedelta(minutes=20)
    add(session, worst)
    for key, severity in (("b", "warning"), ("c", "info")):
        row = Alert(
            kind="disk", severity=severity, dedup_key=key, title=f"the disk fills ({key})", body="80 %"
        )
        row.opened_at, row.seen = now - timedelta(hours=3), 4
        add(session, row)
    return worst.id

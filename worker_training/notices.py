"""Tells the people whom the site named when a training begins and ends; a failure is an alert anyway."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.registry import alerts, jobs
from shared.registry.alerts import Trouble
from shared.registry.leases import Lease
from shared.registry.tables import Attempt, ModelVersion, TrainingJob
from worker_training.deps import Deps

BY = "notice"  # nothing is to be done about it, so it is closed as soon as it is on its way


def began(session: Session, job: TrainingJob, lease: Lease, *, deps: Deps) -> None:
    """Say that a job runs for the first time; a later attempt of it is no news."""
    claims = session.scalar(select(func.count()).where(Attempt.job_id == job.id))
    if claims != 1:
        return
    body = f"Job {job.id} learns from {job.dataset_size or 'the'} cases, attempt {lease.attempt}."
    _send(session, deps, kind="started", subject=job, body=body)


def ended(session: Session, version: ModelVersion, *, deps: Deps) -> None:
    """Say that a job came to a version, which is judged next."""
    body = f"Job {version.job_id} made {version.name}; the gate judges it now."
    _send(session, deps, kind="completed", subject=jobs.get(session, version.job_id), body=body)


def _send(session: Session, deps: Deps, *, kind: str, subject: TrainingJob, body: str) -> None:
    if not deps.settings.notify_urls:
        return
    now = deps.clock()
    trouble = Trouble(
        kind=f"training_{kind}",
        severity="info",
        dedup_key=f"training_{kind}:{subject.id}",
        title=f"Training of {subject.model_type} {kind}",
        body=body,
        subject=str(subject.id),
    )
    alerts.raise_alert(session, trouble, now=now)
    alerts.resolve(session, trouble.dedup_key, by=BY, now=now)

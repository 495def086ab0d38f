"""Model types, sealed datasets, training jobs and the versions they produce."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.domain.cycle import CHALLENGING, JobState, VersionState
from shared.registry.tables.base import Json, JsonList, Leased, StateText, Table, fresh_id, one_of
from shared.registry.tables.collection import SPLITS

FAMILIES = ("text_classifier", "causal_lm", "segmentation")
TRIGGERS = ("manual", "scheduled", "threshold", "import")
_QUEUED, _OLDEST = text("state = 'queued'"), ("priority", "created_at")
_OPEN = text("state NOT IN ('completed', 'failed', 'cancelled')")
_CHALLENGERS = ", ".join(f"'{state}'" for state in CHALLENGING)


class ModelType(Table):
    """A named question of the site with its own label space, champion and policy."""

    __tablename__ = "model_types"
    __table_args__ = (one_of("family", FAMILIES),)
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)
    family: Mapped[str]
    base: Mapped[str]
    release_mode: Mapped[str | None]  # overrides the policy's
    created_at: Mapped[datetime]


class DatasetVersion(Table):
    """An immutable list of cases. The row and its members are written in one transaction and never change."""

    __tablename__ = "dataset_versions"
    __table_args__ = (UniqueConstraint("model_type", "number"),)
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)  # "diagnosis-data-3", what people and commands call it
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    number: Mapped[int]
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset_versions.id"))
    sha256: Mapped[str]  # Merkle root over the sorted manifest
    manifest_key: Mapped[str]
    counts: Mapped[Json]  # {"training": n, "evaluation": n, "labels": {label: n}}
    policy_version: Mapped[int]
    preprocessing: Mapped[Json]
    sealed_by: Mapped[str]
    sealed_at: Mapped[datetime]


class DatasetMember(Table):
    """One case of a dataset version, with what it stood for when it was sealed.

    A trigger refuses a side that is not the person's, and a judge who was learnt from in any version.
    """

    __tablename__ = "dataset_members"
    __table_args__ = (
        one_of("split", SPLITS),
        CheckConstraint("weight >= 0", name="weight"),
        CheckConstraint(
            "audit_probability IS NULL OR "
            "(split = 'evaluation' AND audit_probability > 0 AND audit_probability <= 1)",
            name="audit",
        ),
        CheckConstraint("NOT replay OR split = 'training'", name="replay"),
    )
    dataset_version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"), primary_key=True)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), primary_key=True, index=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    split: Mapped[str]
    label: Mapped[str]
    weight: Mapped[float]  # of influence in training; in evaluation 1 / audit_probability, else 1
    content_hash: Mapped[str]
    source_id: Mapped[UUID | None]
    validator_id: Mapped[UUID | None]
    cluster: Mapped[str | None]  # what near duplicates share
    audit_probability: Mapped[float | None]  # None outside the audit sample
    replay: Mapped[bool] = mapped_column(default=False, server_default="false")  # read again beside new ones


class EvaluationSet(Table):
    """A frozen set that judges models; its uses are counted, and a worn-out one is replaced."""

    __tablename__ = "evaluation_sets"
    __table_args__ = (
        one_of("purpose", ("gate", "audit", "safety", "old_skills")),
        UniqueConstraint("dataset_version_id", "purpose"),
    )
    id: Mapped[UUID] = fresh_id()
    dataset_version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    purpose: Mapped[str]
    uses: Mapped[int] = mapped_column(default=0)
    expires_after_uses: Mapped[int | None]
    created_at: Mapped[datetime]


class BaseModel(Table):
    """A pretrained model that adapters stand on: a local file whose hash is checked at load."""

    __tablename__ = "base_models"
    name: Mapped[str] = mapped_column(primary_key=True)
    family: Mapped[str]
    digest: Mapped[str]
    licence: Mapped[str]
    created_at: Mapped[datetime]


class TrainingJob(Leased, Table):
    """One training, from wish to weights. Without a dataset version the collect worker seals one first."""

    __tablename__ = "training_jobs"
    __table_args__ = (
        one_of("state", JobState),
        one_of("triggered_by", TRIGGERS),
        CheckConstraint("progress BETWEEN 0 AND 1", name="progress_share"),
        Index(None, "created_at", "id"),
        Index(None, "dataset_version_id", postgresql_where=text("dataset_version_id IS NOT NULL")),
        Index("ix_training_jobs_turn", "model_type", *_OLDEST, postgresql_where=_QUEUED),
        Index("ix_training_jobs_twins", "model_type", "seed", postgresql_where=_OPEN),
        Index(None, "model_type", "start_time", postgresql_where=text("start_time IS NOT NULL")),
    )
    id: Mapped[UUID] = fresh_id()
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    state: Mapped[JobState] = mapped_column(StateText(JobState), default=JobState.QUEUED)
    base: Mapped[str]
    dataset_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset_versions.id"))
    dataset_size: Mapped[int | None]
    parent_model_version: Mapped[str | None]
    seed: Mapped[int]
    recipe: Mapped[Json] = mapped_column(default=dict)  # what differs from the defaults
    auto_deploy: Mapped[bool] = mapped_column(default=True)
    triggered_by: Mapped[str]
    requested_by: Mapped[str]
    progress: Mapped[float] = mapped_column(default=0.0)  # share
    current_epoch: Mapped[int | None]
    step: Mapped[int] = mapped_column(default=0)
    checkpoint_key: Mapped[str | None]
    estimated_completion: Mapped[datetime | None]
    result: Mapped[Json] = mapped_column(default=dict)  # samples_per_second, peak_memory_bytes …
    error_code: Mapped[str | None]
    error_message: Mapped[str | None]
    error_fix: Mapped[str | None]  # what would help
    repairs: Mapped[JsonList] = mapped_column(default=list, server_default="[]")  # of what failed and why
    provenance: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # code, packages, kernels …
    cost: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # of all attempts together
    retry_of: Mapped[UUID | None] = mapped_column(ForeignKey("training_jobs.id"))
    created_at: Mapped[datetime]
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]


class Attempt(Table):
    """One claim of a job by one worker; never changed after its end."""

    __tablename__ = "job_attempts"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id"), primary_key=True)
    fence: Mapped[int] = mapped_column(primary_key=True)
    attempt: Mapped[int]
    worker: Mapped[str]
    device: Mapped[str | None]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]
    cost: Mapped[Json] = mapped_column(default=dict, server_default="{}")


class JobMetric(Table):
    """One row of a job's live figures: loss, learning rate, tokens a second, memory."""

    __tablename__ = "job_metrics"
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id"), primary_key=True)
    fence: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    values: Mapped[Json]


class Trial(Table):
    """One trial of a hyperparameter search."""

    __tablename__ = "trials"
    __table_args__ = (
        UniqueConstraint("job_id", "number"),
        one_of("ended", ("complete", "pruned", "failed", "cancelled")),
    )
    id: Mapped[UUID] = fresh_id()
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id"))
    number: Mapped[int]
    parameters: Mapped[Json]
    objective: Mapped[float | None]
    pruned_at: Mapped[int | None]  # the stage after which others did better
    ended: Mapped[str | None]  # None while it runs
    scores: Mapped[JsonList] = mapped_column(default=list)  # after each stage
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class GpuLease(Table):
    """One GPU, or one lane of cores, of one host, and the job that it was granted to last.

    It is that job's as long as the job is held under `fence`, and free from then on: nobody frees it.
    """

    __tablename__ = "gpu_leases"
    __table_args__ = (one_of("kind", ("gpu", "cores")),)
    device: Mapped[str] = mapped_column(primary_key=True)  # "host/gpu-0"
    host: Mapped[str]
    kind: Mapped[str]
    memory_bytes: Mapped[int | None]
    job_id: Mapped[UUID | None] = mapped_column(ForeignKey("training_jobs.id"))
    fence: Mapped[int]
    worker: Mapped[str | None]


class ModelVersion(Table):
    """Weights that one job produced: bytes and origin never change, the state moves by `move()`."""

    __tablename__ = "model_versions"
    __table_args__ = (
        one_of("state", VersionState),
        UniqueConstraint("model_type", "number"),
        Index(None, "dataset_version_id"),
        Index("one_live_version", "model_type", unique=True, postgresql_where=text("state = 'live'")),
        Index("one_standby", "model_type", unique=True, postgresql_where=text("state = 'standby'")),
        Index(
            "one_challenger", "model_type", unique=True, postgresql_where=text(f"state IN ({_CHALLENGERS})")
        ),
        ForeignKeyConstraint(["job_id", "fence"], ["job_attempts.job_id", "job_attempts.fence"]),
    )
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)  # "diagnosis-3", the `model_version` of the API
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    number: Mapped[int]
    state: Mapped[VersionState] = mapped_column(StateText(VersionState), default=VersionState.TRAINED)
    state_since: Mapped[datetime]
    job_id: Mapped[UUID] = mapped_column(ForeignKey("training_jobs.id"), unique=True)
    fence: Mapped[int]
    dataset_version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    base: Mapped[str]
    base_digest: Mapped[str]
    digest: Mapped[str] = mapped_column(index=True)  # of all adapter files; also their folder in the store
    artifact_key: Mapped[str]
    labels: Mapped[JsonList]
    fingerprint: Mapped[str]  # hash of the answers to fixed probes, recorded at training
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_versions.id"))
    tainted: Mapped[JsonList] = mapped_column(default=list)  # reasons; empty means clean
    blocked: Mapped[bool] = mapped_column(default=False)
    settled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class ModelPerformance(Table):
    """What one evaluation measured of one version; every metric carries n and an interval."""

    __tablename__ = "model_performance"
    __table_args__ = (
        one_of("purpose", ("gate", "audit", "live", "training")),
        CheckConstraint("n > 0", name="measured"),
        Index(None, "model_version", "created_at"),
    )
    id: Mapped[UUID] = fresh_id()
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"))
    model_version: Mapped[str]
    model_type: Mapped[str]
    dataset_version_id: Mapped[UUID] = mapped_column(ForeignKey("dataset_versions.id"))
    purpose: Mapped[str]
    n: Mapped[int]
    accuracy: Mapped[float]  # shares, macro averages
    precision: Mapped[float]
    recall: Mapped[float]
    f1_score: Mapped[float]
    dice_score: Mapped[float | None]
    iou_score: Mapped[float | None]
    intervals: Mapped[Json]  # {"accuracy": [low, high], …}, 95 %
    per_class: Mapped[Json]
    subgroups: Mapped[Json]
    calibration_error: Mapped[float | None]
    latency_ms: Mapped[float | None]
    created_at: Mapped[datetime]


class GateDecision(Table):
    """The gate's verdict per rule with the inputs it read; recomputing it gives the same bytes."""

    __tablename__ = "gate_decisions"
    __table_args__ = (one_of("verdict", ("pass", "fail", "inconclusive")),)
    id: Mapped[UUID] = fresh_id()
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"), index=True)
    digest: Mapped[str]  # the exact bytes that were judged
    against_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_versions.id"))
    policy_version: Mapped[int]
    verdict: Mapped[str]
    rules: Mapped[JsonList]  # [{"rule", "value", "bound", "n", "verdict", "why"}]
    inputs: Mapped[Json]
    inputs_sha256: Mapped[str]
    created_at: Mapped[datetime]

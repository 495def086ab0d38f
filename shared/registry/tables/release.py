"""Who serves whom: plans, predictions, what became of them, decisions and their evidence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.registry.tables.base import Json, JsonList, Table, fresh_id, one_of


class PolicyVersion(Table):
    """One version of the site's thresholds (`shared.domain.policy.Policy` as JSON)."""

    __tablename__ = "policies"
    version: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    body: Mapped[Json]
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class PolicyProposal(Table):
    """A policy that somebody asks for; the approval about it says what became of it. Append-only."""

    __tablename__ = "policy_proposals"
    id: Mapped[UUID] = fresh_id()
    base_version: Mapped[int] = mapped_column(ForeignKey("policies.version"))
    body: Mapped[Json]
    changes: Mapped[Json]  # {"field": [before, after]}
    reason: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class Approval(Table):
    """A second person's yes or no; the checker is never the maker."""

    __tablename__ = "approvals"
    __table_args__ = (
        CheckConstraint("checker IS NULL OR checker <> maker", name="two_people"),
        one_of("state", ("asked", "approved", "refused")),
    )
    id: Mapped[UUID] = fresh_id()
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    maker: Mapped[str]
    checker: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str]
    created_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]


class TrafficPlan(Table):
    """Who answers, from this number on. Append-only: a rollback is a new plan, history is what was live."""

    __tablename__ = "traffic_plans"
    __table_args__ = (
        UniqueConstraint("model_type", "number"),
        CheckConstraint("share BETWEEN 0 AND 1", name="share"),
        CheckConstraint("share = 0 OR challenger_id IS NOT NULL", name="share_needs_challenger"),
        CheckConstraint("challenger_id IS NULL OR challenger_id <> champion_id", name="two_versions"),
    )
    id: Mapped[UUID] = fresh_id()
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    number: Mapped[int]  # rises by one; the unique key is the compare-and-set
    champion_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"))
    challenger_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_versions.id"))
    standby_id: Mapped[UUID | None] = mapped_column(ForeignKey("model_versions.id"))
    share: Mapped[float]  # of persons, to the challenger
    shadow: Mapped[bool]  # whether the silent one (challenger or standby) scores every case too
    salt: Mapped[str]  # of the assignment; one for the life of a challenge
    reason: Mapped[str]
    actor: Mapped[str]
    effective_at: Mapped[datetime]


class Deployment(Table):
    """One challenge: how far a version got and why it ended."""

    __tablename__ = "deployments"
    id: Mapped[UUID] = fresh_id()
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"), index=True)
    strategy: Mapped[str]
    stages: Mapped[JsonList] = mapped_column(default=list)  # [{"state", "at", "plan"}]
    requested_by: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_why: Mapped[str | None]


class EvidenceRecord(Table):
    """One transition or refusal in change-control form, chained by hash, never changed."""

    __tablename__ = "evidence_records"
    seq: Mapped[int] = mapped_column(
        BigInteger, primary_key=True, autoincrement=False
    )  # 1, 2, 3 … without gaps
    previous_hash: Mapped[str]
    hash: Mapped[str]
    model_type: Mapped[str] = mapped_column(index=True)
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"))
    transition: Mapped[str]  # "shadow>canary_5", "held", "refused"
    actor: Mapped[str]
    body: Mapped[Json]
    at: Mapped[datetime]


class Prediction(Table):
    """One answer that was given, with the bytes that gave it and the share in force at that moment."""

    __tablename__ = "predictions"
    __table_args__ = (
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_share"),
        one_of("slot", ("champion", "challenger")),
        Index(None, "model_type", "seq"),
        Index(None, "model_type", "plan_number"),
        Index("ix_predictions_audited", "id", postgresql_where=text("in_audit")),
        # They come by time: a few bytes for many pages find those of some days.
        Index(None, "at", postgresql_using="brin", postgresql_with={"pages_per_range": 32}),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    model_type: Mapped[str]
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"))
    digest: Mapped[str]
    plan_number: Mapped[int]
    slot: Mapped[str]
    share: Mapped[float]
    bucket: Mapped[int]  # 0 to 9999
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    encounter: Mapped[bytes]  # keyed hash of the caller's opaque id
    label: Mapped[str]
    confidence: Mapped[float]
    top: Mapped[JsonList]
    abstain: Mapped[bool]
    subgroup: Mapped[Json]
    audit_probability: Mapped[float]
    in_audit: Mapped[bool]
    latency_ms: Mapped[float]
    at: Mapped[datetime]


class PredictionInput(Table):
    """The sealed input of a prediction, kept until it expires for shadow scoring, reading, replay."""

    __tablename__ = "prediction_inputs"
    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id"), primary_key=True)
    sealed: Mapped[bytes]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    cleaned: Mapped[bytes | None]  # sealed, without identifiers, for whoever reads it blind; NULL until then


class SilentScore(Table):
    """What the version that did not answer would have said: shadow before promotion, reverse after."""

    __tablename__ = "silent_scores"
    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id"), primary_key=True)
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    label: Mapped[str | None]
    confidence: Mapped[float | None]
    error: Mapped[str | None]
    at: Mapped[datetime]


class Outcome(Table):
    """A validated answer to a prediction, as it arrived; a correction is a further row."""

    __tablename__ = "outcomes"
    __table_args__ = (
        one_of("kind", ("feedback", "reading", "audit")),
        UniqueConstraint("prediction_id", "validated_by", "validated_at", "label", "kind"),
    )
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id"), index=True)
    kind: Mapped[str]
    label: Mapped[str]
    blind: Mapped[bool]
    validated_by: Mapped[str]
    validated_at: Mapped[datetime]
    received_at: Mapped[datetime]


class MaskFeedback(Table):
    """The right mask of a predicted picture, sealed, as a clinician drew it; it goes with the picture."""

    __tablename__ = "mask_feedback"
    __table_args__ = (UniqueConstraint("prediction_id", "validated_by", "validated_at"),)
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id"))
    label: Mapped[str]
    sealed: Mapped[bytes]
    blind: Mapped[bool]
    validated_by: Mapped[str]
    validated_at: Mapped[datetime]
    received_at: Mapped[datetime]


class Reading(Table):
    """A case put before a clinician on purpose: a disagreement, an audit draw or a hard case, read blind."""

    __tablename__ = "readings"
    __table_args__ = (
        one_of("kind", ("disagreement", "audit", "hard")),
        UniqueConstraint("prediction_id", "kind"),
        Index(None, "model_type", "answered_at"),
    )
    id: Mapped[UUID] = fresh_id()
    model_type: Mapped[str]
    prediction_id: Mapped[UUID] = mapped_column(ForeignKey("predictions.id"))
    kind: Mapped[str]
    options: Mapped[JsonList]  # the labels offered, in random order, unnamed
    sampling_rate: Mapped[float]
    asked_at: Mapped[datetime]
    wanted_of: Mapped[str | None]  # whose list a hard case stands on
    why: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # what made it worth a look
    answered_at: Mapped[datetime | None]
    answer: Mapped[str | None]
    reader: Mapped[str | None]


class ReleaseDecision(Table):
    """One step of the decision engine: the exact message in and the exact answer out."""

    __tablename__ = "release_decisions"
    __table_args__ = (UniqueConstraint("run", "step"),)
    id: Mapped[UUID] = fresh_id()
    run: Mapped[str]  # one challenge or one reverse shadow: the model version it watches and its purpose
    step: Mapped[int]  # 0 is the start message
    model_type: Mapped[str]
    model_version_id: Mapped[UUID] = mapped_column(ForeignKey("model_versions.id"), index=True)
    policy_version: Mapped[int]
    message: Mapped[str]
    answer: Mapped[str]
    action: Mapped[str]
    cursors: Mapped[Json]  # the highest prediction, score and outcome seq consumed
    at: Mapped[datetime]

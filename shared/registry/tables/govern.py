"""Keys, audit, events, the outbox and the site's switches."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from shared.registry.tables.base import Json, JsonList, Table, fresh_id, one_of

_OF_JOBS = text("kind LIKE 'training_jobs.%'")
_RECOVERIES = text("kind = 'lease.lost' OR kind LIKE 'recovery.%'")


class ApiKey(Table):
    """A key as SHA-256 of its 256 random bits; the key itself is shown once and never stored."""

    __tablename__ = "api_keys"
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[bytes]
    roles: Mapped[JsonList]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class AuditEvent(Table):
    """Who did what to which record, in the transaction that did it. Append-only."""

    __tablename__ = "audit_events"
    __table_args__ = (Index(None, "subject_kind", "subject_id"), Index(None, "at"), Index(None, "txn"))
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    actor: Mapped[str]
    act: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    details: Mapped[Json]  # ids, states and numbers; never patient data
    txn: Mapped[int] = mapped_column(
        server_default=text("pg_current_xact_id()::text::bigint")
    )  # who wrote it


class AuditSeal(Table):
    """The place of a committed event in the chain, and the hash over it and all before it. Append-only."""

    __tablename__ = "audit_seals"
    __table_args__ = (Index(None, "sealed_at"),)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(unique=True)  # no foreign key: an event that is gone must be noticed
    hash: Mapped[bytes]
    sealed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuditCheckpoint(Table):
    """The chain as it stood, signed; the same stands in the artifact store. Append-only."""

    __tablename__ = "audit_checkpoints"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    body: Mapped[Json]


class SealOrder(Table):
    """A sealing that somebody asked for, and what became of it."""

    __tablename__ = "seal_orders"
    __table_args__ = (
        one_of("state", ("queued", "completed", "failed")),
        Index("ix_seal_orders_open", "model_type", unique=True, postgresql_where=text("state = 'queued'")),
    )
    id: Mapped[UUID] = fresh_id()
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    state: Mapped[str]
    asked_by: Mapped[str]
    dataset_version_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset_versions.id"))
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Event(Table):
    """What happened, for the dashboard's stream and the history checker. Append-only, pruned by age."""

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_recoveries", "seq", postgresql_where=_RECOVERIES),
        Index("ix_events_of_jobs", "subject", "seq", postgresql_where=_OF_JOBS),
    )
    seq: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    subject: Mapped[str]
    data: Mapped[Json]


class Outbox(Table):
    """Doorbells to be rung: written with the row they announce, pushed by the relay, then deleted.

    One waiting ring for each task and subject: a second is the same ring.
    """

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("task", "subject"),)
    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    task: Mapped[str]
    subject: Mapped[UUID]


class IdempotencyKey(Table):
    """The answer that a POST was given, by caller, route and key; a repeat gets the same bytes."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (PrimaryKeyConstraint("actor", "route", "key"), Index(None, "created_at"))
    actor: Mapped[str]
    route: Mapped[str]
    key: Mapped[str]
    request_sha256: Mapped[bytes]
    status: Mapped[int | None]  # NULL while the first call is still running
    response: Mapped[bytes | None]
    created_at: Mapped[datetime]


class SiteSwitch(Table):
    """A switch of the whole site, such as `paused`."""

    __tablename__ = "site_switches"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Json]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class Part(Table):
    """A process of the stack as it last said of itself: one row an incarnation, kept fresh by a heartbeat."""

    __tablename__ = "parts"
    incarnation: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]  # worker-train, relay, beat, …
    host: Mapped[str]
    pid: Mapped[int]
    state: Mapped[Json]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]  # real time also under a simulated clock

"""What trust is made of beside the case: why it waits, who reads it again, what repeats itself."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.registry.tables.base import Json, Table, fresh_id, one_of

FINDING_KINDS = ("burst_signing", "copied_text")


class Testimony(Table):
    """What a waiting case was judged by, sealed, so that it can be judged again; gone once it is decided."""

    __tablename__ = "testimonies"
    __table_args__ = (
        Index("ix_testimonies_stale", "case_id", postgresql_where=text("stale")),
        Index(None, "model_type", "words"),
        Index(None, "signature"),
    )
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), primary_key=True)
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    words: Mapped[bytes | None]  # keyed hash of a diagnosis that no label has
    signature: Mapped[bytes | None]  # keyed hash of the name that signed
    stale: Mapped[bool] = mapped_column(default=False, server_default="false")
    sealed: Mapped[bytes]
    created_at: Mapped[datetime]


class SecondRead(Table):
    """A case put before a second reader, who does not see what the first one said; a third settles it."""

    __tablename__ = "second_reads"
    __table_args__ = (
        Index("uq_second_reads_open", "case_id", unique=True, postgresql_where=text("settled_at IS NULL")),
        Index(None, "model_type", "answered_at"),
    )
    id: Mapped[UUID] = fresh_id()
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), index=True)
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    why: Mapped[str]  # policy, request
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    first_label: Mapped[str]
    first_reader: Mapped[str | None]
    second_label: Mapped[str | None]
    second_reader: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    settled_label: Mapped[str | None]
    settled_by: Mapped[str | None]
    settled_at: Mapped[datetime | None]


class ValidatorFinding(Table):
    """A reason to look again at what one clinician signed, with the numbers that make it one."""

    __tablename__ = "validator_findings"
    __table_args__ = (
        one_of("kind", FINDING_KINDS),
        UniqueConstraint("validator_id", "model_type", "kind", "mark"),
    )
    id: Mapped[UUID] = fresh_id()
    validator_id: Mapped[UUID] = mapped_column(ForeignKey("validators.id"), index=True)
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    kind: Mapped[str]
    mark: Mapped[str]  # the start of the burst, or the name of the text
    n: Mapped[int]
    details: Mapped[Json] = mapped_column(default=dict)  # what was seen, expected, how unlikely
    found_at: Mapped[datetime]


class DuplicateBand(Table):
    """Where the first text of a cluster is found: one group of its min-hashes. Many rows, no foreign key."""

    __tablename__ = "duplicate_bands"
    model_type: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(primary_key=True)
    case_id: Mapped[UUID] = mapped_column(primary_key=True)

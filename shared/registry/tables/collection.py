"""Sources, persons and cases: everything between the clinic's rows and a training set."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.domain.cycle import CaseState, ChunkState, RunState
from shared.registry.tables.base import Json, JsonList, Leased, StateText, Table, fresh_id, one_of

SOURCE_KINDS = ("sql", "fhir", "dicom", "folder", "push", "feedback")
SPLITS = ("training", "evaluation")
_TOLD_OF_CASES = ["id", "person_id", "source_id", "data_quality_score", "is_anonymized", "used_in_training"]


class Source(Table):
    """Where cases come from. The address is sealed: it may hold a password."""

    __tablename__ = "sources"
    __table_args__ = (one_of("kind", SOURCE_KINDS),)
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    address_sealed: Mapped[bytes]
    mapping: Mapped[str]  # TOML
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    watermark: Mapped[Json] = mapped_column(default=dict)
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class CollectionRun(Leased, Table):
    """One collection of one source, recorded also when nothing came."""

    __tablename__ = "collection_runs"
    __table_args__ = (one_of("state", RunState), Index(None, "created_at"))
    id: Mapped[UUID] = fresh_id()
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    state: Mapped[RunState] = mapped_column(StateText(RunState), default=RunState.QUEUED)
    wish: Mapped[Json] = mapped_column(default=dict)  # limit, min_confidence, start_date, end_date, dry_run
    counts: Mapped[Json] = mapped_column(
        default=dict
    )  # collected, duplicates, refused{}, review{}, quarantined
    triggered_by: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    error: Mapped[str | None]


class CollectionChunk(Leased, Table):
    """A part of a large run that any worker may take: rows that were sorted, sealed until they are cases."""

    __tablename__ = "collection_chunks"
    __table_args__ = (one_of("state", ChunkState), UniqueConstraint("run_id", "number"))
    id: Mapped[UUID] = fresh_id()
    run_id: Mapped[UUID] = mapped_column(ForeignKey("collection_runs.id"))
    number: Mapped[int]
    rows: Mapped[int]
    sealed: Mapped[bytes | None]  # purpose "chunk"; None once they are stored
    state: Mapped[ChunkState] = mapped_column(StateText(ChunkState), default=ChunkState.QUEUED)
    counts: Mapped[Json] = mapped_column(default=dict)  # as in collection_runs
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SourceRecord(Table):
    """What was seen of one row of a source: its key and content hash, never its content."""

    __tablename__ = "source_records"
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    natural_key: Mapped[str] = mapped_column(primary_key=True)
    content_hash: Mapped[str]
    outcome: Mapped[str]  # collected, review, refused, quarantined, duplicate
    reason: Mapped[str | None]
    case_id: Mapped[UUID | None] = mapped_column(ForeignKey("validated_cases.id"))
    seen_at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]
    changed_at: Mapped[datetime | None]  # the source's own time of the row, where it says one


class SourceResource(Table):
    """What later rows of a source refer to (patient, encounter, note), sealed: an export names it only once.

    `generation` is the loading at which it, or what it refers to, changed; `gone` says the source deleted it.
    """

    __tablename__ = "source_resources"
    __table_args__ = (
        Index(None, "source_id", "kind", "generation"),
        Index(None, "source_id", "about"),
        Index(None, "source_id", "patient"),
    )
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(primary_key=True)  # keyed hash of "Type/id"
    kind: Mapped[str]
    natural_key: Mapped[str | None]  # of what becomes a case, as in source_records
    about: Mapped[bytes | None]  # lookup of the encounter
    patient: Mapped[bytes | None]  # lookup of the patient
    version: Mapped[int]
    updated_at: Mapped[datetime]
    digest: Mapped[bytes]  # keyed hash of the content
    generation: Mapped[int]
    gone: Mapped[bool] = mapped_column(default=False, server_default="false")
    sealed: Mapped[bytes | None]  # None once it is gone


class Person(Table):
    """A patient under a random key; the side of the split is a keyed hash of it and holds for life."""

    __tablename__ = "persons"
    __table_args__ = (one_of("split", SPLITS),)
    id: Mapped[UUID] = fresh_id()
    key: Mapped[str] = mapped_column(unique=True)  # random, never derived from the record
    split: Mapped[str]
    trained: Mapped[bool] = mapped_column(default=False, server_default="false")  # learnt from in any version
    merged_into: Mapped[UUID | None] = mapped_column(ForeignKey("persons.id"))
    subgroup: Mapped[Json] = mapped_column(default=dict)  # bands only: age_band, sex, site
    created_at: Mapped[datetime]


class PersonIdentity(Table):
    """Which natural identity is which person; `lookup` is keyed with the site secret and stays here."""

    __tablename__ = "person_identities"
    lookup: Mapped[bytes] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    kind: Mapped[str]
    created_at: Mapped[datetime]


class PersonLink(Table):
    """Why two persons are taken for one."""

    __tablename__ = "person_links"
    id: Mapped[UUID] = fresh_id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"))
    other_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"))
    reason: Mapped[str]
    score: Mapped[float]
    decided_by: Mapped[str]
    created_at: Mapped[datetime]


class Consent(Table):
    """Whether a person's cases may be learnt from; no row means the site's default."""

    __tablename__ = "consents"
    __table_args__ = (one_of("state", ("given", "withdrawn")),)
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]
    since: Mapped[datetime]
    evidence: Mapped[str | None]


class Validator(Table):
    """A clinician whose diagnoses may become labels; the name stands here and nowhere else."""

    __tablename__ = "validators"
    id: Mapped[UUID] = fresh_id()
    name: Mapped[str] = mapped_column(unique=True)
    aliases: Mapped[JsonList] = mapped_column(default=list)  # ids, e-mail addresses, spellings
    role: Mapped[str]
    qualified: Mapped[bool]
    active: Mapped[bool]
    source_id: Mapped[UUID | None] = mapped_column(ForeignKey("sources.id"))
    created_at: Mapped[datetime]


class ValidatedCase(Table):
    """One case: de-identified, sealed input and its label. An edited source row makes the next `version`."""

    __tablename__ = "validated_cases"
    __table_args__ = (
        UniqueConstraint("source_id", "source_record", "version"),
        CheckConstraint("confidence BETWEEN 0 AND 1", name="confidence_share"),
        CheckConstraint("state <> 'validated' OR diagnosis IS NOT NULL", name="validated_has_label"),
        one_of("state", CaseState),
        # Beside the row, which holds a sealed text: what counts over the whole site ask of a case.
        Index("ix_validated_cases_standing", "model_type", "state", postgresql_include=_TOLD_OF_CASES),
        Index(None, "created_at", "id"),
        Index(None, "validated_by", "validated_at"),
    )
    id: Mapped[UUID] = fresh_id()
    source_id: Mapped[UUID] = mapped_column(ForeignKey("sources.id"))
    source_record: Mapped[str]
    version: Mapped[int] = mapped_column(default=1)
    superseded_by: Mapped[UUID | None] = mapped_column(ForeignKey("validated_cases.id"))
    run_id: Mapped[UUID] = mapped_column(ForeignKey("collection_runs.id"), index=True)
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"))
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"), index=True)
    state: Mapped[CaseState] = mapped_column(StateText(CaseState), default=CaseState.DISCOVERED)
    review_reasons: Mapped[JsonList] = mapped_column(default=list)
    input_sealed: Mapped[bytes | None]  # de-identified text, purpose "case"
    media: Mapped[Json] = mapped_column(default=dict)  # storage keys of image and mask
    content_hash: Mapped[str] = mapped_column(index=True)  # of the de-identified input and label
    diagnosis: Mapped[str | None]  # normalised to the label space
    icd_code: Mapped[str | None]
    confidence: Mapped[float | None]  # share 0 to 1; NULL when none is known
    validated_by: Mapped[UUID | None] = mapped_column(ForeignKey("validators.id"))
    validated_at: Mapped[datetime | None]
    trust_rule: Mapped[str | None]  # which rule of the trust table let it in or held it
    curated: Mapped[bool] = mapped_column(default=False)
    subgroup: Mapped[Json] = mapped_column(default=dict)
    details: Mapped[Json] = mapped_column(default=dict)  # de-identified structured fields of the origin
    data_quality_score: Mapped[int | None]
    completeness_score: Mapped[int | None]
    is_anonymized: Mapped[bool] = mapped_column(default=False)
    anonymization_date: Mapped[date | None] = mapped_column(Date)
    used_in_training: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Validation(Table):
    """One clinician's word on a case or prediction; many may stand beside each other."""

    __tablename__ = "validations"
    __table_args__ = (one_of("kind", ("confirm", "amend", "reject", "second_read", "adjudicate")),)
    id: Mapped[UUID] = fresh_id()
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), index=True)
    validator: Mapped[str]
    kind: Mapped[str]
    diagnosis: Mapped[str | None]
    saw_model_answer: Mapped[bool]
    seconds_spent: Mapped[int | None]
    at: Mapped[datetime]


class DeidReport(Table):
    """What was removed, by class and count; a case without a passing report is a member of nothing."""

    __tablename__ = "deid_reports"
    __table_args__ = (one_of("verdict", ("pass", "quarantine")),)
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), primary_key=True)
    engine: Mapped[str] = mapped_column(index=True)
    policy: Mapped[str]
    spans: Mapped[Json]  # counts by label, no text
    verdict: Mapped[str]
    reasons: Mapped[JsonList] = mapped_column(default=list)
    # spans [[start, end, label]] in the source's text, doubts [[start, end, rule]] in the case's, run: salted
    details: Mapped[Json] = mapped_column(default=dict, server_default="{}")
    created_at: Mapped[datetime]


class QualityReport(Table):
    """The checks of one case with their reasons; near duplicates share a cluster, named by its first case."""

    __tablename__ = "quality_reports"
    __table_args__ = (
        Index(
            "ix_quality_reports_unclustered",
            "case_id",
            postgresql_where=text("cluster IS NULL AND signature IS NOT NULL"),
        ),
    )
    case_id: Mapped[UUID] = mapped_column(ForeignKey("validated_cases.id"), primary_key=True)
    score: Mapped[int]
    completeness: Mapped[int]
    checks: Mapped[Json]
    duplicate_of: Mapped[UUID | None] = mapped_column(ForeignKey("validated_cases.id"))  # another person's
    signature: Mapped[bytes | None]  # min-hashes of the text
    same_text: Mapped[bytes | None] = mapped_column(index=True)  # the text but for case and punctuation
    cluster: Mapped[UUID | None] = mapped_column(index=True)
    likeness: Mapped[float | None]  # to the first case of the cluster, 0 to 1
    created_at: Mapped[datetime]


class Label(Table):
    """One word of a model type's label space, kept by the site."""

    __tablename__ = "labels"
    model_type: Mapped[str] = mapped_column(ForeignKey("model_types.name"), primary_key=True)
    label: Mapped[str] = mapped_column(primary_key=True)
    codes: Mapped[JsonList] = mapped_column(default=list)
    aliases: Mapped[JsonList] = mapped_column(default=list)
    must_not_miss: Mapped[bool] = mapped_column(default=False)
    languages: Mapped[Json] = mapped_column(default=dict, server_default="{}")  # of aliases: {"Gicht": "de"}
    created_at: Mapped[datetime]


class Withdrawal(Table):
    """Cases taken back or put right, and how far they had reached; never rewritten."""

    __tablename__ = "withdrawals"
    __table_args__ = (Index(None, "created_at", "id"),)
    id: Mapped[UUID] = fresh_id()
    person_id: Mapped[UUID] = mapped_column(ForeignKey("persons.id"))
    cause: Mapped[str]
    reached: Mapped[Json]  # how many cases; the datasets, jobs and models that used them
    requested_by: Mapped[str]
    created_at: Mapped[datetime]

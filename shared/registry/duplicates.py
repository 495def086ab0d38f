"""Clusters of near duplicates: the first text of each is found by its groups of min-hashes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Text, Uuid, cast, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT, distinct_on
from sqlalchemy.orm import Session

from shared.registry import bulk
from shared.registry.tables import DuplicateBand, QualityReport, ValidatedCase

# One text a column: thousands of single parameters would be parsed one by one.
_SETTLE = text(
    "UPDATE quality_reports q SET cluster = v.cluster, duplicate_of = v.duplicate_of, likeness = v.likeness "
    "FROM unnest(cast(cast(:ids AS text) AS uuid[]), cast(cast(:clusters AS text) AS uuid[]), "
    "cast(cast(:others AS text) AS uuid[]), cast(cast(:alike AS text) AS float8[])) "
    "AS v(case_id, cluster, duplicate_of, likeness) WHERE q.case_id = v.case_id"
)


@dataclass(frozen=True)
class Fresh:
    """A case whose text belongs to no cluster yet."""

    case_id: UUID
    person_id: UUID
    signature: bytes
    same_text: bytes | None
    sealed: bytes | None


@dataclass(frozen=True)
class Leader:
    """The first text of a cluster."""

    case_id: UUID
    person_id: UUID
    signature: bytes
    sealed: bytes | None


@dataclass(frozen=True)
class Placed:
    """Where a case belongs: its cluster, whose text it repeats where that is another person's, how much."""

    case_id: UUID
    cluster: UUID
    duplicate_of: UUID | None
    likeness: float


def lock(session: Session, model_type: str) -> None:
    """One at a time for a model type, until the transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"duplicates:{model_type}"))))


def fresh(session: Session, model_type: str, limit: int) -> list[Fresh]:
    """Cases without a cluster, in the order of their ids."""
    waits = QualityReport.cluster.is_(None) & QualityReport.signature.is_not(None)
    rows = session.execute(
        select(
            ValidatedCase.id,
            ValidatedCase.person_id,
            QualityReport.signature,
            QualityReport.same_text,
            ValidatedCase.input_sealed,
        )
        .join(ValidatedCase, ValidatedCase.id == QualityReport.case_id)
        .where(waits, ValidatedCase.model_type == model_type)
        .order_by(QualityReport.case_id)
        .limit(limit)
    )
    return [
        Fresh(case_id, person_id, mark, same, sealed)
        for case_id, person_id, mark, same, sealed in rows
        if mark is not None
    ]


def by_text(session: Session, model_type: str, names: Collection[bytes]) -> dict[bytes, tuple[UUID, UUID]]:
    """The clusters of texts that are known word for word, with one person who has each."""
    rows = session.execute(
        select(QualityReport.same_text, QualityReport.cluster, ValidatedCase.person_id)
        .join(ValidatedCase, ValidatedCase.id == QualityReport.case_id)
        .where(QualityReport.same_text.in_(names), QualityReport.cluster.is_not(None))
        .where(ValidatedCase.model_type == model_type)
        .order_by(QualityReport.same_text, QualityReport.case_id)
        .ext(distinct_on(QualityReport.same_text))
    )
    return {
        name: (cluster, person) for name, cluster, person in rows if name is not None and cluster is not None
    }


def candidates(session: Session, model_type: str, groups: Collection[int]) -> dict[int, list[Leader]]:
    """The leaders that stand under each group number; no more are put under one than `lead` was given."""
    numbers = func.unnest(cast(cast(_array(groups), Text), ARRAY(BIGINT)))
    wanted = numbers.table_valued("value", name="wanted").render_derived()
    rows = session.execute(
        select(DuplicateBand.value, DuplicateBand.case_id)
        .join(wanted, wanted.c.value == DuplicateBand.value)
        .where(DuplicateBand.model_type == model_type)
    ).all()
    leaders = _leaders(session, {row.case_id for row in rows})
    found: dict[int, list[Leader]] = {}
    for value, case_id in rows:
        found.setdefault(value, []).append(leaders[case_id])
    return found


def _leaders(session: Session, case_ids: Collection[UUID]) -> dict[UUID, Leader]:
    numbers = func.unnest(cast(cast(_array(case_ids), Text), ARRAY(Uuid())))
    wanted = numbers.table_valued("case_id", name="wanted").render_derived()
    rows = session.execute(
        select(ValidatedCase.id, ValidatedCase.person_id, QualityReport.signature, ValidatedCase.input_sealed)
        .join(QualityReport, QualityReport.case_id == ValidatedCase.id)
        .join(wanted, wanted.c.case_id == ValidatedCase.id)
    )
    return {
        case_id: Leader(case_id, person, mark, sealed)
        for case_id, person, mark, sealed in rows
        if mark is not None
    }


def settle(session: Session, placed: Sequence[Placed]) -> None:
    """Write down where cases belong."""
    columns: dict[str, list[object]] = {
        "ids": [one.case_id for one in placed],
        "clusters": [one.cluster for one in placed],
        "others": [one.duplicate_of for one in placed],
        "alike": [one.likeness for one in placed],
    }
    session.execute(_SETTLE, {name: _array(values) for name, values in columns.items()})


def _array(values: Iterable[object]) -> str:
    """The text form of an array."""
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"


def lead(session: Session, model_type: str, leaders: Mapping[UUID, Collection[int]]) -> None:
    """Let first texts be found by their groups."""
    rows: list[dict[str, Any]] = [
        {"model_type": model_type, "value": value, "case_id": case_id}
        for case_id, groups in leaders.items()
        for value in sorted(groups)
    ]
    bulk.copy(session, DuplicateBand, rows)

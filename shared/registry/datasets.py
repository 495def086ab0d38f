"""Sealed dataset versions: their members, the examples they hold, what two of them differ in."""

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from shared.domain.cycle import CaseState
from shared.domain.example import Example
from shared.errors import InvalidInputError, NotFoundError
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import (
    Consent,
    DatasetMember,
    DatasetVersion,
    DeidReport,
    EvaluationSet,
    Person,
    ValidatedCase,
)
from shared.vault import Vault

FORMATS = ("jsonl", "chat")


@dataclass(frozen=True)
class Eligible:
    """A case that may be a member now."""

    case_id: UUID
    person_id: UUID
    split: str
    label: str
    content_hash: str
    validator_id: UUID | None
    curated: bool


def named(session: Session, name: str) -> DatasetVersion:
    """The dataset version of that name, or of that id.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(DatasetVersion).where(DatasetVersion.name == name))
    if row is None:
        raise NotFoundError(
            f"there is no dataset version {name}", field="dataset_version", fix="rounds dataset list"
        )
    return row


def newest(session: Session, model_type: str) -> DatasetVersion | None:
    """The last version that was sealed for a model type."""
    mine = select(DatasetVersion).where(DatasetVersion.model_type == model_type)
    return session.scalar(mine.order_by(DatasetVersion.number.desc()).limit(1))


def every(session: Session, model_type: str | None = None) -> list[DatasetVersion]:
    """Versions, newest first."""
    query = select(DatasetVersion).order_by(DatasetVersion.sealed_at.desc(), DatasetVersion.number.desc())
    return list(
        session.scalars(query if model_type is None else query.where(DatasetVersion.model_type == model_type))
    )


def may_be_member() -> ColumnElement[bool]:
    """The condition on a case: validated, de-identified with a passing report, consent not taken back."""
    passed = exists().where(DeidReport.case_id == ValidatedCase.id, DeidReport.verdict == "pass")
    gone = exists().where(Consent.person_id == ValidatedCase.person_id, Consent.state == "withdrawn")
    return (ValidatedCase.state == CaseState.VALIDATED) & passed & ~gone


def eligible(session: Session, model_type: str) -> list[Eligible]:
    """Every case that may be a member of the next version, in the order of its id."""
    rows = session.execute(
        select(
            ValidatedCase.id,
            ValidatedCase.person_id,
            Person.split,
            ValidatedCase.diagnosis,
            ValidatedCase.content_hash,
            ValidatedCase.validated_by,
            ValidatedCase.curated,
        )
        .join(Person, Person.id == ValidatedCase.person_id)
        .where(ValidatedCase.model_type == model_type, may_be_member())
        .order_by(ValidatedCase.id)
    )
    return [
        Eligible(case_id, person_id, split, label or "", content, validator, curated)
        for case_id, person_id, split, label, content, validator, curated in rows
    ]


def members(session: Session, version_id: UUID) -> list[DatasetMember]:
    """The members of a version, in the order of the case id."""
    mine = select(DatasetMember).where(DatasetMember.dataset_version_id == version_id)
    return list(session.scalars(mine.order_by(DatasetMember.case_id)))


def sealed_texts(session: Session, dataset_version_id: UUID, split: str) -> list[tuple[UUID, bytes]]:
    """The encrypted inputs of one side of a version, in the order of the case id."""
    rows = session.execute(
        select(DatasetMember.case_id, ValidatedCase.input_sealed)
        .join(ValidatedCase, ValidatedCase.id == DatasetMember.case_id)
        .where(DatasetMember.dataset_version_id == dataset_version_id, DatasetMember.split == split)
        .order_by(DatasetMember.case_id)
    )
    return [(row.case_id, row.input_sealed) for row in rows if row.input_sealed is not None]


def examples(session: Session, dataset_version_id: UUID, split: str, *, vault: Vault) -> list[Example]:
    """What a model learns from or is judged on: one side of a version, in the order of the case id.

    Args:
        session: a session.
        dataset_version_id: the sealed version.
        split: "training" or "evaluation".
        vault: opens the sealed texts.
    """
    rows = session.execute(
        select(DatasetMember, ValidatedCase.input_sealed, ValidatedCase.subgroup)
        .join(ValidatedCase, ValidatedCase.id == DatasetMember.case_id)
        .where(DatasetMember.dataset_version_id == dataset_version_id, DatasetMember.split == split)
        .order_by(DatasetMember.case_id)
    )
    return [
        Example(
            case_id=member.case_id,
            person_id=member.person_id,
            text=vault.open(sealed, CASE_PURPOSE).decode(),
            label=member.label,
            weight=member.weight,
            subgroup=subgroup,
        )
        for member, sealed, subgroup in rows
        if sealed is not None
    ]


def export_lines(
    session: Session,
    version: DatasetVersion,
    *,
    file_format: str,
    vault: Vault,
    splits: Collection[str] = ("training", "evaluation"),
) -> Iterator[str]:
    """The lines of an export file: `jsonl` is the case format, `chat` one conversation a case.

    Raises:
        InvalidInputError: the format is not known.
    """
    if file_format not in FORMATS:
        raise InvalidInputError(
            f"{file_format} is no export format", field="format", fix=f"use one of {', '.join(FORMATS)}"
        )
    for split in splits:
        for example in examples(session, version.id, split, vault=vault):
            line = _case(example, split, version) if file_format == "jsonl" else _chat(example)
            yield json.dumps(line, ensure_ascii=False, sort_keys=True)


def _case(example: Example, split: str, version: DatasetVersion) -> dict[str, Any]:
    return {
        "source_id": str(example.case_id),
        "person": str(example.person_id),
        "model_type": version.model_type,
        "text": example.text,
        "diagnosis": example.label,
        "weight": example.weight,
        "split": split,
        "subgroup": dict(example.subgroup),
    }


def _chat(example: Example) -> dict[str, Any]:
    turns = (("user", example.text), ("assistant", example.label))
    return {"messages": [{"role": role, "content": content} for role, content in turns]}


def diff(session: Session, before: DatasetVersion, after: DatasetVersion) -> dict[str, Any]:
    """What came, went and was relabelled between two versions, with the shift of the labels."""
    old = {member.case_id: member.label for member in members(session, before.id)}
    new = {member.case_id: member.label for member in members(session, after.id)}
    gone = old.keys() - new.keys()
    left = session.execute(
        select(ValidatedCase.id, ValidatedCase.state).where(ValidatedCase.id.in_(gone))
    ).all()
    shift = Counter(new.values())
    shift.subtract(Counter(old.values()))
    return {
        "before": before.name,
        "after": after.name,
        "added": len(new.keys() - old.keys()),
        "removed": dict(Counter(row.state.value for row in left)),
        "relabelled": sum(1 for case_id in old.keys() & new.keys() if old[case_id] != new[case_id]),
        "label_shift": {label: change for label, change in sorted(shift.items()) if change},
    }


def gate_set(session: Session, dataset_version_id: UUID) -> EvaluationSet | None:
    """The frozen set of a version that judges models."""
    mine = (EvaluationSet.dataset_version_id == dataset_version_id) & (EvaluationSet.purpose == "gate")
    return session.scalar(select(EvaluationSet).where(mine))


def mark_used(session: Session, case_ids: Collection[UUID]) -> None:
    """Note that cases went into a training side; it excludes them from nothing later."""
    fresh = ValidatedCase.id.in_(case_ids) & ValidatedCase.used_in_training.is_(False)
    session.execute(update(ValidatedCase).where(fresh).values(used_in_training=True))

"""Sealed dataset versions: their members, the examples they hold, what two of them differ in."""

from collections.abc import Collection, Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Executable,
    Uuid,
    and_,
    case,
    cast,
    exists,
    func,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.orm import Session, aliased

from shared.domain.cycle import CaseState
from shared.domain.example import Example, PictureExample
from shared.domain.split import EVALUATION
from shared.errors import NotFoundError
from shared.registry import audit
from shared.registry.alerts import Trouble, raise_alert
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import (
    Consent,
    DatasetMember,
    DatasetVersion,
    DeidReport,
    EvaluationSet,
    Person,
    Prediction,
    Source,
    ValidatedCase,
)
from shared.registry.validations import UNMASKED
from shared.vault import Vault

ALL = "all"
_STREAM = {"stream_results": True, "yield_per": 500}
_OF_CASE = (ValidatedCase.input_sealed, ValidatedCase.subgroup, ValidatedCase.media, ValidatedCase.details)


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


def name_of(session: Session, version_id: UUID | None) -> str | None:
    """The name of a version; None for none."""
    return session.scalar(select(DatasetVersion.name).where(DatasetVersion.id == version_id))


def newest(session: Session, model_type: str) -> DatasetVersion | None:
    """The last version that was sealed for a model type."""
    mine = select(DatasetVersion).where(DatasetVersion.model_type == model_type)
    return session.scalar(mine.order_by(DatasetVersion.number.desc()).limit(1))


def page(
    session: Session, model_type: str | None = None, *, limit: int | None = None, offset: int = 0
) -> list[DatasetVersion]:
    """Versions, newest first; all of them without a limit."""
    query = select(DatasetVersion).order_by(DatasetVersion.sealed_at.desc(), DatasetVersion.number.desc())
    if model_type is not None:
        query = query.where(DatasetVersion.model_type == model_type)
    return list(session.scalars(query.limit(limit).offset(offset)))


def names(session: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    """What these versions are called."""
    found = session.execute(select(DatasetVersion.id, DatasetVersion.name).where(DatasetVersion.id.in_(ids)))
    return {row.id: row.name for row in found}


def may_be_member() -> ColumnElement[bool]:
    """The condition on a case: validated, de-identified, its label masked, consent not taken back."""
    passed = exists().where(DeidReport.case_id == ValidatedCase.id, DeidReport.verdict == "pass")
    gone = exists().where(Consent.person_id == ValidatedCase.person_id, Consent.state == "withdrawn")
    masked = ~ValidatedCase.content_hash.startswith(UNMASKED)
    return (ValidatedCase.state == CaseState.VALIDATED) & passed & ~gone & masked


def may_be_learnt() -> ColumnElement[bool]:
    """The condition on a case that counts as one to learn from: a member, and no audited answer.

    Each case is looked up in the audit sample, which is read once: a join of both is quadratic.
    """
    sample = select(Prediction.id).where(Prediction.in_audit)
    audited = exists().where(Source.id == ValidatedCase.source_id, answered().in_(sample))
    return may_be_member() & ~audited


def answered() -> ColumnElement[UUID | None]:
    """The id of the prediction that a case is the validated answer to; the query names `Source`, too."""
    return case((Source.kind == "feedback", cast(ValidatedCase.source_record, Uuid)))


def members(session: Session, version_id: UUID) -> list[DatasetMember]:
    """The members of a version, in the order of the case id."""
    mine = select(DatasetMember).where(DatasetMember.dataset_version_id == version_id)
    return list(session.scalars(mine.order_by(DatasetMember.case_id)))


def examples(
    session: Session, dataset_version_id: UUID, split: str, *, vault: Vault, purpose: str = ALL
) -> list[Example]:
    """What a model learns from or is judged on: one side of a version, in the order of the case id.

    Cases that may not be used any more are left out also of a version that was sealed before: see `lapsed`.

    Args:
        session: a session.
        dataset_version_id: the sealed version.
        split: "training" or "evaluation".
        vault: opens the sealed texts.
        purpose: "all"; "audit", only the audit sample; "increment", what the parent lacks and the replayed.
    """
    return list(stream(session, dataset_version_id, split, vault=vault, purpose=purpose))


def stream(
    session: Session, dataset_version_id: UUID, split: str, *, vault: Vault, purpose: str = ALL
) -> Iterator[Example]:
    """The same one by one, so that memory does not grow with the version."""
    for row in session.execute(_rows(dataset_version_id, split, purpose), execution_options=_STREAM):
        if row.input_sealed is not None:
            yield Example(
                case_id=row.case_id,
                person_id=row.person_id,
                text=vault.open(row.input_sealed, CASE_PURPOSE).decode(),
                label=row.label,
                weight=row.weight,
                subgroup=row.subgroup,
            )


def stream_pictures(
    session: Session, dataset_version_id: UUID, split: str, *, purpose: str = ALL
) -> Iterator[PictureExample]:
    """The members about pictures, one by one; one without a mask teaches nothing and is not among them."""
    for row in session.execute(_rows(dataset_version_id, split, purpose), execution_options=_STREAM):
        if {"image", "mask"} <= row.media.keys():
            box = row.details.get("box")
            yield PictureExample(
                case_id=row.case_id,
                person_id=row.person_id,
                image=row.media["image"],
                mask=row.media["mask"],
                label=row.label,
                weight=row.weight,
                subgroup=row.subgroup,
                box=(box[0], box[1], box[2], box[3]) if box else None,
            )


def _rows(dataset_version_id: UUID, split: str, purpose: str) -> Executable:
    member = (DatasetMember.case_id, DatasetMember.person_id, DatasetMember.label, DatasetMember.weight)
    return (
        select(*member, *_OF_CASE)
        .join(ValidatedCase, ValidatedCase.id == DatasetMember.case_id)
        .where(DatasetMember.dataset_version_id == dataset_version_id, DatasetMember.split == split)
        .where(may_still_be_used(), _of(purpose, dataset_version_id))
        .order_by(DatasetMember.case_id)
    )


def may_still_be_used() -> ColumnElement[bool]:
    """The condition on a member, its case and person: nothing was taken back, and its side still holds.

    A label that was never true ends its case as rejected; one that was edited stays what it was in this
    version. Of two persons found to be one nobody judges who was learnt from.
    """
    gone = exists().where(Consent.person_id == ValidatedCase.person_id, Consent.state == "withdrawn")
    holder = aliased(Person)
    elsewhere = exists().where(
        holder.id == ValidatedCase.person_id,
        or_(holder.split != DatasetMember.split, and_(DatasetMember.split == EVALUATION, holder.trained)),
    )
    ended = ValidatedCase.state.in_((CaseState.WITHDRAWN, CaseState.REJECTED))
    return ~ended & ~gone & ~elsewhere


def lapsed(session: Session, dataset_version_id: UUID) -> dict[str, int]:
    """How many members of each side may not be used any more; empty while the version is whole."""
    side = DatasetMember.split
    mine = select(side, func.count()).where(DatasetMember.dataset_version_id == dataset_version_id)
    used = mine.join(ValidatedCase, ValidatedCase.id == DatasetMember.case_id).where(may_still_be_used())
    # What may be used is counted, for Postgres joins its conditions; of their opposite it asks row by row.
    still = {split: n for split, n in session.execute(used.group_by(side))}
    found = {split: n - still.get(split, 0) for split, n in session.execute(mine.group_by(side))}
    return {split: n for split, n in found.items() if n}


def note_lapsed(session: Session, dataset_version_id: UUID, *, by: str, now: datetime) -> dict[str, int]:
    """Write down that a version is used without the members that may not be used any more; how many."""
    found = lapsed(session, dataset_version_id)
    if found:
        subject = ("dataset_versions", dataset_version_id)
        audit.write(session, act="left_out", subject=subject, actor=by, at=now, details=found)
    return found


def _of(purpose: str, dataset_version_id: UUID) -> ColumnElement[bool]:
    if purpose == "audit":
        return DatasetMember.audit_probability.is_not(None)
    if purpose != "increment":
        return true()
    parent = select(DatasetVersion.parent_id).where(DatasetVersion.id == dataset_version_id)
    before = aliased(DatasetMember)
    known = exists().where(
        before.dataset_version_id == parent.scalar_subquery(),
        before.case_id == DatasetMember.case_id,
        before.split == DatasetMember.split,
    )
    return or_(DatasetMember.replay, ~known)


def audited(session: Session, version_id: UUID) -> list[UUID]:
    """The cases of a version that were drawn into the audit sample."""
    drawn = DatasetMember.audit_probability.is_not(None)
    mine = select(DatasetMember.case_id).where(DatasetMember.dataset_version_id == version_id, drawn)
    return list(session.scalars(mine.order_by(DatasetMember.case_id)))


def gate_set(session: Session, dataset_version_id: UUID) -> EvaluationSet | None:
    """The frozen set of a version that judges models."""
    mine = (EvaluationSet.dataset_version_id == dataset_version_id) & (EvaluationSet.purpose == "gate")
    return session.scalar(select(EvaluationSet).where(mine))


def count_use(session: Session, dataset_version_id: UUID, *, limit: int, now: datetime) -> int:
    """Count one judgement by the frozen set of a version; beyond the limit people are told that it is worn.

    What is judged by the same cases again and again is fitted to them in the end.

    Returns:
        How often the set has judged so far.
    """
    mine = (EvaluationSet.dataset_version_id == dataset_version_id) & (EvaluationSet.purpose == "gate")
    counted = update(EvaluationSet).where(mine).values(uses=EvaluationSet.uses + 1)
    uses = session.scalar(counted.returning(EvaluationSet.uses)) or 0
    if uses > limit:
        name = session.scalar(select(DatasetVersion.name).where(DatasetVersion.id == dataset_version_id))
        trouble = Trouble(
            kind="evaluation_set_worn",
            severity="warning",
            dedup_key=f"evaluation_set_worn:{dataset_version_id}",
            title=f"the frozen set of {name} has judged {uses} times",
            body=f"The policy warns after {limit} uses. Seal a version with further cases and judge on it.",
            subject=str(name),
        )
        raise_alert(session, trouble, now=now)
    return uses

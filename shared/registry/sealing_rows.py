"""What a sealing selects: candidates, those found fit, and the members with their weight, as statements."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Numeric,
    Select,
    String,
    TableClause,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    null,
    or_,
    select,
    table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import Uuid

from shared.domain.policy import Policy
from shared.domain.split import EVALUATION, TRAINING
from shared.registry import datasets
from shared.registry.tables import DatasetMember, Person, Prediction, QualityReport, Source, ValidatedCase

TRAINED_BEFORE, AUDIT_ONLY, RARE = "trained_before", "audit_of_training_side", "rare_label"


def _temporary(name: str, **columns: Any) -> TableClause:
    return table(name, *(column(one, kind) for one, kind in columns.items()))


KEPT = {
    "case_id": Uuid(),
    "person_id": Uuid(),
    "split": String(),
    "label": String(),
    "content_hash": String(),
    "source_id": Uuid(),
    "validator_id": Uuid(),
    "cluster": String(),
    "audit_probability": Double(),
}
FOUND = _temporary(
    "sealing_found", **KEPT, curated=Boolean(), week=String(), held=String(), unit=Double(), old=Boolean()
)
FACTOR = _temporary("sealing_factors", validator_id=Uuid(), source_id=Uuid(), week=String(), factor=Double())
READY = _temporary("sealing", **KEPT, weight=Double(), replay=Boolean())


def is_training() -> ColumnElement[bool]:
    """The condition on a found case that goes into training."""
    return and_(FOUND.c.held.is_(None), FOUND.c.split == TRAINING)


def found_rows(
    candidates: Select[tuple[Any, ...]], policy: Policy, *, parent: UUID | None, needed_of_a_label: int
) -> Select[tuple[Any, ...]]:
    """The candidates with what holds one back, what near duplicates leave of it, and whether it is old."""
    rows = candidates.subquery("candidate")
    usable = rows.c.held.is_(None)
    training = and_(usable, rows.c.split == TRAINING)
    of_label = func.count().filter(training).over(partition_by=rows.c.label)
    held = case(
        (~usable, rows.c.held),
        (of_label < needed_of_a_label, literal(RARE, String)),
        else_=cast(null(), String),
    )
    ruled = select(rows, held.label("reason")).subquery("ruled")
    capped = and_(ruled.c.reason.is_(None), ruled.c.split == TRAINING, ~ruled.c.curated)
    together = func.count().over(partition_by=(capped, ruled.c.cluster))
    unit = case((capped, func.least(1.0, policy.duplicates_weigh / cast(together, Double))), else_=1.0)
    before = and_(
        DatasetMember.dataset_version_id == parent,
        DatasetMember.case_id == ruled.c.case_id,
        DatasetMember.split == TRAINING,
    )
    kept = [ruled.c[name] for name in (*KEPT, "curated", "week")]
    return (
        select(
            *kept,
            ruled.c.reason.label("held"),
            unit.label("unit"),
            DatasetMember.case_id.is_not(None).label("old"),
        )
        .select_from(ruled)
        .outerjoin(DatasetMember, before)
    )


def candidates_of(model_type: str) -> Select[tuple[Any, ...]]:
    """Everything validated, de-identified and consented to; audited answers come only to judge."""
    at = func.coalesce(ValidatedCase.validated_at, ValidatedCase.created_at)
    held = case(
        (and_(Person.split == EVALUATION, Person.trained), literal(TRAINED_BEFORE, String)),
        (and_(Prediction.id.is_not(None), Person.split == TRAINING), literal(AUDIT_ONLY, String)),
        else_=cast(null(), String),
    )
    return (
        select(
            ValidatedCase.id.label("case_id"),
            ValidatedCase.person_id,
            Person.split,
            func.coalesce(ValidatedCase.diagnosis, "").label("label"),
            ValidatedCase.content_hash,
            ValidatedCase.source_id,
            ValidatedCase.validated_by.label("validator_id"),
            ValidatedCase.curated,
            func.to_char(func.timezone("UTC", at), "IYYY-IW").label("week"),
            _cluster().label("cluster"),
            Prediction.audit_probability,
            held.label("held"),
        )
        .join(Person, Person.id == ValidatedCase.person_id)
        .outerjoin(QualityReport, QualityReport.case_id == ValidatedCase.id)
        .join(Source, Source.id == ValidatedCase.source_id)
        .outerjoin(Prediction, and_(Prediction.id == datasets.answered(), Prediction.in_audit))
        .where(ValidatedCase.model_type == model_type, datasets.may_be_member())
    )


def _cluster() -> ColumnElement[str]:
    """What near duplicates share; a case that resembles none stands for itself."""
    return func.coalesce(cast(QualityReport.cluster, String), ValidatedCase.content_hash)


def ready_rows(quotas: Mapping[str, int], seed: str) -> Select[tuple[Any, ...]]:
    """The members: audited answers weigh the inverse of their chance, the others what the caps leave."""
    found, factor = FOUND.c, func.coalesce(FACTOR.c.factor, 1.0)
    capped = and_(found.split == TRAINING, ~found.curated)
    weight = case(
        (found.audit_probability.is_not(None), 1.0 / found.audit_probability),
        (capped, cast(func.round(cast(found.unit * factor, Numeric), 6), Double)),
        else_=1.0,
    )
    drawn = func.row_number().over(
        partition_by=(found.label, found.old, found.split),
        order_by=(func.md5(literal(seed) + cast(found.case_id, String)), found.case_id),
    )
    quota = func.coalesce(
        cast(cast(literal(json.dumps(dict(quotas))), JSONB)[found.label].astext, Integer), 0
    )
    again = and_(found.split == TRAINING, found.old, drawn <= quota)
    same = and_(
        FACTOR.c.week == found.week,
        FACTOR.c.source_id == found.source_id,
        or_(
            FACTOR.c.validator_id == found.validator_id,
            and_(FACTOR.c.validator_id.is_(None), found.validator_id.is_(None)),
        ),
    )
    return (
        select(*(found[name] for name in KEPT), weight.label("weight"), again.label("replay"))
        .select_from(FOUND)
        .outerjoin(FACTOR, same)
        .where(found.held.is_(None))
    )

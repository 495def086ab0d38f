"""The rows of a dataset version on their way: gathered, weighed and marked inside Postgres, read as a stream.

Nothing here grows with the number of cases but temporary tables of the one transaction that seals.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    Integer,
    Numeric,
    Row,
    Select,
    String,
    TableClause,
    and_,
    case,
    cast,
    column,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session
from sqlalchemy.sql.ddl import CreateTableAs
from sqlalchemy.types import Uuid

from shared.domain import replay, weights
from shared.domain.policy import Policy
from shared.domain.split import EVALUATION, TRAINING
from shared.domain.weights import Cell
from shared.registry import datasets
from shared.registry.tables import (
    DatasetMember,
    Person,
    Prediction,
    QualityReport,
    ValidatedCase,
)

TRAINED_BEFORE, AUDIT_ONLY, RARE = "trained_before", "audit_of_training_side", "rare_label"
_STREAM = {"stream_results": True, "yield_per": 2000}
_PATIENCE = "SET LOCAL statement_timeout = '1h'; SET LOCAL lock_timeout = '10min'; "
_PATIENCE += "SET LOCAL idle_in_transaction_session_timeout = '1h'"
_FACTORS = (
    "CREATE TEMP TABLE sealing_factors (validator_id uuid, source_id uuid, week text, factor float8) "
    "ON COMMIT DROP"
)
_PUT_FACTORS = text("INSERT INTO sealing_factors VALUES (:validator, :source, :week, :factor)")


def _temporary(name: str, **columns: Any) -> TableClause:
    return table(name, *(column(one, kind) for one, kind in columns.items()))


_KEPT = {
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
_FOUND = _temporary(
    "sealing_found", **_KEPT, curated=Boolean(), week=String(), held=String(), unit=Double(), old=Boolean()
)
_FACTOR = _temporary("sealing_factors", validator_id=Uuid(), source_id=Uuid(), week=String(), factor=Double())
_READY = _temporary("sealing", **_KEPT, weight=Double(), replay=Boolean())


@dataclass(frozen=True)
class Gathered:
    """What was found: how many may train, and how many do not come in, by reason and for rare labels."""

    training: int
    not_used: Mapping[str, int]
    rare: Mapping[str, int]


@dataclass(frozen=True)
class Weighed:
    """How the caps came out, and what is replayed."""

    influence: Mapping[str, float]  # the largest share of the training weight, by dimension
    replayed: Mapping[str, Any]


def begin(session: Session, model_type: str) -> None:
    """Take the turn of this model type until the transaction ends; another sealing of it waits."""
    session.execute(text(_PATIENCE))
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"datasets:{model_type}"))))


def gather(
    session: Session, model_type: str, policy: Policy, *, parent: UUID | None, needed_of_a_label: int
) -> Gathered:
    """Find every case that may be a member, and why others are not."""
    candidates = _candidates(model_type)
    found = _found(candidates, policy, parent=parent, needed_of_a_label=needed_of_a_label)
    session.execute(CreateTableAs(found, "sealing_found", temporary=True))
    session.execute(text("ANALYZE sealing_found"))
    held = session.execute(
        select(_FOUND.c.held, _FOUND.c.label, func.count())
        .where(_FOUND.c.held.is_not(None))
        .group_by(_FOUND.c.held, _FOUND.c.label)
    ).all()
    not_used: dict[str, int] = {}
    for why, _, n in held:
        not_used[why] = not_used.get(why, 0) + n
    rare = {label: n for why, label, n in sorted(held) if why == RARE}
    return Gathered(_count(session, _is_training()), dict(sorted(not_used.items())), rare)


def weigh(session: Session, policy: Policy, *, seed: str) -> Weighed:
    """Give every member its weight and mark what is replayed; the members then stand ready."""
    influence = _cap(session, policy)
    quotas, fresh = _replayed(session, policy)
    session.execute(CreateTableAs(_ready(quotas, seed), "sealing", temporary=True))
    session.execute(text("ANALYZE sealing"))
    said = {"seed": seed, "share": policy.replay_share, "cases_that_are_fresh": fresh}
    return Weighed(influence, said | {"cases": sum(quotas.values())})


def lines(session: Session) -> Iterator[str]:
    """The manifest, a line a member, in the order of the case id."""
    rows = session.execute(select(_READY).order_by(_READY.c.case_id), execution_options=_STREAM)
    for row in rows:
        yield _line(row)


def store(session: Session, version_id: UUID) -> None:
    """Write what stands ready as the members of a version, as one statement that the guards judge whole."""
    names = [*_KEPT, "weight", "replay"]
    ready = select(literal(version_id), *(_READY.c[name] for name in names)).order_by(_READY.c.case_id)
    session.execute(insert(DatasetMember).from_select(["dataset_version_id", *names], ready))


def end(session: Session) -> None:
    """Drop what was kept for this sealing; a transaction that fails drops it, too."""
    session.execute(text("DROP TABLE IF EXISTS sealing, sealing_found, sealing_factors"))


def _line(row: Row[Any]) -> str:
    said = {name: str(value) for name, value in row._mapping.items() if value is not None}
    said.pop("replay")
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def _found(
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
    kept = [ruled.c[name] for name in (*_KEPT, "curated", "week")]
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


def _candidates(model_type: str) -> Select[tuple[Any, ...]]:
    """Everything validated, de-identified and consented to; audited answers come only to judge."""
    audited = ValidatedCase.trust_rule == datasets.AUDIT_RULE
    prediction = case((audited, cast(ValidatedCase.source_record, Uuid)))
    at = func.coalesce(ValidatedCase.validated_at, ValidatedCase.created_at)
    held = case(
        (and_(Person.split == EVALUATION, Person.trained), literal(TRAINED_BEFORE, String)),
        (and_(func.coalesce(audited, False), Person.split == TRAINING), literal(AUDIT_ONLY, String)),
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
        .outerjoin(Prediction, Prediction.id == prediction)
        .where(ValidatedCase.model_type == model_type, datasets.may_be_member())
    )


def _cluster() -> ColumnElement[str]:
    """What near duplicates share; a case that resembles none stands for itself."""
    return func.coalesce(cast(QualityReport.duplicate_of, String), ValidatedCase.content_hash)


def _is_training() -> ColumnElement[bool]:
    return and_(_FOUND.c.held.is_(None), _FOUND.c.split == TRAINING)


def _count(session: Session, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(_FOUND).where(where)) or 0


def _cap(session: Session, policy: Policy) -> dict[str, float]:
    """Lower each cell of validator, source and week to its caps; the largest share of each dimension."""
    cell = (_FOUND.c.validator_id, _FOUND.c.source_id, _FOUND.c.week)
    capped = and_(_is_training(), ~_FOUND.c.curated)
    rows = session.execute(select(*cell, func.sum(_FOUND.c.unit)).where(capped).group_by(*cell))
    sums: dict[Cell, float] = {(_text(one[0]), _text(one[1]), one[2]): float(one[3]) for one in rows}
    exempt = float(_count(session, and_(_is_training(), _FOUND.c.curated)))
    limits = weights.caps(policy.validator_weight_cap, policy.source_weight_cap, policy.week_weight_cap)
    found = weights.factors(sums, exempt, limits)
    session.execute(text(_FACTORS))
    lowered = [
        {"validator": one[0], "source": one[1], "week": one[2], "factor": factor}
        for one, factor in found.items()
        if factor < 1
    ]
    if lowered:
        session.execute(_PUT_FACTORS, lowered)
    return {
        name: round(max(weights.shares(sums, exempt, found, place=place).values(), default=0.0), 4)
        for place, name in enumerate(weights.DIMENSIONS)
    }


def _replayed(session: Session, policy: Policy) -> tuple[dict[str, int], int]:
    """How many old cases of each label are trained again, and how many cases are fresh."""
    old = select(_FOUND.c.label, func.count()).where(_is_training(), _FOUND.c.old).group_by(_FOUND.c.label)
    known = {label: n for label, n in session.execute(old)}
    fresh = _count(session, and_(_is_training(), ~_FOUND.c.old))
    return replay.quotas(known, fresh, policy.replay_share), fresh


def _ready(quotas: Mapping[str, int], seed: str) -> Select[tuple[Any, ...]]:
    found, factor = _FOUND.c, func.coalesce(_FACTOR.c.factor, 1.0)
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
        _FACTOR.c.week == found.week,
        _FACTOR.c.source_id == found.source_id,
        or_(
            _FACTOR.c.validator_id == found.validator_id,
            and_(_FACTOR.c.validator_id.is_(None), found.validator_id.is_(None)),
        ),
    )
    return (
        select(*(found[name] for name in _KEPT), weight.label("weight"), again.label("replay"))
        .select_from(_FOUND)
        .outerjoin(_FACTOR, same)
        .where(found.held.is_(None))
    )


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)

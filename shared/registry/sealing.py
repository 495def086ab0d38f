"""The rows of a dataset version on their way: gathered, weighed and marked inside Postgres, read as a stream.

Nothing here grows with the number of cases but temporary tables of the one transaction that seals.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, func, insert, literal, select, text
from sqlalchemy.orm import Session
from sqlalchemy.sql.ddl import CreateTableAs

from shared.domain import replay, weights
from shared.domain.policy import Policy
from shared.domain.weights import Cell
from shared.registry.sealing_rows import (
    FOUND,
    KEPT,
    RARE,
    READY,
    candidates_of,
    found_rows,
    is_training,
    ready_rows,
)
from shared.registry.tables import DatasetMember

_STREAM = {"stream_results": True, "yield_per": 2000}
_PATIENCE = "SET LOCAL statement_timeout = '1h'; SET LOCAL lock_timeout = '10min'; "
_PATIENCE += "SET LOCAL idle_in_transaction_session_timeout = '1h'"
_FACTORS = (
    "CREATE TEMP TABLE sealing_factors (validator_id uuid, source_id uuid, week text, factor float8) "
    "ON COMMIT DROP"
)
_PUT_FACTORS = text("INSERT INTO sealing_factors VALUES (:validator, :source, :week, :factor)")


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
    candidates = candidates_of(model_type)
    found = found_rows(candidates, policy, parent=parent, needed_of_a_label=needed_of_a_label)
    session.execute(CreateTableAs(found, "sealing_found", temporary=True))
    session.execute(text("ANALYZE sealing_found"))
    held = session.execute(
        select(FOUND.c.held, FOUND.c.label, func.count())
        .where(FOUND.c.held.is_not(None))
        .group_by(FOUND.c.held, FOUND.c.label)
    ).all()
    not_used: dict[str, int] = {}
    for why, _, n in held:
        not_used[why] = not_used.get(why, 0) + n
    rare = {label: n for why, label, n in sorted(held) if why == RARE}
    return Gathered(_count(session, is_training()), dict(sorted(not_used.items())), rare)


def weigh(session: Session, policy: Policy, *, seed: str) -> Weighed:
    """Give every member its weight and mark what is replayed; the members then stand ready."""
    influence = _cap(session, policy)
    quotas, fresh = _replayed(session, policy)
    session.execute(CreateTableAs(ready_rows(quotas, seed), "sealing", temporary=True))
    session.execute(text("ANALYZE sealing"))
    said = {"seed": seed, "share": policy.replay_share, "cases_that_are_fresh": fresh}
    return Weighed(influence, said | {"cases": sum(quotas.values())})


def lines(session: Session) -> Iterator[str]:
    """The manifest, a line a member, in the order of the case id."""
    rows = session.execute(select(READY).order_by(READY.c.case_id), execution_options=_STREAM)
    for row in rows:
        yield _line(row)


def store(session: Session, version_id: UUID) -> None:
    """Write what stands ready as the members of a version, as one statement that the guards judge whole."""
    names = [*KEPT, "weight", "replay"]
    ready = select(literal(version_id), *(READY.c[name] for name in names)).order_by(READY.c.case_id)
    session.execute(insert(DatasetMember).from_select(["dataset_version_id", *names], ready))


def end(session: Session) -> None:
    """Drop what was kept for this sealing; a transaction that fails drops it, too."""
    session.execute(text("DROP TABLE IF EXISTS sealing, sealing_found, sealing_factors"))


def _line(row: Row[Any]) -> str:
    said = {name: str(value) for name, value in row._mapping.items() if value is not None}
    said.pop("replay")
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def _count(session: Session, where: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(FOUND).where(where)) or 0


def _cap(session: Session, policy: Policy) -> dict[str, float]:
    """Lower each cell of validator, source and week to its caps; the largest share of each dimension."""
    cell = (FOUND.c.validator_id, FOUND.c.source_id, FOUND.c.week)
    capped = and_(is_training(), ~FOUND.c.curated)
    rows = session.execute(select(*cell, func.sum(FOUND.c.unit)).where(capped).group_by(*cell))
    sums: dict[Cell, float] = {(_text(one[0]), _text(one[1]), one[2]): float(one[3]) for one in rows}
    exempt = float(_count(session, and_(is_training(), FOUND.c.curated)))
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
    old = select(FOUND.c.label, func.count()).where(is_training(), FOUND.c.old).group_by(FOUND.c.label)
    known = {label: n for label, n in session.execute(old)}
    fresh = _count(session, and_(is_training(), ~FOUND.c.old))
    return replay.quotas(known, fresh, policy.replay_share), fresh


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)

"""The one way a record changes its state: along an edge of the cycle, audited in the same transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import inspect, select, update
from sqlalchemy.orm import Session

from shared.domain.cycle import check_move
from shared.errors import ConflictError
from shared.registry import audit, events


class Stateful(Protocol):
    """A record with a state of the cycle."""

    id: Any
    state: Any


_Record = TypeVar("_Record", bound=Stateful)


class MovedMeanwhileError(ConflictError):
    """Another transaction moved the record first."""

    code = "moved_meanwhile"

    def __init__(self, *, kind: str, record_id: UUID) -> None:
        super().__init__(f"{kind} {record_id} was moved by somebody else meanwhile", fix="read it again")


def move(
    session: Session, record: Stateful, to: StrEnum, *, by: str, at: datetime, why: str | None = None
) -> None:
    """Move `record` to the state `to` and write audit and event beside it.

    Raises:
        ForbiddenMoveError: the cycle has no such edge.
        MovedMeanwhileError: the record is no longer in the state it was read in.
    """
    session.flush()
    table, before = type(record), record.state
    check_move(before, to)
    where = (table.id == record.id) & (table.state == before)
    values: dict[str, object] = {"state": to}
    if "state_since" in inspect(table).columns:
        values["state_since"] = at
    moved = session.execute(
        update(table)
        .where(where)
        .values(values)
        .execution_options(synchronize_session=False)
        .returning(table.id)
    ).first()
    kind = str(table.__tablename__)  # type: ignore[attr-defined]
    if moved is None:
        raise MovedMeanwhileError(kind=kind, record_id=record.id)
    session.refresh(record)
    details = {"from": before.value, "to": to.value} | ({"why": why} if why else {})
    audit.write(session, act="move", subject=(kind, record.id), actor=by, at=at, details=details)
    events.emit(session, kind=f"{kind}.{to.value}", subject=record.id, at=at, data=details)


def move_all(session: Session, records: Mapping[_Record, str], to: StrEnum, *, by: str, at: datetime) -> None:
    """Move many records of one table, each with its reason, in a handful of statements.

    Raises:
        ForbiddenMoveError: the cycle has no edge for one of them; then none has moved.
        MovedMeanwhileError: one is no longer in the state it was read in; give the transaction up.
    """
    if not records:
        return
    session.flush()
    table, befores = type(next(iter(records))), {one.id: one.state for one in records}
    for before in set(befores.values()):
        check_move(before, to)
    columns: dict[str, object] = {"state": to}
    if "state_since" in inspect(table).columns:
        columns["state_since"] = at
    for before in set(befores.values()):
        mine = [one for one, state in befores.items() if state == before]
        _change(session, table, mine, before=before, columns=columns)
    kind = str(table.__tablename__)  # type: ignore[attr-defined]
    told = {
        str(one.id): {"from": befores[one.id].value, "to": to.value} | ({"why": why} if why else {})
        for one, why in records.items()
    }
    audit.write_all(session, act="move", kind=kind, details=told, actor=by, at=at)
    events.emit_all(session, kind=f"{kind}.{to.value}", data=told, at=at)
    same = select(table).where(table.id.in_(befores)).execution_options(populate_existing=True)
    session.scalars(same).all()


def _change(
    session: Session,
    table: type[_Record],
    ids: Sequence[UUID],
    *,
    before: StrEnum,
    columns: Mapping[str, object],
) -> None:
    where = table.id.in_(ids) & (table.state == before)
    moving = update(table).where(where).values(columns).execution_options(synchronize_session=False)
    left = set(ids) - set(session.scalars(moving.returning(table.id)))
    if left:
        kind = str(table.__tablename__)  # type: ignore[attr-defined]
        raise MovedMeanwhileError(kind=kind, record_id=left.pop())

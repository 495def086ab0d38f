"""The one way a record changes its state: along an edge of the cycle, audited in the same transaction."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import inspect, update
from sqlalchemy.orm import Session

from shared.domain.cycle import check_move
from shared.errors import ConflictError
from shared.registry import audit, events


class Stateful(Protocol):
    """A record with a state of the cycle."""

    id: Any
    state: Any


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

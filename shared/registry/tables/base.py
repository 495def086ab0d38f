"""What every table shares: aware timestamps, text states with a CHECK, the lease columns."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, LargeBinary, MetaData, String, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

Json = dict[str, Any]
JsonList = list[Any]

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Table(DeclarativeBase):
    """The base of every record: dictionaries are JSONB, datetimes are aware, bytes are bytea."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        Json: JSONB,
        JsonList: JSONB,
        bytes: LargeBinary,
        int: BigInteger,
    }


class StateText(TypeDecorator[StrEnum]):
    """A state as text in the database and as its enum in Python; the CHECK comes from `state_check`."""

    impl = String
    cache_ok = True

    def __init__(self, states: type[StrEnum]) -> None:
        super().__init__()
        self.states = states

    def process_bind_param(self, value: StrEnum | str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Store the text; a word that is no state is an error here already."""
        return None if value is None else self.states(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:  # noqa: ARG002
        """Read the enum."""
        return None if value is None else self.states(value)


def one_of(column: str, words: type[StrEnum] | tuple[str, ...]) -> CheckConstraint:
    """A CHECK that the text column holds one of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def fresh_id() -> Mapped[UUID]:
    """A primary key that sorts by time, drawn by Postgres."""
    return mapped_column(primary_key=True, server_default=func.uuidv7())


class Leased:
    """The columns of work that one worker at a time holds under a fencing token.

    A row is claimable when it is queued and due; `beat_seq` moves while its worker lives, and the reaper
    watches that counter on its own monotonic clock, never a wall clock.
    """

    attempt: Mapped[int] = mapped_column(default=0, server_default="0")
    fence: Mapped[int | None]
    beat_seq: Mapped[int] = mapped_column(default=0, server_default="0")
    worker: Mapped[str | None]
    run_after: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False, server_default="false")
    priority: Mapped[int] = mapped_column(default=100, server_default="100")

"""What is asked beside a key: the second factor of a person, and access in an emergency."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from shared.registry.tables.base import Table, fresh_id


class SecondFactor(Table):
    """The device of a key's holder, its secret sealed; wrong codes are counted here, for every process."""

    __tablename__ = "second_factors"
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"), primary_key=True)
    sealed: Mapped[bytes]  # purpose "second-factor"
    last_step: Mapped[int] = mapped_column(default=0)  # a code counts once
    failures: Mapped[int] = mapped_column(default=0)  # since the last right code
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Emergency(Table):
    """Access that somebody took in an emergency: for how long, and what was said of it afterwards."""

    __tablename__ = "emergencies"
    __table_args__ = (
        CheckConstraint("reviewed_by <> taken_by", name="two_people"),
        Index(None, "key_id", "ends_at"),
    )
    id: Mapped[UUID] = fresh_id()
    key_id: Mapped[UUID] = mapped_column(ForeignKey("api_keys.id"))
    taken_by: Mapped[str]
    why_sealed: Mapped[bytes]  # purpose "emergency": a reason may name a patient
    started_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    verdict: Mapped[str | None]

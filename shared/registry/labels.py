"""The label spaces of the site's model types."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.labels import Entry
from shared.registry.tables import Label


def of(session: Session, model_type: str) -> list[Entry]:
    """The labels of a model type with their codes and aliases, oldest first."""
    rows = session.scalars(
        select(Label).where(Label.model_type == model_type).order_by(Label.created_at, Label.label)
    )
    return [Entry(row.label, tuple(row.codes), tuple(row.aliases)) for row in rows]


def add(session: Session, model_type: str, entries: Iterable[Entry], *, now: datetime) -> None:
    """Make labels that are not there yet; a known one keeps what the site wrote of it."""
    rows = [
        {
            "model_type": model_type,
            "label": entry.label,
            "codes": list(entry.codes),
            "aliases": list(entry.aliases),
            "created_at": now,
        }
        for entry in entries
    ]
    if rows:
        session.execute(insert(Label).values(rows).on_conflict_do_nothing())


def must_not_miss(session: Session, model_type: str) -> set[str]:
    """The labels whose miss is dangerous."""
    dangerous = (Label.model_type == model_type) & Label.must_not_miss.is_(True)
    return set(session.scalars(select(Label.label).where(dangerous)))

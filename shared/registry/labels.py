"""The label spaces of the site's model types."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.domain.labels import Entry
from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import audit
from shared.registry.tables import Label, ModelType
from shared.registry.tables.training import FAMILIES

DEFAULT_BASE = {"text_classifier": "minilm", "causal_lm": "smollm2-135m", "segmentation": "litemedsam"}


def of(session: Session, model_type: str) -> list[Entry]:
    """The labels of a model type with their codes and aliases, oldest first."""
    rows = session.scalars(
        select(Label).where(Label.model_type == model_type).order_by(Label.created_at, Label.label)
    )
    return [Entry(row.label, tuple(row.codes), tuple(row.aliases), row.must_not_miss) for row in rows]


def add(session: Session, model_type: str, entries: Iterable[Entry], *, now: datetime) -> None:
    """Make labels that are not there yet; a known one keeps what the site wrote of it."""
    rows = [
        {
            "model_type": model_type,
            "label": entry.label,
            "codes": list(entry.codes),
            "aliases": list(entry.aliases),
            "must_not_miss": entry.must_not_miss,
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


def mark(
    session: Session, model_type: str, label: str, *, must_not_miss: bool, now: datetime, actor: str
) -> None:
    """Say whether missing a label is dangerous; comparisons that have begun keep what they began with.

    Raises:
        NotFoundError: the label space has no such label.
    """
    row = session.get(Label, (model_type, label))
    if row is None:
        raise NotFoundError(f"{model_type} has no label {label}", field="label", fix="`rounds types list`")
    row.must_not_miss = must_not_miss
    details = {"label": label, "must_not_miss": must_not_miss}
    audit.write(session, act="mark", subject=("labels", model_type), actor=actor, at=now, details=details)


def add_type(
    session: Session, name: str, *, family: str, base: str | None, now: datetime, actor: str
) -> ModelType:
    """Make a model type: a question of the site with a label space of its own.

    Raises:
        InvalidInputError: the family does not exist.
        ConflictError: the name is taken.
    """
    if family not in FAMILIES:
        raise InvalidInputError(
            f"{family} is no family", field="family", fix=f"use one of {', '.join(FAMILIES)}"
        )
    if session.scalar(select(ModelType.id).where(ModelType.name == name)) is not None:
        raise ConflictError(f"a model type named {name} exists", field="name")
    row = ModelType(name=name, family=family, base=base or DEFAULT_BASE[family], created_at=now)
    session.add(row)
    session.flush()
    audit.write(session, act="add", subject=("model_types", row.id), actor=actor, at=now)
    return row


def types(session: Session) -> list[tuple[ModelType, int]]:
    """Every model type with the size of its label space."""
    count = select(func.count()).where(Label.model_type == ModelType.name).scalar_subquery()
    return [(kind, size) for kind, size in session.execute(select(ModelType, count).order_by(ModelType.name))]

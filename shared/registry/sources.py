"""Sources: where cases come from; the address is sealed, the watermark says how far the last run came."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import ConflictError, InvalidInputError, NotFoundError
from shared.registry import audit
from shared.registry.tables import ModelType, Source
from shared.registry.tables.collection import SOURCE_KINDS
from shared.vault import Vault

PURPOSE = "source"


def add(  # noqa: PLR0913 - a source has this many fields
    session: Session,
    name: str,
    *,
    kind: str,
    address: str,
    mapping: str,
    model_type: str,
    vault: Vault,
    now: datetime,
    actor: str,
) -> Source:
    """Register a source; its address is sealed because it may hold a password.

    Raises:
        ConflictError: the name is taken.
        InvalidInputError: the kind or the model type does not exist.
    """
    if kind not in SOURCE_KINDS:
        raise InvalidInputError(
            f"{kind} is no kind of source", field="kind", fix=f"use one of {', '.join(SOURCE_KINDS)}"
        )
    if session.scalar(select(Source.id).where(Source.name == name)) is not None:
        raise ConflictError(f"a source named {name} exists", field="name", fix="choose another name")
    if session.scalar(select(ModelType.id).where(ModelType.name == model_type)) is None:
        raise InvalidInputError(
            f"there is no model type {model_type}", field="model_type", fix="rounds types add"
        )
    sealed = vault.seal(address.encode(), PURPOSE)
    row = Source(
        name=name,
        kind=kind,
        address_sealed=sealed,
        mapping=mapping,
        model_type=model_type,
        watermark={},
        enabled=True,
        created_at=now,
    )
    session.add(row)
    session.flush()
    audit.write(session, act="add", subject=("sources", row.id), actor=actor, at=now, details={"kind": kind})
    return row


def get(session: Session, source_id: UUID) -> Source:
    """One source.

    Raises:
        NotFoundError: there is none.
    """
    row = session.get(Source, source_id)
    if row is None:
        raise NotFoundError(f"there is no source {source_id}", field="source")
    return row


def named(session: Session, name: str) -> Source:
    """The source of that name.

    Raises:
        NotFoundError: there is none.
    """
    row = session.scalar(select(Source).where(Source.name == name))
    if row is None:
        raise NotFoundError(f"there is no source {name}", field="source", fix="rounds source list")
    return row


def every(session: Session) -> list[Source]:
    """All sources by name."""
    return list(session.scalars(select(Source).order_by(Source.name)))


def pulled(session: Session) -> list[Source]:
    """The enabled sources that a collection reads by itself (those that are pushed to are not)."""
    own = Source.enabled.is_(True) & Source.kind.in_(("sql", "fhir", "dicom", "folder", "feedback"))
    return list(session.scalars(select(Source).where(own).order_by(Source.name)))


def receiving(
    session: Session,
    model_type: str,
    *,
    vault: Vault,
    now: datetime,
    form: tuple[str, str] = ("cases", "cases"),
) -> Source:
    """The push source that takes what is handed in for a model type, made at first use.

    Args:
        session: a session.
        model_type: what the cases are for.
        vault: seals the empty address.
        now: the instant.
        form: the name of the mapping and its text; the case format where rows need none.
    """
    mapping_name, mapping = form
    name = f"push:{model_type}" + ("" if mapping_name == "cases" else f":{mapping_name}")
    row = session.scalar(select(Source).where(Source.name == name))
    if row is None:
        made = {"kind": "push", "address": "", "mapping": mapping, "model_type": model_type}
        return add(session, name, **made, vault=vault, now=now, actor="system")
    row.mapping = mapping
    return row


def address(source: Source, vault: Vault) -> str:
    """The address in clear; never log it."""
    return vault.open(source.address_sealed, PURPOSE).decode()

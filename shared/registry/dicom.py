"""What a DICOM source has sent, under keyed hashes, and the random UIDs that stand for the clinic's."""

import secrets
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.registry.tables import DicomObject, DicomUid, SourceRecord
from shared.vault import Vault

_UID = "dicom-uid"
_UPDATED = ("kind", "natural_key", "about", "plane", "digest", "reason", "generation", "sealed")


@dataclass(frozen=True)
class Stored:
    """One object as it is kept."""

    lookup: bytes
    natural_key: str | None
    about: bytes | None
    plane: bytes | None
    digest: bytes
    reason: str | None
    sealed: bytes | None


def top(session: Session, source_id: UUID) -> int:
    """The number of the last loading that brought anything, 0 before the first."""
    highest = select(func.max(DicomObject.generation)).where(DicomObject.source_id == source_id)
    return session.scalar(highest) or 0


def put(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep objects; one that is known already is replaced."""
    if not rows:
        return
    statement = insert(DicomObject).values([dict(row) for row in rows])
    fresh = {name: statement.excluded[name] for name in _UPDATED}
    session.execute(statement.on_conflict_do_update(index_elements=["source_id", "lookup"], set_=fresh))


def digests(session: Session, source_id: UUID, lookups: Collection[bytes]) -> dict[bytes, bytes]:
    """The content of these objects as it was when they came."""
    rows = session.execute(
        select(DicomObject.lookup, DicomObject.digest).where(
            DicomObject.source_id == source_id, DicomObject.lookup.in_(lookups)
        )
    )
    return {row.lookup: row.digest for row in rows}


def drop_masks(session: Session, source_id: UUID, label: bytes, *, generation: int) -> None:
    """Forget the masks of a label that comes again, and make the pictures due that they were on."""
    mine = (DicomObject.source_id == source_id) & (DicomObject.kind == "mask") & (DicomObject.digest == label)
    gone = session.execute(delete(DicomObject).where(mine).returning(DicomObject.about, DicomObject.plane))
    rows = gone.all()
    touch(
        session,
        source_id,
        pictures=[row.about for row in rows if row.about],
        planes=[row.plane for row in rows if row.plane],
        generation=generation,
    )


def touch(
    session: Session,
    source_id: UUID,
    *,
    pictures: Collection[bytes],
    planes: Collection[bytes],
    generation: int,
) -> None:
    """Make pictures due again that a mask bears on."""
    which = DicomObject.lookup.in_(pictures) | DicomObject.plane.in_(planes)
    session.execute(
        update(DicomObject)
        .where(DicomObject.source_id == source_id, DicomObject.kind.in_(("picture", "fragment")), which)
        .values(generation=generation)
    )


def due(  # noqa: PLR0913 - what, since when, after which and how many
    session: Session, source_id: UUID, kind: str, *, window: tuple[int, int], after: bytes, limit: int
) -> list[Stored]:
    """Objects of a kind of the loadings in `window` (above the first, up to the second), in their order."""
    above, upto = window
    query = _stored(source_id, DicomObject.kind == kind).where(
        DicomObject.generation > above, DicomObject.generation <= upto, DicomObject.lookup > after
    )
    return _read(session, query.order_by(DicomObject.lookup).limit(limit))


def one(session: Session, source_id: UUID, lookup: bytes) -> Stored | None:
    """One object."""
    found = _read(session, _stored(source_id, DicomObject.lookup == lookup))
    return found[0] if found else None


def masks(
    session: Session, source_id: UUID, *, pictures: Collection[bytes], planes: Collection[bytes]
) -> list[Stored]:
    """The masks on these pictures or in these planes."""
    which = or_(DicomObject.about.in_(pictures), DicomObject.plane.in_(planes))
    return _read(session, _stored(source_id, DicomObject.kind == "mask", which).order_by(DicomObject.lookup))


def have_come(
    session: Session, source_id: UUID, *, pictures: Collection[bytes], planes: Collection[bytes]
) -> bool:
    """Whether any of these pictures, or one in these planes, is there."""
    which = or_(DicomObject.lookup.in_(pictures), DicomObject.plane.in_(planes))
    kinds = DicomObject.kind.in_(("picture", "fragment"))
    return bool(_read(session, _stored(source_id, kinds, which).limit(1)))


def remembered(session: Session, source_id: UUID, keys: Collection[str]) -> dict[str, set[str]]:
    """The rows that pictures have had and that were not deleted, by the picture's key; one a structure."""
    picture = func.split_part(SourceRecord.natural_key, "#", 1)
    rows = session.execute(
        select(SourceRecord.natural_key, picture.label("picture")).where(
            SourceRecord.source_id == source_id,
            SourceRecord.deleted_at.is_(None),
            or_(*(SourceRecord.natural_key.startswith(key, autoescape=True) for key in keys)),
        )
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.picture, set()).add(row.natural_key)
    return found


def uids(session: Session, vault: Vault, clinics: Iterable[str]) -> dict[str, str]:
    """The random UID that stands for each of the clinic's, drawn at first sight and the same for ever."""
    lookups = {uid: vault.keyed_hash(uid, _UID) for uid in sorted(set(clinics))}
    if not lookups:
        return {}
    drawn = [{"lookup": lookup, "replacement": fresh_uid()} for lookup in lookups.values()]
    session.execute(insert(DicomUid).values(drawn).on_conflict_do_nothing(index_elements=["lookup"]))
    rows = session.execute(select(DicomUid).where(DicomUid.lookup.in_(list(lookups.values()))))
    held = {row.lookup: row.replacement for row in rows.scalars()}
    return {uid: held[lookup] for uid, lookup in lookups.items()}


def fresh_uid() -> str:
    """A UID that is derived from nothing (PS3.5, annex B.2)."""
    return f"2.25.{secrets.randbits(128)}"


def _stored(source_id: UUID, *which: ColumnElement[bool]) -> Any:
    return select(DicomObject).where(DicomObject.source_id == source_id, *which)


def _read(session: Session, query: Any) -> list[Stored]:
    return [
        Stored(row.lookup, row.natural_key, row.about, row.plane, row.digest, row.reason, row.sealed)
        for row in session.scalars(query)
    ]

"""What rows of a source refer to, kept sealed under keyed hashes; the newest version of each stands."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.registry.tables import SourceResource


@dataclass(frozen=True)
class Due:
    """A root whose row is to be written again; `sealed` is None for one that the source deleted."""

    lookup: bytes
    natural_key: str
    sealed: bytes | None


def top(session: Session, source_id: UUID) -> int:
    """The highest loading of this source so far, 0 before the first."""
    highest = select(func.max(SourceResource.generation)).where(SourceResource.source_id == source_id)
    return session.scalar(highest) or 0


def put(session: Session, rows: Sequence[Mapping[str, Any]]) -> set[bytes]:
    """Keep each row unless a newer version stands; the lookups of those that changed.

    What was deleted comes back with a newer version only.
    """
    if not rows:
        return set()
    statement = insert(SourceResource).values([dict(row) for row in rows])
    given, held = statement.excluded, SourceResource
    theirs, ours = tuple_(given.version, given.updated_at), tuple_(held.version, held.updated_at)
    fresh = or_(theirs > ours, and_(theirs == ours, held.gone.is_(False)))
    names = ("about", "patient", "version", "updated_at", "digest", "generation", "gone", "sealed")
    kept = statement.on_conflict_do_update(
        index_elements=["source_id", "lookup"],
        set_={name: given[name] for name in names},
        where=and_(fresh, held.digest != given.digest),
    )
    return set(session.scalars(kept.returning(SourceResource.lookup)))


def touch(session: Session, source_id: UUID, lookups: Collection[bytes], *, generation: int) -> None:
    """Make the roots that refer to these encounters or patients due again."""
    refers = SourceResource.about.in_(lookups) | SourceResource.patient.in_(lookups)
    roots = _mine(source_id) & SourceResource.natural_key.is_not(None)
    session.execute(
        update(SourceResource)
        .where(roots, refers, SourceResource.generation < generation)
        .values(generation=generation)
    )


def bury(session: Session, source_id: UUID, lookups: Collection[bytes], *, generation: int) -> None:
    """Forget the content of what the source deleted, and of everything of a patient that it deleted."""
    named = SourceResource.lookup.in_(lookups) | SourceResource.patient.in_(lookups)
    gone = session.execute(
        update(SourceResource)
        .where(_mine(source_id), named, SourceResource.gone.is_(False))
        .values(gone=True, sealed=None, digest=b"", generation=generation)
        .returning(SourceResource.about, SourceResource.patient)
    )
    beside = {row.about or row.patient for row in gone} - {None}
    touch(session, source_id, {*lookups, *beside}, generation=generation)


def due(session: Session, source_id: UUID, *, window: tuple[int, int], after: bytes, limit: int) -> list[Due]:
    """Roots of the loadings in `window` (above the first, up to the second), in the order of their lookup."""
    above, upto = window
    query = (
        select(SourceResource)
        .where(_mine(source_id), SourceResource.natural_key.is_not(None), SourceResource.lookup > after)
        .where(SourceResource.generation > above, SourceResource.generation <= upto)
        .order_by(SourceResource.lookup)
        .limit(limit)
    )
    return [Due(row.lookup, row.natural_key or "", row.sealed) for row in session.scalars(query)]


def sealed(session: Session, source_id: UUID, which: ColumnElement[bool]) -> list[tuple[bytes, bytes]]:
    """Lookup and content of the standing resources that meet a condition, in the order of the lookup."""
    query = select(SourceResource.lookup, SourceResource.sealed).where(
        _mine(source_id), SourceResource.sealed.is_not(None), which
    )
    rows = session.execute(query.order_by(SourceResource.lookup))
    return [(row.lookup, row.sealed) for row in rows]


def _mine(source_id: UUID) -> ColumnElement[bool]:
    return SourceResource.source_id == source_id

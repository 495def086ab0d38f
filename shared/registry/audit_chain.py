"""The sealed audit trail: positions and hashes of committed events, and signed checkpoints over them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, insert, select, text
from sqlalchemy.orm import Session

from shared.registry import evidence
from shared.registry.tables import AuditCheckpoint, AuditEvent, AuditSeal, EvidenceRecord
from shared.verifier import GENESIS, Checkpoint, Event, Sealed, link

CHUNK = 2_000
CHECKPOINTS = "audit/checkpoints/"  # where the store keeps them, by their length
OVERTAKING = timedelta(hours=1)  # a transaction ends long before: sessions have limits
_STREAM = {"yield_per": CHUNK}
_HAS_SEAL = exists().where(AuditSeal.seq == AuditEvent.seq)
_FIELDS = (
    AuditEvent.seq,
    AuditEvent.at,
    AuditEvent.actor,
    AuditEvent.act,
    AuditEvent.subject_kind,
    AuditEvent.subject_id,
    AuditEvent.details,
)
_NAMES = [column.key for column in _FIELDS]


def seal(session: Session, *, behind: int | None = None) -> tuple[int, int]:
    """Give committed events that have no place yet the next ones.

    Args:
        session: a session; its transaction may have read nothing yet.
        behind: what the pass before answered, or None for the first pass of a process.

    Returns:
        How many were sealed, and the transaction before which nothing can come any more.
    """
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("audit", 0))))
    horizon = int(session.scalars(select(text("pg_snapshot_xmin(pg_current_snapshot())::text"))).one())
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1))
    position, previous = (last.position, last.hash) if last else (0, GENESIS)
    fresh = AuditEvent.txn >= (behind or 0)
    unsealed = select(*_FIELDS).where(fresh, AuditEvent.seq > _floor(), ~_HAS_SEAL).order_by(AuditEvent.seq)
    sealed = 0
    for events in session.execute(unsealed, execution_options=_STREAM).partitions(CHUNK):
        made = []
        for event in events:
            position, previous = position + 1, link(previous, _told(event))
            made.append({"position": position, "seq": event.seq, "hash": previous})
        session.connection().execute(insert(AuditSeal), made)  # no object is made of them
        sealed += len(made)
    return sealed, horizon


def checkpoint(session: Session, sign: Callable[[bytes], str], *, now: datetime) -> Checkpoint | None:
    """What the chain is now, signed but not yet kept; None when the last checkpoint says it already."""
    last = session.scalar(select(AuditSeal).order_by(AuditSeal.position.desc()).limit(1))
    known = newest(session)
    if last is None or (known is not None and known.size == last.position):
        return None
    record = session.scalar(select(EvidenceRecord).order_by(EvidenceRecord.seq.desc()).limit(1))
    head = (record.seq, record.hash) if record else (0, evidence.GENESIS)
    made = Checkpoint(last.position, last.hash.hex(), *head, now.astimezone(UTC).isoformat())
    return Checkpoint(**(vars(made) | {"signature": sign(made.statement())}))


def keep(session: Session, made: Checkpoint) -> None:
    """Write a checkpoint down."""
    at = datetime.fromisoformat(made.at)
    session.add(AuditCheckpoint(size=made.size, at=at, body=vars(made)))
    session.flush()


def newest(session: Session) -> Checkpoint | None:
    """The last checkpoint."""
    row = session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.size.desc()).limit(1))
    return None if row is None else Checkpoint.of(row.body)


def is_behind_evidence(session: Session) -> bool:
    """Whether a release was decided since the last checkpoint."""
    known, last = newest(session), session.scalar(select(func.max(EvidenceRecord.seq)))
    return last is not None and (known is None or known.evidence_seq < last)


def checkpoints(session: Session) -> list[Checkpoint]:
    """Every checkpoint that can be read, oldest first."""
    return [one for one in _read(session).values() if one is not None]


def unreadable(session: Session) -> list[int]:
    """The lengths under which something stands that is no checkpoint: somebody altered the row."""
    return [size for size, one in _read(session).items() if one is None]


def _read(session: Session) -> dict[int, Checkpoint | None]:
    found: dict[int, Checkpoint | None] = {}
    for row in session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.size)):
        try:
            found[row.size] = Checkpoint.of(row.body)
        except (ValueError, TypeError):
            found[row.size] = None
    return found


def chain(session: Session) -> Iterator[Sealed]:
    """The sealed events by position, read as they are asked for."""
    rows = (
        select(AuditSeal.position, AuditSeal.hash, *_FIELDS)
        .outerjoin(AuditEvent, AuditEvent.seq == AuditSeal.seq)
        .order_by(AuditSeal.position)
    )
    for position, digest, *event in session.execute(rows, execution_options=_STREAM):
        yield Sealed(position, bytes(digest), None if event[0] is None else _told(event))


def left_out(session: Session) -> list[int]:
    """Events that should have a place and have none: the first ones, by number."""
    missing = select(AuditEvent.seq).where(~_HAS_SEAL, AuditEvent.seq <= _floor())
    return list(session.scalars(missing.order_by(AuditEvent.seq).limit(20)))


def page(session: Session, *, after: int, limit: int) -> list[AuditEvent]:
    """Events behind a number, oldest first."""
    rows = select(AuditEvent).where(AuditEvent.seq > after).order_by(AuditEvent.seq).limit(limit)
    return list(session.scalars(rows))


def since(session: Session, at: datetime) -> int:
    """The number before the first event of this instant or later."""
    first = session.scalar(select(func.min(AuditEvent.seq)).where(AuditEvent.at >= at))
    return first - 1 if first else session.scalar(select(func.max(AuditEvent.seq))) or 0


def _floor() -> ColumnElement[int]:
    """Up to this number everything was sealed long ago: numbers are drawn before their transaction ends."""
    settled = select(func.max(AuditSeal.seq)).where(AuditSeal.sealed_at < func.now() - OVERTAKING)
    return func.coalesce(settled.scalar_subquery(), 0)


def _told(event: Iterable[Any]) -> Event:
    said = dict(zip(_NAMES, event, strict=True))
    said["at"] = said["at"].astimezone(UTC).isoformat()
    return said

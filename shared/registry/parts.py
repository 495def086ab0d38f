"""The processes of the stack as they say of themselves: one row an incarnation, kept fresh by a heartbeat."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.registry.tables import Part

FORGOTTEN_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Identity:
    """One life of one process; a restarted process is another, even under the same pid."""

    name: str
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    incarnation: str = field(default_factory=lambda: uuid4().hex)


def say(session: Session, part: Identity, state: Mapping[str, object]) -> None:
    """Keep the row fresh. Real time of the database, so that a simulated clock cannot age a living part."""
    seen = {"state": dict(state), "seen_at": func.now()}
    row = insert(Part).values(
        incarnation=part.incarnation,
        name=part.name,
        host=part.host,
        pid=part.pid,
        started_at=func.now(),
        **seen,
    )
    session.execute(row.on_conflict_do_update(index_elements=["incarnation"], set_=seen))


def leave(session: Session, part: Identity) -> None:
    """Remove the row of a process that ends on purpose, and rows of those that were killed long ago."""
    old = Part.seen_at < func.now() - FORGOTTEN_AFTER
    session.execute(delete(Part).where((Part.incarnation == part.incarnation) | old))

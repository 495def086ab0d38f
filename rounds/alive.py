"""Whether a part of this host still says that it lives: `python -m rounds.alive NAME`, for health checks."""

import socket
import sys
from datetime import timedelta

from sqlalchemy import create_engine, func, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from shared.config import load_settings
from shared.registry.tables import Part

SILENT_AFTER = timedelta(seconds=30)


def is_alive(database: str, name: str) -> bool:
    """A part of that name on this host was heard of lately, by the database's own clock."""
    engine = create_engine(database, poolclass=NullPool, connect_args={"connect_timeout": 5})
    lately = Part.seen_at > func.now() - SILENT_AFTER
    heard = select(Part.pid).where(Part.name == name, Part.host == socket.gethostname(), lately)
    with engine.connect() as connection:
        return connection.execute(heard).first() is not None


if __name__ == "__main__":
    try:
        sys.exit(0 if is_alive(load_settings().database, sys.argv[1]) else 1)
    except OperationalError:
        sys.exit("the database does not answer")

"""The way into Postgres: one engine a process, made after fork, as the role that cannot rewrite history."""

from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session, sessionmaker

from shared.config import Settings

APP_ROLE = "rounds_app"
REHEARSAL = "rehearsal"  # in the `info` of sessions whose work is rolled back
_LIMITS = "-c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000 -c timezone=UTC"


def make_engine(settings: Settings, *, pool_size: int = 5, statement_seconds: int = 60) -> Engine:
    """An engine whose connections act as `rounds_app`: insert and read, no update of what is append-only."""
    options = f"{_LIMITS} -c role={APP_ROLE} -c statement_timeout={statement_seconds * 1000}"
    return create_engine(
        settings.database,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        pool_recycle=1800,
        pool_pre_ping=True,
        hide_parameters=True,  # an error of the database must not quote a value
        connect_args={"connect_timeout": 3, "options": options},
    )


def make_sessions(
    settings: Settings, *, pool_size: int = 5, statement_seconds: int = 60
) -> sessionmaker[Session]:
    """Sessions for one process; open them with `.begin()` and keep them short."""
    engine = make_engine(settings, pool_size=pool_size, statement_seconds=statement_seconds)
    return sessionmaker(engine, expire_on_commit=False)

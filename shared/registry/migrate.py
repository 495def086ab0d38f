"""Brings the schema to a revision, as the owner of the database; two that start at once take turns."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from shared.config import Settings
from shared.errors import PartDownError
from shared.registry import access, schema
from shared.registry.schema import FOLDER

_TURN = 0x526F756E6473  # "Rounds": the advisory lock that one migration holds


def migrate(settings: Settings, *, revision: str = "head") -> None:
    """Move the schema up (or down) to `revision`; nothing happens when it is there already.

    Raises:
        PartDownError: the database does not answer.
    """
    with _owner(settings) as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:turn)"), {"turn": _TURN})
        config = _config(connection)
        present = MigrationContext.configure(connection).get_current_revision()
        if _is_below(config, revision, present):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)
        access.grant(connection)
        schema.write(connection, ScriptDirectory.from_config(config))


def pending(settings: Settings) -> list[str]:
    """The revisions that the database lacks, oldest first.

    Raises:
        PartDownError: the database does not answer.
    """
    with _owner(settings) as connection:
        script = ScriptDirectory.from_config(_config(connection))
        present = MigrationContext.configure(connection).get_current_revision()
        missing = script.iterate_revisions("head", present or "base")
        return [revision.revision for revision in missing][::-1]


def _is_below(config: Config, revision: str, present: str | None) -> bool:
    if revision == "base":
        return True
    script = ScriptDirectory.from_config(config)
    known = {one.revision for one in script.iterate_revisions(present or "base", "base")}
    wanted = script.get_revision(revision)
    return wanted is not None and wanted.revision in known and wanted.revision != present


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _owner(settings: Settings) -> Iterator[Connection]:
    """One transaction of the owner, who may change tables that the services may only add to."""
    engine = create_engine(settings.database, poolclass=NullPool, connect_args={"connect_timeout": 3})
    try:
        with engine.begin() as connection:
            yield connection
    except OperationalError as error:
        raise PartDownError(
            "the database does not answer", fix="start it with `rounds up`, or correct ROUNDS_DATABASE_URL"
        ) from error

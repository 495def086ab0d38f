"""Which versions of the code may work on the schema that the database has.

A revision only adds, so that the code of the one before works on it too: old and new parts run side by side
while a site is upgraded. A migration that takes away what older code uses says so by `serves`, its oldest.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import create_engine, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

import shared
from shared.config import Settings
from shared.errors import ConflictError

if TYPE_CHECKING:  # every part asks at its start, and needs no machine of migrations for it
    from alembic.script import ScriptDirectory

# Beside the package: in the repository and in the installed wheel alike.
FOLDER = Path(shared.__file__).parent.parent / "migrations"
_VERSION = text("SELECT version_num FROM alembic_version")
_IS_THERE = text("SELECT to_regclass('alembic_version') IS NOT NULL")
_READ = text("SELECT obj_description(to_regclass('alembic_version'), 'pg_class')")


class OtherSchemaError(ConflictError):
    """The database's schema is older than this code, or too new for it."""

    code = "other_schema"


@dataclass(frozen=True)
class Standing:
    """The revision of a database, and the oldest revision whose code may work on it."""

    revision: str | None
    serves: str | None


def check_schema(settings: Settings) -> None:
    """Pass when this code may work on the database, as every part asks before it starts.

    A database that does not answer is waited for elsewhere.

    Raises:
        OtherSchemaError: `rounds migrate` has not run yet, or this code is too old.
    """
    engine = create_engine(settings.database, poolclass=NullPool, connect_args={"connect_timeout": 3})
    try:
        with engine.connect() as connection:
            standing = read(connection)
    except OperationalError:
        return
    refuse(standing, revisions())


def revisions() -> list[str]:
    """The revisions that this code knows, oldest first: each file of a migration begins with its own."""
    return sorted(path.stem[:4] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def refuse(standing: Standing, known: Sequence[str]) -> None:
    """Judge a database by the revisions that this code knows, oldest first.

    Raises:
        OtherSchemaError: it does not fit.
    """
    head = known[-1]
    if standing.revision in known and standing.revision != head:
        missing = ", ".join(known[known.index(standing.revision) + 1 :])
        raise OtherSchemaError(
            f"the database lacks revisions {missing}", field="ROUNDS_DATABASE_URL", fix="run `rounds migrate`"
        )
    if standing.revision is not None and standing.revision not in known and standing.serves not in known:
        raise OtherSchemaError(
            f"the database is at revision {standing.revision}, which this version does not work on",
            field="ROUNDS_DATABASE_URL",
            fix=f"start the version that was installed with it; this one knows revisions up to {head}",
        )


def read(connection: Connection) -> Standing:
    """Where the database stands."""
    revision = connection.scalar(_VERSION) if connection.scalar(_IS_THERE) else None
    told = connection.scalar(_READ)
    serves = json.loads(told)["serves"] if told else None
    return Standing(revision, serves)


def write(connection: Connection, script: "ScriptDirectory") -> None:
    """Write beside the revision which older code may go on working; within the migration's transaction."""
    revision = read(connection).revision
    if revision is None:
        return
    found = script.get_revision(revision)
    serves = getattr(found.module, "serves", None) or found.down_revision or revision
    said = json.dumps({"serves": serves}).replace("'", "''")
    connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{said}'"))

"""Clinic databases: read only, page by page after a watermark, joined with rows of other tables."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from shared.errors import InvalidInputError, PartDownError
from shared.registry.validators import Staff
from worker_collection.mapping import CaseMapping, Row
from worker_collection.sources.base import RESUMED, Broken, Page, Said, Trial

_TIMEOUT_SECONDS = 60
_WRITABLE = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
  AND (has_table_privilege(c.oid, 'INSERT') OR has_table_privilege(c.oid, 'UPDATE')
       OR has_table_privilege(c.oid, 'DELETE') OR has_table_privilege(c.oid, 'TRUNCATE'))
LIMIT 1
"""


class WritableSourceError(InvalidInputError):
    """The role may change the clinic's data; Rounds reads with a role that cannot."""

    code = "source_writable"


class SqlSource:
    """One database behind an SQLAlchemy address."""

    def __init__(self, address: str, mapping: CaseMapping) -> None:
        if mapping.query is None:
            raise InvalidInputError("a SQL source needs a mapping with a query", field="mapping.query")
        self._mapping, self._query = mapping, mapping.query
        self._engine = _open(address)

    def test(self) -> Trial:
        """Count the rows with a role that cannot write."""
        with self._connect() as connection:
            rows = self._run(connection, f"SELECT COUNT(*) AS n FROM ({self._query}) q", {})  # noqa: S608 - the site's own mapping
        return Trial(rows=int(rows[0]["n"]))

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """Rows in the order of (watermark column, key), read again from an overlap before the last one."""
        column, key = self._mapping.watermark or self._mapping.key, self._mapping.key
        overlap = 0 if watermark.get(RESUMED) else self._mapping.overlap_seconds
        after = _stepped_back(watermark.get("at"), overlap) if overlap else watermark.get("at")
        at = watermark.get("key", "") if after == watermark.get("at") else ""
        later = f"WHERE ({column} > :after OR ({column} = :after AND {key} > :key))" if after else ""
        query = f"SELECT * FROM ({self._query}) q {later} ORDER BY {column}, {key}"  # noqa: S608
        with self._connect() as connection:
            values = {"after": after, "key": at} if after else {}
            for rows in self._stream(connection, query, values=values, size=size):
                last = rows[-1]
                yield Page(self._cases(connection, rows), {"at": _written(last[column]), "key": last[key]})

    def keys(self, size: int) -> Iterator[list[str]]:
        """The key of every row, as it is remembered."""
        columns = ", ".join(self._mapping.key_columns())
        with self._connect() as connection:
            query = f"SELECT {columns} FROM ({self._query}) q"  # noqa: S608 - the site's own mapping
            for rows in self._stream(connection, query, values={}, size=size):
                yield [self._mapping.key_of(row) for row in rows]

    def staff(self) -> list[Staff]:
        """The users table of the source, as the mapping names it."""
        table = self._mapping.staff
        if table is None:
            return []
        with self._connect() as connection:
            users = self._run(connection, table.query, {})
        return [
            Staff(
                name=str(user[table.name]),
                aliases=tuple(str(user[name]) for name in table.aliases if user[name] is not None),
                role=str(user[table.role] or "").casefold(),
                qualified=str(user[table.role] or "").casefold() in table.qualified_roles
                and bool(str(user[table.licence] or "").strip()),
                active=_is_true(user[table.active]),
            )
            for user in users
        ]

    def vocabulary(self) -> list[Said]:
        """The words and codes of the mapping's label query."""
        query = self._mapping.labels.get("query")
        if query is None:
            return []
        with self._connect() as connection:
            rows = self._run(connection, query, {})
        return [Said(str(row["label"] or ""), row["code"], int(row["n"])) for row in rows]

    def _cases(self, connection: Connection, rows: Sequence[Row]) -> list[Row | Broken]:
        joined = [dict(row) for row in rows]
        for name, related in self._mapping.related.items():
            keys = list({row[related.on] for row in joined if row[related.on] is not None})
            found: dict[Any, list[Row]] = {}
            for other in self._run(connection, related.query, {"keys": keys}) if keys else []:
                found.setdefault(other[related.key], []).append(other)
            for row in joined:
                row[name] = found.get(row[related.on], [])
        return [self._mapping.case(row) for row in joined]

    def _connect(self) -> Connection:
        try:
            connection = self._engine.connect()
        except OperationalError:
            raise PartDownError(
                "the source does not answer", fix="check its address and that it runs"
            ) from None
        if self._engine.dialect.name == "postgresql":
            found = connection.execute(text(_WRITABLE)).scalar()
            if found is not None:
                connection.close()
                raise WritableSourceError(
                    f"the role of this source may write the table {found}",
                    field="url",
                    fix="GRANT SELECT only, to a role of its own",
                )
        return connection

    def _run(self, connection: Connection, query: str, values: Mapping[str, Any]) -> Sequence[Row]:
        statement = text(query)
        if "keys" in values:
            statement = statement.bindparams(bindparam("keys", expanding=True))
        try:
            return [dict(row) for row in connection.execute(statement, dict(values)).mappings()]
        except DatabaseError as error:
            raise _misfit(error) from None

    def _stream(
        self, connection: Connection, query: str, *, values: Mapping[str, Any], size: int
    ) -> Iterator[list[Row]]:
        """The rows of one execution, a page at a time: the clinic sorts once, nothing piles up here."""
        try:
            streaming = connection.execution_options(stream_results=True)
            for rows in streaming.execute(text(query), dict(values)).mappings().partitions(size):
                yield [dict(row) for row in rows]
        except DatabaseError as error:
            raise _misfit(error) from None


def _misfit(error: DatabaseError) -> InvalidInputError:
    # The driver's message may quote values of rows: its class alone is told.
    return InvalidInputError(
        f"the mapping's query does not fit the source ({type(error.orig).__name__})",
        field="mapping.query",
        fix="run the query with the source's own client",
    )


def _open(address: str) -> Engine:
    try:
        url = make_url(address)
    except ArgumentError:
        raise InvalidInputError("the address is no database URL", field="url") from None
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        if not path.is_file():
            raise InvalidInputError("there is no database file at this address", field="url")
        # mode=ro: SQLite itself refuses every write.
        return create_engine(f"sqlite:///file:{quote(str(path.absolute()))}?mode=ro&uri=true")
    if url.get_backend_name() != "postgresql":
        raise InvalidInputError(
            f"{url.get_backend_name()} is not supported", field="url", fix="sqlite or postgresql"
        )
    options = f"-c default_transaction_read_only=on -c statement_timeout={_TIMEOUT_SECONDS * 1000}"
    return create_engine(
        url.set(drivername="postgresql+psycopg2"),
        connect_args={"options": options, "connect_timeout": 5},
        pool_size=1,
    )


def _written(value: Any) -> Any:
    """A watermark that JSON can keep and the same database can compare again."""
    return value.isoformat(sep=" ") if isinstance(value, datetime) else value


def _stepped_back(after: Any, seconds: int) -> Any:
    """The watermark less the overlap, in the form it has: clocks of a clinic's machines are not one."""
    if not isinstance(after, str) or not after:
        return after
    try:
        instant = datetime.fromisoformat(after)
    except ValueError:
        return after
    return (instant - timedelta(seconds=seconds)).isoformat(sep="T" if "T" in after else " ")


def _is_true(value: Any) -> bool:
    return str(value).strip().casefold() in ("1", "true", "t", "yes", "y")

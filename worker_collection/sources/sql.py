"""Clinic databases: read only, page by page after a watermark, joined with rows of other tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import bindparam, create_engine, text
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, OperationalError

from shared.errors import Error, InvalidInputError, PartDownError
from shared.registry.validators import Staff
from worker_collection.mapping import CaseMapping, Row
from worker_collection.sources.base import RESUMED, Broken, Page, Said, Trial
from worker_collection.sources.marks import cut_off, stepped_back, written
from worker_collection.sources.rights import check_reads_only

_AT = "rounds_at"
_GONE = ("OperationalError", "AdminShutdown", "CannotConnectNow")
_WHY = (
    ("password authentication failed", "the source does not take this password"),
    ("does not exist", "the source has no such database or role"),
    ("no pg_hba.conf entry", "the source does not let this machine in"),
)


class SqlSource:
    """One database behind an SQLAlchemy address."""

    def __init__(self, address: str, mapping: CaseMapping, *, now: datetime | None = None) -> None:
        """Open nothing yet; `now`, in the site's zone, keeps a row of the future from hiding others."""
        if mapping.query is None:
            raise InvalidInputError("a SQL source needs a mapping with a query", field="mapping.query")
        self._mapping, self._query, self._now = mapping, mapping.query, now
        self._engine = _open(address, mapping.timeout_seconds)

    def test(self) -> Trial:
        """Count the rows with a role that cannot write, and look for every column that the mapping names."""
        with self._connect() as connection:
            self._check_columns(connection, self._query, self._mapping.columns(), place="query")
            for name, related in self._mapping.related.items():
                query = re.sub(r"\bIN\s+:keys", "IN (NULL)", related.query)
                self._check_columns(connection, query, (related.key,), place=f"related.{name}")
            rows = self._run(connection, f"SELECT COUNT(*) AS n FROM ({self._query}) q", {})  # noqa: S608 - the site's own mapping
        self.staff()
        self.vocabulary()
        return Trial(rows=int(rows[0]["n"]))

    def pages(self, watermark: Mapping[str, Any], size: int) -> Iterator[Page]:
        """Rows in the order of (watermark column, key), read again from an overlap before the last one.

        Rows without a time come each time; so do those of a time that is still to come.
        """
        key, at, since = self._mapping.key, self._ordered_by(), watermark.get("at")
        later, values = self._later(watermark)
        query = f"SELECT q.*, {at} AS {_AT} FROM ({self._query}) q {later} ORDER BY {at} NULLS FIRST, {key}"  # noqa: S608
        with self._connect() as connection:
            for rows in self._stream(
                connection, query, values=values, size=min(size, self._mapping.page_size)
            ):
                yield Page(self._cases(connection, rows), self._mark(rows[-1], since))

    def count(self, watermark: Mapping[str, Any]) -> int:
        """How many rows there are to read after the watermark."""
        later, values = self._later(watermark)
        with self._connect() as connection:
            rows = self._run(connection, f"SELECT COUNT(*) AS n FROM ({self._query}) q {later}", values)  # noqa: S608
        return int(rows[0]["n"])

    def _later(self, watermark: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The condition on rows that come after a watermark, less the overlap, with its values."""
        overlap = 0 if watermark.get(RESUMED) else self._mapping.overlap_seconds
        key, at, since = self._mapping.key, self._ordered_by(), watermark.get("at")
        after = stepped_back(since, overlap) if overlap else since
        if not after:
            return "", {}
        last_key = watermark.get("key", "") if after == since else ""
        later = f"WHERE {at} IS NULL OR {at} > :after OR ({at} = :after AND {key} > :key)"
        return later, {"after": after, "key": last_key}

    def _mark(self, last: Row, since: Any) -> dict[str, Any]:
        """How far reading came: never beyond the present, and not back where rows have no time."""
        at = written(last[_AT])
        if at is None:
            return {"at": since, "key": ""}
        present = cut_off(at, self._now)
        return {"at": at, "key": last[self._mapping.key]} if present is None else {"at": present, "key": ""}

    def _ordered_by(self) -> str:
        """The time of a row; SQLite compares texts as texts, so they are brought to one spelling."""
        column = self._mapping.watermark or self._mapping.key
        if self._mapping.watermark is None or self._engine.dialect.name != "sqlite":
            return column
        as_time = f"CASE WHEN typeof({column}) = 'text' THEN strftime('%Y-%m-%d %H:%M:%f', {column}) END"
        return f"COALESCE({as_time}, {column})"

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
        except OperationalError as error:
            raise _unreached(error) from None
        try:
            if self._engine.dialect.name == "postgresql":
                check_reads_only(connection)
            else:
                connection.execute(text("SELECT count(*) FROM sqlite_master"))
        except DatabaseError as error:
            connection.close()
            if self._engine.dialect.name == "sqlite":
                raise InvalidInputError("the file is no SQLite database, or locked", field="url") from None
            raise _misfit(error) from None
        except Error:
            connection.close()
            raise
        return connection

    def _check_columns(
        self, connection: Connection, query: str, wanted: Sequence[str], *, place: str
    ) -> None:
        try:
            with closing(connection.execute(text(f"SELECT * FROM ({query}) q LIMIT 0"))) as found:  # noqa: S608
                there = set(found.keys())
        except DatabaseError as error:
            raise _misfit(error, place) from None
        missing = sorted(set(wanted) - there)
        if missing:
            raise InvalidInputError(
                f"the source has no column {', '.join(missing)}",
                field=f"mapping.{place}",
                fix="name the columns that its query gives",
            )

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


def _misfit(error: DatabaseError, place: str = "query") -> Error:
    # The driver's message may quote values of rows: its class alone is told.
    kind = type(error.orig).__name__
    if kind == "QueryCanceled":
        return PartDownError(
            "the source needs longer for a query than it is given",
            fix="an index on the watermark column, or timeout_seconds in the mapping",
        )
    if kind in _GONE and "sqlite3" not in type(error.orig).__module__:
        return PartDownError("the source went away", fix="check that it runs")
    return InvalidInputError(
        f"the mapping's query does not fit the source ({kind})",
        field=f"mapping.{place}",
        fix="run the query with the source's own client",
    )


def _unreached(error: OperationalError) -> PartDownError:
    """Why a database let nobody in, in the driver's own words where they hold no secret."""
    said = str(error.orig).casefold()
    why = next((sentence for word, sentence in _WHY if word in said), "the source does not answer")
    return PartDownError(why, fix="check its address and that it runs")


def _open(address: str, timeout_seconds: int) -> Engine:
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
    options = f"-c default_transaction_read_only=on -c statement_timeout={timeout_seconds * 1000}"
    return create_engine(
        url.set(drivername="postgresql+psycopg2"),
        connect_args={"options": options, "connect_timeout": 5},
        pool_size=1,
    )


def _is_true(value: Any) -> bool:
    return str(value).strip().casefold() in ("1", "true", "t", "yes", "y")

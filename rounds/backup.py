"""Everything of a site but its secret in one encrypted file: database, artifacts, the signing key."""

import io
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.pool import NullPool

from rounds.sealed_file import SealedWriter
from shared.config import Settings
from shared.embedded import start_postgres
from shared.embedded.places import postgres_binaries
from shared.embedded.server import HomeInUseError
from shared.errors import PartDownError
from shared.signing import key_file
from shared.storage.base import Storage
from shared.vault import Vault

DUMP, KEY, OBJECTS = "database.dump", "keys/audit.key", "artifacts/"
Said = Callable[[str], None]


def write(  # noqa: PLR0913 - what a site is made of
    out: Path, settings: Settings, *, storage: Storage, vault: Vault, now: datetime, say: Said
) -> dict[str, object]:
    """Write the backup; the file appears whole or not at all. Answers its header and counts.

    The database comes first: an artifact is stored before a row names it, so none is missing.

    Raises:
        PartDownError: the database does not answer.
        FileExistsError: the file exists.
    """
    scratch = out.with_name(f".{out.name}.part")
    with database_up(settings), tempfile.TemporaryDirectory(prefix="rounds-backup-") as folder:
        header = {"site": fingerprint(vault), "revision": revision(settings), "made_at": now.isoformat()}
        dump = Path(folder) / DUMP
        say("database")
        pg("pg_dump", settings, "--format=custom", "--no-owner", f"--file={dump}")
        out.parent.mkdir(parents=True, exist_ok=True)
        try:
            with scratch.open("xb") as file:
                scratch.chmod(0o600)
                count = _pack(SealedWriter(file, vault, header), dump, settings, storage=storage, say=say)
            _appear(scratch, out)
        finally:
            scratch.unlink(missing_ok=True)
    return header | {"file": str(out), "bytes": out.stat().st_size, "artifacts": count}


def fingerprint(vault: Vault) -> str:
    """Names the site's secret without telling it."""
    return vault.keyed_hash("site", "backup").hex()[:16]


def revision(settings: Settings) -> str:
    """The schema that the database has."""
    engine = create_engine(settings.database, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            return str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    finally:
        engine.dispose()


@contextmanager
def database_up(settings: Settings) -> Iterator[None]:
    """The site's database answers inside the block; the embedded one is started where no stack runs."""
    if settings.database_url is not None:
        yield
        return
    try:
        server = start_postgres(settings)
    except HomeInUseError:
        yield
        return
    try:
        yield
    finally:
        server.stop()


def pg(program: str, settings: Settings, *arguments: str) -> None:
    """Run one of Postgres' own programs on the site's database.

    Raises:
        PartDownError: it failed; its last line says why, and holds no row.
    """
    done = subprocess.run(
        [str(postgres_binaries() / program), *arguments],
        env=connection_of(settings),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        why = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise PartDownError(
            f"{program} failed: {why}", fix="is the database up, and is there room on the disk?"
        )


def connection_of(settings: Settings) -> dict[str, str]:
    """How Postgres' programs reach the database: by environment, so no process list shows a password."""
    url = make_url(settings.database)
    query: Mapping[str, object] = url.query
    parts = {
        "PGHOST": query.get("host", url.host),
        "PGPORT": query.get("port", url.port),
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": query.get("sslmode"),
        "PGSSLROOTCERT": query.get("sslrootcert"),
    }
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C"} | {
        name: str(value) for name, value in parts.items() if value
    }


def _pack(sealed: SealedWriter, dump: Path, settings: Settings, *, storage: Storage, say: Said) -> int:
    count = 0
    with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.PAX_FORMAT) as archive:  # type: ignore[call-overload]
        archive.add(dump, DUMP)
        if key_file(settings).exists():
            archive.add(key_file(settings), KEY)
        for count, key in enumerate(storage.keys(""), 1):
            _add(archive, key, storage)
            if count % 1000 == 0:
                say(f"{count} artifacts")
    sealed.close()
    return count


def _add(archive: tarfile.TarFile, key: str, storage: Storage) -> None:
    """One object, through a file that is kept in memory while it is small."""
    with tempfile.SpooledTemporaryFile(max_size=16 << 20) as copy:
        for piece in storage.stream(key):
            copy.write(piece)
        info = tarfile.TarInfo(OBJECTS + key)
        info.size, info.mode = copy.tell(), 0o600
        copy.seek(0, io.SEEK_SET)
        archive.addfile(info, copy)


def _appear(scratch: Path, out: Path) -> None:
    """Give the finished file its name, unless somebody else took it meanwhile."""
    out.hardlink_to(scratch)

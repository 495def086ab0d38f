"""A site brought back from its backup: nothing changes before all of the file was read and proven whole."""

import shutil
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from rounds.backup import DUMP, KEY, OBJECTS, database_up, fingerprint, pg
from rounds.sealed_file import BrokenBackupError, SealedReader
from shared.config import Settings
from shared.embedded import prepare_home
from shared.errors import ConflictError
from shared.registry.access import make_roles
from shared.registry.migrate import migrate
from shared.registry.schema import FOLDER
from shared.signing import key_file
from shared.storage.base import Storage
from shared.vault import Vault

Said = Callable[[str], None]
ROOM = 3  # times the file: unpacked, in the database, and some air


class NotEmptyError(ConflictError):
    """The site has data of its own; a backup is brought back into an empty one."""

    code = "site_not_empty"


def bring_back(
    file: Path, settings: Settings, *, storage: Storage, vault: Vault, say: Said
) -> dict[str, object]:
    """Restore the site; the answer is the backup's header and what came.

    Raises:
        BrokenBackupError: the file is no backup, is not whole, is of another site or of a later version.
        NotEmptyError: the site holds data.
        PartDownError: the database does not take it.
    """
    prepare_home(settings)
    unpacked = settings.root / "restore.part"
    shutil.rmtree(unpacked, ignore_errors=True)
    _check_room(file, settings.root)
    with file.open("rb") as raw:
        sealed = SealedReader(raw, vault)
        _check_header(sealed.header, vault)
        try:
            unpacked.mkdir(mode=0o700)
            say("reading the backup")
            count = _unpack(sealed, unpacked)
            with database_up(settings):
                _check_empty(settings, storage)
                _bring_in(unpacked, settings, storage=storage, say=say)
        finally:
            shutil.rmtree(unpacked, ignore_errors=True)
    return sealed.header | {"artifacts": count}


def _check_room(file: Path, home: Path) -> None:
    needed, free = ROOM * file.stat().st_size, shutil.disk_usage(home).free
    if free < needed:
        raise ConflictError(
            f"the disk has {free // 2**20} MB free and the restore needs {needed // 2**20} MB",
            field="home",
            fix="free some space",
        )


def _check_header(header: Mapping[str, object], vault: Vault) -> None:
    if header["site"] != fingerprint(vault):
        raise BrokenBackupError(
            "the backup was made with another site secret",
            field="file",
            fix="put that site's secret where ROUNDS_SITE_SECRET_FILE points",
        )
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    if header["revision"] not in known:
        raise BrokenBackupError(
            f"the backup has schema {header['revision']}, which this version does not know",
            field="file",
            fix="install the version that made it, or a later one",
        )


def _unpack(sealed: SealedReader, folder: Path) -> int:
    """Read to the end: only then every piece was proven. Names are ours, and checked all the same."""
    count = 0
    try:
        with tarfile.open(fileobj=sealed, mode="r|") as archive:  # type: ignore[call-overload]
            for member in archive:
                _check_name(member)
                archive.extract(member, folder, filter="data")
                count += member.name.startswith(OBJECTS)
    except tarfile.TarError:
        raise BrokenBackupError(
            "the backup's archive cannot be read", field="file", fix="use another copy"
        ) from None
    while sealed.read(1 << 20):
        pass
    return count


def _check_name(member: tarfile.TarInfo) -> None:
    parts = PurePosixPath(member.name).parts
    ours = member.name in (DUMP, KEY) or member.name.startswith(OBJECTS)
    if not member.isfile() or not ours or ".." in parts:
        raise BrokenBackupError("the backup holds what no backup holds", field="file", fix="use another copy")


def _check_empty(settings: Settings, storage: Storage) -> None:
    engine = create_engine(settings.database, poolclass=NullPool)
    try:
        with engine.connect() as connection:
            tables = connection.scalar(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"))
    finally:
        engine.dispose()
    if tables or next(iter(storage.keys("")), None) is not None:
        raise NotEmptyError(
            "this site holds data already", field="home", fix="name an empty home, database and store"
        )


def _fill(settings: Settings, dump: Path) -> None:
    """The roles first, then everything in one transaction, then what a newer version has added since."""
    engine = create_engine(settings.database, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            make_roles(connection)
    finally:
        engine.dispose()
    database = create_engine(settings.database).url.database
    pg("pg_restore", settings, "--single-transaction", "--no-owner", f"--dbname={database}", str(dump))
    migrate(settings)


def _bring_in(unpacked: Path, settings: Settings, *, storage: Storage, say: Said) -> None:
    """Artifacts, then the database in one transaction; what failed on the way leaves nothing behind."""
    put: list[str] = []
    try:
        say("artifacts")
        for key in _objects(unpacked):
            storage.put_file(key, unpacked / OBJECTS / key)
            put.append(key)
        say("database")
        _fill(settings, unpacked / DUMP)
    except BaseException:
        for key in put:
            storage.delete(key)
        raise
    key_kept = unpacked / KEY
    if key_kept.exists():
        key_kept.chmod(0o600)
        key_file(settings).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        key_kept.replace(key_file(settings))


def _objects(unpacked: Path) -> list[str]:
    below = unpacked / OBJECTS
    return sorted(path.relative_to(below).as_posix() for path in below.rglob("*") if path.is_file())

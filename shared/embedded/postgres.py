"""Postgres on a Unix socket in a private folder, owned by the stack that started it."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from shared.config import Settings
from shared.embedded import places
from shared.embedded.server import Server, await_ready, launch, take_lock
from shared.errors import PartDownError

OWNER = DATABASE = "rounds"
_INIT = (
    "--username=rounds", "--auth=trust", "--encoding=UTF8", "--locale=C",
    "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
)  # fmt: skip
# Statements and DETAIL lines would carry values of patients into the log.
_SETTINGS = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "jit": "off",
}


def start_postgres(settings: Settings, *, durable: bool = True) -> Server:
    """Start the server of this home and return when database and owner `rounds` are there.

    Args:
        settings: names home and sockets; `places.prepare_home` has run.
        durable: False for throw-away databases of tests, whose bytes never need to reach a disk.

    Raises:
        HomeInUseError: another stack runs on this home.
        PartDownError: the binary is missing or the server ends; the sentence says why.
    """
    who, bin_folder = places.account(), places.postgres_binaries()
    home = places.postgres_home(settings)
    log, data = settings.root / "logs" / "postgres.log", home / "postgres"
    lock = take_lock(settings.root / "postgres.lock")
    try:
        if not data.exists():
            _init(data, bin_folder, who=who, durable=durable)
        _remove_stale(data, settings.sockets)
        argv = [str(bin_folder / "postgres"), "-D", str(data), "-k", str(settings.sockets)]
        chosen = _SETTINGS if durable else _SETTINGS | {"fsync": "off", "full_page_writes": "off"}
        argv += [word for name, value in chosen.items() for word in ("-c", f"{name}={value}")]
        process = launch(argv, lock=lock, log=log, death=signal.SIGQUIT, who=who)
    finally:
        lock.close()
    server = Server("postgres", process, signal.SIGINT)
    await_ready(server, lambda: _answers(settings.sockets), log=log)
    _make_database(settings.sockets)
    return server


def _init(data: Path, bin_folder: Path, *, who: places.Account | None, durable: bool) -> None:
    """Make the data folder under another name first: one that exists is whole, also after a kill."""
    scratch = data.with_name("postgres.making")
    shutil.rmtree(scratch, ignore_errors=True)
    sync = "--sync-method=syncfs" if durable else "--no-sync"
    done = subprocess.run(
        [str(bin_folder / "initdb"), "-D", str(scratch), *_INIT, sync],
        capture_output=True,
        text=True,
        cwd="/",
        env={"PATH": os.defpath, "LC_ALL": "C"},
        check=False,
        **places.drop_to(who),
    )
    if done.returncode != 0:
        shutil.rmtree(scratch, ignore_errors=True)
        why = (done.stderr.strip().splitlines() or ["no word of why"])[-1]
        raise PartDownError(
            f"the database folder could not be made: {why}", fix=f"free space or rights on {data.parent}"
        )
    scratch.rename(data)


def _remove_stale(data: Path, sockets: Path) -> None:
    """Remove what a killed server left: we hold its lock, so nobody runs on the folder.

    Postgres itself would take a recycled or zombie process id in its pid file for a living server.
    """
    stale = (data / "postmaster.pid", sockets / ".s.PGSQL.5432", sockets / ".s.PGSQL.5432.lock")
    for path in stale:
        path.unlink(missing_ok=True)


def _answers(sockets: Path) -> bool:
    try:
        psycopg2.connect(host=str(sockets), user=OWNER, dbname="postgres", connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def _make_database(sockets: Path) -> None:
    connection = psycopg2.connect(host=str(sockets), user=OWNER, dbname="postgres", connect_timeout=5)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")
    finally:
        connection.close()

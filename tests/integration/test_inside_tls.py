"""What docker-compose.yml starts its servers with, on real ones: TLS by the site's authority, or nothing."""

import getpass
import os
import shutil
import subprocess
import tempfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2
import pytest
import redis
from kombu import Connection
from obstore.exceptions import BaseError

from deployer_service.serve_http import ModelServerHttp, Routes
from shared import authority
from shared.config import load_settings
from shared.embedded.places import account
from shared.errors import PartDownError
from shared.serving.open import open_model_server
from shared.serving.token import internal_token
from shared.storage import promises
from shared.storage.objects import open_storage
from shared.tls import CertificateError, client_context, server_context
from tests import seaweed
from tests.house.compose_file import FILE, read
from tests.ports import free_ports
from tests.waiting import until

HOST = "localhost"
SERVICES = read(FILE.read_text())["services"]
# The wheel's broker speaks no TLS; this program of Debian's redis-tools is a server under another name.
BROKER = shutil.which("redis-check-rdb")
POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    """The folder of certificates of this host, and one of another authority."""
    folder = tmp_path_factory.mktemp("tls")
    for name in ("ours", "theirs"):
        authority.keep(folder / name, [HOST], now=datetime.now(UTC))
    return folder


def tls_url(folder: Path, port: int, *, certificate: bool = True) -> str:
    """The broker's address as compose spells it, with this folder."""
    wanted = SERVICES["api"]["environment"]["ROUNDS_BROKER_URL"].replace("/tls/", f"{folder}/{HOST}/")
    wanted = wanted.replace("redis:6379", f"{HOST}:{port}")
    return wanted if certificate else wanted.partition("&ssl_certfile")[0]


@contextmanager
def running(argv, **how):
    process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **how)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return redis.from_url(url).ping()
    except redis.RedisError:
        return False


@pytest.fixture(scope="module")
def broker(laid, tmp_path_factory):
    """A real server with compose's own options, and its port."""
    if BROKER is None:
        pytest.skip("NO REDIS WITH TLS FOUND: install redis-tools; the broker's door is untested")
    port = free_ports()
    told = SERVICES["redis"]["command"][3:]
    told = [one.replace("/run/tls", f"{laid}/ours/{HOST}").replace("6379", str(port)) for one in told]
    folder = tmp_path_factory.mktemp("broker")
    with running(["redis-server", *told, "--bind", "127.0.0.1"], executable=BROKER, cwd=folder):
        until(lambda: answers(tls_url(laid / "ours", port)))
        yield port


def test_the_broker_carries_messages_for_who_shows_a_certificate(laid, broker):
    with Connection(tls_url(laid / "ours", broker)) as connection, connection.SimpleQueue("q") as queue:
        queue.put({"id": "1"})
        assert queue.get(timeout=5).payload == {"id": "1"}


def test_the_broker_lets_in_nobody_else(laid, broker):
    assert not answers(f"redis://{HOST}:{broker}/0")
    assert not answers(tls_url(laid / "ours", broker, certificate=False))
    assert not answers(tls_url(laid / "theirs", broker))


@pytest.mark.parametrize("act", [["FLUSHALL"], ["SHUTDOWN"], ["CONFIG", "SET", "maxmemory", "1"]])
def test_nobody_stops_empties_or_reconfigures_the_broker(laid, broker, act):
    with pytest.raises(redis.exceptions.NoPermissionError):
        redis.from_url(tls_url(laid / "ours", broker)).execute_command(*act)


def lay_out(source: Path, target: Path, user: str) -> None:
    """What a server's container does before the server starts."""
    shell, flags, script = (word.replace("$$", "$") for word in SERVICES["postgres"]["entrypoint"])
    script = script.replace("/run/tls", str(target)).replace("/tls/*", f"{source}/*")
    subprocess.run([shell, flags, script, user, "true"], check=True)


@pytest.fixture(scope="module")
def database(laid):
    """A real Postgres with compose's own options and door, and its port."""
    if POSTGRES is None:
        pytest.skip("NO POSTGRES WITH TLS FOUND: install postgresql; the database's door is untested")
    who = account()
    how = {"user": who.uid, "group": who.gid, "extra_groups": []} if who else {}
    with tempfile.TemporaryDirectory(prefix="rounds-tls-") as name:  # short, and open to that account
        folder = Path(name)
        given, data = folder / "tls", folder / "data"
        lay_out(laid / "ours" / HOST, given, who.name if who else getpass.getuser())
        (folder / "password").write_text("secret")
        for place in (folder, folder / "password") if who else ():
            os.chown(place, who.uid, who.gid)
        make = [POSTGRES.parent / "initdb", "-D", data, "-U", "rounds", "--no-sync"]
        make.append(f"--pwfile={folder}/password")
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, **how)
        port = free_ports()
        told = [one.replace("/run/tls", str(given)) for one in SERVICES["postgres"]["command"][3:]]
        with running([POSTGRES, "-D", data, "-k", folder, "-p", str(port), *told], **how):
            until(lambda: connected(laid / "ours", port))
            yield port


def connected(folder: Path, port: int, mode: str = "verify-full", host: str = HOST) -> str | None:
    """Which TLS a connection has; None where it is refused."""
    address = f"host={host} port={port} user=rounds password=secret dbname=postgres sslmode={mode}"
    try:
        connection = psycopg2.connect(f"{address} sslrootcert={folder}/{HOST}/ca.pem")
    except psycopg2.OperationalError:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        (version,) = cursor.fetchone()
    connection.close()
    return version


def test_the_database_answers_over_tls_to_who_knows_its_authority(laid, database):
    assert connected(laid / "ours", database) == "TLSv1.3"
    assert connected(laid / "ours", database, mode="disable") is None
    assert connected(laid / "theirs", database) is None
    assert connected(laid / "ours", database, host="127.0.0.1") is None  # a name that is not its own


def test_the_store_answers_over_tls_to_who_knows_its_authority(laid, tmp_path, monkeypatch):
    ours = laid / "ours" / HOST
    with seaweed.running(tmp_path, tls=ours) as endpoint:
        seaweed.make_bucket(endpoint, "kept", locked=True, authority=ours / "ca.pem")
        told = {"home": tmp_path / "home", "storage_url": "s3://kept", "s3_endpoint": endpoint}
        told |= {"s3_access_key": seaweed.ACCESS, "s3_secret_key": seaweed.SECRET}
        settings = load_settings(**told, tls_authority=ours / "ca.pem")
        open_storage(settings).put("a/b", b"bytes")
        assert open_storage(settings).get("a/b") == b"bytes"
        assert promises.bucket_of(settings).send("GET", now=datetime.now(UTC)).status == 200
        stranger = load_settings(**told, tls_authority=laid / "theirs" / HOST / "ca.pem")
        with pytest.raises(BaseError):
            open_storage(stranger).put("a/c", b"bytes")
        clear = load_settings(**told | {"s3_endpoint": endpoint.replace("https", "http")})
        with pytest.raises(BaseError):
            open_storage(clear).put("a/d", b"bytes")


class Nothing:
    """A memory without a version."""

    def loaded(self):
        return []


def test_the_model_server_answers_over_tls_to_who_knows_its_authority(laid, tmp_path):
    ours, port = laid / "ours" / HOST, free_ports()
    url = f"https://{HOST}:{port}"
    settings = load_settings(home=tmp_path, model_server_url=url, tls_authority=ours / "ca.pem")
    routes = Routes(Nothing(), internal_token(settings), lambda: {"state": "ready"})
    server = ModelServerHttp(f"127.0.0.1:{port}", routes, server_context(ours / "both.pem"))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        assert open_model_server(settings, None).loaded() == []
        stranger = settings.model_copy(update={"tls_authority": laid / "theirs" / HOST / "ca.pem"})
        clear = settings.model_copy(update={"model_server_url": url.replace("https", "http")})
        for other in (stranger, clear):
            with pytest.raises(PartDownError):
                open_model_server(other, None).loaded()
    finally:
        server.shutdown()
        server.server_close()


def test_what_stands_is_kept_and_what_ends_soon_is_written_anew(tmp_path):
    now = datetime.now(UTC)
    assert authority.keep(tmp_path, ["postgres", "redis"], now=now) == ["postgres", "redis"]
    before = {file: file.read_bytes() for file in tmp_path.rglob("*.pem")}
    assert authority.keep(tmp_path, ["postgres", "redis"], now=now + timedelta(days=300)) == []
    assert before == {file: file.read_bytes() for file in tmp_path.rglob("*.pem")}
    later = now + timedelta(days=authority.SERVER_DAYS - authority.RENEW_DAYS + 1)
    (tmp_path / "redis" / "key.pem").unlink()
    assert authority.keep(tmp_path, ["redis"], now=now) == ["redis"]
    assert authority.keep(tmp_path, ["postgres"], now=later) == ["postgres"]
    assert authority.ends(tmp_path / "postgres" / "certificate.pem") > later + timedelta(days=300)
    assert all(file.stat().st_mode & 0o077 == 0 for file in tmp_path.rglob("*.pem"))


def test_half_an_authority_and_a_name_that_is_none_are_refused(tmp_path):
    with pytest.raises(authority.AuthorityError, match="no host name"):
        authority.keep(tmp_path, ["../postgres"], now=datetime.now(UTC))
    authority.keep(tmp_path, ["postgres"], now=datetime.now(UTC))
    (tmp_path / "authority" / "key.pem").unlink()
    with pytest.raises(authority.AuthorityError, match="only one is there"):
        authority.keep(tmp_path, ["postgres"], now=datetime.now(UTC))


def test_a_file_that_is_no_certificate_is_named(tmp_path):
    (tmp_path / "ca.pem").write_text("none")
    for opened in (client_context, server_context):
        with pytest.raises(CertificateError, match="cannot be used for TLS"):
            opened(tmp_path / "ca.pem")

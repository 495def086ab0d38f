"""`rounds backup` and `rounds restore`: a whole site, proven, or nothing at all."""

import json
import shutil

import psycopg2
import pytest
from sqlalchemy import text

from bench import restore as restore_drill
from rounds.main import run
from rounds.sealed_file import PIECE_BYTES, BrokenBackupError, SealedReader, SealedWriter
from shared.backends import files
from shared.broker.notary import Notary
from shared.config import load_settings
from shared.registry.session import make_sessions
from shared.signing import open_signer
from shared.storage.objects import open_storage
from shared.vault import Vault, open_vault
from tests.factories import NOW


@pytest.fixture
def filled(cli, settings, sessions, tmp_path):
    """A site with cases, a data set, a stored model and a signed trail, and its backup."""
    open_vault(settings.secret_file)
    rows = [
        {"source_id": f"c-{n}", "person": f"p-{n}", "text": f"Swollen toe since {n} days", "diagnosis": label}
        for n, label in enumerate(["Gout", "Psoriasis"] * 20)
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli("cases", "import", str(file), "--curated", "--json")[0] == 0
    assert cli("dataset", "seal", "--json")[0] == 0
    storage = open_storage(settings)
    files.store(storage, {"adapter.safetensors": bytes(3 << 20), "rounds.json": b"{}"})
    Notary(sessions, storage=storage, signer=open_signer(settings), clock=lambda: NOW).turn(at=1e9)
    out = tmp_path / "site.backup"
    code, said, err = cli("backup", "--out", str(out), "--json")
    assert code == 0, err
    return out, json.loads(said), storage


@pytest.fixture
def elsewhere(settings, postgres_server, tmp_path, capsys, monkeypatch):
    """An empty site without a secret; answers its settings and a command line on it."""
    home, name = tmp_path / "elsewhere", f"restored_{tmp_path.name}"
    (home / "keys").mkdir(parents=True, mode=0o700)
    home.chmod(0o700)
    administer(postgres_server, f'CREATE DATABASE "{name}" TEMPLATE template0')
    base, query = settings.database_url.split("?")
    url = f"{base.rpartition('/')[0]}/{name}?{query}"
    there = load_settings(home=home, database_url=url, broker_url=settings.broker_url)

    def command(*arguments):
        monkeypatch.setenv("ROUNDS_DATABASE_URL", there.database_url)
        code = run(["--home", str(home), *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    yield there, command
    administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


def administer(server, statement: str) -> None:
    connection = psycopg2.connect(host=str(server.sockets), user="rounds", dbname="postgres")
    connection.autocommit = True
    connection.cursor().execute(statement)
    connection.close()


def counts(settings) -> dict[str, int]:
    sessions = make_sessions(settings, pool_size=1)
    with sessions() as session:
        tables = ("validated_cases", "dataset_members", "audit_events", "audit_checkpoints", "outbox")
        return {name: session.scalar(text(f"SELECT count(*) FROM {name}")) for name in tables}


def test_a_site_comes_back_whole_and_is_proven(filled, elsewhere, settings):
    out, told, storage = filled
    there, command = elsewhere
    shutil.copy(settings.secret_file, there.root / "keys")
    assert told["artifacts"] == len(list(storage.keys("")))
    code, said, err = command("restore", str(out), "--json")
    assert code == 0, err
    assert json.loads(said)["faults"] == []
    assert counts(there) == counts(settings)
    again = open_storage(there)
    assert {key: again.get(key) for key in again.keys("")} == {
        key: storage.get(key) for key in storage.keys("")
    }
    assert not (there.root / "restore.part").exists()
    code, _, err = command("restore", str(out))
    assert code == 1 and "holds data already" in err


def test_a_backup_tells_nothing_and_is_for_its_owner_alone(filled, cli):
    out, *_ = filled
    raw = out.read_bytes()
    assert b"Swollen" not in raw and b"Psoriasis" not in raw and b"safetensors" not in raw
    assert out.stat().st_mode & 0o077 == 0
    code, _, err = cli("backup", "--out", str(out))
    assert code == 1 and "exists" in err


@pytest.mark.parametrize("harm", ["cut", "flipped", "other", "nothing"])
def test_what_is_not_whole_changes_nothing(filled, elsewhere, settings, harm):
    out, *_ = filled
    there, command = elsewhere
    shutil.copy(settings.secret_file, there.root / "keys")
    raw = out.read_bytes()
    harmed = {
        "cut": raw[:-40],
        "flipped": raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 1]) + raw[len(raw) // 2 + 1 :],
        "other": b"PK" + raw,
        "nothing": b"",
    }[harm]
    out.write_bytes(harmed)
    code, _, err = command("restore", str(out))
    assert code == 2 and "→" in err and "Traceback" not in err
    assert list(open_storage(there).keys("")) == []
    assert not (there.root / "restore.part").exists()


def test_another_sites_backup_is_refused_by_name(filled, elsewhere):
    out, *_ = filled
    there, command = elsewhere
    code, _, err = command("restore", str(out))
    assert code == 2 and "site secret" in err
    open_vault(there.secret_file)
    code, _, err = command("restore", str(out))
    assert code == 2 and "another site secret" in err


def test_pieces_fit_only_their_own_place(tmp_path, vault: Vault):
    path, header = tmp_path / "f", {"site": "s", "revision": "r"}
    with path.open("wb") as file:
        sealed = SealedWriter(file, vault, header)
        data = bytes(range(256)) * (PIECE_BYTES // 100)
        sealed.write(data)
        sealed.close()
    with path.open("rb") as file:
        assert SealedReader(file, vault).read() == data
    raw = path.read_bytes()
    start = raw.index(b"}") + 1
    size = 4 + int.from_bytes(raw[start : start + 4], "big")
    first, second = raw[start : start + size], raw[start + size : start + 2 * size]
    path.write_bytes(raw[:start] + second + first + raw[start + 2 * size :])
    with path.open("rb") as file, pytest.raises(BrokenBackupError, match="piece 1"):
        SealedReader(file, vault).read()


def test_a_backup_comes_back_on_a_server_that_knows_none_of_our_roles(monkeypatch, tmp_path):
    """The drill's two servers are new ones: roles belong to a server, and no dump holds them."""
    monkeypatch.setattr("bench.figures.RESULTS", tmp_path)
    assert restore_drill.main(20) == 0

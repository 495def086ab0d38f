"""`rounds verify` on a site whose bytes were altered."""

import json

import pytest
from sqlalchemy import create_engine, text

from shared.backends import files
from shared.broker.notary import Notary
from shared.registry import audit_chain, evidence
from shared.signing import open_signer
from shared.storage.objects import open_storage
from tests.factories import NOW, a_version


@pytest.fixture
def proven(cli, settings, sessions, tmp_path):
    """A site with a data set, a version's files and a release, all of it signed; answers how it verifies.

    Other versions of the factory have no files, and are named by every proof that asks for them.
    """
    rows = [
        {"source_id": f"c-{n}", "person": f"p-{n}", "text": f"Swollen toe since {n} days", "diagnosis": label}
        for n, label in enumerate(["Gout", "Psoriasis"] * 20)
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert cli("cases", "import", str(file), "--curated", "--json")[0] == 0
    assert cli("dataset", "seal", "--json")[0] == 0
    storage = open_storage(settings)
    folder = files.store(storage, {"adapter.safetensors": b"weights", "rounds.json": b"{}"})
    with sessions.begin() as session:
        data = session.execute(text("SELECT id FROM dataset_versions")).scalar_one()
        version = a_version(session, digest=folder.split("/")[1], dataset_version_id=data)
        evidence.append(session, version, transition="promote", actor="rule", body={"n": 1}, at=NOW)
    Notary(sessions, storage=storage, signer=open_signer(settings), clock=lambda: NOW).turn(at=1e9)

    def verify(*options):
        code, out, _ = cli("verify", "--json", *options)
        return code, json.loads(out)["faults"]

    return verify


def altered(settings, pattern: str) -> None:
    """Change the last byte of the one artifact that the pattern names."""
    (path,) = (settings.root / "artifacts").glob(pattern)
    path.chmod(0o600)
    data = path.read_bytes()
    path.write_bytes(data[:-2] + bytes([data[-2] ^ 1]) + data[-1:])


def as_owner(settings, statement: str) -> None:
    engine = create_engine(settings.database)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))
        connection.execute(text(statement))
    engine.dispose()


def test_a_site_that_nobody_touched_is_proven(proven, tmp_path):
    code, faults = proven("--only", "audit", "--only", "evidence", "--only", "models")
    assert (code, faults) == (0, {"audit": [], "evidence": [], "models": []})
    assert proven("--only", "audit", "--files", str(tmp_path / "trail"))[0] == 0
    assert {path.name for path in (tmp_path / "trail").iterdir()} >= {"audit.jsonl", "verifier.py"}


def test_an_altered_model_is_named(proven, settings):
    altered(settings, "models/*/adapter.safetensors")
    code, faults = proven("--only", "models")
    assert code == 1 and "not those of model" in faults["models"][0]


def test_an_altered_manifest_is_named(proven, settings):
    altered(settings, "datasets/*/manifest.jsonl")
    _, faults = proven("--only", "datasets")
    assert any("diagnosis-data-1 is not the one that was sealed" in fault for fault in faults["datasets"])


def test_altered_members_are_named(proven, settings):
    as_owner(settings, "UPDATE dataset_members SET label = 'Gout' WHERE label = 'Psoriasis'")
    _, faults = proven("--only", "datasets")
    assert any("20 members of diagnosis-data-1 " in fault for fault in faults["datasets"])


def test_altered_evidence_is_named_although_its_chain_was_written_anew(proven, settings):
    as_owner(settings, "DELETE FROM evidence_records")
    _, faults = proven("--only", "evidence")
    assert faults["evidence"] == ["evidence record 1 was signed and is gone"]


def test_a_checkpoint_from_a_mail_is_taken_and_a_wrong_one_refused(proven, sessions, cli):
    with sessions() as session:
        mailed = audit_chain.newest(session).text()
    assert proven("--only", "audit", "--checkpoint", mailed)[0] == 0
    code, _, err = cli("verify", "--checkpoint", "nonsense")
    assert code == 2 and "no checkpoint" in err and "Traceback" not in err
    code, _, err = cli("verify", "--only", "weather")
    assert code == 2 and "audit, evidence" in err


def test_a_site_that_never_ran_says_so(cli):
    code, _, err = cli("verify")
    assert code == 2 and "start the stack once" in err

"""`rounds evidence` and `rounds verify --pack`: what a folder says follows from its records, or is named."""

import json

import pytest
from sqlalchemy import text

from shared.broker.notary import Notary
from shared.registry import alerts, audit, evidence
from shared.registry.alerts import Trouble
from shared.signing import open_signer
from shared.storage.objects import open_storage
from shared.verifier import canonical
from tests.factories import NOW, a_plan, a_prediction, a_version


@pytest.fixture
def pack(cli, settings, sessions, tmp_path):
    """A pack over a promotion, a refusal, answers and an alert."""
    with sessions.begin() as session:
        good, bad = a_version(session), a_version(session, gate="fail")
        for version, to in ((good, "live"), (bad, "rejected")):
            body = {"reason": "<b>because</b>"}
            evidence.append(session, version, transition=f"gated>{to}", actor="rule", body=body, at=NOW)
        a_plan(session, good)
        audit.write(session, act="read", subject=("cases", "1"), actor="key:ann", at=NOW)
        for _ in range(3):
            a_prediction(session, good)
        alerts.raise_alert(session, Trouble("rejected", "warning", "k", "refused", "no"), now=NOW)
    storage, signer = open_storage(settings), open_signer(settings)
    Notary(sessions, storage=storage, signer=signer, clock=lambda: NOW).turn(at=1e9)
    out = tmp_path / "pack"
    code, said, err = cli(
        "evidence",
        "--from",
        "2026-03-01",
        "--to",
        "2026-04-01",
        "--out",
        str(out),
        "--name",
        "St. Ann",
        "--json",
    )
    assert code == 0, err
    assert json.loads(said)["folder"] == str(out)
    return out


@pytest.fixture
def proven(cli):
    def verify(folder):
        code, said, _ = cli("verify", "--pack", str(folder), "--json")
        return code, json.loads(said)["faults"]["pack"]

    return verify


def test_a_pack_states_what_was_declared_beforehand(pack):
    declared = json.loads((pack / "summary.json").read_text())["declared"]
    assert declared["labels_added"] == 10_000
    assert "without a new authorisation" in (pack / "index.html").read_text()


def test_a_pack_says_what_happened_and_is_proven(pack, proven):
    assert proven(pack) == (0, [])
    told = json.loads((pack / "summary.json").read_text())
    assert [one["transition"] for one in told["modifications"]] == ["gated>live", "gated>rejected"]
    assert told["impact"]["promotions"] == 1
    assert list(told["impact"]["answers_by_version"].values()) == [3]
    assert {one.get("verdict", one.get("transition")) for one in told["refusals"]} == {
        "fail",
        "gated>rejected",
    }
    page = (pack / "index.html").read_text()
    assert "St. Ann" in page and "&lt;b&gt;because" in page and "<b>because" not in page


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("records/evidence_records.jsonl", "records/evidence_records.jsonl is not as it was signed"),
        ("records/exposures.jsonl", "impact of the summary does not follow"),
        ("summary.json", "summary.json is not as it was signed"),
        ("index.html", "index.html does not follow from the records"),
        ("evidence.pdf", "evidence.pdf does not follow from the records"),
        ("audit.jsonl", "audit.jsonl is not as it was signed"),
        ("manifest.json", "the manifest bears no signature"),
    ],
)
def test_what_was_altered_is_named(pack, proven, name, says):
    path = pack / name
    changed = {
        "records/exposures.jsonl": lambda raw: raw.replace('"answers":3', '"answers":4'),
        "manifest.json": lambda raw: raw.replace("St. Ann", "St. Bob"),
    }.get(name, lambda raw: raw.replace("live", "lively").replace('"key', '"kex').replace("cli:", "clj:"))
    before = path.read_text()
    path.write_text(changed(before))
    assert path.read_text() != before
    code, found = proven(pack)
    assert code == 1 and any(says in one for one in found), found


def test_files_that_came_or_went_are_named(pack, proven, cli):
    (pack / "note.txt").write_text("x")
    (pack / "records" / "alerts.jsonl").unlink()
    _, found = proven(pack)
    assert "note.txt was added" in found and "records/alerts.jsonl is missing" in found
    code, _, err = cli("verify", "--pack", str(pack.parent))
    assert code == 2 and "no evidence pack" in err


def test_a_summary_signed_by_somebody_else_is_no_evidence(pack, proven, settings, tmp_path):
    other = open_signer(settings.model_copy(update={"home": tmp_path / "other"}))
    manifest = json.loads((pack / "manifest.json").read_text())
    (pack / "manifest.sig").write_text(other.sign(canonical(manifest).encode()))
    assert "the manifest bears no signature of this site" in proven(pack)[1]


def test_a_period_is_refused_when_it_cannot_be(cli, settings, sessions, tmp_path):
    open_signer(settings)
    with sessions() as session:
        assert session.scalar(text("SELECT 1")) == 1
    arguments = ("--from", "2026-04-01", "--to", "2026-03-01", "--out", str(tmp_path / "p"))
    code, _, err = cli("evidence", *arguments)
    assert code == 2 and "ends before it begins" in err
    assert not (tmp_path / "p").exists()

"""An LLM's whole way on real parts: a type, cases, a data set, a training, its exam, its answers."""

import json
from uuid import UUID

import pytest

from deployer_service import deps as deployer
from deployer_service.evaluate import judge_version
from deployer_service.serve import serving
from shared.domain.cycle import JobState, VersionState
from shared.notify.apprise import open_notifier
from shared.registry import jobs
from shared.registry.tables import GateDecision, ModelVersion
from shared.serving.local import LocalModelServer
from shared.serving.token import internal_token
from shared.storage.objects import open_storage
from shared.vault import open_vault
from tests.ports import free_ports
from tests.small_llm import examples, write_base
from worker_training import deps as trainer
from worker_training.train import run_job


def answer(result):
    code, out, err = result
    assert code == 0, err
    return json.loads(out)


@pytest.fixture
def cases(tmp_path):
    """A case file of three diseases, one person a case."""
    rows = [
        {"source_id": f"{row.case_id}-{n}", "person": f"{row.person_id}-{n}", "model_type": "reason",
         "text": f"{row.text} {n}", "diagnosis": row.label}
        for row in examples()
        for n in range(3)
    ]  # fmt: skip
    file = tmp_path / "cases.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file, len(rows)


def test_an_llm_is_trained_examined_served_and_evaluated(cli, settings, sessions, cases, tmp_path):
    file, count = cases
    base = write_base(tmp_path / "base")
    answer(cli("types", "add", "reason", "--family", "causal_lm", "--base", str(base), "--json"))
    answer(cli("cases", "import", str(file), "--model-type", "reason", "--curated", "--json"))
    sealed = answer(cli("dataset", "seal", "--model-type", "reason", "--json"))["dataset_version"]
    recipe = ("learning_rate=0.01", "top_layers=2", "epochs=4", "max_tokens=64")
    wishes = [part for one in recipe for part in ("--set", one)]
    told = answer(cli("train", "--model-type", "reason", "--dataset", sealed, *wishes, "--json"))
    vault, storage = open_vault(settings.secret_file), open_storage(settings)
    run_job(UUID(told["job_id"]), trainer.Deps(settings, sessions, settings.clock, vault, storage))
    with sessions() as session:
        job = jobs.get(session, UUID(told["job_id"]))
        assert job.state is JobState.COMPLETED, job.result
        version = session.query(ModelVersion).filter_by(job_id=job.id).one()
    here = settings.model_copy(update={"model_server_bind": f"127.0.0.1:{free_ports()}"})
    client = LocalModelServer(here.model_servers[0], internal_token(here))
    with serving(here):
        notifier = open_notifier(here)
        judge_version(version.id, deployer.Deps(here, sessions, here.clock, vault, client, notifier))
        served = client.answer(version.digest, ["burning on passing urine, no fever"])
    with sessions() as session:
        decision = session.query(GateDecision).filter_by(model_version_id=version.id).one()
        state = session.get(ModelVersion, version.id).state
    assert decision.verdict in ("pass", "fail", "inconclusive")
    assert state in (VersionState.LIVE, VersionState.REJECTED)
    assert served[0].label == "Urinary infection"
    found = answer(cli("evaluate", "--model-version", version.name, "--cases", str(file), "--json"))
    assert len(found["predictions"]) == found["metrics"]["n"] == count
    assert found["metrics"]["accuracy"] > 0.8

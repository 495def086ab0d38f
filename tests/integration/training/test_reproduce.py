"""A finished job trained again shows equal bytes, or where they part and what was not as it was."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from shared.backends.base import FitRequest, Pictures
from shared.registry import jobs
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import AuditEvent, ModelVersion
from tests import small_model
from tests.factories import a_case, a_dataset, a_job, a_member
from worker_training.deps import FIT
from worker_training.reproduce import CannotReproduceError, reproduce, unshelved
from worker_training.train import run_job


def test_the_same_inputs_give_the_same_bytes_and_the_trail_says_so(deps, sessions, queued):
    job_id = queued()
    run_job(job_id, deps)
    found = reproduce(job_id, deps, actor="tester")
    assert (found.equal, found.parts, dict(found.changed)) == (True, [], {})
    assert found.again == found.digest
    with sessions() as session:
        trail = session.scalars(select(AuditEvent.details).where(AuditEvent.act == "reproduce")).one()
        assert trail["equal"] is True
        assert len(session.scalars(select(ModelVersion)).all()) == 1
    assert list((deps.settings.root / "reproduce").iterdir()) == []


def test_what_was_not_as_it_was_is_named_beside_where_the_bytes_part(deps, sessions, queued):
    job_id = queued()
    run_job(job_id, deps)
    with sessions.begin() as session:
        job = jobs.get(session, job_id)
        job.seed = 7
        job.provenance = {**job.provenance, "code": {"version": "0", "sha256": "other"}}
    found = reproduce(job_id, deps, actor="tester")
    assert (found.equal, found.parts) == (False, [{"file": "rounds.json", "facts": ["seed"]}])
    assert found.changed["code"]["then"] == {"version": "0", "sha256": "other"}


def test_a_job_without_a_version_cannot_be_reproduced(deps, sessions, queued):
    job_id = queued(trouble="invalid_input")
    run_job(job_id, deps)
    with pytest.raises(CannotReproduceError):
        reproduce(job_id, deps, actor="tester")


def test_a_second_training_that_fails_says_why(deps, sessions, queued):
    job_id = queued()
    run_job(job_id, deps)
    with sessions.begin() as session:
        job = jobs.get(session, job_id)
        job.recipe = {"trouble": "invalid_input"}
    with pytest.raises(CannotReproduceError, match="allow no counting"):
        reproduce(job_id, deps, actor="tester")


def test_a_reproduction_uses_nothing_that_the_first_training_left(tmp_path):
    seen = Pictures([], tmp_path, tmp_path / "shelf")
    wanted = FitRequest([], [], "base", {}, 1, tmp_path, pictures=seen, shelf=tmp_path / "shelf")
    bare = unshelved(wanted)
    assert (bare.shelf, bare.pictures.shelf, bare.pictures.folder) == (None, None, tmp_path)
    assert unshelved(FitRequest([], [], "base", {}, 1, tmp_path)).pictures is None


def test_a_real_classifier_is_made_again_byte_for_byte(deps, sessions, vault):
    """The whole road of the real family: queue, device, trainer, store, and all of it again."""
    with sessions.begin() as session:
        dataset = a_dataset(session)
        for example in small_model.examples()[::3]:
            sealed = vault.seal(example.text.encode(), CASE_PURPOSE)
            a_member(session, dataset, a_case(session, diagnosis=example.label, input_sealed=sealed))
        recipe = {"epochs": 1, "batch_size": 6}
        job_id = a_job(session, dataset_version_id=dataset.id, recipe=recipe).id
    real = replace(deps, trainer=FIT, settings=deps.settings.model_copy(update={"lease_seconds": 30.0}))
    run_job(job_id, real)
    with sessions() as session:
        job = jobs.get(session, job_id)
    assert job.error_message is None
    assert job.provenance["kernels"]["torch"].startswith("2.")
    assert job.provenance["kernels"]["threads"] == 1
    found = reproduce(job_id, real, actor="tester")
    assert (found.equal, found.parts, dict(found.changed)) == (True, [], {})

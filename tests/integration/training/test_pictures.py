"""A job of pictures: what its trainer is given, and the version that the real one makes of it."""

import sys
from dataclasses import replace

import numpy as np
import pytest

from shared.backends import backend_for, files
from shared.domain.cycle import JobState
from shared.registry import jobs
from shared.registry.tables import ModelVersion
from shared.storage.pictures import Picture, save_picture
from tests.factories import a_case, a_dataset, a_job, a_member
from tests.small_pictures import drawing
from worker_training import folder as exchange
from worker_training import pictures, request
from worker_training.deps import FIT
from worker_training.train import run_job

COUNT = 3


@pytest.fixture
def queued(sessions, deps):
    """Makes a queued job of three pictures of three persons; the arguments are its recipe."""

    def make(**recipe):
        with sessions.begin() as session:
            dataset = a_dataset(session, model_type="segmentation")
            for number in range(COUNT):
                shown = (Picture(one) for one in drawing(number))
                image, mask = (save_picture(deps.storage, one, deps.vault) for one in shown)
                kept = {"media": {"image": image, "mask": mask}, "details": {}}
                case = a_case(session, model_type="segmentation", diagnosis="object", **kept)
                a_member(session, dataset, case)
            job = {"model_type": "segmentation", "base": "litemedsam", "dataset_version_id": dataset.id}
            return a_job(session, recipe=recipe, **job).id

    return make


def test_the_trainer_finds_every_picture_and_mask_under_its_hash(queued, deps, tmp_path):
    with deps.sessions() as session:
        job = jobs.get(session, queued())
        family, wanted = request.of_job(session, job, deps, checkpoints=tmp_path / "checkpoints")
    request.leave(tmp_path, family, wanted, deps=deps)
    family, read = exchange.read_request(tmp_path)
    assert family == "segmentation"
    assert read.labels == ["object"]
    assert read.pictures is not None
    assert read.pictures.shelf == deps.settings.root / pictures.SHELF
    found = {np.load(read.pictures.folder / f"{one.image}.npy").tobytes() for one in read.pictures.examples}
    assert found == {drawing(number)[0].tobytes() for number in range(COUNT)}
    masks = {np.load(read.pictures.folder / f"{one.mask}.npy").tobytes() for one in read.pictures.examples}
    assert masks == {drawing(number)[1].tobytes() for number in range(COUNT)}


def test_no_more_pictures_leave_the_store_than_the_recipe_lets_be_learnt_from(queued, deps, tmp_path):
    with deps.sessions() as session:
        job = jobs.get(session, queued(max_pictures=2))
        family, wanted = request.of_job(session, job, deps, checkpoints=tmp_path / "checkpoints")
    request.leave(tmp_path, family, wanted, deps=deps)
    assert len(list((tmp_path / pictures.FOLDER).iterdir())) == 4


def test_a_job_of_pictures_becomes_a_version_and_leaves_sealed_embeddings_alone(queued, deps):
    assert FIT[0] == sys.executable
    job_id = queued(epochs=1, held_back_share=0)
    run_job(
        job_id, replace(deps, trainer=FIT, settings=deps.settings.model_copy(update={"lease_seconds": 60}))
    )
    with deps.sessions() as session:
        job = jobs.get(session, job_id)
        assert job.state is JobState.COMPLETED, job.error_message
        version = session.query(ModelVersion).filter_by(job_id=job_id).one()
    assert version.labels == ["object"]
    assert job.result["pictures"] == COUNT
    scorer = backend_for("segmentation", deps.settings).load(
        files.fetch(deps.storage, version.digest), "litemedsam"
    )
    assert scorer.fingerprint() == version.fingerprint
    kept = list((deps.settings.root / pictures.SHELF).glob("*/*"))
    assert len(kept) == COUNT
    assert not list(deps.work.glob(f"{job_id}*"))

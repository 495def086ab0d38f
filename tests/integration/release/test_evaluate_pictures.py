"""A trained segmenter before the gate: masks beside the champion's, or the untrained decoder's at first."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from sqlalchemy import select

from deployer_service import evaluate_pictures
from deployer_service.evaluate import judge_version
from deployer_service.serve_pictures import pixels_of, png_of
from shared.domain.cycle import VersionState
from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.registry import models
from shared.registry.tables import GateDecision, ModelPerformance
from shared.serving.base import Loaded
from shared.storage.pictures import Picture, save_picture
from tests.factories import a_case, a_dataset, a_member, a_person, a_plan, a_version
from tests.small_pictures import drawing

GOOD, POOR = 4.0, 30.0


@dataclass
class MaskServer:
    """A model server at the Protocol: whatever is further from the slope than a digest's tolerance."""

    tolerance: dict[str, float] = field(default_factory=dict)
    untrained: float = POOR
    asked: int = 0

    def load(self, digest: str) -> Loaded:
        return Loaded(digest, "f")

    def segment(self, digest: str, ask: PictureAsk) -> list[MaskAnswer]:
        self.asked += 1
        pixels = pixels_of(ask.image).astype(float)
        far = np.abs(pixels - 60 - np.arange(pixels.shape[1]) * 0.8)
        found = far > 20 + (self.untrained if ask.untrained else self.tolerance[digest])
        return [MaskAnswer(png_of(self._within(found, box)), "object", 0.8) for box in ask.boxes]

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        raise AssertionError("no text is asked")

    @staticmethod
    def _within(found, box):
        kept = np.zeros(found.shape, dtype=np.uint8)
        x0, y0, x1, y1 = (int(edge) for edge in box or (0, 0, found.shape[1], found.shape[0]))
        kept[y0 : y1 + 1, x0 : x1 + 1] = found[y0 : y1 + 1, x0 : x1 + 1] * np.uint8(255)
        return kept


@pytest.fixture
def server():
    return MaskServer()


@pytest.fixture
def given(deps, server):
    """The deployer's collaborators with a server of masks."""
    return replace(deps, model_server=server)


def a_candidate(deps, server, tolerance, *, persons=12):
    """A trained segmenter whose frozen set are pictures of so many persons."""
    with deps.sessions.begin() as session:
        dataset = a_dataset(session, model_type="segmentation")
        for number in range(persons):
            image, mask = (save_picture(deps.storage, Picture(one), deps.vault) for one in drawing(number))
            kept = {"media": {"image": image, "mask": mask}, "details": {}, "model_type": "segmentation"}
            person = a_person(session, split="evaluation")
            a_member(
                session,
                dataset,
                a_case(session, person=person, diagnosis="object", **kept),
                split="evaluation",
            )
        version = a_version(
            session, gate=None, state=VersionState.TRAINED, dataset_version_id=dataset.id,
            model_type="segmentation", labels=["object"],
        )  # fmt: skip
    server.tolerance[version.digest] = tolerance
    return version


def state_of(deps, version):
    with deps.sessions() as session:
        return models.get(session, version.id).state


def test_a_first_version_better_than_the_untrained_decoder_goes_live(given, server):
    version = a_candidate(given, server, GOOD)
    judge_version(version.id, given)
    assert state_of(given, version) is VersionState.LIVE
    with given.sessions() as session:
        (measured,) = session.scalars(select(ModelPerformance).filter_by(model_version_id=version.id))
        decision = session.scalars(select(GateDecision)).one()
    assert measured.n == 12
    assert measured.dice_score == pytest.approx(measured.f1_score)
    assert 0.5 < measured.iou_score < measured.dice_score < measured.accuracy <= 1
    low, high = measured.intervals["dice"]
    assert low <= measured.dice_score <= high
    assert {rule["rule"] for rule in decision.rules} >= {
        "size",
        "Dice from whole prompts",
        "Dice from object prompts",
    }
    assert any("untrained" in rule["why"] for rule in decision.rules)
    assert len(decision.inputs["pictures"]) == 12


def test_a_first_version_worse_than_the_untrained_decoder_is_refused(given, server):
    server.untrained = GOOD
    version = a_candidate(given, server, POOR)
    judge_version(version.id, given)
    assert state_of(given, version) is VersionState.REJECTED


def test_an_exam_that_takes_longer_than_a_task_goes_on_where_it_stopped(given, server, monkeypatch):
    monkeypatch.setattr(evaluate_pictures, "EXAM_SECONDS", -1.0)
    version = a_candidate(given, server, GOOD)
    for _ in range(11):
        with pytest.raises(evaluate_pictures.ExamGoesOnError):
            judge_version(version.id, given)
    judge_version(version.id, given)
    assert state_of(given, version) is VersionState.LIVE
    assert server.asked == 2 * 12
    assert not list((given.settings.root / "exams").iterdir())


def test_a_few_persons_are_no_pass(given, server):
    version = a_candidate(given, server, GOOD, persons=5)
    judge_version(version.id, given)
    assert state_of(given, version) is VersionState.REJECTED


def test_a_later_version_is_compared_with_the_champion(given, server):
    with given.sessions.begin() as session:
        champion = a_version(session, model_type="segmentation", state=VersionState.LIVE, labels=["object"])
        a_plan(session, champion)
    server.tolerance[champion.digest] = GOOD
    worse = a_candidate(given, server, POOR)
    judge_version(worse.id, given)
    assert state_of(given, worse) is VersionState.REJECTED
    same = a_candidate(given, server, GOOD)
    judge_version(same.id, given)
    assert state_of(given, same) is VersionState.GATED
    with given.sessions() as session:
        sides = session.scalars(select(ModelPerformance.model_version)).all()
    assert champion.name in sides

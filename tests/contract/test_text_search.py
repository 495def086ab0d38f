"""A search for hyperparameters within one training of the text classifier, on the real MiniLM."""

import json

import pytest

from shared.backends import backend_for
from shared.backends.base import Step
from shared.backends.search import JOURNAL, SKIP, NoTrialError
from shared.backends.text_classifier.tuning import SPACE, halves, space_around
from shared.config import load_settings
from shared.domain.recipe import RecipeError, TextRecipe
from tests.small_model import request

TRIALS = 4


@pytest.fixture(scope="module")
def backend():
    return backend_for("text_classifier", load_settings())


@pytest.fixture(scope="module")
def searched(backend, tmp_path_factory):
    steps: list[Step] = []
    folder = tmp_path_factory.mktemp("checkpoints")
    return backend.fit(request(folder, search_trials=TRIALS), steps.append), steps, folder


def test_every_trial_is_told_when_it_begins_and_when_it_ended(searched):
    _, steps, _ = searched
    told = [step.trial for step in steps if step.trial is not None]
    assert [trial["number"] for trial in told] == [number for number in range(TRIALS) for _ in "be"]
    assert [bool(trial["ended"]) for trial in told] == [False, True] * TRIALS
    assert set(told[-1]["parameters"]) == set(SPACE)


def test_the_first_trial_is_what_was_asked_for_and_the_best_one_is_the_model(searched):
    fitted, steps, _ = searched
    facts = json.loads(fitted.files["rounds.json"])
    search, recipe = facts["ladder"]["search"], facts["recipe"]
    ended = [step.trial for step in steps if step.trial is not None and step.trial["ended"]]
    assert ended[0]["parameters"]["epochs"] == 2
    complete = [trial for trial in ended if trial["ended"] == "complete"]
    assert search["best"]["objective"] == max(trial["objective"] for trial in complete)
    assert {name: recipe[name] for name in SPACE} == search["best"]["parameters"]
    assert recipe["lora_alpha"] == 2 * recipe["lora_r"]
    assert (search["trials"], search["last"]["number"]) == (TRIALS, TRIALS - 1)


def test_steps_go_up_through_trials_twin_and_model(searched):
    _, steps, folder = searched
    numbers = [step.step for step in steps]
    assert numbers == sorted(numbers)
    assert steps[-1].step == steps[-1].steps
    assert not list(folder.glob("trial-*"))


def test_a_search_that_was_stopped_goes_on_to_the_bytes_of_the_unbroken_one(backend, searched, tmp_path):
    class StopError(Exception):
        pass

    def stop(step: Step) -> None:
        done = json.loads((tmp_path / JOURNAL).read_text())["trials"] if (tmp_path / JOURNAL).exists() else []
        if len(done) == 2 and step.trial is None:
            raise StopError

    with pytest.raises(StopError):
        backend.fit(request(tmp_path, search_trials=TRIALS), stop)
    again = backend.fit(request(tmp_path, search_trials=TRIALS), lambda _step: None)
    assert again.files == searched[0].files


def test_a_trial_may_be_ended_from_outside(backend, tmp_path):
    ended: list[object] = []

    def skip(step: Step) -> None:
        if step.trial is not None:
            ended.append(step.trial["ended"])
            (tmp_path / f"{SKIP}0").touch()

    with pytest.raises(NoTrialError):
        backend.fit(request(tmp_path, search_trials=1), skip)
    assert ended == ["", "cancelled"]


@pytest.mark.parametrize(
    "wish",
    [
        {"search_minutes": 5},
        {"search_trials": 2, "rung": "head"},
        {"search_trials": 2, "epochs": 0},
        {"search_trials": 2, "held_back_share": 0},
    ],
)
def test_a_search_without_sense_is_refused_in_a_sentence(backend, wish):
    with pytest.raises(RecipeError, match="search"):
        backend.check_recipe(wish)


def test_what_was_asked_for_is_in_the_space_however_unusual():
    space = space_around(TextRecipe(epochs=40, learning_rate=1e-6, lora_r=7))
    assert space["epochs"] == {"low": 1, "high": 40}
    assert space["learning_rate"]["low"] == 1e-6
    assert 7 in space["lora_r"]["choices"]


def test_no_person_both_picks_the_trial_and_judges_the_ladder():
    rows, person_of = list(range(8)), [0, 0, 1, 2, 2, 3, 4, 4]
    scored, judging = halves(rows, person_of)
    assert sorted(scored + judging) == rows
    assert not {person_of[row] for row in scored} & {person_of[row] for row in judging}
    assert halves([0, 1], person_of) == ([0, 1], [0, 1])

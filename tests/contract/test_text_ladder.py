"""The rungs of the text classifier, on the real MiniLM."""

import json
import random
from dataclasses import replace

import pytest
from safetensors.torch import load

from shared.backends import backend_for
from shared.backends.base import Step
from shared.backends.text_classifier.encoder import depths
from shared.backends.text_classifier.ladder import HEAD, LORA, can_win, chosen
from shared.config import load_settings
from shared.errors import InvalidInputError
from tests.small_model import LABELS, examples, request

TEXT = "burning when passing urine"


@pytest.fixture(scope="module")
def backend():
    return backend_for("text_classifier", load_settings())


def drawn():
    """Texts with two thirds of the labels by lot: the head, which errs, leaves LoRA something to win."""
    dice = random.Random(2)
    rows = examples()
    return [replace(row, label=dice.choice(LABELS)) if dice.random() < 0.7 else row for row in rows]


@pytest.fixture(scope="module")
def climbed(backend, tmp_path_factory):
    steps: list[Step] = []
    wish = request(tmp_path_factory.mktemp("checkpoints"), drawn(), rung="best")
    return backend.fit(wish, steps.append), steps


@pytest.mark.parametrize(
    ("right", "lost", "wanted", "rung"),
    [
        ({HEAD: 9, LORA: 14}, 0, "best", LORA),
        ({HEAD: 9, LORA: 14}, 6, "best", HEAD),
        ({HEAD: 9, LORA: 10}, 0, "best", HEAD),
        ({HEAD: 9, LORA: 9}, 0, "best", HEAD),
        ({HEAD: 10, LORA: 9}, 1, "best", HEAD),
        ({HEAD: 0}, 0, "best", HEAD),
        ({HEAD: 10, LORA: 0}, 10, LORA, LORA),
        ({HEAD: 0}, 0, HEAD, HEAD),
    ],
)
def test_lora_is_taken_where_it_is_surely_better_or_where_it_is_wanted(right, lost, wanted, rung):
    assert chosen(right, lost, wanted=wanted) == rung


def test_the_version_and_the_job_say_what_each_rung_got_right(climbed):
    fitted, _ = climbed
    ladder = json.loads(fitted.files["rounds.json"])["ladder"]
    assert set(ladder["right"]) == {HEAD, LORA}
    assert ladder["rung"] == chosen(ladder["right"], ladder["lost"], wanted="best")
    for rung, right in ladder["right"].items():
        assert fitted.figures[f"{rung}_accuracy"] == right / ladder["held_back"]
    assert fitted.figures["lora_taken"] == (ladder["rung"] == LORA)
    assert fitted.figures["held_back_accuracy"] == fitted.figures[f"{ladder['rung']}_accuracy"]


@pytest.mark.parametrize(
    ("right", "wanted", "tried"), [(7, "best", False), (5, "best", False), (4, "best", True), (7, LORA, True)]
)
def test_lora_is_not_tried_where_it_could_not_be_taken(right, wanted, tried):
    assert can_win(right, 7, wanted) == tried


def test_where_the_head_is_taken_the_model_learns_no_lora(backend, tmp_path):
    steps: list[Step] = []
    fitted = backend.fit(request(tmp_path, rung="best"), steps.append)  # here there is nothing to win
    ladder = json.loads(fitted.files["rounds.json"])["ladder"]
    assert (ladder["rung"], set(ladder["right"])) == (HEAD, {HEAD})
    adapter = load(fitted.files["adapter_model.safetensors"])
    assert not any(bool(tensor.any()) for name, tensor in adapter.items() if ".lora_B." in name)
    assert [(step.step, step.steps) for step in steps] == [(10, 10)]


def test_a_lora_that_is_behind_after_a_pass_takes_no_second_one(backend, tmp_path):
    steps: list[Step] = []
    fitted = backend.fit(request(tmp_path, drawn(), rung="best", learning_rate=0.2), steps.append)
    right = json.loads(fitted.files["rounds.json"])["ladder"]["right"]
    assert right[LORA] < right[HEAD]
    assert [step.step for step in steps] == [1, 2, 3, 4, 5, 10]


@pytest.mark.parametrize("last", [2, 5])
def test_a_climb_that_was_stopped_takes_the_same_rung_and_gives_the_same_bytes(
    backend, climbed, tmp_path, last
):
    class StopError(Exception):
        pass

    def stop(step: Step) -> None:
        if step.step == last:
            raise StopError

    with pytest.raises(StopError):
        backend.fit(request(tmp_path, drawn(), rung="best"), stop)
    assert backend.fit(request(tmp_path, drawn(), rung="best"), lambda _step: None).files == climbed[0].files


def test_the_head_alone_takes_no_step_and_is_what_no_epochs_give(backend, tmp_path):
    steps: list[Step] = []
    alone = backend.fit(request(tmp_path / "a", rung="head"), steps.append)
    none = backend.fit(request(tmp_path / "b", rung="best", epochs=0), steps.append)
    assert [(step.step, step.steps) for step in steps] == [(1, 1), (1, 1)]
    assert alone.files["head.safetensors"] == none.files["head.safetensors"]
    assert "lora_accuracy" not in alone.figures


def test_without_persons_held_back_nothing_speaks_for_lora(backend, tmp_path):
    fitted = backend.fit(request(tmp_path, rung="best", held_back_share=0), lambda _step: None)
    assert json.loads(fitted.files["rounds.json"])["ladder"] == {
        "rung": HEAD,
        "held_back": 0,
        "right": {},
        "lost": 0,
    }
    assert backend.load(fitted.files, "minilm").answer([TEXT])[0].label == "Urinary infection"


def test_a_head_that_reads_its_base_in_another_way_is_refused(backend, climbed):
    facts = json.loads(climbed[0].files["rounds.json"]) | {"pooling": "mean of the last layer"}
    files = climbed[0].files | {"rounds.json": json.dumps(facts).encode()}
    with pytest.raises(InvalidInputError, match="another way"):
        backend.load(files, "minilm")


@pytest.mark.parametrize(
    ("layers", "read"), [(6, (0, 1, 2, 3, 4, 5, 6)), (12, (0, 2, 4, 6, 8, 10, 12)), (2, (0, 1, 2))]
)
def test_the_head_reads_the_embeddings_and_at_most_six_layers(layers, read):
    assert depths(layers) == read


def test_the_order_of_a_checkpoint_decides_nothing(backend, tmp_path):
    """The gradient is cut at a length that is a sum over the tensors, in the order they come in."""

    class StopError(Exception):
        pass

    def stop(step: Step) -> None:
        if step.step == 11:
            raise StopError

    wish = {"learning_rate": 0.05}  # long gradients, which are cut
    whole = backend.fit(request(tmp_path / "a", examples(), **wish), lambda _step: None)
    with pytest.raises(StopError):
        backend.fit(request(tmp_path / "b", examples(), **wish), stop)
    assert backend.fit(request(tmp_path / "b", examples(), **wish), lambda _step: None).files == whole.files

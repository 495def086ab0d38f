"""How reserved the head is towards labels that are new to the site, on MiniLM and on drawn scores."""

import json
import random
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load

from shared.backends import backend_for
from shared.backends.text_classifier.reserve import MOST, least_reserve
from shared.config import load_settings
from tests.small_model import LABELS, examples, request

OLD = torch.tensor([True, True, False])


def scores(old_gap: float, new_gap: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Two old cases, one of them taken for the new label by a gap, and one new case, right by another gap."""
    rows = [[3.0, 0.0, 0.0], [0.0, 1.0, 1.0 + old_gap], [0.0, 0.0, new_gap]]
    return torch.tensor(rows), torch.tensor([0, 1, 2])


def test_it_is_the_smallest_that_keeps_the_old_cases():
    assert least_reserve(*scores(0.32, 2.0), OLD) == 0.35
    assert least_reserve(*scores(-0.5, 2.0), OLD) == 0.0


def test_it_ends_before_new_cases_are_lost():
    assert least_reserve(*scores(0.9, 0.52), OLD) == 0.5
    assert least_reserve(*scores(9.0, 9.0), OLD) == MOST


def test_an_old_case_that_old_labels_alone_would_lose_asks_for_none():
    found, targets = torch.tensor([[0.0, 1.0, 2.0], [0.0, 0.0, 3.0]]), torch.tensor([0, 2])
    assert least_reserve(found, targets, OLD) == 0.0


@pytest.fixture(scope="module")
def backend():
    return backend_for("text_classifier", load_settings())


@pytest.mark.parametrize("known", [(), LABELS, ("of another site",)])
def test_where_no_label_is_new_or_none_is_known_nothing_is_taken_off(backend, tmp_path, known):
    plain = backend.fit(request(tmp_path / "a", rung="head"), lambda _step: None)
    told = backend.fit(replace(request(tmp_path / "b", rung="head"), known=known), lambda _step: None)
    assert told.files == plain.files
    assert told.figures["reserve"] == 0.0


def drawn():
    """Texts with two thirds of the labels by lot: some old cases are taken for a new label."""
    dice = random.Random(2)
    return [replace(row, label=dice.choice(LABELS)) if dice.random() < 0.7 else row for row in examples()]


def test_it_stands_in_the_version_and_is_taken_off_the_biases_of_new_labels_alone(backend, tmp_path):
    bare_wish = request(tmp_path / "a", drawn(), rung="head", held_back_share=0)
    wish = replace(bare_wish, known=LABELS[:1], checkpoints=tmp_path / "b")
    plain, told = (backend.fit(one, lambda _step: None) for one in (bare_wish, wish))
    facts = json.loads(told.files["rounds.json"])
    assert facts["reserve"] == told.figures["reserve"] > 0
    bare, mine = (load(one.files["head.safetensors"]) for one in (plain, told))
    assert torch.equal(mine["weight"], bare["weight"])
    wanted = [0.0 if label in wish.known else facts["reserve"] for label in facts["labels"]]
    assert (bare["bias"] - mine["bias"]).tolist() == pytest.approx(wanted, abs=1e-5)


def test_the_same_request_gives_the_same_bytes_and_another_one_other_checkpoints(backend, tmp_path):
    wish = replace(request(tmp_path, drawn(), epochs=1), known=LABELS[:1])
    first, again = (
        backend.fit(wish, lambda _step: None) for _ in range(2)
    )  # the second from its checkpoints
    assert first.files == again.files
    other = backend.fit(replace(wish, known=()), lambda _step: None)
    assert other.files["head.safetensors"] != first.files["head.safetensors"]

"""How much each opinion counts, by cases that none of them was learnt from."""

import pytest
import torch

from shared.backends.calibration import fit_weights

USUAL = [(0.8, 0.4), (0.3, 0.6)]


def drawn(cases: int, labels: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels, and an opinion that knows them most of the time."""
    draw = torch.Generator().manual_seed(1)
    targets = torch.randint(labels, (cases,), generator=draw)
    knows = torch.nn.functional.one_hot(targets, labels) * 2.0
    return targets, knows + torch.randn((cases, labels), generator=draw)


def test_without_cases_the_usual_weights_are_kept():
    found = fit_weights(torch.zeros(2, 0, 3), torch.zeros(0, dtype=torch.long), torch.zeros(0), usual=USUAL)
    assert found == pytest.approx([0.8, 0.3], abs=1e-3)


def test_an_opinion_that_knows_counts_and_one_that_guesses_does_not():
    targets, knows = drawn(400)
    guesses = torch.randn(knows.shape, generator=torch.Generator().manual_seed(2)) * 3
    found = fit_weights(torch.stack([knows, guesses]), targets, torch.ones(400), usual=USUAL)
    assert found[0] > 1.0
    assert found[1] < 0.1
    others = fit_weights(torch.stack([guesses, knows]), targets, torch.ones(400), usual=USUAL[::-1])
    assert others == pytest.approx(found[::-1], abs=2e-3)


def test_where_texts_tell_nothing_the_usual_label_is_the_answer():
    draw = torch.Generator().manual_seed(3)
    shares = torch.tensor([0.55, 0.34, 0.11])
    targets = torch.multinomial(shares, 160, replacement=True, generator=draw)
    sure_of_nothing = torch.randn((160, 3), generator=draw) * 5
    opinions = torch.stack([sure_of_nothing, shares.log().expand(160, -1)])
    found = fit_weights(opinions[:, :80], targets[:80], torch.ones(80), usual=USUAL)
    answers = torch.tensordot(torch.tensor(found), opinions[:, 80:], 1).argmax(1)
    assert int((answers == targets[80:]).sum()) >= int((targets[80:] == 0).sum()) - 2


def test_nothing_near_the_answer_is_likelier():
    targets, knows = drawn(50)
    opinions = torch.stack([knows, knows.flip(1)])

    def loss(shares: list[float]) -> float:
        mixed = torch.tensordot(torch.tensor(shares, dtype=torch.double), opinions.double(), 1)
        unusual = sum(((w - c) / apart) ** 2 for w, (c, apart) in zip(shares, USUAL, strict=True)) / 2
        return float(torch.nn.functional.cross_entropy(mixed, targets, reduction="sum")) + unusual

    found = fit_weights(opinions, targets, torch.ones(50), usual=USUAL)
    for place in range(2):
        for step in (-0.05, 0.05):
            near = list(found)
            near[place] = max(near[place] + step, 0.0)
            assert loss(near) >= loss(found) - 1e-4


def test_a_case_counts_as_much_as_its_weight():
    targets, knows = drawn(60)
    opinions = torch.stack([knows, knows.flip(1)])
    weights = torch.ones(60)
    weights[30:] = 0.0
    half = fit_weights(opinions[:, :30], targets[:30], torch.ones(30), usual=USUAL)
    assert fit_weights(opinions, targets, weights, usual=USUAL) == half

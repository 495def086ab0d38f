"""The linear head on features of known shape."""

import pytest
import torch

from shared.backends.text_classifier.head import fit_head

WIDTH, LABELS, EACH = 24, 3, 30


def clouds(seed: int, *, each: int = EACH) -> tuple[torch.Tensor, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    centres = torch.randn(LABELS, WIDTH, generator=torch.Generator().manual_seed(99))
    targets = torch.arange(LABELS).repeat_interleave(each)
    return centres[targets] + 0.9 * torch.randn(len(targets), WIDTH, generator=draw), targets


def logits(head: dict[str, torch.Tensor], found: torch.Tensor) -> torch.Tensor:
    return found @ head["weight"].T + head["bias"]


def test_it_finds_the_clouds_again():
    found, targets = clouds(0)
    head = fit_head(found, targets, torch.ones(len(found)), penalty=1e-4)
    fresh, truth = clouds(1, each=200)
    assert float((logits(head, fresh).argmax(1) == truth).double().mean()) > 0.97


def test_a_case_of_weight_two_is_the_case_twice():
    found, targets = clouds(2)
    weights = torch.ones(len(found))
    weights[::5] = 2.0
    twice = torch.repeat_interleave(torch.arange(len(found)), weights.long())
    one = fit_head(found, targets, weights / weights.mean(), penalty=1e-2)
    other = fit_head(found[twice], targets[twice], torch.ones(len(twice)), penalty=1e-2)
    fresh, _ = clouds(3)
    shares = [torch.softmax(logits(head, fresh), 1) for head in (one, other)]
    assert torch.allclose(*shares, atol=0.02)  # features are centred by rows, whatever these weigh


def test_fewer_cases_than_features_are_enough():
    found, targets = clouds(4, each=2)
    head = fit_head(found, targets, torch.ones(len(found)), penalty=1e-4)
    assert logits(head, found).argmax(1).tolist() == targets.tolist()
    assert torch.isfinite(head["weight"]).all()


@pytest.mark.parametrize("scale", [1e-3, 1e3])
def test_the_scale_of_the_features_changes_no_answer(scale):
    found, targets = clouds(5)
    weights = torch.ones(len(found))
    plain, scaled = (fit_head(found * by, targets, weights, penalty=1e-3) for by in (1.0, scale))
    fresh, _ = clouds(6)
    assert torch.allclose(logits(plain, fresh), logits(scaled, fresh * scale), atol=1e-2)


def test_where_cases_are_few_the_span_gives_the_head_of_all_features():
    found, targets = clouds(7, each=20)
    padded = torch.cat([found, torch.zeros(len(found), 200)], dim=1)  # now wider than there are cases
    narrow, wide = (fit_head(x, targets, torch.ones(len(x)), penalty=1e-3) for x in (found, padded))
    fresh, _ = clouds(8)
    answers = (
        logits(narrow, fresh).argmax(1),
        logits(wide, torch.cat([fresh, torch.zeros(len(fresh), 200)], 1)).argmax(1),
    )
    assert float((answers[0] == answers[1]).double().mean()) > 0.95

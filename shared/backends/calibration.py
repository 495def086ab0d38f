"""What makes a model's confidences honest: one temperature, or how much each of several opinions counts."""

from collections.abc import Callable, Sequence
from functools import partial
from math import exp, log

import torch
from torch import Tensor
from torch.nn import functional

COLDEST, HOTTEST = 0.05, 20.0
USUAL_TEMPERATURE, SPREAD = 0.6, 0.3
MOST, ROUNDS = 3.0, 40


def fit_temperature(
    logits: Tensor, targets: Tensor, weights: Tensor, *, usual: float = USUAL_TEMPERATURE
) -> float:
    """The likeliest temperature, given cases the model did not learn from, to three digits.

    Few cases say little, and a wrong temperature spoils every confidence. So what is usual for such models
    weighs in (a logarithm about that of `usual`, give or take 0.3: by default 0.6, since smoothed labels make
    them too modest), and decides alone where there are no cases.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017; the prior is measured here.
    """

    def loss(logarithm: float) -> float:
        each = functional.cross_entropy(logits.double() / exp(logarithm), targets, reduction="none")
        unusual = (logarithm - log(usual)) / SPREAD
        return float((each * weights.double()).sum()) + unusual**2 / 2

    return round(exp(_least(loss, log(COLDEST), log(HOTTEST))), 3)


def fit_weights(
    opinions: Tensor, targets: Tensor, weights: Tensor, *, usual: Sequence[tuple[float, float]]
) -> list[float]:
    """The likeliest weight of each opinion, given cases that none of them was learnt from, to three digits.

    An opinion is a score for every label; the answer is the softmax of their weighed sum. Few cases say
    little, so each weight has what is usual, give or take, and that decides alone where there are no cases.
    The loss has one valley, and is followed down one weight at a time.

    Args:
        opinions: shape (opinions, cases, labels).
        targets: label numbers, shape (cases,).
        weights: of the cases, shape (cases,).
        usual: of each opinion its usual weight and how far others lie from it.

    Source: Wolpert, Stacked Generalization, Neural Networks 1992.
    """
    known, counts = opinions.double(), weights.double()
    found = [centre for centre, _ in usual]

    def loss(shares: Sequence[float]) -> float:
        mixed = torch.tensordot(known.new_tensor(shares), known, 1)  # (cases, labels)
        each = functional.cross_entropy(mixed, targets, reduction="none")
        unusual = sum(((w - centre) / apart) ** 2 for w, (centre, apart) in zip(shares, usual, strict=True))
        return float((each * counts).sum()) + unusual / 2

    def with_one(weight: float, place: int) -> float:
        return loss([*found[:place], weight, *found[place + 1 :]])

    for _ in range(ROUNDS):
        before = list(found)
        for place in range(len(found)):
            found[place] = _least(partial(with_one, place=place), 0.0, MOST)
        if max(abs(one - other) for one, other in zip(found, before, strict=True)) < 1e-4:
            break
    return [round(weight, 3) for weight in found]


def _least(function: Callable[[float], float], low: float, high: float) -> float:
    """The minimum of a function with one valley, by golden section."""
    golden = (5**0.5 - 1) / 2
    for _ in range(60):
        left, right = high - golden * (high - low), low + golden * (high - low)
        if function(left) <= function(right):
            high = right
        else:
            low = left
    return (low + high) / 2

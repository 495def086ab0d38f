"""One temperature that makes a model's confidences honest."""

from collections.abc import Callable
from math import exp, log

from torch import Tensor
from torch.nn import functional

COLDEST, HOTTEST = 0.05, 20.0
USUAL_TEMPERATURE, SPREAD = 0.6, 0.3


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

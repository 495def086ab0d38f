"""The linear head: a convex fit first, one temperature for calibration last."""

from collections.abc import Callable
from math import exp, log

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.text_classifier.adapter import Weights

COLDEST, HOTTEST = 0.05, 20.0
USUAL_TEMPERATURE, SPREAD = 0.6, 0.3


def fit_head(found: Tensor, targets: Tensor, weights: Tensor, *, penalty: float) -> Weights:
    """The multinomial logistic regression of least weighted loss, by L-BFGS from zero in double precision.

    Args:
        found: features, shape (n, width).
        targets: label numbers, shape (n,); every label occurs.
        weights: of the cases, mean 1, shape (n,).
        penalty: L2 penalty on the weights, not on the biases.
    """
    classes = int(targets.max()) + 1
    x, w = found.double(), weights.double()
    centre, spread = x.mean(0), x.std(0, unbiased=False).clamp_min(1e-6)
    x = (x - centre) / spread  # (n, width)
    matrix = torch.zeros(classes, x.shape[1], dtype=torch.double, device=x.device, requires_grad=True)
    bias = torch.zeros(classes, dtype=torch.double, device=x.device, requires_grad=True)
    search = torch.optim.LBFGS(
        [matrix, bias], max_iter=200, line_search_fn="strong_wolfe", tolerance_grad=1e-6
    )

    def loss() -> Tensor:
        search.zero_grad()
        each = functional.cross_entropy(functional.linear(x, matrix, bias), targets, reduction="none")
        total = (each * w).mean() + penalty * matrix.square().sum()
        total.backward()
        return total

    search.step(loss)
    # Undo the standardisation, so that the head reads raw features.
    raw = matrix.detach() / spread
    return {"weight": raw.float(), "bias": (bias.detach() - raw @ centre).float()}


def fit_temperature(logits: Tensor, targets: Tensor, weights: Tensor) -> float:
    """The likeliest temperature, given cases the model did not learn from, to three digits.

    Few cases say little, and a wrong temperature spoils every confidence. So what is usual for such models
    weighs in (a logarithm about that of 0.6, give or take 0.3: smoothed labels make them too modest), and
    decides alone where there are no cases.

    Source: Guo et al., On Calibration of Modern Neural Networks, ICML 2017; the prior is measured here.
    """

    def loss(logarithm: float) -> float:
        each = functional.cross_entropy(logits.double() / exp(logarithm), targets, reduction="none")
        unusual = (logarithm - log(USUAL_TEMPERATURE)) / SPREAD
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

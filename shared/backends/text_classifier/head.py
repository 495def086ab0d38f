"""The linear head, by a convex fit."""

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.text_classifier.adapter import Weights
from shared.backends.text_classifier.learner import Frozen, Task


def fitted_head(task: Task, frozen: Frozen) -> Weights:
    """The head that the task's rows give, on the base without an adapter."""
    rows = list(task.learnt)
    targets = torch.tensor([task.material.targets[row] for row in rows], device=task.device)
    weights = torch.tensor([task.material.weights[row] for row in rows], device=task.device)
    return fit_head(frozen.plain[rows], targets, weights, penalty=task.recipe.head_penalty)


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
    # One spread for all features: those that hardly vary between texts must not count as much as the others.
    centre, spread = x.mean(0), x.var(0, unbiased=False).mean().sqrt().clamp_min(1e-6)
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

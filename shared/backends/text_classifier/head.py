"""The linear head, by a convex fit and a closed form."""

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.lora import Weights
from shared.backends.text_classifier.learner import Frozen, Task

SHRINKAGE = 0.3
TOLERANCE = 3e-6  # of the gradient; half the steps of 1e-6, which answers held-out cases no better


def fitted_head(task: Task, frozen: Frozen) -> Weights:
    """The head that the task's rows give, on the base without an adapter."""
    rows = list(task.learnt)
    targets = torch.tensor([task.material.targets[row] for row in rows], device=task.device)
    weights = torch.tensor([task.material.weights[row] for row in rows], device=task.device)
    head = fit_head(frozen.plain[rows], targets, weights, penalty=task.recipe.head_penalty)
    if task.reserve:
        is_new = ~torch.tensor(task.is_known, device=task.device)
        head["bias"] = head["bias"] - task.reserve * is_new.float()
    return head


def fit_head(found: Tensor, targets: Tensor, weights: Tensor, *, penalty: float) -> Weights:
    """The mean of two linear classifiers, which err in different places: what separates, and what is typical.

    One is the multinomial logistic regression of least weighted loss, the other the linear discriminant
    with a shrunken covariance, brought to the spread of the first one's scores. The mean is one linear head.

    Args:
        found: features, shape (n, width).
        targets: label numbers, shape (n,); every label occurs.
        weights: of the cases, mean 1, shape (n,).
        penalty: L2 penalty of the regression on the weights, not on the biases.
    """
    # One spread for all features: those that hardly vary between texts must not count as much as the others.
    centre = found.mean(0, dtype=torch.double)
    spread = (found.double() - centre).square().mean().sqrt().clamp_min(1e-6)
    # The many products are float32, which costs a third; what is summed up and solved is double.
    x, w = ((found - centre) / spread).float(), weights.float()  # (n, width)
    # Both lie in the span of the cases: where these are few, that is where they are sought.
    span = torch.linalg.qr(x.double().T)[0].float() if len(x) < x.shape[1] else None  # (width, n)
    width, x = x.shape[1], x if span is None else x @ span
    matrix, bias = _regression(x, targets, w, penalty=penalty)
    typical, offset = _discriminant(x, targets, w, width=width)
    spreads = [
        functional.linear(x, m.float(), b.float()).std().clamp_min(1e-9)
        for m, b in ((matrix, bias), (typical, offset))
    ]
    scale = spreads[0] / spreads[1]
    matrix, bias = (matrix + scale * typical) / 2, (bias + scale * offset) / 2
    # Undo both, so that the head reads raw features.
    raw = (matrix if span is None else matrix @ span.double().T) / spread
    return {"weight": raw.float(), "bias": (bias - raw @ centre).float()}


def _regression(x: Tensor, targets: Tensor, w: Tensor, *, penalty: float) -> tuple[Tensor, Tensor]:
    """By L-BFGS from zero."""
    classes = int(targets.max()) + 1
    matrix = torch.zeros(classes, x.shape[1], device=x.device, requires_grad=True)
    bias = torch.zeros(classes, device=x.device, requires_grad=True)
    search = torch.optim.LBFGS(
        [matrix, bias], max_iter=200, line_search_fn="strong_wolfe", tolerance_grad=TOLERANCE
    )

    def loss() -> Tensor:
        search.zero_grad()
        each = functional.cross_entropy(functional.linear(x, matrix, bias), targets, reduction="none")
        total = (each * w).mean() + penalty * matrix.square().sum()
        total.backward()
        return total

    search.step(loss)
    return matrix.detach().double(), bias.detach().double()


def _discriminant(x: Tensor, targets: Tensor, w: Tensor, *, width: int) -> tuple[Tensor, Tensor]:
    """Fisher's, every label as likely as another; the covariance shrunk towards a multiple of the identity.

    `width` is that of the features, of which `x` may hold the span alone.

    Source: Friedman, Regularized Discriminant Analysis, JASA 1989; the share is measured on training folds.
    """
    of_label = functional.one_hot(targets).float() * w[:, None]  # (n, labels)
    means = (of_label.T @ x) / of_label.sum(0)[:, None]  # (labels, width)
    apart = x - means[targets]
    within = ((apart * w[:, None]).T @ apart).double() / w.sum(dtype=torch.double)  # (width, width)
    means = means.double()
    level = (within.diagonal().sum() / width).clamp_min(1e-9)
    shrunk = (1 - SHRINKAGE) * within + SHRINKAGE * level * torch.eye(
        len(within), dtype=torch.double, device=x.device
    )
    matrix = torch.linalg.solve(shrunk, means.T).T
    return matrix, -(matrix * means).sum(1) / 2

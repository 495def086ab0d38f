"""A training in memory: frozen base, cached activations below the adapter, and the tensors that learn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.text_classifier.adapter import Weights, adapting, top_layers
from shared.backends.text_classifier.base_model import BaseModel
from shared.backends.text_classifier.checkpoints import Checkpoint
from shared.backends.text_classifier.encoder import embed, pad, plain, pool, run_layers
from shared.backends.text_classifier.material import Material
from shared.domain.recipe import TextRecipe

CACHE_BATCH = 32
LARGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class Task:
    """All that decides the weights of one training; `identity` is the hash of it."""

    base: BaseModel
    request: FitRequest
    recipe: TextRecipe
    material: Material
    device: str
    identity: str


class Learner:
    """The adapter and the head while they learn."""

    def __init__(self, task: Task, lower: Sequence[Tensor], weights: Weights) -> None:
        self.task, self.lower = task, lower
        self.weights = {name: tensor.to(task.device).requires_grad_() for name, tensor in weights.items()}
        self.layers = top_layers(task.base, task.recipe.top_layers)
        self._targets = torch.tensor(task.material.targets, device=task.device)
        self._row_weights = torch.tensor(task.material.weights, device=task.device)
        self._optimizer = torch.optim.AdamW(
            list(self.weights.values()), lr=0.0, weight_decay=task.recipe.weight_decay
        )

    def logits(self, rows: Sequence[int]) -> Tensor:
        """Scores before the softmax, shape (rows, labels)."""
        base, recipe = self.task.base, self.task.recipe
        hidden, mask = stack([self.lower[row] for row in rows])
        linear = adapting(base, self.weights, recipe.lora_alpha / recipe.lora_r)
        top = run_layers(base, hidden, mask, layers=self.layers, linear=linear)
        return functional.linear(pool(top, mask), self.weights["head.weight"], self.weights["head.bias"])

    def learn(self, rows: Sequence[int], rate: float) -> float:
        """One step of AdamW on one batch; answers the loss before it."""
        index = torch.tensor(rows, device=self.task.device)
        each = functional.cross_entropy(
            self.logits(rows),
            self._targets[index],
            reduction="none",
            label_smoothing=self.task.recipe.label_smoothing,
        )
        loss = (each * self._row_weights[index]).mean()
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), LARGEST_GRADIENT)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        return float(loss.detach())

    def checkpoint(self, step: int) -> Checkpoint:
        """The state after `step` steps."""
        moments = {
            f"{name}:{part}": _at_rest(value)
            for name, tensor in self.weights.items()
            for part, value in self._optimizer.state.get(tensor, {}).items()
        }
        return Checkpoint(step, {name: _at_rest(tensor) for name, tensor in self.weights.items()}, moments)

    def take_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Put the optimizer's state back where a checkpoint left it."""
        for key, value in moments.items():
            name, part = key.rsplit(":", 1)
            place = value if part == "step" else value.to(self.task.device)
            self._optimizer.state[self.weights[name]][part] = place


def activations(task: Task) -> list[Tensor]:
    """The hidden states below the adapted layers, one tensor of shape (length, hidden) a row.

    The layers below are frozen, so that one pass serves all epochs.
    """
    base, layers = task.base, top_layers(task.base, task.recipe.top_layers)
    found: dict[int, Tensor] = {}
    below = range(layers.start)
    for rows in encoder_batches(task.material):
        tokens, mask = pad([task.material.rows[row] for row in rows], task.device)
        hidden = run_layers(base, embed(base, tokens), mask, layers=below, linear=plain(base))
        found |= {row: hidden[place, mask[place]] for place, row in enumerate(rows)}
    return [found[row] for row in range(len(found))]


def embeddings(task: Task, lower: Sequence[Tensor], rows: Sequence[int]) -> Tensor:
    """Mean embeddings of the base without an adapter, shape (rows, hidden)."""
    base, layers = task.base, top_layers(task.base, task.recipe.top_layers)
    parts = []
    for start in range(0, len(rows), CACHE_BATCH):
        hidden, mask = stack([lower[row] for row in rows[start : start + CACHE_BATCH]])
        parts.append(pool(run_layers(base, hidden, mask, layers=layers, linear=plain(base)), mask))
    return torch.cat(parts)


def encoder_batches(material: Material) -> list[list[int]]:
    """All rows in batches of like length, the shortest first."""
    order = sorted(range(len(material.rows)), key=lambda row: len(material.rows[row]))
    return [order[start : start + CACHE_BATCH] for start in range(0, len(order), CACHE_BATCH)]


def stack(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Rows of hidden states padded to the longest, shape (n, longest, hidden), and their mask."""
    lengths = torch.tensor([len(row) for row in rows], device=rows[0].device)
    hidden = torch.nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
    mask = torch.arange(hidden.shape[1], device=rows[0].device)[None, :] < lengths[:, None]
    return hidden, mask


def _at_rest(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone().contiguous()

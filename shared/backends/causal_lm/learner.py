"""A training in memory: frozen base, the states below the adapter in a file, and the tensors that learn."""

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.causal_lm.adapter import Weights, adapting, top_layers
from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.llama import Linear, embed, normed, plain, run_layers
from shared.backends.causal_lm.material import Material, packs
from shared.backends.causal_lm.passages import Passage, lesson, packed, question
from shared.backends.causal_lm.reading import FIRST, HEAD, judged, opinions, seen
from shared.backends.checkpoints import Checkpoint
from shared.backends.team import Team, flat_gradient, hand_out
from shared.domain.recipe import CausalRecipe

LARGEST_GRADIENT = 1.0


@dataclass(frozen=True)
class Task:
    """All that decides the weights of one training; `identity` is its hash, and names its checkpoints."""

    base: BaseModel
    request: FitRequest
    recipe: CausalRecipe
    material: Material
    identity: str
    team: Team = field(default_factory=Team)

    @property
    def folder(self) -> Path:
        """Where this training keeps its checkpoints."""
        return self.request.checkpoints / "model"

    @property
    def steps_an_epoch(self) -> int:
        """How many batches one pass takes."""
        return math.ceil(len(self.material.learnt) / self.recipe.batch_size)

    @property
    def steps(self) -> int:
        """How many steps the training takes in all."""
        return self.steps_an_epoch * self.recipe.epochs

    @property
    def pack_tokens(self) -> int:
        """How many tokens are computed at once: a pack is never smaller than one row."""
        return max(1, self.recipe.pack_tokens // self.recipe.accumulation)

    @property
    def layers(self) -> range:
        """The layers that learn."""
        return top_layers(self.base, self.recipe.top_layers)

    @cached_property
    def passages(self) -> list[Passage]:
        """Every row as it is fed: with its answer to be learnt, or with the tree where it is held back."""
        known, apart = self.material, set(self.material.held_back)
        return [
            question(prompt, known.tree) if row in apart else lesson(prompt, known.answers[target])
            for row, (prompt, target) in enumerate(zip(known.prompts, known.targets, strict=True))
        ]

    @cached_property
    def lengths(self) -> list[int]:
        """How many tokens each row feeds."""
        return [len(passage.tokens) for passage in self.passages]


@dataclass(frozen=True)
class Frozen:
    """What the layers that do not learn make of every row, computed once for all epochs."""

    states: Tensor  # below the layers that learn, of all rows one after the other, shape (tokens, hidden)
    starts: Sequence[int]
    seen: Tensor  # what the head reads of them, shape (rows, 2 hidden)

    def of(self, rows: Sequence[int], lengths: Sequence[int]) -> Tensor:
        """The states of some rows, shape (tokens, hidden)."""
        found = [self.states[self.starts[row] : self.starts[row] + lengths[row]] for row in rows]
        return torch.cat(found).float()


class Learner:
    """The adapter and the head while they learn."""

    def __init__(self, task: Task, frozen: Frozen, weights: Weights) -> None:
        self.task, self.frozen = task, frozen
        # Sorted and in memory of their own: order and alignment of sums are the same after a resume.
        self.weights = {
            name: weights[name].to(task.base.device).clone().requires_grad_()
            for name in sorted(weights)
            if not name.startswith(FIRST)
        }
        self.first = {
            HEAD + name.removeprefix(FIRST): w for name, w in weights.items() if name.startswith(FIRST)
        }
        self._words = task.base.words.float()  # once: a copy each step costs an eighth of it
        self._blank = torch.zeros(1 + sum(w.numel() for w in self.weights.values()), device=task.base.device)
        self._optimizer = torch.optim.AdamW(
            list(self.weights.values()), lr=0.0, weight_decay=task.recipe.weight_decay
        )

    @property
    def linear(self) -> Linear:
        """How the layers that learn multiply."""
        recipe = self.task.recipe
        return adapting(self.task.base, self.weights, recipe.lora_alpha / recipe.lora_r, lasting=False)

    def learn(self, rows: Sequence[int], rate: float) -> tuple[float, float]:
        """One step of AdamW on one batch; answers the loss before it and the length of the gradient."""
        task = self.task

        def gradient(pack: Sequence[int]) -> Tensor:
            loss = self.losses(pack) @ self._shares(pack) / len(rows)
            return flat_gradient(loss, self.weights.values())

        parts = packs(rows, task.lengths, task.pack_tokens)
        loss = hand_out(task.team.total(parts, gradient, like=self._blank), self.weights.values())
        norm = torch.nn.utils.clip_grad_norm_(list(self.weights.values()), LARGEST_GRADIENT)
        self._optimizer.param_groups[0]["lr"] = rate
        self._optimizer.step()
        return loss, float(norm)

    @property
    def head(self) -> Weights:
        """The part of the weights that is the head's."""
        return {name: tensor for name, tensor in self.weights.items() if name.startswith(HEAD)}

    def losses(self, rows: Sequence[int]) -> Tensor:
        """How surprised the LM is by each row's whole answer, and the head by it, in nats, shape (rows,)."""
        states = top_states(self.task, self.frozen, rows, linear=self.linear)  # (answer tokens, hidden)
        ends = states[_firsts(self.task, rows)]
        targets = torch.tensor([self.task.material.targets[row] for row in rows], device=states.device)
        read = judged(self.head, self.frozen.seen[list(rows)], ends)
        return self._written(rows, states) + functional.cross_entropy(read, targets, reduction="none")

    def _written(self, rows: Sequence[int], states: Tensor) -> Tensor:
        """The LM's part of the loss."""
        known = self.task.material
        answers = [known.answers[known.targets[row]] for row in rows]
        logits = functional.linear(states, self._words)  # (answer tokens, vocabulary)
        wanted = torch.tensor([token for answer in answers for token in answer], device=logits.device)
        each = functional.cross_entropy(logits, wanted, reduction="none")
        return torch.stack([part.sum() for part in each.split([len(answer) for answer in answers])])

    def checkpoint(self, step: int) -> Checkpoint:
        """The state after `step` steps."""
        moments = {
            f"{name}:{part}": _at_rest(value)
            for name, tensor in self.weights.items()
            for part, value in self._optimizer.state.get(tensor, {}).items()
        }
        weights = self.weights | {FIRST + name.removeprefix(HEAD): w for name, w in self.first.items()}
        return Checkpoint(step, {name: _at_rest(tensor) for name, tensor in weights.items()}, moments)

    def take_moments(self, moments: Mapping[str, Tensor]) -> None:
        """Put the optimizer's state back where a checkpoint left it."""
        for key, value in moments.items():
            name, part = key.rsplit(":", 1)
            place = value if part == "step" else value.to(self.task.base.device)
            self._optimizer.state[self.weights[name]][part] = place

    def _shares(self, rows: Sequence[int]) -> Tensor:
        weights = self.task.material.weights
        return torch.tensor([weights[row] for row in rows], device=self.task.base.device)


def freeze(task: Task) -> Frozen:
    """Run every row through the layers that do not learn.

    The states go into a file that has no name any more, so that they need no memory and go with the process:
    they tell of patients.
    """
    starts = [0]
    for length in task.lengths:
        starts.append(starts[-1] + length)
    base, below = task.base, range(task.layers.start)
    states, found = _room(task, starts[-1]), []
    with torch.no_grad():
        for rows in packs(range(len(starts) - 1), task.lengths, task.pack_tokens):
            passages = [task.passages[row] for row in rows]
            tokens, pack, _ = packed(passages, base.device)
            hidden = run_layers(base, embed(base, tokens), pack, layers=below, linear=plain(base))
            states[starts[rows[0]] : starts[rows[-1] + 1]] = hidden.to(states.dtype)
            found.append(seen(base, passages, hidden))
    return Frozen(states, starts[:-1], torch.cat(found))


def _room(task: Task, tokens: int) -> Tensor:
    shape = (tokens, task.base.shape.hidden)
    if task.base.device != "cpu":
        return torch.empty(shape, dtype=torch.bfloat16, device=task.base.device)
    task.request.checkpoints.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=task.request.checkpoints) as file:
        flat = torch.from_file(file.name, shared=True, size=math.prod(shape), dtype=torch.bfloat16)
    return flat.view(shape)


def top_states(task: Task, frozen: Frozen, rows: Sequence[int], *, linear: Linear) -> Tensor:
    """The normed states at the places that some rows ask for, through the layers that learn."""
    base = task.base
    _, pack, asked = packed([task.passages[row] for row in rows], base.device)
    hidden = frozen.of(rows, task.lengths)
    return normed(base, run_layers(base, hidden, pack, layers=task.layers, linear=linear, keep=asked))


def scores(
    task: Task, frozen: Frozen, rows: Sequence[int], *, linear: Linear, head: Mapping[str, Tensor]
) -> Tensor:
    """Both opinions on rows that are fed as questions, shape (2, rows, labels)."""
    known = task.material
    found = [torch.zeros(2, 0, len(known.labels), device=task.base.device)]
    with torch.no_grad():
        for part in packs(rows, task.lengths, task.pack_tokens):
            states = top_states(task, frozen, part, linear=linear)
            for row, own in zip(part, states.split(1 + len(known.tree.asked)), strict=True):
                below = frozen.seen[[row]]
                two = opinions(known.tree, task.base.words, own, seen_below=below, head=head)
                found.append(two[:, None])
    return torch.cat(found, dim=1)


def plain_features(task: Task, frozen: Frozen, rows: Sequence[int]) -> Tensor:
    """What the head reads of some rows without an adapter, shape (rows, 3 hidden)."""
    found = []
    with torch.no_grad():
        for part in packs(rows, task.lengths, task.pack_tokens):
            states = top_states(task, frozen, part, linear=plain(task.base))
            found.append(torch.cat([frozen.seen[part], states[_firsts(task, part)]], dim=1))
    return torch.cat(found)


def _firsts(task: Task, rows: Sequence[int]) -> Tensor:
    """Where among the states that some rows ask for those of their prompts' ends lie."""
    counts = [len(task.passages[row].asked) for row in rows]
    return torch.tensor([0, *counts[:-1]], device=task.base.device).cumsum(0)


def _at_rest(tensor: Tensor) -> Tensor:
    return tensor.detach().cpu().clone().contiguous()

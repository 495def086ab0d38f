"""A training in memory: frozen base, the states below the adapter in a file, and the tensors that learn."""

import math
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.causal_lm.adapter import adapting, top_layers
from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.llama import Linear, embed, normed, plain, run_layers
from shared.backends.causal_lm.material import Material, batches, packs
from shared.backends.causal_lm.passages import Passage, lesson, packed, question
from shared.backends.causal_lm.reading import FIRST, HEAD, OPINIONS, judged, opinions, seen
from shared.backends.lessons import Course, Pupil
from shared.backends.lora import Weights
from shared.backends.team import Team
from shared.domain.recipe import CausalRecipe


@dataclass(frozen=True)
class Task(Course):
    """All that decides the weights of one training; `identity` is its hash, and names its checkpoints."""

    base: BaseModel
    request: FitRequest
    recipe: CausalRecipe
    material: Material
    identity: str
    team: Team = field(default_factory=Team)
    name: str = "model"
    steps_before: int = 0

    @property
    def learnt(self) -> Sequence[int]:
        """The numbers of the rows that are learnt from."""
        return self.material.learnt

    @property
    def epochs(self) -> int:
        """As many passes as the recipe says."""
        return self.recipe.epochs

    def batches(self, epoch: int) -> list[list[int]]:
        """The rows of each step of one epoch."""
        size, seed = self.recipe.batch_size, self.request.seed
        return batches(self.material.learnt, size=size, seed=seed, epoch=epoch)

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


class Learner(Pupil):
    """The adapter and the head while they learn.

    Attributes:
        first: the head as it was fitted first.
    """

    def __init__(self, task: Task, frozen: Frozen, weights: Weights) -> None:
        learning = {name: tensor for name, tensor in weights.items() if not name.startswith(FIRST)}
        super().__init__(task, learning, device=task.base.device)
        self.task, self.frozen = task, frozen
        self.first = {
            HEAD + name.removeprefix(FIRST): w for name, w in weights.items() if name.startswith(FIRST)
        }
        self._words = task.base.words.float()  # once: a copy each step costs an eighth of it

    @property
    def linear(self) -> Linear:
        """How the layers that learn multiply."""
        recipe = self.task.recipe
        return adapting(self.task.base, self.weights, recipe.lora_alpha / recipe.lora_r, lasting=False)

    def parts(self, rows: Sequence[int]) -> Sequence[Sequence[int]]:
        """The packs of a batch."""
        return packs(rows, self.task.lengths, self.task.pack_tokens)

    def share(self, rows: Sequence[int], *, of: int) -> Tensor:
        """What some rows add to the loss of a batch of so many."""
        return self.losses(rows) @ self._shares(rows) / of

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

    def at_rest(self) -> Weights:
        """What a checkpoint keeps of the weights: those that learn and the first head."""
        first = {FIRST + name.removeprefix(HEAD): w.detach().cpu().clone() for name, w in self.first.items()}
        return super().at_rest() | first

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
    """What is said of rows that are fed as questions, shape (3, rows, labels); see `opinions`."""
    known = task.material
    found = [torch.zeros(len(OPINIONS) - 1, 0, len(known.labels), device=task.base.device)]
    with torch.no_grad():
        for part in packs(rows, task.lengths, task.pack_tokens):
            states = top_states(task, frozen, part, linear=linear)
            for row, own in zip(part, states.split(1 + len(known.tree.asked)), strict=True):
                below = frozen.seen[[row]]
                said = opinions(known.tree, task.base.words, own, seen_below=below, head=head)
                found.append(said[:, None])
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

"""What a training learns from: prompts with their labels' tokens, and the persons held back."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log

from tokenizers import Tokenizer

from shared.backends.base import FitRequest
from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.tree import LabelTree, tree_of
from shared.backends.lines import held_back, learnable
from shared.domain.recipe import CausalRecipe
from shared.errors import InvalidInputError

SLOT = "{text}"


@dataclass(frozen=True)
class Material:
    """Prompts and labels as tokens, and weights of mean 1; the model does not learn from `held_back`."""

    labels: tuple[str, ...]
    left_out: Mapping[str, int]  # labels with too few examples to learn, and how many they had
    prompts: Sequence[Sequence[int]]
    answers: Sequence[Sequence[int]]  # of each label, with the token that ends it
    targets: Sequence[int]
    weights: Sequence[float]
    held_back: Sequence[int]
    tree: LabelTree

    @property
    def learnt(self) -> list[int]:
        """The numbers of the rows that are learnt from."""
        apart = set(self.held_back)
        return [row for row in range(len(self.prompts)) if row not in apart]

    @property
    def usual(self) -> list[float]:
        """The logarithm of each label's share of the cases, to three digits."""
        counts = [0.0] * len(self.labels)
        for target, weight in zip(self.targets, self.weights, strict=True):
            counts[target] += weight
        return [round(log(count / sum(counts)), 3) for count in counts]


def prepare(request: FitRequest, recipe: CausalRecipe, base: BaseModel) -> Material:
    """Bring the examples that can be learnt into prompts, and hold some persons back.

    Raises:
        NothingToLearnError: they allow no model.
    """
    lines = learnable(request)
    kept, answers = lines.examples, answers_of(lines.labels, recipe.prompt, base)
    most = min(recipe.held_back_share * len(kept), recipe.held_back_most)
    return Material(
        labels=lines.labels,
        left_out=lines.left_out,
        prompts=[prompt_of(example.text, recipe, base.tokenizer) for example in kept],
        answers=answers,
        targets=lines.targets,
        weights=lines.weights,
        held_back=held_back(kept, most=most, seed=request.seed),
        tree=tree_of(answers),
    )


def prompt_of(text: str, recipe: CausalRecipe, tokenizer: Tokenizer) -> list[int]:
    """The prompt's tokens; of one that is too long the middle is left out."""
    ids: list[int] = tokenizer.encode(recipe.prompt.replace(SLOT, text)).ids
    ahead = recipe.max_tokens // 2
    behind = recipe.max_tokens - ahead
    return ids if len(ids) <= recipe.max_tokens else [*ids[:ahead], *ids[-behind:]]


def answers_of(labels: Sequence[str], prompt: str, base: BaseModel) -> list[list[int]]:
    """The tokens of every label as they follow the prompt, with the token that ends an answer.

    Raises:
        InvalidInputError: the tokenizer joins the prompt's end and a label.
    """
    stem = prompt.partition(SLOT)[2]
    before: list[int] = base.tokenizer.encode(stem, add_special_tokens=False).ids
    found = []
    for label in labels:
        ids: list[int] = base.tokenizer.encode(f"{stem} {label}", add_special_tokens=False).ids
        if ids[: len(before)] != before or len(ids) == len(before):
            fix = "let the prompt end in a colon"
            raise InvalidInputError("the prompt's end runs into the label", field="prompt", fix=fix)
        found.append([*ids[len(before) :], base.shape.end])
    return found


def batches(rows: Sequence[int], *, size: int, seed: int, epoch: int) -> list[list[int]]:
    """The batches of one epoch, a pure function of (seed, epoch): a resumed run jumps into it."""
    order = list(rows)
    random.Random(f"{seed} {epoch}").shuffle(order)  # noqa: S311
    return [order[start : start + size] for start in range(0, len(order), size)]


def packs(rows: Sequence[int], lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Rows in their order, cut where the next would be over the budget of tokens; `lengths` is of all."""
    found: list[list[int]] = []
    room = 0
    for row in rows:
        if lengths[row] > room:
            found.append([])
            room = budget
        found[-1].append(row)
        room -= lengths[row]
    return found

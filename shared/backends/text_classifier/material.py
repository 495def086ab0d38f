"""What a training learns from: learnable labels, token rows, and the persons held back for calibration."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tokenizers import Tokenizer

from shared.backends.base import FitRequest
from shared.backends.lines import held_back, learnable
from shared.domain.recipe import TextRecipe

WINDOW_BATCHES = 8


@dataclass(frozen=True)
class Material:
    """Token rows with label numbers and weights of mean 1; a twin of the model does not learn `held_back`."""

    labels: tuple[str, ...]
    left_out: Mapping[str, int]  # labels with too few examples to learn, and how many they had
    rows: Sequence[Sequence[int]]
    targets: Sequence[int]
    weights: Sequence[float]
    held_back: Sequence[int]
    person_of: Sequence[int]  # the same number in two rows says that they are of one person


def prepare(request: FitRequest, recipe: TextRecipe, tokenizer: Tokenizer) -> Material:
    """Bring the examples that can be learnt into tokens, and hold some persons back.

    Raises:
        NothingToLearnError: they allow no classifier.
    """
    lines = learnable(request)
    kept = lines.examples
    numbers: dict[UUID, int] = {}
    return Material(
        labels=lines.labels,
        left_out=lines.left_out,
        rows=[cut(tokenizer.encode(example.text).ids, recipe.max_tokens) for example in kept],
        targets=lines.targets,
        weights=lines.weights,
        held_back=held_back(kept, most=recipe.held_back_share * len(kept), seed=request.seed),
        person_of=[numbers.setdefault(example.person_id, len(numbers)) for example in kept],
    )


def cut(ids: list[int], max_tokens: int) -> list[int]:
    """At most `max_tokens` ids; the closing one stays."""
    return ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]]


def batches(
    material: Material, learnt: Sequence[int], *, size: int, seed: int, epoch: int
) -> list[list[int]]:
    """The batches of one epoch over some rows, a pure function of (seed, epoch): a resumed run jumps into it.

    Rows are shuffled, sorted by length inside windows of eight batches, and the batches shuffled, so that
    a batch holds rows of like length and little is padding.
    """
    draw = random.Random(f"{seed} {epoch}")  # noqa: S311
    order = list(learnt)
    draw.shuffle(order)
    found = [
        batch
        for window in _slices(order, size * WINDOW_BATCHES)
        for batch in _by_length(material, window, size)
    ]
    draw.shuffle(found)
    return found


def _by_length(material: Material, window: Sequence[int], size: int) -> Iterator[list[int]]:
    return _slices(sorted(window, key=lambda n: len(material.rows[n])), size)


def _slices(order: Sequence[int], size: int) -> Iterator[list[int]]:
    return (list(order[start : start + size]) for start in range(0, len(order), size))

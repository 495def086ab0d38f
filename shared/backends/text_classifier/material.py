"""What a training learns from: learnable labels, token rows, and the persons held back for calibration."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tokenizers import Tokenizer

from shared.backends.base import FitRequest
from shared.domain.example import Example
from shared.domain.recipe import TextRecipe
from shared.errors import InvalidInputError

FEWEST_EXAMPLES = 2
WINDOW_BATCHES = 8


class NothingToLearnError(InvalidInputError):
    """The examples do not allow a classifier."""

    code = "bad_data"


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
    """Order the examples by case, drop what cannot be learnt, and hold some persons back.

    Raises:
        NothingToLearnError: fewer than two labels have two examples each, or a label is not in the list.
    """
    examples = sorted((e for e in request.examples if e.weight > 0), key=lambda e: e.case_id.bytes)
    counts = Counter(example.label for example in examples)
    if unknown := set(counts) - set(request.labels):
        raise NothingToLearnError(f"{len(unknown)} labels of the examples are not in the label list")
    labels = tuple(label for label in request.labels if counts[label] >= FEWEST_EXAMPLES)
    if len(labels) < 2:
        fix = f"a classifier needs two labels with {FEWEST_EXAMPLES} training cases each"
        raise NothingToLearnError(f"{len(labels)} labels have enough cases to learn", fix=fix)
    kept = [example for example in examples if example.label in labels]
    mean = sum(example.weight for example in kept) / len(kept)
    held_back = _held_back(kept, recipe.held_back_share, request.seed)
    numbers: dict[UUID, int] = {}
    return Material(
        labels=labels,
        left_out={label: counts[label] for label in request.labels if label not in labels},
        rows=[cut(tokenizer.encode(example.text).ids, recipe.max_tokens) for example in kept],
        targets=[labels.index(example.label) for example in kept],
        weights=[example.weight / mean for example in kept],
        held_back=sorted(held_back),
        person_of=[numbers.setdefault(example.person_id, len(numbers)) for example in kept],
    )


def cut(ids: list[int], max_tokens: int) -> list[int]:
    """At most `max_tokens` ids; the closing one stays."""
    return ids if len(ids) <= max_tokens else [*ids[: max_tokens - 1], ids[-1]]


def identity_of(request: FitRequest, recipe: TextRecipe, base_digest: str) -> str:
    """Hash of all that decides the weights: a checkpoint of another training is never resumed from."""
    digest = hashlib.sha256()
    head = [base_digest, list(request.labels), recipe.model_dump(), request.seed]
    digest.update(json.dumps(head, sort_keys=True).encode())
    for e in sorted(request.examples, key=lambda e: e.case_id.bytes):
        line = [str(e.case_id), str(e.person_id), e.text, e.label, e.weight]
        digest.update(json.dumps(line).encode())
    return digest.hexdigest()


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


def _held_back(examples: Sequence[Example], share: float, seed: int) -> set[int]:
    """Numbers of the examples of whole persons, drawn by hash; no label loses its second-last example."""
    of_person: dict[bytes, list[int]] = {}
    for number, example in enumerate(examples):
        drawn = hashlib.sha256(f"{seed} held back {example.person_id}".encode()).digest()
        of_person.setdefault(drawn, []).append(number)
    left = Counter(example.label for example in examples)
    held: set[int] = set()
    for _, numbers in sorted(of_person.items()):
        taken = Counter(examples[number].label for number in numbers)
        fits = len(held) + len(numbers) <= share * len(examples)
        if fits and all(left[label] - n >= FEWEST_EXAMPLES for label, n in taken.items()):
            held.update(numbers)
            left -= taken
    return held

"""What families that read texts learn from: labels with cases enough, weights, and persons held back."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import BaseModel

from shared.backends.base import FitRequest
from shared.domain.example import Example
from shared.errors import InvalidInputError

FEWEST_EXAMPLES = 2


class NothingToLearnError(InvalidInputError):
    """The examples do not allow a model."""

    code = "bad_data"


@dataclass(frozen=True)
class Lines:
    """The examples that can be learnt, in the order of their cases.

    Attributes:
        labels: with examples enough.
        left_out: labels with too few examples to learn, and how many they had.
        targets: of each example the number of its label.
        weights: of each example, mean 1.
    """

    examples: Sequence[Example]
    labels: tuple[str, ...]
    left_out: Mapping[str, int]
    targets: Sequence[int]
    weights: Sequence[float]


def learnable(request: FitRequest) -> Lines:
    """Order the examples by case, and drop what cannot be learnt.

    Raises:
        NothingToLearnError: fewer than two labels have two examples each, or a label is not in the list.
    """
    examples = sorted((e for e in request.examples if e.weight > 0), key=lambda e: e.case_id.bytes)
    counts = Counter(example.label for example in examples)
    if unknown := set(counts) - set(request.labels):
        raise NothingToLearnError(f"{len(unknown)} labels of the examples are not in the label list")
    labels = tuple(label for label in request.labels if counts[label] >= FEWEST_EXAMPLES)
    if len(labels) < 2:
        fix = f"a model needs two labels with {FEWEST_EXAMPLES} training cases each"
        raise NothingToLearnError(f"{len(labels)} labels have enough cases to learn", fix=fix)
    kept = [example for example in examples if example.label in labels]
    mean = sum(example.weight for example in kept) / len(kept)
    return Lines(
        examples=kept,
        labels=labels,
        left_out={label: counts[label] for label in request.labels if label not in labels},
        targets=[labels.index(example.label) for example in kept],
        weights=[example.weight / mean for example in kept],
    )


def held_back(examples: Sequence[Example], *, most: float, seed: int) -> list[int]:
    """Numbers of the examples of whole persons, drawn by hash; no label loses its second-last example."""
    of_person: dict[bytes, list[int]] = {}
    for number, example in enumerate(examples):
        drawn = hashlib.sha256(f"{seed} held back {example.person_id}".encode()).digest()
        of_person.setdefault(drawn, []).append(number)
    left = Counter(example.label for example in examples)
    held: set[int] = set()
    for _, numbers in sorted(of_person.items()):
        taken = Counter(examples[number].label for number in numbers)
        fits = len(held) + len(numbers) <= most
        if fits and all(left[label] - n >= FEWEST_EXAMPLES for label, n in taken.items()):
            held.update(numbers)
            left -= taken
    return sorted(held)


def identity_of(family: str, request: FitRequest, recipe: BaseModel, *, base_digest: str) -> str:
    """Hash of all that decides the weights: a checkpoint of another training is never resumed from."""
    digest = hashlib.sha256()
    head = [family, base_digest, list(request.labels), recipe.model_dump(), request.seed, list(request.known)]
    digest.update(json.dumps(head, sort_keys=True).encode())
    for e in sorted(request.examples, key=lambda e: e.case_id.bytes):
        line = [str(e.case_id), str(e.person_id), e.text, e.label, e.weight]
        digest.update(json.dumps(line).encode())
    return digest.hexdigest()

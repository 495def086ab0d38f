"""What a training learns from: prompts with their labels' tokens, and the persons held back."""

import hashlib
import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tokenizers import Tokenizer

from shared.backends.base import FitRequest
from shared.backends.causal_lm.base_model import BaseModel
from shared.backends.causal_lm.tree import LabelTree, tree_of
from shared.backends.text_classifier.material import FEWEST_EXAMPLES, NothingToLearnError
from shared.domain.example import Example
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


def prepare(request: FitRequest, recipe: CausalRecipe, base: BaseModel) -> Material:
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
        fix = f"an LLM needs two labels with {FEWEST_EXAMPLES} training cases each"
        raise NothingToLearnError(f"{len(labels)} labels have enough cases to learn", fix=fix)
    kept = [example for example in examples if example.label in labels]
    mean = sum(example.weight for example in kept) / len(kept)
    answers = answers_of(labels, recipe.prompt, base)
    return Material(
        labels=labels,
        left_out={label: counts[label] for label in request.labels if label not in labels},
        prompts=[prompt_of(example.text, recipe, base.tokenizer) for example in kept],
        answers=answers,
        targets=[labels.index(example.label) for example in kept],
        weights=[example.weight / mean for example in kept],
        held_back=sorted(_held_back(kept, recipe, request.seed)),
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


def identity_of(request: FitRequest, recipe: CausalRecipe, base_digest: str) -> str:
    """Hash of all that decides the weights: a checkpoint of another training is never resumed from."""
    digest = hashlib.sha256()
    head = ["causal_lm", base_digest, list(request.labels), recipe.model_dump(), request.seed]
    digest.update(json.dumps(head, sort_keys=True).encode())
    for e in sorted(request.examples, key=lambda e: e.case_id.bytes):
        line = [str(e.case_id), str(e.person_id), e.text, e.label, e.weight]
        digest.update(json.dumps(line).encode())
    return digest.hexdigest()


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


def _held_back(examples: Sequence[Example], recipe: CausalRecipe, seed: int) -> set[int]:
    """Numbers of the examples of whole persons, drawn by hash; no label loses its second-last example."""
    of_person: dict[bytes, list[int]] = {}
    for number, example in enumerate(examples):
        drawn = hashlib.sha256(f"{seed} held back {example.person_id}".encode()).digest()
        of_person.setdefault(drawn, []).append(number)
    most = min(recipe.held_back_share * len(examples), recipe.held_back_most)
    left = Counter(example.label for example in examples)
    held: set[int] = set()
    for _, numbers in sorted(of_person.items()):
        taken = Counter(examples[number].label for number in numbers)
        fits = len(held) + len(numbers) <= most
        if fits and all(left[label] - n >= FEWEST_EXAMPLES for label, n in taken.items()):
            held.update(numbers)
            left -= taken
    return held

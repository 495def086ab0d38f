"""Sixteen diseases first and eight later: the ways to go on, all over one set of activations."""

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.base import FitRequest
from shared.backends.lines import identity_of
from shared.backends.text_classifier import train
from shared.backends.text_classifier.adapter import Weights
from shared.backends.text_classifier.base_model import load_base
from shared.backends.text_classifier.head import fitted_head
from shared.backends.text_classifier.learner import Frozen, Learner, Task, freeze
from shared.backends.text_classifier.material import prepare
from shared.backends.text_classifier.reserve import reserve_of
from shared.domain.example import Example
from shared.domain.gate import Given, JudgedCase, Verdict, judge
from shared.domain.policy import Policy
from shared.domain.recipe import TextRecipe
from shared.domain.replay import quotas

LATER = 8
REPLAYED = 0.5  # old cases for each new one


@dataclass(frozen=True)
class Weeks:
    """Old and new training rows and the tested ones, by number; in the label list the new ones come last."""

    task: Task
    frozen: Frozen
    old: Sequence[int]
    new: Sequence[int]
    tested: Sequence[int]
    known: int  # labels of the first week


def split_weeks(
    rows: Sequence[Example], test: Sequence[Example], *, seed: int, frozen: Frozen | None = None
) -> Weeks:
    """Draw the labels that come later; the texts run through the base unless another draw's run is given."""
    labels = sorted({row.label for row in rows})
    random.Random(seed).shuffle(labels)
    recipe = TextRecipe(rung="lora", held_back_share=0)
    known = len(labels) - LATER
    request = FitRequest(
        [*rows, *test], labels, "minilm", recipe.model_dump(), seed, Path(), known=labels[:known]
    )
    base = load_base("minilm", None, "cpu")
    material = prepare(request, recipe, base.tokenizer)
    task = Task(
        base,
        request,
        recipe,
        material,
        "cpu",
        identity_of("text_classifier", request, recipe, base_digest=base.digest),
    )
    held = {row.case_id for row in test}
    ordered = sorted(request.examples, key=lambda example: example.case_id.bytes)
    assert [labels.index(example.label) for example in ordered] == list(material.targets)
    parts: tuple[list[int], list[int], list[int]] = ([], [], [])
    for number, example in enumerate(ordered):
        late = material.targets[number] >= known
        parts[2 if example.case_id in held else int(late)].append(number)
    return Weeks(task, frozen or freeze(task), *parts, known=known)


def first_week(drawn: Weeks) -> Weights:
    """The head of the first week, with empty rows for the labels to come."""
    head = fitted_head(replace(drawn.task, learnt=drawn.old), drawn.frozen)
    return {name: torch.cat([tensor, torch.zeros(LATER, *tensor.shape[1:])]) for name, tensor in head.items()}


def retrained(drawn: Weeks, *, reserved: bool) -> tuple[Weights, float]:
    """The head of everything from the base, and the CPU seconds of it: the activations are there already."""
    started = time.process_time()
    task = replace(drawn.task, learnt=[*drawn.old, *drawn.new])
    if reserved:
        task = replace(task, reserve=reserve_of(task, drawn.frozen))
    head = fitted_head(task, drawn.frozen)
    return head, time.process_time() - started


def tuned_on(drawn: Weeks, rows: Sequence[int], head: Weights) -> tuple[Learner, float]:
    """LoRA from a head on some rows, and the CPU seconds of it."""
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        request = replace(drawn.task.request, checkpoints=Path(folder))
        task = replace(drawn.task, learnt=rows, request=request)
        learner = train.learn(task, drawn.frozen, lambda _lesson: None, head=head)
    return learner, time.process_time() - started


def averaged(drawn: Weeks, learner: Learner, head: Weights) -> Learner:
    """Half way between the first week and what was learnt after it; a fresh adapter changes nothing."""
    before = train.untaught(drawn.task, drawn.frozen, head=head)
    half = {name: (w.detach() + before.weights[name].detach()) / 2 for name, w in learner.weights.items()}
    return Learner(drawn.task, drawn.frozen, half)


def covering(drawn: Weeks) -> list[int]:
    """Old rows to see again: of each label its share, each next one the farthest from those taken."""
    targets = drawn.task.material.targets
    of_label: dict[str, list[int]] = {}
    for row in drawn.old:
        of_label.setdefault(str(targets[row]), []).append(row)
    wanted = quotas({label: len(part) for label, part in of_label.items()}, len(drawn.new), REPLAYED)
    return sorted(row for label, count in wanted.items() for row in _farthest(drawn, of_label[label], count))


def _farthest(drawn: Weeks, rows: Sequence[int], count: int) -> list[int]:
    found = drawn.frozen.plain[list(rows)]
    distance = torch.cdist(found, found.mean(0, keepdim=True))[:, 0]  # (rows,)
    taken = [int(distance.argmin())]
    distance = torch.cdist(found, found[taken])[:, 0]
    while len(taken) < count:
        taken.append(int(distance.argmax()))
        distance = torch.minimum(distance, torch.cdist(found, found[taken[-1:]])[:, 0])
    return [rows[place] for place in taken]


def head_logits(drawn: Weeks, head: Weights, rows: Sequence[int]) -> Tensor:
    """Scores by a head alone, shape (rows, labels)."""
    return functional.linear(drawn.frozen.plain[list(rows)], head["weight"], head["bias"])


def accuracy(drawn: Weeks, logits: Tensor, *, new: bool) -> float:
    """Share of the tested rows of the later labels, or of those before, that scores of all answer rightly."""
    targets = torch.tensor([drawn.task.material.targets[row] for row in drawn.tested])
    part = (targets >= drawn.known) == new
    return float((logits.argmax(1) == targets)[part].double().mean())


def share_right(drawn: Weeks, right: Mapping[UUID, bool], *, new: bool) -> float:
    """The same share of answers that somebody else gave."""
    cases = sorted(example.case_id for example in drawn.task.request.examples)
    asked = [row for row in drawn.tested if (drawn.task.material.targets[row] >= drawn.known) == new]
    return sum(right[cases[row]] for row in asked) / len(asked)


def verdict(drawn: Weeks, candidate: Tensor, champion: Tensor) -> Verdict:
    """What the gate says of scores of the tested rows beside those of the first week."""
    labels, targets = drawn.task.material.labels, drawn.task.material.targets
    one, two = (_given(logits, labels) for logits in (candidate, champion[:, : drawn.known]))
    cases = [
        JudgedCase(labels[targets[row]], mine, theirs, is_old=known, known=known)
        for row, mine, theirs in zip(drawn.tested, one, two, strict=True)
        for known in [targets[row] < drawn.known]
    ]
    return judge(cases, Policy(), must_not_miss=())


def _given(logits: Tensor, labels: Sequence[str]) -> list[Given]:
    shares, places = torch.softmax(logits, 1).max(1)
    return [Given(labels[int(place)], float(share)) for share, place in zip(shares, places, strict=True)]

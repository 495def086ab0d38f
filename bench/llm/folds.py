"""What each of the LLM's opinions is worth on persons never learnt from: grouped folds of Symptom2Disease.

`python -m bench.llm.folds [FOLDS] [ROWS]`: how many of five folds are learnt (all by default, two CPU minutes
each), from all rows of the training part or the first so many; labels with a single row are left out.
The test part is not looked at.
"""

import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from bench.classifier.rows import folder, folds, read
from shared.backends.base import FitRequest
from shared.backends.causal_lm import train
from shared.backends.causal_lm.base_model import load_base
from shared.backends.causal_lm.learner import Learner, Task, freeze, scores
from shared.backends.causal_lm.llama import plain
from shared.backends.causal_lm.material import prepare
from shared.backends.causal_lm.reading import OPINIONS
from shared.backends.lines import FEWEST_EXAMPLES
from shared.config import load_settings
from shared.domain.example import Example
from shared.domain.recipe import CausalRecipe

FOLDS = 5


def main(arguments: list[str]) -> int:
    """Learn fold by fold and print the share of rows that each opinion gets right."""
    if not folder().is_dir():
        print(f"no data at {folder()}")
        return 0
    count = int(arguments[0]) if arguments else FOLDS
    rows = read(folder() / "train.jsonl")[: int(arguments[1]) if arguments[1:] else None]
    of_label = Counter(row.label for row in rows)
    rows = [row for row in rows if of_label[row.label] >= FEWEST_EXAMPLES]
    right, tested = Counter[str](), 0
    for number, test in enumerate(folds(rows, FOLDS)[:count]):
        found = one_fold(rows, test, seed=number)
        print(f"fold {number}, {len(test)} rows:", _told(found, len(test)), flush=True)
        right, tested = right + found, tested + len(test)
    print(f"all {tested} rows:", _told(right, tested))
    return 0


def one_fold(rows: Sequence[Example], test: Sequence[Example], *, seed: int) -> Counter[str]:
    """How many rows of a fold each opinion gets right, and all with their usual weights."""
    with tempfile.TemporaryDirectory() as checkpoints:
        learner = _learnt(rows, test, seed=seed, checkpoints=Path(checkpoints))
        task, held = learner.task, learner.task.material.held_back
        below = train.fitted_below(task, learner.frozen, task.learnt)
        heads = {**learner.first, **below}, {**learner.head, **below}
        first = scores(task, learner.frozen, held, linear=plain(task.base), head=heads[0])
        last = scores(task, learner.frozen, held, linear=learner.linear, head=heads[1])
    targets = torch.tensor([task.material.targets[row] for row in held])
    answers = {
        "LM untrained": first[0],
        "head": first[1],
        "head, usual weights": _mixed(first, train.HEAD_ALONE),
        "LM": last[0],
        "head after LoRA": last[1],
        "head on the frozen part": last[2],
        "after LoRA, usual weights": _mixed(last, train.LORA),
    }
    return Counter({name: int((one.argmax(1) == targets).sum()) for name, one in answers.items()})


def _learnt(rows: Sequence[Example], test: Sequence[Example], *, seed: int, checkpoints: Path) -> Learner:
    recipe = CausalRecipe(held_back_share=0)
    labels = sorted({row.label for row in rows})
    request = FitRequest(rows, labels, "smollm2-135m", recipe.model_dump(), seed, checkpoints)
    base = load_base("smollm2-135m", load_settings(), "cpu")
    apart, ordered = {row.case_id for row in test}, sorted(rows, key=lambda row: row.case_id.bytes)
    material = prepare(request, recipe, base)
    held = [number for number, row in enumerate(ordered) if row.case_id in apart]
    task = Task(base, request, recipe, replace(material, held_back=held), "folds")
    return train.learn(task, freeze(task), lambda _lesson: None)


def _mixed(asked: Tensor, rung: str) -> Tensor:
    """All but how usual a label is, which says nothing of a fold."""
    usual = train.USUAL_WEIGHTS[rung]
    return sum((own * usual[name][0] for name, own in zip(OPINIONS, asked, strict=False)), torch.zeros(()))


def _told(right: Counter[str], tested: int) -> str:
    return ", ".join(f"{name} {count / tested:.3f}" for name, count in right.items())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

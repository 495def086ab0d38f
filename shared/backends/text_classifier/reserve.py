"""Towards labels that the site did not train on before, the head is a little reserved: old skills stay."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn import functional

from shared.backends.text_classifier.head import fitted_head
from shared.backends.text_classifier.learner import Frozen, Task

MOST_LOST = 0.01  # of the old cases for having more labels to choose from, and of the new for the reserve
PARTS = 5
STEP, MOST = 0.05, 2.0


def reserve_of(task: Task, frozen: Frozen) -> float:
    """What is taken off the scores of labels that are new to the site; 0 where none is or none is known.

    Every fifth of the persons is asked of a head that was fitted without them.
    """
    old = torch.tensor(task.is_known, device=task.device)
    if not old.any() or old.all():
        return 0.0
    asked = [part for part in parts_of(task) if part]
    if not asked:
        return 0.0
    scores = torch.cat([_asked(task, frozen, part) for part in asked])
    targets = [task.material.targets[row] for part in asked for row in part]
    return least_reserve(scores, torch.tensor(targets, device=task.device), old)


def least_reserve(scores: Tensor, targets: Tensor, old: Tensor) -> float:
    """The smallest one with which old cases are answered as if there were old labels alone to choose from.

    One in a hundred of them may be lost. It ends before it costs more than one in a hundred of the new
    cases' answers.

    Args:
        scores: by heads that did not learn these cases, shape (n, labels).
        targets: label numbers, shape (n,).
        old: which labels are old, shape (labels,).
    """
    is_old = old[targets]
    wanted = _right(scores.masked_fill(~old, -torch.inf), targets, is_old) - MOST_LOST
    floor = _right(scores, targets, ~is_old) - MOST_LOST
    found = 0.0
    for step in range(round(MOST / STEP) + 1):
        shifted = scores - step * STEP * (~old).to(scores.dtype)
        if _right(shifted, targets, ~is_old) < floor:
            break
        found = round(step * STEP, 2)
        if _right(shifted, targets, is_old) >= wanted:
            break
    return found


def parts_of(task: Task) -> list[list[int]]:
    """The rows that are learnt from, in parts of whole persons; labels within one part are in none."""
    part_of = {row: _drawn(task, row) for row in task.learnt}
    spread: dict[int, set[int]] = {}
    for row, part in part_of.items():
        spread.setdefault(task.material.targets[row], set()).add(part)
    return [
        [
            row
            for row, part in part_of.items()
            if part == number and len(spread[task.material.targets[row]]) > 1
        ]
        for number in range(PARTS)
    ]


def _asked(task: Task, frozen: Frozen, rows: Sequence[int]) -> Tensor:
    """Scores of some rows by a head that learnt the others, shape (rows, labels)."""
    apart = set(rows)
    head = fitted_head(replace(task, learnt=[row for row in task.learnt if row not in apart]), frozen)
    return functional.linear(frozen.plain[list(rows)], head["weight"], head["bias"])


def _drawn(task: Task, row: int) -> int:
    drawn = hashlib.sha256(f"{task.request.seed} part {task.material.person_of[row]}".encode()).digest()
    return drawn[0] % PARTS


def _right(scores: Tensor, targets: Tensor, rows: Tensor) -> float:
    """Share of some cases that are answered rightly; 0 of none."""
    hits = (scores.argmax(1) == targets)[rows]
    return float(hits.double().mean()) if len(hits) else 0.0

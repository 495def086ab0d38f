"""The ladder: what was learnt is offered only where it does better than the base on other persons."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from shared.backends.segmentation.answering import View, answer
from shared.backends.segmentation.decoder import Decoder
from shared.backends.segmentation.learner import Embedder, Task
from shared.backends.segmentation.material import units_of
from shared.domain.masks import Overlap, questions

_MOST_TILES, _MOST_OBJECTS = 120, 4  # of pictures held back, but a whole picture at least; boxes in each
_FALL = 0.005  # that one kind of prompt may lose by chance while the others gain


@dataclass(frozen=True)
class Comparison:
    """Mean Dice of every kind of prompt on the persons held back."""

    learnt: dict[str, float]
    untrained: dict[str, float]

    @property
    def is_better(self) -> bool:
        """Whether what was learnt beats the base; without persons held back nobody can say it does not."""
        gains = [self.learnt[kind] - self.untrained[kind] for kind in self.learnt]
        return not gains or (min(gains) >= -_FALL and sum(gains) > 0)

    def figures(self) -> dict[str, float]:
        """Both by name."""
        told = {"dice": self.learnt, "untrained_dice": self.untrained}
        return {f"held_back_{what}_{kind}": value for what, by in told.items() for kind, value in by.items()}


def compare(task: Task, embedder: Embedder, *, learnt: Decoder, untrained: Decoder) -> Comparison:
    """Ask both decoders the same of every picture held back."""
    found: dict[str, list[tuple[float, float]]] = {}
    apart = task.material.held_back
    most = max(1, _MOST_TILES // task.material.parts**2)
    for number in apart[:: -(-len(apart) // most) or 1]:
        units = units_of(task.material, number)
        views = [View(unit.tile, partial(embedder.cells, task.material, unit)) for unit in units]
        asked = questions(task.material.mask(number), most=_MOST_OBJECTS)
        boxes = [one.box for one in asked]
        pairs = [answer(decoder, task.base, views, boxes=boxes) for decoder in (learnt, untrained)]
        for place, one in enumerate(asked):
            dice = [Overlap.of(answers[place].mask, one.truth).dice for answers in pairs]
            found.setdefault(one.kind, []).append((dice[0], dice[1]))
    return Comparison(*({kind: _mean(rows, side) for kind, rows in found.items()} for side in (0, 1)))


def _mean(rows: Sequence[tuple[float, float]], side: int) -> float:
    return sum(row[side] for row in rows) / len(rows)

"""How much a case counts in training: nobody's cases, no source's and no week's may drown the others."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

DIMENSIONS = ("validator", "source", "week")
LOOSE_VALIDATORS, LEAST_VALIDATOR = 1.2, 0.02
LOOSE_OTHERS, LEAST_OTHERS = 2.0, 0.1
_CLOSE = 1e-9
_ROUNDS = 1000  # caps that hardly meet come near ever more slowly, and a seal must end

# The groups that a case belongs to, one of each dimension; None where it belongs to none.
Cell = tuple[str | None, ...]


@dataclass(frozen=True)
class Cap:
    """How much of the whole one group may weigh.

    Args:
        share: the largest share, 0 to 1.
        loose: with few groups the cap widens to so many times the equal share; at least 1.
        least: what this cap alone never takes a case below, 0 to 1, so that few cases never rule.
    """

    share: float
    loose: float
    least: float

    def among(self, groups: int) -> float:
        """The share in force among so many groups; 1 or more caps nothing."""
        return max(self.share, self.loose / groups) if groups else 1.0


def caps(validator: float, source: float, week: float) -> tuple[Cap, ...]:
    """The caps of the dimensions, from the shares of the policy."""
    return (
        Cap(validator, LOOSE_VALIDATORS, LEAST_VALIDATOR),
        Cap(source, LOOSE_OTHERS, LEAST_OTHERS),
        Cap(week, LOOSE_OTHERS, LEAST_OTHERS),
    )


def factors(sums: Mapping[Cell, float], exempt: float, limits: Sequence[Cap]) -> dict[Cell, float]:
    """What the cases of each cell weigh, so that every group keeps to its cap; at most 1.

    Caps of different dimensions pull at the same cases, so they are applied in turn, each only lowering,
    until none changes anything, or for so many rounds: the same whatever the order of the cells.

    Args:
        sums: the weight of the cases of each cell before any cap, near duplicates counted together.
        exempt: the weight of the cases that no cap touches; they count in the whole.
        limits: one cap a dimension, in the order of the cells' groups.
    """
    levels: list[dict[str, float]] = [
        {group: 1.0 for cell in sums if (group := cell[place]) is not None} for place in range(len(limits))
    ]
    ordered = sorted(sums.items(), key=str)  # sums of floats depend on their order
    for _ in range(_ROUNDS):
        steps = [_lower(levels, ordered, exempt, place=place, cap=cap) for place, cap in enumerate(limits)]
        if max(steps) <= _CLOSE:
            break
    return {cell: _level(levels, cell) for cell in sums}


def shares(
    sums: Mapping[Cell, float], exempt: float, found: Mapping[Cell, float], *, place: int
) -> dict[str, float]:
    """The share of the whole that each group of one dimension weighs after all."""
    weighed = {cell: size * found[cell] for cell, size in sums.items()}
    whole = sum(weighed.values()) + exempt
    groups: dict[str, float] = defaultdict(float)
    for cell, size in weighed.items():
        group = cell[place]
        if group is not None:
            groups[group] += size
    return {group: size / whole for group, size in groups.items()} if whole else {}


def _lower(
    levels: list[dict[str, float]],
    sums: Sequence[tuple[Cell, float]],
    exempt: float,
    *,
    place: int,
    cap: Cap,
) -> float:
    """Bring the groups of one dimension down to its cap; the largest step taken."""
    mine, groups, free = levels[place], dict.fromkeys(levels[place], 0.0), exempt
    for cell, before in sums:
        size, group = before * _level(levels, cell), cell[place]
        if group is None:
            free += size
        else:
            groups[group] += size
    allowed = _allowance(sorted(groups.values(), reverse=True), free, cap.among(len(groups)))
    step = 0.0
    for group, size in groups.items():
        lowered = max(cap.least, mine[group] * allowed / size) if size else mine[group]
        step = max(step, mine[group] - min(mine[group], lowered))
        mine[group] = min(mine[group], lowered)
    return step


def _allowance(sizes: Sequence[float], free: float, share: float) -> float:
    """The most a group may weigh, so that it is `share` of the whole which that leads to: water filling.

    Args:
        sizes: of the groups, the largest first.
        free: the weight beside all groups.
        share: of the whole, at least an equal one: so a group that fits is found.
    """
    allowed = 0.0
    for filled, size in enumerate(sizes):
        # The first `filled` groups weigh `share` of the whole each, the others all they have.
        allowed = share * (free + sum(sizes[filled:])) / (1 - filled * share)
        if size <= allowed * (1 + _CLOSE):
            break
    return allowed


def _level(levels: Sequence[Mapping[str, float]], cell: Cell) -> float:
    level = 1.0
    for place, group in enumerate(cell):
        if group is not None:
            level *= levels[place][group]
    return level

"""Whether what is asked and answered has changed: a warning for people, never a reason to roll back."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log

from shared.domain.metrics import wilson

STIR = 0.2  # a population stability index that people who use it take for a change
LEAST_CASES = 200  # in either window; fewer show large indices by chance
_BY_CHANCE = 3.0  # times the index that two windows of one population show on the mean
_SMOOTH = 0.5  # of a case, in every bin: an empty one has no logarithm
_MOST_BINS = 20
OTHER = "other"


@dataclass(frozen=True)
class Drift:
    """One feature that differs between two windows by more than chance explains."""

    feature: str
    index: float
    bound: float


def stability_index(before: Mapping[str, int], after: Mapping[str, int]) -> float:
    """How far two counts over the same bins are apart; 0 for equal shares.

    Source: population stability index, the symmetrised Kullback-Leibler divergence of the two shares.
    """
    bins = sorted(before.keys() | after.keys())
    n, m = (sum(counts.values()) + _SMOOTH * len(bins) for counts in (before, after))
    shares = [((before.get(b, 0) + _SMOOTH) / n, (after.get(b, 0) + _SMOOTH) / m) for b in bins]
    return sum((q - p) * log(q / p) for p, q in shares)


def drifted(before: Mapping[str, Sequence[str]], after: Mapping[str, Sequence[str]]) -> list[Drift]:
    """Features whose values changed, the furthest first.

    Args:
        before: the values of each feature in the window of reference, one a case.
        after: the same in the window of now.
    """
    found = []
    for feature in sorted(before.keys() & after.keys()):
        first, second = before[feature], after[feature]
        if min(len(first), len(second)) < LEAST_CASES:
            continue
        kept = {value for value, _ in Counter(first).most_common(_MOST_BINS)}
        counts = [
            Counter(value if value in kept else OTHER for value in values) for values in (first, second)
        ]
        # Of one population the index is, on the mean, (bins - 1) (1/n + 1/m).
        chance = (len(counts[0].keys() | counts[1].keys()) - 1) * (1 / len(first) + 1 / len(second))
        bound = max(STIR, _BY_CHANCE * chance)
        index = stability_index(*counts)
        if index > bound:
            found.append(Drift(feature, round(index, 4), round(bound, 4)))
    return sorted(found, key=lambda one: -one.index)


def tenth(confidence: float) -> str:
    """The bin of a confidence."""
    return f"{min(int(confidence * 10), 9) / 10:.1f}"


def fell(before: Iterable[bool], after: Iterable[bool]) -> tuple[float, float] | None:
    """Both shares of right answers where the later is surely lower (95 % intervals apart); else None."""
    first, second = list(before), list(after)
    if min(len(first), len(second)) < LEAST_CASES:
        return None
    shares = [sum(outcomes) / len(outcomes) for outcomes in (first, second)]
    lowest = wilson(shares[0], len(first))[0]
    highest = wilson(shares[1], len(second))[1]
    return (shares[0], shares[1]) if highest < lowest else None

"""How well two readers agree beyond chance: Cohen's kappa, plain or weighted, with an interval."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from shared.domain.metrics import wilson

Pair = tuple[str, str]


@dataclass(frozen=True)
class Agreement:
    """Agreement of `n` pairs of readings; kappa is 1 for full agreement, 0 for what chance gives.

    `low` and `high` are the ends of the 95 % interval of kappa. All but `n` and `share` are None where kappa
    has no meaning: no pairs, or both readers always say the same one word.
    """

    n: int
    share: float
    kappa: float | None
    low: float | None
    high: float | None


def kappa(pairs: Sequence[Pair], *, order: Sequence[str] | None = None) -> Agreement:
    """Agreement of a first and a second reader.

    Args:
        pairs: what the first and the second reader said of each case.
        order: labels from least to most, for grades: a disagreement counts by the square of its distance.
            Without it every disagreement counts the same.

    Source: Cohen 1960 and 1968. The interval is Wilson's for the observed agreement at the chance agreement
    that was seen: honest also where all agree, where the usual formula gives no width at all.
    """
    n = len(pairs)
    if n == 0:
        return Agreement(0, 0.0, None, None, None)
    weigh = _weights(order) if order is not None else {}
    seen = sum(_worth(pair, weigh) for pair in pairs) / n
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[a] * second[b] * _worth((a, b), weigh) for a in first for b in second) / n**2
    if chance >= 1:
        return Agreement(n, seen, None, None, None)
    low, high = wilson(seen, n)
    return Agreement(n, seen, _beyond(seen, chance), _beyond(low, chance), _beyond(high, chance))


def by_label(pairs: Sequence[Pair]) -> dict[str, Agreement]:
    """Agreement on each label against all others."""
    labels = sorted({label for pair in pairs for label in pair})
    return {
        label: kappa([(str(one == label), str(other == label)) for one, other in pairs]) for label in labels
    }


def difference(first: tuple[int, int], second: tuple[int, int]) -> tuple[float, float, float]:
    """The difference of two shares, first less second, with its 95 % interval.

    Args:
        first: how often, of how many (at least 1).
        second: the same of the other.

    Source: Newcombe 1998, method 10 (Wilson intervals joined).
    """
    one, other = first[0] / first[1], second[0] / second[1]
    (low_1, high_1), (low_2, high_2) = wilson(one, first[1]), wilson(other, second[1])
    gap = one - other
    low = gap - ((one - low_1) ** 2 + (high_2 - other) ** 2) ** 0.5
    return gap, low, gap + ((high_1 - one) ** 2 + (other - low_2) ** 2) ** 0.5


def _weights(order: Sequence[str]) -> Mapping[str, float]:
    most = max(len(order) - 1, 1)
    return {label: place / most for place, label in enumerate(order)}


def _worth(pair: Pair, places: Mapping[str, float]) -> float:
    """How much of an agreement a pair is, 0 to 1."""
    if pair[0] == pair[1] or not places:
        return float(pair[0] == pair[1])
    if pair[0] not in places or pair[1] not in places:
        return 0.0
    return 1 - (places[pair[0]] - places[pair[1]]) ** 2


def _beyond(share: float, chance: float) -> float:
    return (share - chance) / (1 - chance)

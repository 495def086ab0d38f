"""Accuracy of all answers from the few that were drawn to be looked at, whatever the model's confidence.

What passes a confidence filter is what the model finds easy: it overstates accuracy. The audit sample was
drawn with a known chance, so each of its cases stands for the inverse of that chance.
"""

import random
from collections.abc import Sequence

from shared.domain.metrics import Estimate, NothingMeasuredError, share_of

ROUNDS = 1000
_TAIL = 0.025


def weight_of(probability: float) -> float:
    """How many answers one drawn with this chance stands for."""
    return 1.0 / probability


def estimate(drawn: Sequence[tuple[bool, float]], *, seed: int, rounds: int = ROUNDS) -> Estimate:
    """The share of right answers among all, with a 95 % interval by bootstrap over the drawn cases.

    Where all drawn cases agree, resampling them says nothing, and the interval is Wilson's instead.

    Args:
        drawn: whether the answer was right, and the chance with which it was drawn, over 0 and at most 1.
        seed: of the resampling: the same cases and seed give the same interval.
        rounds: how often they are resampled.

    Raises:
        NothingMeasuredError: no case was drawn.

    Source: Horvitz and Thompson, JASA 1952, as the ratio of Hájek, 1971; Efron, Annals of Statistics 1979.
    """
    if not drawn:
        raise NothingMeasuredError
    weighed = [(right, weight_of(probability)) for right, probability in drawn]
    found = share_of(weighed)
    if len({right for right, _ in weighed}) == 1:
        return found
    dice = random.Random(seed)  # noqa: S311 - resampling, nothing secret
    shares = sorted(_share(dice.choices(weighed, k=len(weighed))) for _ in range(rounds))
    low, high = shares[int(_TAIL * rounds)], shares[int((1 - _TAIL) * rounds)]
    return Estimate(found.value, low, high, found.n)


def _share(weighed: Sequence[tuple[bool, float]]) -> float:
    whole = sum(weight for _, weight in weighed)
    return sum(weight for right, weight in weighed if right) / whole

"""Whether more cases are worth a training: what past versions of a type say of accuracy against cases."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

FEWEST_SIZES = 3  # different counts of cases; fewer fix no curve of three numbers
BENDS = tuple(step / 20 for step in range(1, 41))  # exponents that are tried
COMPATIBLE = 3.84  # 95 % of chi square with one degree of freedom
UPPER = 1.645  # one-sided 95 %
SUCCESSES = 1.0  # added to both outcomes, so that 100 of 100 has a variance too


@dataclass(frozen=True)
class Point:
    """One version: cases it learnt from, and its accuracy on how many it was judged by."""

    cases: int
    accuracy: float
    judged: int


@dataclass(frozen=True)
class Forecast:
    """What a training on `cases` would gain over one on `before`, as shares of accuracy.

    Attributes:
        gain: by the curve that fits best.
        at_most: no curve that the past is compatible with gains more, with 95 % confidence.
    """

    before: int
    cases: int
    gain: float
    at_most: float


def forecast(points: Sequence[Point], *, cases: int) -> Forecast | None:
    """The gain over the largest training so far; None where the past is too little to say.

    Accuracy is taken as c - a / n^b. For each b the weighted least squares of c and a are exact; b is
    searched, and every b whose fit is not significantly worse than the best one counts for `at_most`.

    Source: learning curves as inverse power laws; Figueroa et al., BMC Med Inform Decis Mak 2012.
    """
    before = max((point.cases for point in points), default=0)
    if len({point.cases for point in points}) < FEWEST_SIZES or cases <= before:
        return None
    fits = [_fit(points, bend, before=before, cases=cases) for bend in BENDS]
    best = min(fits)
    return Forecast(
        before=before,
        cases=cases,
        gain=best[1],
        at_most=max(gain + UPPER * error for misfit, gain, error in fits if misfit <= best[0] + COMPATIBLE),
    )


def _fit(points: Sequence[Point], bend: float, *, before: int, cases: int) -> tuple[float, float, float]:
    """Chi square of the best line in n^-b, the gain it promises and that gain's standard error."""
    xs = [point.cases**-bend for point in points]
    weights = [1 / _variance(point) for point in points]
    whole = sum(weights)
    x_mean = sum(w * x for w, x in zip(weights, xs, strict=True)) / whole
    y_mean = sum(w * point.accuracy for w, point in zip(weights, points, strict=True)) / whole
    spread = sum(w * (x - x_mean) ** 2 for w, x in zip(weights, xs, strict=True))
    joint = sum(
        w * (x - x_mean) * (point.accuracy - y_mean) for w, x, point in zip(weights, xs, points, strict=True)
    )
    slope = min(joint / spread, 0.0)  # more cases are not taken to do harm
    misfit = sum(
        w * (point.accuracy - y_mean - slope * (x - x_mean)) ** 2
        for w, x, point in zip(weights, xs, points, strict=True)
    )
    reach = before**-bend - cases**-bend
    return misfit, -slope * reach, reach / sqrt(spread)


def _variance(point: Point) -> float:
    """Of a measured accuracy, never zero."""
    judged = point.judged + 2 * SUCCESSES
    share = (point.accuracy * point.judged + SUCCESSES) / judged
    return share * (1 - share) / judged

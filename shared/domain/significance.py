"""Evidence that may be looked at after every outcome: e-values, a change detector, a confidence sequence.

Every value is a product of bets, kept as logs and summed in a fixed order, so that a replay gives the same
bytes. Source of the betting form: Waudby-Smith and Ramdas, JRSS-B 2024.
"""

from collections.abc import Sequence
from math import exp, log, log1p
from operator import add

from shared.errors import InvalidInputError

WIN_SHARES = (0.55, 0.60, 0.65, 0.70, 0.80, 0.90)
BETS = tuple(round(2 * share - 1, 2) for share in WIN_SHARES)
MARGIN_BETS = (0.1, 0.2, 0.4, 0.8)
NO_EVIDENCE = (0.0,) * len(BETS)
NO_MARGIN_EVIDENCE = (0.0,) * len(MARGIN_BETS)

_HALVINGS = 14  # of the interval of a difference: to a hundredth of a point

Logs = tuple[float, ...]
_STEPS = {float(x): tuple([log1p(bet * x) for bet in BETS]) for x in (-1, 1)}  # of most votes


class InvalidCountError(InvalidInputError):
    """A number of cases is negative."""

    code = "invalid_count"

    def __init__(self, *, wins: int, losses: int) -> None:
        super().__init__(f"counts cannot be negative: {wins} wins, {losses} losses")


def log_mean_exp(logs: Sequence[float]) -> float:
    """The log of the mean of `exp(logs)`, safe from overflow."""
    top = max(logs)
    return top + log(sum(exp(value - top) for value in logs) / len(logs))


def log_mix(logs: Sequence[float], weights: Sequence[float]) -> float:
    """The log of the weighted mean of `exp(logs)`; the weights sum to 1."""
    top = max(logs)
    return top + log(sum([w * exp(value - top) for w, value in zip(weights, logs, strict=True)]))


def superiority_e_value(wins: int, losses: int) -> float:
    """Evidence that the challenger beats the champion on cases where exactly one is right.

    A mixture of likelihood ratios against "a win is no likelier than a loss". Under that hypothesis it ever
    reaches 1 / alpha with probability at most alpha, whenever one looks.

    Args:
        wins: discordant cases, one a person, that the challenger got right.
        losses: the same that the champion got right.

    Returns:
        The e-value, 1.0 for no evidence; infinity where it is too large for a float.

    Raises:
        InvalidCountError: a count is negative.

    Source: sequential McNemar in betting form; Waudby-Smith and Ramdas, JRSS-B 2024.
    """
    if min(wins, losses) < 0:
        raise InvalidCountError(wins=wins, losses=losses)
    # Logs, in a fixed order: products overflow, and a replay must give the same bytes.
    logs = [wins * log1p(bet) + losses * log1p(-bet) for bet in BETS]
    value = log_mean_exp(logs)
    return exp(value) if value < 700 else float("inf")


def steps(x: float) -> Logs:
    """What one vote adds to each bet."""
    return _STEPS.get(x) or tuple([log1p(bet * x) for bet in BETS])


def vote(logs: Logs, x: float) -> Logs:
    """Bet once on "more wins than losses". `x` in [-1, 1] has mean at most 0 when that is false.

    A win is 1 and a loss -1; a case that was drawn with a lower probability than others counts in full, one
    that was drawn with a higher probability by the ratio of the two.
    """
    return tuple(map(add, logs, steps(x)))


def watch(logs: Logs, x: float) -> Logs:
    """The same bet for a change at an unknown time: evidence below 1 starts again at 1.

    The mean of the values is an e-detector: with no change, it reaches B not before B votes on the mean.
    Source: Shin, Ramdas and Rinaldo, e-detectors (2023).
    """
    return tuple([max(value, 0.0) + step for value, step in zip(logs, steps(x), strict=True)])


def margin_vote(logs: Logs, x: float, *, margin: float) -> Logs:
    """Bet once on "not worse by `margin`": `x` in [-1, 1] is win, loss or neither, over every case.

    The mean of `x` is at most -margin when the hypothesis "worse by the margin or more" is true.
    """
    return tuple([value + log1p(bet * (x + margin)) for value, bet in zip(logs, MARGIN_BETS, strict=True)])


def reaches(logs: Logs, threshold: float, weights: Sequence[float] | None = None) -> bool:
    """Whether the evidence stands at the threshold or above it; without weights all bets weigh alike."""
    bound = log(threshold)
    if max(logs) < bound:  # the mean is never above the largest
        return False
    return (log_mean_exp(logs) if weights is None else log_mix(logs, weights)) >= bound


def confidence_sequence(wins: int, losses: int, cases: int, *, alpha: float = 0.05) -> tuple[float, float]:
    """Bounds of the difference in accuracy that hold at every look at once, with probability 1 - alpha.

    Args:
        wins: cases only the challenger got right.
        losses: cases only the champion got right.
        cases: all paired cases, those where both were right or both wrong included.
        alpha: probability that the true difference is ever outside.

    Returns:
        Every difference that neither of two betting processes refutes at 2 / alpha; (-1, 1) for no cases.

    Raises:
        InvalidCountError: a count is negative or the parts exceed the whole.
    """
    if min(wins, losses, cases - wins - losses) < 0:
        raise InvalidCountError(wins=wins, losses=losses)
    counts = (wins, losses, cases - wins - losses)
    mean = (wins - losses) / cases if cases else 0.0
    low = _edge(counts, mean, alpha)
    high = _edge((losses, wins, counts[2]), -mean, alpha)
    return low, -high


def _edge(counts: tuple[int, int, int], mean: float, alpha: float) -> float:
    """The smallest difference that the bets on "larger than that" do not refute, by bisection."""
    refuted, kept = -1.0, mean
    if not _refutes(counts, refuted, alpha):
        return refuted
    for _ in range(_HALVINGS):
        middle = (refuted + kept) / 2
        if _refutes(counts, middle, alpha):
            refuted = middle
        else:
            kept = middle
    return refuted


def _refutes(counts: tuple[int, int, int], mean: float, alpha: float) -> bool:
    """Whether bets on a difference above `mean` have reached 2 / alpha; bets are a share of what is safe."""
    wins, losses, ties = counts
    most = 1 / max(1 + mean, 1e-9)  # a bet this large loses everything at one loss
    logs = []
    for share in BETS:
        bet = min(share * most, 100.0) * 0.999
        up, down, even = log1p(bet * (1 - mean)), log1p(bet * (-1 - mean)), log1p(bet * -mean)
        logs.append(wins * up + losses * down + ties * even)
    return log_mean_exp(logs) >= log(2 / alpha)


def randomised_difference(outcome: float, baseline: float, *, challenged: bool, share: float) -> float:
    """One unpaired outcome as a bet in [-1, 1], with mean at most 0 when the challenger is no better.

    Valid by the random assignment alone, whatever the mix of cases: `share` is the one in force when this
    case was assigned. Scaled by the smaller arm's probability, so that no bet can lose more than it holds.

    Args:
        outcome: 1.0 right, 0.0 wrong.
        baseline: any guess of the mean outcome made before this case.
        challenged: whether the challenger answered.
        share: probability of being given to the challenger, above 0 and below 1.

    Source: design-based confidence sequences; Ham, Bojinov, Lindon and Tingley.
    """
    weight = 1 / share if challenged else -1 / (1 - share)
    return (outcome - baseline) * weight * min(share, 1 - share)

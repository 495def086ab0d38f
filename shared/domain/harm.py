"""Evidence of harm, whenever it begins: from the first vote, or from one that nobody knows beforehand."""

from collections.abc import Mapping, Sequence
from math import exp, log, log1p
from typing import Any

from shared.domain.significance import BETS, NO_EVIDENCE, Logs, log_mix, vote

LATE_SHARE = 0.1  # of the belief: that harm begins later than the challenge
_SPREAD_VOTES = 200  # by this vote half of that belief is spent
_MOST = 1e300  # an e-value beyond it says nothing more, and infinity is no JSON
# Large harm is met most often where it matters; the first and the last bet are for the extremes.
WEIGHTS = (0.1, 0.2, 0.2, 0.2, 0.2, 0.1)


class Harm:
    """An e-process against "no worse, ever": a mixture over the size of the harm and over its first vote.

    The belief of a start at vote n is L / ((n + L - 1) (n + L)), which sums to 1, so that the mixture ever
    reaches 1 / alpha with probability at most alpha while the challenger is no worse. A process that begins
    at the first vote alone would have to lose all that a good beginning won before it sees a late fault.

    Source: mixtures over change times; Shin, Ramdas and Rinaldo, e-detectors (2023).
    """

    __slots__ = ("_log_e", "late", "votes", "whole")

    def __init__(self, whole: Sequence[float] = NO_EVIDENCE, late: Sequence[Any] | None = None) -> None:
        self.whole: Logs = tuple(whole)
        self.late: list[float] = list(late[0]) if late else [0.0] * len(BETS)  # e-values, not logs
        self.votes: int = late[1] if late else 0
        self._log_e: float | None = None

    def vote(self, x: float) -> None:
        """Bet once; `x` in [-1, 1] is above 0 where the champion alone was right."""
        self.votes += 1
        n = self.votes
        begins = _SPREAD_VOTES / ((n + _SPREAD_VOTES - 1) * (n + _SPREAD_VOTES))
        self.whole = vote(self.whole, x)
        pairs = zip(self.late, BETS, strict=True)
        self.late = [min((value + begins) * (1 + bet * x), _MOST) for value, bet in pairs]
        self._log_e = None

    def saved_late(self) -> list[Any]:
        """What `late` of the constructor takes."""
        return [self.late, self.votes]

    def reaches(self, limit: float) -> bool:
        """Whether the log evidence stands at the limit or above it; most of the time a glance tells."""
        most = max(*self.whole, log(LATE_SHARE * (max(self.late) + 1)))
        return most + log(2) >= limit and self.log_e >= limit  # a sum of two is at most twice the larger

    @property
    def log_e(self) -> float:
        """The log of the evidence so far."""
        if self._log_e is None:
            unspent = _SPREAD_VOTES / (self.votes + _SPREAD_VOTES)
            late = sum([weight * value for weight, value in zip(WEIGHTS, self.late, strict=True)]) + unspent
            whole, late = log_mix(self.whole, WEIGHTS) + log(1 - LATE_SHARE), log(LATE_SHARE * late)
            self._log_e = max(whole, late) + log1p(exp(-abs(whole - late)))
        return self._log_e


def harm_log_e(state: Mapping[str, Any]) -> float:
    """The log evidence of harm in a state of the engine."""
    return Harm(state["harm"], state.get("harm_late_e")).log_e

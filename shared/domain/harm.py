"""Evidence of harm, whenever it begins: from the first vote, or from one that nobody knows beforehand."""

from collections.abc import Mapping, Sequence
from math import exp, log, log1p
from typing import Any

from shared.domain.significance import BETS, NO_EVIDENCE, Logs, log_mix, vote

LATE_SHARE = 0.1  # of the belief: that harm begins later than the challenge
_SPREAD_VOTES = 200  # by this vote half of that belief is spent
_NOTHING = -700.0  # the log of an e-value that is next to nothing, and JSON still
# Large harm is met most often where it matters; the first and the last bet are for the extremes.
WEIGHTS = (0.1, 0.2, 0.2, 0.2, 0.2, 0.1)


class Harm:
    """An e-process against "no worse, ever": a mixture over the size of the harm and over its first vote.

    The belief of a start at vote n is L / ((n + L - 1) (n + L)), which sums to 1, so that the mixture ever
    reaches 1 / alpha with probability at most alpha while the challenger is no worse. A process that begins
    at the first vote alone would have to lose all that a good beginning won before it sees a late fault.

    Source: mixtures over change times; Shin, Ramdas and Rinaldo, e-detectors (2023).
    """

    __slots__ = ("late", "log_e", "votes", "whole")

    def __init__(self, whole: Sequence[float] = NO_EVIDENCE, late: Sequence[Any] | None = None) -> None:
        self.whole: Logs = tuple(whole)
        self.late: Logs = tuple(late[0]) if late else (_NOTHING,) * len(BETS)
        self.votes: int = late[1] if late else 0
        self.log_e = self._log_e()

    def vote(self, x: float) -> None:
        """Bet once; `x` in [-1, 1] is above 0 where the champion alone was right."""
        self.votes += 1
        n = self.votes
        begins = log(_SPREAD_VOTES / ((n + _SPREAD_VOTES - 1) * (n + _SPREAD_VOTES)))
        self.whole = vote(self.whole, x)
        self.late = vote(tuple([_log_sum(value, begins) for value in self.late]), x)
        self.log_e = self._log_e()

    def saved_late(self) -> list[Any]:
        """What `late` of the constructor takes."""
        return [self.late, self.votes]

    def _log_e(self) -> float:
        unspent = _SPREAD_VOTES / (self.votes + _SPREAD_VOTES)
        late = _log_sum(log_mix(self.late, WEIGHTS), log(unspent))
        return _log_sum(log(1 - LATE_SHARE) + log_mix(self.whole, WEIGHTS), log(LATE_SHARE) + late)


def harm_log_e(state: Mapping[str, Any]) -> float:
    """The log evidence of harm in a state of the engine."""
    return Harm(state["harm"], state.get("harm_late")).log_e


def _log_sum(a: float, b: float) -> float:
    """log(exp(a) + exp(b))."""
    return max(a, b) + log1p(exp(-abs(a - b)))

"""Whether a challenger serves as well as it answers: slow, failing and abstaining answers, in the canary."""

from collections.abc import Mapping
from math import exp, log
from typing import Any

from shared.domain.significance import NO_EVIDENCE, Logs, randomised_difference, reaches, vote

LATENCY_RATIO = 1.5  # of the 95th percentiles
UNNOTICED_MS = 20.0  # quicker than this is slow to nobody
TOLERANCES = {"failed": 0.01, "abstained": 0.05}  # a rise in their share that is still fine
NAMES = {"slow": "slower", "failed": "failing more often", "abstained": "abstaining more often"}
_SLOW_SHARE = 0.05  # of answers behind the 95th percentile
_SLACK = 0.05  # for a percentile that is itself an estimate
_STEP = 0.05  # of the running percentile, in logs of the latency
_CHAMPIONS = 200  # answers of the champion before its percentile is trusted
_SHORTEST_MS = 0.01


class Service:
    """An e-process a guardrail over the answers that were served: one arm against the other.

    Arms are drawn by the share in force, so that the random assignment alone makes it fair (`failed`,
    `abstained`). A slow answer is one behind 1.5 times the champion's running 95th percentile that somebody
    could notice: the challenger may have one in ten of them.
    """

    def __init__(self, state: Mapping[str, Any] | None = None) -> None:
        state = state or {}
        self.logs: dict[str, Logs] = {
            name: tuple(state.get("logs", {}).get(name, NO_EVIDENCE)) for name in NAMES
        }
        self.percentile: list[float] = list(state.get("percentile", (0, 0.0)))  # answers, log of milliseconds
        self.means: dict[str, list[float]] = {
            name: list(state.get("means", {}).get(name, (1, 0.0))) for name in TOLERANCES
        }

    def dump(self) -> dict[str, Any]:
        """Everything above as JSON."""
        return {"logs": self.logs, "percentile": self.percentile, "means": self.means}

    def serve(self, case: Mapping[str, float], *, challenged: bool, share: float) -> None:
        """Take in one served answer; `case` holds what is known of `latency_ms`, `failed`, `abstained`."""
        if "latency_ms" in case:
            self._time(log(max(case["latency_ms"], _SHORTEST_MS)), challenged=challenged)
        for name in TOLERANCES:
            if name in case:
                self._count(name, float(case[name]), challenged=challenged, share=share)

    def veto(self, alpha: float) -> str | None:
        """What the challenger is surely worse at, each at this alpha; None when nothing says so."""
        return next(
            (f"{NAMES[name]} than the champion" for name in NAMES if self._is_sure(name, alpha)), None
        )

    def champion_p95_ms(self) -> float | None:
        """The champion's running 95th percentile; None before there are enough answers."""
        return exp(self.percentile[1]) if self.percentile[0] >= _CHAMPIONS else None

    def _is_sure(self, name: str, alpha: float) -> bool:
        return reaches(self.logs[name], 1 / alpha)

    def _time(self, latency: float, *, challenged: bool) -> None:
        answers, edge = self.percentile
        if challenged:
            if answers >= _CHAMPIONS:
                slow = latency > max(edge + log(LATENCY_RATIO), log(UNNOTICED_MS))
                self.logs["slow"] = vote(self.logs["slow"], float(slow) - _SLOW_SHARE - _SLACK)
            return
        edge = latency if not answers else edge + _STEP * ((latency > edge) - _SLOW_SHARE)
        self.percentile = [answers + 1, edge]

    def _count(self, name: str, outcome: float, *, challenged: bool, share: float) -> None:
        """A bet on a rise beyond the tolerance, while both arms had a chance to answer."""
        n, total = self.means[name]
        if 0 < share < 1:
            x = randomised_difference(outcome, total / n, challenged=challenged, share=share)
            self.logs[name] = vote(self.logs[name], x - TOLERANCES[name] * min(share, 1 - share))
        if not challenged:
            self.means[name] = [n + 1, total + outcome]

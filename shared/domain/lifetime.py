"""What many promotions may cost together: a yearly account of risk, and the first version as an anchor."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, log1p

from shared.domain.significance import MARGIN_BETS, log_mean_exp

YEAR_DAYS = 365
YEARLY_RISK = 0.20  # of bad promotions, summed; beyond it a person approves each
ANCHOR_MARGIN = 0.01  # accuracy that may be lost against the first authorised version, in all
ANCHOR_ALPHA = 0.05  # of a false failure
ALPHA_IN_DOUBT = 0.01  # of a promotion in a year in which the anchor test failed


@dataclass(frozen=True)
class Anchored:
    """One version beside the first one, on the cases of the frozen set that judged both."""

    cases: int
    wins: int
    losses: int

    @property
    def failed(self) -> bool:
        """Whether it is surely worse than the first version by more than the margin.

        Bets on a loss beyond the margin, case by case. No evidence is no failure: small steps down are each
        within what a gate can see, and this is where their sum shows.
        """
        same = self.cases - self.wins - self.losses
        counts = ((self.losses, 1.0), (same, 0.0), (self.wins, -1.0))
        logs = [sum([n * log1p(bet * (x - ANCHOR_MARGIN)) for n, x in counts]) for bet in MARGIN_BETS]
        return log_mean_exp(logs) >= -log(ANCHOR_ALPHA)


@dataclass(frozen=True)
class Standing:
    """Where the account of a model type stands when a challenge begins."""

    spent: float  # alphas of the promotions of the last year
    anchor: Anchored | None  # of the challenger; None where nothing judged it and the first version
    failed_this_year: bool

    def alpha(self, usual: float) -> float:
        """The alpha of this challenge."""
        return min(usual, ALPHA_IN_DOUBT) if self.failed_this_year else usual

    def why_person(self, usual: float) -> str | None:
        """Why a person has to approve this promotion, even where releases are automatic; None where not."""
        if self.anchor is not None and self.anchor.failed:
            return "it is worse than the first authorised version"
        if self.spent + self.alpha(usual) > YEARLY_RISK + 1e-9:
            return "the risk that automatic promotions may take in a year is spent"
        return None


def spent(alphas: Sequence[float]) -> float:
    """The risk that these promotions took, summed in their order."""
    return round(sum(alphas), 6)

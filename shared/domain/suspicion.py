"""Reasons to look again at what somebody signed: too fast to be read, or one text over many patients.

Each compares a clinician with the own history and with peers, counts only from a size on, and says how
unlikely the numbers are if nothing is the matter. What cannot be told for lack of peers is no suspicion.
"""

from dataclasses import dataclass
from math import exp, log

from shared.domain.metrics import wilson

CLOSE_SECONDS = 30  # between two signatures: less than a case takes to be read
LEAST_RUN = 10  # signatures that close, one after another
LEAST_PEERS = 20  # gaps or cases to compare with; fewer tell nothing
LEAST_COPIES = 10  # patients with one and the same text
RARE = 0.001


@dataclass(frozen=True)
class Found:
    """How often something happened, how often it does with others, and how likely that is by chance."""

    seen: int
    of: int
    expected_share: float
    chance: float

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share that was seen."""
        return wilson(self.seen / self.of, self.of) if self.of else (0.0, 1.0)


def tail(seen: int, of: int, share: float) -> float:
    """An upper bound of the chance to see so many or more; exact in the exponent, never too small.

    Args:
        seen: how often it happened.
        of: how often it could have.
        share: how often it happens by itself, 0 to 1.

    Source: Chernoff's bound, exp(-n KL(seen / of, share)).
    """
    if of == 0 or seen <= share * of:
        return 1.0
    if share <= 0:
        return 0.0
    rate = seen / of
    part = (1 - rate) * log((1 - rate) / (1 - share)) if rate < 1 else 0.0
    return exp(-of * (rate * log(rate / share) + part))


def burst(run: int, close: int, gaps: int) -> Found | None:
    """Whether a run of signatures is too dense to have been read; None where nothing can be told or is amiss.

    Args:
        run: signatures in the run, each within `CLOSE_SECONDS` of the one before.
        close: such gaps elsewhere: the clinician's own at other times, and those of peers.
        gaps: all gaps elsewhere.
    """
    if run < LEAST_RUN or gaps < LEAST_PEERS:
        return None
    share = _at_most(close, gaps)
    chance = tail(run - 1, run - 1, share) * (gaps + run)  # a run may begin anywhere
    return Found(run - 1, run - 1, share, chance) if chance < RARE else None


def copied(copies: int, cases: int, peers: tuple[int, int]) -> Found | None:
    """Whether one text stands over too many patients of one clinician; None where nothing is amiss.

    Args:
        copies: patients that have the clinician's most used text.
        cases: the clinician's cases.
        peers: of the others, how many cases have their most used texts, of how many.
    """
    if copies < LEAST_COPIES or peers[1] < LEAST_PEERS:
        return None
    share = _at_most(*peers)
    chance = tail(copies, cases, share)
    return Found(copies, cases, share, chance) if chance < RARE and copies > 3 * share * cases else None


def _at_most(seen: int, of: int) -> float:
    """The upper end of a share's interval: what it may be at most, as far as the numbers go."""
    return wilson(seen / of, of)[1]

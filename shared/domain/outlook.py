"""What a challenge takes in this clinic: days, readings, exposure, and the chance to miss a difference."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from math import ceil, log, log1p
from random import Random
from statistics import NormalDist, median

from shared.domain.harm import LATE_SHARE, WEIGHTS
from shared.domain.policy import Policy
from shared.domain.rollout import GATE_E_VALUE, HARM_ALPHA_SHARE
from shared.domain.significance import BETS, MARGIN_BETS, log_mean_exp, log_mix
from shared.errors import InvalidInputError

EFFECTS = (-0.05, -0.02, 0.0, 0.02, 0.05)
RUNS = 400
_LABEL_SPREAD = 0.6  # of the log of a label's delay
_STEP_DAYS = 0.05


@dataclass(frozen=True)
class Rates:
    """A clinic as a challenge meets it. Shares are of the cases of one model type; times are days."""

    cases_per_day: float
    disagree_share: float = 0.13  # cases on which two versions answer differently
    discordant_share: float = 0.77  # of those, the ones on which exactly one is right
    risky_share: float = 0.25  # cases that look like what must not be missed; 0 for a type without
    answered_share: float = 0.9  # of the readings asked for
    reading_days: float = 0.6  # from asking to answer, on the mean
    labelled_share: float = 0.9  # of the cases, sooner or later
    label_days: float = 2.0  # until a routine label, the median
    look_days: float = 0.25  # between two decisions

    def __post_init__(self) -> None:
        for one in fields(self):
            value = getattr(self, one.name)
            if value < 0 or (one.name.endswith("share") and value > 1):
                raise InvalidInputError(f"{one.name} cannot be {value}", field=one.name, fix="give a rate")
        if self.cases_per_day == 0 or self.disagree_share == 0:
            raise InvalidInputError(
                "a clinic without cases or disagreements decides nothing",
                field="cases_per_day",
                fix="give the cases of a usual day",
            )


@dataclass(frozen=True)
class Outlook:
    """What becomes of a challenger that is so much better, over many imagined challenges."""

    effect: float
    promoted: float
    rolled_back: float
    undecided: float
    missed: float | None  # a difference that is there and is not found within the horizon; None for equal
    days: float | None  # to the decision, the median; None where most end without
    readings: float  # the mean
    exposed: float  # cases that the challenger answers before the decision, the mean


@dataclass(frozen=True)
class _End:
    kind: str  # promoted, rolled_back or undecided
    days: float
    readings: float
    exposed: float


def outlooks(rates: Rates, policy: Policy, effects: Sequence[float] = EFFECTS) -> list[Outlook]:
    """The engine's rules played on imagined votes; the same rates give the same numbers."""
    ramp = _ramp(rates, policy)
    return [_outlook(rates, policy, effect=effect, ramp=ramp) for effect in effects]


def _outlook(rates: Rates, policy: Policy, *, effect: float, ramp: tuple[float, float]) -> Outlook:
    rng = Random(f"{rates}:{effect}")  # noqa: S311 -- an estimate that is the same each time it is asked for
    ends = [_play(rates, policy, effect, rng=rng, ramp=ramp) for _ in range(RUNS)]
    shares = {kind: sum(end.kind == kind for end in ends) / RUNS for kind in ("promoted", "rolled_back")}
    decided = [end.days for end in ends if end.kind != "undecided"]
    found = shares["promoted"] if effect > 0 else shares["rolled_back"]
    return Outlook(
        effect=effect,
        **shares,
        undecided=1 - len(decided) / RUNS,
        missed=1 - found if effect else None,
        days=median(decided) if 2 * len(decided) > RUNS else None,
        readings=sum(end.readings for end in ends) / RUNS,
        exposed=sum(end.exposed for end in ends) / RUNS,
    )


def _play(rates: Rates, policy: Policy, effect: float, *, rng: Random, ramp: tuple[float, float]) -> _End:
    """One imagined challenge, vote by vote; a vote is a disagreement that was asked about and read."""
    asked_a_day = min(rates.cases_per_day * rates.disagree_share, policy.adjudication_budget_per_day)
    votes_a_day = asked_a_day * rates.answered_share
    if votes_a_day == 0:
        return _End("undecided", policy.horizon_days, 0.0, 0.0)
    win = (rates.discordant_share + effect / rates.disagree_share) / 2
    loss = rates.discordant_share - win
    t, wins, losses = 0.0, 0, 0
    harmful, superior = log(1 / (HARM_ALPHA_SHARE * policy.alpha_rollback)), log(1 / policy.alpha_promote)
    while True:
        t += rng.expovariate(votes_a_day)
        seen_on = t + rates.reading_days + rates.look_days / 2
        if seen_on > policy.horizon_days:
            return _End("undecided", policy.horizon_days, asked_a_day * policy.horizon_days, 0.0)
        luck = rng.random()
        wins, losses = wins + (luck < win), losses + (win <= luck < win + loss)
        readings = asked_a_day * min(seen_on, policy.horizon_days)
        if _harm(wins, losses) >= harmful:
            return _End("rolled_back", seen_on, readings, 0.0)
        if _superior(wins, losses) >= superior and _gate_is_passed(rates, policy, seen_on):
            days, exposed = ramp
            return _End("promoted", seen_on + days, readings + asked_a_day * days, exposed)


def _gate_is_passed(rates: Rates, policy: Policy, t: float) -> bool:
    """Whether so many risky agreements have come that recall is surely not worse; unread ones are misses."""
    if not rates.risky_share:
        return True
    margin, a_day = policy.guardrail_must_not_miss_drop, rates.cases_per_day * rates.risky_share
    unread = round(a_day * rates.disagree_share * rates.reading_days / 2)
    agreed = int(a_day * (1 - rates.disagree_share) * t)
    logs = [agreed * log1p(bet * margin) + unread * log1p(bet * (margin - 1)) for bet in MARGIN_BETS]
    return log_mean_exp(logs) >= log(GATE_E_VALUE)


@cache
def _harm(wins: int, losses: int) -> float:
    return log(1 - LATE_SHARE) + log_mix(_logs(losses, wins), WEIGHTS)


@cache
def _superior(wins: int, losses: int) -> float:
    return log_mean_exp(_logs(wins, losses))


def _logs(right: int, wrong: int) -> list[float]:
    return [right * log1p(bet) + wrong * log1p(-bet) for bet in BETS]


def _ramp(rates: Rates, policy: Policy) -> tuple[float, float]:
    """Days from the shadow to the promotion, and cases that the challenger answers in them."""
    days = exposed = 0.0
    for share in policy.ramp:
        if share < 1:
            served = rates.cases_per_day * share
            took = _until_labelled(rates, served, max(10, ceil(100 * share)))
            days, exposed = days + took, exposed + served * took
    return days, exposed


def _until_labelled(rates: Rates, served: float, need: int) -> float:
    """Days until so many of the cases of a step have their label, and the next look has seen it."""
    most = 2 * 365.0
    delay, t, labelled = NormalDist(log(max(rates.label_days, 1e-3)), _LABEL_SPREAD), 0.0, 0.0
    while labelled < need and t < most:
        t += _STEP_DAYS
        labelled += served * rates.labelled_share * delay.cdf(log(t)) * _STEP_DAYS
    return t + rates.look_days / 2

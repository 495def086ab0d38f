"""The terms of a challenge: its ramp, its thresholds, and what one stage asks before the next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

from shared.domain.harm import harm_log_e
from shared.domain.policy import Policy
from shared.domain.significance import confidence_sequence, log_mean_exp
from shared.errors import InvalidInputError

STRATA = ("age_band", "sex", "site")
# The alarm of the reverse shadow. Votes between two false ones are more than this on the mean, by theory; by
# `bench.decide` one in a hundred settlings sees one, and one in twenty-five stretches of seven weeks.
DETECTOR_THRESHOLD = 2200.0
DETECTOR_WEIGHTS = (0.05, 0.05, 0.1, 0.2, 0.25, 0.35)  # of its bets: everybody meets a fault now, be it large
_EARLY_GROUPS = 16
# Of alpha_rollback, 1 together: worse on the whole, in a group, in calibration, in each of three of serving.
HARM_ALPHA_SHARE, GROUP_ALPHA_SHARE, CALIBRATION_ALPHA_SHARE, SERVICE_ALPHA_SHARE = 0.70, 0.22, 0.05, 0.01
GATE_E_VALUE = 10.0  # evidence that must-not-miss recall is not worse by the tolerance


@dataclass(frozen=True)
class Terms:
    """What a challenge is decided by, fixed at its start. Times are days."""

    alpha_promote: float
    alpha_rollback: float
    ramp: tuple[float, ...]
    must_not_miss: frozenset[Any]
    strata: tuple[str, ...]
    groups: int  # of all strata and one for must-not-miss; 0 where the sizes are not told
    shadow_allowed: bool
    budget: int  # readings a day
    horizon_days: float
    subgroup_drop: float
    must_not_miss_drop: float
    ece_increase: float

    def share(self, step: int) -> float:
        """The share of persons at a step of the ramp; -1 is the shadow."""
        return 0.0 if step < 0 else self.ramp[step]

    def labelled_cases(self, step: int) -> int:
        """Labelled cases of the challenger that this step needs before the next one."""
        return max(10, ceil(100 * self.ramp[step]))

    def group_share(self, place: int) -> float:
        """The part of the subgroups' alpha that the group seen as number `place` (from 1) spends."""
        if self.groups:
            return 1 / self.groups if place <= self.groups else 0.0
        late = (
            place - _EARLY_GROUPS
        )  # the first ones share a half evenly, all that ever follow the other half
        return 1 / (2 * _EARLY_GROUPS) if late <= 0 else 1 / (2 * late * (late + 1))


def terms_from(config: Mapping[str, Any]) -> Terms:
    """Read the `config` of a start message; what is left out has the policy's default.

    Raises:
        InvalidInputError: a value cannot be.
    """
    known = config_of(Policy(), must_not_miss=(), strata=None) | dict(config)
    guardrails = dict(config_of(Policy(), must_not_miss=(), strata=None)["guardrails"])
    guardrails |= known.get("guardrails") or {}
    ramp = tuple(float(share) for share in known["ramp"] if float(share) < 1)
    if not ramp or any(share <= 0 for share in ramp) or list(ramp) != sorted(ramp):
        raise InvalidInputError(
            "the ramp must rise from above 0", field="ramp", fix="like 0.05, 0.25, 0.5, 1"
        )
    strata, groups = _strata(known["strata"])
    return Terms(
        alpha_promote=float(known["alpha_promote"]),
        alpha_rollback=float(known["alpha_rollback"]),
        ramp=ramp,
        must_not_miss=frozenset(known["must_not_miss"] or ()),
        strata=strata,
        groups=groups,
        shadow_allowed=bool(known["shadow_allowed"]),
        budget=int(known["adjudication_budget_per_day"]),
        horizon_days=float(known["horizon_days"]),
        subgroup_drop=float(guardrails["subgroup_drop"]),
        must_not_miss_drop=float(guardrails["must_not_miss_recall_drop"]),
        ece_increase=float(guardrails["ece_increase"]),
    )


def config_of(
    policy: Policy, *, must_not_miss: Sequence[str], strata: Mapping[str, Sequence[str]] | None
) -> dict[str, Any]:
    """The `config` of a start message under a policy."""
    return {
        "alpha_promote": policy.alpha_promote,
        "alpha_rollback": policy.alpha_rollback,
        "rollback_drop": policy.rollback_drop,
        "ramp": list(policy.ramp),
        "must_not_miss": list(must_not_miss),
        "strata": dict(strata) if strata is not None else list(STRATA),
        "shadow_allowed": True,
        "adjudication_budget_per_day": policy.adjudication_budget_per_day,
        "look": "every_fact",
        "horizon_days": policy.horizon_days,
        "guardrails": {
            "subgroup_drop": policy.guardrail_subgroup_drop,
            "must_not_miss_recall_drop": policy.guardrail_must_not_miss_drop,
            "ece_increase": policy.guardrail_ece_increase,
        },
    }


def _strata(told: object) -> tuple[tuple[str, ...], int]:
    """Names of the strata, and how many groups they have together where that is told."""
    if isinstance(told, Mapping):
        sizes = [value if isinstance(value, int) else len(value) for value in told.values()]
        return tuple(str(name) for name in told), sum(sizes) + 1
    if isinstance(told, list | tuple) and all(isinstance(name, str) for name in told):
        return tuple(told), 0
    return STRATA, 0


def summary(state: Mapping[str, Any]) -> dict[str, Any]:
    """What a state of the engine says to people: stage, counts, evidence, the difference and its interval."""
    counts = state["counts"]
    low, high = state.get("interval") or bounds(counts)
    return {
        "stage": state["stage"],
        "cases": counts["pairs"],
        "disagreements": counts["disagreements"],
        "readings": counts["asked"],
        "votes": counts["votes"],
        "wins": counts["wins"],
        "losses": counts["losses"],
        "exposed": counts["exposed"],
        "labelled": counts["labelled"],
        "effect": (counts["wins"] - counts["losses"]) / max(_paired(counts), 1),
        "interval": [low, high],
        "log_e_superior": log_mean_exp(state["superior"]),
        "log_e_harm": harm_log_e(state),
        "log_e_groups": {name: log_mean_exp(group["logs"]) for name, group in state["groups"].items()},
        "why": state["why"],
    }


def bounds(counts: Mapping[str, int]) -> tuple[float, float]:
    """The confidence sequence of the difference in accuracy, as far as the votes of a state tell it."""
    return confidence_sequence(counts["wins"], counts["losses"], _paired(counts))


def _paired(counts: Mapping[str, int]) -> int:
    """Cases that the votes stand for: agreements in the proportion in which disagreements were read."""
    read, disagreements = counts["votes"], counts["disagreements"]
    return round(counts["pairs"] * read / disagreements) if disagreements else counts["pairs"]

"""What may be changed in a policy: known names, values within bounds, nothing that contradicts itself."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from shared.domain.due import read_cron
from shared.domain.policy import Policy
from shared.domain.transitions import CANARY
from shared.errors import InvalidInputError

_SHARES = (
    "min_confidence",
    "audit_share",
    "evaluation_share",
    "validator_weight_cap",
    "source_weight_cap",
    "week_weight_cap",
    "replay_share",
    "second_read_share",
    "gate_margin",
    "gate_class_floor",
    "gate_must_not_miss_floor",
    "gate_subgroup_floor",
    "gate_calibration_floor",
    "gate_forgetting",
    "rollback_drop",
    "guardrail_subgroup_drop",
    "guardrail_must_not_miss_drop",
    "guardrail_ece_increase",
    "abstain_below",
)
BOUNDS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(_SHARES, (0.0, 1.0)),
    "alpha_promote": (0.0001, 0.2),
    "alpha_rollback": (0.0001, 0.2),
    "train_after_new_cases": (1, 1_000_000),
    "train_min_cases": (1, 1_000_000),
    "duplicates_weigh": (0.0, 100.0),
    "evaluation_uses": (1, 100_000),
    "hard_cases_per_week": (0, 10_000),
    "settle_days": (0, 3_650),
    "settle_cases": (0, 10_000_000),
    "horizon_days": (1, 3_650),
    "adjudication_budget_per_day": (0, 10_000),
    "retention_days": (1, 36_500),
}
RAMP_MOST = len(CANARY) + 1  # a state for each step before the last
_CRONS = ("collect_at", "train_at")


class PolicyError(InvalidInputError):
    """A policy cannot be as it was asked for."""

    code = "bad_policy"


def changed(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    """The policy with these fields otherwise; a dotted name reaches into an object, like `deid.tagger`.

    Raises:
        PolicyError: a name is unknown, a value is out of bounds, or nothing would change.
    """
    wanted: dict[str, Any] = policy.model_dump(mode="json")
    for name, value in changes.items():
        *parents, leaf = name.split(".")
        place = wanted
        for parent in parents:
            inner = place.get(parent)
            place = inner if isinstance(inner, dict) else {}
        if leaf not in place:
            raise PolicyError(f"there is no policy field {name}", field=name, fix="`rounds policy show`")
        place[leaf] = value
    made = _parsed(wanted)
    _check(made)
    if made == policy:
        raise PolicyError("this changes nothing", field="changes", fix="name a field and another value")
    return made


def difference(before: Policy, after: Policy) -> dict[str, tuple[Any, Any]]:
    """What two policies differ in, by dotted name: before and after."""
    one, two = flat(before.model_dump(mode="json")), flat(after.model_dump(mode="json"))
    return {name: (one.get(name), two[name]) for name in two if one.get(name) != two[name]}


def _parsed(wanted: Mapping[str, Any]) -> Policy:
    try:
        return Policy.model_validate(wanted)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise PolicyError(f"{name}: {first['msg']}", field=name, fix="`rounds policy show`") from None


def _check(policy: Policy) -> None:
    for name, (low, high) in BOUNDS.items():
        value = getattr(policy, name)
        if not low <= value <= high:
            raise PolicyError(f"{name} is {value:g}", field=name, fix=f"it lies from {low:g} to {high:g}")
    for name in _CRONS:
        read_cron(getattr(policy, name))
    steps = policy.ramp
    if not steps or list(steps) != sorted(set(steps)) or steps[0] <= 0 or steps[-1] != 1:
        raise PolicyError("the ramp does not rise to 1", field="ramp", fix="like [0.05, 0.25, 0.5, 1.0]")
    if len(steps) > RAMP_MOST:
        raise PolicyError(f"the ramp has {len(steps)} steps", field="ramp", fix=f"give at most {RAMP_MOST}")


def flat(body: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    """The fields by dotted name."""
    found: dict[str, Any] = {}
    for name, value in body.items():
        found |= flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value}
    return found

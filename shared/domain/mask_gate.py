"""The offline gate for masks: Dice of both versions on the same frozen pictures, counted by person.

The first version of a type is compared with the untrained decoder under it, which costs nothing to serve: a
version that does no better than that for some kind of prompt is not worth a patient.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.domain.gate import FAIL, INCONCLUSIVE, MIN_GROUP, PASS, Rule, Verdict
from shared.domain.masks import error_of
from shared.domain.policy import Policy

MIN_PERSONS = 10
_Z_ONE_SIDED_80, _Z_ONE_SIDED_95, _Z_ONE_SIDED_99, _Z_TWO_SIDED_95 = 0.8416, 1.6449, 2.3263, 1.9600
Changes = list[tuple[str, float]]  # whose picture, and how much better the candidate is


@dataclass(frozen=True)
class JudgedPicture:
    """One picture of the frozen set: mean Dice of both sides by kind of prompt."""

    person: str
    candidate: Mapping[str, float]
    compared: Mapping[str, float]
    is_old: bool = False  # it judged the champion, too
    subgroup: Mapping[str, str] = field(default_factory=dict)

    @property
    def change(self) -> float:
        """The mean over the kinds of prompt of how much better the candidate is."""
        return sum(self.candidate[kind] - self.compared[kind] for kind in self.candidate) / len(
            self.candidate
        )


def judge(pictures: Sequence[JudgedPicture], policy: Policy, *, against: str) -> Verdict:
    """Apply every rule; `against` says in words what the candidate is compared with."""
    rules = [_size(pictures)]
    for kind in sorted({kind for one in pictures for kind in one.candidate}):
        asked = [one for one in pictures if kind in one.candidate]
        changes = [(one.person, one.candidate[kind] - one.compared[kind]) for one in asked]
        rules.append(_dice(f"Dice from {kind} prompts", changes, policy, against=against))
    rules += [
        _fall(f"Dice in {name}", changes, policy.gate_subgroup_floor)
        for name, changes in _groups(pictures).items()
        if len(changes) >= MIN_GROUP
    ]
    rules.append(_forgetting(pictures, policy))
    verdicts = {rule.verdict for rule in rules}
    return Verdict(next(one for one in (FAIL, INCONCLUSIVE, PASS) if one in verdicts), tuple(rules))


def _size(pictures: Sequence[JudgedPicture]) -> Rule:
    n = len({one.person for one in pictures})
    verdict = PASS if n >= MIN_PERSONS else INCONCLUSIVE
    return Rule("size", n, MIN_PERSONS, n, verdict, f"pictures of {n} persons, {MIN_PERSONS} are needed")


def _dice(name: str, changes: Changes, policy: Policy, *, against: str) -> Rule:
    """Not worse by the margin: the bound that holds in 4 of 5 sets decides, the 95 % interval is stated."""
    change, error = _mean(changes), error_of(changes)
    low, high = change - _Z_TWO_SIDED_95 * error, change + _Z_TWO_SIDED_95 * error
    verdict = PASS if change - _Z_ONE_SIDED_80 * error > -policy.gate_margin else INCONCLUSIVE
    if change < -policy.gate_margin:
        verdict = FAIL
    why = f"{change:+.3f} against {against}, 95 % interval {low:+.3f} to {high:+.3f}"
    return Rule(name, _round(change), -policy.gate_margin, len(changes), verdict, why)


def _fall(name: str, changes: Changes, floor: float) -> Rule:
    """A fall beyond the floor that chance does not explain; there are many groups."""
    change, error = _mean(changes), error_of(changes)
    verdict = FAIL if change < -floor and change + _Z_ONE_SIDED_99 * error < 0 else PASS
    return Rule(name, _round(change), -floor, len(changes), verdict, f"difference {change:+.3f}")


def _forgetting(pictures: Sequence[JudgedPicture], policy: Policy) -> Rule:
    """Old skills: on the pictures that judged the champion before, surely lost."""
    changes = [(one.person, one.change) for one in pictures if one.is_old]
    if not changes:
        return Rule(
            "forgetting", 0.0, policy.gate_forgetting, 0, PASS, "no picture judged the champion before"
        )
    change, error = _mean(changes), error_of(changes)
    lost = max(-change - _Z_ONE_SIDED_95 * error, 0.0)
    verdict = FAIL if lost > policy.gate_forgetting else PASS
    why = f"difference {change:+.3f} on pictures that judged the champion before"
    return Rule("forgetting", _round(lost), policy.gate_forgetting, len(changes), verdict, why)


def _groups(pictures: Sequence[JudgedPicture]) -> dict[str, Changes]:
    found: dict[str, Changes] = {}
    for one in pictures:
        for name, value in one.subgroup.items():
            found.setdefault(f"{name}={value}", []).append((one.person, one.change))
    return dict(sorted(found.items()))


def _mean(changes: Changes) -> float:
    return sum(change for _, change in changes) / len(changes)


def _round(value: float) -> float:
    return round(value, 6)

"""The offline gate: may a candidate meet patients at all? Rules over the same frozen cases for both versions.

The gate keeps out what is plainly broken or worse; what is a little better or worse is for the shadow to
tell. A rule that cannot tell says so, and unsure is not a pass.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import comb, sqrt

from shared.domain.envelope import RULE as DECLARED
from shared.domain.envelope import Change, breaches
from shared.domain.metrics import Scored, calibration_error
from shared.domain.policy import Policy

PASS, FAIL, INCONCLUSIVE = "pass", "fail", "inconclusive"
MIN_CASES = 50
MIN_CLASS, MIN_GROUP, MIN_DANGEROUS, MIN_AUDITED, MIN_TIMED = 10, 20, 10, 30, 20
_Z_ONE_SIDED_80, _Z_ONE_SIDED_95, _Z_TWO_SIDED_95 = 0.8416, 1.6449, 1.9600
_SURE = 0.01  # of a fall in one class or subgroup, of which there are many


@dataclass(frozen=True)
class Given:
    """What one version said of one case."""

    label: str
    confidence: float


@dataclass(frozen=True)
class JudgedCase:
    """One case of the frozen set: `is_old` when it judged the champion too, `known` if that has its label.

    `audit_weight` is the inverse of the chance with which it was drawn into the audit sample, if it was.
    """

    truth: str
    candidate: Given
    champion: Given | None
    is_old: bool = False
    known: bool = True
    subgroup: Mapping[str, str] = field(default_factory=dict)
    audit_weight: float | None = None

    @property
    def change(self) -> int:
        """1 where only the candidate is right, -1 where only the champion, else 0."""
        champion = self.champion is not None and self.champion.label == self.truth
        return int(self.candidate.label == self.truth) - int(champion)


@dataclass(frozen=True)
class Rule:
    """The verdict of one rule with what it rests on, as it is stored."""

    rule: str
    value: float
    bound: float
    n: int
    verdict: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """What the gate says: pass only where every rule passes."""

    verdict: str
    rules: tuple[Rule, ...]

    def as_rows(self) -> list[dict[str, object]]:
        """The rules as JSON."""
        return [asdict(rule) for rule in self.rules]

    @property
    def why(self) -> str:
        """Every rule that did not pass, in words."""
        return "; ".join(f"{rule.rule}: {rule.why}" for rule in self.rules if rule.verdict != PASS)


def judge(
    cases: Sequence[JudgedCase],
    policy: Policy,
    *,
    must_not_miss: Sequence[str],
    timed: Sequence[Sequence[float]] | None = None,
) -> Verdict:
    """Apply every rule that fits: against the champion, or the floors of a first version.

    Args:
        cases: of the frozen set.
        policy: the thresholds.
        must_not_miss: labels whose miss is dangerous.
        timed: milliseconds of the candidate and of the champion for the same text, asked one after the other;
            None for a verdict of the time before the audit sample and the latency were judged.
    """
    rules = [_size(cases)]
    if cases and all(case.champion is None for case in cases):
        rules.append(_beats_the_majority(cases))
    elif cases:
        rules += _against_champion(cases, policy, must_not_miss)
        rules += [_audited(cases, policy), _latency(timed, policy)] if timed is not None else []
    verdicts = {rule.verdict for rule in rules}
    worst = next(verdict for verdict in (FAIL, INCONCLUSIVE, PASS) if verdict in verdicts)
    return Verdict(worst, tuple(rules))


def within(verdict: Verdict, found: Change, policy: Policy) -> Verdict:
    """The verdict with one rule more: the change was declared beforehand."""
    told = breaches(found, policy.envelope)
    why = "; ".join(told) or "nothing changes that was not declared"
    rule = Rule(DECLARED, len(told), 0.0, len(told), FAIL if told else PASS, why)
    return Verdict(FAIL if told else verdict.verdict, (*verdict.rules, rule))


def unservable(why: str) -> Verdict:
    """The verdict over a version that cannot even be brought up as it was trained."""
    return Verdict(FAIL, (Rule("serves as it was trained", 0.0, 1.0, 0, FAIL, why),))


def _against_champion(
    cases: Sequence[JudgedCase], policy: Policy, must_not_miss: Sequence[str]
) -> list[Rule]:
    known = [case for case in cases if case.known]
    classes = _parts(known, lambda case: [case.truth])
    groups = _parts(cases, lambda case: [f"{name}={value}" for name, value in sorted(case.subgroup.items())])
    rules = [_accuracy(cases, policy), _must_not_miss(known, policy, must_not_miss)]
    rules += [
        _fall(f"recall of {name}", part, policy.gate_class_floor)
        for name, part in classes.items()
        if len(part) >= MIN_CLASS
    ]
    rules += [
        _fall(f"accuracy in {name}", part, policy.gate_subgroup_floor)
        for name, part in groups.items()
        if len(part) >= MIN_GROUP
    ]
    rules += [_calibration(known, policy), _forgetting(cases, policy)]
    return rules


def _size(cases: Sequence[JudgedCase]) -> Rule:
    n = len(cases)
    verdict = PASS if n >= MIN_CASES else INCONCLUSIVE
    return Rule("size", n, MIN_CASES, n, verdict, f"{n} evaluation cases, {MIN_CASES} are needed")


def _accuracy(cases: Sequence[JudgedCase], policy: Policy) -> Rule:
    """Not worse by the margin: the bound that holds in 4 of 5 sets decides, the 95 % interval is stated."""
    n, change, error = _difference(cases)
    low, high = change - _Z_TWO_SIDED_95 * error, change + _Z_TWO_SIDED_95 * error
    verdict = PASS if change - _Z_ONE_SIDED_80 * error > -policy.gate_margin else INCONCLUSIVE
    if change < -policy.gate_margin:
        verdict = FAIL
    why = f"difference {change:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}"
    return Rule("accuracy", _round(change), -policy.gate_margin, n, verdict, why)


def _must_not_miss(cases: Sequence[JudgedCase], policy: Policy, labels: Sequence[str]) -> Rule:
    part = [case for case in cases if case.truth in labels]
    bound = -policy.gate_must_not_miss_floor
    if len(part) < MIN_DANGEROUS:
        why = f"{len(part)} such cases: too few to judge here, the shadow judges them"
        return Rule("must-not-miss recall", 0.0, bound, len(part), PASS, why)
    n, change, _ = _difference(part)
    verdict = PASS
    if change < bound:
        verdict = FAIL if _chance_of_fall(part) < 0.05 else INCONCLUSIVE
    return Rule("must-not-miss recall", _round(change), bound, n, verdict, f"difference {change:+.3f}")


def _fall(name: str, part: Sequence[JudgedCase], floor: float) -> Rule:
    """A fall beyond the floor that chance does not explain."""
    n, change, _ = _difference(part)
    chance = _chance_of_fall(part)
    verdict = FAIL if change < -floor and chance < _SURE else PASS
    return Rule(name, _round(change), -floor, n, verdict, f"difference {change:+.3f}, chance {chance:.3f}")


def _calibration(cases: Sequence[JudgedCase], policy: Policy) -> Rule:
    """The rise of the expected calibration error, less what so few cases show by chance."""
    if not cases:
        why = "no case of a label that the champion knows"
        return Rule("calibration", 0.0, policy.gate_calibration_floor, 0, PASS, why)
    given = [(case.truth, case.candidate, case.champion) for case in cases if case.champion is not None]
    candidate = calibration_error([Scored(truth, one.label, one.confidence) for truth, one, _ in given])
    champion = calibration_error([Scored(truth, one.label, one.confidence) for truth, _, one in given])
    rise = candidate.value - champion.value
    bound = policy.gate_calibration_floor + 1 / (2 * sqrt(len(cases)))
    verdict = PASS if rise <= bound else FAIL
    return Rule("calibration", _round(rise), _round(bound), len(cases), verdict, f"error rose by {rise:+.3f}")


def _forgetting(cases: Sequence[JudgedCase], policy: Policy) -> Rule:
    """Old skills: on the cases that judged the champion before, surely more lost than won back."""
    old = [case for case in cases if case.is_old]
    if not old:
        return Rule("forgetting", 0.0, policy.gate_forgetting, 0, PASS, "no case judged the champion before")
    n, change, error = _difference(old)
    surely_lost = max(-change - _Z_ONE_SIDED_95 * error, 0.0)
    solved = [case for case in old if case.champion is not None and case.champion.label == case.truth]
    lost = sum(case.change < 0 for case in solved)
    verdict = FAIL if surely_lost > policy.gate_forgetting else PASS
    why = f"{lost} of {len(solved)} solved cases lost, {sum(case.change > 0 for case in old)} others won"
    return Rule("forgetting", _round(surely_lost), policy.gate_forgetting, n, verdict, why)


def _audited(cases: Sequence[JudgedCase], policy: Policy) -> Rule:
    """The audit sample stands for every answer the clinic was given: surely worse there by the margin fails.

    Each case weighs by the inverse of its chance (Hajek), so that neither a confidence filter nor whom people
    like to validate decides what is measured.
    """
    drawn = [(case.change, case.audit_weight) for case in cases if case.audit_weight]
    n, bound = len(drawn), -policy.gate_margin
    if n < MIN_AUDITED:
        why = f"{n} audited cases, {MIN_AUDITED} are needed: the shadow judges them"
        return Rule("accuracy in the audit sample", 0.0, bound, n, PASS, why)
    whole = sum(weight for _, weight in drawn)
    change = sum(x * weight for x, weight in drawn) / whole
    heaviest = max(weight for _, weight in drawn)
    spread = sum((weight * (x - change)) ** 2 for x, weight in drawn)
    error = sqrt(max(spread, heaviest**2)) / whole  # as of one more discordant case than there are
    low, high = change - _Z_TWO_SIDED_95 * error, change + _Z_TWO_SIDED_95 * error
    verdict = FAIL if change + _Z_ONE_SIDED_95 * error < bound else PASS
    why = f"weighted difference {change:+.3f}, 95 % interval {low:+.3f} to {high:+.3f}"
    return Rule("accuracy in the audit sample", _round(change), bound, n, verdict, why)


def _latency(timed: Sequence[Sequence[float]], policy: Policy) -> Rule:
    """The middle ratio of the two times of one text; slower beyond the bound, and surely so, fails."""
    ratios = sorted(mine / theirs for mine, theirs in timed if theirs > 0)
    n, bound = len(ratios), policy.gate_latency_ratio
    if n < MIN_TIMED:
        return Rule("latency", 0.0, bound, n, PASS, f"{n} texts were timed: the canary judges it")
    slower = sum(ratio > bound for ratio in ratios)
    chance = sum(comb(n, k) for k in range(slower, n + 1)) / 2**n
    why = f"{slower} of {n} texts took more than {bound:g} times as long, chance {chance:.3f}"
    return Rule("latency", _round(ratios[n // 2]), bound, n, FAIL if chance < _SURE else PASS, why)


def _beats_the_majority(cases: Sequence[JudgedCase]) -> Rule:
    """A first version is surely better than always naming the commonest label."""
    n = len(cases)
    commonest = max(Counter(case.truth for case in cases).values()) / n
    right = sum(case.candidate.label == case.truth for case in cases) / n
    low = right - _Z_ONE_SIDED_95 * sqrt(max(right * (1 - right), 1 / n) / n)
    verdict = PASS if low > commonest else FAIL
    why = f"accuracy {right:.3f}, at least {low:.3f}; the commonest label has {commonest:.3f}"
    return Rule("better than the commonest label", _round(low), _round(commonest), n, verdict, why)


def _difference(cases: Sequence[JudgedCase]) -> tuple[int, float, float]:
    """Number of cases, mean change and its standard error (of one more discordant case than there are)."""
    n = len(cases)
    wins, losses = (sum(case.change == sign for case in cases) for sign in (1, -1))
    change = (wins - losses) / n
    return n, change, sqrt(max(wins + losses + 1 - n * change * change, 1.0)) / n


def _chance_of_fall(cases: Sequence[JudgedCase]) -> float:
    """How often as many losses come by chance where a loss is as likely as a win (exact, one-sided)."""
    wins, losses = (sum(case.change == sign for case in cases) for sign in (1, -1))
    tail = sum(comb(wins + losses, k) for k in range(losses, wins + losses + 1))
    return float(tail / 2 ** (wins + losses))


def _parts(
    cases: Sequence[JudgedCase], names: Callable[[JudgedCase], list[str]]
) -> dict[str, list[JudgedCase]]:
    parts: dict[str, list[JudgedCase]] = {}
    for case in cases:
        for name in names(case):
            parts.setdefault(name, []).append(case)
    return dict(sorted(parts.items()))


def _round(value: float) -> float:
    return round(value, 6)

"""How good answers are: each metric with its n and 95 % interval, weighted where the draw was unequal."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import sqrt

from shared.errors import InvalidInputError

Z95 = 1.959963984540054
BINS = 10


class NothingMeasuredError(InvalidInputError):
    """A metric was asked for without a case that carries weight."""

    code = "nothing_measured"

    def __init__(self) -> None:
        super().__init__("no case to measure on", fix="give at least one case with a positive weight")


@dataclass(frozen=True)
class Scored:
    """One answered case with its truth; `weight` is the inverse of the chance that it was drawn."""

    truth: str
    label: str
    confidence: float
    weight: float = 1.0
    subgroup: Mapping[str, str] = field(default_factory=dict)

    @property
    def right(self) -> bool:
        """Whether the answer is the truth."""
        return self.truth == self.label


@dataclass(frozen=True)
class Estimate:
    """A share with its 95 % interval; `n` counts the cases behind it, without weights."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class ClassMetrics:
    """One label: precision over the cases so answered, recall over those that are so, and their F1."""

    precision: Estimate | None
    recall: Estimate
    f1_score: Estimate


@dataclass(frozen=True)
class Report:
    """One measurement. Macro averages run over the labels that occur as truth."""

    n: int
    accuracy: Estimate
    precision: Estimate
    recall: Estimate
    f1_score: Estimate
    calibration_error: Estimate
    per_class: Mapping[str, ClassMetrics]
    subgroups: Mapping[str, Mapping[str, Estimate]]
    confusion: Mapping[str, Mapping[str, int]]

    @property
    def intervals(self) -> dict[str, list[float]]:
        """Low and high of every overall metric, by name."""
        return {name: [one.low, one.high] for name, one in self.overall.items()}

    @property
    def overall(self) -> dict[str, Estimate]:
        """The overall metrics by name."""
        return {
            "accuracy": self.accuracy,
            "precision": self.precision,
            "recall": self.recall,
            "f1_score": self.f1_score,
            "calibration_error": self.calibration_error,
        }


def wilson(share: float, n: float) -> tuple[float, float]:
    """The score interval of a share seen in `n` cases; it never leaves 0 to 1 and is honest at both ends.

    Source: Wilson, JASA 1927; `n` may be an effective size (Korn and Graubard, Survey Methodology 1998).
    """
    if n <= 0:
        return 0.0, 1.0
    spread = Z95 * sqrt(share * (1 - share) / n + Z95**2 / (4 * n**2))
    centre, scale = share + Z95**2 / (2 * n), 1 + Z95**2 / n
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def share_of(cases: Iterable[tuple[bool, float]]) -> Estimate:
    """The weighted share of hits among (hit, weight), with Wilson's interval at Kish's effective size.

    Raises:
        NothingMeasuredError: no case carries weight.

    Source: the ratio estimator of Hájek, 1971; Kish, Survey Sampling, 1965.
    """
    counted = [(hit, weight) for hit, weight in cases if weight > 0]
    total = sum(weight for _, weight in counted)
    if not counted:
        raise NothingMeasuredError
    value = sum(weight for hit, weight in counted if hit) / total
    effective = total**2 / sum(weight**2 for _, weight in counted)
    low, high = wilson(value, effective)
    return Estimate(value, low, high, len(counted))


def measure(cases: Sequence[Scored]) -> Report:
    """Everything about one list of answered cases.

    Raises:
        NothingMeasuredError: no case carries weight.
    """
    counted = [case for case in cases if case.weight > 0]
    sums = _Sums(counted)
    return Report(
        n=len(counted),
        accuracy=accuracy(counted),
        precision=_macro(counted, sums, _precision_of),
        recall=_macro(counted, sums, _recall_of),
        f1_score=_macro(counted, sums, _f1_of),
        calibration_error=calibration_error(counted),
        per_class={label: _class_metrics(counted, sums, label) for label in sums.labels},
        subgroups=subgroup_accuracy(counted),
        confusion=confusion(counted),
    )


def accuracy(cases: Iterable[Scored]) -> Estimate:
    """The share of right answers."""
    return share_of((case.right, case.weight) for case in cases)


def recall_of(cases: Iterable[Scored], labels: Iterable[str]) -> Estimate | None:
    """The share of right answers among cases whose truth is one of `labels`; None when there is none.

    For must-not-miss labels together.
    """
    wanted = set(labels)
    found = [case for case in cases if case.truth in wanted and case.weight > 0]
    return accuracy(found) if found else None


def subgroup_accuracy(cases: Iterable[Scored]) -> dict[str, dict[str, Estimate]]:
    """Accuracy by attribute and value, such as `site` and `north`."""
    groups: dict[tuple[str, str], list[Scored]] = defaultdict(list)
    for case in cases:
        for attribute, value in case.subgroup.items():
            groups[attribute, value].append(case)
    table: dict[str, dict[str, Estimate]] = {}
    for (attribute, value), members in sorted(groups.items()):
        table.setdefault(attribute, {})[value] = accuracy(members)
    return table


def confusion(cases: Iterable[Scored]) -> dict[str, dict[str, int]]:
    """How often each truth was answered by each label, as counts without weights."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for case in cases:
        table[case.truth][case.label] += 1
    return {truth: dict(sorted(answers.items())) for truth, answers in sorted(table.items())}


def calibration_error(cases: Sequence[Scored]) -> Estimate:
    """The expected calibration error over ten equal bins of confidence: mean gap between sure and right.

    The interval takes the side of each bin as known, so that it is a little narrow near zero.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015.
    """
    total = sum(case.weight for case in cases)
    gaps: dict[int, float] = defaultdict(float)
    for case in cases:
        gaps[_bin(case)] += case.weight * (case.right - case.confidence) / total
    value = sum(abs(gap) for gap in gaps.values())
    pulls = [(1 if gaps[_bin(c)] >= 0 else -1) * (c.right - c.confidence) - value for c in cases]
    error = _standard_error(cases, pulls)
    return Estimate(value, max(0.0, value - Z95 * error), min(1.0, value + Z95 * error), len(cases))


def _bin(case: Scored) -> int:
    return min(BINS - 1, int(case.confidence * BINS))


class _Sums:
    """Weights by truth, by answer and by right answer, of every label that occurs as truth."""

    def __init__(self, cases: Sequence[Scored]) -> None:
        self.truth: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        for case in cases:
            self.truth[case.truth] += case.weight  # type: ignore[assignment]
            self.answered[case.label] += case.weight  # type: ignore[assignment]
            self.right[case.truth] += case.weight * case.right  # type: ignore[assignment]
        self.total = sum(self.truth.values())
        self.labels = sorted(self.truth)


# A ratio answers its value and its pull: how far one more case like (is truth, is answer) would move it.
Ratio = Callable[[_Sums, str], tuple[float, Callable[[bool, bool], float]]]


def _recall_of(sums: _Sums, label: str) -> tuple[float, Callable[[bool, bool], float]]:
    whole = sums.truth[label]
    value = sums.right[label] / whole
    return value, lambda truth, answer: truth * (answer - value) / whole


def _precision_of(sums: _Sums, label: str) -> tuple[float, Callable[[bool, bool], float]]:
    whole = sums.answered[label]
    if not whole:
        return 0.0, lambda _truth, _answer: 0.0
    value = sums.right[label] / whole
    return value, lambda truth, answer: answer * (truth - value) / whole


def _f1_of(sums: _Sums, label: str) -> tuple[float, Callable[[bool, bool], float]]:
    whole = sums.truth[label] + sums.answered[label]
    value = 2 * sums.right[label] / whole
    return value, lambda truth, answer: (2 * (truth and answer) - value * (truth + answer)) / whole


def _macro(cases: Sequence[Scored], sums: _Sums, ratio: Ratio) -> Estimate:
    """The mean of one ratio over the labels, its variance by linearisation over the cases.

    Source: Woodruff, JASA 1971; for macro F1 Takahashi et al., Applied Intelligence 2022.
    """
    found = {label: ratio(sums, label) for label in sums.labels}
    value = sum(share for share, _ in found.values()) / len(found)
    pulls = []
    for case in cases:
        touched = {case.truth, case.label} & found.keys()
        pull = sum(found[label][1](case.truth == label, case.label == label) for label in sorted(touched))
        pulls.append(pull * sums.total / len(found))
    return _interval(cases, value, pulls)


def _class_metrics(cases: Sequence[Scored], sums: _Sums, label: str) -> ClassMetrics:
    answered = [case for case in cases if case.label == label]
    mine = [case for case in cases if label in (case.truth, case.label)]
    value, pull = _f1_of(sums, label)
    whole = sum(case.weight for case in mine)
    pulls = [pull(case.truth == label, case.label == label) * whole for case in mine]
    return ClassMetrics(
        precision=accuracy(answered) if answered else None,
        recall=accuracy(case for case in mine if case.truth == label),
        f1_score=_interval(mine, value, pulls),
    )


def _interval(cases: Sequence[Scored], value: float, pulls: Sequence[float]) -> Estimate:
    """Wilson's interval at the size that the linearised variance amounts to; Kish's where nothing varies."""
    error = _standard_error(cases, pulls)
    total = sum(case.weight for case in cases)
    kish = total**2 / sum(case.weight**2 for case in cases)
    varies = error > 0 and 0 < value < 1
    low, high = wilson(value, value * (1 - value) / error**2 if varies else kish)
    return Estimate(value, low, high, len(cases))


def _standard_error(cases: Sequence[Scored], pulls: Sequence[float]) -> float:
    total = sum(case.weight for case in cases)
    return sqrt(sum((case.weight * pull / total) ** 2 for case, pull in zip(cases, pulls, strict=True)))

"""A simulated clinic for the decision engine: cases, two versions' answers, readers and clinicians."""

import heapq
from dataclasses import dataclass

import numpy as np

CLASSES, DANGEROUS = 12, (0, 1, 2)
AGES, SEXES, SITES = 5, 2, 3


@dataclass(frozen=True)
class Scenario:
    """What is true in one simulated clinic. Differences are in points of accuracy, 0.05 is five."""

    name: str
    effect: float = 0.0
    discordant: float = 0.10
    per_day: float = 200.0
    days: int = 40
    look_days: float = 0.25  # between two messages
    reading_days: float = 0.6  # until a reading is answered, on the mean; 0 is at once
    never: float = 0.10  # share of labels and readings that never come
    budget: int = 20
    site_effect: float | None = None  # at the first site, instead of `effect`
    dangerous_effect: float | None = None  # on classes that must not be missed
    overconfident: float = 0.0
    repeats: float = 0.0  # share of cases of a patient who was here before
    adopted: float = 0.0  # share of labels in which the clinician took over the answer that was shown
    fault: float = 0.0  # fall of the challenger's accuracy once it is live
    label_noise: float = 0.0
    doubled: float = 0.0  # share of facts that come twice
    null: bool = False


class World:
    """Draws everything from one seed; the engine sees rows only."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.rng = np.random.default_rng(seed)
        self.truths: dict[int, int] = {}
        self.labels: list[tuple[float, int, int, int]] = []  # a heap: t, id, label, blind
        self.patients = 0
        self.next_id = 0
        self.exposed = 0
        self.is_faulty = False

    def cases(self, start: float, length: float, fraction: float) -> list[list[float]]:
        """The predictions of one stretch of time, with both answers."""
        count = self.rng.poisson(self.scenario.per_day * length)
        times = start + np.sort(self.rng.random(count)) * length  # (count,)
        return [self._case(float(t), fraction) for t in times]

    def readings(self, ids: list[int], now: float) -> None:
        """Put cases before blinded readers; the answers come about half a day later, some never."""
        for case in ids:
            if self.rng.random() >= self.scenario.never:
                delay = float(self.rng.exponential(self.scenario.reading_days))
                heapq.heappush(self.labels, (now + delay, case, self._read(self.truths[case]), 1))

    def due(self, now: float) -> list[list[float]]:
        """Labels that have come by now."""
        rows: list[list[float]] = []
        while self.labels and self.labels[0][0] <= now:
            t, case, label, blind = heapq.heappop(self.labels)
            rows += [[case, t, label, blind]] * (2 if self.rng.random() < self.scenario.doubled else 1)
        return rows

    def _case(self, t: float, fraction: float) -> list[float]:
        rng, case = self.rng, self.next_id
        self.next_id += 1
        if self.patients and rng.random() < self.scenario.repeats:
            patient = int(rng.integers(max(self.patients - 300, 0), self.patients))
        else:
            patient = self.patients
            self.patients += 1
        truth = int(rng.integers(CLASSES))
        site = int(rng.integers(SITES))
        champion, challenger = self._answers(truth, site)
        challenged = (patient * 2654435761 % 10_000) < fraction * 10_000
        self.exposed += challenged
        self.truths[case] = truth
        self._label(t, case, challenger if challenged else champion)
        confidences = (self._confidence(champion == truth), self._confidence(challenger == truth))
        raised = min(0.999, confidences[1] + self.scenario.overconfident)
        strata = (int(rng.integers(AGES)), int(rng.integers(SEXES)), site)
        return [case, t, int(challenged), champion, confidences[0], challenger, raised, *strata, patient]

    def _answers(self, truth: int, site: int) -> tuple[int, int]:
        """Both versions' labels: right or wrong together, apart, or wrong in two ways."""
        effect = self._effect(truth, site)
        wins, losses = (max((self.scenario.discordant + sign * effect) / 2, 0.0) for sign in (1, -1))
        draw = self.rng.random()
        wrong, other = self._wrong(truth, 2)
        edges = np.cumsum([wins, losses, 0.07, 0.03])
        if draw < edges[0]:
            return wrong, truth
        if draw < edges[1]:
            return truth, wrong
        if draw < edges[2]:
            return wrong, wrong
        return (wrong, other) if draw < edges[3] else (truth, truth)

    def _effect(self, truth: int, site: int) -> float:
        scenario = self.scenario
        effect = scenario.effect
        if scenario.site_effect is not None and site == 0:
            effect = scenario.site_effect
        if scenario.dangerous_effect is not None and truth in DANGEROUS:
            effect = scenario.dangerous_effect
        return effect - (scenario.fault if self.is_faulty else 0.0)

    def _wrong(self, truth: int, count: int) -> list[int]:
        return [
            int(label) for label in self.rng.permutation([c for c in range(CLASSES) if c != truth])[:count]
        ]

    def _confidence(self, right: bool) -> float:  # noqa: FBT001
        return float(self.rng.beta(6, 2.5) if right else self.rng.beta(3, 3))

    def _label(self, t: float, case: int, shown: int) -> None:
        """A routine label, not blind: days late, sometimes never, sometimes the answer that was shown."""
        if self.rng.random() < self.scenario.never:
            return
        truth = self.truths[case]
        label = shown if self.rng.random() < self.scenario.adopted else self._read(truth)
        heapq.heappush(self.labels, (t + float(self.rng.lognormal(np.log(2.0), 0.6)), case, label, 0))

    def _read(self, truth: int) -> int:
        return self._wrong(truth, 1)[0] if self.rng.random() < self.scenario.label_noise else truth

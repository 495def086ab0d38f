"""A simulated clinic: cases, both versions' answers, readers and clinicians. The engine sees rows only."""

import heapq
from itertools import count

import numpy as np
from numpy.typing import NDArray

from bench.release_world.scenario import AGES, CLASSES, DANGEROUS, SEXES, SITES, Scenario

_SAME_WRONG, _APART_WRONG = 0.07, 0.03  # both wrong alike, and in two ways
_BLOCK_DAYS = 1.0  # drawn at once
_MONTH = 28.0
_RECENT = 400  # patients who may come again
Row = list[float]


class Clinic:
    """Draws everything from one seed, a day at a time; what a share or a fault changes is settled later."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.scenario = scenario
        self.rng = np.random.default_rng(seed)
        self.truths: list[int] = []
        self.exposed = 0
        self.is_faulty = False
        self._order = count()
        self._due: list[tuple[float, int, Row]] = []  # a heap of labels: when they come, order, row
        self._late: list[tuple[float, int, Row]] = []  # the same of predictions
        self._block: list[Row] = []
        self._place, self._drawn_to = 0, 0.0
        self._patients = 0
        self._luck = np.empty(0)  # one number a patient: who comes again is answered alike
        self._weights = 1 / (1 + np.arange(CLASSES)) ** (2 * scenario.mix)

    def cases(self, now: float, fraction: float) -> list[Row]:
        """The predictions that have come by now, under the share that was in force."""
        rows: list[Row] = []
        while True:
            while self._place < len(self._block) and self._block[self._place][1] <= now:
                self._deliver(self._block[self._place], fraction, rows=rows)
                self._place += 1
            if self._drawn_to >= now:
                break
            self._draw_block(self._drawn_to)
        while self._late and self._late[0][0] <= now:
            rows.append(heapq.heappop(self._late)[2])
        return rows

    def labels(self, now: float) -> list[Row]:
        """Labels that have come by now."""
        rows: list[Row] = []
        while self._due and self._due[0][0] <= now:
            rows.append(heapq.heappop(self._due)[2])
        return rows

    def read(self, ids: list[int], now: float) -> None:
        """Put cases before blinded readers."""
        told = self.scenario
        for case in ids:
            if self.rng.random() >= told.never:
                delay = float(self.rng.exponential(told.reading_days)) if told.reading_days else 0.0
                self._say(case, now + delay, label=self.truths[case], blind=1)

    def break_now(self, now: float) -> None:
        """The challenger's accuracy falls: what was drawn for later is drawn again."""
        self.is_faulty = True
        del self.truths[len(self.truths) - len(self._block) + self._place :]
        self._block, self._place, self._drawn_to = [], 0, now

    def _deliver(self, case: Row, fraction: float, *, rows: list[Row]) -> None:
        own, t, patient, champion, challenger, sure, surer, age, sex, site, luck = case
        challenged = (int(patient) * 2654435761 % 10_000) < fraction * 10_000
        self.exposed += challenged
        shown = challenger if challenged else champion
        if luck < 1 - self.scenario.never:
            self._validate(int(own), t, shown=int(shown))
        if self.scenario.lost_scores and self.rng.random() < self.scenario.lost_scores:
            champion, challenger = (-1, challenger) if challenged else (champion, -1)
        if not self.scenario.shadow:
            champion, challenger = (-1, challenger) if challenged else (champion, -1)
        row = [int(own), t, int(challenged), champion, sure, challenger, surer, age, sex, site, int(patient)]
        for late in self._lateness():
            if late:
                heapq.heappush(self._late, (t + late, next(self._order), row))
            else:
                rows.append(row)

    def _validate(self, case: int, t: float, *, shown: int) -> None:
        """A routine label, not blind: late, never, or the wrong answer that was shown."""
        told, truth = self.scenario, self.truths[case]
        delay = float(self.rng.lognormal(np.log(told.label_days), 0.6))
        if shown != truth:
            if self.rng.random() < told.wrong_never:
                return
            delay *= told.wrong_late
            truth = shown if self.rng.random() < told.adopted else truth
        self._say(case, t + delay, label=truth, blind=0)

    def _say(self, case: int, t: float, *, label: int, blind: int) -> None:
        told = self.scenario
        if told.label_noise and self.rng.random() < told.label_noise:
            label = self._another(label)
        words = [(t, label)]
        if told.corrected and self.rng.random() < told.corrected:
            words = [(t, self._another(label)), (t + 1.0, label)]
        for at, word in words:
            for late in self._lateness():
                heapq.heappush(self._due, (at + late, next(self._order), [case, at, word, blind]))

    def _lateness(self) -> list[float]:
        """How late a fact comes, once for each time that it comes."""
        told = self.scenario
        if not told.doubled and not told.reordered:
            return [0.0]
        times = 1 + int(self.rng.random() < told.doubled)
        return [float(self.rng.random()) if self.rng.random() < told.reordered else 0.0 for _ in range(times)]

    def _another(self, label: int) -> int:
        return int((label + 1 + self.rng.integers(CLASSES - 1)) % CLASSES)

    def _draw_block(self, start: float) -> None:
        told, rng = self.scenario, self.rng
        length = min(_BLOCK_DAYS, np.floor(start) + _BLOCK_DAYS - start)
        crowd = told.bursts if int(start) % 10 == 3 else 1.0
        n = int(rng.poisson(told.per_day * length * crowd))
        times = start + np.sort(rng.random(n)) * length  # (n,)
        patients, luck = self._who(n)
        truths = self._ill(start, n)
        strata = [rng.integers(size, size=n) for size in (AGES, SEXES, SITES)]
        answers = self._answers(truths, strata[2], luck=luck, swing=self._swing(start))
        sure = [self._confidence(answer == truths) for answer in answers]
        sure[1] = np.minimum(0.999, sure[1] + told.overconfident)
        own = np.arange(len(self.truths), len(self.truths) + n)
        columns = (own, times, patients, *answers, *sure, *strata, rng.random(n))
        self._block = [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]
        self.truths += truths.tolist()
        self._place, self._drawn_to = 0, start + length

    def _who(self, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Patients, and for each the number that says how the two versions answer."""
        known = self._patients
        again = (self.rng.random(n) < self.scenario.repeats) & (known > 0)
        fresh = known + np.cumsum(~again) - 1
        past = self.rng.integers(max(known - _RECENT, 0), max(known, 1), size=n)
        patients = np.where(again, past, fresh)  # (n,)
        self._patients = known + int((~again).sum())
        self._luck = np.concatenate([self._luck, self.rng.random(self._patients - known)])
        return patients, self._luck[patients]

    def _swing(self, start: float) -> float:
        return self.scenario.season * float(np.sin(2 * np.pi * start / _MONTH))

    def _ill(self, start: float, n: int) -> NDArray[np.int64]:
        tilt = 1 + self._swing(start) * np.cos(np.pi * np.arange(CLASSES))
        weights = self._weights * tilt
        return self.rng.choice(CLASSES, size=n, p=weights / weights.sum())

    def _answers(
        self, truths: NDArray[np.int64], sites: NDArray[np.int64], *, luck: NDArray[np.float64], swing: float
    ) -> list[NDArray[np.int64]]:
        """Both versions' labels: right or wrong together, apart, or wrong in two ways."""
        told, n = self.scenario, len(truths)
        effect = np.full(n, told.effect)
        if told.site_effect is not None:
            effect[sites == 0] = told.site_effect
        if told.dangerous_effect is not None:
            effect[np.isin(truths, DANGEROUS)] = told.dangerous_effect
        if self.is_faulty:
            effect -= told.fault
        wins = np.maximum((told.discordant + effect) / 2, 0.0)
        losses = np.maximum((told.discordant - effect) / 2, 0.0)
        together = _SAME_WRONG * (1 + swing)
        step = self.rng.integers(1, CLASSES, size=n)
        wrong = (truths + step) % CLASSES
        other = (truths + 1 + (step + self.rng.integers(CLASSES - 2, size=n)) % (CLASSES - 1)) % CLASSES
        edge = wins + losses
        challenger_right = (luck < wins) | (luck >= edge + together + _APART_WRONG)
        champion_right = ((luck >= wins) & (luck < edge)) | (luck >= edge + together + _APART_WRONG)
        apart = (luck >= edge + together) & ~challenger_right
        return [
            np.where(champion_right, truths, wrong),
            np.where(challenger_right, truths, np.where(apart, other, wrong)),
        ]

    def _confidence(self, right: NDArray[np.bool_]) -> NDArray[np.float64]:
        n = len(right)
        return np.where(right, self.rng.beta(6, 2.5, size=n), self.rng.beta(3, 3, size=n))

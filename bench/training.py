"""The text classifier on Symptom2Disease beside transformers.Trainer with peft, in one run on one thread.

`python -m bench.training [FOLDS]`: how many of the five grouped folds of the training part are learnt twice
(all five by default, about 15 CPU minutes; the yardstick takes most of it). The test part chooses nothing.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean

from bench.classifier import race
from bench.classifier.race import Lap
from bench.classifier.rows import folder, folds, read, training_side
from shared.backends import backend_for
from shared.config import load_settings
from shared.domain.example import Example
from shared.domain.metrics import Scored, measure

HERE = Path(__file__).parent
FOLDS, SEEDS = 5, (0, 1, 2)
Figure = tuple[str, float, str, float, bool]


def main(arguments: list[str]) -> int:
    """Measure, print and write; without the data nothing is measured."""
    place = folder()
    if not place.is_dir():
        print(f"no data at {place}")
        return 0
    rows, test = (read(place / f"{part}.jsonl") for part in ("train", "test"))
    figures = [
        *steps(rows),
        *served(rows, test),
        *against_plain(rows, int(arguments[0]) if arguments else FOLDS),
    ]
    write(figures)
    return 0


def against_plain(rows: Sequence[Example], count: int) -> list[Figure]:
    """Folds learnt both ways: the gain in accuracy, and the CPU seconds until the yardstick's is reached."""
    parts = folds(rows, FOLDS)[:count]
    usual, head, best = [], [], []
    for number, test in enumerate(parts):
        held = {row.case_id for row in test}
        train, seed = [row for row in rows if row.case_id not in held], SEEDS[number % len(SEEDS)]
        head.append(race.ours(train, test, seed=seed, recipe=race.HEAD_ALONE))
        best.append(race.ours(train, test, seed=seed, recipe={}))
        usual.append(race.plain(train, test, seed=seed))
        say = [f"{name} {lap.accuracy:.3f} in {lap.cpu_seconds:.1f} CPU s" for name, lap in (
            ("head", head[-1]), ("ours", best[-1]), ("Trainer", usual[-1]))]  # fmt: skip
        print(f"fold {number}, seed {seed}, {len(test)} rows: {', '.join(say)}", flush=True)
    gain, half = race.difference(best, usual, parts)
    low, high = 100 * (gain - half), 100 * (gain + half)
    print(f"gain {100 * gain:+.1f} points, 95 % interval {low:+.1f} to {high:+.1f}")
    reached = head if _accuracy(head) >= _accuracy(usual) else best
    until = _ratio(usual, reached) if _accuracy(reached) >= _accuracy(usual) else 0.0
    whole = _ratio(usual, best)
    return [
        ("Trainer + peft, grouped folds, accuracy", _accuracy(usual), "share", 0.0, True),
        ("classifier, grouped folds, accuracy", _accuracy(best), "share", 0.0, True),
        ("its gain over Trainer + peft, paired", 100 * gain, "points", 2.0, gain >= 0.02),
        ("lower end of that gain (95 %)", low, "points", 0.0, low > 0),
        ("CPU to the accuracy of Trainer + peft", until, "times less", 8.0, until >= 8),
        ("CPU of a whole training", whole, "times less", 1.0, whole >= 1),
    ]


def served(rows: Sequence[Example], test: Sequence[Example]) -> list[Figure]:
    """The test part after training on what a site's split leaves, for three secrets and seeds."""
    scored, seconds, each, errors = [], [], [], []
    for seed in SEEDS:
        train = training_side(rows, secret=seed)
        begun = time.process_time()
        fitted = race.fit(train, seed=seed, recipe={})
        trained = time.process_time()
        scorer = backend_for("text_classifier", load_settings()).load(fitted.files, "minilm")
        begun_answers = time.process_time()
        answers = scorer.answer([row.text for row in test])
        each.append((time.process_time() - begun_answers) / len(test) * 1000)
        pairs = zip(test, answers, strict=True)
        report = measure([Scored(row.label, one.label, one.confidence) for row, one in pairs])
        scored.append(report.accuracy.value)
        errors.append(report.calibration_error.value)
        seconds.append(trained - begun)
        lost = len({row.label for row in rows}) - len({row.label for row in train})
        print(
            f"secret and seed {seed}: {len(train)} rows, {lost} labels lost to the evaluation side, accuracy "
            f"{scored[-1]:.3f}, calibration error {errors[-1]:.3f}, {seconds[-1]:.1f} CPU s, "
            f"LoRA {'taken' if fitted.figures['lora_taken'] else 'left'}",
            flush=True,
        )
    return [
        ("test part, mean of 3 secrets and seeds", mean(scored), "share", 0.9, mean(scored) >= 0.9),
        ("test part, the worst of them", min(scored), "share", 0.9, min(scored) >= 0.9),
        ("calibration error, mean", mean(errors), "share", 0.08, mean(errors) <= 0.08),
        ("one training", mean(seconds), "CPU s", 45.0, mean(seconds) <= 45),
        ("one answer of MiniLM", mean(each), "CPU ms", 10.0, mean(each) <= 10),
    ]


def steps(rows: Sequence[Example]) -> list[Figure]:
    """What surrounds the steps."""
    first, share = race.costs_of_steps(rows)
    return [
        ("warm start to the first step", first, "s", 2.0, first <= 2),
        ("checkpoints, share of the step time", share, "share", 0.02, share < 0.02),
    ]


def write(figures: Sequence[Figure]) -> None:
    """The figures with their goals, as `bench/run.py` reads them."""
    keys = ("key", "value", "unit", "goal", "met")
    result = {
        "name": "training",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "figures": [dict(zip(keys, figure, strict=True)) for figure in figures],
    }
    place = HERE / "results"
    place.mkdir(exist_ok=True)
    (place / "training.json").write_text(json.dumps(result, indent=1) + "\n")
    for key, value, unit, goal, met in figures:
        print(f"{key:<44} {value:>10.3f} {unit:<12} {goal:>8}  {'yes' if met else 'NO'}")


def _accuracy(laps: Sequence[Lap]) -> float:
    return sum(sum(lap.right) for lap in laps) / sum(len(lap.right) for lap in laps)


def _ratio(usual: Sequence[Lap], other: Sequence[Lap]) -> float:
    return sum(lap.cpu_seconds for lap in usual) / sum(lap.cpu_seconds for lap in other)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

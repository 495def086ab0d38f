"""What becomes of old skills when eight diseases come after sixteen: retrained, replayed, averaged, naive.

`python -m bench.continual [DRAWS]` (10 by default, about 8 CPU minutes). The labels that come later are drawn
by the seed; skills are scored on the test part; the gate is the product's own, with the default policy.
"""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import TYPE_CHECKING
from uuid import UUID

from bench.classifier import race, weeks
from bench.classifier.rows import folder, read
from bench.classifier.weeks import Weeks
from shared.backends import backend_for
from shared.config import load_settings
from shared.domain.gate import PASS

if TYPE_CHECKING:
    from torch import Tensor

HERE = Path(__file__).parent
DRAWS = 10
FULL, BOLD, PLAIN = "full retrain", "full retrain without reserve", "plain retraining"
REPLAY, AVERAGE, NAIVE = "replay by coverage", "average of old and naive", "naive"
Row = Mapping[str, float]


def main(arguments: list[str]) -> int:
    """Measure, print and write; without the data nothing is measured."""
    place = folder()
    if not place.is_dir():
        print(f"no data at {place}")
        return 0
    rows, test = (read(place / f"{part}.jsonl") for part in ("train", "test"))
    backend_for("text_classifier", load_settings())
    plain, ours = race.plain(rows, test, seed=0), race.ours(rows, test[:1], seed=0, recipe={})
    right = {row.case_id: hit for row, hit in zip(test, plain.right, strict=True)}
    drawn = weeks.split_weeks(rows, test, seed=0)
    draws = range(int(arguments[0]) if arguments else DRAWS)
    runs = [one_draw(weeks.split_weeks(rows, test, seed=n, frozen=drawn.frozen), n, right) for n in draws]
    reserving = mean(run[FULL]["seconds"] - run[BOLD]["seconds"] for run in runs)
    write(runs, (ours.cpu_seconds + reserving) / plain.cpu_seconds)
    return 0


def one_draw(drawn: Weeks, seed: int, plain: Mapping[UUID, bool]) -> dict[str, Row]:
    """Every way to go on after the first week: old and new skill, CPU seconds, what the gate says.

    Args:
        drawn: what was learnt first, what came later, and what is asked.
        seed: names the draw.
        plain: which cases plain retraining answers rightly.
    """
    before = weeks.first_week(drawn)
    champion = weeks.head_logits(drawn, before, drawn.tested)
    naive, naive_seconds = weeks.tuned_on(drawn, drawn.new, before)
    again, again_seconds = weeks.tuned_on(drawn, [*drawn.new, *weeks.covering(drawn)], before)
    full, full_seconds = weeks.retrained(drawn, reserved=True)
    bold, bold_seconds = weeks.retrained(drawn, reserved=False)
    found = {
        FULL: (weeks.head_logits(drawn, full, drawn.tested), full_seconds),
        BOLD: (weeks.head_logits(drawn, bold, drawn.tested), bold_seconds),
        REPLAY: (again.alone(drawn.tested), again_seconds),
        AVERAGE: (weeks.averaged(drawn, naive, before).alone(drawn.tested), naive_seconds),
        NAIVE: (naive.alone(drawn.tested), naive_seconds),
    }
    told: dict[str, Row] = {
        name: _row(drawn, logits, champion) | {"seconds": took} for name, (logits, took) in found.items()
    }
    told[PLAIN] = {"new": weeks.share_right(drawn, plain, new=True)}
    for name in found:
        row = told[name]
        print(
            f"draw {seed}: {name:<28} old {row['before']:.3f} then {row['old']:.3f}, new {row['new']:.3f}, "
            f"{row['seconds']:.1f} CPU s, gate {'passes' if row['passes'] else 'refuses'}",
            flush=True,
        )
    return told


def write(runs: Sequence[Mapping[str, Row]], share: float) -> None:
    """The figures with their goals, as `bench/run.py` reads them; `share` is of plain retraining's CPU."""
    lost = 100 * mean(run[FULL]["before"] - run[FULL]["old"] for run in runs)
    behind = {name: 100 * (_mean(runs, name, "new") - _mean(runs, FULL, "new")) for name in (BOLD, PLAIN)}
    refused = mean(1.0 - run[NAIVE]["passes"] for run in runs)
    let_in = mean(run[FULL]["passes"] for run in runs)
    figures = [
        ("full retrain: points lost on the old 16", lost, "points", 1.0, lost <= 1),
        ("full retrain: new 8 below one without reserve", behind[BOLD], "points", 1.0, behind[BOLD] <= 1),
        ("full retrain: new 8 below plain retraining", behind[PLAIN], "points", 1.0, behind[PLAIN] <= 1),
        ("full retrain: CPU beside plain retraining", share, "share", 0.35, share <= 0.35),
        ("naive tuning refused by the gate", refused, "share", 1.0, refused == 1.0),
        ("full retrain let in by the gate", let_in, "share", 0.8, let_in >= 0.8),
    ]
    for name in (REPLAY, AVERAGE):
        lost = 100 * mean(run[name]["before"] - run[name]["old"] for run in runs)
        less = 100 * (_mean(runs, FULL, "new") - _mean(runs, name, "new"))
        figures += [
            (f"{name}: points lost on the old 16", lost, "points", 1.0, lost <= 1),
            (f"{name}: new 8 below full retrain", less, "points", 1.0, less <= 1),
        ]
    keys = ("key", "value", "unit", "goal", "met")
    result = {
        "name": "continual",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "figures": [dict(zip(keys, figure, strict=True)) for figure in figures],
    }
    place = HERE / "results"
    place.mkdir(exist_ok=True)
    (place / "continual.json").write_text(json.dumps(result, indent=1) + "\n")
    for key, value, unit, goal, met in figures:
        print(f"{key:<52} {value:>8.3f} {unit:<8} {goal:>6}  {'yes' if met else 'NO'}")


def _row(drawn: Weeks, logits: "Tensor", champion: "Tensor") -> dict[str, float]:
    passes = weeks.verdict(drawn, logits, champion).verdict == PASS
    return {
        "old": weeks.accuracy(drawn, logits, new=False),
        "new": weeks.accuracy(drawn, logits, new=True),
        "before": weeks.accuracy(drawn, champion, new=False),
        "passes": float(passes),
    }


def _mean(runs: Sequence[Mapping[str, Row]], name: str, part: str) -> float:
    return mean(run[name][part] for run in runs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

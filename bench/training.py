"""The text classifier on Symptom2Disease: accuracy, CPU seconds on one thread, the cost of an answer."""

import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from uuid import NAMESPACE_OID, uuid5

from shared.backends import backend_for
from shared.backends.base import FitRequest, Fitted
from shared.config import PREFIX, load_settings
from shared.domain.example import Example
from shared.domain.metrics import Scored, measure

HERE = Path(__file__).parent
SEEDS = (0, 1, 2)
ACCURACY, CPU_SECONDS, ANSWER_MS = 0.88, 45.0, 10.0


@dataclass(frozen=True)
class Run:
    """One training with what it cost and how good it is."""

    fitted: Fitted
    cpu_seconds: float
    answer_ms: float
    accuracy: float
    calibration_error: float


def main() -> int:
    """Train with three seeds, print and write what came out; without the data nothing is measured."""
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", HERE.parents[1] / "shared" / "data"))
    folder = data / "text" / "symptom2disease"
    if not folder.is_dir():
        print(f"no data at {folder}")
        return 0
    runs = [run(folder, seed) for seed in SEEDS]
    for seed, one in zip(SEEDS, runs, strict=True):
        figures = one.fitted.figures
        print(
            f"seed {seed}: accuracy {one.accuracy:.3f}, calibration error {one.calibration_error:.3f}, "
            f"{one.cpu_seconds:.1f} CPU s, {one.answer_ms:.1f} ms an answer, "
            f"temperature {figures['temperature']:.2f}, peak {figures['peak_memory_bytes'] / 2**20:.0f} MB"
        )
    write(runs)
    return 0


def run(folder: Path, seed: int) -> Run:
    """Train on the training part and score the test part."""
    rows, test = (read(folder / f"{part}.jsonl") for part in ("train", "test"))
    backend = backend_for("text_classifier", load_settings())
    with tempfile.TemporaryDirectory() as checkpoints:
        labels = sorted({row.label for row in rows})
        request = FitRequest(rows, labels, "minilm", {}, seed, Path(checkpoints))
        started = time.process_time()
        fitted = backend.fit(request, lambda _step: None)
        trained = time.process_time()
    scorer = backend.load(fitted.files, "minilm")
    begun = time.process_time()
    answers = scorer.answer([row.text for row in test])
    each = (time.process_time() - begun) / len(test) * 1000
    pairs = zip(test, answers, strict=True)
    report = measure([Scored(row.label, one.label, one.confidence) for row, one in pairs])
    return Run(fitted, trained - started, each, report.accuracy.value, report.calibration_error.value)


def read(path: Path) -> list[Example]:
    """The rows of one part; a cluster of near-duplicates counts as one person."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [
        Example(
            uuid5(NAMESPACE_OID, row["id"]),
            uuid5(NAMESPACE_OID, str(row["group"])),
            row["text"],
            row["label"],
        )
        for row in rows
    ]


def write(runs: list[Run]) -> None:
    """The figures with their goals, as `bench/run.py` reads them."""
    accuracy, cpu = mean(one.accuracy for one in runs), mean(one.cpu_seconds for one in runs)
    each = mean(one.answer_ms for one in runs)
    figures = [
        ("symptom2disease accuracy, mean of 3 seeds", accuracy, "share", ACCURACY, accuracy >= ACCURACY),
        ("symptom2disease training", cpu, "CPU s", CPU_SECONDS, cpu <= CPU_SECONDS),
        ("one answer of MiniLM", each, "CPU ms", ANSWER_MS, each <= ANSWER_MS),
    ]
    keys = ("key", "value", "unit", "goal", "met")
    result = {
        "name": "training",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "figures": [dict(zip(keys, figure, strict=True)) for figure in figures],
    }
    place = HERE / "results"
    place.mkdir(exist_ok=True)
    (place / "training.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())

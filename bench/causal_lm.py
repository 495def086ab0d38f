"""The LLM beside the usual way, in one run: rows per CPU second, peak memory, scoring, and equal sums.

`python -m bench.causal_lm [--rows N] [--whole]` trains SmolLM2-135M on Symptom2Disease: ours with its own
recipe, `transformers.Trainer` with `peft` for one epoch (each further one costs it the same). By default 96
rows, which compares the speed; `--whole` takes every row and compares the accuracy on the test part as well.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.training import read
from shared.config import PREFIX
from shared.domain.recipe import CausalRecipe

HERE = Path(__file__).parent
ROWS, SECONDS = 96, 5400
SPEED, MEMORY, SCORING, SCORE_GAP, LOSS_GAP, ACCURACY = 4.0, 0.55, 8.0, 1e-3, 1e-5, 0.85


def main() -> int:
    """Run both, print and write what came out; without the data nothing is measured."""
    options = argparse.ArgumentParser()
    options.add_argument("--rows", type=int, default=ROWS)
    options.add_argument("--whole", action="store_true")
    asked = options.parse_args()
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", HERE.parents[1] / "shared" / "data"))
    folder = data / "text" / "symptom2disease"
    if not folder.is_dir():
        print(f"no data at {folder}")
        return 0
    train, test = (read(folder / f"{part}.jsonl") for part in ("train", "test"))
    wish: dict[str, Any] = {
        "seed": 0,
        "prompt": CausalRecipe().prompt,
        "labels": sorted({row.label for row in train}),
        "train": [(row.text, row.label) for row in (train if asked.whole else train[: asked.rows])],
        "compare": True,
    }
    if asked.whole:
        wish["test"] = [row.text for row in test]
    ours, plain = _run("ours", wish), _run("plain", wish)
    write(ours, plain, rows=len(wish["train"]), truth=[row.label for row in test])
    return 0


def _run(name: str, wish: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "wish.json")
        place.write_text(json.dumps(wish))
        command = [sys.executable, "-m", f"bench.llm.{name}", str(place)]
        done = subprocess.run(
            command, cwd=HERE.parent, capture_output=True, text=True, timeout=SECONDS, check=False
        )
    if done.returncode:
        raise SystemExit(f"bench.llm.{name} failed:\n{done.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(name, {key: value for key, value in found.items() if key != "answers"}, flush=True)
    return found


def write(ours: dict[str, Any], plain: dict[str, Any], *, rows: int, truth: list[str]) -> None:
    """The figures with their goals, as `bench/run.py` reads them."""
    rate, usual = ours["visits"] / ours["cpu_seconds"], rows / plain["cpu_seconds"]
    peak = ours["peak_bytes"] / plain["peak_bytes"]
    figures: list[tuple[str, object, str, object, bool]] = [
        ("rows per CPU s against Trainer", rate / usual, "times", SPEED, rate >= SPEED * usual),
        ("rows per CPU s", rate, "1/s", "-", True),
        ("rows per CPU s of Trainer with peft", usual, "1/s", "-", True),
        ("peak memory against Trainer", peak, "share", MEMORY, peak <= MEMORY),
        (
            "label tree against full sequences, 24 labels",
            ours["score_ratio"],
            "times",
            SCORING,
            ours["score_ratio"] >= SCORING,
        ),
        ("largest gap of scores", ours["score_gap"], "nats", SCORE_GAP, ours["score_gap"] <= SCORE_GAP),
        ("largest gap of packed losses", ours["loss_gap"], "nats", LOSS_GAP, ours["loss_gap"] <= LOSS_GAP),
    ]
    accuracy: object = "not measured"
    if "answers" in ours:
        accuracy, theirs = (
            sum(said == true for said, true in zip(one["answers"], truth, strict=True)) / len(truth)
            for one in (ours, plain)
        )
        figures.append(("accuracy of Trainer, one epoch", theirs, "share", "-", True))
    met = isinstance(accuracy, float) and accuracy >= ACCURACY
    figures.append(("symptom2disease accuracy (--whole)", accuracy, "share", ACCURACY, met))
    keys = ("key", "value", "unit", "goal", "met")
    result = {
        "name": "causal_lm",
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "figures": [dict(zip(keys, figure, strict=True)) for figure in figures],
    }
    for figure in figures:
        print(*figure[:4], "yes" if figure[4] else "NO", sep="  ")
    place = HERE / "results"
    place.mkdir(exist_ok=True)
    (place / "causal_lm.json").write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())

"""How well text is de-identified: gold notes, generated notes of two kinds, fuzzed notes, speed.

`python -m bench.deid [--seed N] [--count N] [--fuzz N] [--leaks]` scores with `deid_bench.py` of the
shared tools, drives `rounds deidentify` over its pipe, and writes `bench/results/deid.json`. Without a
seed every run makes other notes. `--leaks` prints what was missed in the open notes, never in the
held-out ones.
"""

import argparse
import importlib.util
import json
import math
import os
import platform
import random
import string
import sys
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.deid_world.notes import notes
from worker_collection.deidentify import deidentify
from worker_collection.phi.spans import rendered

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "deid.json"
DATA = Path(os.environ.get("ROUNDS_TEST_DATA", HERE.parent.parent / "shared" / "data"))
SCORER = DATA.parent / "tools" / "deid_bench.py"
COMMAND = f"{sys.executable} -m rounds.main deidentify"
YEAR = 2026
# What is asked of the gold notes with the known fields; the generated ones are held to the same.
GOALS = (
    ("recall_span_direct", 0.997, "direct identifiers found"),
    ("recall_span", 0.993, "all identifiers found"),
    ("leak_free_notes", 0.93, "notes without a leak"),
    ("precision_token", 0.985, "precision of tokens"),
    ("released", 0.90, "notes released"),
)
LIMITS = (
    ("clinical_destroyed", 0.003, "clinical content destroyed"),
    ("age_duration_destroyed", 0.0, "ages and durations destroyed"),
    ("direct_leaks_per_1000_released", 0.0, "direct identifiers left per 1,000 released notes"),
    ("inconsistent_notes", 0, "inconsistent notes"),
    ("crashed_notes", 0, "crashed notes"),
)


def main() -> None:
    """Measure everything, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--fuzz", type=int, default=2000)
    parser.add_argument("--leaks", action="store_true")
    wish = parser.parse_args()
    print(f"seed {wish.seed}")
    scorer = _scorer()
    sets = _sets(wish.seed, wish.count)
    figures: list[dict[str, Any]] = []
    for name, (records, known) in sets.items():
        shows = wish.leaks and not name.startswith("held out")
        figures += _measured(scorer, records, name=name, known=known, shows=shows)
    figures += _fuzzed(wish.fuzz, wish.seed)
    RESULTS.parent.mkdir(exist_ok=True)
    report = {"name": "deid", "machine": platform.platform(), "seed": wish.seed, "figures": figures}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


def _scorer() -> ModuleType | None:
    if not SCORER.exists():
        return None
    spec = importlib.util.spec_from_file_location("deid_bench", SCORER)
    if spec is None or spec.loader is None:
        return None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _sets(seed: int, count: int) -> dict[str, tuple[list[dict[str, Any]], bool]]:
    """Every set of notes, and whether the known fields go with it."""
    path = DATA / "deid_dev.jsonl"
    gold = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    hard = [note for note in gold if note["id"].startswith("d-hard")]
    open_notes, held_out = notes("open", count, seed), notes("held", count, seed)
    return {
        "gold": (gold, True),
        "gold without known fields": (gold, False),
        "hard": (hard, True),
        "open": (open_notes, True),
        "open without known fields": (open_notes, False),
        "held out": (held_out, True),
        "held out without known fields": (held_out, False),
    }


def _measured(
    scorer: ModuleType | None, records: list[dict[str, Any]], *, name: str, known: bool, shows: bool
) -> list[dict[str, Any]]:
    """The figures of one set; what could not be measured is not met."""
    if scorer is None or not records:
        return [_figure(f"{name}: {told}", None, goal) for _, goal, told in GOALS + LIMITS]
    leaks: list[tuple[str, ...]] = []
    answers, speed = scorer.run(name, COMMAND, records, known, None, 1, 0)
    score = scorer.score(records, answers, leaks if shows else None)
    for leak in leaks:
        print("   ", *leak)
    figures = [
        _figure(f"{name}: {told}", score[key], _goal(key, goal, known=known)) for key, goal, told in GOALS
    ]
    figures += [_figure(f"{name}: {told}", score[key], goal, most=True) for key, goal, told in LIMITS]
    eponyms = score["destroyed_by_kind"].get("eponym", [0, 1])
    figures.append(_figure(f"{name}: eponyms destroyed", eponyms[0] / max(1, eponyms[1]), 0.008, most=True))
    if name == "gold":
        figures += [
            _figure("notes a second and core", speed["notes_per_core_s"], 1000, unit="notes/s"),
            _figure("99th percentile of a note", speed["p99_ms"], 50, unit="ms", most=True),
            _figure("peak memory", speed["peak_mb"], 500, unit="MB", most=True),
        ]
    return figures


def _goal(key: str, goal: float, *, known: bool) -> float:
    return 0.985 if key == "recall_span_direct" and not known else goal


def _figure(
    key: str, value: float | None, goal: float, *, unit: str = "share", most: bool = False
) -> dict[str, Any]:
    value = 0.0 if most and value is not None and math.isnan(value) else value  # a share of nothing
    met = value is not None and (value <= goal if most else value >= goal)
    told = "not measured" if value is None else f"{value:.4f}"
    print(f"{key:66} {told:>12} {goal:>9} {'yes' if met else 'NO'}", flush=True)
    return {"key": key, "value": value, "unit": unit, "goal": goal, "met": met}


def _fuzzed(count: int, seed: int) -> list[dict[str, Any]]:
    """Notes cut, mixed and strewn with odd signs: none may crash, lie about its text or take long."""
    dice = random.Random(seed)
    real = [note["text"] for note in notes("open", 200, seed)]
    deidentify(real[0], {}, this_year=YEAR)  # reads the lists
    wrong, slowest = 0, 0.0
    for _ in range(count):
        text = _mangled(dice, real)
        began = time.process_time()
        found = deidentify(text, {"name": "Ann Lee", "mrn": "7741902"}, this_year=YEAR)
        slowest = max(slowest, time.process_time() - began)
        wrong += rendered(text, found.spans) != found.text
    return [
        _figure(f"inconsistent of {count} fuzzed notes", wrong, 0, unit="notes", most=True),
        _figure("slowest fuzzed note", slowest * 1000, 50, unit="ms", most=True),
    ]


def _mangled(dice: random.Random, real: list[str]) -> str:
    signs = string.printable + "éßİ\u200b\u00a0ñ中ا😀^|~"
    pieces = []
    for _ in range(dice.randint(1, 4)):
        text = dice.choice(real)
        start = dice.randrange(len(text))
        piece = text[start : start + dice.randint(1, 400)]
        pieces += [piece, "".join(dice.choice(signs) for _ in range(dice.randint(0, 12)))]
    return "".join(pieces)


if __name__ == "__main__":
    main()

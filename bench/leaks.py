"""The leak check by itself: how fast, what it holds back of ordinary text, what of notes with one miss.

`python -m bench.leaks [--seed N] [--count N]` writes `bench/results/leaks.json`. A miss is planted by leaving
one gold identifier of a generated note in place, all others being replaced: the patient's row is not given,
so that the check has to see it. Without a seed every run makes other notes.
"""

import argparse
import json
import os
import platform
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.deid_world.notes import notes
from worker_collection.deidentify import deidentify
from worker_collection.phi import leaks
from worker_collection.phi.known import Known
from worker_collection.phi.spans import Span, joined, put_in, rendered

HERE = Path(__file__).parent
RESULTS = HERE / "results" / "leaks.json"
DATA = Path(os.environ.get("ROUNDS_TEST_DATA", HERE.parent.parent / "shared" / "data"))
ORDINARY = {"mts_dialog": "note", "symptom2disease": "text", "pubmedqa": "context"}
YEAR = 2026
PER_NOTE = 6


def main() -> None:
    """Measure, print the table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--count", type=int, default=300)
    wish = parser.parse_args()
    print(f"seed {wish.seed}")
    whole = notes("open", wish.count, wish.seed)
    figures = [*_planted(whole, random.Random(wish.seed)), _speed(whole), _ordinary()]  # noqa: S311 - no secret
    RESULTS.parent.mkdir(exist_ok=True)
    report = {"name": "leaks", "machine": platform.platform(), "seed": wish.seed, "figures": figures}
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")


def _planted(whole: list[dict[str, Any]], dice: random.Random) -> Iterator[dict[str, Any]]:
    """Notes cleaned by their gold spans, and the same with one identifier left in."""
    held, planted, found, clean = 0, 0, 0, 0
    for note in whole:
        if _doubted(note, None):
            held += 1
            continue
        clean += 1
        for span in dice.sample(note["spans"], min(PER_NOTE, len(note["spans"]))):
            planted += 1
            found += _doubted(note, span)
    yield _figure(
        "notes with one identifier left in that are held", found / max(1, planted), 0.85, better="least"
    )
    yield _figure(
        "perfectly cleaned hard notes that are held", held / max(1, len(whole)), 0.05, better="most"
    )


def _doubted(note: dict[str, Any], left: dict[str, Any] | None) -> bool:
    spans = joined(Span(one["start"], one["end"], one["label"]) for one in note["spans"] if one is not left)
    return bool(leaks.doubts(rendered(note["text"], spans), Known(), ours=put_in(spans)))


def _speed(whole: list[dict[str, Any]]) -> dict[str, Any]:
    ready = []
    for note in whole:
        spans = joined(Span(one["start"], one["end"], one["label"]) for one in note["spans"])
        ready.append((rendered(note["text"], spans), put_in(spans), Known.of(note.get("known") or {})))
    best = 0.0
    for _ in range(3):
        began = time.process_time()
        for text, ours, who in ready:
            leaks.doubts(text, who, ours=ours)
        best = max(best, len(ready) / (time.process_time() - began))
    return _figure("notes a second and core", best, 3000, better="least", unit="notes/s")


def _ordinary() -> dict[str, Any]:
    """The share of openly licensed clinical text that the whole stage holds back, by notes."""
    held, seen = 0, 0
    for name, field in ORDINARY.items():
        path = DATA / "text" / name / "test.jsonl"
        for line in path.read_text().strip().split("\n") if path.exists() else ():
            value = json.loads(line)[field]
            text = " ".join(value) if isinstance(value, list) else value
            seen += 1
            held += not deidentify(text, {}, this_year=YEAR).passed
    return _figure(
        "ordinary clinical texts that are held", held / seen if seen else None, 0.03, better="most"
    )


def _figure(
    key: str, value: float | None, goal: float, *, better: str, unit: str = "share"
) -> dict[str, Any]:
    met = value is not None and (value >= goal if better == "least" else value <= goal)
    told = "not measured" if value is None else f"{value:.4g}"
    print(f"{key:56} {told:>12} {goal:>8} {'yes' if met else 'NO'}", flush=True)
    return {"key": key, "value": value, "unit": unit, "goal": goal, "met": met}


if __name__ == "__main__":
    main()

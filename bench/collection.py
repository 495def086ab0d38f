"""How well a clinic database is collected, against gold answers; how fast a first load and a night are.

`python -m bench.collection [--rows N] [--workers N] [--gold FOLDER]`: a clinic of so many plans, loaded by so
many workers on an embedded Postgres, then a night in which a thousand plans changed. FOLDER holds clinic.sql
and gold.json; without it the sample clinic beside the repository is scored.
"""

import argparse
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench import load
from bench.fhir import fresh
from bench.figures import Figure, at_least, at_most, keep
from shared.config import PREFIX
from shared.registry import runs, sources
from shared.registry.tables import CollectionRun, ValidatedCase
from worker_collection import collect
from worker_collection.deps import Deps

MOST_MINUTES, DELTA_SECONDS = 15, 20
# Of the gold clinic: the least share that has to be right.
LEAST = {
    "collect": 0.98,
    "review": 0.0,
    "reject": 1.0,
    "label": 0.99,
    "code": 0.99,
    "person": 0.99,
    "phi gone": 1.0,
}
LEAST |= {"kept": 0.995, "masked": 1.0}


@dataclass(frozen=True)
class Score:
    """One run over one clinic, compared with its gold answers; `faults` name what went wrong."""

    seconds: float
    answer: dict[str, Any]
    figures: dict[str, tuple[int, int]]
    faults: list[str]


def load_sqlite(folder: Path, into: Path) -> Path:
    """The clinic as an SQLite file."""
    path = into / "clinic.db"
    with sqlite3.connect(path) as database:
        database.executescript((folder / "clinic.sql").read_text())
    return path


def run_over(url: str, deps: Deps, *, name: str = "clinic") -> dict[str, Any]:
    """Add the source, collect it once, and give the run's answer."""
    now = deps.clock()
    with deps.sessions.begin() as session:
        source = sources.add(
            session,
            name,
            kind="sql",
            address=url,
            mapping="clinic",
            model_type="diagnosis",
            vault=deps.vault,
            now=now,
            actor="bench",
        )
        run = runs.create(session, source, now=now, triggered_by="bench", ring=False)
    collect.collect_run(run.id, deps)
    with deps.sessions() as session:
        return runs.answer(session.get_one(CollectionRun, run.id))


def against_gold(folder: Path, deps: Deps, *, answer: dict[str, Any], seconds: float) -> Score:
    """Compare the cases of the clinic with what is right."""
    gold = json.loads((folder / "gold.json").read_text())["plans"]
    with deps.sessions() as session:
        cases = {case.source_record: case for case in session.scalars(select(ValidatedCase))}
    texts = {key: deps.vault.open(case.input_sealed or b"", "case").decode() for key, case in cases.items()}
    figures: dict[str, tuple[int, int]] = {}
    faults: list[str] = []

    def count(name: str, checks: list[tuple[bool, str]]) -> None:
        figures[name] = (sum(fine for fine, _ in checks), len(checks))
        faults.extend(f"{name}: {what}" for fine, what in checks if not fine)

    collected = [plan for plan in gold if plan["expect"] == "collect"]
    states = {key: case.state.value for key, case in cases.items()}
    for name, state in (("collect", "validated"), ("review", "needs_review"), ("reject", None)):
        wanted = [plan for plan in gold if plan["expect"] == name]
        count(name, [(states.get(p["plan_id"]) == state, _told(p, cases)) for p in wanted])
    mine = [plan for plan in collected if states.get(plan["plan_id"]) == "validated"]
    count("label", [(cases[p["plan_id"]].diagnosis == p["label"], _told(p, cases)) for p in mine])
    count("code", [(cases[p["plan_id"]].icd_code == p["icd10"], _told(p, cases)) for p in mine])
    count("person", _persons(mine, cases))
    leaks = [(p, s) for p in gold if p["plan_id"] in texts for s in p["phi"] if s not in _label_words(p)]
    count("phi gone", [(not _stands(s, texts[p["plan_id"]]), f"{p['plan_id']} {s}") for p, s in leaks])
    keeps = [(p, s) for p in mine for s in p["keep"] if not (p["label_in_text"] and s == p["label"])]
    count("kept", [(_stands(s, texts[p["plan_id"]]), f"{p['plan_id']} {s}") for p, s in keeps])
    masked = [p for p in mine if p["label_in_text"]]
    count("masked", [(not _stands(p["label"], texts[p["plan_id"]]), p["plan_id"]) for p in masked])
    return Score(seconds, answer, figures, faults)


def _persons(plans: list[dict[str, Any]], cases: dict[str, ValidatedCase]) -> list[tuple[bool, str]]:
    groups: dict[str, set[object]] = defaultdict(set)
    holders: dict[object, set[str]] = defaultdict(set)
    for plan in plans:
        person = cases[plan["plan_id"]].person_id
        groups[plan["patient_group"]].add(person)
        holders[person].add(plan["patient_group"])
    checks = [(len(people) == 1, f"group {group} is split") for group, people in groups.items()]
    return checks + [(len(names) == 1, f"{sorted(names)} are joined") for names in holders.values()]


def _label_words(plan: dict[str, Any]) -> set[str]:
    return set(re.findall(r"\w+", f"{plan['label']} {' '.join(plan['keep'])}"))


def _stands(words: str, text: str) -> bool:
    pattern = r"(?<!\w)" + r"\s+".join(map(re.escape, words.split())) + r"(?!\w)"
    return re.search(pattern, text, re.IGNORECASE) is not None


def _told(plan: dict[str, Any], cases: dict[str, ValidatedCase]) -> str:
    case = cases.get(plan["plan_id"])
    became = f"{case.state.value} {case.review_reasons} {case.diagnosis}" if case else "no case"
    return f"{plan['plan_id']} ({plan['reason']}, {plan['label']}) became {became}"


def main(argv: list[str]) -> int:
    """Measure, print the table, write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--workers", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--gold", type=Path)
    wish = parser.parse_args(argv)
    figures = chain(_gold_figures(wish.gold), _load_figures(wish.rows, wish.workers))
    return keep("collection", figures, rows=wish.rows)


def _load_figures(rows: int, workers: int) -> Iterator[Figure]:
    with ExitStack() as stack:
        found = load.measured(fresh(stack), rows=rows, workers=workers)
    print(json.dumps(found.answer))
    rate, million = found.rows_per_second, 1_000_000
    yield at_least(f"first load: rows a second, {workers} workers", rate, "1/s", goal=million / 900)
    yield at_most("first load of a million rows", million / rate / 60, "min", goal=MOST_MINUTES)
    yield at_most("memory: whole load by its first part", found.memory_ratio, "ratio", goal=1.25)
    yield at_most("memory: largest worker", found.peak_mb, "MB", goal=1000)
    yield at_most("night of a thousand changes", found.delta_seconds, "s", goal=DELTA_SECONDS)
    yield at_least("night: changes that were followed", found.delta_share, "share", goal=0.95)


def _gold_figures(folder: Path | None) -> Iterator[Figure]:
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    place = folder or data / "clinic-samples" / "clinic"
    if not place.is_dir():
        for name, least in LEAST.items():
            yield at_least(f"gold clinic: {name}", None, "share", goal=least)
        return
    with ExitStack() as stack, tempfile.TemporaryDirectory() as scratch:
        deps = fresh(stack)
        began = time.perf_counter()
        answer = run_over(f"sqlite:///{load_sqlite(place, Path(scratch))}", deps)
        score = against_gold(place, deps, answer=answer, seconds=time.perf_counter() - began)
    for fault in score.faults:
        print("  ", fault)
    for name, (right, of) in score.figures.items():
        yield at_least(f"gold clinic: {name}", right / max(1, of), "share", goal=LEAST[name])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How well a clinic database is collected, against gold answers: counts, labels, persons, identifiers, speed.

Run it with ROUNDS_DATABASE_URL of an empty, migrated database: `python -m bench.collection FOLDER`, where the
folder holds clinic.sql and gold.json.
"""

import json
import re
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from shared.config import load_settings
from shared.registry import runs, sources
from shared.registry.tables import CollectionRun, ValidatedCase
from worker_collection import collect
from worker_collection.deps import Deps, make_deps


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


def main(folder: Path) -> None:
    """Print the table."""
    deps = make_deps(load_settings())
    with tempfile.TemporaryDirectory() as scratch:
        path = load_sqlite(folder, Path(scratch))
        began = time.perf_counter()
        answer = run_over(f"sqlite:///{path}", deps)
        score = against_gold(folder, deps, answer=answer, seconds=time.perf_counter() - began)
    for name, (right, of) in score.figures.items():
        print(f"{name:10} {right:5} of {of}")
    print(f"{'seconds':10} {score.seconds:8.2f}\n{json.dumps(score.answer)}")
    for fault in score.faults:
        print("  ", fault)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Trust in figures: near duplicates and their cost, orders and labels found, suspicions, agreement.

`python -m bench.trust [--rows N] [--seed N]`: notes by lot, clustered on an embedded Postgres, a tenth of
them and then all. The near duplicates of Symptom2Disease are scored where ROUNDS_TEST_DATA, or the folder
beside the repository, holds them.
"""

import argparse
import json
import os
import platform
import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from bench.fhir import fresh
from bench.trust_world.mentions import mention, order
from bench.trust_world.notes import Note, notes
from shared.config import PREFIX
from shared.domain.agreement import kappa
from shared.domain.nearness import NEAR, groups, overlap, runs_of, same_text, signature
from shared.domain.suspicion import burst
from shared.registry import bulk, runs, sources
from shared.registry.cases import CASE_PURPOSE
from shared.registry.tables import Person, QualityReport, ValidatedCase
from worker_collection import duplicates
from worker_collection.check import neutralised, phrases_of, prepare_text
from worker_collection.deps import Deps
from worker_collection.wording import space_of

RESULTS = Path(__file__).parent / "results" / "trust.json"
Figure = dict[str, Any]


def main(argv: list[str]) -> int:
    """Measure, print and write the figures; 1 when one misses its goal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    wish = parser.parse_args(argv)
    print(f"seed {wish.seed}")
    figures = [*_near(wish.rows, wish.seed), *_real(), *_found(wish.seed), *_numbers(wish.seed)]
    for one in figures:
        told = f"{one['key']:44} {one['value']!s:>10} {one['unit']:6} goal {one['goal']}"
        print(f"{told}  {'yes' if one['met'] else 'NO'}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"name": "trust", "machine": platform.machine(), "figures": figures}, indent=1) + "\n"
    )
    return 0 if all(one["met"] for one in figures) else 1


def _near(rows: int, seed: int) -> Iterator[Figure]:
    """Planted copies found, and rows a second of this process for a tenth and for all."""
    with ExitStack() as stack:
        deps = fresh(stack)
        made = list(notes(rows, seed=seed))
        where = _source(deps)
        few = rows // 10
        rates: list[float] = []
        families: dict[UUID, int] = {}
        for part in (made[:few], made[few:]):
            families |= _store(deps, part, where)
            began = time.process_time()
            duplicates.cluster("diagnosis", deps)
            rates.append(len(part) / (time.process_time() - began))
        with deps.sessions() as session:
            clusters = {
                row.case_id: row.cluster
                for row in session.execute(select(QualityReport.case_id, QualityReport.cluster))
            }
    found, wrong, copies = _score(families, clusters)
    yield _figure("planted_copies_found", found / copies, 0.97)
    yield _figure("planted_cluster_precision", 1 - wrong / len(families), 0.98)
    yield _figure("near_duplicates_rate_10_times_the_rows", rates[1] / rates[0], 0.7, unit="ratio")
    yield _figure("near_duplicates_rows_per_second", rates[1], 500, unit="1/s")


def _score(families: dict[UUID, int], clusters: dict[UUID, UUID]) -> tuple[int, int, int]:
    """Copies that share a cluster with their family, cases in a cluster of another family, copies."""
    of_family: dict[int, Counter[UUID]] = defaultdict(Counter)
    of_cluster: dict[UUID, Counter[int]] = defaultdict(Counter)
    for case_id, family in families.items():
        of_family[family][clusters[case_id]] += 1
        of_cluster[clusters[case_id]][family] += 1
    copies = sum(sum(held.values()) - 1 for held in of_family.values())
    found = sum(max(held.values()) - 1 for held in of_family.values())
    wrong = sum(sum(held.values()) - max(held.values()) for held in of_cluster.values())
    return found, wrong, copies


def _source(deps: Deps) -> dict[str, UUID]:
    with deps.sessions.begin() as session:
        source = sources.receiving(session, "diagnosis", vault=deps.vault, now=deps.clock())
        run = runs.create(session, source, now=deps.clock(), triggered_by="bench", ring=False)
        return {"source_id": source.id, "run_id": run.id}


def _store(deps: Deps, part: Sequence[Note], where: dict[str, UUID]) -> dict[UUID, int]:
    """Cases of so many persons as a collection writes them; their families by case."""
    now, families = deps.clock(), {}
    for start in range(0, len(part), 5000):
        people, held, reports = [], [], []
        for note in part[start : start + 5000]:
            case_id, person = uuid4(), uuid4()
            families[case_id] = note.family
            people.append(
                {"id": person, "key": person.hex, "split": "training", "subgroup": {}, "created_at": now}
            )
            held.append(_case(case_id, person, note=note, deps=deps) | where)
            marks = {"signature": signature(note.text), "same_text": same_text(note.text)}
            reports.append(
                {"case_id": case_id, "score": 90, "completeness": 90, "checks": {}, "created_at": now} | marks
            )
        with deps.sessions.begin() as session:
            bulk.copy(session, Person, people)
            bulk.copy(session, ValidatedCase, held)
            bulk.copy(session, QualityReport, reports)
    return families


def _case(case_id: UUID, person: UUID, *, note: Note, deps: Deps) -> dict[str, Any]:
    now = deps.clock()
    return {
        "id": case_id, "source_record": case_id.hex, "version": 1, "model_type": "diagnosis",
        "person_id": person, "state": "validated", "review_reasons": [], "media": {},
        "content_hash": case_id.hex, "diagnosis": "Gout",
        "input_sealed": deps.vault.seal(note.text.encode(), CASE_PURPOSE), "subgroup": {}, "details": {},
        "created_at": now, "updated_at": now,
    }  # fmt: skip


def _real() -> Iterator[Figure]:
    """Symptom2Disease, whose groups were linked by other means: paraphrases are not near duplicates."""
    folder = Path(os.environ.get(f"{PREFIX}TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    files = sorted((folder / "text" / "symptom2disease").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    if not rows:
        print("symptom2disease is not here: its two figures are not measured")
        return
    under: dict[int, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for value in groups(signature(row["text"]) or b"\0" * 240):
            under[value].append(place)
    said = [runs_of(row["text"]) for row in rows]
    pairs = {(a, b) for places in under.values() for a in places for b in places if a < b}
    near = {(a, b) for a, b in pairs if overlap(said[a], said[b]) >= NEAR}
    right = {(a, b) for a, b in near if rows[a]["group"] == rows[b]["group"]}
    sizes = Counter(row["group"] for row in rows)
    mates = sum(1 for row in rows if sizes[row["group"]] > 1)
    yield _figure("symptom2disease_pair_precision", len(right) / max(len(near), 1), 0.95)
    yield _figure(
        "symptom2disease_rows_with_a_mate_found", len({x for pair in right for x in pair}) / mates, 0.6
    )


def _found(seed: int) -> Iterator[Figure]:
    """Orders and labels found in generated notes, and what is taken for one that is none."""
    draw, plain = random.Random(seed), [note.text for note in notes(2000, seed=seed + 1, copied=0)]
    hit = sum(neutralised(f"{text}.\n{order(draw)}\nSeen in clinic.")[1] for text in plain)
    yield _figure("orders_found", hit / len(plain), 0.97)
    yield _figure(
        "orders_seen_where_none_is",
        sum(neutralised(text)[1] for text in plain) / len(plain),
        0.001,
        most=True,
    )
    space = space_of([], [])
    entries = [entry for entry in space if any(len(name) > 4 for name in (entry.label, *entry.aliases))]
    missed: Counter[str] = Counter()
    for text in plain:
        entry = draw.choice(entries)
        said = mention(entry, draw)
        if "label_in_text" not in prepare_text(f"{text}. Known {said} before.", phrases_of(entry)).flags:
            missed[said] += 1
    yield _figure("labels_in_input_found", 1 - sum(missed.values()) / len(plain), 0.97)
    others = [prepare_text(text, phrases_of(draw.choice(entries))).flags for text in plain]
    yield _figure(
        "labels_seen_where_none_is",
        sum("label_in_text" in one for one in others) / len(plain),
        0.005,
        most=True,
    )


def _numbers(seed: int) -> Iterator[Figure]:
    """How often the interval of kappa holds the truth, how often a burst is found, and one that is none."""
    draw = random.Random(seed)
    inside = 0
    for _ in range(500):
        pairs = [(a, a if draw.random() < 0.6 else draw.choice("ab")) for a in draw.choices("ab", k=80)]
        found = kappa(pairs)
        inside += found.low is not None and found.high is not None and found.low <= 0.6 <= found.high
    yield _figure("kappa_interval_coverage", inside / 500, 0.93)
    caught = alarms = 0
    for _ in range(500):
        close = sum(draw.random() < 0.1 for _ in range(200))
        caught += burst(30, close, 200) is not None
        longest = max(
            len(run) for run in "".join("x" if draw.random() < 0.1 else " " for _ in range(200)).split(" ")
        )
        alarms += burst(longest + 1, close, 200) is not None
    yield _figure("bursts_found", caught / 500, 0.95)
    yield _figure("bursts_seen_where_none_is", alarms / 500, 0.01, most=True)


def _figure(key: str, value: float, goal: float, *, unit: str = "share", most: bool = False) -> Figure:
    met = value <= goal if most else value >= goal
    return {"key": key, "value": round(value, 4), "unit": unit, "goal": goal, "met": met}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

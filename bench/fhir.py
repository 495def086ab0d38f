"""How FHIR exports are collected: counts by trust rule, the trap export against its gold answers, speed.

`python -m bench.fhir [FOLDER ...]`: the sample exports beside the repository, or other folders,
each on an embedded Postgres of its own.
"""

import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.figures import Figure, at_least, keep
from shared.config import PREFIX, load_settings
from shared.embedded import prepare_home, remove_home, start_postgres
from shared.registry import runs, sources
from shared.registry.migrate import migrate
from shared.registry.tables import CollectionRun, SourceRecord, ValidatedCase
from worker_collection import collect
from worker_collection.deps import Deps, make_deps
from worker_collection.mapping import mapping_text

HERE = Path(__file__).parent
GOAL = 200.0  # resources a second: an export of a million in the small hours
BECOMES = {"validated": "collect", "needs_review": "review", "rejected": "reject"}


@dataclass(frozen=True)
class Loaded:
    """One folder of exports after its run."""

    answer: dict[str, Any]
    seconds: float
    resources: int


def main(folders: list[Path]) -> int:
    """Collect each folder and print what became of it; without the data nothing is measured."""
    data = Path(os.environ.get(f"{PREFIX}TEST_DATA", HERE.parents[1] / "shared" / "data"))
    samples = data / "clinic-samples" / "fhir"
    if not folders and not samples.is_dir():
        print(f"no data at {samples}")
        return 0
    figures = [_trap_figure(samples / "traps")] if not folders else []
    for folder in folders or [samples / "bulk-10", samples / "bundles"]:
        with ExitStack() as stack:
            loaded = load(folder, fresh(stack))
        _print(folder.name, loaded)
        rate = loaded.resources / loaded.seconds
        figures.append(at_least(f"{folder.name}: resources a second", rate, "1/s", goal=GOAL))
    return keep("fhir", figures)


def fresh(stack: ExitStack) -> Deps:
    """A site of its own, gone when the stack closes."""
    home = Path(tempfile.mkdtemp(prefix="rounds-bench-"))
    settings = load_settings(home=home)
    prepare_home(settings)
    stack.callback(remove_home, settings)
    server = start_postgres(settings, durable=False)
    stack.callback(server.stop)
    migrate(settings)
    deps = make_deps(settings)
    stack.callback(deps.sessions.kw["bind"].dispose)
    return deps


def load(folder: Path, deps: Deps, *, name: str = "hospital") -> Loaded:
    """Collect the exports of a folder once; the source is made at the first call."""
    with deps.sessions.begin() as session:
        known = {source.name: source for source in sources.every(session)}
        source = known.get(name) or sources.add(
            session, name, kind="fhir", address=str(folder), mapping=mapping_text("fhir_r4"),
            model_type="diagnosis", vault=deps.vault, now=deps.clock(), actor="bench",
        )  # fmt: skip
        run = runs.create(session, source, now=deps.clock(), triggered_by="bench", ring=False)
    began = time.perf_counter()
    collect.collect_run(run.id, deps)
    seconds = time.perf_counter() - began
    with deps.sessions() as session:
        answer = runs.answer(session.get_one(CollectionRun, run.id))
        kept = session.connection().exec_driver_sql("SELECT count(*) FROM source_resources").scalar_one()
    return Loaded(answer, seconds, kept)


def against_gold(gold: list[dict[str, Any]], deps: Deps) -> list[str]:
    """What became otherwise than the gold answers of a first run say."""
    with deps.sessions() as session:
        states = {case.id: case.state.value for case in session.scalars(select(ValidatedCase))}
        became = {
            record.natural_key.split("/")[1]: (
                BECOMES.get(states.get(record.case_id), "reject"),
                record.reason,
            )
            for record in session.scalars(select(SourceRecord))
        }
    told = [(entry.get("condition") or entry["report"], entry) for entry in gold]
    return [
        f"{key} ({entry['reason']}) is to be {entry['expect']}, became {became.get(key)}"
        for key, entry in told
        if became.get(key, ("none",))[0] != entry["expect"]
    ]


def _trap_figure(folder: Path) -> Figure:
    gold = json.loads((folder / "gold.json").read_text())["run1"]
    with ExitStack() as stack:
        deps = fresh(stack)
        loaded = load(folder / "run1", deps)
        faults = against_gold(gold, deps)
    _print("traps", loaded)
    for fault in faults:
        print("  ", fault)
    return at_least("traps as their gold answers", 1 - len(faults) / len(gold), "share", goal=1)


def _print(name: str, loaded: Loaded) -> None:
    answer = loaded.answer
    print(f"{name}: {loaded.resources} resources in {loaded.seconds:.1f} s, {answer['state']}")
    for field in ("collected", "pending", "quarantined", "duplicates", "deleted"):
        print(f"  {field:44} {answer[field]:6}")
    for field in ("review", "refused"):
        for reason, n in sorted(answer[field].items(), key=lambda item: -item[1]):
            print(f"  {field + ': ' + reason:44} {n:6}")


if __name__ == "__main__":
    sys.exit(main([Path(name) for name in sys.argv[1:]]))

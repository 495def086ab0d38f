"""Collections whose worker is killed at random moments give the cases of an undisturbed one.

`python -m bench.kills [KILLS]`: a database, exports, a drop folder and a push, each collected by processes
that are killed again and again, in small steps and in chunks; another seed each time.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bench.clinic_world import write
from bench.clinic_world.handed import exports, push_rows
from bench.fhir import fresh
from bench.figures import at_least, keep
from shared.domain.cycle import ended
from shared.registry import leases, runs, sources, validators
from shared.registry.tables import CollectionChunk, CollectionRun, PersonIdentity, SourceRecord, ValidatedCase
from shared.registry.validators import Staff
from worker_collection import collect, course, spool
from worker_collection.deps import Deps, make_deps
from worker_collection.mapping import mapping_text

KINDS = ("sql", "fhir", "folder", "push")
ROWS = 240
SMALL = {"PAGE": 20, "STEP_ROWS": 60, "FAN_OUT_ROWS": 40}


def main(kills: int) -> int:
    """Kill, compare, print and write the figure."""
    seed = int(time.time())
    print(f"seed {seed}")
    done, equal, kinds = 0, True, cycle(KINDS)
    while done < kills and equal:
        kind, share = next(kinds), min(kills - done, -(-kills // len(KINDS)))
        with ExitStack() as stack:
            calm, rough, struck = compared(kind, fresh(stack), fresh(stack), kills=share, seed=seed + done)
        same = calm == rough and bool(calm["cases"])
        equal, done = equal and same, done + struck
        print(f"{kind:8} {struck:3} kills, {len(calm['cases'])} cases: {'the same' if same else 'OTHERS'}")
    value = done if equal else 0
    figure = at_least("kills after which the cases are the same", value, "kills", goal=kills)
    return keep("kills", [figure], seed=seed)


def compared(
    kind: str, calm: Deps, rough: Deps, *, kills: int, seed: int
) -> tuple[dict[str, Any], dict[str, Any], int]:
    """What two sites hold after one collection, undisturbed and with its workers killed so often."""
    dice = random.Random(seed)
    rough = replace(rough, vault=calm.vault)  # resources come in the order of their keyed hashes
    with tempfile.TemporaryDirectory(prefix="rounds-kills-") as scratch, small_steps():
        address = made(kind, Path(scratch), seed)
        first = asked(kind, address, calm)
        began = time.monotonic()
        _in_a_process(calm, first).join()
        seconds = time.monotonic() - began
        second, struck = asked(kind, address, rough), 0
        while not _has_ended(rough, second):
            worker = _in_a_process(rough, second)
            worker.join(dice.uniform(0.0, max(0.15, 2 * seconds / max(1, kills))) if struck < kills else None)
            if worker.is_alive():
                os.kill(worker.pid or 0, signal.SIGKILL)
                struck += 1
            worker.join()
            _give_up(rough)
    return held(calm), held(rough), struck


def made(kind: str, folder: Path, seed: int) -> str:
    """What there is to collect; its address."""
    if kind == "sql":
        write(folder / "clinic.db", ROWS, seed)
        return f"sqlite:///{folder}/clinic.db"
    if kind == "fhir":
        exports(folder, ROWS, seed)
        return str(folder)
    rows = push_rows(ROWS, seed)
    if kind == "folder":
        for number in range(4):
            lines = [json.dumps(row) for row in rows[number::4]]
            (folder / f"{number}.jsonl").write_text("\n".join([*lines, "{broken"]) + "\n")
        return str(folder)
    (folder / "push.json").write_text(json.dumps(rows))
    return str(folder / "push.json")


def asked(kind: str, address: str, deps: Deps) -> UUID:
    """A run of a source of this kind, or of rows that were pushed."""
    now, by = deps.clock(), "bench"
    with deps.sessions.begin() as session:
        doctor = Staff(name="Ora Lindqvist", aliases=("1",), role="doctor", qualified=True, active=True)
        validators.add(session, doctor, now=now, actor=by)
        if kind == "push":
            rows = json.loads(Path(address).read_text())
            target = sources.receiving(session, "diagnosis", vault=deps.vault, now=now)
            return runs.push(session, target, rows=rows, vault=deps.vault, now=now, triggered_by=by).id
        text = mapping_text({"sql": "clinic", "fhir": "fhir_r4"}.get(kind, "cases"))
        source = sources.add(
            session, kind, kind=kind, address=address, mapping=text, model_type="diagnosis",
            vault=deps.vault, now=now, actor=by,
        )  # fmt: skip
        return runs.create(session, source, now=now, triggered_by=by, ring=False).id


def held(deps: Deps) -> dict[str, Any]:
    """All that a site knows of its cases, without what is drawn at random."""
    with deps.sessions() as session:
        of_person: dict[UUID, list[str]] = {}
        for one in session.scalars(select(PersonIdentity)):
            of_person.setdefault(one.person_id, []).append(bytes(one.lookup).hex())
        people = {person: min(lookups) for person, lookups in of_person.items()}
        cases = sorted(
            [
                (case.source_record, case.version, case.state.value, case.diagnosis, case.content_hash)
                + (case.trust_rule, tuple(case.review_reasons), len(of_person.get(case.person_id, ())))
                for case in session.scalars(select(ValidatedCase))
            ],
            key=str,
        )
        records = sorted(
            (row.natural_key, row.outcome, row.reason or "") for row in session.scalars(select(SourceRecord))
        )
        left = len(session.scalars(select(CollectionChunk.id)).all())
        counts = [run.counts for run in session.scalars(select(CollectionRun))]
        groups = sorted(len(one) for one in of_person.values())
    return {
        "cases": cases,
        "records": records,
        "persons": groups,
        "people": len(people),
        "left": left,
        "counts": counts,
    }


class small_steps:  # noqa: N801 - a context
    """Steps and chunks of a few rows, so that there are many moments between them."""

    def __enter__(self) -> None:
        self._kept = {name: getattr(course, name) for name in SMALL} | {"CHUNK_ROWS": spool.CHUNK_ROWS}
        for name, value in SMALL.items():
            setattr(course, name, value)
        spool.CHUNK_ROWS = 10

    def __exit__(self, *_: object) -> None:
        spool.CHUNK_ROWS = self._kept.pop("CHUNK_ROWS")
        for name, value in self._kept.items():
            setattr(course, name, value)


def _in_a_process(deps: Deps, run_id: UUID) -> multiprocessing.process.BaseProcess:
    """A worker with connections of its own."""
    worker = multiprocessing.get_context("fork").Process(target=_work, args=(deps, run_id), daemon=True)
    worker.start()
    return worker


def _work(deps: Deps, run_id: UUID) -> None:
    own = make_deps(deps.settings)
    collect.collect_run(run_id, replace(own, clock=deps.clock, vault=deps.vault))


def _give_up(deps: Deps) -> None:
    """What the reaper does once it has heard nothing for a while."""
    with deps.sessions.begin() as session:
        held = leases.held(session)
        for table in (CollectionRun, CollectionChunk):
            for row, (_, beat) in held[table].items():
                leases.give_up_on(session, table, row, beat_seq=beat, now=deps.clock())


def _has_ended(deps: Deps, run_id: UUID) -> bool:
    with deps.sessions() as session:
        return ended(runs.get(session, run_id).state)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))

"""Three training workers that share two cores, against one that trains the same jobs in turn.

`python -m bench.lanes`: real classifiers on a real Postgres. A lane of cores is one job's at a time, so the
third worker waits for a lane instead of crowding the others.
"""

import json
import multiprocessing
import os
import platform
import resource
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from uuid import UUID

from sqlalchemy import func, select

from bench.fhir import fresh
from shared.domain.cycle import ended
from shared.registry import jobs
from shared.registry.cases import CASE_PURPOSE
from shared.registry.session import make_sessions
from shared.registry.tables import Attempt, TrainingJob
from shared.storage.objects import open_storage
from shared.vault import Vault, open_vault
from tests import small_model
from tests.factories import a_case, a_dataset, a_job, a_member
from worker_training.deps import Deps
from worker_training.train import run_job

RESULTS = Path(__file__).parent / "results" / "lanes.json"
JOBS, CORES, WAIT_SECONDS, MOST = 3, 2, 0.2, 0.10


def main() -> int:
    """Measure, print and write; both ways in one run."""
    with ExitStack() as stack:
        settings = fresh(stack).settings.model_copy(update={"device": "cpu", "lease_seconds": 60.0})
        deps = Deps(
            settings,
            make_sessions(settings),
            settings.clock,
            open_vault(settings.secret_file),
            open_storage(settings),
        )
        stack.callback(deps.sessions.kw["bind"].dispose)
        trained(deps, seeds=(90,), workers=1)  # what the first ever training makes for all later ones
        turn_cpu, turn_seconds = trained(deps, seeds=range(JOBS), workers=1)
        once_cpu, once_seconds = trained(deps, seeds=range(10, 10 + JOBS), workers=JOBS)
        with deps.sessions() as session:
            lanes = session.scalar(select(func.count(Attempt.device.distinct()))) or 0
    lost = once_cpu / turn_cpu - 1
    print(f"in turn {turn_cpu:.1f} CPU s in {turn_seconds:.1f} s; {JOBS} workers on {lanes} lanes ", end="")
    print(f"{once_cpu:.1f} CPU s in {once_seconds:.1f} s", flush=True)
    met = lost < MOST and len(os.sched_getaffinity(0)) <= CORES < JOBS
    figure = {"key": "CPU lost by three workers that share two cores", "value": lost, "unit": "share"}
    report = {
        "name": "lanes",
        "machine": platform.platform(),
        "figures": [figure | {"goal": MOST, "met": met}],
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n")
    return 0 if met else 1


def trained(deps: Deps, *, seeds: range | tuple[int, ...], workers: int) -> tuple[float, float]:
    """CPU and wall seconds of training a job for each seed with so many workers."""
    wanted = [queued(deps, seed) for seed in seeds]
    shares = [wanted[number::workers] for number in range(workers)]
    before, began = _cpu_seconds(), time.monotonic()
    context = multiprocessing.get_context("fork")
    present = [context.Process(target=work, args=(deps, share)) for share in shares]
    for worker in present:
        worker.start()
    for worker in present:
        worker.join()
        if worker.exitcode:
            raise SystemExit(f"a worker ended with {worker.exitcode}")
    return _cpu_seconds() - before, time.monotonic() - began


def queued(deps: Deps, seed: int) -> UUID:
    """A job over a small sealed set of its own."""
    vault: Vault = deps.vault
    with deps.sessions.begin() as session:
        dataset = a_dataset(session)
        for example in small_model.examples():
            sealed = vault.seal(example.text.encode(), CASE_PURPOSE)
            case = a_case(session, diagnosis=example.label, input_sealed=sealed)
            a_member(session, dataset, case)
        recipe = {"epochs": 10, "batch_size": 6}
        return a_job(session, dataset_version_id=dataset.id, seed=seed, recipe=recipe).id


def work(deps: Deps, share: list[UUID]) -> None:
    """A worker: takes whatever has its turn until the jobs of its share have ended."""
    own = Deps(deps.settings, make_sessions(deps.settings), deps.clock, deps.vault, deps.storage)
    for job_id in share:
        while not _has_ended(own, job_id):
            run_job(job_id, own)
            time.sleep(WAIT_SECONDS)


def _has_ended(deps: Deps, job_id: UUID) -> bool:
    with deps.sessions() as session:
        job: TrainingJob = jobs.get(session, job_id)
        if job.error_message:
            raise SystemExit(job.error_message)
        return ended(job.state)


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    sys.exit(main())

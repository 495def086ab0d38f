"""Jobs under faults: none lost, none doubled, each with the bytes of an undisturbed one.

`python -m bench.chaos [SEEDS] [FIRST_SEED]`: every seed is a site of real processes that takes jobs over HTTP
while six or more faults of `bench/chaos_world/faults.py` happen to it; each ends with the history checker,
the proof of the audit chain, and a look for orphans. What became of a seed is kept beside the results: a run
that was stopped is gone on with by the same command, and each seed that did not hold is played again.
"""

import json
import platform
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from sqlalchemy import select

from bench.chaos_world import faults
from bench.chaos_world.faults import FAULTS
from bench.chaos_world.site import Site, until
from bench.chaos_world.trainer import POISON, undisturbed
from shared.broker.notary import Notary
from shared.domain.cycle import JobState
from shared.domain.history import violations
from shared.proofs import Witness, audit_holds
from shared.registry import histories
from shared.registry.tables import ModelVersion, TrainingJob
from shared.signing import open_signer
from shared.storage.objects import open_storage

RESULTS = Path(__file__).parent / "results" / "chaos.json"
PLAYED = RESULTS.with_suffix(".played")  # one seed a line
JOBS, FAULTS_A_SEED = 60, 6
PACE_SECONDS = (0.05, 0.5)  # between two wishes
CALM_SECONDS = (0.5, 2.5)  # between two faults
REST_SECONDS = 240.0


@dataclass
class Played:
    """What became of one seed."""

    seed: int
    promised: list[str] = field(default_factory=list)  # ids of jobs
    refused: int = 0
    injected: list[str] = field(default_factory=list)
    recovered: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> int:
    """Play the seeds, print a line each and the table of faults, write the figures."""
    seeds = int(arguments[0]) if arguments else 2
    first = int(arguments[1]) if len(arguments) > 1 else random.SystemRandom().randrange(1 << 20)
    known, played = _known(), []
    for seed in range(first, first + seeds):
        told = known.get(seed) or play(seed)
        played.append(told)
        if seed not in known:
            _keep(told)
        _print_seed(told)
    _print_table(played)
    _write(played)
    return 1 if any(one.wrong for one in played) else 0


def play(
    seed: int, *, jobs: int = JOBS, wanted: Sequence[str] | None = None, count: int = FAULTS_A_SEED
) -> Played:
    """One site from its first job to rest; what was wrong afterwards is in the answer."""
    dice, told = random.Random(seed), Played(seed)
    with Site(dice) as site:
        chosen = list(wanted or dice.sample(sorted(FAULTS), count))
        submitting = threading.Thread(target=_submit, args=(site, told, jobs), daemon=True)
        submitting.start()
        while chosen or submitting.is_alive():
            time.sleep(dice.uniform(*CALM_SECONDS))
            name = chosen.pop(0) if chosen else dice.choice(sorted(FAULTS))
            _inject(site, name, told)
        submitting.join()
        faults.mend(site)
        try:
            until(lambda: site.completed() >= len(told.promised), "rest", REST_SECONDS)
        except TimeoutError as error:
            told.wrong.append(str(error))
        site.stop_processes()
        told.wrong += _judged(site, told)
        told.wrong += [f"left running: {one[:120]}" for one in site.orphans() if "postgres" not in one]
    return told


def _submit(site: Site, told: Played, jobs: int) -> None:
    """Ask until so many jobs were promised; what is refused meanwhile was not promised."""
    dice, seed = random.Random(told.seed), 1000 * told.seed
    while len(told.promised) < jobs:
        seed += 1
        job = site.submit(seed)
        if job is None:
            told.refused += 1
        else:
            told.promised.append(str(job))
        time.sleep(dice.uniform(*PACE_SECONDS))


def _inject(site: Site, name: str, told: Played) -> None:
    """One fault, and how long it takes from its end until the next job is done."""
    FAULTS[name](site)
    told.injected.append(name)
    began, before = time.monotonic(), site.completed()
    while site.completed() <= before and time.monotonic() < began + REST_SECONDS:
        if len(told.promised) <= before:
            return  # nothing is left to be done
        time.sleep(0.05)
    told.recovered[name].append(time.monotonic() - began)


def _judged(site: Site, told: Played) -> list[str]:
    promised = [UUID(one) for one in told.promised]
    with site.sessions() as session:
        wrong = violations(histories.of(session, promised, interval=2))
        rows = session.execute(
            select(TrainingJob.id, TrainingJob.seed, TrainingJob.state, ModelVersion.artifact_key)
            .outerjoin(ModelVersion, ModelVersion.job_id == TrainingJob.id)
            .where(TrainingJob.id.in_(promised))
        ).all()
        storage = open_storage(site.settings)
        for job, seed, state, key in rows:
            poison = seed % 100 == POISON
            if state is not (JobState.FAILED if poison else JobState.COMPLETED):
                wrong.append(f"{job} with seed {seed} is {state}")
            elif not poison and json.loads(storage.get(f"{key}rounds.json"))["chain"] != undisturbed(seed):
                wrong.append(f"{job} has other weights than an undisturbed training")
    signer = open_signer(site.settings)
    Notary(site.sessions, storage=storage, signer=signer, clock=site.settings.clock).turn(at=1e9)
    with site.sessions() as session:
        wrong += list(audit_holds(session, Witness(storage, signer.public_pem())))
    return wrong


def _known() -> dict[int, Played]:
    """Seeds that were played to their end and held."""
    lines = PLAYED.read_text().splitlines() if PLAYED.exists() else []
    seeds = [Played(**json.loads(line)) for line in lines]
    return {one.seed: one for one in seeds if not one.wrong}


def _keep(told: Played) -> None:
    PLAYED.parent.mkdir(exist_ok=True)
    with PLAYED.open("a") as kept:
        kept.write(json.dumps(vars(told)) + "\n")


def _print_seed(told: Played) -> None:
    outcome = "holds" if not told.wrong else f"{len(told.wrong)} FAULTS"
    times = "; ".join(
        f"{name} {', '.join(f'{one:.2f}' for one in seconds)} s" for name, seconds in told.recovered.items()
    )
    print(
        f"seed {told.seed}: {len(told.promised)} jobs, {len(told.injected)} faults, {outcome} ({times})",
        flush=True,
    )
    for sentence in told.wrong[:10]:
        print(f"    {sentence}", flush=True)


def _print_table(played: Sequence[Played]) -> None:
    times: dict[str, list[float]] = defaultdict(list)
    for one in played:
        for name, seconds in one.recovered.items():
            times[name] += seconds
    often = Counter(name for one in played for name in one.injected)
    print(f"\n{'fault':<24} {'times':>6} {'next job done after, median':>28} {'longest':>9}")
    for name in sorted(FAULTS):
        found = sorted(times[name])
        middle = f"{found[len(found) // 2]:.2f} s" if found else "–"
        longest = f"{found[-1]:.2f} s" if found else "–"
        print(f"{name:<24} {often[name]:>6} {middle:>28} {longest:>9}")


def _write(played: Sequence[Played]) -> None:
    jobs = sum(len(one.promised) for one in played)
    wrong = sum(len(one.wrong) for one in played)
    injected = sum(len(one.injected) for one in played)
    figures = [
        {"key": "jobs promised", "value": jobs, "unit": "jobs", "goal": JOBS * len(played)},
        {"key": "faults injected", "value": injected, "unit": "faults", "goal": FAULTS_A_SEED * len(played)},
    ]
    for figure in figures:
        figure["met"] = figure["value"] >= figure["goal"]
    figures.append(
        {
            "key": "lost, doubled, late or other bytes",
            "value": wrong,
            "unit": "jobs",
            "goal": 0,
            "met": not wrong,
        }
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"name": "chaos", "machine": platform.platform(), "figures": figures}, indent=1) + "\n"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Breaks the protocol of jobs one line at a time; each must be caught.

`python -m bench.mutants [--minutes N] [NAME …]`: every mutant is the tree with one place of
`bench/protocol_mutants.toml` exchanged, tried by the tests that play and hold the protocol. A mutant that
lives says why that is no harm, or counts as missed. Verdicts are kept beside the results; a run that was
stopped, or came to the end of its minutes, is gone on with by the next.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from bench.figures import RESULTS, at_least, keep

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).parent / "protocol_mutants.toml"
VERDICTS = RESULTS / "mutants.verdicts"
TREES = (
    "shared",
    "tests",
    "migrations",
    "rounds",
    "worker_collection",
    "worker_training",
    "deployer_service",
    "api_service",
)
JUDGES = (
    "tests/integration/test_leases.py",
    "tests/integration/training/test_train.py",
    "tests/integration/test_protocol_model.py",
    "tests/integration/training/test_schedules.py",
    "tests/integration/api/test_submit.py",
    "tests/integration/api/test_idempotency.py",
    "tests/integration/test_relay.py",
    "tests/integration/api/test_submits_together.py",
)
# Who is likeliest to see a break is asked first; the order changes no verdict.
FIRST = {
    "migrations": (*JUDGES[4:6], JUDGES[7]),
    "shared/registry/job_door.py": JUDGES[7:],
    "shared/registry/together.py": JUDGES[7:],
    "shared/registry/outbox.py": JUDGES[6:7],
    "shared/broker/waiting.py": JUDGES[6:7],
}
GOAL, LEAST = 0.95, 40
LONGEST_SECONDS, LONGEST_TIMES = 400.0, 4  # a machine at work is slow for the tree as it stands, too
Mutant = Mapping[str, str]


def main(arguments: list[str]) -> int:
    """Try every mutant that has no verdict yet, print what became of it, write the share that was caught."""
    asked = argparse.ArgumentParser(prog="bench.mutants", description=__doc__)
    asked.add_argument("--minutes", type=float, default=float("inf"), help="begin none after so many")
    asked.add_argument("names", nargs="*")
    given = asked.parse_args(arguments)
    listed = {one["name"]: one for one in read()}
    mutants = [listed[name] for name in given.names or listed]
    with tempfile.TemporaryDirectory(prefix="rounds-mutants-") as scratch:
        caught = judged(copied(Path(scratch)), mutants, until=time.monotonic() + 60 * given.minutes)
    if caught is None:
        print("the tree as it stands does not pass; nothing can be said of mutants")
        return 1
    for one in mutants:
        if not caught.get(one["name"], True):
            print(f"lives: {one['name']}: {one.get('harmless', 'MISSED')}")
    if len(caught) < len(mutants):
        print(f"{len(mutants) - len(caught)} are left: run the same again")
        return 1
    share = sum(caught.values()) / max(1, len(caught))
    return keep(
        "mutants",
        [
            at_least("protocol breaks tried", len(caught), "breaks", goal=LEAST),
            at_least("protocol breaks caught", share, "share", goal=GOAL),
        ],
    )


def judged(tree: Path, mutants: Iterable[Mutant], *, until: float) -> dict[str, bool] | None:
    """Whether each mutant is caught, as far as the time goes; None when the tree itself does not pass."""
    found: dict[str, bool] = {}
    whole, longest = None, LONGEST_SECONDS
    for one in mutants:
        mark = hashlib.sha256(mutated((tree / one["file"]).read_text(), one).encode()).hexdigest()
        known = _verdicts()
        if not known.get(mark, False):
            if time.monotonic() >= until:
                continue
            if whole is None:
                began = time.monotonic()
                whole = passes(tree, longest=10 * LONGEST_SECONDS)
                longest = max(LONGEST_SECONDS, LONGEST_TIMES * (time.monotonic() - began))
            if not whole:
                return None
            caught = _is_caught(tree, one, longest=longest)
            known = _verdicts() | {mark: caught}  # another run may have written meanwhile
            RESULTS.mkdir(exist_ok=True)
            VERDICTS.write_text(json.dumps(known, indent=1) + "\n")
        found[one["name"]] = known[mark]
    return found


def _verdicts() -> dict[str, bool]:
    """By the hash of what the mutated file held."""
    found: dict[str, bool] = json.loads(VERDICTS.read_text()) if VERDICTS.exists() else {}
    return found


def read() -> list[Mutant]:
    """The list: each mutant has a name, a file, a line and what stands there instead."""
    return list(tomllib.loads(LIST.read_text())["mutant"])


def copied(scratch: Path) -> Path:
    """A copy of the tree that a mutant may stand in."""
    for name in TREES:
        shutil.copytree(
            ROOT / name, scratch / name, ignore=shutil.ignore_patterns("__pycache__", "*.safetensors")
        )
    shutil.copy(ROOT / "pyproject.toml", scratch)
    return scratch


def passes(tree: Path, first: Sequence[str] = (), *, longest: float) -> bool:
    """Whether the judges find nothing, the `first` before the others; too long is a finding."""
    env = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    command += dict.fromkeys((*first, *JUDGES))
    try:
        done = subprocess.run(command, cwd=tree, env=env, capture_output=True, check=False, timeout=longest)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def mutated(source: str, mutant: Mutant) -> str:
    """The source with the one place exchanged.

    Raises:
        ValueError: the place is not there, or is there more than once.
    """
    if source.count(mutant["before"]) != 1:
        raise ValueError(
            f"{mutant['name']}: {mutant['file']} has the place {source.count(mutant['before'])} times"
        )
    return source.replace(mutant["before"], mutant["after"])


def _is_caught(tree: Path, mutant: Mutant, *, longest: float) -> bool:
    place = tree / mutant["file"]
    source = place.read_text()
    place.write_text(mutated(source, mutant))
    try:
        first = next((judges for part, judges in FIRST.items() if mutant["file"].startswith(part)), ())
        caught = not passes(tree, first, longest=longest)
    finally:
        place.write_text(source)
    print(f"{'caught' if caught else 'LIVES '} {mutant['name']}", flush=True)
    return caught


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

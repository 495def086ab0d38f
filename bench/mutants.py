"""Breaks the protocol of jobs one line at a time; each must be caught. `python -m bench.mutants [NAME …]`.

Every mutant is the tree with one line of `bench/protocol_mutants.toml` exchanged, tried by the protocol's
model and the tests of leases and relay. A mutant that lives says why that is no harm, or counts as missed.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
LIST = Path(__file__).parent / "protocol_mutants.toml"
RESULTS = Path(__file__).parent / "results" / "mutants.json"
TREES = (
    "shared",
    "tests",
    "migrations",
    "rounds",
    "worker_collection",
    "worker_training",
    "deployer_service",
)
JUDGES = (
    "tests/integration/test_leases.py",
    "tests/integration/test_relay.py",
    "tests/integration/test_protocol_model.py",
    "tests/integration/training/test_train.py",
)
GOAL = 0.95
LONGEST_SECONDS = 400
Mutant = Mapping[str, str]


def main(wanted: list[str]) -> int:
    """Try every mutant, print what became of it, write the share that was caught."""
    mutants = [one for one in read() if not wanted or one["name"] in wanted]
    with tempfile.TemporaryDirectory(prefix="rounds-mutants-") as scratch:
        tree = copied(Path(scratch))
        if not passes(tree):
            print("the tree as it stands does not pass; nothing can be said of mutants")
            return 1
        caught = [one["name"] for one in mutants if _is_caught(tree, one)]
    missed = [one for one in mutants if one["name"] not in caught]
    for one in missed:
        print(f"lives: {one['name']}: {one.get('harmless', 'MISSED')}")
    share = len(caught) / max(1, len(mutants))
    figures = [
        {"key": "protocol breaks tried", "value": len(mutants), "unit": "breaks", "goal": 40},
        {"key": "protocol breaks caught", "value": share, "unit": "share", "goal": GOAL},
    ]
    for figure in figures:
        figure["met"] = figure["value"] >= figure["goal"]
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"name": "mutants", "machine": platform.platform(), "figures": figures}, indent=1) + "\n"
    )
    print(f"{len(caught)} of {len(mutants)} caught")
    return 0 if share >= GOAL else 1


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


def passes(tree: Path) -> bool:
    """Whether the judges find nothing; a run that takes too long found something."""
    env = os.environ | {"PYTHONPATH": str(tree), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *JUDGES]
    try:
        done = subprocess.run(
            command, cwd=tree, env=env, capture_output=True, check=False, timeout=LONGEST_SECONDS
        )
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


def _is_caught(tree: Path, mutant: Mutant) -> bool:
    place = tree / mutant["file"]
    source = place.read_text()
    place.write_text(mutated(source, mutant))
    try:
        caught = not passes(tree)
    finally:
        place.write_text(source)
    print(f"{'caught' if caught else 'LIVES '} {mutant['name']}", flush=True)
    return caught


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""How much of the product its tests run, lines and branches: the rules by their own tests, the whole by all.

`python -m bench.coverage [--rules]`: what no test runs of `shared/domain` is printed by line. With `--rules`
the unit and contract tests alone are run, in minutes; the figure of the whole stays as it was last.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import coverage
import pytest

from bench.figures import Figure, at_least, keep

ROOT = Path(__file__).parent.parent
PACKAGES = ("rounds", "shared", "api_service", "worker_collection", "worker_training", "deployer_service")
RULES = ROOT / "shared" / "domain" / "*"
OWN = ("tests/unit", "tests/contract")
GOAL_RULES, GOAL_WHOLE = 100.0, 90.0
# Processes that the tests start are measured too, also those that end at once.
SETTINGS = """
[run]
branch = true
parallel = true
sigterm = true
patch = subprocess, _exit
data_file = {folder}/data
source =
    {sources}
"""


def main(arguments: list[str]) -> int:
    """Run the tests and write the shares; 1 when one is below its goal."""
    asked = argparse.ArgumentParser(prog="bench.coverage", description=__doc__)
    asked.add_argument("--rules", action="store_true")
    is_rules = asked.parse_args(arguments).rules
    with tempfile.TemporaryDirectory(prefix="rounds-coverage-") as scratch:
        return keep("coverage", _figures(Path(scratch), is_rules=is_rules), is_part=True)


def _figures(scratch: Path, *, is_rules: bool) -> Iterator[Figure]:
    settings = scratch / "settings"
    sources = "\n    ".join(str(ROOT / name) for name in PACKAGES)
    settings.write_text(SETTINGS.format(folder=scratch, sources=sources))
    others = [f"tests/{path.name}" for path in sorted((ROOT / "tests").iterdir()) if path.is_dir()]
    share = _share(settings, OWN, include=str(RULES))
    yield at_least("lines and branches of the rules, by their own tests", share, "%", goal=GOAL_RULES)
    if not is_rules:
        share = _share(settings, [name for name in others if name not in OWN], include=None)
        yield at_least("lines and branches of the whole, by all tests", share, "%", goal=GOAL_WHOLE)


def _share(settings: Path, tests: Sequence[str], *, include: str | None) -> float | None:
    """The per cent that these and the earlier tests have run; None where they did not run to their end."""
    run = ("-m", "pytest", "-n", str(len(os.sched_getaffinity(0))), "--dist", "loadfile")
    command = [sys.executable, "-m", "coverage", "run", f"--rcfile={settings}", *run, *tests]
    env = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
    measured = coverage.Coverage(config_file=str(settings))
    measured.combine(keep=True)
    with Path(os.devnull).open("w") as nowhere:
        told = None if include else nowhere
        share = measured.report(include=include, skip_covered=True, show_missing=True, file=told)
    return share if done in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED) else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

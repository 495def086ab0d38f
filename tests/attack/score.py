"""Runs the attacks and prints a score for each claim: `python -m tests.attack.score`.

A claim is closed when all of its tests ran and passed. `ATTACK_EXAMPLES` and `ATTACK_CANARIES` say how much
is tried; without them it is the whole.
"""

import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path
from xml.etree import ElementTree

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
WHOLE = {"ATTACK_EXAMPLES": "60", "ATTACK_CANARIES": "2000"}  # five identifiers a patient: 10,000
Claims = dict[str, dict[str, object]]
Results = dict[str, set[str]]


def claims() -> Claims:
    """Every claim with its tests, by its number."""
    return tomllib.loads((HERE / "claims.toml").read_text())


def main() -> int:
    """Attack, print the table; 1 when a claim is open."""
    told = claims()
    wanted = sorted({test for claim in told.values() for test in claim["tests"]})
    results = _run(wanted)
    still_open = [name for name, claim in told.items() if _why_open(claim, results)]
    for name, claim in told.items():
        why = _why_open(claim, results)
        state = "OPEN" if why else "closed"
        _say(f"{name:<4} {state:<7} {len(claim['tests']):>2} tests  {claim['says']}")
        for line in why:
            _say(f"{'':14}{line}")
    _say(f"\n{len(told) - len(still_open)} of {len(told)} claims are closed, {len(still_open)} open")
    return 1 if still_open else 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _why_open(claim: dict[str, object], results: Results) -> list[str]:
    found = []
    for test in claim["tests"]:
        outcomes = results.get(test, set())
        if outcomes != {"passed"}:
            found.append(f"{test}: {', '.join(sorted(outcomes)) or 'was not run'}")
    return found


def _run(wanted: list[str]) -> Results:
    """How each test ended; a file ended as all of its tests did, but for those that lack what they need."""
    files = [test for test in wanted if "::" not in test]
    asked = [*files, *(test for test in wanted if test.split("::")[0] not in files)]
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "2",
            "--dist",
            "loadfile",
            "-o",
            "junit_family=xunit1",
            f"--junitxml={report}",
            *asked,
        ]
        ended = subprocess.run(command, cwd=ROOT, env=WHOLE | dict(os.environ), check=False)
        if not report.exists():
            _say(f"the attacks were broken off: pytest ended with {ended.returncode}")
            return {}
        return _read(report, wanted)


def _read(report: Path, wanted: list[str]) -> Results:
    found: Results = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it
        path, name = str(case.get("file")), str(case.get("name")).split("[")[0]
        outcome = {child.tag for child in case} & {"failure", "error", "skipped"}
        ended = (outcome or {"passed"}).pop()
        found.setdefault(f"{path}::{name}", set()).add(ended)
        if path in wanted and ended != "skipped":
            found.setdefault(path, set()).add(ended)
    return found


if __name__ == "__main__":
    sys.exit(main())

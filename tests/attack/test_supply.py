"""What runs is what was reviewed: every package with its digest, none built or run at its installation."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
MAKEFILE = (ROOT / "Makefile").read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_package_has_one_version_and_its_digests(lock):
    entries = re.split(r"\n(?=\S)", lock.read_text().strip())
    assert entries
    for entry in entries:
        first = entry.splitlines()[0]
        assert re.match(r"^[\w.\[\]-]+==[\w.!+-]+ \\$", first), first
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), first
        assert "http://" not in entry and "https://" not in entry and "git+" not in entry, first


def test_installation_asks_for_the_digests_and_only_torch_is_beside_them():
    installs = re.findall(r"\$\(PIP\) (.*)", MAKEFILE)
    assert len(installs) >= 3
    for line in installs:
        hashed = "--require-hashes" in line
        assert hashed or "torch==2.13.0" in line or "-e ." in line, line


def test_nothing_of_npm_runs_at_its_installation_and_every_package_has_a_digest():
    assert "ci --ignore-scripts" in MAKEFILE
    lock = json.loads((ROOT / "dashboard" / "package-lock.json").read_text())
    for name, package in lock["packages"].items():
        assert not name or package.get("integrity", "").startswith("sha512-") or package.get("link"), name


def test_no_workflow_of_ours_fetches_a_program_to_run_it():
    for path in (ROOT / "Dockerfile", ROOT / "Makefile", *sorted((ROOT / ".ci").glob("*"))):
        text = path.read_text() if path.is_file() else ""
        assert not re.search(r"(curl|wget)[^\n|]*\|\s*(ba)?sh", text), path

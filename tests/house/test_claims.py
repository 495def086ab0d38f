"""Every security claim has tests that exist, so that `make attack` proves what it says."""

import ast
from pathlib import Path

import pytest

from tests.attack.score import claims

ROOT = Path(__file__).parents[2]
TESTS = sorted({test for claim in claims().values() for test in claim["tests"]})


def test_the_claims_are_the_twenty_one():
    assert list(claims()) == [f"S{number}" for number in range(1, 22)]
    assert all(claim["says"] and claim["tests"] for claim in claims().values())


@pytest.mark.parametrize("test", TESTS)
def test_a_claim_s_test_exists(test):
    path, _, name = test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    names = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert (name in names) if name else any(one.startswith("test_") for one in names)


def test_every_attack_belongs_to_a_claim():
    files = {test.split("::")[0] for test in TESTS}
    for path in sorted((ROOT / "tests" / "attack").glob("test_*.py")):
        assert str(path.relative_to(ROOT)) in files, path.name

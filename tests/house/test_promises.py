"""Every promise has a proof that exists: a benchmark of `bench/`, a test of `tests/`."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = tomllib.loads((ROOT / "bench" / "promises.toml").read_text())
WHY = PARTS.pop("why")
PROOFS = sorted({proof for promises in PARTS.values() for proofs in promises.values() for proof in proofs})


def test_every_promise_names_what_shows_it() -> None:
    assert not [says for promises in PARTS.values() for says, proofs in promises.items() if not proofs]


def test_what_stands_against_a_promise_is_said_of_one_that_was_made() -> None:
    made = {says for promises in PARTS.values() for says in promises}
    assert WHY.keys() <= made


@pytest.mark.parametrize("proof", PROOFS)
def test_a_proof_is_a_benchmark_or_a_test(proof: str) -> None:
    kind, _, rest = proof.partition(" ")
    if kind == "bench":
        name, _, pattern = rest.partition(": ")
        assert (ROOT / "bench" / f"{name}.py").is_file() and pattern
        return
    path, _, name = rest.partition("::")
    assert kind == "test" and (ROOT / path).is_file()
    assert not name or re.search(rf"^ *def {name}\(", (ROOT / path).read_text(), re.MULTILINE)

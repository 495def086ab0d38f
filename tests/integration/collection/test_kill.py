"""Workers that are killed with SIGKILL at random moments leave nothing double and nothing out."""

from contextlib import ExitStack

import pytest

from bench.fhir import fresh
from bench.kills import KINDS, compared


@pytest.mark.parametrize("kind", KINDS)
def test_killed_again_and_again_a_collection_gives_the_same_cases(kind):
    with ExitStack() as stack:
        calm, rough, kills = compared(kind, fresh(stack), fresh(stack), kills=3, seed=11)
    assert kills >= 1
    assert len(calm["cases"]) > 100
    assert {case[2] for case in calm["cases"]} >= {"validated", "needs_review"} or kind == "sql"
    assert rough == calm
    assert calm["left"] == 0

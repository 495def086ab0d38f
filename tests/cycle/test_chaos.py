"""A small piece of the chaos suite: one site, a dozen jobs over HTTP, the faults that hurt most."""

import pytest

from bench import chaos
from bench.chaos_world.faults import FAULTS

pytestmark = pytest.mark.stack
WORST = (
    "worker frozen",
    "broker lost",
    "database killed",
    "trainer killed",
    "both workers killed",
    "api killed",
)


def test_a_dozen_jobs_come_through_the_worst_faults_whole():
    told = chaos.play(7, jobs=12, wanted=WORST)
    assert told.wrong == []
    assert len(told.promised) == 12
    assert set(told.injected) >= set(WORST) <= set(FAULTS)

"""Slow, failing and abstaining answers: found where they are, and seldom where they are not."""

import math
import random

import pytest

from deployer_service.decide import Run
from shared.domain.service import Service
from tests.unit.test_decide import a_case, events, start

COLUMNS = {
    "predictions": [
        *("id", "t", "served", "champ_label", "champ_conf", "chall_label", "chall_conf"),
        *("age_band", "sex", "site", "patient", "latency_ms", "failed", "abstained"),
    ]
}
ALPHA = 0.0005


def served(service, rng, *, median_ms=20.0, slower=1.0, failed=0.0, abstained=0.0, cases=3000, share=0.25):
    """Serve cases by both arms until a veto or the end; the veto and how many the challenger had answered."""
    answered = 0
    for _ in range(cases):
        challenged = rng.random() < share
        answered += challenged
        told = {
            "latency_ms": rng.lognormvariate(math.log(median_ms), 0.5) * (slower if challenged else 1),
            "failed": float(rng.random() < (0.005 + failed if challenged else 0.005)),
            "abstained": float(rng.random() < (0.05 + abstained if challenged else 0.05)),
        }
        service.serve(told, challenged=challenged, share=share)
        if service.veto(ALPHA) is not None:
            return service.veto(ALPHA), answered
    return None, answered


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"slower": 4.0}, "slower than the champion"),
        ({"failed": 0.5}, "failing more often than the champion"),
        ({"abstained": 0.5}, "abstaining more often than the champion"),
    ],
)
def test_a_gross_fault_of_serving_is_found_within_a_hundred_answers(fault, why):
    found = [served(Service(), random.Random(seed), **fault) for seed in range(10)]
    assert {veto for veto, _ in found} == {why}
    assert sum(answered for _, answered in found) / 10 < 100


@pytest.mark.slow
def test_an_equal_challenger_is_left_alone():
    assert [served(Service(), random.Random(seed))[0] for seed in range(60)] == [None] * 60


def test_the_percentile_is_that_of_the_champion():
    service = Service()
    served(service, random.Random(1), share=0.0, cases=5000)
    assert service.champion_p95_ms() == pytest.approx(45.5, rel=0.2)  # 20 * exp(1.645 * 0.5)


def test_what_nobody_notices_is_not_slow():
    assert served(Service(), random.Random(1), median_ms=0.02, slower=50.0)[0] is None
    assert served(Service(), random.Random(1), median_ms=2.0, slower=50.0)[0] == "slower than the champion"


def test_going_on_from_a_saved_state_changes_nothing():
    one, rng = Service(), random.Random(3)
    served(one, rng, cases=500)
    two, other = Service(one.dump()), random.Random(4)
    served(one, random.Random(4), cases=500)
    served(two, other, cases=500)
    assert one.dump() == two.dump()


def test_the_engine_rolls_back_a_challenger_that_fails_in_the_canary():
    run = Run(start() | {"columns": COLUMNS})
    to_canary_with_service(run)
    rows = [
        [*a_case(50_000 + n, t=2.0, served=int(n % 20 == 0)), 20.0, int(n % 20 == 0), 0] for n in range(900)
    ]
    answer = run.feed(events(2.0, rows))
    assert (answer["action"], run.why) == ("rollback", "failing more often than the champion")


def to_canary_with_service(run):
    """The same facts as `to_canary`, in rows that tell how they were served."""
    fine = (20.0, 0, 0)
    rows = [[*a_case(10_000 + n, champ="m", chall="m", t=1.0), *fine] for n in range(100)]
    rows += [[*a_case(n, champ="a", chall="b", t=1.0), *fine] for n in range(20)]
    run.feed(events(1.0, rows))
    run.feed(events(1.0, labels=[[n, 1.0, "b", 1] for n in range(20)]))
    assert run.stage == "canary"

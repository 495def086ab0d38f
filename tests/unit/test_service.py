"""Slow, failing and abstaining answers: found where they are, and seldom where they are not."""

import math
import random

import pytest

from deployer_service.decide import Run
from shared.domain.service import TOLERANCES, Service
from shared.domain.significance import NO_EVIDENCE, randomised_difference, vote
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


def test_a_saved_state_holds_all_and_an_empty_one_nothing():
    assert Service().dump() == {
        "logs": dict.fromkeys(("slow", "failed", "abstained"), NO_EVIDENCE),
        "percentile": [0, 0.0],
        "means": {"failed": [1, 0.0], "abstained": [1, 0.0]},
    }
    half = {"percentile": [7, 1.5], "means": {"failed": [9, 2.0]}, "logs": {"failed": [0.5] * 6}}
    found = Service(half).dump()
    assert found["percentile"] == [7, 1.5]
    assert found["means"] == {"failed": [9, 2.0], "abstained": [1, 0.0]}
    assert found["logs"]["failed"] == (0.5,) * 6 and found["logs"]["slow"] == NO_EVIDENCE


def test_the_percentile_moves_a_step_a_champion_s_answer_and_is_trusted_after_two_hundred():
    service = Service()
    service.serve({"latency_ms": 100.0}, challenged=True, share=0.5)
    assert service.percentile == [0, 0.0]
    service.serve({"latency_ms": 100.0}, challenged=False, share=0.5)
    assert service.percentile == [1, math.log(100.0)]
    service.serve({"latency_ms": 100.0}, challenged=False, share=0.5)
    assert service.percentile == [2, pytest.approx(math.log(100.0) - 0.05 * 0.05)]
    service.serve({"latency_ms": 101.0}, challenged=False, share=0.5)
    assert service.percentile == [3, pytest.approx(math.log(100.0) + 0.05 * (0.95 - 0.05))]
    for count, known in ((199, False), (200, True)):
        state = {"percentile": [count, math.log(40.0)]}
        assert (
            (Service(state).champion_p95_ms() == pytest.approx(40.0))
            if known
            else Service(state).champion_p95_ms() is None
        )
    assert Service({"percentile": [0, 0.0]}).dump()["percentile"] == [0, 0.0]
    first = Service()
    first.serve({"latency_ms": 0.0}, challenged=False, share=0.5)
    assert first.percentile == [1, math.log(0.01)]


@pytest.mark.parametrize(
    ("answers", "p95", "latency", "x"),
    [
        (200, 40.0, 60.1, 0.9),  # slower than one and a half times the champion's
        (200, 40.0, 59.9, -0.1),
        (200, 4.0, 20.1, 0.9),  # what somebody notices
        (200, 4.0, 19.9, -0.1),
        (199, 40.0, 900.0, None),
    ],
)
def test_a_slow_answer_is_one_that_somebody_notices(answers, p95, latency, x):
    service = Service({"percentile": [answers, math.log(p95)]})
    service.serve({"latency_ms": latency}, challenged=True, share=0.5)
    assert service.logs["slow"] == (NO_EVIDENCE if x is None else pytest.approx(vote(NO_EVIDENCE, x)))
    assert service.percentile == [answers, math.log(p95)]


@pytest.mark.parametrize("name", ["failed", "abstained"])
@pytest.mark.parametrize("share", [0.25, 0.75])
@pytest.mark.parametrize("challenged", [True, False])
def test_a_rise_beyond_the_tolerance_is_bet_on_while_both_arms_may_answer(name, challenged, share):
    service = Service({"means": {name: [10, 2.0]}})
    service.serve({name: 1.0}, challenged=challenged, share=share)
    x = randomised_difference(1.0, 0.2, challenged=challenged, share=share) - TOLERANCES[name] * 0.25
    assert service.logs[name] == vote(NO_EVIDENCE, x)
    assert service.means[name] == ([10, 2.0] if challenged else [11, 3.0])
    for whole in (0.0, 1.0):
        alone = Service()
        alone.serve({name: 1.0}, challenged=challenged, share=whole)
        assert alone.logs[name] == NO_EVIDENCE


def test_only_what_is_known_of_an_answer_counts_and_the_first_sure_harm_is_named():
    assert TOLERANCES == {"failed": 0.01, "abstained": 0.05}
    service = Service()
    service.serve({}, challenged=False, share=0.5)
    assert service.dump() == Service().dump()
    sure = [math.log(100.0)] * 6
    assert Service({"logs": {"failed": sure}}).veto(0.01) == "failing more often than the champion"
    assert Service({"logs": {"failed": sure}}).veto(0.0099) is None
    assert Service({"logs": {"abstained": sure, "slow": sure}}).veto(0.01) == "slower than the champion"
    assert Service({"logs": {"abstained": sure}}).veto(0.01) == "abstaining more often than the champion"

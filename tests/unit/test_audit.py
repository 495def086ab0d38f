import random

import pytest

from shared.domain.audit import estimate
from shared.domain.metrics import NothingMeasuredError, share_of

SHARE = 0.1


def a_population(seed, n=20_000):
    """Answers with the model's confidence, right as often as that says, most of them easy."""
    dice = random.Random(seed)
    sure = [dice.betavariate(2.2, 1.0) for _ in range(n)]
    return [(dice.random() < one, one) for one in sure]


def truth(population):
    return sum(right for right, _ in population) / len(population)


def audited(population, seed):
    """Drawn with a chance that is known, and twice as high where the model is unsure."""
    dice = random.Random(seed)
    chances = [SHARE if sure > 0.8 else 2 * SHARE for _, sure in population]
    return [(right, p) for (right, _), p in zip(population, chances, strict=True) if dice.random() < p]


@pytest.mark.parametrize("seed", range(5))
def test_the_audit_sample_tells_the_truth_where_the_filtered_cases_do_not(seed):
    population = a_population(seed, 60_000)
    passed = [right for right, sure in population if sure > 0.8]
    filtered = sum(passed) / len(passed)
    found = estimate(audited(population, seed + 100), seed=1, rounds=20)
    assert abs(found.value - truth(population)) < 0.015
    assert filtered - truth(population) > 0.10


@pytest.mark.slow
def test_over_many_draws_it_is_unbiased_and_its_interval_holds_the_truth():
    population = a_population(7, 6_000)
    found = [estimate(audited(population, draw), seed=draw, rounds=100) for draw in range(40)]
    mean = sum(one.value for one in found) / len(found)
    assert abs(mean - truth(population)) < 0.01
    assert sum(one.low <= truth(population) <= one.high for one in found) >= 34
    unweighted = [sum(right for right, _ in audited(population, draw)) for draw in range(40)]
    sizes = [len(audited(population, draw)) for draw in range(40)]
    assert truth(population) - sum(unweighted) / sum(sizes) > 0.03


def test_it_ranks_a_better_candidate_above_where_the_filter_ranks_it_below():
    """The candidate is sure of less but right more often: the filter sees only where the baseline shines."""
    dice = random.Random(3)
    wins = 0
    for _ in range(40):
        drawn = [dice.random() < SHARE for _ in range(8000)]
        hard = [dice.random() < 0.5 for _ in range(8000)]
        base = [dice.random() < (0.5 if one else 0.97) for one in hard]
        better = [dice.random() < (0.72 if one else 0.93) for one in hard]
        scores = [
            estimate(
                [(ok, SHARE) for ok, kept in zip(answers, drawn, strict=True) if kept], seed=1, rounds=20
            ).value
            for answers in (base, better)
        ]
        wins += scores[1] > scores[0]
    assert wins >= 38


def test_the_same_cases_and_seed_give_the_same_interval_and_nothing_gives_none():
    drawn = audited(a_population(1, 3000), 2)
    assert estimate(drawn, seed=5, rounds=100) == estimate(drawn, seed=5, rounds=100)
    agreed = estimate([(True, 0.5)] * 20, seed=1)
    assert (agreed.value, agreed.low < 1.0, agreed.n) == (1.0, True, 20)
    with pytest.raises(NothingMeasuredError):
        estimate([], seed=1)


def test_each_case_stands_for_the_inverse_of_its_chance_and_the_interval_is_of_resamples():
    drawn = [(True, 0.5)] * 30 + [(False, 0.1)] * 6
    found = estimate(drawn, seed=4, rounds=400)
    assert (found.value, found.n) == (pytest.approx(60 / 120), 36)
    dice, shares = random.Random(4), []
    for _ in range(400):
        again = dice.choices([(right, 1 / chance) for right, chance in drawn], k=36)
        shares.append(sum(w for right, w in again if right) / sum(w for _, w in again))
    shares.sort()
    assert (found.low, found.high) == (shares[10], shares[390])
    one = estimate(drawn, seed=4, rounds=1)
    assert one.low == one.high
    assert estimate(drawn, seed=4) == estimate(drawn, seed=4, rounds=1000)


def test_where_all_agree_resampling_says_nothing():
    assert estimate([(False, 0.5)] * 20, seed=1) == share_of([(False, 2.0)] * 20)

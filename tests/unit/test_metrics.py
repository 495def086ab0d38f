"""The metrics against scikit-learn, against closed cases, and in their coverage."""

import random
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as oracle

from shared.domain.metrics import (
    Z95,
    Estimate,
    NothingMeasuredError,
    Scored,
    calibration_error,
    confusion,
    measure,
    recall_of,
    share_of,
    subgroup_accuracy,
    wilson,
)

LABELS = ("asthma", "flu", "gout", "migraine")
scored = st.builds(
    Scored,
    truth=st.sampled_from(LABELS),
    label=st.sampled_from(LABELS),
    confidence=st.floats(0, 1),
    weight=st.sampled_from([0.5, 1.0, 3.0]),
)


@pytest.mark.slow
@given(st.lists(scored, min_size=1, max_size=60))
def test_every_metric_equals_the_oracle_with_weights(cases):
    truth, label = [c.truth for c in cases], [c.label for c in cases]
    weights = [c.weight for c in cases]
    report = measure(cases)
    present = sorted(set(truth))
    expected = oracle.precision_recall_fscore_support(
        truth, label, labels=present, average="macro", sample_weight=weights, zero_division=0
    )
    found = (report.precision.value, report.recall.value, report.f1_score.value)
    assert found == pytest.approx(expected[:3])
    assert report.accuracy.value == pytest.approx(oracle.accuracy_score(truth, label, sample_weight=weights))
    each = oracle.precision_recall_fscore_support(
        truth, label, labels=present, average=None, sample_weight=weights, zero_division=0
    )
    assert [report.per_class[name].recall.value for name in present] == pytest.approx(list(each[1]))
    assert [report.per_class[name].f1_score.value for name in present] == pytest.approx(list(each[2]))


@given(st.lists(scored, min_size=1, max_size=60))
def test_an_interval_holds_its_value_and_stays_a_share(cases):
    report = measure(cases)
    for estimate in report.overall.values():
        assert 0 <= estimate.low <= estimate.value + 1e-9
        assert estimate.value - 1e-9 <= estimate.high <= 1
        assert estimate.n == len(cases)


def test_wilson_gives_the_published_interval():
    low, high = wilson(81 / 263, 263)
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)  # Newcombe 1998, table I


def test_perfect_answers_still_have_a_width():
    report = measure([Scored("flu", "flu", 0.99)] * 10)
    assert report.accuracy.value == 1.0
    assert 0.6 < report.accuracy.low < 0.8
    assert report.f1_score.low == report.accuracy.low


def test_inverse_probability_weights_undo_an_unequal_draw():
    easy = [Scored("flu", "flu", 0.9, weight=10.0)] * 9
    hard = [Scored("gout", "flu", 0.6, weight=1.0)] * 10
    found = measure([*easy, *hard]).accuracy
    assert found.value == pytest.approx(0.9)
    assert found.high - found.low > measure([*easy, *hard] * 10).accuracy.high - 0.9


@pytest.mark.slow
def test_intervals_cover_the_truth_about_as_often_as_they_say():
    draw = random.Random(7)
    covered = {"accuracy": 0, "recall": 0, "f1_score": 0}
    share = {"asthma": 0.9, "flu": 0.6}  # chance that a case of this truth is answered right
    runs = 400
    for _ in range(runs):
        cases = []
        for _ in range(150):
            truth = "asthma" if draw.random() < 0.7 else "flu"
            other = "flu" if truth == "asthma" else "asthma"
            cases.append(Scored(truth, truth if draw.random() < share[truth] else other, 0.8))
        report = measure(cases)
        right_asthma, right_flu = 0.7 * 0.9, 0.3 * 0.6
        f1 = (
            2 * right_asthma / (0.7 + right_asthma + 0.3 - right_flu)
            + 2 * right_flu / (0.3 + right_flu + 0.7 - right_asthma)
        ) / 2
        truths = {"accuracy": right_asthma + right_flu, "recall": 0.75, "f1_score": f1}
        for name, value in truths.items():
            estimate = report.overall[name]
            covered[name] += estimate.low <= value <= estimate.high
    for name, count in covered.items():
        assert 0.92 <= count / runs <= 0.985, name


def test_calibration_error_of_known_gaps():
    sure_and_right = [Scored("flu", "flu", 0.95)] * 10
    sure_and_wrong = [Scored("flu", "gout", 0.75)] * 10
    assert calibration_error([*sure_and_right, *sure_and_wrong]).value == pytest.approx(0.4)


def test_confusion_counts_each_pair():
    cases = [Scored("flu", "flu", 1), Scored("flu", "gout", 1), Scored("gout", "gout", 1)]
    assert confusion(cases) == {"flu": {"flu": 1, "gout": 1}, "gout": {"gout": 1}}


def test_subgroups_stand_in_a_table_by_attribute():
    cases = [
        Scored("flu", "flu", 1, subgroup={"site": "north", "sex": "f"}),
        Scored("flu", "gout", 1, subgroup={"site": "south", "sex": "f"}),
    ]
    table = subgroup_accuracy(cases)
    assert table["site"]["north"].value == 1.0
    assert table["sex"]["f"].value == 0.5
    assert table["sex"]["f"].n == 2


def test_must_not_miss_recall_is_none_without_such_a_case():
    cases = [Scored("flu", "flu", 1), Scored("gout", "flu", 1)]
    found = recall_of(cases, {"gout"})
    assert found is not None
    assert found.value == 0.0
    assert recall_of(cases, {"migraine"}) is None


def test_nothing_to_measure_is_an_error():
    with pytest.raises(NothingMeasuredError):
        measure([Scored("flu", "flu", 1, weight=0.0)])
    with pytest.raises(NothingMeasuredError):
        share_of([])


def test_a_report_names_its_metrics_and_their_intervals():
    report = measure([Scored("flu", "flu", 0.9), Scored("flu", "gout", 0.6), Scored("gout", "gout", 0.8)])
    assert list(report.overall) == ["accuracy", "precision", "recall", "f1_score", "calibration_error"]
    assert report.intervals == {name: [one.low, one.high] for name, one in report.overall.items()}
    assert report.overall["recall"] is report.recall
    assert (report.n, report.confusion) == (3, {"flu": {"flu": 1, "gout": 1}, "gout": {"gout": 1}})


def test_an_interval_of_no_case_is_everything_and_every_interval_is_a_share():
    assert wilson(0.3, 0) == (0.0, 1.0)
    assert (wilson(0.0, 10)[0], wilson(1.0, 10)[1]) == (0.0, pytest.approx(1.0))
    assert wilson(0.0, 10)[1] == pytest.approx(0.2775, abs=1e-4)  # Newcombe 1998: 0 of n gives z2 / (n + z2)


def test_a_share_of_unequal_weights_is_as_sure_as_so_many_equal_ones():
    found = share_of([(True, 3.0), (False, 1.0), (True, 0.0)])
    assert (found.value, found.n) == (0.75, 2)
    assert (found.low, found.high) == wilson(
        0.75, 16 / 10
    )  # Kish: the square of the sum over the sum of squares


def test_cases_without_weight_are_not_measured():
    cases = [Scored("flu", "flu", 0.9, subgroup={"sex": "f"}), Scored("gout", "flu", 0.9, weight=0.0)]
    report = measure(cases)
    assert (report.n, report.accuracy.value, list(report.per_class)) == (1, 1.0, ["flu"])
    assert recall_of(cases, {"gout"}) is None
    assert recall_of(cases, {"flu"}).n == 1
    assert report.subgroups["sex"]["f"].n == 1


def test_a_label_that_was_never_answered_has_no_precision():
    report = measure([Scored("flu", "gout", 0.9), Scored("gout", "gout", 0.9)])
    assert report.per_class["flu"].precision is None
    assert report.per_class["gout"].precision.value == 0.5
    assert report.per_class["flu"].recall.value == 0.0
    assert report.precision.value == 0.25


def test_confidences_fall_into_ten_equal_bins():
    apart = [Scored("flu", "flu", 0.8), Scored("flu", "gout", 0.79)]  # gaps of 0.2 and 0.79 in two bins
    assert calibration_error(apart).value == pytest.approx((0.2 + 0.79) / 2)
    together = [Scored("flu", "flu", 0.85), Scored("flu", "gout", 0.85)]  # they offset each other in one
    assert calibration_error(together).value == pytest.approx(0.35)
    sure = [Scored("flu", "flu", 1.0), Scored("flu", "gout", 0.9)]  # certainty belongs to the last bin
    assert calibration_error(sure).value == pytest.approx(0.45)
    last = [Scored("flu", "gout", 1.0), Scored("flu", "flu", 0.95)]  # both in the last bin
    assert calibration_error(last).value == pytest.approx(0.475)
    near = [Scored("flu", "flu", 0.95), Scored("flu", "gout", 0.85)]  # in the last two
    assert calibration_error(near).value == pytest.approx(0.45)
    heavy = [Scored("flu", "flu", 0.9, weight=3.0), Scored("flu", "gout", 0.2)]
    assert calibration_error(heavy).value == pytest.approx((3 * 0.1 + 0.2) / 4)


def test_the_interval_of_a_calibration_error_is_that_of_a_mean():
    cases = [Scored("flu", "flu" if n % 4 else "gout", 0.55) for n in range(40)]
    found = calibration_error(cases)
    gap = 0.75 - 0.55
    spread = sqrt(sum(((case.right - 0.55) - gap) ** 2 for case in cases)) / 40
    assert found.value == pytest.approx(gap)
    assert (found.low, found.high) == (pytest.approx(gap - Z95 * spread), pytest.approx(gap + Z95 * spread))
    over = calibration_error([Scored("flu", "flu" if n % 4 == 0 else "gout", 0.55) for n in range(40)])
    assert (over.value, over.n) == (pytest.approx(0.30), 40)
    assert (over.low, over.high) == (pytest.approx(0.30 - Z95 * spread), pytest.approx(0.30 + Z95 * spread))
    assert calibration_error([Scored("flu", "flu", 1.0)]) == Estimate(0.0, 0.0, 0.0, 1)
    wrong = calibration_error([Scored("flu", "gout", 1.0), Scored("flu", "gout", 0.9)])
    assert wrong.high == 1.0


@pytest.mark.parametrize("weights", [(1.0,), (0.5, 2.0, 1.0)])
def test_linearised_errors_are_those_of_leaving_one_out(weights):
    draw, cases = random.Random(5), []
    for n in range(90):
        truth = draw.choice(["asthma", "asthma", "flu", "gout"])
        label = truth if draw.random() < 0.75 else draw.choice(LABELS)
        cases.append(Scored(truth, label, 0.8, weight=weights[n % len(weights)]))
    whole, less = measure(cases), [measure(cases[:n] + cases[n + 1 :]) for n in range(len(cases))]
    for name in ("precision", "recall", "f1_score"):
        found = getattr(whole, name)
        assert found == near(found.value, [getattr(one, name).value for one in less], found.n)
    flu = whole.per_class["flu"].f1_score
    assert flu == near(flu.value, [one.per_class["flu"].f1_score.value for one in less], flu.n)
    assert flu.n == sum("flu" in (case.truth, case.label) for case in cases)


def near(value, without, n):
    """The interval by the jackknife, in the same form; n cases."""
    mean = sum(without) / len(without)
    error = sqrt(sum((one - mean) ** 2 for one in without) * (len(without) - 1) / len(without))
    low, high = wilson(value, value * (1 - value) / error**2)
    return Estimate(value, pytest.approx(low, abs=0.01), pytest.approx(high, abs=0.01), n)


def test_where_nothing_varies_an_interval_is_that_of_so_many_equal_cases():
    cases = [Scored("flu", "flu", 0.9, weight=weight) for weight in (1.0, 3.0)]
    assert measure(cases).recall == Estimate(1.0, *wilson(1.0, 16 / 10), 2)
    wrong = [Scored("flu", "gout", 0.9, weight=weight) for weight in (1.0, 3.0)]
    assert measure(wrong).f1_score == Estimate(0.0, *wilson(0.0, 16 / 10), 2)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.learning_curve import Point, forecast


def curve(n: int, *, top: float = 0.92, height: float = 3.0, bend: float = 0.5) -> float:
    return top - height * n**-bend


def past(*sizes: int, judged: int = 100_000, **shape: float) -> list[Point]:
    return [Point(n, curve(n, **shape), judged) for n in sizes]


def test_a_steep_curve_promises_what_it_holds():
    found = forecast(past(200, 400, 800, 1600), cases=3200)
    assert found.before == 1600
    assert found.gain == pytest.approx(curve(3200) - curve(1600), abs=0.002)
    assert found.at_most >= found.gain


def test_a_flat_curve_gains_nothing_and_is_sure_of_it_only_with_enough_judges():
    sizes = [1000, 2000, 4000, 8000, 9000]
    sure = forecast([Point(n, 0.9, 100_000) for n in sizes], cases=9200)
    assert (sure.gain, sure.at_most < 0.001) == (pytest.approx(0.0, abs=1e-6), True)
    unsure = forecast([Point(n, 0.9, 40) for n in (20, 40, 80)], cases=1000)
    assert unsure.at_most > 0.02


@pytest.mark.parametrize(
    ("points", "cases"),
    [
        ([], 100),
        (past(100, 200), 400),
        (past(100, 100, 200, 200), 400),
        (past(100, 200, 400), 400),
    ],
)
def test_too_little_of_a_past_is_no_forecast(points, cases):
    assert forecast(points, cases=cases) is None


@given(
    st.lists(st.builds(Point, st.integers(1, 10**6), st.floats(0, 1), st.integers(1, 10**5)), max_size=12),
    st.integers(1, 10**7),
)
def test_whatever_the_past_more_cases_are_not_taken_to_harm(points, cases):
    found = forecast(points, cases=cases)
    if found is not None:
        assert 0.0 <= found.gain <= found.at_most


def exact(points, cases):
    """The best fit and the most that any compatible one promises, by numpy's own least squares."""
    before, fits = max(point.cases for point in points), []
    for bend in [step / 20 for step in range(1, 41)]:
        judged = np.array([point.judged + 2.0 for point in points])
        share = (np.array([point.accuracy * point.judged for point in points]) + 1) / judged
        sigma = np.sqrt(share * (1 - share) / judged)
        x = np.array([point.cases**-bend for point in points])
        design = np.stack([np.ones_like(x), x], axis=1) / sigma[:, None]
        target = np.array([point.accuracy for point in points]) / sigma
        (_, slope), *_ = np.linalg.lstsq(design, target, rcond=None)
        reach = before**-bend - cases**-bend
        error = reach * np.sqrt(np.linalg.inv(design.T @ design)[1, 1])
        if slope > 0:  # more cases are not taken to do harm: the best line is flat
            slope = 0.0
            level = float(np.sum(target / sigma) / np.sum(1 / sigma**2))
            misfit = float(np.sum((target - level / sigma) ** 2))
        else:
            misfit = float(np.sum((target - design @ np.linalg.lstsq(design, target, rcond=None)[0]) ** 2))
        fits.append((misfit, -slope * reach, error))
    best = min(fits)
    return best[1], max(gain + 1.645 * error for misfit, gain, error in fits if misfit <= best[0] + 3.84)


@pytest.mark.parametrize(
    "points",
    [
        [Point(100, 0.60, 90), Point(200, 0.71, 150), Point(450, 0.78, 300), Point(900, 0.80, 310)],
        [Point(100, 0.80, 90), Point(200, 0.79, 150), Point(450, 0.70, 300)],
        [Point(10, 1.0, 20), Point(20, 1.0, 20), Point(30, 1.0, 20)],
        past(200, 400, 800, 1600, judged=500, bend=0.3),
        past(100, 300, 900, 2700, judged=5000, bend=0.4),
    ],
)
def test_the_forecast_is_that_of_weighted_least_squares(points):
    found = forecast(points, cases=4000)
    gain, at_most = exact(points, 4000)
    assert (found.gain, found.at_most) == (pytest.approx(gain, abs=1e-7), pytest.approx(at_most, rel=1e-5))
    assert (found.before, found.cases) == (max(point.cases for point in points), 4000)


def test_three_sizes_and_a_case_more_are_enough():
    assert forecast(past(100, 200, 400), cases=401) is not None
    assert forecast(past(100, 100, 200), cases=401) is None

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

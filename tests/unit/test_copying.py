from hypothesis import given
from hypothesis import strategies as st

from shared.domain.copying import copies


def test_agreeing_as_often_as_the_model_is_right_is_no_copying():
    assert not copies(agreed=90, shown=100, claimed=0.9)
    assert not copies(agreed=20, shown=20, claimed=0.97)


def test_agreeing_always_with_a_model_that_is_unsure_is():
    assert copies(agreed=30, shown=30, claimed=0.7)
    assert copies(agreed=200, shown=200, claimed=0.95)


def test_few_answers_say_nothing():
    assert not copies(agreed=19, shown=19, claimed=0.1)


def test_years_of_answers_are_judged_as_a_month_of_them():
    assert copies(agreed=99_000, shown=100_000, claimed=0.9)
    assert not copies(agreed=90_000, shown=100_000, claimed=0.9)
    assert not copies(agreed=0, shown=100, claimed=0.9)


@given(st.integers(20, 200), st.floats(0.01, 0.99), st.data())
def test_more_agreement_is_never_less_suspicious(shown, claimed, data):
    agreed = data.draw(st.integers(0, shown - 1))
    assert copies(agreed, shown, claimed) <= copies(agreed + 1, shown, claimed)

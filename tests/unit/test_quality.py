from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.quality import capped_weights, completeness, judge

FULL = {
    "text": "x",
    "diagnosis": "Gout",
    "icd_code": "M10",
    "validated_by": "v",
    "validated_at": "t",
    "age_band": "40-49",
    "sex": "f",
}
NOTE = "Painful swollen great toe since three days, no fever, no trauma"


def test_a_whole_case_scores_a_hundred():
    found = judge(NOTE, FULL)
    assert (found.score, found.completeness, found.reasons) == (100, 100, ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("toe", "very_short_text"),
        ("painful swollen great toe", "short_text"),
        ("[NAME] [DATE] [PHONE] [MRN] seen here today", "mostly_removed"),
        ("3/7 4/7 120/80 37.2 98 14.2 ok fine well 55 66 77 88", "few_letters"),
    ],
)
def test_poor_texts_lose_points_and_say_why(text, reason):
    found = judge(text, FULL)
    assert reason in found.reasons
    assert found.score < 100


def test_findings_of_earlier_checks_count():
    assert judge(NOTE, FULL, flags=("label_in_text",)).reasons == ("label_in_text",)
    assert completeness(FULL | {"sex": None}) == 86


@given(st.lists(st.sampled_from([None, "a", "b", "c", "d", "e", "f", "g", "h"]), min_size=1, max_size=120))
def test_nobody_outweighs_the_cap_unless_there_are_too_few_to_share(validators):
    weights = capped_weights(validators, 0.2)
    assert all(0 < weight <= 1 for weight in weights)
    sums = defaultdict(float)
    for name, weight in zip(validators, weights, strict=True):
        sums[name] += weight
    names = [name for name in sums if name is not None]
    if None in sums or len(names) < 6:
        assert all(weight == 1 for name, weight in zip(validators, weights, strict=True) if name is None)
        return
    total = sum(sums.values())
    assert max(sums[name] for name in names) / total <= 0.2 + 1e-3


def test_few_validators_weigh_the_same_in_sum():
    weights = capped_weights(["a"] * 90 + ["b"] * 10, 0.2)
    assert sum(weights[:90]) == pytest.approx(sum(weights[90:]), rel=1e-4)


def test_curated_cases_weigh_one():
    assert capped_weights([None] * 3, 0.2) == [1.0, 1.0, 1.0]

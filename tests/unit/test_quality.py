import pytest

from shared.domain.quality import completeness, judge

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

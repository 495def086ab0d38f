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


@pytest.mark.parametrize(
    ("text", "filled", "flags", "score", "reasons"),
    [
        ("toe red", FULL, (), 60, ("very_short_text",)),
        ("toe red now", FULL, (), 85, ("short_text",)),
        ("toe red and hot now", FULL, (), 85, ("short_text",)),
        ("toe red and very hot now", FULL, (), 100, ()),
        ("a b c toe red and very hot now", FULL, (), 100, ()),  # letters are no words
        ("toe [NAME] [DATE_OF] red and", FULL, (), 85, ("short_text",)),
        ("toe [A] [B] [C] [D] red and", FULL, (), 45, ("short_text", "mostly_removed")),
        ("toe [A] [B] [C] red and", FULL, (), 85, ("short_text",)),
        ("[NAME] [NAME] [NAME]", FULL, (), 20, ("very_short_text", "mostly_removed")),
        ("[A] [B] x", FULL, (), 60, ("very_short_text",)),
        ("ab1 ab2 ab3 ab4 ab5 ab6 123456789012", FULL, (), 100, ()),  # a third
        ("ab1 ab2 ab3 ab4 ab5 ab6 1234567890123", FULL, (), 70, ("few_letters",)),
        (NOTE, FULL | {"icd_code": ""}, (), 95, ("no_code",)),
        (
            NOTE,
            FULL,
            ("instructions_in_text", "label_in_text"),
            80,
            ("label_in_text", "instructions_in_text"),
        ),
        (NOTE, FULL, ("drug_gives_label", "no_narrative"), 75, ("drug_gives_label", "no_narrative")),
        ("1 [A] [B] [C]", FULL | {"icd_code": None}, ("no_narrative", "few_letters"), 0, None),
        (NOTE, FULL, ("anything",), 100, ()),
    ],
)
def test_each_reason_takes_its_points(text, filled, flags, score, reasons):
    found = judge(text, filled, flags=flags)
    assert found.score == score
    if reasons is not None:
        assert found.reasons == reasons
    assert found.is_usable is ("very_short_text" not in found.reasons)


def test_a_field_that_is_empty_is_not_there():
    assert completeness({}) == 0
    assert completeness(FULL | {"other": 1}) == 100
    for nothing in (None, "", []):
        for name in FULL:
            assert completeness(FULL | {name: nothing}) == 86
    assert completeness({"text": "x", "diagnosis": "y", "sex": 0}) == 43
    assert judge(NOTE, {"icd_code": "M10"}).completeness == 14

"""The card of a dataset version: what a model cannot learn from it is said, each from a number."""

import pytest

from shared.domain.dataset_card import FEW, USE, limits, to_markdown

CARD = {
    "dataset_version": "data-2",
    "model_type": "diagnosis",
    "sha256": "s2",
    "parent": None,
    "counts": {
        "training": 70,
        "evaluation": 30,
        "labels": {"Gout": 40, "Asthma": 60, "a|b": 40},
        "not_used": {"low_confidence": 3, "bad_dates": 1},
    },
    "lapsed": {},
    "policy_version": 4,
    "preprocessing": {"text": "v2", "image": None},
    "sealed_by": "ana",
    "sealed_at": "2026-03-01",
    "models": ["diagnosis-1", "diagnosis-2"],
    "limits": ["Small."],
}
PAGE = f"""# data-2

{USE}

70 cases to learn from, 30 to judge by.

## Limits

- Small.

## Cases by label

| label | cases |
| --- | --- |
| Asthma | 60 |
| Gout | 40 |
| a\\|b | 40 |

## Origin

| | |
| --- | --- |
| model type | diagnosis |
| sha256 | s2 |
| parent | – |
| policy version | 4 |
| sealed by | ana |
| sealed at | 2026-03-01 |
| image | – |
| text | v2 |
| left out: bad_dates | 1 |
| left out: low_confidence | 3 |
| models that learnt from it | diagnosis-1, diagnosis-2 |
"""


def counted(**counts):
    return CARD | {"counts": CARD["counts"] | counts}


def test_the_page_is_the_card_in_this_order():
    assert to_markdown(CARD) == PAGE


def test_an_empty_version_has_a_page_too():
    page = to_markdown(CARD | {"counts": {}, "limits": [], "models": [], "preprocessing": {"x": "a\nb"}})
    assert "\n0 cases to learn from, 0 to judge by.\n" in page
    assert (
        "- None that its numbers show.\n\n## Cases by label\n\n| label | cases |\n| --- | --- |\n\n" in page
    )
    assert page.endswith("| x | a b |\n| models that learnt from it | none |\n")


def test_a_sound_version_has_no_limits():
    assert limits(CARD) == []
    assert limits(counted(labels={"Gout": FEW, "Asthma": FEW}, evaluation=FEW)) == []


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"labels": {"Rare": FEW - 1, "Gout": 60, "Few": 1}}, "Fewer than 30 cases of Few, Rare."),
        (
            {"labels": {"Gout": 161, "Asthma": 39}},
            "80 % of the cases are Gout: always saying so would be right as often.",
        ),
        ({"evaluation": FEW - 1}, "Only 29 cases are held back to judge a model by."),
    ],
)
def test_each_limit_says_its_number(counts, sentence):
    assert limits(counted(**counts)) == [sentence]


@pytest.mark.parametrize(
    "counts", [{"labels": {"Gout": 160, "Asthma": 40}}, {"labels": {}}, {"labels": {"Gone": 0}}]
)
def test_a_share_at_the_bound_and_an_empty_space_say_nothing_of_a_majority(counts):
    assert not any("always saying so" in sentence for sentence in limits(counted(**counts)))


def test_a_version_without_counts_is_judged_by_nobody():
    assert limits(CARD | {"counts": {}}) == ["Only 0 cases are held back to judge a model by."]


def test_cases_that_may_not_be_used_any_more_are_limits():
    assert limits(CARD | {"lapsed": {"training": 2, "evaluation": 1}}) == [
        "1 cases of the evaluation side may not be used any more.",
        "2 cases of the training side may not be used any more.",
    ]

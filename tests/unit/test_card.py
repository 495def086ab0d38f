"""The card of a version: what its numbers cannot tell is said, and the page shows the numbers as they are."""

import pytest

from shared.domain.card import FEW, USE, WIDE, limits, to_markdown


def estimate(value=0.9, low=0.8, high=0.95, n=40):
    return {"value": value, "low": low, "high": high, "n": n}


MEASURED = {
    "n": 40,
    "measured_at": "2026-03-02",
    "figures": {
        "accuracy": {"value": 0.9, "interval": [0.77, 0.9612]},
        "f1_score": {"value": 0.75, "interval": None},
    },
    "per_class": {"Gout": {"recall": estimate()}},
    "subgroups": {},
}
CARD = {
    "model_version": "diagnosis-3",
    "model_type": "diagnosis",
    "family": "text_classifier",
    "state": "gated",
    "created_at": "2026-03-01",
    "digest": "d1",
    "labels": ["Gout"],
    "must_not_miss": [],
    "base": {"name": "minilm", "digest": "b1", "licence": "MIT"},
    "parent": "diagnosis-2",
    "data": {
        "dataset_version": "data-1",
        "sha256": "s1",
        "counts": {"training": 90, "evaluation": 40, "labels": {"Gout": 60}},
        "sealed_at": "2026-02-28",
    },
    "metrics": MEASURED,
    "gate": {
        "verdict": "pass",
        "against": "diagnosis-2",
        "policy_version": 4,
        "rules": [{"rule": "size", "verdict": "pass", "why": "40 cases"}],
    },
    "training": {
        "job_id": "j1",
        "triggered_by": "schedule",
        "attempts": 2,
        "seed": 7,
        "recipe": {"epochs": 3, "rung": None},
        "provenance": {"recipe": {}, "seed": 7, "code": {"version": "1", "sha256": "abc"}, "threads": 2},
        "cost": {"seconds": 24.0, "money": None},
    },
    "tainted": [],
    "not_deployable": [],
    "limits": ["Small."],
}
PAGE = f"""# diagnosis-3

{USE}

| | |
| --- | --- |
| of | diagnosis |
| family | text_classifier |
| state | gated |
| made at | 2026-03-01 |
| weights | `d1` |
| base | minilm, `b1`, licence MIT |
| after | diagnosis-2 |

## Measured

On 40 cases of the frozen set, 2026-03-02; intervals are 95 %.

| figure | value | interval |
| --- | --- | --- |
| accuracy | 0.900 | 0.770 – 0.961 |
| f1_score | 0.750 | – |

| label | recall | interval | n |
| --- | --- | --- | --- |
| Gout | 0.900 | 0.800 – 0.950 | 40 |

## Limits

- Small.

## Gate

pass against diagnosis-2, policy 4.

- size: pass, 40 cases

## Data

| | |
| --- | --- |
| data set | data-1, `s1` |
| sealed at | 2026-02-28 |
| training cases | 90 |
| evaluation cases | 40 |
| of Gout | 60 |

## Origin

| | |
| --- | --- |
| job | `j1` (schedule), 2 attempts |
| seed | 7 |
| recipe | epochs 3 |
| code | version 1, sha256 abc |
| threads | 2 |
| cost | seconds 24.0 |
"""


def measured(**changed):
    return CARD | {"metrics": MEASURED | changed}


def test_the_page_is_the_card_in_this_order():
    assert to_markdown(CARD) == PAGE


def test_what_is_not_known_is_said_and_not_left_out():
    nothing = {
        "base": {"name": "minilm", "digest": "b1", "licence": None},
        "parent": None,
        "metrics": None,
        "gate": None,
        "data": CARD["data"] | {"counts": {}},
        "training": CARD["training"] | {"recipe": {}, "cost": {}},
        "limits": [],
    }
    page = to_markdown(CARD | nothing)
    for words in (
        "licence not recorded |",
        "| after | nothing: it is the first |",
        "## Measured\n\nNot yet.\n\n## Limits\n\n- None is known beyond the figures above.\n",
        "## Gate\n\nNot judged yet.\n\n## Data",
        "| training cases | not counted |\n| evaluation cases | not counted |\n\n",
        "| recipe | the family's defaults |",
        "| cost | not recorded |",
    ):
        assert words in page
    first = CARD | {"gate": CARD["gate"] | {"against": None}}
    assert "pass against nothing, policy 4." in to_markdown(first)
    assert "| label |" not in to_markdown(measured(per_class={}))


def test_no_name_breaks_a_table():
    page = to_markdown(measured(per_class={"a|b\nc": {"recall": estimate()}}))
    assert "| a\\|b c | 0.900 |" in page


def test_a_sound_card_has_no_limits():
    assert limits(CARD) == []


@pytest.mark.parametrize(
    ("n", "low", "high", "is_told"),
    [(FEW, 0.0, WIDE, False), (FEW - 1, 0.5, 0.6, True), (400, 0.5, 0.51 + WIDE, True)],
)
def test_few_cases_and_wide_intervals_are_limits(n, low, high, is_told):
    said = limits(measured(n=n, subgroups={"sex": {"f": estimate(0.5, low, high, n)}}))
    sentence = f"Accuracy for sex f is hardly known: {100 * low:.0f} to {100 * high:.0f} %, {n} cases."
    assert (sentence in said) is is_told
    assert (f"Measured on {n} cases only." in said) is (n < FEW)


def test_labels_that_it_cannot_answer_or_was_never_judged_on_are_limits():
    learnt = CARD["data"] | {"counts": {"labels": {"Gout": 60, "Rare": 1, "Odd": 2}}}
    assert limits(CARD | {"data": learnt}) == ["Cannot answer Odd, Rare: too few cases to learn from."]
    unseen = limits(CARD | {"labels": ["Sepsis", "Gout", "Asthma"]})
    assert unseen == ["Never judged on Asthma, Sepsis: the frozen set has no case."]
    assert limits(measured(per_class={})) == []
    assert limits(CARD | {"data": CARD["data"] | {"counts": {}}}) == []


def test_what_must_not_be_missed_has_its_recall_told():
    found = measured(per_class={"Gout": {"recall": estimate()}, "Old": {}})
    assert limits(found | {"must_not_miss": ["Gout", "Old", "Sepsis"]}) == [
        "Of Gout, which must not be missed, it finds 90 % (80 to 95), 40 cases."
    ]


def test_what_was_not_measured_is_the_first_limit_and_what_forbids_service_the_last():
    bad = CARD | {"metrics": None, "tainted": ["consent"], "not_deployable": ["no gate"]}
    assert limits(bad) == [
        "Nothing was measured: no accuracy of this version is known.",
        "Tainted: consent.",
        "May not serve: no gate.",
    ]

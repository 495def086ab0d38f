"""The terms of a challenge, read from a start message, and what its state says to people."""

import pytest

from shared.domain import rollout
from shared.domain.policy import Policy
from shared.domain.rollout import STRATA, Terms, bounds, config_of, summary, terms_from
from shared.domain.significance import confidence_sequence
from shared.errors import InvalidInputError

STRATA_TOLD = {"age_band": ["a", "b"], "sex": ["f", "m", "x"]}
COUNTS = {
    "pairs": 400,
    "disagreements": 40,
    "asked": 25,
    "votes": 20,
    "wins": 12,
    "losses": 5,
    "exposed": 7,
    "labelled": 3,
}
STATE = {
    "stage": "shadow",
    "counts": COUNTS,
    "superior": [0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
    "harm": [0.0] * 6,
    "groups": {"sex=f": {"logs": [0.5, 0.5]}},
    "why": "too early",
}


@pytest.fixture
def config():
    return config_of(Policy(), must_not_miss=["Sepsis"], strata=STRATA_TOLD)


def test_a_policy_s_challenge_is_read_as_it_was_written(config):
    assert terms_from(config) == Terms(
        alpha_promote=0.05,
        alpha_rollback=0.05,
        ramp=(0.05, 0.25, 0.50),
        must_not_miss=frozenset({"Sepsis"}),
        strata=("age_band", "sex"),
        groups=6,
        shadow_allowed=True,
        budget=20,
        horizon_days=28.0,
        subgroup_drop=0.05,
        must_not_miss_drop=0.10,
        ece_increase=0.05,
    )


def test_the_message_names_everything_that_decides(config):
    assert config == {
        "alpha_promote": 0.05,
        "alpha_rollback": 0.05,
        "rollback_drop": 0.02,
        "ramp": [0.05, 0.25, 0.50, 1.0],
        "must_not_miss": ["Sepsis"],
        "strata": {"age_band": ["a", "b"], "sex": ["f", "m", "x"]},
        "shadow_allowed": True,
        "adjudication_budget_per_day": 20,
        "look": "every_fact",
        "horizon_days": 28,
        "guardrails": {"subgroup_drop": 0.05, "must_not_miss_recall_drop": 0.10, "ece_increase": 0.05},
    }


def test_what_is_left_out_has_the_policy_s_default():
    usual = terms_from(config_of(Policy(), must_not_miss=[], strata=None))
    assert terms_from({}) == terms_from({"guardrails": None, "must_not_miss": None}) == usual
    assert terms_from({"guardrails": {"subgroup_drop": 0.2}}).subgroup_drop == 0.2
    assert terms_from({"guardrails": {"subgroup_drop": 0.2}}).ece_increase == 0.05


@pytest.mark.parametrize(
    ("told", "strata", "groups"),
    [
        (None, STRATA, 0),
        (7, STRATA, 0),
        ([1, 2], STRATA, 0),
        (["ward"], ("ward",), 0),
        (("ward", "sex"), ("ward", "sex"), 0),
        ({"sex": 2, "site": ["n", "s", "e"]}, ("sex", "site"), 6),
    ],
)
def test_strata_are_names_or_names_with_their_sizes(told, strata, groups):
    found = terms_from({"strata": told})
    assert (found.strata, found.groups) == (strata, groups)


@pytest.mark.parametrize("ramp", [[], [1.0], [0.5, 0.25, 1.0], [0.0, 0.5], [-0.1, 0.5]])
def test_a_ramp_that_does_not_rise_from_above_nothing_is_refused(ramp):
    with pytest.raises(InvalidInputError) as refused:
        terms_from({"ramp": ramp})
    assert refused.value.field == "ramp"


def test_each_step_of_the_ramp_has_its_share_and_needs_its_labels():
    terms = terms_from({"ramp": [0.05, 0.101, 0.5, 1.0]})
    assert [terms.share(step) for step in (-1, 0, 1, 2)] == [0.0, 0.05, 0.101, 0.5]
    assert [terms.labelled_cases(step) for step in range(3)] == [10, 11, 50]


def test_the_alpha_of_the_groups_is_spent_once_where_their_number_is_told(config):
    terms = terms_from(config)
    assert [terms.group_share(place) for place in (1, 6, 7)] == [1 / 6, 1 / 6, 0.0]


def test_and_never_more_than_once_where_it_is_not():
    terms = terms_from({})
    shares = [terms.group_share(place) for place in range(1, 2001)]
    assert shares[:16] == [1 / 32] * 16
    assert shares[16:18] == [1 / 4, 1 / 12]
    assert 0.999 < sum(shares) < 1


def test_a_state_is_told_with_its_difference_and_interval():
    told = summary(STATE)
    assert told == {
        "stage": "shadow",
        "cases": 400,
        "disagreements": 40,
        "readings": 25,
        "votes": 20,
        "wins": 12,
        "losses": 5,
        "exposed": 7,
        "labelled": 3,
        "effect": 7 / 200,  # half of the disagreements were read: the votes stand for half of the cases
        "interval": list(confidence_sequence(12, 5, 200)),
        "log_e_superior": 0.0,
        "log_e_harm": pytest.approx(0.0, abs=1e-12),
        "log_e_groups": {"sex=f": 0.5},
        "why": "too early",
    }
    assert summary(STATE | {"interval": (-0.1, 0.2)})["interval"] == [-0.1, 0.2]


def test_before_the_first_case_nothing_is_known():
    none = dict.fromkeys(COUNTS, 0)
    assert bounds(none) == (-1.0, 1.0)
    assert summary(STATE | {"counts": none})["effect"] == 0.0
    agreed = none | {"pairs": 50}
    assert bounds(agreed) == confidence_sequence(0, 0, 50)


def test_alpha_is_spent_once_over_all_that_may_roll_back():
    shares = (
        rollout.HARM_ALPHA_SHARE,
        rollout.GROUP_ALPHA_SHARE,
        rollout.CALIBRATION_ALPHA_SHARE,
        *(rollout.SERVICE_ALPHA_SHARE,) * 3,  # slower, failing, abstaining
    )
    assert shares == (0.70, 0.22, 0.05, 0.01, 0.01, 0.01)
    assert sum(shares) == pytest.approx(1.0)
    assert rollout.DETECTOR_WEIGHTS == (0.05, 0.05, 0.1, 0.2, 0.25, 0.35)
    assert sum(rollout.DETECTOR_WEIGHTS) == pytest.approx(1.0)
    assert STRATA == ("age_band", "sex", "site")
    assert (rollout.DETECTOR_THRESHOLD, rollout.GATE_E_VALUE) == (2200.0, 10.0)

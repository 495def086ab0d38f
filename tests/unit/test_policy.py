"""The thresholds of a site that has changed none; each is a promise to those who installed it."""

import pytest

from shared.domain.deid import Dates, DeidPolicy, PolicyNotDeterminedError
from shared.domain.policy import Policy
from shared.domain.policy_change import BOUNDS, PolicyError, changed, flat
from shared.errors import InvalidInputError

DEFAULTS = {
    "min_confidence": 0.80,
    "collect_at": "0 1 * * *",
    "train_at": "0 2 * * 0",
    "train_after_new_cases": 200,
    "train_min_cases": 50,
    "audit_share": 0.10,
    "evaluation_share": 0.20,
    "train_cooldown_hours": 12.0,
    "train_min_gain": 0.001,
    "validator_weight_cap": 0.20,
    "source_weight_cap": 0.60,
    "week_weight_cap": 0.40,
    "duplicates_weigh": 1.0,
    "replay_share": 0.10,
    "evaluation_uses": 50,
    "hard_cases_per_week": 20,
    "second_read_share": 0.0,
    "review_lapsed_validators": False,
    "gate_margin": 0.02,
    "gate_class_floor": 0.15,
    "gate_must_not_miss_floor": 0.05,
    "gate_subgroup_floor": 0.10,
    "gate_calibration_floor": 0.05,
    "gate_forgetting": 0.01,
    "gate_latency_ratio": 1.5,
    "ramp": [0.05, 0.25, 0.50, 1.0],
    "rollback_drop": 0.02,
    "alpha_promote": 0.05,
    "alpha_rollback": 0.05,
    "settle_days": 14,
    "settle_cases": 1000,
    "horizon_days": 28,
    "adjudication_budget_per_day": 20,
    "guardrail_subgroup_drop": 0.05,
    "guardrail_must_not_miss_drop": 0.10,
    "guardrail_ece_increase": 0.05,
    "abstain_below": 0.0,
    "retention_days": 90,
    "checkpoint_days": 7,
    "watts_a_core": 10.0,
    "watts_a_gpu": 300.0,
    "price_a_kwh": None,
    "price_a_gpu_hour": None,
    "currency": "EUR",
    "release_mode": "automatic",
    "envelope": {"other_base": True, "imported": True, "labels_added": 10_000, "labels_lost": 10_000},
    "deid": {
        "dates": "safe_harbor",
        "determined_by": "",
        "determined_on": None,
        "zip_digits": 3,
        "facilities": "kind",
        "clinicians": "name",
        "replace": "labels",
        "tagger": True,
    },
}
# By dotted name: lowest, highest and a step beyond.
RANGES = {name: (low, high, 1 if isinstance(high, int) else 1e-6) for name, (low, high) in BOUNDS.items()} | {
    "train_cooldown_hours": (0.0, None, 1e-6),
    "train_min_gain": (0.0, 1.0, 1e-6),
    "gate_latency_ratio": (1.0, 100.0, 1e-6),
    "checkpoint_days": (0, None, 1),
    "watts_a_core": (0.0, None, 1e-6),
    "watts_a_gpu": (0.0, None, 1e-6),
    "price_a_kwh": (0.0, None, 1e-6),
    "price_a_gpu_hour": (0.0, None, 1e-6),
    "envelope.labels_added": (0, 10_000, 1),
    "envelope.labels_lost": (0, 10_000, 1),
}
AS_AGREED = {
    "alpha_promote": (0.0001, 0.2),
    "alpha_rollback": (0.0001, 0.2),
    "train_after_new_cases": (1, 1_000_000),
    "train_min_cases": (1, 1_000_000),
    "duplicates_weigh": (0.0, 100.0),
    "evaluation_uses": (1, 100_000),
    "hard_cases_per_week": (0, 10_000),
    "settle_days": (0, 3_650),
    "settle_cases": (0, 10_000_000),
    "horizon_days": (1, 3_650),
    "adjudication_budget_per_day": (0, 10_000),
    "retention_days": (1, 36_500),
}


def test_a_site_that_says_nothing_has_these():
    assert Policy().model_dump(mode="json") == DEFAULTS


def test_what_is_no_share_has_bounds_of_its_own():
    shares = {name for name, value in DEFAULTS.items() if isinstance(value, float) and 0 <= value <= 1}
    for name, bounds in BOUNDS.items():
        assert bounds == AS_AGREED.get(name, (0.0, 1.0)), name
        assert name in AS_AGREED or name in shares
    assert shares - BOUNDS.keys() == {"train_min_gain"}  # which its field bounds


@pytest.mark.parametrize("name", RANGES)
def test_a_threshold_keeps_within_its_bounds(name):
    low, high, step = RANGES[name]
    for value in {low, high} - {None, flat(DEFAULTS)[name]}:
        assert flat(changed(Policy(), {name: value}).model_dump())[name] == value
    for value in [low - step] + ([high + step] if high is not None else []):
        with pytest.raises(PolicyError) as refused:
            changed(Policy(), {name: value})
        assert refused.value.field == name


def test_a_currency_is_a_short_word_and_a_release_one_of_two_ways():
    for wish in ({"currency": "X"}, {"currency": "X" * 8}, {"release_mode": "approval"}):
        changed(Policy(), wish)
    for wish in (
        {"currency": ""},
        {"currency": "X" * 9},
        {"release_mode": "approvals"},
        {"release_mode": "an automatic"},
    ):
        with pytest.raises(PolicyError):
            changed(Policy(), wish)


def test_a_policy_of_before_named_the_rule_for_dates_alone():
    assert Policy.model_validate({"deid": "safe_harbor"}) == Policy()
    with pytest.raises(PolicyNotDeterminedError):
        Policy.model_validate({"deid": "expert_shift"})


@pytest.mark.parametrize("model", [Policy, DeidPolicy])
def test_a_policy_does_not_change_and_takes_no_unknown_name(model):
    with pytest.raises(ValueError, match="frozen"):
        model().ramp = ()
    with pytest.raises(ValueError, match="[Ee]xtra"):
        model(surprise=1)
    with pytest.raises(ValueError, match="[Ee]xtra"):
        Policy.model_validate({"envelope": {"surprise": 1}})


DETERMINED = {"dates": Dates.EXPERT_SHIFT, "determined_by": "Dr. Vale", "determined_on": "2026-01-02"}


def test_dates_are_shifted_only_where_an_expert_and_a_day_are_named():
    assert DeidPolicy(**DETERMINED).dates is Dates.EXPERT_SHIFT
    for lacking in ({"determined_by": "  "}, {"determined_on": None}):
        with pytest.raises(PolicyNotDeterminedError) as refused:
            DeidPolicy(**DETERMINED | lacking)
        assert (refused.value.field, refused.value.code) == ("deid", "deid_not_determined")


@pytest.mark.parametrize(
    ("digits", "may"), [(-1, False), (0, True), (1, False), (2, False), (3, True), (4, False)]
)
def test_a_zip_code_keeps_three_digits_or_none(digits, may):
    if may:
        assert DeidPolicy(zip_digits=digits).zip_digits == digits
        return
    with pytest.raises((InvalidInputError, ValueError)) as refused:
        DeidPolicy(zip_digits=digits)
    assert getattr(refused.value, "field", "deid") == "deid"


@pytest.mark.parametrize(
    ("field", "words"),
    [
        ("facilities", ("kind", "removed")),
        ("clinicians", ("name", "kind")),
        ("replace", ("labels", "surrogates")),
    ],
)
def test_each_choice_is_one_of_two_words(field, words):
    for word in words:
        assert getattr(DeidPolicy(**{field: word}), field) == word
        with pytest.raises(ValueError, match=field):
            DeidPolicy(**{field: f"{word}s"})


def test_the_name_of_a_policy_says_what_was_done():
    assert DeidPolicy().name == "safe_harbor"
    assert DeidPolicy(**DETERMINED, replace="surrogates").name == "expert_shift+surrogates"

from datetime import date

import pytest

from shared.domain.deid import SAFE_HARBOR, Dates, DeidPolicy, PolicyNotDeterminedError
from shared.domain.policy import Policy
from shared.errors import InvalidInputError

EXPERT = {"dates": "expert_shift", "determined_by": "Dr. Stat", "determined_on": "2026-01-05"}


def test_safe_harbor_with_labels_is_the_default_also_of_rows_that_named_it_alone():
    assert Policy().deid == Policy.model_validate({"deid": "safe_harbor"}).deid == SAFE_HARBOR
    assert Policy().deid.name == "safe_harbor"


@pytest.mark.parametrize("missing", ["determined_by", "determined_on"])
def test_dates_are_shifted_only_on_a_determination_that_is_named(missing):
    given = {name: value for name, value in EXPERT.items() if name != missing}
    with pytest.raises(PolicyNotDeterminedError, match="no") as refusal:
        DeidPolicy.model_validate(given)
    assert (refusal.value.field, "determined_by" in (refusal.value.fix or "")) == ("deid", True)


def test_a_determination_is_kept_with_the_policy():
    policy = Policy.model_validate({"deid": EXPERT | {"replace": "surrogates"}})
    assert Policy.model_validate(policy.model_dump(mode="json")) == policy
    assert (policy.deid.dates, policy.deid.determined_on) == (Dates.EXPERT_SHIFT, date(2026, 1, 5))
    assert policy.deid.name == "expert_shift+surrogates"


def test_what_is_no_policy_is_refused():
    with pytest.raises(InvalidInputError):
        DeidPolicy(zip_digits=2)
    for wrong in ({"dates": "keep"}, {"replace": "hash"}, {"facilities": "yes"}, {"zipdigits": 3}):
        with pytest.raises(ValueError, match="validation error"):
            DeidPolicy.model_validate(wrong)

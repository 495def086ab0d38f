"""A condition or report that breaks the form of FHIR R4 names the element; what only varies is let by."""

import pytest

from tests.integration.collection import fhir_data as fhir
from worker_collection.sources.fhir.bundles import taken_apart
from worker_collection.sources.fhir.validity import flaw

BROKEN = [
    ({"subject": None}, "subject"),
    ({"code": [{"text": "Gout"}]}, "code"),
    ({"code": "gout"}, "code"),
    ({"category": {"text": "problem"}}, "category"),
    ({"onsetDateTime": "2026-01-01", "onsetString": "in January"}, "Condition"),
    ({"abatementAge": {"value": 3}, "abatementString": "later"}, "Condition"),
    ({"verificationStatus": "confirmed"}, "verificationStatus"),
    ({"stage": [{"summary": ["x"]}]}, "stage.summary"),
]
FINE = [
    {},
    {"extra": {"of": "a server"}},
    {"recordedDate": "01/02/2026"},
    {"id": "an_id_with_underscores"},
    {"subject": None, "verificationStatus": {"coding": [{"code": "refuted"}]}},
    {"subject": None, "verificationStatus": {"coding": [{"code": "entered-in-error"}]}},
]


def changed(changes):
    return {name: value for name, value in (fhir.condition(1) | changes).items() if value is not None}


@pytest.mark.parametrize(("changes", "path"), BROKEN)
def test_what_breaks_the_form_costs_itself_and_names_its_path(changes, path):
    assert flaw(changed(changes)) == path
    [broken] = taken_apart(changed(changes), "line 1")
    assert broken.reason == f"invalid_{path}"


@pytest.mark.parametrize("changes", FINE)
def test_what_only_varies_or_takes_a_label_back_is_let_by(changes):
    assert flaw(changed(changes)) is None


@pytest.mark.parametrize("loose", [{"resourceType": "Consent"}, {"resourceType": "Patient", "name": "Ann"}])
def test_what_can_only_make_a_case_safer_is_not_held_to_the_form(loose):
    assert flaw(loose) is None

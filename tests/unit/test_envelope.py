"""Changes that were declared, and changes that were not."""

import pytest

from shared.domain.envelope import Change, Envelope, breaches, change
from shared.domain.policy import Policy
from shared.domain.policy_change import PolicyError, changed, flat

STRICT = Envelope(other_base=False, imported=False, labels_added=1, labels_lost=0)


def test_everything_is_declared_until_a_site_says_otherwise():
    wild = Change(other_base=True, imported=True, added=("A", "B"), lost=("C",))
    assert breaches(wild, Policy().envelope) == []


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (Change(other_base=True, imported=False), "another base model"),
        (Change(other_base=False, imported=True), "brought from elsewhere"),
        (Change(other_base=False, imported=False, added=("A", "B")), "adds 2 diagnoses, 1 are declared"),
        (Change(other_base=False, imported=False, lost=("A",)), "loses 1 diagnoses, 0 are declared"),
    ],
)
def test_what_was_not_declared_is_named(found, says):
    (told,) = breaches(found, STRICT)
    assert says in told


def test_a_change_is_what_differs_from_the_version_in_service():
    found = change(bases=("b1", "b1"), imported=False, labels=(["Gout", "Sepsis"], ["Sepsis", "Asthma"]))
    assert found == Change(other_base=False, imported=False, added=("Asthma",), lost=("Gout",))
    assert change(bases=("b1", "b2"), imported=True, labels=([], [])).other_base


def test_it_is_changed_like_every_threshold():
    wanted = changed(Policy(), {"envelope.other_base": False, "envelope.labels_added": 3})
    assert (wanted.envelope.other_base, wanted.envelope.labels_added) == (False, 3)
    assert flat(wanted.model_dump())["envelope.labels_added"] == 3
    for wrong in ({"envelope.labels_added": -1}, {"envelope.sideways": True}):
        with pytest.raises(PolicyError):
            changed(Policy(), wrong)


def test_each_declaration_holds_on_its_own_and_up_to_its_number():
    wild = Change(other_base=True, imported=True, added=("A", "B"), lost=("C", "D", "E"))
    assert breaches(wild, Envelope(labels_added=2, labels_lost=3)) == []
    assert breaches(wild, STRICT) == [
        "it stands on another base model",
        "it was brought from elsewhere",
        "it adds 2 diagnoses, 1 are declared",
        "it loses 3 diagnoses, 0 are declared",
    ]
    assert breaches(Change(other_base=False, imported=False), STRICT) == []
    assert Change(other_base=False, imported=False) == Change(False, False, (), ())
    plain = change(bases=("b", "b"), imported=True, labels=(["A"], ["C", "B", "A"]))
    assert plain == Change(other_base=False, imported=True, added=("B", "C"), lost=())

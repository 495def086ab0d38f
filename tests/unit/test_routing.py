"""Who answers one request, and what a router may still deliver when the plan changes under it."""

import pytest

from shared.domain.assignment import is_challenged
from shared.domain.routing import CHALLENGER, CHAMPION, rolled_back, slot, still_serves, tries
from shared.domain.transitions import NothingToGoBackToError, Seats

FULL = Seats(7, "live", challenger="new", standby="old", share=0.25, shadow=True, salt="s")
PERSONS = [f"person-{number}" for number in range(2000)]


def test_the_challenger_gets_its_share_of_persons_and_a_larger_share_only_adds():
    asked = {key for key in PERSONS if slot(FULL, key, confirmed=True) == CHALLENGER}
    more = {key for key in PERSONS if slot(FULL._replace(share=0.5), key, confirmed=True) == CHALLENGER}
    assert asked == {key for key in PERSONS if is_challenged(key, "s", 0.25)}
    assert 0.2 < len(asked) / len(PERSONS) < 0.3
    assert asked < more


def test_who_is_unknown_or_unconfirmed_is_the_champions():
    [challenged, *_] = [key for key in PERSONS if is_challenged(key, "s", 0.25)]
    assert slot(FULL, challenged, confirmed=True) == CHALLENGER
    assert slot(FULL, None, confirmed=True) == CHAMPION
    assert slot(FULL, challenged, confirmed=False) == CHAMPION
    assert slot(FULL._replace(challenger=None), challenged, confirmed=True) == CHAMPION


def test_no_challenger_is_asked_in_a_champions_place():
    assert tries(FULL, CHALLENGER) == ["new", "live", "old"]
    assert tries(FULL, CHAMPION) == ["live", "old"]
    assert tries(Seats(1, "live"), CHAMPION) == ["live"]


@pytest.mark.parametrize(
    ("version", "confirmed", "share", "delivered"),
    [
        ("live", False, 0.25, True),
        ("old", False, 0.25, True),
        ("new", True, 0.25, True),
        ("new", False, 0.25, False),
        ("new", True, 0.0, False),
        ("gone", True, 0.25, False),
    ],
)
def test_an_answer_is_delivered_only_by_who_still_has_a_seat(version, confirmed, share, delivered):
    assert still_serves(FULL._replace(share=share), version, confirmed=confirmed) is delivered


def test_a_rollback_without_the_registry_chooses_as_the_registry_does():
    assert rolled_back(FULL, None) == FULL._replace(challenger=None, share=0.0)
    assert rolled_back(FULL, "old") == Seats(7, "old", salt="s")
    with pytest.raises(NothingToGoBackToError):
        rolled_back(Seats(1, "live"), None)

"""The release rules through every order of events: no invariant breaks, no guard can be spared."""

import pytest

from bench.release_model.breaks import BREAKS, found_with
from bench.release_model.explore import Site, explore, reached
from shared.domain.cycle import VersionState

MET = {state for state in VersionState if state is not VersionState.REPLAY}  # replay and shadow are one step


@pytest.mark.parametrize(
    "site", [Site(versions=3, luck=0), Site(versions=2, routers=1, luck=0), Site(versions=2, workers=2)]
)
def test_no_order_of_events_breaks_an_invariant(site):
    found = explore(site, 1_000_000)
    assert found.broken is None, found.way
    assert found.whole
    assert found.states > 9_000


@pytest.mark.slow
def test_a_hundred_thousand_states_of_a_site_with_everything_at_once():
    found = explore(Site(versions=3, routers=1, workers=2, two_people=True), 100_000)
    assert found.broken is None, found.way
    assert found.states >= 100_000


def test_the_search_meets_every_state_of_a_version():
    assert reached(Site(versions=3, luck=0), 1_000_000) == MET


@pytest.mark.parametrize("guard", sorted(BREAKS))
def test_a_guard_that_is_gone_is_missed(guard):
    assert found_with(guard).broken is not None


def test_at_least_fifteen_guards_are_tried():
    assert len({(str(module), name) for module, name, _, _ in BREAKS.values()}) >= 12
    assert len(BREAKS) >= 15

"""The site's policy decides how its notes are read."""

import pytest

from shared.domain.deid import DeidPolicy
from shared.domain.policy import Policy
from shared.registry.deid import SiteWords
from worker_collection.terms import manner_of


@pytest.mark.parametrize("tagger", [True, False])
def test_a_site_may_go_by_rules_alone(tagger):
    manner = manner_of(Policy(deid=DeidPolicy(tagger=tagger)), SiteWords())
    assert manner.tagged is tagger
    assert ("tagger" in manner.engine) is tagger


def test_unless_it_says_otherwise_the_tagger_reads_along():
    assert manner_of(Policy(), SiteWords()).tagged

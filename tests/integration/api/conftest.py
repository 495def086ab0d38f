"""One site a test."""

import pytest

from tests.integration.api.world import Site, a_site


@pytest.fixture
def site(settings, sessions) -> Site:
    return a_site(settings, sessions)

"""One site a test."""

import pytest

from shared.registry.access import DatabaseRole
from tests.integration.api.world import Site, a_site


@pytest.fixture
def site(settings, sessions, sessions_as) -> Site:
    return a_site(settings, sessions, sessions_as(DatabaseRole.API))

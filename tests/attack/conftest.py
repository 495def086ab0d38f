"""One site a test, with every kind of record on it, and a key that holds every role."""

import pytest

from api_service.auth import Role
from shared.registry import keys
from shared.registry.access import DatabaseRole
from tests.attack.world import filled
from tests.factories import NOW
from tests.integration.api.world import Site, a_site
from tests.integration.rounds.conftest import cli

__all__ = ["cli"]


@pytest.fixture
def site(settings, sessions, sessions_as) -> Site:
    return a_site(settings, sessions, sessions_as(DatabaseRole.API))


@pytest.fixture
def objects(site) -> dict[str, str]:
    """One record for every parameter that a path can hold."""
    return filled(site)


@pytest.fixture
def owner(site) -> dict[str, str]:
    """The header of a key with every role."""
    with site.sessions.begin() as session:
        _, key = keys.create(session, "owner", list(Role), now=NOW)
    return {"Authorization": f"Bearer {key}"}

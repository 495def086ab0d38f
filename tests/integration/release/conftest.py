"""A clinic of this test alone: real Postgres, a model server and a mailbox at their Protocols."""

import pytest

from deployer_service.deps import Deps
from tests.integration.release.world import Clinic, Clock, Mailbox, TextServer


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def deps(settings, sessions, vault, clock):
    return Deps(settings, sessions, clock, vault, TextServer(), Mailbox())


@pytest.fixture
def clinic(deps, clock):
    return Clinic(deps, deps.model_server, clock, deps.notifier)

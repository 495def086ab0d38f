"""Bringing a version up: before it gets traffic it answers, where it serves, as it did when trained."""

from typing import Protocol

from shared.errors import InvalidInputError
from shared.registry.tables import ModelVersion
from shared.serving.base import ModelServer


class HasModelServer(Protocol):
    """The deployer's collaborators, as far as slots need them."""

    @property
    def model_server(self) -> ModelServer:
        """Where versions are served."""


def bring_up(deps: HasModelServer, version: ModelVersion) -> None:
    """Load and warm one version and compare its answers to the fixed probes with the registry's record.

    Call it outside of transactions: it may take seconds.

    Raises:
        PartDownError: the model server does not answer.
        InvalidInputError: its bytes, base or answers are not the recorded ones; it must get no traffic.
    """
    loaded = deps.model_server.load(version.digest)
    if loaded.fingerprint != version.fingerprint:
        fix = "train it again"
        raise InvalidInputError(
            f"{version.name} does not answer as it did when it was trained", field="fingerprint", fix=fix
        )


def take_down(deps: HasModelServer, version: ModelVersion) -> None:
    """Drain and drop one version that no plan names any more; an unknown one is fine."""
    deps.model_server.unload(version.digest)

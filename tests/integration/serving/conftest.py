"""A trained version in the registry and the store, and a model server on real parts."""

import json
from dataclasses import dataclass

import pytest

from deployer_service.serve import serving
from shared.backends import backend_for
from shared.backends.base import Fitted
from shared.backends.files import digest_of, store
from shared.config import Settings, load_settings
from shared.registry.tables import ModelVersion
from shared.serving.local import LocalModelServer
from shared.serving.token import internal_token
from shared.storage.objects import open_storage
from tests.factories import a_plan, a_version
from tests.ports import free_ports
from tests.small_model import request as small_request
from tests.small_pictures import request as small_pictures


@pytest.fixture(scope="session")
def fitted(tmp_path_factory) -> Fitted:
    return backend_for("text_classifier", load_settings()).fit(
        small_request(tmp_path_factory.mktemp("checkpoints")), lambda step: None
    )


@pytest.fixture(scope="session")
def other(tmp_path_factory) -> Fitted:
    return backend_for("text_classifier", load_settings()).fit(
        small_request(tmp_path_factory.mktemp("checkpoints"), seed=8, epochs=1), lambda step: None
    )


@pytest.fixture(scope="session")
def segmenter(tmp_path_factory) -> Fitted:
    """A version that answers pictures with masks."""
    folder = tmp_path_factory.mktemp("segmenter")
    backend = backend_for("segmentation", load_settings(home=folder / "home"))
    return backend.fit(small_pictures(folder / "checkpoints"), lambda step: None)


@dataclass
class Site:
    """A site's settings and what puts versions into it."""

    settings: Settings
    sessions: object

    def add(self, fitted: Fitted, *, in_service: bool = False, **given) -> ModelVersion:
        store(open_storage(self.settings), fitted.files)
        facts = json.loads(fitted.files["rounds.json"])
        if facts["family"] == "segmentation":
            given = {"model_type": "segmentation", "base": "litemedsam"} | given
        values = {"digest": digest_of(fitted.files), "fingerprint": fitted.fingerprint}
        values |= {"base_digest": fitted.base_digest, "labels": facts["labels"]}
        with self.sessions.begin() as session:
            version = a_version(session, **values | given)
            if in_service:
                a_plan(session, version)
            return version

    @property
    def client(self) -> LocalModelServer:
        return LocalModelServer(self.settings.model_servers[0], internal_token(self.settings))


@pytest.fixture
def site(settings, sessions) -> Site:
    bind = f"127.0.0.1:{free_ports()}"
    return Site(settings.model_copy(update={"model_server_bind": bind}), sessions)


@pytest.fixture
def served(site):
    with serving(site.settings):
        yield site

"""LLMs on vLLM through the whole road of an answer: registry, store, folders, proof, router."""

import json

import pytest

from api_service.plan_cache import PlanCache
from api_service.router import Router
from deployer_service import vllm_folders
from deployer_service.slots import bring_up
from shared.backends.files import digest_of, store
from shared.errors import InvalidInputError, NotFoundError, PartDownError
from shared.registry.tables import ModelType
from shared.serving.open import open_model_server
from shared.storage.objects import open_storage
from tests.factories import NOW, a_plan, a_version
from tests.integration.serving.vllm_stand_in import BASE, LABELS, listening


class Deployer:
    def __init__(self, model_server):
        self.model_server = model_server


class Site:
    """A site whose LLMs are served by the stand-in; the deployer's client, and the one of a router."""

    def __init__(self, settings, sessions, vllm):
        self.settings, self.sessions, self.vllm = settings, sessions, vllm
        self.storage = open_storage(settings)
        put = lambda digest: vllm_folders.put(digest, settings, self.storage)  # noqa: E731
        self.deployer = Deployer(open_model_server(settings, sessions, put=put))
        self.cache = PlanCache(settings.root / "router", sessions)
        self.router = Router(self.cache, open_model_server(settings, sessions))
        with sessions.begin() as session:
            session.add(ModelType(name="triage", family="causal_lm", base=BASE, created_at=NOW))

    def add(self, **likes):
        """A version that gives each text its label."""
        facts = {"labels": LABELS, "base": {"name": BASE}, "recipe": {"prompt": "{text}"}}
        facts |= {"written": [list(pair) for pair in likes.items()]}
        files = {"weights.json": json.dumps(likes).encode(), "rounds.json": json.dumps(facts).encode()}
        store(self.storage, files)
        with self.sessions.begin() as session:
            given = {"digest": digest_of(files), "model_type": "triage", "labels": list(LABELS)}
            return a_version(session, **given)

    def serve(self, champion, **seats):
        with self.sessions.begin() as session:
            a_plan(session, champion, **seats)
        self.cache.refresh()

    def ask(self, text):
        return self.router.answer("triage", None, text)


@pytest.fixture
def site(settings, sessions):
    with listening() as (vllm, url):
        yield Site(settings.model_copy(update={"vllm_url": url}), sessions, vllm)


def test_a_version_is_put_proved_and_answers_through_the_router(site):
    version = site.add(toe="Gout", head="Migraine")
    bring_up(site.deployer, version)
    site.serve(version)
    routed = site.ask("head")
    assert (routed.answer.label, routed.served.digest) == ("Migraine", version.digest)
    assert [one.digest for one in site.deployer.model_server._vllm.loaded()] == [version.digest]


@pytest.mark.parametrize("fault", ["stale cache", "base for an adapter", "another model"])
def test_what_is_not_the_version_is_never_shown_and_the_warm_one_answers(site, fault):
    warm = site.add(toe="Gout", head="Migraine")
    bring_up(site.deployer, warm)
    site.serve(warm)
    assert site.ask("toe").served.digest == warm.digest
    site.vllm.faults.add(fault)
    other = site.add(toe="Migraine", head="Gout")
    with pytest.raises(InvalidInputError):
        bring_up(site.deployer, other)
    with site.sessions.begin() as session:
        a_plan(session, other, number=2, standby_id=warm.id)
    site.cache.refresh()
    if fault == "another model":  # the server says so itself in every answer
        with pytest.raises(PartDownError):
            site.ask("toe")
    else:
        assert site.ask("toe").served.digest == warm.digest


def test_a_server_that_was_restarted_is_given_the_version_again(site):
    version = site.add(toe="Gout", head="Migraine")
    bring_up(site.deployer, version)
    site.serve(version)
    assert site.ask("toe").answer.label == "Gout"
    site.vllm.adapters.clear()
    assert site.ask("toe").answer.label == "Gout"
    assert version.digest in site.vllm.adapters


def test_a_version_that_was_not_put_or_cannot_be_proved_is_named(site):
    version = site.add(toe="Gout")
    site.serve(version)
    with pytest.raises(PartDownError, match="does not hold"):
        site.ask("toe")
    with pytest.raises(NotFoundError, match="where vLLM reads"):
        site.router.server.load(version.digest)
    with pytest.raises(InvalidInputError, match="no probe"):
        bring_up(site.deployer, site.add())
    with pytest.raises(NotFoundError):
        site.deployer.model_server._vllm.load("0" * 64)

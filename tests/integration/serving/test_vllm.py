"""Our client of vLLM: what is not proved to be the adapter is never asked."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.backends.files import digest_of
from shared.errors import NotFoundError, PartDownError
from shared.serving.vllm import Adapter, UnprovedError, VllmModelServer
from tests.integration.serving.vllm_stand_in import BASE, LABELS, Vllm, listening


@dataclass
class Site:
    """The stand-in, our client, and a folder of adapters."""

    vllm: Vllm
    client: VllmModelServer
    folder: Path
    known: dict[str, Adapter]

    def add(self, **likes) -> Adapter:
        data = json.dumps(likes).encode()
        digest = digest_of({"weights.json": data})
        folder = self.folder / digest
        folder.mkdir()
        (folder / "weights.json").write_bytes(data)
        adapter = Adapter(
            digest=digest,
            name=f"diagnosis-{len(self.known) + 1}",
            fingerprint="f",
            folder=folder,
            base=BASE,
            labels=LABELS,
            probes=tuple(likes.items()),
        )
        self.known[digest] = adapter
        return adapter


@pytest.fixture
def site(tmp_path):
    known = {}
    with listening() as (vllm, url):
        yield Site(vllm, VllmModelServer(url, known.__getitem__), tmp_path, known)


def test_a_proved_adapter_answers_over_the_closed_label_set(site):
    adapter = site.add(toe="Gout", head="Migraine")
    loaded = site.client.load(adapter.digest)
    assert site.client.load(adapter.digest) == loaded
    toe, head = site.client.answer(adapter.digest, ["toe", "head"])
    assert (toe.label, head.label) == ("Gout", "Migraine")
    assert 0.5 < toe.confidence < 1
    assert sum(share for _, share in toe.top) == pytest.approx(1)
    assert [one.digest for one in site.client.loaded()] == [adapter.digest]
    site.client.unload(adapter.digest)
    with pytest.raises(NotFoundError):
        site.client.answer(adapter.digest, ["toe"])
    assert site.vllm.adapters == {}


@pytest.mark.parametrize("fault", ["stale cache", "base for an adapter", "another model"])
def test_what_is_not_the_adapter_is_caught_before_it_answers(site, fault):
    first = site.add(toe="Gout", head="Migraine")
    site.client.load(first.digest)
    second = site.add(toe="Migraine", head="Gout")
    site.vllm.faults.add(fault)
    with pytest.raises(UnprovedError):
        site.client.load(second.digest)
    assert second.digest not in site.vllm.adapters
    with pytest.raises(NotFoundError):
        site.client.answer(second.digest, ["toe"])


def test_a_base_that_answers_as_the_probes_want_is_still_not_the_adapter(site):
    adapter = site.add(toe="Gout")
    site.vllm.faults.add("base for an adapter")
    with pytest.raises(UnprovedError, match="bare base"):
        site.client.load(adapter.digest)


def test_an_adapter_of_another_base_is_refused_by_name(site):
    adapter = site.add(toe="Gout", head="Migraine")
    site.vllm.parent = "another-base"
    with pytest.raises(UnprovedError, match=f"does not hold {adapter.name} on {BASE}"):
        site.client.load(adapter.digest)


def _truncate(folder):
    path = folder / "weights.json"
    path.write_bytes(path.read_bytes()[:-1])


def _symlink(folder):
    path = folder / "weights.json"
    elsewhere = folder.parent / "elsewhere.json"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def _swap(folder):
    (folder / "weights.json").write_text('{"toe": "Migraine"}')


def _add(folder):
    (folder / "code.py").write_text("")


def _lose(folder):
    (folder / "weights.json").unlink()
    folder.rmdir()


@pytest.mark.parametrize("harm", [_truncate, _symlink, _swap, _add, _lose])
def test_harmed_bytes_are_refused_by_name_before_the_server_is_asked(site, harm):
    adapter = site.add(toe="Gout", head="Migraine")
    site.vllm.faults.add("200 for a missing path")
    harm(adapter.folder)
    with pytest.raises(UnprovedError, match=adapter.name):
        site.client.load(adapter.digest)
    assert site.vllm.adapters == {}


def test_an_adapter_that_turns_stale_later_is_found_by_the_next_proof(site):
    adapter = site.add(toe="Gout", head="Migraine")
    site.client.load(adapter.digest)
    assert site.client.prove() == []
    site.vllm.adapters[adapter.digest] = {"toe": "Migraine", "head": "Gout"}
    assert site.client.prove() == [adapter.digest]
    with pytest.raises(NotFoundError):
        site.client.answer(adapter.digest, ["toe"])


def test_a_server_that_is_away_is_said_to_be_down(site):
    adapter = site.add(toe="Gout")
    client = VllmModelServer("http://127.0.0.1:9", site.known.__getitem__)
    with pytest.raises(PartDownError):
        client.load(adapter.digest)

"""vLLM's endpoints by a stand-in that speaks them over HTTP and misbehaves as the real one is said to."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.errors import NotFoundError, PartDownError
from shared.serving.vllm import Adapter, UnprovedError, VllmModelServer

BASE, LABELS = "llama-base", ("Gout", "Migraine")


@dataclass
class Vllm:
    """Adapters by name: `weights.json` says which label a text gets; the base likes the first one."""

    faults: set[str] = field(default_factory=set)
    adapters: dict[str, dict[str, str]] = field(default_factory=dict)
    parent: str = BASE

    def post(self, path, body):
        if path == "/v1/load_lora_adapter":
            return self._load(body["lora_name"], Path(body["lora_path"]))
        if path == "/v1/unload_lora_adapter":
            self.adapters.pop(body["lora_name"], None)
            return 200, "Success: LoRA adapter removed."
        if body["model"] != BASE and body["model"] not in self.adapters:
            return 404, {"error": {"message": "The model does not exist."}}
        return 200, self._complete(body)

    def _load(self, name, path):
        if "stale cache" in self.faults and self.adapters:
            self.adapters[name] = next(iter(self.adapters.values()))
        elif not path.exists() and "200 for a missing path" not in self.faults:
            return 404, {"error": {"message": "No adapter found."}}
        else:
            weights = path / "weights.json"
            self.adapters[name] = json.loads(weights.read_text()) if weights.exists() else {}
        return 200, "Success: LoRA adapter added."

    def _complete(self, body):
        likes = {} if "base for an adapter" in self.faults else self.adapters.get(body["model"], {})
        model = "another" if "another model" in self.faults else body["model"]
        return {
            "model": model,
            "choices": [self._choice(n, one, likes) for n, one in enumerate(body["prompt"])],
        }

    def _choice(self, number, prompt, likes):
        text, _, label = prompt.rpartition(" ")
        liked = likes.get(text, LABELS[0])
        given = -0.1 if label == liked else -2.0
        given -= 0.01 * bool(likes)
        logprobs = {
            "tokens": [text, f" {label}", "."],
            "token_logprobs": [None, given, -0.5],
            "text_offset": [0, len(text), len(prompt)],
        }
        return {"index": number, "text": prompt, "logprobs": logprobs}

    def models(self):
        rows = [{"id": BASE, "root": BASE, "parent": None}]
        return {
            "object": "list",
            "data": rows + [{"id": name, "parent": self.parent} for name in self.adapters],
        }


class Exchange(BaseHTTPRequestHandler):
    def do_GET(self):
        self._say(200, self.server.vllm.models())

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._say(*self.server.vllm.post(self.path, body))

    def _say(self, status, body):
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *said):
        pass


@dataclass
class Site:
    """The stand-in, our client, and a folder of adapters."""

    vllm: Vllm
    client: VllmModelServer
    folder: Path
    known: dict[str, Adapter]

    def add(self, **likes) -> Adapter:
        data = json.dumps(likes).encode()
        digest = hashlib.sha256(data).hexdigest()
        folder = self.folder / digest
        folder.mkdir()
        (folder / "weights.json").write_bytes(data)
        adapter = Adapter(
            digest=digest,
            name=f"diagnosis-{len(self.known) + 1}",
            folder=folder,
            sha256={"weights.json": digest},
            base=BASE,
            labels=LABELS,
            probes=tuple(likes.items()),
        )
        self.known[digest] = adapter
        return adapter


@pytest.fixture
def site(tmp_path):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    server.vllm, known = Vllm(), {}
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    client = VllmModelServer(f"http://127.0.0.1:{server.server_port}", known.__getitem__)
    yield Site(server.vllm, client, tmp_path, known)
    server.shutdown()
    server.server_close()


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

"""vLLM's endpoints by a stand-in that speaks them over HTTP and misbehaves as the real one is said to."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

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


@contextmanager
def listening() -> Iterator[tuple[Vllm, str]]:
    """The stand-in and its address, for as long as the block runs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Exchange)
    server.vllm = Vllm()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield server.vllm, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()

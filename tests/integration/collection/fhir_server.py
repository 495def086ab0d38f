"""A small FHIR server on a real socket: pages, busy moments, history, sign-in that checks signatures."""

import base64
import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384


class FhirServerForTests:
    """Holds resources; what it was asked stands in `asked`."""

    def __init__(self, *, page: int = 2, public_key: Any = None) -> None:
        self.page, self.public_key = page, public_key
        self.resources: dict[str, dict[str, dict[str, Any]]] = defaultdict(dict)
        self.deleted: list[tuple[str, str]] = []
        self.asked: list[str] = []
        self.busy: list[str] = []  # values of Retry-After still to be answered
        self.loops = False
        self.elsewhere = ""
        self.tokens: set[str] = set()
        self.exports: list[dict[str, str]] = []  # the queries of what was asked for
        self.waits: list[str] = []  # values of Retry-After before an export is made
        self.files: dict[str, bytes] = {}
        self.manifest: dict[str, Any] = {}
        self.forgotten: list[str] = []
        self.breaks_off = False
        self.outcome_for = ""  # a type that is answered with an OperationOutcome
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Answers,), {"held": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}/fhir"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def add(self, *resources: dict[str, Any]) -> None:
        for one in resources:
            self.resources[one["resourceType"]][one["id"]] = one

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str, query: dict[str, str]) -> Any:
        if path == "/fhir/metadata":
            acts = [{"code": "read"}, {"code": "search-type"}, {"code": "history-type"}]
            held = [{"type": kind, "interaction": acts} for kind in (*self.resources, "Observation")]
            return {
                "resourceType": "CapabilityStatement",
                "fhirVersion": "4.0.1",
                "rest": [{"resource": held}],
            }
        if path == "/fhir/.well-known/smart-configuration":
            return {"token_endpoint": self.url.replace("/fhir", "/token")}
        kind = path.split("/")[2]
        if path.endswith("/_history"):
            gone = [f"{kind}/{name}" for of, name in self.deleted if of == kind]
            return {"resourceType": "Bundle", "type": "history", "entry": [
                {"request": {"method": "DELETE", "url": url}} for url in gone]}  # fmt: skip
        if kind == self.outcome_for:
            return {
                "resourceType": "OperationOutcome",
                "issue": [{"severity": "error", "code": "too-costly"}],
            }
        found = [
            one for one in self.resources[kind].values() if _is_since(one, query.get("_lastUpdated", ""))
        ]
        if query.get("_summary") == "count":
            return {"resourceType": "Bundle", "total": len(found)}
        start = int(query.get("start", 0))
        following = start + self.page
        link = []
        if following < len(found) or (self.loops and found):
            next_start = following if following < len(found) else 0
            link = [{"relation": "next", "url": f"{self.elsewhere or self.url}/{kind}?start={next_start}"}]
        issue = {"resource": {"resourceType": "OperationOutcome", "issue": []}, "search": {"mode": "outcome"}}
        entries = [{"resource": one} for one in found[start:following]]
        return {"resourceType": "Bundle", "type": "searchset", "link": link, "entry": [*entries, issue]}

    def token(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        head, claims, signature = form["client_assertion"][0].split(".")
        said = json.loads(_unpadded(claims))
        signed, raw = f"{head}.{claims}".encode(), _unpadded(signature)
        if isinstance(self.public_key, rsa.RSAPublicKey):
            self.public_key.verify(raw, signed, padding.PKCS1v15(), SHA384())
        else:
            whole = encode_dss_signature(int.from_bytes(raw[:48], "big"), int.from_bytes(raw[48:], "big"))
            self.public_key.verify(whole, signed, ec.ECDSA(SHA384()))
        right = (
            said["aud"] == self.url.replace("/fhir", "/token") and said["iss"] == said["sub"] == "rounds-test"
        )
        if not right or form["grant_type"] != ["client_credentials"]:
            return None
        self.tokens.add(f"token-{len(self.tokens)}")
        return {"access_token": f"token-{len(self.tokens) - 1}", "expires_in": 300, "token_type": "bearer"}


class Answers(BaseHTTPRequestHandler):
    held: FhirServerForTests

    def do_GET(self) -> None:
        held = self.held
        held.asked.append(self.path)
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self._exported(parts.path, query):
            return
        open_to_all = parts.path.endswith(("metadata", "smart-configuration"))
        if held.busy and not open_to_all:
            self._say(503, {"resourceType": "OperationOutcome"}, {"Retry-After": held.busy.pop()})
        elif held.public_key and not open_to_all and self._bearer() not in held.tokens:
            self._say(401, {})
        else:
            self._say(200, held.answer(parts.path, query))

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = self.held.token(parse_qs(body))
        self._say(200 if answer else 400, answer or {})

    def _exported(self, path: str, query: dict[str, str]) -> bool:
        """Answer what belongs to Bulk Data; False for anything else."""
        held = self.held
        if path.endswith("$export"):
            held.exports.append(query | {"path": path, "prefer": str(self.headers.get("Prefer"))})
            self._say(202, {}, {"Content-Location": f"{held.url}/jobs/{len(held.exports)}"})
        elif path.startswith("/fhir/jobs/") and held.waits:
            self._say(202, {}, {"Retry-After": held.waits.pop(0), "X-Progress": "some"})
        elif path.startswith("/fhir/jobs/"):
            gone = path.rsplit("/", 1)[1] in held.forgotten
            self._say(404 if gone else 200, {} if gone else held.manifest)
        elif path.startswith("/fhir/files/"):
            self._file(held.files[path.rsplit("/", 1)[1]])
        else:
            return False
        return True

    def do_DELETE(self) -> None:
        self.held.forgotten.append(self.path.rsplit("/", 1)[1])
        self._say(202, {})

    def _file(self, raw: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw[: len(raw) // 2] if self.held.breaks_off else raw)
        self.close_connection = True

    def _bearer(self) -> str:
        return str(self.headers.get("Authorization", "")).removeprefix("Bearer ")

    def _say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(raw)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *_args: Any) -> None:
        pass


def _is_since(resource: dict[str, Any], bound: str) -> bool:
    return not bound or resource["meta"]["lastUpdated"][:19] >= bound.removeprefix("ge")[:19]


def _unpadded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

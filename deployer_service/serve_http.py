"""The model server's door: six routes over HTTP/1.1 with kept connections, for our own processes only."""

import hmac
import json
import sys
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

from deployer_service.serve_memory import Memory
from deployer_service.serve_pictures import masks_of, pixels_of
from shared.errors import Error, InvalidInputError, NotFoundError, UnauthenticatedError
from shared.logs import log
from shared.serving.wire import answer_json, mask_json, read_ask, status_of

LARGEST_BODY = 40 * 2**20
MOST_TEXTS = 1000
LONGEST_TEXT = 200_000
IDLE_SECONDS = 60.0

Body = Mapping[str, Any]
Health = Callable[[], dict[str, Any]]


class Routes:
    """What each route does; a body in, a status and a body out."""

    def __init__(self, memory: Memory, token: str, health: Health) -> None:
        self._memory, self._health = memory, health
        self._authorization = f"Bearer {token}".encode()
        self._routes: Mapping[tuple[str, str], Callable[[Body], dict[str, Any]]] = {
            ("POST", "/load"): self._load,
            ("POST", "/unload"): self._unload,
            ("POST", "/answer"): self._answer,
            ("POST", "/segment"): self._segment,
            ("GET", "/loaded"): self._loaded,
        }

    def serve(self, wish: tuple[str, str], authorization: str, data: bytes) -> tuple[int, dict[str, Any]]:
        """Answer one request; every error of ours becomes its status and one sentence."""
        try:
            if wish == ("GET", "/health"):
                health = self._health()
                return (200 if health["state"] == "ready" else 503), health
            if not hmac.compare_digest(authorization.encode(), self._authorization):
                raise UnauthenticatedError("the internal token is missing or wrong")
            route = self._routes.get(wish)
            if route is None:
                raise NotFoundError("no such route")
            return 200, route(_parsed(data))
        except UnauthenticatedError as error:
            return 401, _shown(error)
        except Error as error:
            return status_of(error), _shown(error)

    def _load(self, body: Body) -> dict[str, Any]:
        loaded = self._memory.load(_digest(body))
        return {"digest": loaded.digest, "fingerprint": loaded.fingerprint}

    def _unload(self, body: Body) -> dict[str, Any]:
        self._memory.unload(_digest(body))
        return {}

    def _loaded(self, _body: Body) -> dict[str, Any]:
        return {
            "loaded": [
                {"digest": one.digest, "fingerprint": one.fingerprint} for one in self._memory.loaded()
            ]
        }

    def _answer(self, body: Body) -> dict[str, Any]:
        texts = body.get("texts")
        if not isinstance(texts, list) or len(texts) > MOST_TEXTS:
            raise InvalidInputError(f"texts must be a list of at most {MOST_TEXTS}", field="texts")
        if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts):
            raise InvalidInputError(f"a text has at most {LONGEST_TEXT} characters", field="texts")
        answers = self._memory.answer(_digest(body), texts)
        return {"digest": body["digest"], "answers": [answer_json(one) for one in answers]}

    def _segment(self, body: Body) -> dict[str, Any]:
        ask = read_ask(body)
        label, found = self._memory.segment(
            _digest(body), pixels_of(ask.image), ask.boxes, untrained=ask.untrained
        )
        masks = [mask_json(one) for one in masks_of(found, label)]
        return {"digest": body["digest"], "masks": masks}


class ModelServerHttp(ThreadingHTTPServer):
    """One thread a connection; connections are few, kept, and come from our own processes."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, bind: str, routes: Routes, tls: SSLContext | None = None) -> None:
        host, _, port = bind.rpartition(":")
        self.routes, self._tls = routes, tls
        super().__init__((host.strip("[]"), int(port)), _Exchange)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Serve one connection, in its own thread; one that does not speak TLS where it must ends here."""
        if self._tls is None:
            super().finish_request(request, client_address)
            return
        request.settimeout(IDLE_SECONDS)
        with self._tls.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002
        """Say what broke a connection, without a traceback: it may quote what was sent."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            log.error("a request failed", error=type(error).__name__)


class _Exchange(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: ModelServerHttp
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True

    def do_GET(self) -> None:  # noqa: N802 - the name is the standard library's
        self._serve(b"")

    def do_POST(self) -> None:  # noqa: N802
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self.close_connection = True
            self._send(422, {"detail": "the body is too large or has no length", "code": "invalid_input"})
            return
        self._serve(self.rfile.read(int(length)))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log no request line: the routes carry nothing worth it."""

    def _serve(self, data: bytes) -> None:
        wish = (self.command, self.path)
        self._send(*self.server.routes.serve(wish, self.headers.get("Authorization", ""), data))

    def _send(self, status: int, body: Body) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


def _parsed(data: bytes) -> Body:
    if not data:
        return {}
    try:
        body = json.loads(data)
    except ValueError:
        raise InvalidInputError("the body is not JSON") from None
    if not isinstance(body, dict):
        raise InvalidInputError("the body is not a JSON object")
    return body


def _digest(body: Body) -> str:
    digest = body.get("digest")
    if not isinstance(digest, str):
        raise InvalidInputError("digest must be given", field="digest")
    return digest


def _shown(error: Error) -> dict[str, Any]:
    return {"detail": str(error), "code": error.code, "field": error.field, "fix": error.fix}

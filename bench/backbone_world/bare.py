"""The baseline: a route that does nothing but `.delay()`, served as ours is. `… bare PORT BROKER`."""

import sys
from typing import Any

from flask import Flask, jsonify, request
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from api_service.starting import THREADS
from bench.backbone_world.plain import plain


def build() -> Flask:
    """The application; the broker's address is the last word of the command line."""
    _, train = plain(sys.argv[-1])
    app = Flask("bare")

    @app.post("/start")
    def start() -> Any:  # noqa: ANN401 - what a view answers
        train.delay(request.get_json()["seed"])
        return jsonify(status="queued"), 202

    return app


def main(port: int) -> None:
    """Serve as our own API is served."""
    Server(
        "bench.backbone_world.bare:build",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=THREADS,
        factory=True,
        log_level=LogLevels.warning,
        websockets=False,
    ).serve()


if __name__ == "__main__":
    main(int(sys.argv[1]))

"""The baseline: a route that does nothing but `.delay()`, served as ours is. `… bare PORT BROKER`."""

import sys
from typing import Any

from celery import Celery
from flask import Flask, jsonify, request
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from api_service.deps import THREADS


def build() -> Flask:
    """The application; the broker's address is the last word of the command line."""
    celery = Celery("bare", broker=sys.argv[-1], set_as_current=False)
    celery.conf.task_ignore_result = True
    app = Flask("bare")

    @celery.task(name="train")
    def train(seed: int) -> None:
        """Nothing."""

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

"""What a safe submit costs beside a bare `.delay()`, how fast doorbells ring, what a million jobs slow down.

`python -m bench.backbone [FINISHED QUEUED]`: one run on servers of its own; our figures and the baseline's
alternate, processor time counts the servers too.
"""

import json
import platform
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psutil
from celery import Celery
from flask import Flask, jsonify, request
from sqlalchemy import create_engine, text

from api_service.app import create_app
from api_service.deps import make_deps
from shared.broker import app as broker_app
from shared.broker.relay import BATCH, Relay
from shared.config import Settings, load_settings
from shared.embedded import Server, prepare_home, remove_home, start_postgres, start_valkey
from shared.registry import attempts, jobs, keys, turns
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions

RESULTS = Path(__file__).parent / "results" / "backbone.json"
ROUNDS, A_ROUND = 5, 80  # the guard refuses when more than a hundred wait
RINGS = 20_000
LOOKS = 200
FINISHED, QUEUED = 1_000_000, 100_000
_DATASET = """
INSERT INTO dataset_versions (name, model_type, number, sha256, manifest_key, counts, policy_version,
  preprocessing, sealed_by, sealed_at)
VALUES ('diagnosis-data-1', 'diagnosis', 1, '', '', '{}', 1, '{}', 'bench', now())
"""
_RINGS = (
    "INSERT INTO outbox (task, subject) SELECT 'deploy.look', gen_random_uuid() FROM generate_series(1, :n)"
)
Figure = dict[str, Any]
_CLEAR = "UPDATE training_jobs SET state = 'cancelled' WHERE state = 'queued'; DELETE FROM outbox"
_MANY = """
INSERT INTO training_jobs (model_type, state, base, seed, triggered_by, requested_by, created_at, recipe,
  progress, auto_deploy, step, result, dataset_version_id, start_time, end_time)
SELECT 'diagnosis', :state, 'minilm', 1000000 + n, 'manual', 'bench', now() - n * interval '1 second', '{}',
  0, true, 0, '{}', (SELECT id FROM dataset_versions LIMIT 1), :start, :start
FROM generate_series(1, :count) AS n
"""


def main(finished: int, queued: int) -> int:
    """Measure, print and write; 1 never, for a goal that is missed is a figure."""
    with ExitStack() as stack:
        site = Bench(stack)
        figures = [*submits(site), *relayed(site), *crowded(site, finished, queued)]
    for figure in figures:
        better = figure.pop("better")
        value, goal = figure["value"], figure["goal"]
        figure["met"] = value <= goal if better == "less" else value >= goal
        print(f"{figure['key']:<60} {value:>10.3g} {figure['unit']:<8} goal {goal:g}")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(
        json.dumps({"name": "backbone", "machine": platform.platform(), "figures": figures}, indent=1) + "\n"
    )
    return 0


class Bench:
    """The servers of one run, and a key that may submit."""

    def __init__(self, stack: ExitStack) -> None:
        self.settings: Settings = load_settings(home=Path(tempfile.mkdtemp(prefix="rounds-bench-")))
        prepare_home(self.settings)
        stack.callback(remove_home, self.settings)
        self.postgres: Server = start_postgres(self.settings)
        stack.callback(self.postgres.stop)
        self.valkey: Server = start_valkey(self.settings)
        stack.callback(self.valkey.stop)
        migrate(self.settings)
        self.sessions = make_sessions(self.settings, pool_size=4)
        self.owner = create_engine(self.settings.database)
        stack.callback(self.owner.dispose)
        with self.sessions.begin() as session:
            _, self.key = keys.create(session, "bench", keys.ROLES, now=self.settings.clock())

    def run(self, statements: str, **values: object) -> None:
        """Statements as the owner, with the guards of the database off."""
        with self.owner.begin() as connection:
            connection.execute(text("SET session_replication_role = replica"))
            for statement in statements.split(";"):
                connection.execute(text(statement), values)

    def seconds(self, server: Server) -> float:
        """Processor seconds of a server and its children; those of children that ended are lost."""
        return sum(
            one.cpu_times().user + one.cpu_times().system
            for one in (psutil.Process(server.process.pid), *psutil.Process(server.process.pid).children())
        )


def submits(site: Bench) -> list[Figure]:
    """The whole `POST /training/start` beside a route that does nothing but `.delay()`."""
    safe, bare = _safe(site), _bare(site)
    costs: dict[str, list[float]] = {"safe": [], "bare": []}
    times: dict[str, list[float]] = {"safe": [], "bare": []}
    for number in range(ROUNDS + 1):
        for name, server, submit in (("safe", site.postgres, safe), ("bare", site.valkey, bare)):
            site.run(_CLEAR)
            before, own = site.seconds(server), time.process_time()
            taken = []
            for _ in range(A_ROUND):
                began = time.perf_counter()
                submit()
                taken.append(time.perf_counter() - began)
            if number:  # the first round warms up
                costs[name].append(time.process_time() - own + site.seconds(server) - before)
                times[name] += taken
    ratio = statistics.median(costs["safe"]) / statistics.median(costs["bare"])
    through = sum(times["bare"]) / sum(times["safe"])
    late = _p99(times["safe"]) / _p99(times["bare"])
    micro = 1e6 * statistics.median(costs["safe"]) / A_ROUND
    return [
        _figure("processor time of a safe submit", micro, "us", goal=615, better="less"),
        _figure("processor time of a safe submit to a bare one", ratio, "times", goal=0.7, better="less"),
        _figure("throughput of safe submits to bare ones", through, "times", goal=1.5, better="more"),
        _figure("p99 of a safe submit to a bare one", late, "times", goal=0.6, better="less"),
    ]


def relayed(site: Bench) -> list[Figure]:
    """How many doorbells a second the relay moves from table to broker."""
    site.run(_CLEAR)
    site.run(_RINGS, n=RINGS)
    with _broker(site.settings):
        relay = Relay(site.sessions, clock=site.settings.clock, lease_seconds=10)
        began = time.perf_counter()
        relay.turn(at=0.0)
        pace = RINGS / (time.perf_counter() - began)
    return [_figure(f"doorbells relayed, {BATCH} a batch", pace, "rows/s", goal=20_000, better="more")]


def crowded(site: Bench, finished: int, queued: int) -> list[Figure]:
    """Claim and list among very many jobs, beside the same among hardly any."""
    site.run(_CLEAR)
    site.run(_DATASET)
    _jobs(site, LOOKS, "queued")
    calm = _claims(site), _lists(site)
    _jobs(site, finished, "completed", start=site.settings.clock())
    _jobs(site, queued, "queued")
    site.run("ANALYZE training_jobs")
    full = _claims(site), _lists(site)
    told = f"with {finished:,} finished and {queued:,} queued jobs, to few"
    return [
        _figure(f"p99 of a claim {told}", full[0] / calm[0], "times", goal=1.5, better="less"),
        _figure(f"p99 of a list {told}", full[1] / calm[1], "times", goal=1.5, better="less"),
    ]


def _safe(site: Bench) -> Callable[[], None]:
    client = create_app(make_deps(site.settings)).test_client()
    numbers = iter(range(1 << 30))

    def submit() -> None:
        number = next(numbers)
        headers = {"Authorization": f"Bearer {site.key}", "Idempotency-Key": f"k{number}"}
        wish = {"model_type": "diagnosis", "seed": number}
        assert client.post("/api/phase-7/training/start", json=wish, headers=headers).status_code == 202

    return submit


def _bare(site: Bench) -> Callable[[], None]:
    celery = Celery("bare", broker=site.settings.broker)
    celery.conf.task_ignore_result = True
    app = Flask("bare")

    @celery.task(name="train")
    def train(seed: int) -> None:
        """Nothing."""

    @app.post("/start")
    def start() -> Any:  # noqa: ANN401 - what a view answers
        train.delay(request.get_json()["seed"])
        return jsonify(status="queued"), 202

    client = app.test_client()
    numbers = iter(range(1 << 30))

    def submit() -> None:
        wish = {"model_type": "diagnosis", "seed": next(numbers)}
        assert client.post("/start", json=wish).status_code == 202

    return submit


@contextmanager
def _broker(settings: Settings) -> Iterator[None]:
    before = broker_app.app.conf.broker_url
    broker_app.app.conf.broker_url = settings.broker
    try:
        yield
    finally:
        broker_app.app.conf.broker_url = before


def _jobs(site: Bench, count: int, state: str, *, start: object = None) -> None:
    site.run(_MANY, count=count, state=state, start=start)


def _claims(site: Bench) -> float:
    """Whose turn it is, and taking it; given back each time."""
    taken = []
    for _ in range(LOOKS):
        now, began = site.settings.clock(), time.perf_counter()
        with site.sessions() as session:
            job, *_ = turns.next_up(session, now=now)
            assert attempts.claim(session, job, worker="bench", now=now) is not None
            session.rollback()
        taken.append(time.perf_counter() - began)
    return _p99(taken)


def _lists(site: Bench) -> float:
    taken = []
    for _ in range(LOOKS):
        began = time.perf_counter()
        with site.sessions() as session:
            jobs.page(session, limit=50)
        taken.append(time.perf_counter() - began)
    return _p99(taken)


def _p99(values: list[float]) -> float:
    return sorted(values)[int(0.99 * (len(values) - 1))]


def _figure(key: str, value: float, unit: str, *, goal: float, better: str) -> Figure:
    return {"key": key, "value": value, "unit": unit, "goal": goal, "better": better}


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*(given if len(given) == 2 else (FINISHED, QUEUED))))

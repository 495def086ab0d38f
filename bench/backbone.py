"""What a safe submit costs beside a bare `.delay()`, how fast doorbells ring, what a million jobs slow down.

`python -m bench.backbone [FINISHED QUEUED]`: one run on servers of its own; our figures and the baseline's
alternate, processor time counts the servers too.
"""

import itertools
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text

from bench.backbone_world.doors import START_SECONDS, Door, listens, post, started
from bench.backbone_world.listeners import listening
from bench.backbone_world.plain import BEGUN, client_of
from bench.figures import Figure, at_least, at_most, keep
from shared.broker import app as broker_app
from shared.broker.relay import BATCH, Relay
from shared.config import Settings, load_settings
from shared.embedded import Server, prepare_home, remove_home, start_postgres, start_valkey
from shared.registry import attempts, jobs, keys, turns
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from shared.vault import open_vault
from tests.ports import free_ports

ROUNDS, A_ROUND = 20, 96  # the guard refuses when more than a hundred wait
RUNG_SECONDS = 0.1
RINGS = 20_000
LOOKS = 200
WARM, BEGINS, BEGUN_SEED = 5, 150, 1 << 20
BLOCKS, LISTENERS, LISTENED_SEED = 4, 200, 1 << 21
REST_SECONDS = 0.05  # between two begins: each is asked for alone
FINISHED, QUEUED = 1_000_000, 100_000
_DATASET = """
INSERT INTO dataset_versions (name, model_type, number, sha256, manifest_key, counts, policy_version,
  preprocessing, sealed_by, sealed_at)
VALUES ('diagnosis-data-1', 'diagnosis', 1, '', '', '{}', 1, '{}', 'bench', now())
"""
_RINGS = (
    "INSERT INTO outbox (task, subject) SELECT 'deploy.look', gen_random_uuid() FROM generate_series(1, :n)"
)
_CLEAR = "UPDATE training_jobs SET state = 'cancelled' WHERE state = 'queued'; DELETE FROM outbox"
_MANY = """
INSERT INTO training_jobs (model_type, state, base, seed, triggered_by, requested_by, created_at, recipe,
  progress, auto_deploy, step, result, dataset_version_id, start_time, end_time)
SELECT 'diagnosis', :state, 'minilm', 1000000 + n, 'manual', 'bench', now() - n * interval '1 second', '{}',
  0, true, 0, '{}', (SELECT id FROM dataset_versions LIMIT 1), :start, :start
FROM generate_series(1, :count) AS n
"""


def main(finished: int, queued: int) -> int:
    """Measure, print and write."""
    with ExitStack() as stack:
        site = Bench(stack)
        measured = (
            submits(site), begun(site), listened(site), relayed(site), crowded(site, finished, queued)
        )  # fmt: skip
        return keep("backbone", itertools.chain.from_iterable(measured))


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


def submits(site: Bench) -> list[Figure]:
    """The whole `POST /training/start` beside a route that does nothing but `.delay()`, both served alike."""
    costs: dict[str, float] = dict.fromkeys(("safe", "bare"), 0.0)
    took, times = dict(costs), {name: list[float]() for name in costs}
    with ExitStack() as stack:
        doors = {"safe": _safe(site, stack), "bare": _bare(site, stack)}
        for number in range(ROUNDS + 1):
            for name, door in doors.items():
                site.run(_CLEAR)
                before = door.seconds()
                taken, seconds = door.asked(range(number * A_ROUND, (number + 1) * A_ROUND))
                time.sleep(RUNG_SECONDS)  # what is still rung for is part of what was asked
                if number:  # the first round warms up
                    costs[name] += door.seconds() - before
                    took[name] += seconds
                    times[name] += taken
    micro = 1e6 * costs["safe"] / ROUNDS / A_ROUND
    ratio, through = costs["safe"] / costs["bare"], took["bare"] / took["safe"]
    late = _p99(times["safe"]) / _p99(times["bare"])
    return [
        at_most("processor time of a safe submit, with relay and servers", micro, "us", goal=615),
        at_most("processor time of a safe submit to a bare one", ratio, "times", goal=0.7),
        at_least("throughput of safe submits to bare ones", through, "times", goal=1.5),
        at_most("p99 of a safe submit to a bare one", late, "times", goal=0.6),
    ]


def begun(site: Bench) -> list[Figure]:
    """How long it takes from the asking until a worker begins, beside the bare route and a plain worker."""
    times: dict[str, list[float]] = {"safe": [], "bare": []}
    notes = client_of(site.settings.broker)
    with ExitStack() as stack:
        doors = {"safe": _safe(site, stack), "bare": _bare(site, stack)}
        started(stack, site.settings, "bench.backbone_world.notes")
        started(stack, site.settings, "bench.backbone_world.plain", site.settings.broker)
        for number in range(WARM + BEGINS):
            for name, door in doors.items():
                site.run(_CLEAR)  # a job that goes on waiting would be rung for again
                notes.delete(BEGUN)
                asked = time.time()
                door.asked([BEGUN_SEED + number])
                noted = notes.blpop([BEGUN], timeout=START_SECONDS)
                assert noted is not None, f"no worker began a {name} job"
                times[name] += [float(noted[1]) - asked][: number >= WARM]
                time.sleep(REST_SECONDS)
    ratios = {share: _share(times["safe"], share) / _share(times["bare"], share) for share in (0.5, 0.99)}
    return [
        at_most(f"p{share:.0%} from a submit to its start".replace("%", ""), ratio, "times plain", goal=3)
        for share, ratio in ratios.items()
    ]


def listened(site: Bench) -> list[Figure]:
    """What listeners to the event stream, who hear of every submit, do to the p99 of the submits."""
    times: dict[int, list[float]] = {0: [], LISTENERS: []}
    port = free_ports()
    numbers = itertools.count(LISTENED_SEED, A_ROUND)
    with ExitStack() as stack:
        door = _safe(site, stack)
        started(
            stack, site.settings.model_copy(update={"events_bind": f"127.0.0.1:{port}"}), "api_service.events"
        )
        listens(port)
        for _, (count, taken) in itertools.product(range(BLOCKS), times.items()):
            with listening(port, site.key, count):
                for number in range(1 + ROUNDS // BLOCKS):
                    site.run(_CLEAR)
                    first = next(numbers)
                    found, _ = door.asked(range(first, first + A_ROUND))
                    taken.extend(found if number else ())  # the first round warms up
    ratio = _p99(times[LISTENERS]) / _p99(times[0])
    return [
        at_most(f"p99 of a submit beside {LISTENERS} event streams to that without", ratio, "times", goal=1.5)
    ]


def relayed(site: Bench) -> list[Figure]:
    """How many doorbells a second the relay moves from table to broker."""
    site.run(_CLEAR)
    site.run(_RINGS, n=RINGS)
    with _broker(site.settings):
        vault = open_vault(site.settings.secret_file)
        relay = Relay(site.sessions, clock=site.settings.clock, vault=vault, lease_seconds=10)
        began = time.perf_counter()
        relay.turn(at=0.0)
        pace = RINGS / (time.perf_counter() - began)
    return [at_least(f"doorbells relayed, {BATCH} a batch", pace, "rows/s", goal=20_000)]


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
        at_most(f"p99 of a claim {told}", full[0] / calm[0], "times", goal=1.5),
        at_most(f"p99 of a list {told}", full[1] / calm[1], "times", goal=1.5),
    ]


def _safe(site: Bench, stack: ExitStack) -> Door:
    """Our API, with the relay that rings for it."""
    port = free_ports()
    settings = site.settings.model_copy(update={"api_bind": f"127.0.0.1:{port}"})
    own = [started(stack, settings, module) for module in ("api_service.main", "shared.broker.relay")]
    listens(port)

    def request(number: int) -> bytes:
        keys = f"Authorization: Bearer {site.key}\r\nIdempotency-Key: k{number}\r\n"
        return post("/api/phase-7/training/start", b'{"model_type":"diagnosis","seed":%d}' % number, keys)

    return Door(port, request, [*own, site.postgres.process.pid, site.valkey.process.pid])


def _bare(site: Bench, stack: ExitStack) -> Door:
    port = free_ports()
    own = started(stack, site.settings, "bench.backbone_world.bare", str(port), site.settings.broker)
    listens(port)
    return Door(port, lambda number: post("/start", b'{"seed":%d}' % number), [own, site.valkey.process.pid])


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
    return _share(values, 0.99)


def _share(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


if __name__ == "__main__":
    given = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(*(given if len(given) == 2 else (FINISHED, QUEUED))))

"""What may go wrong, one function a row: each does its harm and, where nature would not, mends it again."""

import signal
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from uuid import uuid4

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from bench.chaos_world.site import LEASE_SECONDS, Site, until
from shared.broker.names import Queue, TaskName
from shared.broker.wire import message
from shared.embedded import start_postgres, start_valkey
from shared.vault import Vault, open_vault

Fault = Callable[[Site], None]
WORKERS = ("worker-1", "worker-2")
FROZEN_SECONDS = 2 * LEASE_SECONDS
AWAY_SECONDS = 3.0


def trainer_killed(site: Site) -> None:
    """A training process dies in mid-step."""
    for process in site.trainers()[:1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def trainer_frozen(site: Site) -> None:
    """A training process hangs for longer than a lease, then goes on."""
    found = site.trainers()[:1]
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.suspend()
    time.sleep(FROZEN_SECONDS)
    for process in found:
        with suppress(psutil.NoSuchProcess):
            process.resume()


def worker_killed(site: Site) -> None:
    """A worker dies with everything it started."""
    name = site.dice.choice(WORKERS)
    site.kill(name)
    site.start(name)


def worker_asked_to_stop(site: Site) -> None:
    """A worker is stopped in good order, as an upgrade does, and another starts."""
    name = site.dice.choice(WORKERS)
    site.signal(name, signal.SIGTERM)
    until(lambda: site.processes[name].poll() is not None, f"the end of {name}")
    site.start(name)


def worker_frozen(site: Site) -> None:
    """A worker stands still until its lease is another's, then wakes up and goes on as if nothing was."""
    name = site.dice.choice(WORKERS)
    site.signal(name, signal.SIGSTOP, group=True)
    time.sleep(FROZEN_SECONDS)
    site.signal(name, signal.SIGCONT, group=True)


def both_workers_killed(site: Site) -> None:
    """The training host loses power and comes back."""
    for name in WORKERS:
        site.kill(name)
    time.sleep(1)
    for name in WORKERS:
        site.start(name)


def broker_lost(site: Site) -> None:
    """The broker is away for a while and comes back without a memory."""
    with suppress(Exception):
        site.broker().flushall()
    site.valkey.process.kill()
    site.valkey.process.wait()
    time.sleep(AWAY_SECONDS)
    site.valkey = start_valkey(site.settings)


def broker_silent(site: Site) -> None:
    """The broker takes connections and answers nothing."""
    site.valkey.process.send_signal(signal.SIGSTOP)
    time.sleep(AWAY_SECONDS)
    site.valkey.process.send_signal(signal.SIGCONT)


def doorbells_lost(site: Site) -> None:
    """Every message that waits is gone."""
    site.broker().flushall()


def doorbells_doubled(site: Site) -> None:
    """One message arrives fifty times."""
    client = site.broker()
    for raw in client.lrange(Queue.TRAIN_TEXT.value, 0, 0) or []:
        for _ in range(50):
            client.lpush(Queue.TRAIN_TEXT.value, raw)


def doorbells_forged(site: Site) -> None:
    """Messages of no job, of no task, of no sense, and one that another site sealed."""
    vault = open_vault(site.settings.secret_file)
    sealed = message(vault, TaskName.RUN_JOB, uuid4())
    for forged in (
        sealed,
        sealed.replace(b"run_job", b"no_such_task"),
        message(vault, TaskName.COLLECT_RUN, uuid4()),
        message(Vault(bytes(32)), TaskName.RUN_JOB, uuid4()),
        b"no message",
    ):
        site.broker().lpush(Queue.TRAIN_TEXT.value, forged)


def database_restarted(site: Site) -> None:
    """The database is restarted in good order under load."""
    site.postgres.stop()
    time.sleep(1)
    site.postgres = start_postgres(site.settings)


def kill_database(site: Site) -> None:
    """Every process of the database dies at once."""
    for process in psutil.Process(site.postgres.process.pid).children():
        with suppress(psutil.NoSuchProcess):
            process.kill()
    site.postgres.process.kill()
    site.postgres.process.wait()


def database_killed(site: Site) -> None:
    """The database's process dies and recovers from its log."""
    kill_database(site)
    time.sleep(1)
    site.postgres = start_postgres(site.settings)


def connections_cut(site: Site) -> None:
    """Every connection to the database breaks at once, as behind a pooler that fails over."""
    _as_owner(site, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")


def rows_locked(site: Site) -> None:
    """Somebody holds all job rows in a console and goes for a coffee."""
    _as_owner(site, "SELECT count(*) FROM (SELECT id FROM training_jobs FOR UPDATE) AS held, pg_sleep(6)")


def relay_killed(site: Site) -> None:
    """The relay, which is the reaper too, dies."""
    site.kill("relay")
    site.start("relay")


def relay_frozen(site: Site) -> None:
    """The relay stands still for longer than a lease; what it did not hear proves nothing."""
    site.signal("relay", signal.SIGSTOP)
    time.sleep(FROZEN_SECONDS)
    site.signal("relay", signal.SIGCONT)


def api_killed(site: Site) -> None:
    """The API dies under load; what it promised stands."""
    site.kill("api")
    site.start("api")


FAULTS: Mapping[str, Fault] = {
    made.__name__.replace("_", " "): made
    for made in (
        trainer_killed, trainer_frozen, worker_killed, worker_asked_to_stop, worker_frozen,
        both_workers_killed, broker_lost, broker_silent, doorbells_lost, doorbells_doubled,
        doorbells_forged, database_restarted, database_killed, connections_cut, rows_locked, relay_killed,
        relay_frozen, api_killed,
    )
}  # fmt: skip


def mend(site: Site) -> None:
    """Let good years come: every process is there and awake."""
    for name in site.processes:
        site.signal(name, signal.SIGCONT, group=True)
        site.start(name)


def _as_owner(site: Site, statement: str) -> None:
    engine = create_engine(site.settings.database, poolclass=NullPool)
    with suppress(SQLAlchemyError), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()

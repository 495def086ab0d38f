"""The heartbeat of a collection run: a thread that says the worker lives and hears when it must stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sqlalchemy.exc import OperationalError

from shared.registry import leases
from shared.registry.leases import Lease
from worker_collection.deps import Deps


@contextmanager
def heartbeat(lease: Lease, deps: Deps) -> Iterator[Event]:
    """Beat four times a lease until the block ends; the event is set when the run is lost or cancelled."""
    stop, lost = Event(), Event()
    thread = Thread(target=_keep_alive, args=(lease, deps, (stop, lost)), name="heartbeat", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        stop.set()
        thread.join()


def _keep_alive(lease: Lease, deps: Deps, signals: tuple[Event, Event]) -> None:
    stop, lost = signals
    while not stop.wait(deps.settings.lease_seconds / 4):
        if not _beat(lease, deps):
            lost.set()
            return


def _beat(lease: Lease, deps: Deps) -> bool:
    try:
        with deps.sessions.begin() as session:
            return leases.beat(session, lease)
    except OperationalError:
        return True  # The database is away for a moment; the fence decides when it is back.

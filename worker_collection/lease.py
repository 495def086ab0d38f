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
    every = deps.settings.lease_seconds / 4

    def beat() -> None:
        while not stop.wait(every):
            try:
                with deps.sessions.begin() as session:
                    if not leases.beat(session, lease):
                        lost.set()
                        return
            except OperationalError:
                continue  # The database is away for a moment; the fence decides when it is back.

    thread = Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield lost
    finally:
        stop.set()
        thread.join()

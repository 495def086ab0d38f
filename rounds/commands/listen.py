"""`rounds source listen`: receive what the named machines send, until it is stopped."""

import signal
from threading import Event
from typing import Any

import typer

from rounds.commands.collection import collector, source
from rounds.show import say


def register(app: typer.Typer) -> None:  # noqa: ARG001 - the shape of a group; its command is one of `source`
    """Add the command."""
    source.command("listen")(listen)


def listen(name: str) -> None:
    """Receive DICOM by C-STORE for a source whose address is dicom://…; Ctrl-C stops it."""
    from shared.errors import InvalidInputError
    from shared.registry import sources
    from worker_collection.dicom.listener import Address, Spool, serve
    from worker_collection.dicom.opening import SCHEME
    from worker_collection.sources.opening import spool_of

    deps = collector()
    with deps.sessions() as session:
        row = sources.named(session, name)
    url = sources.address(row, deps.vault)
    if row.kind != "dicom" or not url.startswith(SCHEME):
        raise InvalidInputError(
            f"{name} is not a source that listens", field="name", fix="--kind dicom --url dicom://…"
        )
    address, stopped = Address.read(url), Event()

    def stop(*_: Any) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    say(f"{address.title} listens on {address.host}:{address.port} for {', '.join(address.allowed)}")
    spool = Spool(deps.storage, deps.vault, spool_of(row))
    serve(address, spool, deps.clock, stopped=stopped)

"""The processes of the stack as data: how each is started, when it is ready, how long it may take to stop."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.error import URLError
from urllib.request import urlopen

from sqlalchemy import create_engine, select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from shared.config import Settings
from shared.registry.tables import Part as PartRow

Probe = Callable[[Settings, int], bool]
ANSWER_SECONDS = 3.0  # on a machine at the end of its breath even `/health` takes more than one


@dataclass(frozen=True)
class PartSpec:
    """One process of the stack.

    Parts start in the order of the table and stop in the reverse one, a `tier` at a time. One that is
    `awaited` is ready before the next tier starts; the others come up side by side.
    """

    name: str
    module: str
    tier: int
    ready: Probe
    arguments: tuple[str, ...] = ()
    stop_seconds: float = 10.0
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def argv(self) -> list[str]:
        """The command line, on the interpreter that runs us."""
        return [sys.executable, "-m", self.module, *self.arguments]


def says_ready(name: str) -> Probe:
    """Ready when this very process has its row in `parts`; one of an earlier process does not count."""

    def probe(settings: Settings, pid: int) -> bool:
        with _engine(settings).connect() as connection:
            row = select(PartRow.pid).where(PartRow.name == name, PartRow.pid == pid)
            return connection.execute(row).first() is not None

    return probe


def answers(bind: str, path: str) -> Probe:
    """Ready when the address of the setting `bind` answers HTTP at all, be it with a refusal."""

    def probe(settings: Settings, pid: int) -> bool:  # noqa: ARG001 - the shape of a probe
        return address_answers(f"http://{reachable(getattr(settings, bind))}{path}")

    return probe


def address_answers(url: str) -> bool:
    """Whether an HTTP server speaks there within three seconds."""
    try:
        with urlopen(url, timeout=ANSWER_SECONDS):  # noqa: S310 - our own http:// address
            return True
    except URLError as error:
        return hasattr(error, "code")
    except (OSError, ValueError):
        return False


def reachable(bind: str) -> str:
    """The address under which a listener on `bind` is reached from this machine."""
    host, _, port = bind.rpartition(":")
    return f"127.0.0.1:{port}" if host in ("0.0.0.0", "[::]", "") else bind  # noqa: S104 - compared only


def _engine(settings: Settings) -> Engine:
    return create_engine(
        settings.database, poolclass=NullPool, connect_args={"connect_timeout": int(ANSWER_SECONDS)}
    )


def is_ready(part: PartSpec, settings: Settings, pid: int) -> bool:
    """Ask the part's probe; a database that is just starting is no answer yet."""
    try:
        return part.ready(settings, pid)
    except OperationalError:
        return False


def _worker(kind: str) -> PartSpec:
    return PartSpec(
        f"worker-{kind}",
        "shared.broker.worker",
        2,
        says_ready(f"worker-{kind}"),
        arguments=(kind,),
        stop_seconds=40.0,
        environment={"REMAP_SIGTERM": "SIGQUIT"},  # a soft shutdown: running work is checkpointed
    )


PARTS: tuple[PartSpec, ...] = (
    PartSpec("relay", "shared.broker.relay", 0, says_ready("relay")),
    PartSpec("api", "api_service.main", 0, answers("api_bind", "/health")),
    PartSpec("events", "api_service.events", 0, answers("events_bind", "/health"), stop_seconds=5.0),
    PartSpec("model-server", "deployer_service.serve", 1, answers("model_server_bind", "/health")),
    _worker("collect"),
    _worker("train"),
    _worker("deploy"),
    PartSpec("beat", "shared.broker.beat", 2, says_ready("beat"), stop_seconds=5.0),
    PartSpec("flower", "shared.broker.flower", 2, answers("flower_bind", "/"), stop_seconds=5.0),
)

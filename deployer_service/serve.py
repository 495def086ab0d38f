"""The model server: `python -m deployer_service.serve` holds the versions in service and answers for them."""

import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from deployer_service.aside import Aside
from deployer_service.origin import Origin
from deployer_service.serve_http import ModelServerHttp, Routes
from deployer_service.serve_memory import Memory
from shared.config import Settings, load_settings
from shared.errors import Error, TransientError
from shared.logs import log, set_up_logs
from shared.registry.schema import check_schema
from shared.serving.token import internal_token
from shared.tls import server_context

RETRY_SECONDS = 1.0
PROVE_SECONDS, LOOK_SECONDS = 3600.0, 5.0
SWITCH_SECONDS = 0.0005  # between Python threads: one that spins must not hold up the others for long
STOP_SECONDS = 0.1


@dataclass
class Warmth:
    """How far the start has come: the versions in service, and those that could not be loaded."""

    done: bool = False
    failed: dict[str, str] = field(default_factory=dict)

    def warm(self, memory: Memory, in_service: Callable[[], list[str]], stopped: threading.Event) -> None:
        """Load all versions in service; while the database or the store is away, try again."""
        while not stopped.is_set():
            try:
                for digest in in_service():
                    self._load(memory, digest)
            except TransientError as error:
                log.warning("versions in service are not known yet", why=error.code)
                stopped.wait(RETRY_SECONDS)
            else:
                self.done = True
                return

    def keep(self, memory: Memory, in_service: Callable[[], list[str]], stopped: threading.Event) -> None:
        """Warm up; then load anew from its bytes what hangs, or answers its hourly probes otherwise."""
        self.warm(memory, in_service, stopped)
        proved = time.monotonic()
        while not stopped.wait(min(LOOK_SECONDS, PROVE_SECONDS)):
            dropped = memory.drop_hanging()
            if time.monotonic() - proved >= PROVE_SECONDS:
                dropped += memory.prove()
                proved = time.monotonic()
            for digest in dropped:
                log.error("a version hangs, or no longer answers as it did", digest=digest)
            if dropped:
                self.warm(memory, in_service, stopped)
            else:
                self._catch_up(memory, in_service)

    def _catch_up(self, memory: Memory, in_service: Callable[[], list[str]]) -> None:
        """Load what has got a seat since: another server may have brought it up while this one was away."""
        try:
            held = {one.digest for one in memory.loaded()} | self.failed.keys()
            for digest in set(in_service()) - held:
                self._load(memory, digest)
        except TransientError:
            return  # the next look asks again; what is held answers meanwhile

    def _load(self, memory: Memory, digest: str) -> None:
        try:
            memory.load(digest)
            self.failed.pop(digest, None)
        except TransientError:
            raise
        except Error as error:
            self.failed[digest] = error.code
            log.error("a version in service was refused", digest=digest, why=error.code)

    def health(self, memory: Memory) -> dict[str, Any]:
        """Ready once every version in service is in memory."""
        state = "loading" if not self.done else ("degraded" if self.failed else "ready")
        return {"state": state, "loaded": len(memory.loaded()), "refused": dict(self.failed)}


@contextmanager
def serving(settings: Settings) -> Iterator[ModelServerHttp]:
    """A model server that listens and warms up while the block runs."""
    origin, aside = Origin.of(settings), Aside(settings)
    memory, warmth, stopped = Memory(origin.bring, aside=aside), Warmth(), threading.Event()
    routes = Routes(memory, internal_token(settings), lambda: warmth.health(memory))
    tls = server_context(settings.tls_certificate) if settings.tls_certificate else None
    server = ModelServerHttp(settings.model_server_bind, routes, tls)
    for target, arguments in (
        (server.serve_forever, (STOP_SECONDS,)),
        (warmth.keep, (memory, origin.in_service, stopped)),
    ):
        threading.Thread(target=target, args=arguments, daemon=True).start()
    try:
        yield server
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        aside.close()


def main() -> None:
    """Serve until SIGTERM or SIGINT; requests under way are answered first."""
    settings = load_settings()
    set_up_logs("model-server", level=settings.log_level)
    try:
        check_schema(settings)
    except Error as error:
        sys.exit(f"{error}; {error.fix}")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sys.setswitchinterval(SWITCH_SECONDS)
    with serving(settings):
        log.info("model server listens", bind=settings.model_server_bind)
        stop.wait()


if __name__ == "__main__":
    main()

"""Rings the doorbells: outbox rows become messages. `python -m shared.broker.relay`; of several one leads.

At least once is enough: a doorbell that finds nothing to do is normal, a lost one is rung again.
"""

import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping

import psycopg2
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker

from shared.broker.heartbeat import Heartbeat
from shared.broker.names import TaskName
from shared.broker.notary import Notary
from shared.broker.post import Post
from shared.broker.reaper import Reaper
from shared.broker.resource_watch import ResourceWatch
from shared.broker.waiting import Patience, waiting
from shared.broker.wire import Line
from shared.clock import Clock
from shared.config import Settings, load_settings
from shared.errors import Error, PartDownError
from shared.logs import log, set_up_logs
from shared.registry import alerts, idempotency, outbox, recoveries
from shared.registry.alerts import Trouble
from shared.registry.parts import Identity
from shared.registry.schema import check_schema
from shared.registry.session import make_sessions
from shared.signing import open_signer
from shared.storage.objects import open_storage
from shared.vault import Vault, open_vault

BATCH = 1000
POLL_SECONDS = 0.25
REST_SECONDS = 0.02  # after a push, so that under load many rings go together; one alone never waits for it
REAP_SECONDS = 0.25
LOOK_SECONDS = 1.0
TIDY_SECONDS = 60.0
_TASKS = frozenset(TaskName)


class Relay:
    """The leader's work, one `turn` at a time; what fails is said in `state` and tried again."""

    def __init__(
        self, sessions: sessionmaker[Session], *, clock: Clock, vault: Vault, lease_seconds: float
    ) -> None:
        self.sessions, self._clock = sessions, clock
        self._line = Line(vault)
        self._patience = Patience()
        self._reaper = Reaper(sessions, lease_seconds)
        self._reap_at = self._look_at = self._tidy_at = 0.0
        self.state: dict[str, object] = {"leader": False, "broker": "unknown"}
        self.state |= dict.fromkeys(("pushed", "rung_again", "given_up"), 0) | {"refused": {}}

    def turn(self, *, at: float) -> None:
        """Push, look and reap once; `at` is monotonic seconds.

        Raises:
            SQLAlchemyError: the database does not answer.
            EvictingBrokerError: the broker may drop messages.
        """
        try:
            while self._push() == BATCH:  # first of all: somebody waits for the ring
                pass
            if at >= self._look_at:
                self._look_at = at + LOOK_SECONDS
                self._look(at)
            self.state["broker"] = "up"
        except PartDownError as error:
            self._look_at = at  # whoever comes back has perhaps forgotten all: no second is to be lost
            if self.state["broker"] != "down":
                log.warning("broker down", reason=str(error))
            self.state["broker"] = "down"
        self._reap(at)

    def _reap(self, at: float) -> None:
        if at >= self._reap_at:
            self._reap_at = at + REAP_SECONDS
            self._add("given_up", self._reaper.look(at=at, now=self._clock()))
        if at >= self._tidy_at:
            self._tidy_at = at + TIDY_SECONDS
            with self.sessions.begin() as session:
                idempotency.prune(session, now=self._clock())

    def _push(self) -> int:
        """Move one batch; when the push fails the rows stay."""
        with self.sessions.begin() as session:
            taken = outbox.take(session, BATCH)
            bells = [(TaskName(task), subject) for task, subject in taken if task in _TASKS]
            if bells:
                self._line.push(bells)
        if len(bells) < len(taken):
            log.error("doorbells of unknown tasks dropped", count=len(taken) - len(bells))
        self._add("pushed", len(bells))
        return len(taken)

    def _look(self, at: float) -> None:
        """Ring again for rows that wait although their queue is empty."""
        depths = self._line.depths()
        with self.sessions() as session:
            bells = waiting(session, now=self._clock())
        if self._line.is_another():
            self._patience.lose_it(bells, at=at)
            if self.state["broker"] != "unknown":  # at the first look every broker is another
                self._note("broker", f"it was started anew: {len(bells)} waiting rows are rung for again")
        self.state["queues"] = {queue.value: depth for queue, depth in depths.items()}
        self._tell_of_refused(self._line.refused())
        again = self._patience.due(bells, depths, at=at)
        if again:
            self._line.push(again)
            self._add("rung_again", len(again))
            self._note("doorbells", f"rang again for {len(again)} rows that waited on")
            log.info("rung again", count=len(again))

    def _tell_of_refused(self, refused: Mapping[str, int]) -> None:
        """Raise an alert when there are more messages than before that no worker may act on."""
        before, self.state["refused"] = self.state["refused"], refused
        if not isinstance(before, Mapping) or all(refused[why] <= before.get(why, 0) for why in refused):
            return
        told = ", ".join(f"{count} {why}" for why, count in sorted(refused.items()))
        trouble = Trouble(
            kind="refused_messages",
            severity="warning",
            dedup_key="refused_messages",
            title="Messages at the broker that no relay of this site sent",
            body=f"Workers refused: {told}. Nobody acts on them; see who else can write to the broker.",
        )
        with self.sessions.begin() as session:
            alerts.raise_alert(session, trouble, now=self._clock())

    def _note(self, what: str, did: str) -> None:
        with self.sessions.begin() as session:
            recoveries.note(session, what, did=did, by="relay", now=self._clock())

    def _add(self, what: str, count: int) -> None:
        self.state[what] = int(str(self.state[what])) + count


def serve(settings: Settings, is_over: Callable[[float], bool]) -> None:
    """Lead or stand by until `is_over` (given seconds to wait) says so; a lost database is waited for."""
    relay = Relay(
        make_sessions(settings, pool_size=2),
        clock=settings.clock,
        vault=open_vault(settings.secret_file),
        lease_seconds=settings.lease_seconds,
    )
    notary = Notary(
        relay.sessions, storage=open_storage(settings), signer=open_signer(settings), clock=settings.clock
    )
    resources = ResourceWatch(relay.sessions, clock=settings.clock)
    post = Post(settings)
    heartbeat = Heartbeat(settings, Identity("relay"), lambda: relay.state)
    heartbeat.start()
    try:
        while not is_over(0):
            if not _one_turn((relay, notary, resources), post):
                is_over(POLL_SECONDS)
    finally:
        post.leave()
        heartbeat.stop()


def _one_turn(works: tuple[Relay, Notary, ResourceWatch], post: Post) -> bool:
    """Work if the post is this relay's, then wait for the next ring; whether the database answered."""
    relay = works[0]
    try:
        relay.state["leader"] = post.is_mine()
        if relay.state["leader"]:
            before = relay.state["pushed"]
            for work in works:
                work.turn(at=time.monotonic())
            if relay.state["pushed"] != before:
                time.sleep(REST_SECONDS)
        post.wait(POLL_SECONDS)
    except (SQLAlchemyError, psycopg2.Error) as error:
        relay.state["leader"] = False
        post.leave()
        log.warning("database down", reason=type(error).__name__)
        return False
    return True


def main() -> int:
    """Run until SIGTERM or Ctrl-C; the exit status of the process."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = load_settings()
        set_up_logs("relay", level=settings.log_level)
        check_schema(settings)
        serve(settings, stop.wait)
    except Error as error:
        sys.stderr.write(f"{error}; {error.fix}\n" if error.fix else f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

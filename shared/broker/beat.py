"""Celery's beat over the `schedules` table: `python -m shared.broker.beat`, of any number."""

import sys
from typing import Any

from celery import Celery
from celery.beat import Scheduler
from sqlalchemy.exc import SQLAlchemyError

from shared.broker.app import app
from shared.broker.heartbeat import Heartbeat
from shared.broker.schedule import fire_due
from shared.config import load_settings
from shared.errors import Error
from shared.logs import log, set_up_logs
from shared.registry import schedules
from shared.registry.parts import Identity
from shared.registry.schema import check_schema
from shared.registry.session import make_sessions

EVERY_SECONDS = 1.0


class RowScheduler(Scheduler):
    """Fires rows, not entries: it keeps nothing between two ticks, so an edit counts at the next one."""

    def __init__(self, app: Celery, **kwargs: Any) -> None:
        self._settings = load_settings()
        self._sessions = make_sessions(self._settings, pool_size=1)
        self._ready = False
        self._state: dict[str, object] = {"fired": 0}
        self._heartbeat = Heartbeat(self._settings, Identity("beat"), lambda: self._state)
        super().__init__(app, **kwargs)

    def setup_schedule(self) -> None:
        """Begin to say that this beat lives."""
        self._heartbeat.start()

    def tick(self, *_: object, **__: object) -> float:
        """Fire what is due; the seconds until the next look."""
        try:
            now = self._settings.clock()
            if not self._ready:
                with self._sessions.begin() as session:
                    schedules.ensure_defaults(session, self._settings, now)
                self._ready = True
            self._state["fired"] = int(str(self._state["fired"])) + fire_due(self._sessions, now)
            self._state["database"] = "up"
        except SQLAlchemyError as error:
            self._state["database"] = "down"
            log.warning("schedules not read", reason=type(error).__name__)
        return EVERY_SECONDS

    def close(self) -> None:
        """Sign off."""
        self._heartbeat.stop()
        super().close()


def main() -> int:
    """Run until SIGTERM; the exit status of the process."""
    try:
        settings = load_settings()
        set_up_logs("beat", level=settings.log_level)
        check_schema(settings)
        app.Beat(scheduler_cls="shared.broker.beat:RowScheduler", quiet=True, redirect_stdouts=False).run()
    except Error as error:
        sys.stderr.write(f"{error}; {error.fix}\n" if error.fix else f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

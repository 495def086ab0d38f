"""Silent scoring as the deployer does it, in a process of its own, for as long as a block runs."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

from sqlalchemy import func, select

from bench.serving_world.site import START_SECONDS, Site
from deployer_service import canary, look, watch
from deployer_service.deps import Deps
from shared.config import Settings
from shared.notify.apprise import open_notifier
from shared.registry.session import make_sessions
from shared.registry.tables import SilentScore
from shared.serving.open import open_model_server
from shared.vault import open_vault

PAUSE_SECONDS = 0.5  # between two looks; bells for them come with feedback, and every five minutes


class Scorer:
    """The process that scores while it is let; `scored` is how many silent answers there are."""

    def __init__(self, site: Site) -> None:
        context = multiprocessing.get_context("spawn")
        self._site, self._before = site, _scores(site)
        self._let, self._rests = context.Event(), context.Event()
        events = self._let, self._rests
        self._process = context.Process(target=_score, args=(site.settings, *events), daemon=True)
        self._process.start()
        self._rests.wait(START_SECONDS)

    @property
    def scored(self) -> int:
        """Silent answers since it was started."""
        return _scores(self._site) - self._before

    @contextmanager
    def scoring(self) -> Iterator[None]:
        """Let it score while the block runs; what it is about then is brought to its end."""
        self._rests.clear()
        self._let.set()
        try:
            yield
        finally:
            self._let.clear()
            self._rests.wait(START_SECONDS)

    def end(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.join()


def _score(settings: Settings, let: Event, rests: Event) -> None:
    sessions = make_sessions(settings)
    deps = Deps(
        settings=settings,
        sessions=sessions,
        clock=settings.clock,
        vault=open_vault(settings.secret_file),
        model_server=open_model_server(settings, sessions),
        notifier=open_notifier(settings),
    )
    while True:
        if not let.is_set():
            rests.set()
            let.wait()
        if _round(deps) < canary.PAGE:
            time.sleep(PAUSE_SECONDS)


def _round(deps: Deps) -> int:
    """What a look does to the runs of this type; the most that one of them had scored."""
    with deps.sessions() as session:
        running = watch.compared(session, "diagnosis")
    scored = [canary.score_silently(one, deps) for one in running]
    for one in running:
        look.decide(one, deps)
    return max(scored, default=0)


def _scores(site: Site) -> int:
    with site.sessions() as session:
        return session.scalar(select(func.count()).select_from(SilentScore)) or 0

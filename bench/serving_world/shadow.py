"""Silent scoring as the deployer does it, in a process of its own, for as long as a block runs."""

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
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

PAUSE_SECONDS = 0.2


@dataclass
class Shadow:
    """How many silent answers the block saw."""

    scored: int = 0


@contextmanager
def scoring(site: Site) -> Iterator[Shadow]:
    """Score what comes, in a process that is ended with the block."""
    before, shadow = _scores(site), Shadow()
    context = multiprocessing.get_context("spawn")
    begun = context.Event()
    process = context.Process(target=_score, args=(site.settings, begun), daemon=True)
    process.start()
    begun.wait(START_SECONDS)
    try:
        yield shadow
    finally:
        process.kill()
        process.join()
        shadow.scored = _scores(site) - before


def _score(settings: Settings, begun: Event) -> None:
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
        with deps.sessions() as session:
            running = watch.compared(session, "diagnosis")
        begun.set()
        scored = [canary.score_silently(one, deps) for one in running]
        for one in running:
            look.decide(one, deps)
        if max(scored, default=0) < canary.PAGE:
            time.sleep(PAUSE_SECONDS)


def _scores(site: Site) -> int:
    with site.sessions() as session:
        return session.scalar(select(func.count()).select_from(SilentScore)) or 0

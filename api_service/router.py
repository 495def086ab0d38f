"""Who answers one prediction: the champion, or the challenger for the persons that the plan gives it.

A challenger answers only while the registry confirms the plan; where it fails the champion answers, and an
answer of a version that was rolled back meanwhile is computed again.
"""

import time
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session, sessionmaker

from api_service.plan_cache import Held, PlanCache
from shared.config import Settings
from shared.domain import routing
from shared.domain.example import Answer, MaskAnswer, PictureAsk
from shared.errors import NotFoundError, PartDownError, TransientError
from shared.logs import log
from shared.registry.plans import Plan, Served
from shared.serving.base import ModelServer
from shared.serving.local import LocalModelServer
from shared.serving.token import internal_token

_TRIES = 3


@dataclass(frozen=True)
class Routed:
    """An answer with the plan and the version that gave it; `share` is what the challenger could get."""

    held: Held
    served: Served
    slot: str
    share: float
    answer: Answer | MaskAnswer
    latency_ms: float


class Router:
    """Answers by the last good plan, whatever else is down."""

    def __init__(self, cache: PlanCache, server: ModelServer) -> None:
        self.cache, self.server = cache, server

    @classmethod
    def of(cls, settings: Settings, sessions: sessionmaker[Session]) -> "Router":
        """The router of one process; `start` makes it follow the registry."""
        cache = PlanCache(settings.root / "router", sessions)
        return cls(cache, LocalModelServer(settings.model_server, internal_token(settings)))

    def answer(self, model_type: str, person_key: str | None, asked: str | PictureAsk) -> Routed:
        """The answer of the version that this person is given; without a key (database away) the champion's.

        Raises:
            NoLiveVersionError: nothing serves this model type.
            PartDownError: the model server cannot answer for the champion.
            InvalidInputError: a text was asked where pictures are answered, or the other way round.
        """
        began = time.perf_counter()
        for _ in range(_TRIES):
            held = self.cache.held(model_type)
            share = held.plan.share if held.confirmed and person_key is not None else 0.0
            slot = routing.slot(held.plan.seats, person_key, confirmed=held.confirmed)
            slot, served, answer = self._ask(held.plan, slot, asked)
            now = self.cache.held(model_type)
            if routing.still_serves(now.plan.seats, served.id, confirmed=now.confirmed):
                spent = (time.perf_counter() - began) * 1000
                return Routed(held, served, slot, share, answer, round(spent, 3))
        raise PartDownError(f"the plan of {model_type} keeps changing", fix="ask again in a moment")

    def _ask(self, plan: Plan, slot: str, asked: str | PictureAsk) -> tuple[str, Served, Answer | MaskAnswer]:
        """Of the first that answers. Where the server is too busy for the champion, no other is tried."""
        missing: NotFoundError | None = None
        for served in routing.tries(plan.served, slot):
            gave = routing.CHALLENGER if served == plan.challenger else routing.CHAMPION
            try:
                return gave, served, self._answer(served.digest, asked)
            except TransientError as error:
                if gave == routing.CHAMPION:
                    raise
                log.warning("the challenger does not answer", version=served.name, error=error.code)
            except NotFoundError as error:
                log.warning("a version is not in memory", version=served.name, error=error.code)
                missing = error
        raise PartDownError(
            f"the model server does not hold {plan.champion.name} yet", fix="ask again in a moment"
        ) from missing

    def _answer(self, digest: str, asked: str | PictureAsk) -> Answer | MaskAnswer:
        if isinstance(asked, PictureAsk):
            return self.server.segment(digest, asked)[0]
        return self.server.answer(digest, [asked])[0]


def rolled_back(plan: Plan, to_version: str | None) -> Plan:
    """The plan that serves after a rollback which the registry cannot write yet: the same choice as its own.

    Raises:
        NothingToGoBackToError: no warm version stands where the rollback points.
    """
    seats = routing.rolled_back(plan.names, to_version)
    if seats.champion != plan.champion.name and plan.standby is not None:
        return replace(plan, champion=plan.standby, challenger=None, standby=None, share=0.0)
    return replace(plan, challenger=None, share=0.0)

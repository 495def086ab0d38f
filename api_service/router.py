"""Who answers one prediction: the champion, or the challenger for the persons that the plan gives it.

A challenger answers only while the registry confirms the plan; where it fails or hangs the champion does, and
an answer of a version that was rolled back meanwhile is computed again.
"""

import time
from concurrent.futures import ThreadPoolExecutor
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
from shared.serving.open import open_model_server

AGAIN = (None, None)  # once the plan has changed under an answer nobody is the challenger's any more
_CHALLENGER_THREADS = 8  # requests that a hanging challenger may hold up at most, beside those of the API
_CHALLENGER_SECONDS, _CHALLENGER_PICTURE_SECONDS = 3.0, 20.0
_REST_SECONDS = 10.0  # that a challenger which did not answer is left alone


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
        self._apart = ThreadPoolExecutor(_CHALLENGER_THREADS, "challenger")
        self._rests_until: dict[str, float] = {}

    @classmethod
    def of(cls, settings: Settings, sessions: sessionmaker[Session]) -> "Router":
        """The router of one process; `start` makes it follow the registry."""
        cache = PlanCache(settings.root / "router", sessions)
        return cls(cache, open_model_server(settings, sessions))

    def answer(self, model_type: str, person_key: str | None, asked: str | PictureAsk) -> Routed:
        """The answer of the version that this person is given; without a key (database away) the champion's.

        Raises:
            NoLiveVersionError: nothing serves this model type.
            PartDownError: the model server cannot answer for the champion.
            InvalidInputError: a text was asked where pictures are answered, or the other way round.
        """
        began = time.perf_counter()
        for key in (person_key, *AGAIN):
            held = self.cache.held(model_type)
            share = held.plan.share if held.confirmed and key is not None else 0.0
            slot = routing.slot(held.plan.seats, key, confirmed=held.confirmed)
            slot, served, answer = self._ask(held.plan, slot, asked)
            spent = (time.perf_counter() - began) * 1000
            routed = Routed(held, served, slot, share, answer, round(spent, 3))
            if self.may_deliver(routed):
                return routed
        raise changing(model_type)

    def may_deliver(self, routed: Routed) -> bool:
        """Whether its version has a seat at this moment, as far as anybody here knows."""
        now = self.cache.held(routed.held.plan.model_type)
        return routing.still_serves(now.plan.seats, routed.served.id, confirmed=now.confirmed)

    def _ask(self, plan: Plan, slot: str, asked: str | PictureAsk) -> tuple[str, Served, Answer | MaskAnswer]:
        """Of the first that answers. Where the server is too busy for the champion, no other is tried."""
        missing: NotFoundError | None = None
        for served in routing.tries(plan.served, slot):
            challenges = served == plan.challenger
            try:
                if challenges:
                    return routing.CHALLENGER, served, self._challengers_answer(served.digest, asked)
                return routing.CHAMPION, served, self._answer(served.digest, asked)
            except TransientError as error:
                if not challenges:
                    raise
                log.warning("the challenger does not answer", version=served.name, error=error.code)
            except NotFoundError as error:
                log.warning("a version is not in memory", version=served.name, error=error.code)
                missing = error
        raise PartDownError(
            f"the model server does not hold {plan.champion.name} yet", fix="ask again in a moment"
        ) from missing

    def _challengers_answer(self, digest: str, asked: str | PictureAsk) -> Answer | MaskAnswer:
        """The same in a thread of its own: nobody waits long for one that hangs, and soon nobody asks it.

        Raises:
            PartDownError: it does not answer in time, or did not a moment ago.
        """
        if self._rests_until.get(digest, 0.0) > time.monotonic():
            raise PartDownError("the challenger did not answer a moment ago")
        seconds = _CHALLENGER_PICTURE_SECONDS if isinstance(asked, PictureAsk) else _CHALLENGER_SECONDS
        answer = self._apart.submit(self._answer, digest, asked)
        try:
            return answer.result(seconds)
        except (TimeoutError, TransientError):
            answer.cancel()
            self._rests_until = {digest: time.monotonic() + _REST_SECONDS}
            raise PartDownError("the challenger does not answer") from None

    def _answer(self, digest: str, asked: str | PictureAsk) -> Answer | MaskAnswer:
        if isinstance(asked, PictureAsk):
            return self.server.segment(digest, asked)[0]
        return self.server.answer(digest, [asked])[0]


def changing(model_type: str) -> PartDownError:
    """What is said where one plan follows the other faster than an answer is computed."""
    return PartDownError(f"the plan of {model_type} keeps changing", fix="ask again in a moment")


def rolled_back(plan: Plan, to_version: str | None) -> Plan:
    """The plan that serves after a rollback which the registry cannot write yet: the same choice as its own.

    Raises:
        NothingToGoBackToError: no warm version stands where the rollback points.
    """
    seats = routing.rolled_back(plan.names, to_version)
    if seats.champion != plan.champion.name and plan.standby is not None:
        return replace(plan, champion=plan.standby, challenger=None, standby=None, share=0.0)
    return replace(plan, challenger=None, share=0.0)

"""Who answers one prediction: the champion, or the challenger for the persons that the plan gives it.

A challenger answers only while the registry confirms the plan; where it fails the champion answers, and an
answer of a version that was rolled back meanwhile is computed again.
"""

import time
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session, sessionmaker

from api_service.plan_cache import Held, PlanCache
from shared.config import Settings
from shared.domain.assignment import is_challenged
from shared.domain.example import Answer
from shared.domain.transitions import leaving
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
    answer: Answer
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

    def answer(self, model_type: str, person_key: str | None, text: str) -> Routed:
        """The answer of the version that this person is given; without a key (database away) the champion's.

        Raises:
            NoLiveVersionError: nothing serves this model type.
            PartDownError: the model server cannot answer for the champion.
        """
        began = time.perf_counter()
        for _ in range(_TRIES):
            held = self.cache.held(model_type)
            share = held.plan.share if held.confirmed and person_key is not None else 0.0
            slot = "challenger" if _to_challenger(held, person_key) else "champion"
            slot, served, answer = self._ask(held.plan, slot, text)
            if _still_serves(self.cache.held(model_type), served):
                spent = (time.perf_counter() - began) * 1000
                return Routed(held, served, slot, share, answer, round(spent, 3))
        raise PartDownError(f"the plan of {model_type} keeps changing", fix="ask again in a moment")

    def _ask(self, plan: Plan, slot: str, text: str) -> tuple[str, Served, Answer]:
        if slot == "challenger" and plan.challenger is not None:
            try:
                return slot, plan.challenger, self.server.answer(plan.challenger.digest, [text])[0]
            except (TransientError, NotFoundError) as error:
                log.warning("the challenger does not answer", version=plan.challenger.name, error=error.code)
        try:
            return "champion", plan.champion, self.server.answer(plan.champion.digest, [text])[0]
        except NotFoundError as error:
            raise PartDownError(
                f"the model server does not hold {plan.champion.name} yet", fix="ask again in a moment"
            ) from error


def rolled_back(plan: Plan, to_version: str | None) -> Plan:
    """The plan that serves after a rollback which the registry cannot write yet: the same choice as its own.

    Raises:
        NothingToGoBackToError: no warm version stands where the rollback points.
    """
    if leaving(plan.names, to_version) == plan.champion.name and plan.standby is not None:
        return replace(plan, champion=plan.standby, challenger=None, standby=None, share=0.0)
    return replace(plan, challenger=None, share=0.0)


def _to_challenger(held: Held, person_key: str | None) -> bool:
    if person_key is None or held.plan.challenger is None or not held.confirmed:
        return False
    return is_challenged(person_key, held.plan.salt, held.plan.share)


def _still_serves(held: Held, served: Served) -> bool:
    """Whether the plan of this moment lets the version answer: no rollback came while it was computing."""
    if served == held.plan.champion:
        return True
    return served == held.plan.challenger and held.confirmed and held.plan.share > 0

"""Writing down what was answered: at once, or on a sealed spool until the database is back."""

import json
import threading
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session, sessionmaker

from api_service.people import Known
from api_service.plan_cache import DATABASE_ERRORS, PlanCache
from api_service.router import Routed, rolled_back
from api_service.spool import Entry, Spool
from shared.config import Settings
from shared.domain.assignment import bucket
from shared.domain.example import Answer, MaskAnswer
from shared.logs import log
from shared.registry import answer_door, deployments, persons
from shared.registry.answer_door import Answered
from shared.registry.plans import Plan
from shared.registry.releases import Cause
from shared.vault import Vault

INPUT_PURPOSE = "prediction"
FILE_EVERY_SECONDS = 1.0
_AS_GIVEN = {
    *("id", "model_type", "digest", "plan_number", "slot", "share"),
    *("label", "confidence", "top", "abstain", "latency_ms", "at"),
}


class Asked(BaseModel):
    """What the caller sent; ids and text are sealed or hashed before they are stored."""

    model_config = ConfigDict(frozen=True)

    person: str
    encounter: str
    text: str = ""
    picture: str | None = None  # a PNG or DICOM file in base64
    box: tuple[float, float, float, float] | None = None
    subgroup: dict[str, str]

    def sealed_as(self) -> bytes:
        """What is sealed as the input: the text, or the picture and its box as JSON."""
        if self.picture is None:
            return self.text.encode()
        return json.dumps({"image": self.picture, "box": self.box}).encode()


class Given(BaseModel):
    """One answer as it was given, complete enough to be filed later; `bucket` is None without a person."""

    model_config = ConfigDict(frozen=True)

    id: UUID
    asked: Asked
    model_type: str
    version_id: UUID
    digest: str
    plan_number: int
    slot: str
    share: float
    salt: str
    label: str
    confidence: float
    top: list[tuple[str, float]]
    abstain: bool
    audit_share: float
    retention_days: int
    latency_ms: float
    at: datetime

    @classmethod
    def of(cls, prediction_id: UUID, asked: Asked, routed: Routed, *, now: datetime) -> "Given":
        """From what the router answered."""
        plan, rules = routed.held.plan, routed.held.rules
        answer = _as_answer(routed.answer)
        return cls(
            id=prediction_id,
            asked=asked,
            model_type=plan.model_type,
            version_id=routed.served.id,
            digest=routed.served.digest,
            plan_number=plan.number,
            slot=routed.slot,
            share=routed.share,
            salt=plan.salt,
            label=answer.label,
            confidence=answer.confidence,
            top=list(answer.top),
            abstain=answer.confidence < rules.abstain_below,
            audit_share=rules.audit_share,
            retention_days=rules.retention_days,
            latency_ms=routed.latency_ms,
            at=now,
        )


class Order(BaseModel):
    """A rollback that took effect in the router before it could be written; `leaving` is who had to go."""

    model_config = ConfigDict(frozen=True)

    model_type: str
    leaving: str
    to_version: str | None
    actor: str
    reason: str
    at: datetime


def answered(given: Given, *, person: Known, vault: Vault) -> Answered:
    """The rows of one answer: its input is sealed, and a keyed hash draws it into the audit sample or not."""
    drawn = int.from_bytes(vault.keyed_hash(str(given.id), "audit")[:8]) / 2**64
    in_audit = drawn < given.audit_share
    row = given.model_dump(include=_AS_GIVEN) | {
        "model_version_id": given.version_id,
        "bucket": bucket(person.key, given.salt),
        "person_id": person.id,
        "encounter": vault.keyed_hash(given.asked.encounter, "encounter"),
        "subgroup": given.asked.subgroup,
        "audit_probability": given.audit_share,
        "in_audit": in_audit,
    }
    return Answered(
        row,
        vault.seal(given.asked.sealed_as(), INPUT_PURPOSE),
        kept_until=given.at + timedelta(days=given.retention_days),
        is_read=in_audit and given.asked.picture is None,  # nobody can be asked to read a mask blind yet
    )


def store(session: Session, given: Given, *, person: Known, vault: Vault) -> None:
    """Write down an answer that was given, in a transaction of the caller's."""
    answer_door.file_within(session, answered(given, person=person, vault=vault))


def _as_answer(given: Answer | MaskAnswer) -> Answer:
    """A mask is filed under its label with its score."""
    if isinstance(given, Answer):
        return given
    return Answer(given.label, given.score, ((given.label, given.score),))


class Filing:
    """Two spools, one for answers and one for orders, and the threads that empty them into the registry."""

    def __init__(
        self, settings: Settings, sessions: sessionmaker[Session], *, vault: Vault, cache: PlanCache
    ) -> None:
        self._sessions, self._vault, self._cache = sessions, vault, cache
        self.answers = Spool(settings.root / "spool" / "answers", vault)
        self.orders = Spool(settings.root / "spool" / "orders", vault)
        self._stop = threading.Event()

    def start(self) -> None:
        """Serve by the orders that still wait, and file everything as soon as the registry answers."""
        for entry in self.orders.entries():
            self._apply(Order.model_validate(entry))
        self._cache.before_refresh = self._file_orders
        threading.Thread(target=self._run, name="filing", daemon=True).start()

    def stop(self) -> None:
        """End the thread at its next turn."""
        self._stop.set()

    def spool_answer(self, given: Given) -> None:
        """Keep an answer until the database is back."""
        self.answers.put(given.id, given.model_dump(mode="json"))

    def order(self, order: Order) -> Plan:
        """Roll back in the router now and in the registry when it is back; the plan that serves meanwhile."""
        plan = self._apply(order)
        self.orders.put(uuid4(), order.model_dump(mode="json"))
        return plan

    def _apply(self, order: Order) -> Plan:
        plan = rolled_back(self._cache.held(order.model_type).plan, order.to_version)
        self._cache.override(plan)
        return plan

    def _obey(self) -> None:
        """Serve by the orders that another process of this home was given meanwhile."""
        for entry in self.orders.entries():
            order = Order.model_validate(entry)
            if order.leaving in self._seated(order.model_type):
                self._apply(order)

    def _seated(self, model_type: str) -> tuple[str | None, ...]:
        plan = self._cache.held(model_type).plan
        return plan.champion.name, plan.challenger.name if plan.challenger else None

    def _file_orders(self) -> None:
        self.orders.file(self._file_order, wait=True)  # no plan is read before every order is in it

    def _file_order(self, entry: Entry) -> None:
        order = Order.model_validate(entry)
        cause = Cause(order.actor, order.reason, order.at)
        with self._sessions.begin() as session:
            deployments.file_rollback(session, order.model_type, order.leaving, cause=cause)

    def _run(self) -> None:
        while not self._stop.wait(FILE_EVERY_SECONDS):
            if not self._cache.confirmed:
                self._obey()
                continue
            try:
                self.answers.file(self._file_answer)
            except DATABASE_ERRORS as error:
                log.warning("spooled answers wait for the database", error=type(error).__name__)

    def _file_answer(self, entry: Entry) -> None:
        given = Given.model_validate(entry)
        with self._sessions.begin() as session:
            person = persons.of(session, given.asked.person, vault=self._vault, now=given.at)
            store(session, given, person=Known(person.id, person.key), vault=self._vault)

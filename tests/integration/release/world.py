"""A clinic for the release tests: a text says what each version will answer, a script what is true."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from deployer_service.canary import INPUT_PURPOSE
from deployer_service.deps import Deps
from deployer_service.look import look
from shared.domain.cycle import VersionState
from shared.domain.example import Answer
from shared.errors import NotFoundError, PartDownError
from shared.registry import deployments, models, outcomes, plans, readings
from shared.registry.cases import CASE_PURPOSE
from shared.registry.releases import Cause
from shared.registry.tables import Label, Outcome, Person, Prediction, PredictionInput
from shared.serving.base import Loaded
from tests.factories import NOW, a_case, a_dataset, a_member, a_person, a_plan, a_version

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass
class TextServer:
    """A model server at the Protocol: each text is JSON with the answer of every role, by digest."""

    roles: dict[str, str] = field(default_factory=dict)
    is_down: bool = False
    fingerprint: str = "f"

    def load(self, digest: str) -> Loaded:
        self._answers()
        if digest not in self.roles:
            raise NotFoundError("no such version")
        return Loaded(digest, self.fingerprint)

    def unload(self, digest: str) -> None:
        self.roles.pop(digest, None)

    def loaded(self) -> list[Loaded]:
        return [Loaded(digest, self.fingerprint) for digest in self.roles]

    def answer(self, digest: str, texts: Sequence[str]) -> list[Answer]:
        self._answers()
        role = self.roles[digest]
        labels = [json.loads(text)[role] for text in texts]
        return [Answer(label, 0.8, ((label, 0.8),)) for label in labels]

    def _answers(self) -> None:
        if self.is_down:
            raise PartDownError("the model server does not answer")


@dataclass
class Mailbox:
    """A notifier at the Protocol; with `refuses`, nothing is accepted."""

    sent: list[tuple[int, str, str]] = field(default_factory=list)
    addresses: int = 1

    def channels(self) -> list[str]:
        return ["mailto://…"] * self.addresses

    def send(self, channel: int, title: str, body: str) -> None:
        self.sent.append((channel, title, body))


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Clinic:
    """One model type with a champion and a gated challenger, and what happens to it."""

    deps: Deps
    server: TextServer
    clock: Clock
    mailbox: Mailbox

    def __post_init__(self) -> None:
        with self.deps.sessions.begin() as session:
            champion = a_version(session, state=VersionState.LIVE, labels=["Gout", "Migraine", "Sepsis"])
            a_plan(session, champion)
            self.champion = champion.id
            self.challenger = a_version(session).id
            digests = {self.champion: CHAMPION, self.challenger: CHALLENGER}
            for version_id, role in digests.items():
                self.server.roles[models.get(session, version_id).digest] = role
            self.type_id = models.model_type(session, "diagnosis").id
            session.add(Label(model_type="diagnosis", label="Sepsis", must_not_miss=True, created_at=NOW))

    def look(self) -> None:
        look(self.type_id, self.deps)

    def plan(self) -> plans.Plan:
        with self.deps.sessions() as session:
            plan = plans.current(session, "diagnosis")
            assert plan is not None
            return plan

    def state(self, version_id: UUID) -> VersionState:
        with self.deps.sessions() as session:
            return models.get(session, version_id).state

    def patients(self, count: int, *, champion: str, challenger: str, audited: bool = False) -> list[UUID]:
        """Predictions as the router files them; the challenger answers its share."""
        plan, said = self.plan(), {CHAMPION: champion, CHALLENGER: challenger}
        sealed = self.deps.vault.seal(json.dumps(said).encode(), INPUT_PURPOSE)
        with self.deps.sessions.begin() as session:
            people = [Person(key=uuid4().hex, split="training", created_at=NOW) for _ in range(count)]
            session.add_all(people)
            session.flush()
            rows = [
                self._given(
                    plan, said, person.id, challenged=number < round(count * plan.share), audited=audited
                )
                for number, person in enumerate(people)
            ]
            session.add_all(rows)
            session.flush()
            expires = self.clock() + timedelta(days=90)
            session.add_all(
                [PredictionInput(prediction_id=row.id, sealed=sealed, expires_at=expires) for row in rows]
            )
        self.clock.move(minutes=10)
        return [row.id for row in rows]

    def _given(
        self, plan: plans.Plan, said: dict[str, str], person_id: UUID, *, challenged: bool, audited: bool
    ) -> Prediction:
        served = plan.challenger if challenged else plan.champion
        assert served is not None
        return Prediction(
            id=uuid4(),
            model_type="diagnosis",
            model_version_id=served.id,
            digest=served.digest,
            plan_number=plan.number,
            slot=CHALLENGER if challenged else CHAMPION,
            share=plan.share,
            bucket=0,
            person_id=person_id,
            encounter=b"e",
            label=said[self.server.roles[served.digest]],
            confidence=0.8,
            top=[],
            abstain=False,
            subgroup={"site": "north", "sex": "f", "age_band": "40-49"},
            audit_probability=0.1,
            in_audit=audited,
            latency_ms=1.0,
            at=self.clock(),
        )

    def label(self, ids: list[UUID], label: str, *, blind: bool = False) -> None:
        with self.deps.sessions.begin() as session:
            for prediction_id in ids:
                outcomes.add(session, feedback(prediction_id, label, at=self.clock(), blind=blind))

    def read(self, label: str) -> int:
        """Answer every open reading."""
        with self.deps.sessions.begin() as session:
            waiting = readings.open(session, "diagnosis", 500)
            for reading in waiting:
                readings.answer(session, reading.id, label=label, reader="reader", now=self.clock())
        return len(waiting)

    def to_shadow(self) -> None:
        with self.deps.sessions.begin() as session:
            version = models.get(session, self.challenger)
            deployments.deploy(
                session, version, strategy="canary", cause=Cause("ann", "try it", self.clock())
            )
        self.look()

    def another_waits(self) -> UUID:
        """A newer version that passed the gate and is asked for; it answers as the challenger does."""
        with self.deps.sessions.begin() as session:
            version = a_version(session)
            self.server.roles[version.digest] = CHALLENGER
            cause = Cause("ann", "the next one", self.clock())
            deployments.deploy(session, version, strategy="canary", cause=cause)
            return version.id

    def to_canary(self) -> None:
        self.to_shadow()
        self.patients(100, champion="Sepsis", challenger="Sepsis")
        self.patients(20, champion="Gout", challenger="Migraine")
        self.look()
        self.read("Migraine")
        self.look()

    def to_live(self) -> None:
        self.to_canary()
        for count in (200, 100, 100):
            self.label(self.patients(count, champion="Gout", challenger="Gout"), "Gout")
            self.look()


def feedback(prediction_id: UUID, label: str, *, at: datetime, blind: bool = False) -> Outcome:
    return Outcome(
        prediction_id=prediction_id,
        kind="feedback",
        label=label,
        blind=blind,
        validated_by="dr",
        validated_at=at,
        received_at=at,
    )


def an_exam(session, vault, rows: list[tuple[str, dict[str, str]]]):
    """A sealed dataset whose evaluation side holds one case a row: truth, and what each role answers."""
    dataset = a_dataset(session)
    for truth, said in rows:
        person = a_person(session, split="evaluation")
        sealed = vault.seal(json.dumps(said).encode(), CASE_PURPOSE)
        case = a_case(session, person=person, diagnosis=truth, input_sealed=sealed)
        a_member(session, dataset, case, split="evaluation")
    return dataset

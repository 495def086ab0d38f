"""Random roads on real Postgres: whatever people, workers and crashes do, the registry goes by the rules."""

from dataclasses import dataclass, field
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from shared.domain import transitions
from shared.domain.cycle import CHALLENGING, MOVES, VersionState
from shared.domain.transitions import Seats
from shared.errors import Error
from shared.registry import deployments, evidence, models, plans, releases
from shared.registry.releases import Cause
from shared.registry.tables import EvidenceRecord, ModelType, TrafficPlan
from tests.factories import NOW, a_plan, a_version

STEPS = ("start", "advance", "promote", "roll_back", "end", "settle")
PEOPLE = ("back", "back to the warm one", "back to the champion", "filed late", "deploy", "taint")
ROAD = st.lists(st.tuples(st.sampled_from(STEPS * 2 + PEOPLE), st.integers(0, 3), st.booleans()), max_size=25)
_numbers = count(1)


class CrashError(Exception):
    """The process dies before its commit."""


@dataclass
class Site:
    """One model type of its own: what the registry does, beside what the pure rules say."""

    sessions: object
    name: str = field(default_factory=lambda: f"kind-{next(_numbers)}")

    def __post_init__(self):
        with self.sessions.begin() as session:
            session.add(ModelType(name=self.name, family="text_classifier", base="minilm", created_at=NOW))
            session.flush()
            states = [VersionState.LIVE] + [VersionState.GATED] * 3
            made = [a_version(session, model_type=self.name, state=state) for state in states]
            a_plan(session, made[0])
            self.ids = [version.id for version in made]
        self.seats = Seats(1, self.ids[0], salt="s")
        self.states = dict(zip(self.ids, states, strict=True))
        self.tainted, self.records = set(), 0

    def step(self, name, place, *, dies):
        """One thing that happens; the rules and the registry must agree on whether it may."""
        version, before = self.ids[place], (self.seats, dict(self.states), set(self.tainted), self.records)
        try:
            with self.sessions.begin() as session:
                said = self._ask(session, name, version)
                if dies:
                    raise CrashError
            self._expect(said)
        except CrashError:
            self.seats, self.states, self.tainted, self.records = before
        except Error:
            assert self._rule(name, version) is None, f"{name} was refused, and the rules let it"

    def _ask(self, session, name, version_id):
        version, cause = models.get(session, version_id), Cause("somebody", name, NOW)
        rule = self._rule(name, version_id)
        if name == "taint":
            version.tainted = ["withdrawal"]
            self.tainted.add(version_id)
        elif name == "deploy":
            deployments.deploy(session, version, strategy="canary", cause=cause)
        elif name == "advance":
            releases.advance(session, version, share=self._share(), cause=cause)
        elif name in STEPS:
            call = {"end": releases.end_without_evidence}.get(name) or getattr(releases, name)
            call(session, version, cause)
        elif name == "filed late":
            deployments.file_rollback(session, self.name, version.name, cause=cause)
        else:
            to = self._to(name)
            target = models.get(session, to).name if to else None
            deployments.rollback_by_person(session, self.name, target, cause=cause)
        return rule

    def _to(self, name):
        return {"back to the warm one": self.seats.standby, "back to the champion": self.seats.champion}.get(
            name
        )

    def _share(self):
        later = [share for share in (0.05, 0.25, 0.5) if share > self.seats.share]
        return later[0] if later else 0.9

    def _rule(self, name, version):
        """What the pure rules make of it: a change, "nothing", or None where they refuse."""
        seats, state = self.seats, self.states[version]
        try:
            if name == "taint":
                return "nothing"
            if name == "deploy":
                return None if transitions.why_not(self._entrant(version)) else "nothing"
            if name == "filed late" and version not in (seats.champion, seats.challenger):
                return "nothing"
            if name == "advance":
                change = transitions.advance(seats, version, state, share=self._share())
            elif name in ("start", "settle"):
                change = getattr(transitions, name)(seats, version)
            elif name in ("promote", "end"):
                change = getattr(transitions, name)(seats, version, state)
            else:
                leaves = version if name in ("roll_back", "filed late") else None
                leaves = leaves or transitions.leaving(seats, self._to(name))
                change = transitions.roll_back(seats, leaves, self.states[leaves])
            return change if self._edges_hold(change) else None
        except Error:
            return None

    def _entrant(self, version):
        entrant = transitions.Entrant(self.states[version], True)  # noqa: FBT003
        return entrant._replace(tainted=("withdrawal",) if version in self.tainted else ())

    def _edges_hold(self, change):
        states = dict(self.states)
        for one, to in change.moves:
            if to not in MOVES[VersionState].get(states[one], ()):
                return False
            states[one] = to
        return True

    def _expect(self, said):
        assert said is not None, "the registry let something happen that the rules refuse"
        if said == "nothing":
            return
        for one, to in said.moves:
            self.states[one] = to
        self.seats = said.seats
        self.records += 1 + (said.fallen is not None)

    def holds(self):
        """The registry is where the rules are, and its own invariants hold."""
        with self.sessions() as session:
            plan = plans.current(session, self.name)
            found = {one: models.get(session, one).state for one in self.ids}
            written = session.scalars(select(EvidenceRecord).filter_by(model_type=self.name)).all()
            numbers = session.scalars(select(TrafficPlan.number).filter_by(model_type=self.name)).all()
            assert evidence.first_broken(session) is None
        assert plan.seats == self.seats
        assert found == self.states
        assert len(written) == self.records
        assert sorted(numbers) == list(range(1, len(numbers) + 1))
        assert sum(state is VersionState.LIVE for state in found.values()) == 1
        assert sum(state in CHALLENGING for state in found.values()) <= 1


QUICK = settings(
    max_examples=8,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUICK
@given(road=ROAD)
def test_the_registry_goes_by_the_rules_on_every_road(sessions, road):
    site = Site(sessions)
    for name, place, dies in road:
        site.step(name, place, dies=dies)
        site.holds()


@QUICK
@given(road=ROAD)
def test_a_version_that_was_promoted_is_left_by_every_road(sessions, road):
    site = Site(sessions)
    for name in ("start", "advance", "advance", "advance", "promote"):
        site.step(name, 1, dies=False)
    site.holds()
    assert site.seats == Seats(6, site.ids[1], standby=site.ids[0], shadow=True)
    for name, place, dies in road:
        site.step(name, place, dies=dies)
        site.holds()

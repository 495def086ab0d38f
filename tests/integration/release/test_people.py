"""What people do: deploy, go back, read, give feedback; and the chain that keeps it."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DatabaseError

from shared.domain.bells import TaskName
from shared.domain.cycle import VersionState
from shared.domain.transitions import NotServableError
from shared.registry import deployments, evidence, models, outcomes, plans, readings, releases
from shared.registry.deployments import NotDeployableError, NothingToGoBackToError
from shared.registry.plans import NextPlan, PlanMovedError
from shared.registry.predictions import UnknownPredictionError
from shared.registry.readings import ReadAlreadyError
from shared.registry.releases import Cause
from shared.registry.tables import EvidenceRecord, ModelVersion, Outbox
from tests.factories import a_version
from tests.integration.release.world import feedback


def back(clinic, to_version=None):
    with clinic.deps.sessions.begin() as session:
        cause = Cause("dr", "it looks wrong", clinic.clock())
        return deployments.rollback_by_person(session, "diagnosis", to_version, cause=cause)


def name_of(clinic, version_id):
    with clinic.deps.sessions() as session:
        return models.get(session, version_id).name


def test_a_person_pulls_the_challenger_without_any_worker(clinic):
    clinic.to_canary()
    clinic.server.is_down = True
    done = back(clinic)
    assert (done.from_version, done.to_version) == (
        name_of(clinic, clinic.challenger),
        name_of(clinic, clinic.champion),
    )
    assert clinic.plan().number == done.plan_number
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK
    clinic.server.is_down = False
    clinic.look()
    assert clinic.plan().number == done.plan_number


def test_a_person_goes_back_to_the_warm_version(clinic):
    clinic.to_live()
    back(clinic, name_of(clinic, clinic.champion))
    assert clinic.plan().champion.id == clinic.champion
    assert clinic.state(clinic.challenger) is VersionState.ROLLED_BACK


def test_with_nothing_to_go_back_to_nothing_changes(clinic):
    with pytest.raises(NothingToGoBackToError):
        back(clinic)
    assert clinic.plan().number == 1


@pytest.mark.parametrize(
    "given",
    [
        {"state": VersionState.REJECTED},
        {"state": VersionState.TRAINED},
        {"blocked": True},
        {"tainted": ["withdrawn case"]},
        {"state": VersionState.ROLLED_BACK},
    ],
)
def test_a_version_that_may_not_serve_is_refused_with_every_reason(clinic, given):
    with clinic.deps.sessions.begin() as session:
        version = a_version(session, **given)
    with pytest.raises(NotDeployableError) as refusal, clinic.deps.sessions.begin() as session:
        cause = Cause("ann", "now", clinic.clock())
        deployments.deploy(session, models.get(session, version.id), strategy="canary", cause=cause)
    assert refusal.value.rules


@pytest.mark.parametrize("who", ["champion", "challenger"])
def test_a_blocked_version_stands_in_no_rollbacks_way(clinic, who):
    clinic.to_canary()
    with clinic.deps.sessions.begin() as session:
        models.get(session, getattr(clinic, who)).blocked = True
    back(clinic)
    assert clinic.state(clinic.challenger) == VersionState.ROLLED_BACK
    assert clinic.plan().champion.id == clinic.champion


def test_a_blocked_version_takes_no_seat(clinic):
    clinic.to_canary()
    with clinic.deps.sessions.begin() as session:
        models.get(session, clinic.challenger).blocked = True
    with pytest.raises(NotServableError), clinic.deps.sessions.begin() as session:
        version = models.get(session, clinic.challenger)
        releases.advance(session, version, share=0.25, cause=Cause("ann", "go on", clinic.clock()))


def test_deploying_twice_is_one_deployment(clinic):
    ids = set()
    for _ in range(2):
        with clinic.deps.sessions.begin() as session:
            version = models.get(session, clinic.challenger)
            cause = Cause("ann", "now", clinic.clock())
            ids.add(deployments.deploy(session, version, strategy="canary", cause=cause).id)
    assert len(ids) == 1


def test_the_time_machine_says_what_was_live(clinic):
    before = clinic.clock()
    clinic.clock.move(days=1)
    clinic.to_canary()
    with clinic.deps.sessions() as session:
        assert plans.at(session, "diagnosis", before).challenger is None
        assert plans.at(session, "diagnosis", clinic.clock()).share == 0.05
        assert plans.at(session, "diagnosis", before - timedelta(days=9)) is None


def test_of_two_next_plans_one_is_written(clinic):
    wish = NextPlan(model_type="diagnosis", follows=1, champion=clinic.champion)
    with clinic.deps.sessions.begin() as session:
        plans.append(session, wish, actor="a", reason="first", now=clinic.clock())
    with pytest.raises(PlanMovedError), clinic.deps.sessions.begin() as session:
        plans.append(session, wish, actor="b", reason="second", now=clinic.clock())


def test_a_plan_wakes_the_routers_at_its_commit(clinic, database_url):
    import select as poll

    import psycopg2

    listener = psycopg2.connect(database_url.replace("postgresql+psycopg2", "postgresql"))
    listener.autocommit = True
    listener.cursor().execute(f"LISTEN {plans.CHANNEL}")
    clinic.to_shadow()
    assert poll.select([listener], [], [], 5) != ([], [], [])
    listener.poll()
    assert [note.channel for note in listener.notifies] == [plans.CHANNEL]
    listener.close()


def test_the_same_feedback_again_is_one_outcome_and_a_correction_is_another(clinic):
    prediction = clinic.patients(1, champion="Gout", challenger="Gout")[0]
    said = []
    for label in ("Gout", "Gout", "Migraine"):
        with clinic.deps.sessions.begin() as session:
            said.append(outcomes.add(session, feedback(prediction, label, at=clinic.clock())))
    assert said == [True, False, True]
    with clinic.deps.sessions() as session:
        assert [row.label for row in outcomes.of(session, prediction)] == ["Gout", "Migraine"]
        rung = session.scalars(select(Outbox.subject).filter_by(task=TaskName.LOOK.value)).all()
    assert rung == [clinic.type_id]


def test_feedback_for_an_unknown_prediction_is_refused(clinic):
    with pytest.raises(UnknownPredictionError), clinic.deps.sessions.begin() as session:
        outcomes.add(session, feedback(clinic.champion, "Gout", at=clinic.clock()))


def test_a_reading_is_answered_once(clinic):
    clinic.to_shadow()
    clinic.patients(1, champion="Gout", challenger="Migraine")
    clinic.look()
    with clinic.deps.sessions.begin() as session:
        reading = readings.open(session, "diagnosis", 10)[0]
        for _ in range(2):
            readings.answer(session, reading.id, label="Gout", reader="dr", now=clinic.clock())
    with pytest.raises(ReadAlreadyError), clinic.deps.sessions.begin() as session:
        readings.answer(session, reading.id, label="Migraine", reader="eve", now=clinic.clock())
    with clinic.deps.sessions() as session:
        assert [(row.label, row.blind) for row in outcomes.of(session, reading.prediction_id)] == [
            ("Gout", True)
        ]


def test_the_evidence_chain_cannot_be_changed_and_a_changed_one_is_found(clinic, postgres_server):
    import psycopg2

    clinic.to_canary()
    with pytest.raises(DatabaseError), clinic.deps.sessions.begin() as session:
        session.execute(update(EvidenceRecord).values(actor="somebody else"))
    with clinic.deps.sessions() as session:
        assert evidence.first_broken(session) is None
        database = session.scalar(text("SELECT current_database()"))
    owner = psycopg2.connect(host=str(postgres_server.sockets), user="rounds", dbname=database)
    owner.cursor().execute("ALTER TABLE evidence_records DISABLE TRIGGER append_only")
    owner.cursor().execute('UPDATE evidence_records SET body = body || \'{"reason": "x"}\' WHERE seq = 2')
    owner.commit()
    owner.close()
    with clinic.deps.sessions() as session:
        assert evidence.first_broken(session) == 2


def test_one_live_version_whatever_two_promotions_try(clinic):
    with clinic.deps.sessions() as session:
        live = session.scalars(select(ModelVersion).filter_by(state=VersionState.LIVE)).all()
    assert len(live) == 1
    with pytest.raises(DatabaseError), clinic.deps.sessions.begin() as session:
        a_version(session, state=VersionState.LIVE)

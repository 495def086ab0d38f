"""The closed loop: our own predictions with their validated answers become cases."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shared.registry import datasets, outcomes, validators
from shared.registry.tables import DatasetVersion, Outcome, PredictionInput, SourceRecord, ValidatedCase
from shared.registry.validators import Staff
from tests import factories as make
from worker_collection import dataset

TEXT = "Her name is Marta Quillby and a throbbing headache with flashes of light came on this morning."


@pytest.fixture
def site(deps):
    """A site that knows one doctor, and a version that answers."""
    with deps.sessions.begin() as session:
        doctor = Staff("Dr. Ora Lindqvist", ("ora@clinic.example",), "doctor", qualified=True, active=True)
        validators.add(session, doctor, now=deps.clock(), actor="test")
        return make.a_version(session).id


@pytest.fixture
def answered(deps, site, now):
    """Predict once and answer it; the id of the prediction."""

    def give(label="Migraine", *, text=TEXT, blind=False, by="ora@clinic.example", at=None, **prediction):
        with deps.sessions.begin() as session:
            version = make.ModelVersion
            row = make.a_prediction(session, session.get_one(version, site), **prediction)
            sealed = deps.vault.seal(text.encode(), "prediction")
            session.add(
                PredictionInput(prediction_id=row.id, sealed=sealed, expires_at=now + timedelta(days=9))
            )
        answer(row.id, label, blind=blind, by=by, at=at)
        return str(row.id)

    def answer(prediction_id, label, *, blind=False, by="ora@clinic.example", at=None):
        with deps.sessions.begin() as session:
            outcomes.add(
                session,
                Outcome(
                    prediction_id=prediction_id,
                    kind="reading" if blind else "feedback",
                    label=label,
                    blind=blind,
                    validated_by=by,
                    validated_at=at or now,
                    received_at=at or now,
                ),
            )

    give.again = answer
    return give


@pytest.fixture
def collect(collect_source):
    return lambda: collect_source("feedback", "", "")


def case_of(deps, key):
    with deps.sessions() as session:
        query = select(ValidatedCase).where(ValidatedCase.source_record == key)
        return session.scalars(query.order_by(ValidatedCase.version.desc())).first()


def reason_of(deps, key):
    with deps.sessions() as session:
        return session.scalars(select(SourceRecord.reason).where(SourceRecord.natural_key == key)).one()


def test_a_validated_answer_becomes_a_de_identified_case_of_the_same_person(deps, answered, collect):
    with deps.sessions.begin() as session:
        person = make.a_person(session)
    key = answered(person_id=person.id)
    assert collect()["collected"] == 1
    case = case_of(deps, key)
    assert (case.person_id, case.trust_rule, case.confidence) == (person.id, "validated_answer", 0.9)
    text = deps.vault.open(case.input_sealed, "case").decode()
    assert "throbbing headache" in text
    assert "Quillby" not in text
    assert collect()["collected"] == 0


def test_the_audit_sample_judges_and_is_never_learnt_from(deps, answered, collect):
    with deps.sessions.begin() as session:
        judge, learner = (make.a_person(session, split=side) for side in ("evaluation", "training"))
    for n, person in enumerate([judge, judge, learner, learner]):
        answered(
            person_id=person.id, in_audit=True, audit_probability=0.25, confidence=0.3, text=f"{TEXT} {n}"
        )
    taught = [answered(person_id=learner.id, text=f"{TEXT} Day {n}.") for n in range(5)]
    assert collect()["collected"] == 9
    assert case_of(deps, taught[0]).trust_rule == "validated_answer"
    with deps.sessions.begin() as session:
        version = session.get_one(DatasetVersion, dataset.seal("diagnosis", deps, actor="test"))
        held = datasets.members(session, version.id)
        audited = datasets.examples(session, version.id, "evaluation", vault=deps.vault, purpose="audit")
    judging = [one for one in held if one.split == "evaluation"]
    assert {(one.audit_probability, one.weight) for one in judging} == {(0.25, 4.0)}
    assert {one.audit_probability for one in held if one.split == "training"} == {None}
    assert (version.counts["training"], len(audited), version.counts["not_used"]) == (
        5,
        2,
        {"audit_of_training_side": 2},
    )


def test_the_database_refuses_an_audited_answer_in_training(deps, answered, collect):
    key = answered(in_audit=True, audit_probability=0.25)
    collect()
    case = case_of(deps, key)
    with deps.sessions() as session, pytest.raises(IntegrityError, match="only judges"):
        make.a_member(session, make.a_dataset(session), case)


def test_a_correction_makes_the_next_version_and_a_blind_answer_stands_before_others(
    deps, answered, collect, now
):
    key = answered()
    collect()
    answered.again(key, "Gout", blind=True)
    answered.again(key, "Migraine", at=now + timedelta(hours=1))
    collect()
    case = case_of(deps, key)
    assert (case.version, case.diagnosis, case.confidence) == (2, "Gout", None)


def test_who_takes_over_more_than_the_model_can_be_right_is_looked_at(deps, answered, collect):
    copied = [answered(text=f"{TEXT} Day {n}.", confidence=0.85) for n in range(50)]
    own = answered("Gout", confidence=0.85)
    blind = answered(text=f"{TEXT} Read blind.", blind=True, confidence=0.85)
    answer = collect()
    assert answer["review"] == {"copy_through": 50}
    assert reason_of(deps, copied[0]) == "copy_through"
    assert reason_of(deps, own) is None is reason_of(deps, blind)


def test_an_unknown_reader_an_unsure_model_and_an_expired_input(deps, answered, collect):
    stranger = answered(by="somebody")
    unsure = answered(text=f"{TEXT} Again.", confidence=0.5)
    expired = answered(text=f"{TEXT} Long ago.")
    with deps.sessions.begin() as session:
        session.delete(session.get_one(PredictionInput, expired))
    assert collect()["refused"] == {"input_expired": 1}
    assert reason_of(deps, stranger) == "validator_unknown"
    assert reason_of(deps, unsure) == "low_confidence"

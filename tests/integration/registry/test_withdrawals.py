"""What a withdrawal and a correction reach, and what is written of them for good."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared.domain.cycle import CaseState
from shared.registry import datasets, withdrawals
from shared.registry.tables import ModelVersion
from shared.registry.withdrawals import CORRECTED, digest_of
from tests import factories as make


@pytest.fixture
def used(session):
    """A case that two datasets hold, a model of the first one, and a dataset without it."""
    case = make.a_case(session, diagnosis="Gout")
    sets = [make.a_dataset(session) for _ in range(3)]
    for one in sets[:2]:
        make.a_member(session, one, case)
    make.a_member(session, sets[2], make.a_case(session))
    model = make.a_version(session, dataset_version_id=sets[0].id)
    return case, sets, model


def test_every_descendant_is_listed_and_models_are_flagged(session, used):
    case, sets, model = used
    row = withdrawals.leave(session, case.person_id, cause="asked", actor="ann", now=make.NOW)
    assert row.reached["datasets"] == sorted(one.name for one in sets[:2])
    assert row.reached["models"] == [model.name]
    assert session.get_one(ModelVersion, model.id).tainted == [f"withdrawal:{row.id}"]
    assert case.state is CaseState.WITHDRAWN
    assert datasets.lapsed(session, sets[0].id) == {"training": 1}
    assert datasets.lapsed(session, sets[2].id) == {}
    assert withdrawals.standing(session, row) == {"sealed_since": 0, "sealed_since_with_them": 0}


def test_a_certificate_is_the_same_every_time_and_names_nobody(session, used):
    case, _, model = used
    row = withdrawals.leave(session, case.person_id, cause="asked", actor="ann", now=make.NOW)
    said = withdrawals.certificate(session, row)
    assert said == withdrawals.certificate(session, withdrawals.get(session, row.id))
    assert said["sha256"] == digest_of(said) != digest_of(said | {"cases": 7})
    assert said["models"] == [{"name": model.name, "digest": model.digest}]


def test_a_corrected_label_lists_what_learnt_the_wrong_one_and_blocks_nothing(session, used):
    case, sets, model = used
    assert withdrawals.correct(session, case.id, "Gout", actor="ann", now=make.NOW) is None
    row = withdrawals.correct(session, case.id, "Migraine", actor="ann", now=make.NOW)
    assert (row.cause, row.reached["models"]) == (CORRECTED, [model.name])
    assert session.get_one(ModelVersion, model.id).tainted == []
    fresh = make.a_case(session)
    assert withdrawals.correct(session, fresh.id, "Migraine", actor="ann", now=make.NOW) is None
    assert datasets.lapsed(session, sets[0].id) == {}


def test_a_withdrawal_is_never_rewritten(session, used):
    withdrawals.leave(session, used[0].person_id, cause="asked", actor="ann", now=make.NOW)
    for change in ("UPDATE withdrawals SET cause = 'x'", "DELETE FROM withdrawals"):
        with pytest.raises(DBAPIError, match="permission denied"), session.begin_nested():
            session.execute(text(change))


def test_uses_of_a_frozen_set_are_counted_and_a_worn_one_is_told(session):
    from shared.registry.tables import Alert, EvaluationSet

    version = make.a_dataset(session)
    make.add(session, EvaluationSet(dataset_version_id=version.id, purpose="gate", created_at=make.NOW))
    told = [datasets.count_use(session, version.id, limit=2, now=make.NOW) for _ in range(4)]
    assert told == [1, 2, 3, 4]
    alerts = session.query(Alert).filter_by(kind="evaluation_set_worn").all()
    assert [(one.subject, one.seen) for one in alerts] == [(version.name, 2)]

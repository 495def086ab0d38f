"""Trials of a search: written under the lease of their job, and ended by whoever watches."""

from datetime import UTC, datetime

import pytest

from shared.errors import ConflictError, NotFoundError
from shared.registry import attempts, trials
from shared.registry.leases import FencedOffError, Lease
from shared.registry.tables import AuditEvent, TrainingJob
from tests import factories as make

NOW = datetime(2026, 3, 4, tzinfo=UTC)


def told(number, **more):
    given = {"parameters": {"lora_r": 8}, "objective": None, "pruned_at": None, "ended": "", "scores": []}
    return {"number": number} | given | more


@pytest.fixture
def lease(session):
    job = make.a_job(session, dataset_version_id=make.a_dataset(session).id)
    found = attempts.claim(session, job.id, worker="w", now=NOW)
    assert found is not None
    return found


def test_a_trial_is_one_row_from_its_beginning_to_its_end(session, lease):
    trials.record(session, lease, told(0), now=NOW)
    assert [row.ended for row in trials.of(session, lease.id)] == [None]
    end = told(0, ended="pruned", objective=0.5, pruned_at=1, scores=[0.5])
    for _ in range(2):
        trials.record(session, lease, end, now=NOW)
    session.expire_all()
    (row,) = trials.of(session, lease.id)
    assert (row.ended, row.objective, row.pruned_at, row.scores) == ("pruned", 0.5, 1, [0.5])


def test_a_worker_whose_lease_is_over_writes_no_trial(session, lease):
    late = Lease(TrainingJob, lease.id, lease.fence - 1, lease.attempt, "late")
    with pytest.raises(FencedOffError):
        trials.record(session, late, told(0), now=NOW)


def test_a_running_trial_can_be_ended_and_an_ended_one_cannot(session, lease):
    trials.record(session, lease, told(0, ended="complete", objective=0.5), now=NOW)
    trials.record(session, lease, told(1), now=NOW)
    trials.request_cancel(session, lease.id, 1, actor="ann", now=NOW)
    session.flush()
    assert trials.unwanted(session, lease.id) == [1]
    acts = {(row.act, row.actor) for row in session.query(AuditEvent)}
    assert ("cancel", "ann") in acts
    with pytest.raises(ConflictError):
        trials.request_cancel(session, lease.id, 0, actor="ann", now=NOW)
    with pytest.raises(NotFoundError):
        trials.request_cancel(session, lease.id, 7, actor="ann", now=NOW)

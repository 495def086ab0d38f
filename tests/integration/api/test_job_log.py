"""What happened to a training: its moves and figures, in order, from a number on."""

from uuid import uuid4

from api_service.auth import Role
from shared.registry import events
from tests.factories import NOW, a_job


def test_the_log_holds_the_moves_and_figures_of_this_job_alone(site):
    with site.sessions.begin() as session:
        job, other = a_job(session), a_job(session)
        for step in range(3):
            events.emit(session, kind="training_jobs.progress", subject=job.id, at=NOW, data={"step": step})
        events.emit(session, kind="training_jobs.progress", subject=other.id, at=NOW, data={"step": 9})
    lines = site.get(f"/training/jobs/{job.id}/log").json
    told = [line["data"]["step"] for line in lines if line["event"] == "training_jobs.progress"]
    assert told == [0, 1, 2]
    last = site.get(f"/training/jobs/{job.id}/log?limit=1").json
    assert [line["data"]["step"] for line in last] == [2]
    assert site.get(f"/training/jobs/{job.id}/log?after={last[0]['seq']}").json == []


def test_the_log_of_no_job_is_none(site):
    assert site.get(f"/training/jobs/{uuid4()}/log", Role.VIEWER).status_code == 404

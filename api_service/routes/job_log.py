"""What happened to a training, line by line."""

from uuid import UUID

from pydantic import Field

from api_service.auth import READERS
from api_service.endpoint import Call, Group
from api_service.parse import Body
from api_service.show.training import LogLine
from shared.registry import events, jobs

group = Group()
LINES_MOST = 1000


class LogQuery(Body):
    """The newest lines behind a number."""

    after: int = Field(0, ge=0)
    limit: int = Field(200, ge=1, le=LINES_MOST)


@group.get("/training/jobs/{job_id}/log", roles=READERS)
def job_log(call: Call, job_id: UUID, query: LogQuery) -> list[LogLine]:
    """Its moves and its figures, oldest first; the event stream tells when there are more."""
    jobs.get(call.session, job_id)
    found = events.of_job(call.session, job_id, after=query.after, limit=query.limit)
    return [LogLine(seq=one.seq, at=one.at, event=one.kind, data=dict(one.data)) for one in found]

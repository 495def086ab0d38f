"""The course of a comparison in service, step by step."""

from pydantic import Field

from api_service.auth import READERS
from api_service.endpoint import Call, Group
from api_service.parse import TypeQuery
from api_service.show.experiment import Course
from shared.registry import challenge_steps, models, policies

group = Group()
STEPS_MOST = 1000


class CourseQuery(TypeQuery):
    """How many of the newest steps."""

    limit: int = Field(400, ge=1, le=STEPS_MOST)


@group.get("/models/ab-test/steps", roles=READERS)
def course(call: Call, query: CourseQuery) -> Course:
    """What the engine knew at each step of the running comparison, or of the last one, oldest first."""
    models.model_type(call.session, query.model_type)
    found = challenge_steps.steps(call.session, query.model_type, limit=query.limit)
    return Course.of(query.model_type, policies.current(call.session)[1], found)

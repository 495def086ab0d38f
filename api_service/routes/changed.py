"""What an update changes, case by case."""

from pydantic import Field

from api_service.auth import READERS
from api_service.endpoint import Call, Group
from api_service.parse import PAGE_MOST, Body, Name
from api_service.show.changed import ChangedAnswers
from shared.errors import InvalidInputError
from shared.registry import changed_answers, models

group = Group()


class AnswersQuery(Body):
    """Two versions by name, and how many changed cases at most."""

    version_a: Name
    version_b: Name
    limit: int = Field(100, ge=1, le=PAGE_MOST)


@group.get("/models/compare/answers", roles=READERS)
def changed(call: Call, query: AnswersQuery) -> ChangedAnswers:
    """Which cases of the frozen set two versions answer differently: first those that get worse."""
    names = (query.version_a, query.version_b)
    first, second = (models.by_name(call.session, name) for name in names)
    if first.model_type != second.model_type:
        raise InvalidInputError(
            f"{first.name} and {second.name} answer different questions",
            field="version_b",
            fix="compare versions of one model type",
        )
    found = changed_answers.pairs(call.session, first, second)
    return ChangedAnswers.of(names, found, query.limit)

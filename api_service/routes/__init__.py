"""Every address of the API, one module a group."""

from api_service.endpoint import Endpoint
from api_service.routes import (
    cases,
    collection,
    datasets,
    experiment,
    govern,
    health,
    models,
    pages,
    performance,
    policy,
    release,
    review,
    schedules,
    serving,
    session,
    sources,
    training,
    trust,
    watch,
)

GROUPS = (
    health.group,
    health.neighbours,
    cases.group,
    collection.group,
    sources.group,
    datasets.group,
    training.group,
    models.group,
    experiment.group,
    performance.group,
    release.group,
    policy.group,
    serving.group,
    review.group,
    trust.group,
    watch.group,
    watch.root,
    govern.group,
    schedules.group,
    session.group,
    pages.documents,
)
ENDPOINTS: tuple[Endpoint, ...] = tuple(endpoint for group in GROUPS for endpoint in group.endpoints)

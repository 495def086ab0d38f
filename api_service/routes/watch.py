"""The overview, and figures for Prometheus."""

from flask import Response
from prometheus_client import CONTENT_TYPE_LATEST

from api_service import metrics, vitals
from api_service.auth import EVERYBODY, READERS
from api_service.endpoint import Call, Group, Rules
from api_service.parse import PAGE_MOST, TypeQuery
from api_service.routes import cases, training
from api_service.routes.models import VersionsQuery, available
from api_service.show.health import Overview

group = Group()
root = Group("")


@group.get("/dashboard/overview", roles=READERS)
def overview(call: Call, query: TypeQuery) -> Overview:
    """What a dashboard shows first, in one answer."""
    versions = available(call, VersionsQuery(limit=PAGE_MOST))
    return Overview(
        collection=cases.statistics(call, query),
        recent_jobs=training.list_jobs(call, training.JobsQuery(limit=10)),
        active_models=[version for version in versions if version.is_active],
        system_health=vitals.taken(call.deps),
    )


@root.get("/metrics", roles=EVERYBODY, rules=Rules(media_types=(CONTENT_TYPE_LATEST,)))
def prometheus(call: Call) -> Response:
    """Counts and ages in the Prometheus text format."""
    return Response(metrics.scrape(call.session, call.deps), content_type=CONTENT_TYPE_LATEST)

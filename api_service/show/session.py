"""The shape of a session: who is signed in, what that person may do, where the stream is."""

from datetime import datetime

from api_service.show.ab_test import AbTest
from api_service.show.alerts import AlertShown
from api_service.show.datasets import DatasetShown
from api_service.show.health import Overview
from api_service.show.release import ApprovalShown
from api_service.show.shape import Shape


class SessionShown(Shape):
    """`GET` and `POST /session`. `may` names every write of the API that these roles allow."""

    name: str
    roles: list[str]
    may: list[str]
    now: datetime  # by the site's clock, which a page tells ages by
    until: datetime
    events_url: str
    flower_url: str
    timezone: str
    version: str


class StartShown(Shape):
    """`GET /dashboard/start`: all that the first view shows; nothing where nobody is signed in."""

    session: SessionShown | None = None
    overview: Overview | None = None
    alerts: list[AlertShown] = []
    approvals: list[ApprovalShown] = []
    ab_test: AbTest | None = None
    datasets: list[DatasetShown] = []

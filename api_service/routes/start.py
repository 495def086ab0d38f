"""What a page needs first, in one answer: asked for by the document itself, while its scripts still load."""

from api_service import dispatch
from api_service.auth import OPEN, READERS, Caller
from api_service.endpoint import Call, Group, Rules
from api_service.parse import TypeQuery
from api_service.routes import alerts, datasets, models, policy, session, watch
from api_service.show.session import StartShown
from shared.errors import UnauthenticatedError

group = Group()


@group.get("/dashboard/start", roles=OPEN, rules=Rules(own_transactions=True))
def start(call: Call) -> StartShown:
    """Who is signed in and what the overview shows; to anybody else that nobody is, which is no error."""
    caller = _reader(call)
    if caller is None:
        return StartShown()
    with call.deps.sessions.begin() as opened:
        return _first_view(Call(call.deps, caller, call.now, opened=opened))


def _reader(call: Call) -> Caller | None:
    try:
        found = dispatch.known(call.deps)
    except UnauthenticatedError:
        return None
    return found if found is not None and found.roles & READERS else None


def _first_view(call: Call) -> StartShown:
    query = TypeQuery()
    return StartShown(
        session=session.shown(call, call.caller),
        overview=watch.overview(call, query),
        alerts=alerts.list_alerts(call, alerts.AlertsQuery()),
        approvals=policy.list_approvals(call),
        ab_test=models.ab_test(call, query),
        datasets=datasets.list_datasets(call, datasets.DatasetsQuery()),
    )

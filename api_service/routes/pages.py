"""Pages for people: the status of the site, the API's description, signing in and out."""

import json

from flask import Blueprint, Response, current_app, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from api_service import sign_in, vitals
from api_service.auth import OPEN, READERS, Role
from api_service.dispatch import deps
from api_service.endpoint import Call, Group, Rules
from api_service.routes.models import current_of
from api_service.show.release import AlertShown
from api_service.show.training import Job
from shared.domain.cycle import STAGES, AlertState
from shared.registry import alerts, jobs, keys, stats
from shared.registry.tables import ApiKey

documents = Group("/api")
blueprint = Blueprint("pages", __name__)


@documents.get("/openapi.json", roles=OPEN, rules=Rules(own_transactions=True))
def openapi_document(_call: Call) -> Response:
    """This API, as OpenAPI 3.1."""
    text = json.dumps(current_app.extensions["openapi"])
    return Response(text, content_type="application/json")


@blueprint.get("/api/docs")
def describe() -> str:
    """The API's description as a page; it reads the document beside it."""
    return render_template("docs.html")


@blueprint.get("/")
def status() -> Response:
    """The site at a glance for whoever signed in; for others only whether it is well."""
    found = deps()
    health = vitals.taken(found)
    if vitals.part(health, "postgres").state != "ok":
        return _page("status.html", health=health, known=None, status=503)
    now = found.clock()
    with found.sessions.begin() as session:
        key = sign_in.key_of(request, session, vault=found.vault, now=now)
        if key is None or not _may_read(key):
            return _page("status.html", health=health, known=None, status=200)
        answer = _page("status.html", health=health, known=_known(session), status=200)
    sign_in.remember(answer, key, vault=found.vault, now=now, secure=request.is_secure)
    return answer


@blueprint.post("/sign-in")
def enter() -> AnyResponse:
    """Take a key and remember it in a cookie."""
    sign_in.refuse_other_sites(request)
    found = deps()
    now = found.clock()
    with found.sessions.begin() as session:
        key = keys.find(session, request.form.get("key", "").strip(), now)
    if key is None or not _may_read(key):
        health = vitals.taken(found)
        return _page("status.html", health=health, known=None, refused=True, status=401)
    answer = redirect("/", code=303)
    assert isinstance(answer, Response)
    sign_in.remember(answer, key, vault=found.vault, now=now, secure=request.is_secure)
    return answer


@blueprint.post("/sign-out")
def leave() -> AnyResponse:
    """Forget the key."""
    sign_in.refuse_other_sites(request)
    answer = redirect("/", code=303)
    assert isinstance(answer, Response)
    sign_in.forget(answer)
    return answer


def _known(session: Session) -> dict[str, object]:
    """What the page shows of the cycle, one model type a row."""
    last = jobs.page(session, limit=1)
    facts = stats.job_facts(session, last)
    open_alerts = alerts.page(session, states=(AlertState.OPEN, AlertState.ACKNOWLEDGED), limit=10)
    return {
        "stages": [stage.name for stage in STAGES],
        "cases": stats.case_counts(session, "diagnosis"),
        "current": [current_of(session, name) for name in stats.model_types(session)],
        "job": Job.of(last[0], facts[last[0].id]) if last else None,
        "alerts": [AlertShown.of(alert) for alert in open_alerts],
    }


def _may_read(key: ApiKey) -> bool:
    return bool(READERS & {Role(role) for role in key.roles})


def _page(template: str, *, status: int, **values: object) -> Response:
    flower = f"http://{deps().settings.flower_bind}"
    return Response(render_template(template, flower=flower, **values), status=status, mimetype="text/html")

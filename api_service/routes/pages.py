"""What browsers load: the dashboard's bundle, and the description of the API."""

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, current_app, render_template, request, send_from_directory

from api_service.auth import OPEN
from api_service.dispatch import deps
from api_service.endpoint import Call, Group, Rules
from shared.config import Settings

documents = Group("/api")
blueprint = Blueprint("pages", __name__)
BUNDLE = Path(__file__).parents[1] / "static" / "app"
PLACES = "overview,cases,datasets,training,models,experiment,alerts,schedules,policy,audit,letters"
FOREVER = "public, max-age=31536000, immutable"  # the names of the bundle's files hold their digests
_HOST = re.compile(r"[\w.\-]+(:\d+)?|\[[0-9a-fA-F:.]+\](:\d+)?")
# The smallest first: a browser that takes brotli gets it.
ENCODINGS = (("br", ".br"), ("gzip", ".gz"))


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
@blueprint.get(f"/<any({PLACES}):_place>")
@blueprint.get(f"/<any({PLACES}):_place>/<path:_rest>")
def dashboard(_place: str = "", _rest: str = "") -> Response:
    """The dashboard; which of its pages is shown is its own affair."""
    page = BUNDLE / "index.html"
    if not page.is_file():
        return Response(render_template("unbuilt.html"), status=503, mimetype="text/html")
    return Response(page.read_text(), mimetype="text/html")


@blueprint.get("/app/<path:name>")
def bundled(name: str) -> Response:
    """A file of the bundle, as small as the browser takes it."""
    if name == "index.html" or name.endswith(tuple(ending for _, ending in ENCODINGS)):
        abort(404)
    answer = send_from_directory(BUNDLE, name)
    for encoding, ending in ENCODINGS:
        if request.accept_encodings.quality(encoding) and (BUNDLE / f"{name}{ending}").is_file():
            kind = answer.mimetype
            answer.close()
            answer = send_from_directory(BUNDLE, f"{name}{ending}", mimetype=kind)
            answer.headers["Content-Encoding"] = encoding
            break
    answer.headers["Vary"] = "Accept-Encoding"
    answer.headers["Cache-Control"] = FOREVER
    return answer


def events_url() -> str:
    """Where this browser reaches the event stream: on the host that it asked, unless a setting says."""
    return events_url_of(deps().settings, request.scheme, request.host)


def events_url_of(settings: Settings, scheme: str, asked: str) -> str:
    """The same for a browser that asked this host by this scheme."""
    if settings.events_url:
        return settings.events_url
    host = asked if asked.endswith("]") else asked.rsplit(":", 1)[0]
    return f"{scheme}://{host}:{settings.events_bind.rpartition(':')[2]}/events"


def origin_of(address: str) -> str:
    """Scheme, host and port of an address as a page's policy names them; nothing for a strange one."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if _HOST.fullmatch(parts.netloc) else ""

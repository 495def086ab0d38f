"""The door: check, write one row, answer. Every declared address and nothing else."""

import gc
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask

from api_service import dispatch, errors, openapi
from api_service.deps import Deps, make_deps
from api_service.endpoint import Endpoint
from api_service.routes import ENDPOINTS, pages
from api_service.starting import settings_of_worker
from shared.config import Settings
from shared.errors import InvalidInputError

# No inline script or style anywhere; the only other address a page may ask is that of the event stream.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self' {events}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
SAFE = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
# Addresses that speak to everybody; any other must name the roles it serves.
MAY_BE_OPEN = frozenset(
    {
        "health.health",
        "health.root_health",
        "health.image_health",
        "health.language_health",
        "health.recovery",
        "pages.openapi_document",
        "session.enter",
        "start.start",
    }
)


class UnguardedRouteError(InvalidInputError):
    """An address was declared without roles."""

    code = "unguarded_route"


GARBAGE = 20_000  # objects in cycles, at most, before they are looked for: a request leaves none


def create_app(deps: Deps, endpoints: tuple[Endpoint, ...] = ENDPOINTS) -> Flask:
    """The whole application around its collaborators; no thread is started.

    Raises:
        UnguardedRouteError: an address names no roles and is not on the list of open ones.
    """
    app = Flask("api_service", static_folder="static", template_folder="templates")
    app.extensions["rounds"] = deps
    app.extensions["openapi"] = openapi.document(endpoints)
    app.config["MAX_CONTENT_LENGTH"] = 1 << 16  # each declared address states its own limit
    for endpoint in endpoints:
        if not endpoint.roles and endpoint.name not in MAY_BE_OPEN:
            raise UnguardedRouteError(f"{endpoint.name} names no roles", field=endpoint.path)
        dispatch.add(app, endpoint)
    app.register_blueprint(pages.blueprint)
    errors.install(app)
    app.wsgi_app = _with_headers(app.wsgi_app, deps.settings)  # type: ignore[method-assign, assignment]
    return app


def _with_headers(inner: WSGIApplication, settings: Settings) -> WSGIApplication:
    """What every answer says, written beside the application: no view can leave it out."""

    @lru_cache(maxsize=256)
    def always(scheme: str, host: str) -> tuple[tuple[str, str], ...]:
        events = pages.origin_of(pages.events_url_of(settings, scheme, host))
        return (("Content-Security-Policy", POLICY.format(events=events)), *SAFE)

    def served(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        asked = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
        named = environ["HTTP_X_REQUEST_ID"] = errors.id_for(environ.get("HTTP_X_REQUEST_ID", ""))

        def begin(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:  # noqa: ANN401 - of WSGI
            headers.append(("X-Request-Id", named))
            headers.extend(always(environ["wsgi.url_scheme"], asked))
            if not any(name == "Cache-Control" for name, _ in headers):
                headers.append(("Cache-Control", "no-store"))
            return start(status, headers, *error)

        return inner(environ, begin)

    return served


def build() -> Flask:
    """The application of one worker process, with its threads; the worker ends when its parent does."""
    deps = make_deps(settings_of_worker("api"))
    app = create_app(deps)
    deps.router.cache.refresh()
    deps.start()
    gc.collect()
    gc.freeze()  # what is here now stays: no collection looks at it again
    gc.set_threshold(GARBAGE)
    return app

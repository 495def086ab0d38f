"""Errors on the wire: every family of `shared.errors` with its status, as problem+json with a request id."""

import json
import re
from uuid import uuid4

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from shared.errors import (
    ConflictError,
    Error,
    ForbiddenError,
    InvalidInputError,
    NotFoundError,
    PartDownError,
    TooBusyError,
    TransientError,
    UnauthenticatedError,
)
from shared.logs import log

PROBLEM = "application/problem+json"
_MAY_NOT = "42501"  # Postgres: a right was taken away
_REQUEST_ID = re.compile(r"^[A-Za-z0-9._\-]{1,64}$")


class BrokenBodyError(InvalidInputError):
    """The body is not one JSON value that can be read."""

    code = "broken_body"


# The first family that fits decides.
STATUS: tuple[tuple[type[Error], int, str], ...] = (
    (UnauthenticatedError, 401, "No valid key"),
    (ForbiddenError, 403, "Not allowed"),
    (NotFoundError, 404, "Not found"),
    (ConflictError, 409, "Refused by the present state"),
    (BrokenBodyError, 400, "Unreadable body"),
    (InvalidInputError, 422, "Invalid input"),
    (TooBusyError, 429, "Too much waiting work"),
    (TransientError, 503, "Try again"),
    (Error, 500, "Error"),
)
_CODES = {400: "bad_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 415: "not_json"}


def request_id() -> str:
    """The id of this request, as the application's edge put it there."""
    return id_for(request.headers.get("X-Request-Id", ""))


def id_for(sent: str) -> str:
    """The caller's X-Request-Id when it is a plain word, else one of our own."""
    return sent if _REQUEST_ID.match(sent) else uuid4().hex


def problem(error: Error) -> Response:
    """The answer to an error of ours; its message goes out as it is, for it never holds patient data."""
    status, title = next((status, title) for family, status, title in STATUS if isinstance(error, family))
    answer = _answer(status, title, error.code, detail=str(error), field=error.field, fix=error.fix)
    if status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="rounds"'
    if status in {429, 503}:
        answer.headers["Retry-After"] = "1"
    return answer


def install(app: Flask) -> None:
    """Give every failure of `app` the same shape; what is not foreseen is logged by type and answers 500."""
    app.register_error_handler(Error, problem)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(DBAPIError, _database_problem)
    app.register_error_handler(PoolTimeoutError, _database_problem)
    app.register_error_handler(Exception, _surprise)


def is_away(error: DBAPIError | PoolTimeoutError) -> bool:
    """Whether the database does not answer, in contrast to refusing what it was told."""
    if isinstance(error, IntegrityError):
        return False
    lost = getattr(error, "connection_invalidated", False)
    return isinstance(error, OperationalError | PoolTimeoutError) or lost


def named(error: BaseException) -> dict[str, str]:
    """Type and place of a foreign exception, for the log; its text may quote what a caller sent."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown"
    return {"error": type(error).__name__, "where": where}


def _database_problem(error: DBAPIError | PoolTimeoutError) -> Response:
    if isinstance(error, IntegrityError):
        return problem(ConflictError("another request changed the same record", fix="read it again"))
    if is_away(error):
        return problem(
            PartDownError("the database does not answer", fix="ask again; see /api/phase-7/health")
        )
    if isinstance(error, DBAPIError) and getattr(error.orig, "pgcode", None) == _MAY_NOT:
        log.error("the database refuses what this service must do", request_id=request_id(), **named(error))
        return problem(
            PartDownError("the database refuses to write this down, so it was not done", fix="rounds migrate")
        )
    return _surprise(error)


def _http_problem(error: HTTPException) -> Response:
    status = error.code or 500
    detail = "no such address" if status == 404 else (error.description or error.name)
    answer = _answer(status, error.name, _CODES.get(status, "http_error"), detail=detail)
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _surprise(error: Exception) -> Response:
    log.error("request failed", request_id=request_id(), **named(error))
    detail = "something went wrong inside; the log names it by this request id"
    return _answer(500, "Error", "internal", detail=detail)


def _answer(
    status: int, title: str, code: str, *, detail: str, field: str | None = None, fix: str | None = None
) -> Response:
    body = {
        "detail": detail,
        "code": code,
        "request_id": request_id(),
        "type": f"urn:rounds:error:{code}",
        "title": title,
        "status": status,
        "field": field,
        "fix": fix,
    }
    return Response(json.dumps(body), status=status, content_type=PROBLEM)

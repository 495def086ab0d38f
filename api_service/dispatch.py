"""From a request to a view and back: guard, check, one transaction, answer, idempotency, waiting."""

import hashlib
import re
import threading
import time
from collections.abc import Callable
from typing import Any, get_type_hints
from urllib.parse import unquote_plus
from uuid import UUID

from flask import Flask, Response, current_app, request
from sqlalchemy.orm import Session

from api_service import auth, once, parse, sign_in
from api_service.deps import Deps
from api_service.endpoint import Call, Endpoint, Reply
from api_service.once import ReplayedError
from api_service.starting import THREADS
from shared.errors import InvalidInputError
from shared.registry.idempotency import RequestKey, Stored

WAIT_MOST_SECONDS = 60
_ASK_EVERY_SECONDS = 0.1
_KEY = re.compile(r"^[\x21-\x7e]{1,200}$")
# A waiting request owns its thread: one always stays free for those who do not wait.
_waiting = threading.BoundedSemaphore(THREADS - 1)


def deps() -> Deps:
    """The collaborators of the running application."""
    found: Deps = current_app.extensions["rounds"]
    return found


def add(app: Flask, endpoint: Endpoint) -> None:
    """Route one declared address."""

    def view(**path: Any) -> Response:  # noqa: ANN401 - what the path converters give
        return _serve(endpoint, path)

    app.add_url_rule(_rule(endpoint), endpoint.name, view, methods=[endpoint.method])


def _rule(endpoint: Endpoint) -> str:
    """The path as Flask writes it: `{job_id}` becomes `<uuid:job_id>` by the type in the view's signature."""
    kinds = get_type_hints(endpoint.view)
    return re.sub(
        r"{(\w+)}",
        lambda found: f"<{'uuid' if kinds[found[1]] is UUID else 'string'}:{found[1]}>",
        endpoint.path,
    )


def _serve(endpoint: Endpoint, path: dict[str, Any]) -> Response:
    found = deps()
    caller = auth.admit(known(found) if endpoint.roles else None, endpoint.roles)
    _refuse_nul()
    arguments = path | _arguments(endpoint)
    call = Call(found, caller, found.clock(), key=_key(endpoint, caller.name))
    try:
        if endpoint.rules.own_transactions:
            reply = endpoint.view(call, **arguments)
            return _finished(endpoint, reply, _answer(endpoint, reply))
        with once.transaction(call) as session:
            reply = endpoint.view(call.within(session), **arguments)
            answer = _answer(endpoint, reply)
            once.keep(call, session, status=answer.status_code, body=answer.get_data())
    except ReplayedError as replay:
        return _replayed(replay.stored)
    return _finished(endpoint, reply, answer)


def known(found: Deps) -> auth.Caller | None:
    """Who calls: by key, else by the session of a browser, whose writes only our own page may send."""
    key_text = auth.bearer(request)
    if key_text is not None:
        caller = found.ring.caller(key_text)
        if request.method != "GET":
            auth.refuse_lone_key(caller, required=found.settings.second_factor == "required")
        return caller
    cookie = request.cookies.get(sign_in.COOKIE)
    key_id = sign_in.named(cookie, vault=found.vault, now=found.clock()) if cookie else None
    if key_id is None:
        return None
    if request.method != "GET":
        sign_in.refuse_other_sites(request)
    return found.ring.signed_in(key_id)


def _replayed(stored: Stored) -> Response:
    """The same bytes again, marked as a replay."""
    answer = Response(stored.body, status=stored.status, content_type="application/json")
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _arguments(endpoint: Endpoint) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if endpoint.query is not None:
        found["query"] = parse.read_query(request, endpoint.query)
    elif request.query_string and request.args:
        name = next(iter(request.args))
        raise InvalidInputError("this address takes no query parameters", field=name, fix="leave it out")
    if endpoint.body is not None:
        name, model = endpoint.body
        found[name] = parse.read_body(request, model, limit=endpoint.rules.body_bytes)
    elif endpoint.method == "POST" and parse.bytes_of(request, parse.NO_BODY_BYTES).strip() not in {
        b"",
        b"{}",
    }:
        raise InvalidInputError("this address takes no body", field="body", fix="leave it out")
    return found


def _key(endpoint: Endpoint, actor: str) -> RequestKey | None:
    text = request.headers.get("Idempotency-Key")
    if text is None or endpoint.method != "POST":
        return None
    if not _KEY.match(text):
        raise InvalidInputError(
            "Idempotency-Key must be 1 to 200 visible characters", field="Idempotency-Key"
        )
    body = request.get_data(cache=True)
    return RequestKey(actor, f"POST {request.path}", text, hashlib.sha256(body).digest())


def _answer(endpoint: Endpoint, reply: Any) -> Response:  # noqa: ANN401 - what the view's signature says
    if isinstance(reply, Response):
        return reply
    body = reply.body if isinstance(reply, Reply) else reply
    status = (reply.status if isinstance(reply, Reply) else None) or endpoint.rules.status
    if endpoint.answer is None:
        raise TypeError(f"{endpoint.name} must declare what it answers")
    answer = Response(endpoint.answer.dump_json(body), status=status, content_type="application/json")
    if isinstance(reply, Reply):
        answer.headers.extend(reply.headers)
    return answer


def _finished(endpoint: Endpoint, reply: Any, answer: Response) -> Response:  # noqa: ANN401
    """The finished result where the caller prefers to wait and it comes in time; else the first answer."""
    if not isinstance(reply, Reply) or reply.done is None or request.headers.get("Prefer") is None:
        return answer
    seconds = _wait_seconds()
    if not seconds or not _waiting.acquire(blocking=False):
        return answer
    try:
        body = _wait(reply.done, seconds)
    finally:
        _waiting.release()
    if body is None:
        return answer
    done = Reply(body, status=200, headers={**reply.headers, "Preference-Applied": f"wait={seconds}"})
    return _answer(endpoint, done)


def _wait(done: Callable[[Session], Any], seconds: int) -> Any:  # noqa: ANN401 - the view's answer
    sessions, until = deps().sessions, time.monotonic() + seconds
    while time.monotonic() < until:
        with sessions.begin() as session:
            body = done(session)
        if body is not None:
            return body
        time.sleep(_ASK_EVERY_SECONDS)
    return None


def _wait_seconds() -> int:
    found = re.search(r"(?:^|[,;\s])wait=(\d{1,6})\b", request.headers.get("Prefer", ""))
    return min(int(found[1]), WAIT_MOST_SECONDS) if found else 0


def _refuse_nul() -> None:
    asked = request.query_string
    if "\0" in request.path or (asked and "\0" in unquote_plus(asked.decode("latin-1"))):
        raise InvalidInputError("the address holds a NUL character", fix="remove it")

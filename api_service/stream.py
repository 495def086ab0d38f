"""Server-sent events for browsers: who may listen, what each hears, resumed where a listener left off."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy.orm import Session, sessionmaker

from api_service import sign_in
from api_service.auth import READERS, Caller, KeyRing
from api_service.follower import TOLD_AT_MOST, Batch, Follower
from api_service.plan_cache import DATABASE_ERRORS
from shared.config import Settings
from shared.errors import UnauthenticatedError
from shared.registry import events
from shared.registry.tables import Event
from shared.vault import Vault

Scope = Mapping[str, Any]
Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

PATHS = ("/events", "/api/phase-7/events")
BEAT_SECONDS = 5.0
_BEAT = b"event: beat\ndata:\n\n"
LIFE_SECONDS = 300.0  # then the browser comes again, with the session that it has by then
WAITING_BATCHES = 200


class RefusedError(Exception):
    """This caller is not let in; the status says why."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


@dataclass
class Stream:
    """The application: one follower of the table, a queue for each listener."""

    settings: Settings
    sessions: sessionmaker[Session]
    vault: Vault
    ring: KeyRing
    queues: set[asyncio.Queue[bytes | None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.follower = Follower(self.sessions, self._told, lambda: len(self.queues))
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection, or the life of the process."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._loop = asyncio.get_running_loop()
                self.follower.start()
                await send({"type": "lifespan.startup.complete"})
            else:
                self._end_all()
                await asyncio.to_thread(self.follower.stop)
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _told(self, batch: Batch) -> None:
        """Called by the follower's thread; what all listeners get is written once."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._spread, _wire(batch))

    def _spread(self, told: bytes) -> None:
        for queue in list(self.queues):
            if queue.qsize() >= WAITING_BATCHES:
                self.queues.discard(queue)  # too slow: it is let go, and resumes when it comes again
                queue.put_nowait(None)
            else:
                queue.put_nowait(told)

    def _end_all(self) -> None:
        for queue in self.queues:
            queue.put_nowait(None)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        if scope["path"] == "/health":
            body = json.dumps({"status": "ok", "listeners": len(self.queues)}).encode()
            await _whole(send, 200, body)
        elif scope["path"] not in PATHS or scope["method"] != "GET":
            await _whole(send, 404, b"{}")
        else:
            allowed = None
            try:
                allowed = self._origin(headers)
                caller = await self._caller(headers)
            except RefusedError as refused:
                await _whole(send, refused.status, b"{}", more=_readable_by(allowed))
                return
            start = _wanted(scope, headers)
            await self._stream(receive, send, _Listener(caller, headers, start, allowed))

    def _origin(self, headers: Mapping[str, str]) -> str | None:
        """The origin that may read the answer: the API's own pages on this host, or none was named."""
        origin = headers.get("origin")
        if origin is None:
            return None
        named, asked = urlsplit(origin), urlsplit(f"//{headers.get('host', '')}")
        port = int(self.settings.api_bind.rpartition(":")[2])
        own = named.netloc == asked.netloc
        if not own and (named.hostname != asked.hostname or named.port != port):
            raise RefusedError(403)
        return origin

    async def _caller(self, headers: Mapping[str, str]) -> Caller:
        """Who listens; a key or a session of somebody who may read."""
        try:
            caller = await asyncio.to_thread(self._looked_up, headers)
        except UnauthenticatedError:
            raise RefusedError(401) from None
        except DATABASE_ERRORS:
            raise RefusedError(503) from None
        if not caller.roles & READERS:
            raise RefusedError(403)
        return caller

    def _looked_up(self, headers: Mapping[str, str]) -> Caller:
        scheme, _, key_text = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return self.ring.caller(key_text.strip())
        cookie = _cookie(headers.get("cookie", ""))
        key_id = sign_in.named(cookie, vault=self.vault, now=self.settings.clock()) if cookie else None
        if key_id is None:
            raise UnauthenticatedError("no session")
        return self.ring.signed_in(key_id)

    async def _stream(self, receive: Receive, send: Send, listener: "_Listener") -> None:
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.queues.add(queue)  # before what was missed is read: nothing falls between the two
        gone = asyncio.ensure_future(_gone(receive))
        try:
            missed = await asyncio.to_thread(self._missed, listener.start)
            await send({"type": "http.response.start", "status": 200, "headers": listener.answer_headers()})
            await _say(send, _wire(missed))
            gone.add_done_callback(lambda _: queue.put_nowait(None))
            await self._tell(queue, send, headers=listener.headers)
        except DATABASE_ERRORS:
            await _whole(send, 503, b"{}")
        finally:
            self.queues.discard(queue)
            gone.cancel()

    async def _tell(
        self, queue: "asyncio.Queue[bytes | None]", send: Send, *, headers: Mapping[str, str]
    ) -> None:
        """Pass on what comes, and a beat now and then, until somebody has had enough."""
        loop = asyncio.get_running_loop()
        until = loop.time() + LIFE_SECONDS
        beat = loop.call_later(BEAT_SECONDS, queue.put_nowait, _BEAT)
        while loop.time() < until and (told := await queue.get()) is not None:
            if told is _BEAT:
                try:
                    await self._caller(headers)
                except RefusedError:
                    break  # the key was revoked, or the session is over
                beat = loop.call_later(BEAT_SECONDS, queue.put_nowait, _BEAT)
            await _say(send, told)
        beat.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    def _missed(self, start: int | None) -> Batch:
        """What happened since a listener left; for one that is here first, only where it begins."""
        mark = self.follower.mark
        if start is None:
            return Batch([], mark)
        with self.sessions.begin() as session:
            rows = events.after(session, start, limit=TOLD_AT_MOST + 1)
        if len(rows) > TOLD_AT_MOST or start > mark + TOLD_AT_MOST:
            return Batch([], mark, whole=True)
        return Batch(rows, mark)


@dataclass(frozen=True)
class _Listener:
    caller: Caller
    headers: Mapping[str, str]
    start: int | None
    origin: str | None

    def answer_headers(self) -> list[tuple[bytes, bytes]]:
        return [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"x-accel-buffering", b"no"),
            *_readable_by(self.origin),
        ]


def _readable_by(origin: str | None) -> list[tuple[bytes, bytes]]:
    if origin is None:
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
        (b"vary", b"Origin"),
    ]


def _wire(batch: Batch) -> bytes:
    """The batch as the wire has it, then from where to ask again: told twice perhaps, lost never."""
    rows = (f"data: {json.dumps(_shown(row))}\n\n" for row in batch.rows)
    kind = "reset" if batch.whole else "beat"
    return f"{''.join(rows)}event: {kind}\nid: {batch.mark}\ndata:\n\n".encode()


def _shown(row: Event) -> dict[str, object]:
    return {
        "seq": row.seq,
        "at": row.at.isoformat(),
        "kind": row.kind,
        "subject": row.subject,
        "data": row.data,
    }


def _wanted(scope: Scope, headers: Mapping[str, str]) -> int | None:
    """From where a listener goes on: the browser's own header, else what the page remembers."""
    asked = parse_qs(scope["query_string"].decode("latin-1")).get("after", [])
    for text in (headers.get("last-event-id", ""), *asked):
        if text.isdecimal() and len(text) < 19:
            return int(text)
    return None


def _cookie(header: str) -> str | None:
    try:
        found = SimpleCookie(header).get(sign_in.COOKIE)
    except CookieError:
        return None
    return found.value if found else None


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _whole(send: Send, status: int, body: bytes, *, more: Sequence[tuple[bytes, bytes]] = ()) -> None:
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})

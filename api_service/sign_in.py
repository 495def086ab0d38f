"""Signing in to the pages with a key: a signed cookie that names the key and dies after 15 idle minutes."""

import base64
import binascii
import hmac
import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from flask import Request
from werkzeug.http import dump_cookie

from shared.errors import ForbiddenError
from shared.registry.tables import ApiKey
from shared.vault import Vault

COOKIE = "rounds_session"
PURPOSE = "session"
IDLE = timedelta(minutes=15)
_MAC_BYTES = 32


def remembered(key: ApiKey, *, vault: Vault, now: datetime, secure: bool) -> str:
    """The Set-Cookie line of a session; scripts cannot read it and other sites cannot send it."""
    text = json.dumps([str(key.id), (now + IDLE).isoformat()])
    value = base64.urlsafe_b64encode(vault.keyed_hash(text, PURPOSE) + text.encode()).decode()
    seconds = int(IDLE.total_seconds())
    return dump_cookie(COOKIE, value, max_age=seconds, httponly=True, samesite="Strict", secure=secure)


def forgotten() -> str:
    """The Set-Cookie line that ends the session in the browser."""
    return dump_cookie(COOKIE, "", max_age=0, expires=0, httponly=True, samesite="Strict")


def named(cookie: str, *, vault: Vault, now: datetime) -> UUID | None:
    """The key that a cookie names, if the cookie is ours and not idle for too long."""
    try:
        raw = base64.urlsafe_b64decode(cookie)
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:].decode()
    except (binascii.Error, ValueError):
        return None
    if not text or not hmac.compare_digest(mac, vault.keyed_hash(text, PURPOSE)):
        return None
    key_id, until = json.loads(text)
    return UUID(key_id) if datetime.fromisoformat(until) > now else None


def refuse_other_sites(request: Request) -> None:
    """Let a write of a signed-in browser through only when this site's own page sent it.

    A browser says so itself where it trusts the address; on a plain one it still names the page's origin.

    Raises:
        ForbiddenError: another site sent it, or the browser does not say who did.
    """
    told = request.headers.get("Sec-Fetch-Site")
    own = told == "same-origin"
    if told is None:
        own = urlsplit(request.headers.get("Origin", "")).netloc == request.host
    if not own:
        raise ForbiddenError("this was sent by another site", fix="use this site's own page, or send a key")

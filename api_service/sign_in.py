"""Signing in to the pages with a key: a signed cookie that names the key and dies after 15 idle minutes."""

import base64
import binascii
import hmac
import json
from datetime import datetime, timedelta
from uuid import UUID

from flask import Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.errors import ForbiddenError
from shared.registry import keys
from shared.registry.tables import ApiKey
from shared.vault import Vault

COOKIE = "rounds_session"
PURPOSE = "session"
IDLE = timedelta(minutes=15)
_MAC_BYTES = 32


def remember(answer: Response, key: ApiKey, *, vault: Vault, now: datetime, secure: bool) -> None:
    """Set or renew the cookie; scripts cannot read it and other sites cannot send it."""
    text = json.dumps([str(key.id), (now + IDLE).isoformat()])
    value = base64.urlsafe_b64encode(vault.keyed_hash(text, PURPOSE) + text.encode()).decode()
    answer.set_cookie(
        COOKIE, value, max_age=int(IDLE.total_seconds()), httponly=True, samesite="Strict", secure=secure
    )


def forget(answer: Response) -> None:
    """End the session in the browser."""
    answer.delete_cookie(COOKIE, httponly=True, samesite="Strict")


def key_of(request: Request, session: Session, *, vault: Vault, now: datetime) -> ApiKey | None:
    """The key that the cookie names, if it is ours, not idle for too long, and the key is still good."""
    try:
        raw = base64.urlsafe_b64decode(request.cookies.get(COOKIE, ""))
        mac, text = raw[:_MAC_BYTES], raw[_MAC_BYTES:].decode()
    except (binascii.Error, ValueError):
        return None
    if not text or not hmac.compare_digest(mac, vault.keyed_hash(text, PURPOSE)):
        return None
    key_id, until = json.loads(text)
    if datetime.fromisoformat(until) <= now:
        return None
    return session.scalar(select(ApiKey).where(ApiKey.id == UUID(key_id), keys.is_good(now)))


def refuse_other_sites(request: Request) -> None:
    """Let a form through only when this site's own page sent it.

    Raises:
        ForbiddenError: the browser says that another site did.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise ForbiddenError("this form was sent by another site")

"""What a store really keeps of what Rounds relies on, tried out on it; nothing is believed of its papers."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from shared.config import Settings
from shared.errors import ConflictError
from shared.storage.base import Storage
from shared.storage.s3_requests import Bucket

PROBES = "selftest"
CREATE_ONLY, CHECKSUM, VERSIONS, LOCK = "create-only", "checksum", "versions", "lock"
_LOCKED_SECONDS = 60
_OTHERS = base64.b64encode(hashlib.sha256(b"quite others").digest()).decode()
_REFUSED = range(400, 500)


@dataclass(frozen=True)
class Promise:
    """One promise: whether it holds, and what was seen."""

    name: str
    found: str
    holds: bool = field(kw_only=True)


def examine(storage: Storage, settings: Settings, *, now: datetime) -> list[Promise]:
    """Try every promise on the store that the settings name; the probes are taken away again.

    Raises:
        OSError: the store does not answer.
    """
    first = _create_only(storage)
    bucket = bucket_of(settings)
    if bucket is None:
        why = "a folder does not check what is written; what Rounds reads it checks by its hash"
        none = "a folder keeps no versions and locks nothing"
        told = ((CHECKSUM, why), (VERSIONS, none), (LOCK, none))
        return [first, *(Promise(name, found, holds=False) for name, found in told)]
    place = f"{urlsplit(settings.storage).path.strip('/')}/{PROBES}".lstrip("/")
    probe = f"{place}/{secrets.token_hex(8)}"
    return [
        first,
        _checksum(bucket, probe, now),
        _versions(bucket, now),
        _lock(bucket, probe, now),
    ]


def is_locked(promises: list[Promise]) -> bool:
    """Whether the storage may be called locked: every single promise holds."""
    return bool(promises) and all(one.holds for one in promises)


def in_words(promises: list[Promise]) -> str:
    """One sentence for people."""
    if is_locked(promises):
        return "locked: objects are created once, checked, versioned and kept for their time"
    held = ", ".join(one.name for one in promises if one.holds) or "nothing"
    lacks = ", ".join(one.name for one in promises if not one.holds)
    return f"not locked: holds {held}; lacks {lacks}"


def bucket_of(settings: Settings) -> Bucket | None:
    """The bucket that the settings name; None for a folder."""
    address = urlsplit(settings.storage)
    if address.scheme != "s3":
        return None
    endpoint = settings.s3_endpoint or f"https://s3.{settings.s3_region}.amazonaws.com"
    return Bucket(
        endpoint, address.netloc, settings.s3_region, *settings.s3_credentials, settings.tls_authority
    )


def _create_only(storage: Storage) -> Promise:
    key = f"{PROBES}/{secrets.token_hex(8)}"
    storage.put(key, b"first")
    try:
        storage.put(key, b"second")
    except ConflictError:
        kept = storage.get(key) == b"first"
        return Promise(
            CREATE_ONLY, "a second writer is refused" if kept else "the bytes are gone", holds=kept
        )
    else:
        return Promise(CREATE_ONLY, "a second writer overwrote the first", holds=False)
    finally:
        storage.delete(key)


def _checksum(bucket: Bucket, key: str, now: datetime) -> Promise:
    """Send bytes under the hash of others."""
    answer = bucket.send("PUT", key, now=now, headers={"x-amz-checksum-sha256": _OTHERS}, body=b"other bytes")
    if answer.status in _REFUSED:
        return Promise(CHECKSUM, "bytes that do not fit their hash are refused", holds=True)
    bucket.send("DELETE", key, now=now)
    return Promise(CHECKSUM, "bytes that do not fit their hash were stored", holds=False)


def _versions(bucket: Bucket, now: datetime) -> Promise:
    answer = bucket.send("GET", now=now, query={"versioning": ""})
    on = answer.status == 200 and b"<Status>Enabled</Status>" in answer.body
    return Promise(VERSIONS, "earlier versions are kept" if on else "the bucket keeps none", holds=on)


def _lock(bucket: Bucket, key: str, now: datetime) -> Promise:
    """Store an object for a minute and try to delete that version of it."""
    body = b"kept for a minute"
    until = (now + timedelta(seconds=_LOCKED_SECONDS)).strftime("%Y-%m-%dT%H:%M:%SZ")
    held = {
        "x-amz-object-lock-mode": "GOVERNANCE",
        "x-amz-object-lock-retain-until-date": until,
        "content-md5": base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode(),
    }
    made = bucket.send("PUT", key, now=now, headers=held, body=body)
    version = made.headers.get("x-amz-version-id")
    if made.status != 200 or version in (None, "null"):
        bucket.send("DELETE", key, now=now)
        return Promise(LOCK, "the bucket has no object lock", holds=False)
    which = {"versionId": str(version)}
    gone = bucket.send("DELETE", key, now=now, query=which)
    bucket.send("DELETE", key, now=now, query=which, headers={"x-amz-bypass-governance-retention": "true"})
    if gone.status in _REFUSED:
        return Promise(LOCK, "a locked object cannot be deleted", holds=True)
    return Promise(LOCK, "a locked object was deleted", holds=False)

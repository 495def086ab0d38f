"""A C-STORE listener: what the named machines send lies sealed in the store until it is collected."""

import io
import re
import secrets
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pydicom
from pynetdicom import AE, ALL_TRANSFER_SYNTAXES, AllStoragePresentationContexts, evt
from pynetdicom.sop_class import Verification

from shared.clock import Clock
from shared.errors import InvalidInputError
from shared.logs import log
from shared.storage.base import Storage
from shared.vault import Vault
from worker_collection.dicom.source import Incoming
from worker_collection.sources.base import Trial

SUCCESS, NO_ROOM, NOT_UNDERSTOOD = 0x0000, 0xA700, 0xC000
_TITLE = re.compile(r"[\x20-\x5b\x5d-\x7e]{1,16}")
_PURPOSE = "dicom-spool"
_ASSOCIATIONS = 16
_SETTLE_SECONDS = 60.0


@dataclass(frozen=True)
class Address:
    """Where to listen, under which title, for whom, and how long a series must be quiet to be whole."""

    host: str
    port: int
    title: str
    allowed: tuple[str, ...]
    settle_seconds: float

    @classmethod
    def read(cls, url: str) -> "Address":
        """Read `dicom://HOST:PORT?aet=TITLE&allow=TITLE,TITLE[&settle=SECONDS]`.

        Raises:
            InvalidInputError: a part is missing or wrong.
        """
        fix = "dicom://0.0.0.0:11112?aet=ROUNDS&allow=CT1,MR1"
        try:
            place = urlsplit(url)
            port = place.port or 0
        except ValueError:
            raise InvalidInputError("the port is no port", field="url", fix=fix) from None
        query = parse_qs(place.query)
        title = query.get("aet", ["ROUNDS"])[0]
        allowed = tuple(one.strip() for one in ",".join(query.get("allow", [])).split(",") if one.strip())
        settle = query.get("settle", [str(_SETTLE_SECONDS)])[0]
        if not port or not place.hostname:
            raise InvalidInputError("a listener needs a host and a port", field="url", fix=fix)
        if not allowed:
            raise InvalidInputError("a listener must know who may send to it", field="url", fix=fix)
        if not all(_TITLE.fullmatch(one) for one in (title, *allowed)):
            raise InvalidInputError(
                "an application entity title has 1 to 16 characters", field="url", fix=fix
            )
        if not re.fullmatch(r"\d{1,5}(\.\d+)?", settle):
            raise InvalidInputError("settle is a number of seconds", field="url", fix=fix)
        return cls(place.hostname, port, title, allowed, float(settle))


@dataclass(frozen=True)
class Spool:
    """What was received for one source: sealed objects whose keys say the series, as a hash, and the time."""

    storage: Storage
    vault: Vault
    prefix: str

    def keep(self, data: bytes, *, series: str, at: datetime) -> None:
        """Seal one received file; one that comes twice is kept twice, and counted when it is collected."""
        group = self.vault.keyed_hash(series, _PURPOSE).hex()[:24]
        key = f"{self.prefix}{group}/{int(at.timestamp() * 1000):015}-{secrets.token_hex(12)}"
        self.storage.put(key, self.vault.seal(data, _PURPOSE))

    def files(self, before: datetime | None = None) -> Iterator[Incoming]:
        """What has come, the series whole: those of which something came after `before` wait."""
        groups: dict[str, list[str]] = defaultdict(list)
        for key in self.storage.keys(self.prefix):
            groups[key.removeprefix(self.prefix).split("/")[0]].append(key)
        for keys in groups.values():
            newest = max(int(key.rsplit("/", 1)[1].split("-")[0]) for key in keys)
            if before is None or newest <= before.timestamp() * 1000:
                for key in keys:
                    yield Incoming(key, "", partial(self._read, key), partial(self.storage.delete, key))

    def _read(self, key: str) -> bytes:
        return self.vault.open(self.storage.get(key), _PURPOSE)


class Received:
    """The feed of a source that listens: what lies in its spool."""

    def __init__(self, address: Address, spool: Spool | None, now: datetime | None) -> None:
        self._address, self._spool, self._now = address, spool, now

    def test(self) -> Trial:
        """Say where it listens and how much waits."""
        waiting = sum(1 for _ in self._spool.files()) if self._spool else 0
        who = ", ".join(self._address.allowed)
        return Trial(
            rows=None,
            notes=[f"{self._address.title} on port {self._address.port}, for {who}", f"{waiting} files wait"],
        )

    def files(self) -> Iterator[Incoming]:
        """What belongs to series that are quiet."""
        assert self._spool is not None, "a source that is collected has a spool"
        quiet = timedelta(seconds=self._address.settle_seconds)
        yield from self._spool.files(self._now - quiet if self._now else None)


def serve(address: Address, spool: Spool, clock: Clock, *, stopped: Event) -> None:
    """Receive until `stopped` is set.

    Raises:
        InvalidInputError: the address is not this machine's, or taken.
    """
    entity = AE(ae_title=address.title)
    entity.require_calling_aet = list(address.allowed)
    entity.require_called_aet = True
    entity.maximum_associations = _ASSOCIATIONS
    entity.add_supported_context(Verification)
    for context in AllStoragePresentationContexts:
        entity.add_supported_context(str(context.abstract_syntax), ALL_TRANSFER_SYNTAXES)
    receive = partial(_received, spool=spool, clock=clock)
    try:
        server = entity.start_server(
            (address.host, address.port), block=False, evt_handlers=[(evt.EVT_C_STORE, receive)]
        )
    except OSError:
        raise InvalidInputError(
            f"port {address.port} cannot be listened on", field="url", fix="choose another"
        ) from None
    try:
        stopped.wait()
    finally:
        server.shutdown()


def _received(event: Any, *, spool: Spool, clock: Clock) -> int:
    """Seal one instance; the sender is told when it could not be kept, and sends it again."""
    try:
        data = event.encoded_dataset()
        told = pydicom.dcmread(
            io.BytesIO(data), stop_before_pixels=True, specific_tags=["SeriesInstanceUID"], force=True
        )
        series = str(told.get("SeriesInstanceUID") or "")
    except (ValueError, TypeError, KeyError, AttributeError, EOFError, NotImplementedError, OSError):
        return NOT_UNDERSTOOD
    try:
        spool.keep(data, series=series, at=clock())
    except Exception as error:  # noqa: BLE001 - the thread is the library's; the sender must hear of it
        log.error("a received file could not be kept", error=type(error).__name__)
        return NO_ROOM
    return SUCCESS

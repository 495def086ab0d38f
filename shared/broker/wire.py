"""The relay's line to the broker: Celery messages pushed together, and how long the queues are."""

import binascii
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError

from shared.broker.app import app
from shared.broker.names import QUEUE_OF, Queue, TaskName
from shared.errors import InvalidInputError, PartDownError
from shared.vault import Vault

SAFE_POLICY = "noeviction"
SEAL = "rounds_seal"  # the header that only who knows the site's secret can write
SEEN_SECONDS = 24 * 3600  # how long the broker remembers which messages were acted upon
# The relay reaps, too: a broker that says nothing must not keep it longer than the silence that it counts.
PROMPT = {"socket_timeout": 1, "socket_connect_timeout": 1}
_RING, _SUBJECT, _BODY, _SEALED = (str(UUID(int=mark)) for mark in (1, 2, 3, 4))
_SEEN, _REFUSED = "rounds.seen.", "rounds.refused"
AHEAD = frozenset({TaskName.LOOK})  # the look that may roll back must not wait behind the exam of a candidate
Bell = tuple[TaskName, UUID]
_PLACES = {_RING: "ring", _SUBJECT: "subject", _BODY: "body", _SEALED: "seal"}


class EvictingBrokerError(InvalidInputError):
    """The broker may drop messages when its memory is full."""

    code = "evicting_broker"

    def __init__(self, policy: str) -> None:
        super().__init__(
            f"the broker's maxmemory-policy is {policy}, so it may drop doorbells",
            field="ROUNDS_BROKER_URL",
            fix=f"set maxmemory-policy to {SAFE_POLICY}",
        )


class Line:
    """One connection to the broker that is made anew after every failure."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._client: Redis | None = None
        self._connection: Any = None
        self._life = ""

    def push(self, bells: Iterable[Bell]) -> None:
        """Send the messages in one round trip, in order; what a rollback waits for goes before the others.

        Raises:
            PartDownError: the broker does not answer; some of them may have reached it.
            EvictingBrokerError: it may drop messages.
        """
        with self._client_or_failure() as client, client.pipeline(transaction=False) as pipe:
            for (queue, ahead), run in groupby(bells, key=lambda bell: (QUEUE_OF[bell[0]], bell[0] in AHEAD)):
                place = pipe.rpush if ahead else pipe.lpush  # a worker takes from the right
                place(queue.value, *(message(self._vault, task, subject) for task, subject in run))
            pipe.execute()

    def depths(self) -> dict[Queue, int]:
        """How many messages wait in each queue."""
        with self._client_or_failure() as client, client.pipeline(transaction=False) as pipe:
            for queue in Queue:
                pipe.llen(queue.value)
            return dict(zip(Queue, pipe.execute(), strict=True))

    def is_first(self, ring: str) -> bool:
        """Whether nobody has acted on the message of this id; from now on somebody has."""
        with self._client_or_failure() as client:
            return bool(client.set(f"{_SEEN}{ring}", 1, nx=True, ex=SEEN_SECONDS))

    def count_refused(self, why: str) -> None:
        """One more message that nobody acts upon."""
        with self._client_or_failure() as client:
            client.hincrby(_REFUSED, why)

    def refused(self) -> dict[str, int]:
        """How many were refused since the broker began, by reason."""
        with self._client_or_failure() as client:
            counted: Any = client.hgetall(_REFUSED)
        return {why.decode(): int(count) for why, count in counted.items()}

    def is_another(self) -> bool:
        """Whether the broker was started since the last call, and so may have forgotten what it was told."""
        with self._client_or_failure() as client:
            before, self._life = self._life, str(client.info("server")["run_id"])
            return self._life != before

    def close(self) -> None:
        """Drop the connection; the next call makes another."""
        connection, self._client, self._connection = self._connection, None, None
        if connection is not None:
            with suppress(RedisError, OSError):
                connection.release()

    @contextmanager
    def _client_or_failure(self) -> Iterator[Redis]:
        try:
            yield self._client or self._connect()
        except (RedisError, OperationalError, OSError) as error:
            self.close()
            raise PartDownError(f"the broker does not answer ({type(error).__name__})") from None

    def _connect(self) -> Redis:
        self._connection = app.connection_for_write(transport_options=PROMPT)
        self._connection.ensure_connection(max_retries=0)  # else kombu itself would wait, six seconds a try
        client: Redis = self._connection.default_channel.client
        policy = str(client.info("memory")["maxmemory_policy"])
        if policy != SAFE_POLICY:
            raise EvictingBrokerError(policy)
        self._client = client
        return client


def seal_of(vault: Vault, task: TaskName, *, subject: str, ring: str) -> str:
    """What the relay writes on a message, and a worker asks for."""
    return vault.keyed_hash(f"{task.value}\n{subject}\n{ring}", "doorbell").hex()


def message(vault: Vault, task: TaskName, subject: UUID) -> bytes:
    """One Celery message of protocol 2 as kombu's Redis transport stores it."""
    envelope, body = _form(task)
    named, ring = str(subject), _ring()
    packed = binascii.b2a_base64((body % {"subject": named}).encode(), newline=False).decode()
    seal = seal_of(vault, task, subject=named, ring=ring)
    return (envelope % {"subject": named, "ring": ring, "body": packed, "seal": seal}).encode()


@cache
def _form(task: TaskName) -> tuple[str, str]:
    """Envelope and body of a task's messages, with places where one differs from the next."""
    built = app.amqp.as_task_v2(_RING, task.value, args=(_SUBJECT,), ignore_result=True)
    envelope = {
        "body": _BODY,
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": built.headers | {SEAL: _SEALED},
        "properties": built.properties
        | {
            "body_encoding": "base64",
            "delivery_info": {"exchange": "", "routing_key": QUEUE_OF[task].value},
            "delivery_mode": 2,
            "delivery_tag": _RING,
            "priority": 0,
        },
    }
    return _with_places(json.dumps(envelope)), _with_places(json.dumps(built.body))


def _with_places(text: str) -> str:
    """Marks become places of a format: one pass fills them all, and half of a relay's time is this."""
    text = text.replace("%", "%%")
    for mark, place in _PLACES.items():
        text = text.replace(mark, f"%({place})s")
    return text


def _ring() -> str:
    """A fresh id of a message, shaped as a UUID of chance."""
    drawn = os.urandom(16).hex()
    return f"{drawn[:8]}-{drawn[8:12]}-4{drawn[13:16]}-a{drawn[17:20]}-{drawn[20:]}"

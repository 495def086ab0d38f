"""Ports for servers of a test, from below those that the system lends to whoever connects somewhere."""

import random
import socket
from contextlib import closing

_FIRST, _LAST, _STRIDE = 20_000, 32_000, 10


def free_ports(n: int = 1) -> int:
    """The first of so many neighbouring ports (at most 10) on which nobody listens."""
    for base in random.SystemRandom().sample(range(_FIRST, _LAST, _STRIDE), 100):
        if all(_is_free(base + step) for step in range(n)):
            return base
    raise AssertionError(f"no {n} free ports in a row")


def _is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True

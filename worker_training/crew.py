"""Several trainers for one job: this process and copies of it, each told its rank, on this host alone."""

import os
import socket
import subprocess
import sys
from typing import NoReturn

from shared.config import Settings, environment

LOOPBACK, INTERFACE = "127.0.0.1", "lo"


def assemble(size: int, settings: Settings) -> NoReturn:
    """Start the others, and begin this process anew as the first of them; they end with it.

    accelerate reads ranks and address from the environment.
    """
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    meeting = {"MASTER_ADDR": LOOPBACK, "MASTER_PORT": str(port), "WORLD_SIZE": str(size)}

    def ranked(rank: int) -> dict[str, str]:
        own = {"RANK": str(rank), "LOCAL_RANK": str(rank), "GLOO_SOCKET_IFNAME": INTERFACE}
        return environment(settings, **meeting, **own)

    command = [sys.executable, *sys.orig_argv[1:]]
    for rank in range(1, size):
        subprocess.Popen(
            [*command, str(rank)],
            env=ranked(rank),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    os.execve(sys.executable, [*command, "0"], ranked(0))  # noqa: S606 - our own command again

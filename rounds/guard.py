"""Ends what a killed supervisor leaves behind: it lives on one pipe, and when that breaks it kills the rest.

The kernel's parent-death signal reaches the parts themselves, not the children they have started.
Lines on standard input: `+PID` a process group has begun, `-PID` it is gone.
"""

import os
import signal
import sys


def main() -> None:
    """Follow the supervisor until its end of the pipe closes; then kill every group that is left."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        kill_group(group)


def kill_group(group: int) -> None:
    """Kill a process group; one that is gone already is fine."""
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    main()

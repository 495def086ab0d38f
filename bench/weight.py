"""What Rounds weighs: memory and start of each process of an idle stack, and what it takes of a disk.

`python -m bench.weight`. Memory is the proportional set size: a page that processes share is counted once.
"""

import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from itertools import chain
from pathlib import Path

import psutil
from packaging.requirements import Requirement

from bench.figures import Figure, at_most, keep
from rounds.parts import PARTS
from shared.config import load_settings
from shared.embedded import remove_home

PORT_BASE = 19400
EXTRAS = ("api", "collection", "training", "deployer", "flower")
SETTLES_SECONDS = 20.0  # until what processes load behind their first answer is there
MOST_LISTED = 8
MIB, MB = 2**20, 1e6
SERVERS = ("postgres", "valkey-server")


def main() -> int:
    """Measure, print, write; 1 when a goal is missed."""
    return keep("weight", chain(stack(), command_line(), disk()))


def stack() -> Iterator[Figure]:
    """A stack of its own that is started and asked nothing: seconds until it is ready, memory by part."""
    home = Path(tempfile.mkdtemp(prefix="rounds-weight-"))
    began = time.monotonic()
    command = [*_rounds(), "--home", str(home), "up", "--port-base", str(PORT_BASE), "--quiet", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        try:
            assert running.stdout is not None
            if not running.stdout.readline():
                raise SystemExit(f"`{' '.join(command[1:])}` did not start; try it by hand")
            seconds = time.monotonic() - began
            time.sleep(SETTLES_SECONDS)
            found = _memory(psutil.Process(running.pid))
        finally:
            running.send_signal(signal.SIGTERM)
    remove_home(load_settings(home=home))
    for name, size in found.most_common():
        print(f"  {name:<24} {size / MIB:8.0f} MiB")
    yield at_most("start of a stack on a fresh home", seconds, "s", goal=15)
    yield at_most("memory of an idle stack", sum(found.values()) / MIB, "MiB", goal=2048)
    yield at_most("memory of its largest part", max(found.values()) / MIB, "MiB", goal=512)


def command_line() -> Iterator[Figure]:
    """Processor time of a command that does nothing, best of three."""
    before = psutil.Process().cpu_times()
    spent = []
    for _ in range(3):
        subprocess.run([*_rounds(), "--help"], check=True, capture_output=True)
        after = psutil.Process().cpu_times()
        spent.append(sum(after[2:4]) - sum(before[2:4]))
        before = after
    yield at_most("processor time of `rounds --help`", min(spent), "s", goal=1.0)


def disk() -> Iterator[Figure]:
    """The installation by distribution: everything that `rounds` with all its extras asks for."""
    sizes = {name: _size(name) for name in sorted(_needed())}
    for name, size in sorted(sizes.items(), key=lambda one: -one[1])[:MOST_LISTED]:
        print(f"  {name:<24} {size / MB:8.0f} MB")
    yield at_most("distributions that it stands on", len(sizes) - 1, "", goal=160)
    yield at_most("installation", sum(sizes.values()) / MB, "MB", goal=2500)


def _rounds() -> list[str]:
    return [sys.executable, "-m", "rounds.main"]


def _memory(supervisor: psutil.Process) -> Counter[str]:
    """Bytes by part; what a part started is counted with it."""
    found = Counter({"supervisor": supervisor.memory_full_info().pss})
    for child in supervisor.children():
        for process in (child, *child.children(recursive=True)):
            found[_part(child)] += process.memory_full_info().pss
    return found


def _part(process: psutil.Process) -> str:
    command = process.cmdline()
    for part in PARTS:
        if command[1:] == part.argv[1:]:
            return part.name
    return next((name for name in SERVERS if name in " ".join(command)), process.name())


def _needed() -> set[str]:
    """Names of the distributions in use, `rounds` itself among them."""
    waiting, found = [("rounds", EXTRAS)], set[str]()
    while waiting:
        name, extras = waiting.pop()
        if name in found and not extras:
            continue
        try:
            asked = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another system
        found.add(name)
        waiting += [_wanted(one) for one in map(Requirement, asked) if _holds(one, extras)]
    return found


def _wanted(requirement: Requirement) -> tuple[str, tuple[str, ...]]:
    return requirement.name.lower().replace("_", "-"), tuple(sorted(requirement.extras))


def _holds(requirement: Requirement, extras: tuple[str, ...]) -> bool:
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in ("", *extras))


def _size(name: str) -> int:
    """Bytes of its files on this disk."""
    places = (Path(str(file.locate())) for file in distribution(name).files or ())
    return sum(place.stat().st_size for place in places if place.is_file())


if __name__ == "__main__":
    sys.exit(main())

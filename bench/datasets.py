"""Data sets at size: sealing in flat memory, two versions compared, a withdrawal's reach, exports.

`python -m bench.datasets [--rows N]` fills a registry of its own with generated cases and measures on it.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bench.dataset_world import rows
from bench.figures import Figure, at_least, at_most, keep
from shared.config import Settings, load_settings
from shared.domain import diff as told
from shared.domain.exports import line
from shared.embedded import prepare_home, remove_home, start_postgres
from shared.exports import text
from shared.registry import datasets, diffs, withdrawals
from shared.registry.migrate import migrate
from shared.registry.tables import DatasetMember, DatasetVersion
from worker_collection import dataset
from worker_collection.deps import Deps, make_deps

ROWS, DIFF_ROWS = 1_000_000, 100_000
BYTES_A_CASE = 100  # a sealing that held its cases would need a thousand


@contextmanager
def registry() -> Iterator[tuple[Settings, Deps]]:
    """A migrated database of this run alone."""
    with tempfile.TemporaryDirectory(prefix="rounds-bench-") as folder:
        Path(folder).chmod(0o755)
        settings = load_settings(home=Path(folder) / "home")
        prepare_home(settings)
        server = start_postgres(settings, durable=False)
        try:
            migrate(settings)
            yield settings, make_deps(settings)
        finally:
            server.stop()
            remove_home(settings)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that the work took, and what it gave."""
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def sealed_apart(settings: Settings) -> dict[str, float]:
    """Seal in a process of its own, so that its memory is that of the sealing."""
    argv = [sys.executable, "-m", "bench.datasets", "--seal", str(settings.root)]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def seal_here(home: Path) -> None:
    """Seal the site of this home, and say how long it took and how much memory it came to."""
    deps = make_deps(load_settings(home=home))
    seconds, _ = timed(lambda: dataset.seal("diagnosis", deps, actor="bench"))
    print(json.dumps({"seconds": seconds, "megabytes": peak_megabytes()}))


def peak_megabytes() -> float:
    """The most memory that this process held; what getrusage says counts that of its parent, too."""
    told = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in told if line.startswith("VmHWM")).split()[1]) / 1024


def measure(size: int) -> list[Figure]:
    """Every figure on a registry of so many cases, made and sealed in steps."""
    some = min(DIFF_ROWS, size)
    with registry() as (settings, deps):
        tenth = grown(settings, deps, first=1, last=max(1, size // 10))
        grown(settings, deps, first=size // 10 + 1, last=max(some, size // 10))
        grown(settings, deps, first=max(some, size // 10) + 1, last=max(some, size // 10) + some // 50)
        figures = [*compared(deps, max(some, size // 10)), *exported(deps)]
        whole = grown(settings, deps, first=max(some, size // 10) + some // 50 + 1, last=size)
        more = (whole["megabytes"] - tenth["megabytes"]) * 2**20 / (size - size // 10)
        return [
            *figures,
            at_most(f"seconds to seal {size} cases", whole["seconds"], "s", goal=size / 1000),
            at_most("memory for each further case", more, "bytes", goal=BYTES_A_CASE),
            *withdrawn(deps, size),
        ]


def grown(settings: Settings, deps: Deps, *, first: int, last: int) -> dict[str, float]:
    """Add the cases of these numbers and seal all there are."""
    if last >= first:
        rows.fill(settings, deps.vault, first=first, last=last)
    found = sealed_apart(settings)
    print(f"sealed {last}: {found['seconds']:.1f} s, {found['megabytes']:.0f} MB", flush=True)
    return found


def compared(deps: Deps, size: int) -> list[Figure]:
    """The two newest versions, as people read them."""
    with deps.sessions() as session:
        after, before = datasets.page(session, "diagnosis")[:2]
        seconds, _ = timed(lambda: told.as_page(diffs.diff(session, before, after)))
    return [at_most(f"seconds to compare two versions of {size} cases", seconds, "s", goal=5)]


def withdrawn(deps: Deps, size: int) -> list[Figure]:
    """One person's withdrawal with its certificate."""
    with deps.sessions() as session:
        person_id = session.scalars(select(DatasetMember.person_id).limit(1)).one()

        def take_back() -> None:
            row = withdrawals.leave(session, person_id, cause="bench", actor="bench", now=deps.clock())
            assert row.reached["datasets"]
            withdrawals.certificate(session, row)

        seconds, _ = timed(take_back)
        session.rollback()
    return [at_most(f"seconds to list what a withdrawal reaches in {size} cases", seconds, "s", goal=2)]


def exported(deps: Deps) -> list[Figure]:
    """Cases a second into every format that is read from the registry as it is written."""
    found = []
    from shared.exports import table  # pyarrow is no part of what a sealing needs

    with deps.sessions() as session:
        version = session.scalars(select(DatasetVersion).order_by(DatasetVersion.number).limit(1)).one()
        n = version.counts["training"] + version.counts["evaluation"]
        for kind in text.LINE_FORMATS:
            examples = text.exported(session, version, text.SPLITS, vault=deps.vault)
            seconds, _ = timed(
                lambda kind=kind, examples=examples: sum(len(line(one, kind)) for one in examples)
            )
            found.append(at_least(f"cases a second as {kind}", n / seconds, "cases/s", goal=2000))
        with tempfile.TemporaryFile() as file:
            examples = text.exported(session, version, text.SPLITS, vault=deps.vault)
            seconds, _ = timed(lambda: table.write(examples, file))
        found.append(at_least("cases a second as parquet", n / seconds, "cases/s", goal=2000))
    return found


def main() -> None:
    """Measure and write the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--seal", type=Path)
    asked = parser.parse_args()
    if asked.seal is not None:
        seal_here(asked.seal)
        return
    keep("datasets", measure(asked.rows), rows=asked.rows)


if __name__ == "__main__":
    main()

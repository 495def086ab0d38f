"""The restore drill: a made-up site is filled, backed up, lost, brought back and proven; each step is timed.

`python -m bench.restore [ROWS]`
"""

import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TypeVar

from sqlalchemy import text

from bench.clinic_world.handed import push_rows
from bench.figures import at_most, keep
from rounds import backup, restore
from rounds.proving import PROOFS
from shared.broker.notary import Notary
from shared.config import Settings, load_settings
from shared.embedded import prepare_home, remove_home, start_postgres
from shared.proofs import Witness
from shared.registry import runs, sources
from shared.registry.migrate import migrate
from shared.registry.session import make_sessions
from shared.signing import open_signer
from shared.storage.objects import open_storage
from shared.vault import open_vault
from worker_collection import collect
from worker_collection.deps import make_deps

ROWS, GOAL_SECONDS = 2000, 900.0
A_PUSH = 1000
Result = TypeVar("Result")


def main(rows: int) -> int:
    """Play the drill; 1 when something is not as it was."""
    with ExitStack() as stack:
        first, second = a_site(stack), a_site(stack)
        held = step(f"a site of {rows} rows", lambda: filled(first, rows))
        file = first.root / "site.rounds"
        step("backup", lambda: written(first, file))
        print(f"    {file.stat().st_size / 1e6:.1f} MB")
        (second.root / "keys").mkdir(exist_ok=True, mode=0o700)
        shutil.copy(first.secret_file, second.secret_file)
        began = time.monotonic()
        step("restore", lambda: brought_back(second, file))
        faults = step("proofs", lambda: proven(second))
        seconds = time.monotonic() - began
        same = counted(second) == held
    print(f"what came back is {'the same' if same else 'OTHER'}; {len(faults)} faults")
    figures = [
        at_most("restored and proven", seconds, "s", goal=GOAL_SECONDS),
        at_most("records that are not the same", len(faults) + (not same), "records", goal=0),
    ]
    return keep("restore", figures, rows=rows)


def a_site(stack: ExitStack) -> Settings:
    """A home of its own, removed at the end."""
    settings = load_settings(home=Path(tempfile.mkdtemp(prefix="rounds-drill-")))
    prepare_home(settings)
    stack.callback(remove_home, settings)
    return settings


def step(what: str, do: Callable[[], Result]) -> Result:
    """Do it and print how long it took."""
    began = time.monotonic()
    done = do()
    print(f"{what:<24} {time.monotonic() - began:8.1f} s", flush=True)
    return done


def filled(settings: Settings, rows: int) -> dict[str, int]:
    """Cases, pushed and collected, and a signed trail; how many records there are."""
    with ExitStack() as stack:
        stack.callback(start_postgres(settings).stop)
        migrate(settings)
        deps = make_deps(settings)
        for start in range(0, rows, A_PUSH):
            with deps.sessions.begin() as session:
                source = sources.receiving(session, "diagnosis", vault=deps.vault, now=deps.clock())
                chunk = push_rows(min(A_PUSH, rows - start), start)
                run = runs.push(
                    session, source, rows=chunk, vault=deps.vault, now=deps.clock(), triggered_by="drill"
                )
            collect.collect_run(run.id, deps)
        notary = Notary(
            make_sessions(settings),  # the relay's own: the collection may not seal
            storage=deps.storage,
            signer=open_signer(settings),
            clock=settings.clock,
        )
        notary.turn(at=1e9)
        return records(settings)


def written(settings: Settings, file: Path) -> None:
    """The backup, with the site's database started for it."""
    backup.write(
        file,
        settings,
        storage=open_storage(settings),
        vault=open_vault(settings.secret_file),
        now=settings.clock(),
        say=lambda _: None,
    )


def brought_back(settings: Settings, file: Path) -> None:
    """The restore into the empty home."""
    vault = open_vault(settings.secret_file)
    restore.bring_back(file, settings, storage=open_storage(settings), vault=vault, say=lambda _: None)


def proven(settings: Settings) -> list[str]:
    """Every proof of `rounds verify`."""
    witness = Witness(open_storage(settings), open_signer(settings).public_pem())
    with backup.database_up(settings):
        sessions = make_sessions(settings, pool_size=1)
        with sessions() as session:
            return [fault for proof in PROOFS.values() for fault in proof(session, witness)]


def counted(settings: Settings) -> dict[str, int]:
    """How many records there are."""
    with backup.database_up(settings):
        return records(settings)


def records(settings: Settings) -> dict[str, int]:
    """How many rows each table has."""
    with make_sessions(settings, pool_size=1)() as session:
        tables = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        return {
            name: int(session.scalar(text(f'SELECT count(*) FROM "{name}"')) or 0)  # noqa: S608 - our tables
            for name in sorted(tables)
        }


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS))

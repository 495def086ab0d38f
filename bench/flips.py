"""One byte altered somewhere in what must never change, a thousand times: how often it is named.

`python -m bench.flips [--count N] [--seed N]` fills a small site (a sealed data set, a model's files,
releases, an audit trail with checkpoints, an evidence pack), then alters one byte of a file or row as the
owner of the database could, and asks the proofs. Every alteration is taken back before the next.
"""

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from bench.clinic_world.handed import push_rows
from bench.fhir import fresh
from bench.figures import at_least, keep
from rounds import evidence_pack
from rounds.proving import PROOFS
from shared.backends import files
from shared.broker.notary import Notary
from shared.proofs import Witness
from shared.registry import audit, evidence, runs, sources
from shared.registry.session import make_sessions
from shared.registry.tables import DatasetVersion
from shared.signing import open_signer
from shared.verifier import faults_of
from tests.factories import a_version
from worker_collection import collect, dataset
from worker_collection.deps import Deps

EVENTS = 40
# Columns of rows that a proof covers, each with how one of its characters is altered.
ROWS = {
    "audit": (
        ("audit_events", "seq", ("actor", "act", "subject_kind", "subject_id")),
        ("audit_seals", "position", ("hash",)),
        ("audit_checkpoints", "size", ("body",)),
    ),
    "evidence": (
        ("evidence_records", "seq", ("transition", "actor", "model_type", "hash", "previous_hash")),
    ),
    "datasets": (("dataset_members", "case_id", ("label", "content_hash")),),
}


class Plant:
    """A filled site, and the hand of its owner."""

    def __init__(self, stack: ExitStack, draw: random.Random) -> None:
        self.deps, self.draw = fresh(stack), draw
        self.signer = open_signer(self.deps.settings)
        self.witness = Witness(self.deps.storage, self.signer.public_pem())
        self.engine = create_engine(self.deps.settings.database)
        stack.callback(self.engine.dispose)
        self.pack = self.deps.settings.root / "pack"
        _fill(self.deps)
        with self.engine.begin() as connection:  # the factory's own data set has no manifest
            connection.execute(text("SET session_replication_role = replica"))
            connection.execute(text("DELETE FROM dataset_versions WHERE manifest_key = 'k'"))
        self._seal()

    def faults(self, name: str, session: Session) -> list[str]:
        """What one proof says."""
        return list(PROOFS[name](session, self.witness))

    def in_a_row(self, name: str) -> tuple[str, list[str]]:
        """Alter one character of a row, prove, take it back."""
        table, key, columns = self.draw.choice(ROWS[name])
        column = self.draw.choice(columns)
        with Session(self.engine) as session:
            session.execute(text("SET session_replication_role = replica"))
            ids = session.execute(text(f"SELECT {key}::text FROM {table}")).scalars().all()
            chosen = {"id": self.draw.choice(ids)}
            where = f"WHERE {key}::text = :id"
            kind, value = session.execute(
                text(f"SELECT pg_typeof({column})::text, {column}::text FROM {table} {where}"), chosen
            ).one()
            changed = {"value": self._altered(value, kind)} | chosen
            session.execute(text(f"UPDATE {table} SET {column} = CAST(:value AS {kind}) {where}"), changed)
            found = self.faults(name, session)
            session.rollback()
        return f"{table}.{column}", found

    def in_a_file(self, below: str, prove: Callable[[], list[str]]) -> tuple[str, list[str]]:
        """Alter one bit of one byte of a file, prove, take it back."""
        root = self.deps.settings.root / below
        path = self.draw.choice(
            [one for one in sorted(root.rglob("*")) if one.is_file() and one.stat().st_size]
        )
        before = path.read_bytes()
        place = self.draw.randrange(len(before))
        after = before[:place] + bytes([before[place] ^ (1 << self.draw.randrange(8))]) + before[place + 1 :]
        with _written(path, before, after):
            return f"{below}/{path.name}", prove()

    def _altered(self, value: str, kind: str) -> str:
        """Another value of the same kind that differs in one character."""
        digits = "0123456789abcdef" if kind == "bytea" else "abcdefghij0123456789"
        places = [at for at, one in enumerate(value) if one in digits and (kind != "bytea" or at > 1)]
        place = self.draw.choice(places)
        put = digits if kind == "bytea" else digits.replace("0", "")  # no number of JSON begins with 0
        other = self.draw.choice(
            [one for one in put if one != value[place] and one.isdigit() == value[place].isdigit()]
        )
        return value[:place] + other + value[place + 1 :]

    def _seal(self) -> None:
        notary = Notary(
            make_sessions(self.deps.settings),
            storage=self.deps.storage,
            signer=self.signer,
            clock=self.deps.clock,
        )
        notary.turn(at=1e9)
        now = self.deps.clock()
        period = now - timedelta(days=9), now + timedelta(days=9)
        with make_sessions(self.deps.settings)() as session:
            evidence_pack.write(session, self.pack, period, signer=self.signer, site="bench", version="1")


def main(argv: list[str]) -> int:
    """Alter, count, print and keep the figures; 1 when something was not named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    wish = parser.parse_args(argv)
    print(f"seed {wish.seed}")
    with ExitStack() as stack:
        plant = Plant(stack, random.Random(wish.seed))
        whole = {name: told for name in PROOFS if (told := _now(plant, name))}
        if whole or _of_pack(plant):
            print(f"the site does not prove itself before anything is altered: {whole}")
            return 1
        named, missed = _played(plant, wish.count)
    for what, count in missed.most_common(10):
        print(f"not named: {what}, {count} times")
    share = sum(named.values()) / wish.count
    return keep("flips", [at_least("altered bytes that are named", share, "share", goal=1.0)], seed=wish.seed)


def _played(plant: Plant, count: int) -> tuple[Counter[str], Counter[str]]:
    named: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    ways: list[Callable[[], tuple[str, list[str]]]] = [
        *(lambda name=name: plant.in_a_row(name) for name in ROWS),  # type: ignore[misc]
        lambda: plant.in_a_file("artifacts/models", lambda: _now(plant, "models")),
        lambda: plant.in_a_file("artifacts/datasets", lambda: _now(plant, "datasets")),
        lambda: plant.in_a_file("artifacts/audit", lambda: _now(plant, "audit")),
        lambda: plant.in_a_file("pack", lambda: _of_pack(plant)),
    ]
    for turn in range(count):
        what, found = ways[turn % len(ways)]()
        (named if found else missed)[what] += 1
    return named, missed


def _now(plant: Plant, name: str) -> list[str]:
    with Session(plant.engine) as session:
        return plant.faults(name, session)


def _of_pack(plant: Plant) -> list[str]:
    """A pack that cannot be read is named, too."""
    try:
        return [*evidence_pack.faults(plant.pack), *faults_of(plant.pack)]
    except (OSError, ValueError, KeyError, evidence_pack.BrokenPackError) as error:
        return [str(error)]


def _fill(deps: Deps) -> None:
    own = make_sessions(deps.settings)
    with own.begin() as session:
        source = sources.receiving(session, "diagnosis", vault=deps.vault, now=deps.clock())
        run = runs.push(
            session,
            source,
            rows=push_rows(60, 1),
            vault=deps.vault,
            now=deps.clock(),
            triggered_by="bench",
            curated=True,
        )
    collect.collect_run(run.id, deps)
    sealed = dataset.seal("diagnosis", deps, actor="bench")
    kept = files.store(
        deps.storage, {"adapter.safetensors": bytes(range(256)) * 4, "rounds.json": b'{"a": 1}'}
    )
    with own.begin() as session:
        data = session.get_one(DatasetVersion, sealed)
        version = a_version(session, digest=kept.split("/")[1], dataset_version_id=data.id)
        for number in range(EVENTS):
            body: dict[str, Any] = {"reason": f"because {number}"}
            evidence.append(
                session, version, transition="gated>live", actor="rule", body=body, at=deps.clock()
            )
            subject = ("cases", f"case-{number}")
            audit.write(session, act="read", subject=subject, actor="key:ann", at=deps.clock())


@contextmanager
def _written(path: Path, before: bytes, after: bytes) -> Iterator[None]:
    path.chmod(0o600)
    path.write_bytes(after)
    try:
        yield
    finally:
        path.write_bytes(before)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

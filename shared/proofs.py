"""Proves that what must never change has not: audit, evidence and data sets, each fault by name."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.domain.merkle import Tree
from shared.errors import NotFoundError
from shared.registry import audit_chain, evidence
from shared.registry.audit_chain import CHECKPOINTS
from shared.registry.sealing_rows import KEPT
from shared.registry.tables import DatasetMember, DatasetVersion, EvidenceRecord
from shared.storage.base import Storage
from shared.verifier import Checkpoint, faults, public_key


@dataclass(frozen=True)
class Witness:
    """What stands outside the database: the store, the site's public key, checkpoints from elsewhere."""

    storage: Storage
    public_pem: bytes
    brought: Sequence[Checkpoint] = ()


_COMPARED = tuple(KEPT)
Proof = Callable[[Session, Witness], Iterator[str]]


def audit_holds(session: Session, witness: Witness) -> Iterator[str]:
    """The chain of audit events against every checkpoint of the table, of the store and of mails."""
    key = public_key(witness.public_pem)
    stored, kept = _stored(witness.storage), audit_chain.checkpoints(session)
    yield from (f"{name} is no checkpoint" for name, one in stored.items() if one is None)
    broken = audit_chain.unreadable(session)
    yield from (f"what the table holds over {size} events is no checkpoint" for size in broken)
    known = [*kept, *witness.brought, *(one for one in stored.values() if one is not None)]
    yield from faults(audit_chain.chain(session), dict.fromkeys(known), key)
    missing = {one.size for one in known} - {one.size for one in kept}
    yield from (f"the table lacks the checkpoint over {size} events" for size in sorted(missing))
    yield from (f"event {seq} was added behind the chain's back" for seq in audit_chain.left_out(session))


def evidence_holds(session: Session, witness: Witness) -> Iterator[str]:
    """The chain of release evidence, against the heads that the checkpoints signed."""
    broken = evidence.first_broken(session)
    if broken is not None:
        yield f"evidence record {broken} is missing, altered or out of the chain"
    known = [*audit_chain.checkpoints(session), *(one for one in _stored(witness.storage).values() if one)]
    heads = {one.evidence_seq: one.evidence_hash for one in (*known, *witness.brought) if one.evidence_seq}
    rows = select(EvidenceRecord.seq, EvidenceRecord.hash).where(EvidenceRecord.seq.in_(heads))
    found = {row.seq: row.hash for row in session.execute(rows)}
    for seq, signed in sorted(heads.items()):
        if seq not in found:
            yield f"evidence record {seq} was signed and is gone"
        elif found[seq] != signed:
            yield f"evidence record {seq} is not the one that was signed"


def datasets_hold(session: Session, witness: Witness) -> Iterator[str]:
    """Every sealed version: its manifest has its root, and its members are those of the manifest."""
    for version in session.scalars(select(DatasetVersion).order_by(DatasetVersion.sealed_at)).all():
        try:
            yield from _dataset(session, version, witness.storage)
        except NotFoundError:
            yield f"{version.name} has no manifest in the store"
        except ValueError:  # a line that is no JSON, or no text at all
            yield f"the manifest of {version.name} is not the one that was sealed"


def _stored(storage: Storage) -> dict[str, Checkpoint | None]:
    found: dict[str, Checkpoint | None] = {}
    for key in storage.keys(CHECKPOINTS):
        try:
            found[key] = Checkpoint.of(json.loads(storage.get(key)))
        except ValueError:
            found[key] = None
    return found


def _dataset(session: Session, version: DatasetVersion, storage: Storage) -> Iterator[str]:
    tree, different = Tree(), 0
    members = _members(session, version)
    for line in _lines(storage.stream(version.manifest_key)):
        tree.add(line)
        said = json.loads(line)
        different += next(members, None) != {name: said.get(name) for name in _COMPARED}
    different += sum(1 for _ in members)
    if tree.root() != version.sha256:
        yield f"the manifest of {version.name} is not the one that was sealed"
    if different:
        yield f"{different} members of {version.name} are not those of its manifest"


def _members(session: Session, version: DatasetVersion) -> Iterator[dict[str, str | None]]:
    columns = [getattr(DatasetMember, name) for name in _COMPARED]
    rows = select(*columns).filter_by(dataset_version_id=version.id).order_by(DatasetMember.case_id)
    for row in session.execute(rows, execution_options={"yield_per": 2000}):
        said = row._mapping.items()
        yield {name: None if value is None else str(value) for name, value in said}


def _lines(pieces: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.decode() for line in whole)
    if rest:
        yield rest.decode()

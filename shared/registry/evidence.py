"""The evidence chain: one record a transition or refusal, each holding the hash of the one before."""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.registry.tables import EvidenceRecord, ModelVersion

GENESIS = "0" * 64


def canonical(value: object) -> str:
    """JSON of which equal values have equal bytes: sorted keys, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def append(
    session: Session,
    version: ModelVersion,
    *,
    transition: str,
    actor: str,
    body: Mapping[str, object],
    at: datetime,
) -> EvidenceRecord:
    """Write the next record of the site's chain; its writers take turns until their transactions end."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended("evidence", 0))))
    last = session.scalar(select(EvidenceRecord).order_by(EvidenceRecord.seq.desc()).limit(1))
    record = EvidenceRecord(
        seq=1 if last is None else last.seq + 1,
        previous_hash=GENESIS if last is None else last.hash,
        model_type=version.model_type,
        model_version_id=version.id,
        transition=transition,
        actor=actor,
        body=json.loads(canonical(body)),
        at=at.astimezone(UTC),
    )
    record.hash = hash_of(record)
    session.add(record)
    session.flush()
    return record


def hash_of(record: EvidenceRecord) -> str:
    """SHA-256 over everything the record says, the previous hash included."""
    said = {
        "seq": record.seq,
        "previous_hash": record.previous_hash,
        "model_type": record.model_type,
        "model_version_id": str(record.model_version_id),
        "transition": record.transition,
        "actor": record.actor,
        "body": record.body,
        "at": record.at.astimezone(UTC).isoformat(),
    }
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def first_broken(session: Session) -> int | None:
    """The seq of the first record that is missing, altered or out of the chain; None when the chain holds."""
    previous, expected = GENESIS, 1
    rows = select(EvidenceRecord).order_by(EvidenceRecord.seq).execution_options(yield_per=500)
    for record in session.scalars(rows):
        if record.seq != expected or record.previous_hash != previous or record.hash != hash_of(record):
            return expected
        previous, expected = record.hash, expected + 1
    return None

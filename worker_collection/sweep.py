"""Rows that a source deleted without a word: its keys are compared with those that are remembered."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from shared.registry import sources
from worker_collection import endings
from worker_collection.draft import instant
from worker_collection.sources.base import Swept
from worker_collection.tally import Tally

_KEYS = 5000
_SMALL = 100_000  # rows; a source of this size is swept at every run, a larger one once a week
_EVERY = timedelta(days=7)
# More than half of a source gone at once is a view that broke, not a day of a clinic.
_MANY, _SHARE = 20, 0.5
_GONE = """
SELECT r.natural_key FROM source_records r
WHERE r.source_id = :source AND r.deleted_at IS NULL
  AND NOT EXISTS (SELECT 1 FROM swept s WHERE s.key = r.natural_key)
"""


def sweep(
    session: Session, reader: Swept, source_id: UUID, *, tally: Tally, actor: str, now: datetime
) -> None:
    """End the cases of rows that are gone; where too many are, nothing is ended and the run says how many."""
    source = sources.get(session, source_id)
    last, known = instant(source.watermark.get("swept_at"), UTC), endings.standing_records(session, source_id)
    if not known or (known > _SMALL and last is not None and now - last < _EVERY):
        return
    gone = _gone(session, reader, source_id)
    if len(gone) > max(_MANY, _SHARE * known):
        tally.deletions_held += len(gone)
        return
    for start in range(0, len(gone), _KEYS):
        keys = gone[start : start + _KEYS]
        tally.deleted += endings.delete(session, source_id, keys, actor=actor, now=now)
    source.watermark = {**source.watermark, "swept_at": now.isoformat()}


def _gone(session: Session, reader: Swept, source_id: UUID) -> Sequence[str]:
    """The keys that are remembered and no longer in the source; compared by the database, in flat memory."""
    session.execute(text("CREATE TEMP TABLE swept (key text) ON COMMIT DROP"))
    for keys in reader.keys(_KEYS):
        session.execute(text("INSERT INTO swept SELECT unnest(CAST(:keys AS text[]))"), {"keys": keys})
    session.execute(text("ANALYZE swept"))
    return session.scalars(text(_GONE), {"source": source_id}).all()

"""Tables whose rows change all the time leave room on their pages and are swept early and often.

A beat or a step then changes its row in place (no index names those columns), and a queue that is emptied as
fast as it is filled does not rot: rows count, never a share of a table that may hold a million finished ones.
"""

from alembic import op

revision = "0025"
down_revision = "0024"

ROOMY = ("training_jobs", "collection_runs", "collection_chunks", "parts")
EMPTIED = ("outbox", "deliveries", "idempotency_keys")
_SWEPT = (
    "autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0"
)


def upgrade() -> None:
    """Set it; pages that are written already are filled as they were."""
    for table in ROOMY:
        op.execute(f"ALTER TABLE {table} SET (fillfactor = 70, {_SWEPT})")
    for table in EMPTIED:
        op.execute(f"ALTER TABLE {table} SET ({_SWEPT})")


def downgrade() -> None:
    """As every table is."""
    names = ", ".join(part.split(" = ")[0].strip() for part in _SWEPT.split(","))
    for table in ROOMY:
        op.execute(f"ALTER TABLE {table} RESET (fillfactor, {names})")
    for table in EMPTIED:
        op.execute(f"ALTER TABLE {table} RESET ({names})")

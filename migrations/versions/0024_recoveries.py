"""Recoveries are found among many events."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    """Index them alone."""
    chosen = sa.text("kind = 'lease.lost' OR kind LIKE 'recovery.%'")
    op.create_index("ix_events_recoveries", "events", ["seq"], postgresql_where=chosen)


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_events_recoveries", "events")

"""What happened to one training is found among all events."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    """Index the events of trainings by their job."""
    chosen = sa.text("kind LIKE 'training_jobs.%'")
    op.create_index("ix_events_of_jobs", "events", ["subject", "seq"], postgresql_where=chosen)


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_events_of_jobs", "events")

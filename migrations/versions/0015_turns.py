"""Whose turn it is among queued trainings is found by index, however many wait or ended."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"

QUEUED = sa.text("state = 'queued'")
TURN = ("model_type", "priority", "created_at")


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("ix_training_jobs_turn", "training_jobs", TURN, postgresql_where=QUEUED)
    op.create_index(
        op.f("ix_training_jobs_model_type_start_time"), "training_jobs", ["model_type", "start_time"]
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_index(op.f("ix_training_jobs_model_type_start_time"), table_name="training_jobs")
    op.drop_index("ix_training_jobs_turn", table_name="training_jobs")

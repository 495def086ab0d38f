"""A trial says how it ended, what it scored on the way, and whether somebody wants it to end."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0013"
down_revision = "0012"

ENDINGS = "'complete', 'pruned', 'failed', 'cancelled'"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("trials", sa.Column("ended", sa.String(), nullable=True))
    op.add_column("trials", sa.Column("scores", JSONB(), server_default="[]", nullable=False))
    cancel = sa.Column("cancel_requested", sa.Boolean(), server_default="false", nullable=False)
    op.add_column("trials", cancel)
    op.create_check_constraint(op.f("ck_trials_ended"), "trials", f"ended IN ({ENDINGS})")


def downgrade() -> None:
    """Take them away."""
    op.drop_constraint(op.f("ck_trials_ended"), "trials", type_="check")
    for name in ("ended", "scores", "cancel_requested"):
        op.drop_column("trials", name)

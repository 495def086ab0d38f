"""The cases of a run are found without reading all cases."""

from alembic import op

revision = "0012"
down_revision = "0011"

NAME = "ix_validated_cases_run_id"


def upgrade() -> None:
    """Make the index."""
    op.create_index(op.f(NAME), "validated_cases", ["run_id"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f(NAME), "validated_cases")

"""Predictions are found by the plan that they were given under."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Index the plan's number."""
    op.create_index("ix_predictions_model_type_plan_number", "predictions", ["model_type", "plan_number"])


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_predictions_model_type_plan_number", "predictions")

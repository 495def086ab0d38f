"""What is asked of a whole site is read from indexes: where cases stand, when answers and fires were."""

from alembic import op

revision = "0030"
down_revision = "0029"

# A case's row holds its sealed text: counting rows by state would read every text of the site.
_STANDING = "ix_validated_cases_standing"
_BY_STATE = "ix_validated_cases_model_type_state"
_TOLD = ("id", "person_id", "source_id", "data_quality_score", "is_anonymized", "used_in_training")
_AUDITED = "ix_predictions_audited"
_AT = "ix_predictions_at"
_FIRED = "ix_schedule_fires_schedule_id_at"


def upgrade() -> None:
    """Make them; the wider index of cases takes the place of the one by type and state."""
    op.create_index(_STANDING, "validated_cases", ["model_type", "state"], postgresql_include=list(_TOLD))
    op.drop_index(_BY_STATE, "validated_cases")
    op.create_index(_AUDITED, "predictions", ["id"], postgresql_where="in_audit")
    op.create_index(_AT, "predictions", ["at"], postgresql_using="brin", postgresql_with={"pages_per_range": 32})
    op.create_index(_FIRED, "schedule_fires", ["schedule_id", "at"])


def downgrade() -> None:
    """As it was."""
    op.drop_index(_FIRED, "schedule_fires")
    op.drop_index(_AT, "predictions")
    op.drop_index(_AUDITED, "predictions")
    op.create_index(_BY_STATE, "validated_cases", ["model_type", "state"])
    op.drop_index(_STANDING, "validated_cases")

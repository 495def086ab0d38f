"""A cause of alerts can be kept quiet until an instant."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    """Make the table; nobody changes a row of it."""
    op.create_table(
        "alert_silences",
        sa.Column("id", sa.Uuid(), server_default=sa.func.uuidv7(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_silences")),
    )
    op.create_index("ix_alert_silences_kind_created_at", "alert_silences", ["kind", "created_at"])
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON alert_silences "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("GRANT SELECT, INSERT ON alert_silences TO rounds_app")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("alert_silences")

"""A sealing is asked for over HTTP and done by the collection worker."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"

STATES = "'queued', 'completed', 'failed'"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "seal_orders",
        sa.Column("id", sa.Uuid(), server_default=sa.func.uuidv7(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        sa.Column("dataset_version_id", sa.Uuid(), nullable=True),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_seal_orders_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seal_orders")),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_seal_orders_model_type_model_types")
        ),
        sa.ForeignKeyConstraint(
            ["dataset_version_id"],
            ["dataset_versions.id"],
            name=op.f("fk_seal_orders_dataset_version_id_dataset_versions"),
        ),
    )
    queued = sa.text("state = 'queued'")
    op.create_index("ix_seal_orders_open", "seal_orders", ["model_type"], unique=True, postgresql_where=queued)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON seal_orders TO rounds_app")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("seal_orders")

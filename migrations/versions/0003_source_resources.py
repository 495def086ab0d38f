"""What rows of a source refer to is kept sealed beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "source_resources",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=True),
        sa.Column("patient", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("gone", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_source_resources_source_id")),
        sa.PrimaryKeyConstraint("source_id", "lookup", name=op.f("pk_source_resources")),
    )
    for columns in (("source_id", "kind", "generation"), ("source_id", "about"), ("source_id", "patient")):
        name = op.f(f"ix_source_resources_{'_'.join(columns)}")
        op.create_index(name, "source_resources", list(columns))
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON source_resources TO rounds_app")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("source_resources")

"""A key's holder can have a second factor, and take access in an emergency that somebody reviews."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    """Make both tables."""
    at = sa.DateTime(timezone=True)
    op.create_table(
        "second_factors",
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("locked_until", at, nullable=True),
        sa.Column("created_at", at, nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_second_factors")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_second_factors_key_id")),
    )
    op.create_table(
        "emergencies",
        sa.Column("id", sa.Uuid(), server_default=sa.func.uuidv7(), nullable=False),
        sa.Column("key_id", sa.Uuid(), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.Column("why_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", at, nullable=False),
        sa.Column("ends_at", at, nullable=False),
        sa.Column("reviewed_by", sa.String(), nullable=True),
        sa.Column("reviewed_at", at, nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.CheckConstraint("reviewed_by <> taken_by", name=op.f("ck_emergencies_two_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_emergencies")),
        sa.ForeignKeyConstraint(["key_id"], ["api_keys.id"], name=op.f("fk_emergencies_key_id")),
    )
    op.create_index("ix_emergencies_key_id_ends_at", "emergencies", ["key_id", "ends_at"])
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON second_factors TO rounds_app")
    op.execute("GRANT SELECT, INSERT, UPDATE ON emergencies TO rounds_app")


def downgrade() -> None:
    """Take them away."""
    op.drop_table("emergencies")
    op.drop_table("second_factors")

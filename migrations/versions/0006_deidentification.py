"""De-identification remembers replacements and words, sealed, and says where it removed or doubted what."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Create the tables and the column."""
    op.create_table(
        "surrogates",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_surrogates_person_id")),
        sa.PrimaryKeyConstraint("person_id", "lookup", name=op.f("pk_surrogates")),
    )
    op.create_table(
        "person_words",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], name=op.f("fk_person_words_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_words")),
    )
    op.create_table(
        "site_words",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('harmless', 'identifier')", name=op.f("ck_site_words_kind")),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_site_words")),
    )
    for table in ("surrogates", "person_words", "site_words"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO rounds_app")
    op.add_column("deid_reports", sa.Column("details", JSONB(), server_default="{}", nullable=False))
    op.create_index(op.f("ix_deid_reports_engine"), "deid_reports", ["engine"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index(op.f("ix_deid_reports_engine"), "deid_reports")
    op.drop_column("deid_reports", "details")
    for table in ("site_words", "person_words", "surrogates"):
        op.drop_table(table)

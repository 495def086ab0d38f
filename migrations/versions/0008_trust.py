"""Trust: waiting cases can be judged again, second readers, findings about validators, near duplicates."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"

TABLES = ("testimonies", "second_reads", "validator_findings", "duplicate_bands")


def _instant(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    """Create the tables, the columns and the indexes."""
    _create_testimonies()
    _create_second_reads()
    _create_findings()
    op.create_table(
        "duplicate_bands",
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_duplicate_bands_model_type")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_duplicate_bands_case_id")),
        sa.PrimaryKeyConstraint("model_type", "value", "case_id", name=op.f("pk_duplicate_bands")),
    )
    for table in TABLES:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO rounds_app")
    for column in (
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("same_text", sa.LargeBinary(), nullable=True),
        sa.Column("cluster", sa.Uuid(), nullable=True),
        sa.Column("likeness", sa.Double(), nullable=True),
    ):
        op.add_column("quality_reports", column)
    op.create_index(op.f("ix_quality_reports_cluster"), "quality_reports", ["cluster"])
    op.create_index(op.f("ix_quality_reports_same_text"), "quality_reports", ["same_text"])
    waits = sa.text("cluster IS NULL AND signature IS NOT NULL")
    op.create_index("ix_quality_reports_unclustered", "quality_reports", ["case_id"], postgresql_where=waits)
    signed = ["validated_by", "validated_at"]
    op.create_index(op.f("ix_validated_cases_validated_by_validated_at"), "validated_cases", signed)
    op.add_column("validations", sa.Column("seconds_spent", sa.BigInteger(), nullable=True))
    op.add_column("labels", sa.Column("languages", JSONB(), server_default="{}", nullable=False))


def _create_testimonies() -> None:
    op.create_table(
        "testimonies",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=True),
        sa.Column("signature", sa.LargeBinary(), nullable=True),
        sa.Column("stale", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        _instant("created_at"),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_testimonies_case_id")),
        sa.ForeignKeyConstraint(["model_type"], ["model_types.name"], name=op.f("fk_testimonies_model_type")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_testimonies")),
    )
    op.create_index("ix_testimonies_stale", "testimonies", ["case_id"], postgresql_where=sa.text("stale"))
    op.create_index(op.f("ix_testimonies_model_type_words"), "testimonies", ["model_type", "words"])
    op.create_index(op.f("ix_testimonies_signature"), "testimonies", ["signature"])


def _create_second_reads() -> None:
    op.create_table(
        "second_reads",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("asked_by", sa.String(), nullable=False),
        _instant("asked_at"),
        sa.Column("first_label", sa.String(), nullable=False),
        sa.Column("first_reader", sa.String(), nullable=True),
        sa.Column("second_label", sa.String(), nullable=True),
        sa.Column("second_reader", sa.String(), nullable=True),
        _instant("answered_at", nullable=True),
        sa.Column("settled_label", sa.String(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        _instant("settled_at", nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_second_reads_case_id")),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_second_reads_model_type")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_reads")),
    )
    op.create_index(op.f("ix_second_reads_case_id"), "second_reads", ["case_id"])
    answered = ["model_type", "answered_at"]
    op.create_index(op.f("ix_second_reads_model_type_answered_at"), "second_reads", answered)
    waits = sa.text("settled_at IS NULL")
    op.create_index("uq_second_reads_open", "second_reads", ["case_id"], unique=True, postgresql_where=waits)


def _create_findings() -> None:
    op.create_table(
        "validator_findings",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("validator_id", sa.Uuid(), nullable=False),
        sa.Column("model_type", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("mark", sa.String(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("details", JSONB(), nullable=False),
        _instant("found_at"),
        sa.CheckConstraint(
            "kind IN ('burst_signing', 'copied_text')", name=op.f("ck_validator_findings_kind")
        ),
        sa.ForeignKeyConstraint(
            ["model_type"], ["model_types.name"], name=op.f("fk_validator_findings_model_type")
        ),
        sa.ForeignKeyConstraint(
            ["validator_id"], ["validators.id"], name=op.f("fk_validator_findings_validator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_validator_findings")),
        sa.UniqueConstraint(
            "validator_id",
            "model_type",
            "kind",
            "mark",
            name=op.f("uq_validator_findings_validator_id_model_type_kind_mark"),
        ),
    )
    op.create_index(op.f("ix_validator_findings_validator_id"), "validator_findings", ["validator_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_column("labels", "languages")
    op.drop_column("validations", "seconds_spent")
    op.drop_index(op.f("ix_validated_cases_validated_by_validated_at"), "validated_cases")
    op.drop_index("ix_quality_reports_unclustered", "quality_reports")
    op.drop_index(op.f("ix_quality_reports_same_text"), "quality_reports")
    op.drop_index(op.f("ix_quality_reports_cluster"), "quality_reports")
    for column in ("likeness", "cluster", "same_text", "signature"):
        op.drop_column("quality_reports", column)
    for table in TABLES:
        op.drop_table(table)

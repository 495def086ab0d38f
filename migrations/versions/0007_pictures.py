"""Pictures: what each is known by, what DICOM objects a source has sent, and random UIDs for the clinic's."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "case_pictures",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("marks", ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("lossy", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["validated_cases.id"], name=op.f("fk_case_pictures_case_id")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_case_pictures")),
    )
    op.create_index(op.f("ix_case_pictures_marks"), "case_pictures", ["marks"], postgresql_using="gin")
    op.create_table(
        "dicom_objects",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("natural_key", sa.String(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=True),
        sa.Column("plane", sa.LargeBinary(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('file', 'picture', 'fragment', 'label', 'mask')", name=op.f("ck_dicom_objects_kind")
        ),
        sa.ForeignKeyConstraint(["source_id"], ["sources.id"], name=op.f("fk_dicom_objects_source_id")),
        sa.PrimaryKeyConstraint("source_id", "lookup", name=op.f("pk_dicom_objects")),
    )
    for columns in (("source_id", "kind", "generation"), ("source_id", "about"), ("source_id", "plane")):
        name = op.f(f"ix_dicom_objects_{'_'.join(columns)}")
        op.create_index(name, "dicom_objects", list(columns))
    op.create_table(
        "dicom_uids",
        sa.Column("lookup", sa.LargeBinary(), nullable=False),
        sa.Column("replacement", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("lookup", name=op.f("pk_dicom_uids")),
        sa.UniqueConstraint("replacement", name=op.f("uq_dicom_uids_replacement")),
    )
    for table in ("case_pictures", "dicom_objects", "dicom_uids"):
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO rounds_app")


def downgrade() -> None:
    """Drop them."""
    for table in ("dicom_uids", "dicom_objects", "case_pictures"):
        op.drop_table(table)

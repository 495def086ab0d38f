"""Right masks of predicted pictures, as clinicians drew them; they go when the picture's time is over."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    """Make the table; a row never changes."""
    op.create_table(
        "mask_feedback",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("prediction_id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("blind", sa.Boolean(), nullable=False),
        sa.Column("validated_by", sa.String(), nullable=False),
        sa.Column("validated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["prediction_id"], ["predictions.id"], name=op.f("fk_mask_feedback_prediction_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_mask_feedback")),
        sa.UniqueConstraint(
            "prediction_id",
            "validated_by",
            "validated_at",
            name=op.f("uq_mask_feedback_prediction_id_validated_by_validated_at"),
        ),
    )
    op.execute("GRANT SELECT, INSERT, DELETE ON mask_feedback TO rounds_app")
    op.execute("GRANT USAGE ON SEQUENCE mask_feedback_seq_seq TO rounds_app")


def downgrade() -> None:
    """Take it away."""
    op.drop_table("mask_feedback")

"""A job records what it cost, how it was helped, what it ran on; a lane of cores is leased like a GPU."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the columns; the leases that stood named no host and are granted anew."""
    for name, default in (("provenance", "{}"), ("cost", "{}"), ("repairs", "[]")):
        op.add_column("training_jobs", sa.Column(name, JSONB(), server_default=default, nullable=False))
    op.add_column("training_jobs", sa.Column("error_fix", sa.String(), nullable=True))
    op.add_column("training_jobs", sa.Column("retry_of", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_training_jobs_retry_of"), "training_jobs", "training_jobs", ["retry_of"], ["id"]
    )
    op.add_column("job_attempts", sa.Column("device", sa.String(), nullable=True))
    op.add_column("job_attempts", sa.Column("cost", JSONB(), server_default="{}", nullable=False))
    op.execute("DELETE FROM gpu_leases")
    op.add_column("gpu_leases", sa.Column("host", sa.String(), nullable=False))
    op.add_column("gpu_leases", sa.Column("kind", sa.String(), nullable=False))
    op.add_column("gpu_leases", sa.Column("memory_bytes", sa.BigInteger(), nullable=True))
    op.create_check_constraint(op.f("ck_gpu_leases_kind"), "gpu_leases", "kind IN ('gpu', 'cores')")


def downgrade() -> None:
    """Take them away."""
    op.drop_constraint(op.f("ck_gpu_leases_kind"), "gpu_leases", type_="check")
    for name in ("host", "kind", "memory_bytes"):
        op.drop_column("gpu_leases", name)
    for name in ("device", "cost"):
        op.drop_column("job_attempts", name)
    op.drop_constraint(op.f("fk_training_jobs_retry_of"), "training_jobs", type_="foreignkey")
    for name in ("provenance", "cost", "repairs", "error_fix", "retry_of"):
        op.drop_column("training_jobs", name)

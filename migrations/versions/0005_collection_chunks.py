"""Large collections are cut into chunks that any worker may take; rows remember the source's own time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"

MOVES = (
    ("queued", "leased"),
    ("queued", "failed"),
    ("leased", "done"),
    ("leased", "queued"),
    ("leased", "failed"),
)


def upgrade() -> None:
    """Create the table, its guard and the column."""
    op.create_table(
        "collection_chunks",
        sa.Column("id", sa.Uuid(), server_default=sa.text("uuidv7()"), nullable=False),
        sa.Column("run_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("counts", JSONB(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempt", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("fence", sa.BigInteger(), nullable=True),
        sa.Column("beat_seq", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("worker", sa.String(), nullable=True),
        sa.Column("run_after", sa.DateTime(timezone=True), nullable=True),
        sa.Column("rung_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_requested", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("priority", sa.BigInteger(), server_default="100", nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'leased', 'done', 'failed')", name=op.f("ck_collection_chunks_state")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["collection_runs.id"], name=op.f("fk_collection_chunks_run_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_chunks")),
        sa.UniqueConstraint("run_id", "number", name=op.f("uq_collection_chunks_run_id_number")),
    )
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON collection_chunks TO rounds_app")
    for before, after in MOVES:
        op.execute(
            "INSERT INTO allowed_moves (record, before, after) "  # noqa: S608 - our own words
            f"VALUES ('ChunkState', '{before}', '{after}') ON CONFLICT DO NOTHING"
        )
    op.execute(
        "CREATE TRIGGER moves BEFORE UPDATE OF state ON collection_chunks "
        "FOR EACH ROW EXECUTE FUNCTION check_move('ChunkState')"
    )
    op.add_column("source_records", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("source_records", "changed_at")
    op.drop_table("collection_chunks")
    op.execute("DELETE FROM allowed_moves WHERE record = 'ChunkState'")

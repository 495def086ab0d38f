"""Submits that come at the same moment are one statement, one transaction and one sync of the disk."""

from alembic import op

revision = "0029"
down_revision = "0028"

# Each element holds what `submit_job` is told, in its order. A lock of an equal wish that somebody else holds
# is not waited for where others would wait, too: that one is told to come `again`, alone.
_TOGETHER = """
CREATE FUNCTION submit_jobs(wishes jsonb, waits boolean)
  RETURNS TABLE (outcome text, job uuid, answer text) LANGUAGE plpgsql AS $$
DECLARE
  w jsonb;
BEGIN
  FOR w IN SELECT * FROM jsonb_array_elements(wishes) LOOP
    IF waits OR pg_try_advisory_xact_lock(hashtextextended('jobs:' || (w ->> 0), (w ->> 5)::bigint)) THEN
      SELECT s.outcome, s.job, s.answer INTO outcome, job, answer FROM submit_job(
        w ->> 0, w ->> 1, w ->> 2, w ->> 3, (w ->> 4)::jsonb, (w ->> 5)::bigint, (w ->> 6)::bigint,
        (w ->> 7)::boolean, w ->> 8, w ->> 9, (w ->> 10)::uuid, (w ->> 11)::timestamptz, w ->> 12,
        (w ->> 13)::uuid, (w ->> 14)::bigint, w ->> 15, w ->> 16, decode(w ->> 17, 'hex'),
        (w ->> 18)::bigint, w ->> 19) AS s;
    ELSE
      outcome := 'again'; job := NULL; answer := NULL;
    END IF;
    RETURN NEXT;
  END LOOP;
END $$
"""
# A job that waits has no data set and no beginning yet: it needs no place in these.
_NARROWED = {
    "ix_training_jobs_dataset_version_id": ["dataset_version_id"],
    "ix_training_jobs_model_type_start_time": ["model_type", "start_time"],
}


# The queue by urgency alone: it drew the look at one type through the jobs of all others.
_QUEUE = "ix_training_jobs_open"


def upgrade() -> None:
    """Make the door, two indexes smaller, and leave the queue one index, by type."""
    op.execute(_TOGETHER)
    _index(narrow=True)
    op.drop_index(_QUEUE, "training_jobs")


def downgrade() -> None:
    """Take it away."""
    op.create_index(_QUEUE, "training_jobs", ["priority", "created_at"], postgresql_where="state = 'queued'")
    _index(narrow=False)
    op.execute("DROP FUNCTION submit_jobs")


def _index(*, narrow: bool) -> None:
    for name, columns in _NARROWED.items():
        op.drop_index(name, "training_jobs")
        where = f"{columns[-1]} IS NOT NULL" if narrow else None
        op.create_index(name, "training_jobs", columns, postgresql_where=where)

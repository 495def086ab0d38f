"""A job is made by one statement, whoever asks: row, doorbell, audit and event; and a call's whole door is one."""

from alembic import op

revision = "0019"
down_revision = "0018"

# Equal wishes take turns, so that of two at once the second meets the first; other wishes do not wait.
_CREATE = """
CREATE FUNCTION create_job(
  kind text, kin text, base_wanted text, dataset_wanted text, recipe_wanted jsonb, seed_wanted bigint,
  priority_wanted bigint, deploys boolean, cause text, asker text, retried uuid, moment timestamptz,
  bell text, OUT outcome text, OUT job uuid, OUT size bigint
) LANGUAGE plpgsql AS $$
DECLARE
  base_taken text;
  data uuid;
  data_kind text;
  told jsonb := jsonb_build_object('model_type', kind, 'triggered_by', cause, 'seed', seed_wanted);
BEGIN
  SELECT coalesce(base_wanted, base) INTO base_taken FROM model_types WHERE name = kind AND family = kin;
  IF NOT FOUND THEN
    outcome := 'unknown_model_type'; RETURN;
  END IF;
  IF dataset_wanted IS NOT NULL THEN
    SELECT id, model_type, (counts ->> 'training')::bigint INTO data, data_kind, size
      FROM dataset_versions WHERE name = dataset_wanted;
    IF NOT FOUND THEN
      outcome := 'unknown_dataset'; RETURN;
    ELSIF data_kind <> kind THEN
      outcome := 'dataset_of_another_type'; RETURN;
    END IF;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('jobs:' || kind, seed_wanted));
  SELECT id INTO job FROM training_jobs
    WHERE model_type = kind AND seed = seed_wanted AND state NOT IN ('completed', 'failed', 'cancelled')
      AND base = base_taken AND dataset_version_id IS NOT DISTINCT FROM data AND recipe = recipe_wanted
    LIMIT 1;
  IF FOUND THEN
    outcome := 'same_job_open'; RETURN;
  END IF;
  INSERT INTO training_jobs (model_type, state, base, dataset_version_id, dataset_size, parent_model_version,
      seed, recipe, auto_deploy, priority, triggered_by, requested_by, retry_of, progress, step, result,
      created_at)
    VALUES (kind, 'queued', base_taken, data, size,
      (SELECT name FROM model_versions WHERE model_type = kind AND state = 'live'),
      seed_wanted, recipe_wanted, deploys, priority_wanted, cause, asker, retried, 0, 0, '{}', moment)
    RETURNING id INTO job;
  INSERT INTO audit_events (at, actor, act, subject_kind, subject_id, details)
    VALUES (moment, asker, 'create', 'training_jobs', job::text, told);
  INSERT INTO events (at, kind, subject, data) VALUES (moment, 'training_jobs.queued', job::text, told);
  INSERT INTO outbox (task, subject) VALUES (bell, job);
  outcome := 'created';
END $$
"""

# The answer comes as a form: %1$s is the job's id, %2$s the size of its data. `may` is the caller's key.
_SUBMIT = """
CREATE FUNCTION submit_job(
  kind text, kin text, base_wanted text, dataset_wanted text, recipe_wanted jsonb, seed_wanted bigint,
  priority_wanted bigint, deploys boolean, cause text, asker text, retried uuid, moment timestamptz,
  bell text, may uuid, most bigint, path text, repeat_key text, body bytea, code bigint, form text,
  OUT outcome text, OUT job uuid, OUT answer text
) LANGUAGE plpgsql AS $$
DECLARE
  made record;
  known record;
BEGIN
  PERFORM FROM api_keys WHERE id = may AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > moment);
  IF NOT FOUND THEN
    outcome := 'revoked'; RETURN;
  END IF;
  IF repeat_key IS NOT NULL THEN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(asker || E'\\n' || path || E'\\n' || repeat_key, 0)) THEN
      outcome := 'still_running'; RETURN;
    END IF;
    SELECT request_sha256 = body AS same, convert_from(response, 'UTF8') AS response INTO known
      FROM idempotency_keys WHERE actor = asker AND route = path AND key = repeat_key;
    IF FOUND THEN
      outcome := CASE WHEN known.same THEN 'answered_before' ELSE 'key_reused' END;
      answer := known.response; RETURN;
    END IF;
  END IF;
  IF (SELECT count(*) FROM (SELECT FROM training_jobs WHERE state = 'queued' LIMIT most) AS held) >= most THEN
    outcome := 'full'; RETURN;
  END IF;
  SELECT * INTO made FROM create_job(kind, kin, base_wanted, dataset_wanted, recipe_wanted, seed_wanted,
    priority_wanted, deploys, cause, asker, retried, moment, bell);
  outcome := made.outcome; job := made.job;
  IF outcome = 'created' THEN
    answer := format(form, job, coalesce(made.size::text, 'null'));
    IF repeat_key IS NOT NULL THEN
      INSERT INTO idempotency_keys (actor, route, key, request_sha256, status, response, created_at)
        VALUES (asker, path, repeat_key, body, code, convert_to(answer, 'UTF8'), moment);
    END IF;
  END IF;
END $$
"""


def upgrade() -> None:
    """Make both doors, and the way to an open job with the same inputs."""
    op.create_index(
        "ix_training_jobs_twins",
        "training_jobs",
        ["model_type", "seed"],
        postgresql_where="state NOT IN ('completed', 'failed', 'cancelled')",
    )
    op.execute(_CREATE)
    op.execute(_SUBMIT)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP FUNCTION submit_job")
    op.execute("DROP FUNCTION create_job")
    op.drop_index("ix_training_jobs_twins", "training_jobs")

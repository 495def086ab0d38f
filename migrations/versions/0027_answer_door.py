"""An answer is filed by one statement, which asks for its version's seat; a patient is known by another."""

from alembic import op

revision = "0027"
down_revision = "0026"

# Who makes persons takes the site's lock, as `shared.registry.persons.link` does.
_PERSON = """
CREATE FUNCTION know_person(
  wanted bytea, fresh uuid, fresh_key text, side text, named_by text, moment timestamptz,
  OUT person uuid, OUT person_key text
) LANGUAGE plpgsql AS $$
BEGIN
  FOR turn IN 1..2 LOOP
    SELECT p.id, p.key INTO person, person_key
      FROM person_identities i JOIN persons p ON p.id = i.person_id WHERE i.lookup = wanted;
    IF FOUND THEN
      RETURN;
    END IF;
    IF turn = 1 THEN
      PERFORM pg_advisory_xact_lock(hashtext('rounds.persons'));
    END IF;
  END LOOP;
  INSERT INTO persons (id, key, split, subgroup, created_at) VALUES (fresh, fresh_key, side, '{}', moment);
  INSERT INTO person_identities (lookup, person_id, kind, created_at)
    VALUES (wanted, fresh, named_by, moment);
  person := fresh; person_key := fresh_key;
END $$
"""

# `told` is the row as JSON. With `must_sit` nothing is written for a version that has no seat any more: the
# answer was not given yet, and another version gives it. `body` and `answer` belong to the Idempotency-Key.
_FILE = """
CREATE FUNCTION file_prediction(
  told jsonb, sealed_input bytea, kept_until timestamptz, is_read boolean, must_sit boolean,
  asker text, path text, repeat_key text, body bytea, answer bytea, OUT outcome text, OUT kept bytea
) LANGUAGE plpgsql AS $$
DECLARE
  given predictions := jsonb_populate_record(NULL::predictions, told);
  known record;
BEGIN
  IF repeat_key IS NOT NULL THEN
    IF NOT pg_try_advisory_xact_lock(hashtextextended(asker || E'\\n' || path || E'\\n' || repeat_key, 0)) THEN
      outcome := 'still_running'; RETURN;
    END IF;
    SELECT request_sha256 = body AS same, response INTO known
      FROM idempotency_keys WHERE actor = asker AND route = path AND key = repeat_key;
    IF FOUND THEN
      outcome := CASE WHEN known.same THEN 'answered_before' ELSE 'key_reused' END;
      kept := known.response; RETURN;
    END IF;
  END IF;
  IF must_sit AND NOT coalesce((
    SELECT given.model_version_id IN (champion_id, standby_id)
        OR given.model_version_id = challenger_id AND share > 0
      FROM traffic_plans WHERE model_type = given.model_type ORDER BY number DESC LIMIT 1
  ), false) THEN
    outcome := 'no_seat'; RETURN;
  END IF;
  INSERT INTO predictions (id, model_type, model_version_id, digest, plan_number, slot, share, bucket, person_id,
      encounter, label, confidence, top, abstain, subgroup, audit_probability, in_audit, latency_ms, at)
    VALUES (given.id, given.model_type, given.model_version_id, given.digest, given.plan_number, given.slot,
      given.share, given.bucket, given.person_id, given.encounter, given.label, given.confidence, given.top,
      given.abstain, given.subgroup, given.audit_probability, given.in_audit, given.latency_ms, given.at)
    ON CONFLICT (id) DO NOTHING;
  IF NOT FOUND THEN
    outcome := 'filed_before'; RETURN;
  END IF;
  INSERT INTO prediction_inputs (prediction_id, sealed, expires_at)
    VALUES (given.id, sealed_input, kept_until);
  IF is_read THEN
    INSERT INTO readings (model_type, prediction_id, kind, options, sampling_rate, asked_at)
      VALUES (given.model_type, given.id, 'audit', '[]', given.audit_probability, given.at);
  END IF;
  IF repeat_key IS NOT NULL THEN
    INSERT INTO idempotency_keys (actor, route, key, request_sha256, status, response, created_at)
      VALUES (asker, path, repeat_key, body, 200, answer, given.at);
  END IF;
  outcome := 'filed';
END $$
"""


def upgrade() -> None:
    """Make both."""
    op.execute(_PERSON)
    op.execute(_FILE)


def downgrade() -> None:
    """Take them away."""
    op.execute("DROP FUNCTION file_prediction")
    op.execute("DROP FUNCTION know_person")

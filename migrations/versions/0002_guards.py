"""Guards: the database itself refuses to rewrite history, mix splits or skip a state."""

import json
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from shared.domain.cycle import MOVES
from shared.domain.policy import Policy

revision = "0002"
down_revision = "0001"

APPEND_ONLY = (
    "audit_events", "dataset_versions", "dataset_members", "evidence_records", "gate_decisions",
    "model_performance", "outcomes", "policies", "predictions", "release_decisions", "silent_scores",
    "traffic_plans",
)
STATEFUL = {
    "validated_cases": "CaseState", "collection_runs": "RunState", "training_jobs": "JobState",
    "model_versions": "VersionState", "alerts": "AlertState",
}
FROZEN_OF_A_VERSION = (
    "name", "model_type", "number", "job_id", "fence", "dataset_version_id", "base", "base_digest", "digest",
    "artifact_key", "labels", "fingerprint", "created_at",
)

FUNCTIONS = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE FUNCTION check_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.state <> OLD.state AND NOT EXISTS (
    SELECT FROM allowed_moves WHERE record = TG_ARGV[0] AND before = OLD.state AND after = NEW.state
  ) THEN
    RAISE EXCEPTION '% % cannot become %', TG_TABLE_NAME, OLD.state, NEW.state
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION check_member_split() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE side text;
BEGIN
  SELECT split INTO side FROM persons WHERE id = NEW.person_id FOR SHARE;
  IF side IS DISTINCT FROM NEW.split THEN
    RAISE EXCEPTION 'person % is on the % side, not on %', NEW.person_id, side, NEW.split
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NOT EXISTS (
    SELECT FROM validated_cases c JOIN deid_reports r ON r.case_id = c.id AND r.verdict = 'pass'
    WHERE c.id = NEW.case_id AND c.state = 'validated' AND c.person_id = NEW.person_id
  ) THEN
    RAISE EXCEPTION 'case % is not validated, de-identified and of that person', NEW.case_id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION check_person_split() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.split = 'evaluation' AND NEW.split <> 'evaluation' THEN
    RAISE EXCEPTION 'person % is on the evaluation side for life', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION check_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE served uuid;
BEGIN
  FOREACH served IN ARRAY array_remove(ARRAY[NEW.champion_id, NEW.challenger_id, NEW.standby_id], NULL) LOOP
    IF NOT EXISTS (
      SELECT FROM model_versions v JOIN gate_decisions g
        ON g.model_version_id = v.id AND g.digest = v.digest AND g.verdict = 'pass'
      WHERE v.id = served AND v.model_type = NEW.model_type AND NOT v.blocked
        AND v.state NOT IN ('trained', 'rejected', 'rolled_back', 'retired')
    ) THEN
      RAISE EXCEPTION 'version % has no passed gate over its bytes or may not serve', served
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  IF NEW.number <> 1 + coalesce((SELECT max(number) FROM traffic_plans WHERE model_type = NEW.model_type), 0) THEN
    RAISE EXCEPTION 'plan % of % does not follow the current one', NEW.number, NEW.model_type
      USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    """Install functions, triggers, privileges and the first rows."""
    op.execute(FUNCTIONS)
    moves = op.create_table(
        "allowed_moves",
        sa.Column("record", sa.String, primary_key=True),
        sa.Column("before", sa.String, primary_key=True),
        sa.Column("after", sa.String, primary_key=True),
    )
    op.bulk_insert(
        moves,
        [
            {"record": states.__name__, "before": before.value, "after": after.value}
            for states, edges in MOVES.items()
            for before, afters in edges.items()
            for after in afters
        ],
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        )
    for table, states in STATEFUL.items():
        op.execute(
            f"CREATE TRIGGER moves BEFORE UPDATE OF state ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION check_move('{states}')"
        )
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN_OF_A_VERSION)
    op.execute(
        f"CREATE TRIGGER frozen BEFORE UPDATE ON model_versions FOR EACH ROW WHEN ({changed}) "
        "EXECUTE FUNCTION refuse_change()"
    )
    op.execute("CREATE TRIGGER kept BEFORE DELETE ON model_versions FOR EACH ROW EXECUTE FUNCTION refuse_change()")
    op.execute(
        "CREATE TRIGGER split BEFORE INSERT ON dataset_members FOR EACH ROW EXECUTE FUNCTION check_member_split()"
    )
    op.execute("CREATE TRIGGER split BEFORE UPDATE ON persons FOR EACH ROW EXECUTE FUNCTION check_person_split()")
    op.execute("CREATE TRIGGER servable BEFORE INSERT ON traffic_plans FOR EACH ROW EXECUTE FUNCTION check_plan()")
    _grant()
    _first_rows()


def _grant() -> None:
    op.execute(
        "DO $$ BEGIN CREATE ROLE rounds_app NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    op.execute("DO $$ BEGIN EXECUTE format('GRANT rounds_app TO %I', current_user); END $$")
    op.execute("GRANT USAGE ON SCHEMA public TO rounds_app")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO rounds_app")
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO rounds_app")
    op.execute("REVOKE INSERT, UPDATE, DELETE ON allowed_moves, alembic_version FROM rounds_app")
    op.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON {', '.join(APPEND_ONLY)} FROM rounds_app")
    op.execute("REVOKE TRUNCATE ON ALL TABLES IN SCHEMA public FROM rounds_app")


def _first_rows() -> None:
    """The two model types that exist from the start, and policy 1: the defaults."""
    now = datetime.now(UTC)
    insert_type = sa.text("INSERT INTO model_types (name, family, base, created_at) VALUES (:name, :family, :base, :at)")
    for name, family, base in (
        ("diagnosis", "text_classifier", "minilm"),
        ("segmentation", "segmentation", "litemedsam"),
    ):
        op.execute(insert_type.bindparams(name=name, family=family, base=base, at=now))
    insert_policy = sa.text(
        "INSERT INTO policies (body, reason, created_by, created_at) "
        "VALUES (CAST(:body AS jsonb), 'the defaults', 'migration', :at)"
    )
    op.execute(insert_policy.bindparams(body=json.dumps(Policy().model_dump(mode="json")), at=now))


def downgrade() -> None:
    """Remove the guards; the tables stay."""
    op.execute("DROP TRIGGER frozen ON model_versions; DROP TRIGGER kept ON model_versions")
    op.execute("DROP TRIGGER split ON dataset_members; DROP TRIGGER split ON persons")
    op.execute("DROP TRIGGER servable ON traffic_plans")
    for table in STATEFUL:
        op.execute(f"DROP TRIGGER moves ON {table}")
    for table in APPEND_ONLY:
        op.execute(f"DROP TRIGGER append_only ON {table}")
    op.execute("DELETE FROM policies; DELETE FROM model_types")
    op.drop_table("allowed_moves")
    for function in ("check_plan", "check_person_split", "check_member_split", "check_move", "refuse_change"):
        op.execute(f"DROP FUNCTION {function}()")
    op.execute("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM rounds_app")
    op.execute("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM rounds_app")
    op.execute("REVOKE ALL ON SCHEMA public FROM rounds_app")

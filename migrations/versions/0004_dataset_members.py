"""Members say where they come from; who was learnt from judges nothing, ever; withdrawals are never rewritten."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

CHECK_MEMBERS = """
CREATE FUNCTION check_members() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE wrong record;
BEGIN
  -- Marks first: they wait for whoever merges or ends these rows, and the checks below then see the outcome.
  UPDATE persons p SET trained = true FROM added a
    WHERE p.id = a.person_id AND a.split = 'training' AND NOT p.trained;
  UPDATE validated_cases c SET used_in_training = true FROM added a
    WHERE c.id = a.case_id AND a.split = 'training' AND NOT c.used_in_training;
  -- Whole aggregates without a WHERE: with one, Postgres guesses that few rows match and reads all for each.
  SELECT min(a.person_id::text) FILTER (WHERE p.split IS DISTINCT FROM a.split) AS stray,
    min(a.split) FILTER (WHERE p.split IS DISTINCT FROM a.split) AS split,
    min(p.split) FILTER (WHERE p.split IS DISTINCT FROM a.split) AS side,
    min(a.person_id::text) FILTER (WHERE a.split = 'evaluation' AND p.trained) AS learnt
    INTO wrong FROM added a LEFT JOIN persons p ON p.id = a.person_id;
  IF wrong.stray IS NOT NULL THEN
    RAISE EXCEPTION 'person % is on the % side, not on %', wrong.stray, wrong.side, wrong.split
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF wrong.learnt IS NOT NULL THEN
    RAISE EXCEPTION 'person % was learnt from and can judge nothing', wrong.learnt
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  SELECT min(a.case_id::text) FILTER (WHERE c.id IS NULL OR r.case_id IS NULL) AS unfit,
    min(a.case_id::text) FILTER (WHERE a.split = 'training' AND g.in_audit) AS audited INTO wrong
    FROM added a
    LEFT JOIN validated_cases c ON c.id = a.case_id AND c.state = 'validated' AND c.person_id = a.person_id
    LEFT JOIN deid_reports r ON r.case_id = a.case_id AND r.verdict = 'pass'
    LEFT JOIN sources s ON s.id = c.source_id AND s.kind = 'feedback'
    LEFT JOIN predictions g ON g.id = CASE WHEN s.id IS NOT NULL THEN c.source_record::uuid END;
  IF wrong.unfit IS NOT NULL THEN
    RAISE EXCEPTION 'case % is not validated, de-identified and of that person', wrong.unfit
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF wrong.audited IS NOT NULL THEN
    RAISE EXCEPTION 'case % is of the audit sample, which only judges', wrong.audited
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;
"""

CHECK_PERSON = """
CREATE OR REPLACE FUNCTION check_person_split() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.split = 'evaluation' AND NEW.split <> 'evaluation' THEN
    RAISE EXCEPTION 'person % is on the evaluation side for life', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.trained AND NOT NEW.trained THEN
    RAISE EXCEPTION 'person % was learnt from, which nothing undoes', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
"""

CHECK_PERSON_BEFORE = """
CREATE OR REPLACE FUNCTION check_person_split() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.split = 'evaluation' AND NEW.split <> 'evaluation' THEN
    RAISE EXCEPTION 'person % is on the evaluation side for life', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
"""

CARRY_MERGE = """
CREATE FUNCTION carry_merge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE persons k SET trained = k.trained OR NEW.trained,
    split = CASE WHEN NEW.split = 'evaluation' THEN NEW.split ELSE k.split END
    WHERE k.id = NEW.merged_into
      AND ((NEW.trained AND NOT k.trained) OR (NEW.split = 'evaluation' AND k.split <> 'evaluation'));
  RETURN NULL;
END $$;

CREATE FUNCTION check_case_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (
    WITH RECURSIVE later(id) AS (
      SELECT merged_into FROM persons WHERE id = OLD.person_id
      UNION SELECT p.merged_into FROM persons p JOIN later l ON p.id = l.id
    ) SELECT FROM later WHERE id = NEW.person_id
  ) THEN
    RAISE EXCEPTION 'case % goes to another person only where the two are found to be one', OLD.id
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
"""

TRAINED_SO_FAR = """
WITH RECURSIVE learnt(id) AS (
  SELECT person_id FROM dataset_members WHERE split = 'training'
  UNION SELECT p.merged_into FROM persons p JOIN learnt l ON p.id = l.id WHERE p.merged_into IS NOT NULL
) UPDATE persons SET trained = true WHERE id IN (SELECT id FROM learnt)
"""


def upgrade() -> None:
    """Add columns, guards and indexes."""
    op.add_column("persons", sa.Column("trained", sa.Boolean(), server_default="false", nullable=False))
    op.execute(TRAINED_SO_FAR)
    for column in (
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("validator_id", sa.Uuid(), nullable=True),
        sa.Column("cluster", sa.String(), nullable=True),
        sa.Column("audit_probability", sa.Double(), nullable=True),
        sa.Column("replay", sa.Boolean(), server_default="false", nullable=False),
    ):
        op.add_column("dataset_members", column)
    op.create_check_constraint(
        op.f("ck_dataset_members_audit"),
        "dataset_members",
        "audit_probability IS NULL OR (split = 'evaluation' AND audit_probability > 0 AND audit_probability <= 1)",
    )
    op.create_check_constraint(
        op.f("ck_dataset_members_replay"), "dataset_members", "NOT replay OR split = 'training'"
    )
    op.execute(CHECK_MEMBERS)
    op.execute("DROP TRIGGER split ON dataset_members")
    op.execute(
        "CREATE TRIGGER split AFTER INSERT ON dataset_members REFERENCING NEW TABLE AS added "
        "FOR EACH STATEMENT EXECUTE FUNCTION check_members()"
    )
    op.execute(CHECK_PERSON)
    op.execute(CARRY_MERGE)
    op.execute(
        "CREATE TRIGGER carry AFTER UPDATE ON persons FOR EACH ROW WHEN (NEW.merged_into IS NOT NULL) "
        "EXECUTE FUNCTION carry_merge()"
    )
    op.execute(
        "CREATE TRIGGER person BEFORE UPDATE OF person_id ON validated_cases FOR EACH ROW "
        "WHEN (NEW.person_id IS DISTINCT FROM OLD.person_id) EXECUTE FUNCTION check_case_person()"
    )
    op.drop_constraint(op.f("ck_readings_kind"), "readings")
    op.create_check_constraint(op.f("ck_readings_kind"), "readings", "kind IN ('disagreement', 'audit', 'hard')")
    op.add_column("readings", sa.Column("wanted_of", sa.String(), nullable=True))
    op.add_column("readings", sa.Column("why", sa.dialects.postgresql.JSONB(), server_default="{}", nullable=False))
    op.create_index(op.f("ix_training_jobs_dataset_version_id"), "training_jobs", ["dataset_version_id"])
    op.create_index(op.f("ix_model_versions_dataset_version_id"), "model_versions", ["dataset_version_id"])
    op.create_index(op.f("ix_withdrawals_created_at_id"), "withdrawals", ["created_at", "id"])
    op.create_unique_constraint(
        op.f("uq_evaluation_sets_dataset_version_id_purpose"), "evaluation_sets", ["dataset_version_id", "purpose"]
    )
    op.execute(
        "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON withdrawals "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
    op.execute("REVOKE UPDATE, DELETE ON withdrawals FROM rounds_app")


def downgrade() -> None:
    """Take them away again."""
    op.execute("GRANT UPDATE, DELETE ON withdrawals TO rounds_app")
    op.execute("DROP TRIGGER append_only ON withdrawals")
    op.drop_constraint(op.f("uq_evaluation_sets_dataset_version_id_purpose"), "evaluation_sets")
    op.drop_index(op.f("ix_withdrawals_created_at_id"), table_name="withdrawals")
    op.drop_index(op.f("ix_model_versions_dataset_version_id"), table_name="model_versions")
    op.drop_index(op.f("ix_training_jobs_dataset_version_id"), table_name="training_jobs")
    op.drop_column("readings", "why")
    op.drop_column("readings", "wanted_of")
    op.execute("DELETE FROM readings WHERE kind = 'hard'")
    op.drop_constraint(op.f("ck_readings_kind"), "readings")
    op.create_check_constraint(op.f("ck_readings_kind"), "readings", "kind IN ('disagreement', 'audit')")
    op.execute("DROP TRIGGER person ON validated_cases; DROP TRIGGER carry ON persons")
    op.execute(CHECK_PERSON_BEFORE)
    op.execute("DROP TRIGGER split ON dataset_members")
    op.execute(
        "CREATE TRIGGER split BEFORE INSERT ON dataset_members FOR EACH ROW EXECUTE FUNCTION check_member_split()"
    )
    for function in ("check_members", "carry_merge", "check_case_person"):
        op.execute(f"DROP FUNCTION {function}()")
    op.drop_constraint(op.f("ck_dataset_members_replay"), "dataset_members")
    op.drop_constraint(op.f("ck_dataset_members_audit"), "dataset_members")
    for column in ("replay", "audit_probability", "cluster", "validator_id", "source_id"):
        op.drop_column("dataset_members", column)
    op.drop_column("persons", "trained")

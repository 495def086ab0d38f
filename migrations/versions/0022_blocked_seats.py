"""A blocked version may keep the seat it has: else nobody beside it could be rolled back."""

from alembic import op

revision = "0022"
down_revision = "0021"

_CHECK = """
CREATE OR REPLACE FUNCTION check_plan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  served uuid;
  before traffic_plans%ROWTYPE;
BEGIN
  SELECT * INTO before FROM traffic_plans
    WHERE model_type = NEW.model_type ORDER BY number DESC LIMIT 1;
  FOREACH served IN ARRAY array_remove(ARRAY[NEW.champion_id, NEW.challenger_id, NEW.standby_id], NULL) LOOP
    IF NOT EXISTS (
      SELECT FROM model_versions v JOIN gate_decisions g
        ON g.model_version_id = v.id AND g.digest = v.digest AND g.verdict = 'pass'
      WHERE v.id = served AND v.model_type = NEW.model_type AND {may_sit}
        AND v.state NOT IN ('trained', 'rejected', 'rolled_back', 'retired')
    ) THEN
      RAISE EXCEPTION 'version % has no passed gate over its bytes or may not serve', served
        USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  END LOOP;
  IF NEW.number <> 1 + coalesce(before.number, 0) THEN
    RAISE EXCEPTION 'plan % of % does not follow the current one', NEW.number, NEW.model_type
      USING ERRCODE = 'serialization_failure';
  END IF;
  RETURN NEW;
END $$
"""
_KEEPS_A_SEAT = """(
        NOT v.blocked
        OR served = NEW.champion_id AND served = before.champion_id
        OR served = NEW.standby_id AND served IN (before.champion_id, before.standby_id))"""


def upgrade() -> None:
    """Let a blocked champion or standby stay."""
    op.execute(_CHECK.replace("{may_sit}", _KEEPS_A_SEAT))


def downgrade() -> None:
    """Let it stay no more."""
    op.execute(_CHECK.replace("{may_sit}", "NOT v.blocked"))

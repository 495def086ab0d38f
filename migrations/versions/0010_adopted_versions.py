"""A version may come from a model that was trained elsewhere: its job says "import"."""

from alembic import op

revision = "0010"
down_revision = "0009"

NAME = "ck_training_jobs_triggered_by"


def upgrade() -> None:
    """Let jobs say so."""
    _allow("'manual', 'scheduled', 'threshold', 'import'")


def downgrade() -> None:
    """Forget which jobs were imports: they count as asked for by hand."""
    op.execute("UPDATE training_jobs SET triggered_by = 'manual' WHERE triggered_by = 'import'")
    _allow("'manual', 'scheduled', 'threshold'")


def _allow(triggers: str) -> None:
    op.drop_constraint(op.f(NAME), "training_jobs", type_="check")
    op.create_check_constraint(op.f(NAME), "training_jobs", f"triggered_by IN ({triggers})")

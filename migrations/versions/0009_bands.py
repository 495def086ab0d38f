"""The groups of near duplicates are many and small: they go without foreign keys."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

KEYS = {
    "fk_duplicate_bands_model_type": ("model_types", "model_type", "name"),
    "fk_duplicate_bands_case_id": ("validated_cases", "case_id", "id"),
}


def upgrade() -> None:
    """Drop the keys."""
    for name in KEYS:
        op.drop_constraint(op.f(name), "duplicate_bands", type_="foreignkey")


def downgrade() -> None:
    """Bring them back over the rows that still have what they refer to."""
    orphans = "NOT EXISTS (SELECT FROM validated_cases c WHERE c.id = b.case_id)"
    op.execute(sa.text(f"DELETE FROM duplicate_bands b WHERE {orphans}"))
    for name, (table, column, other) in KEYS.items():
        op.create_foreign_key(op.f(name), "duplicate_bands", table, [column], [other])

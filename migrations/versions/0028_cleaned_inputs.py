"""A prediction that is read blind is shown without identifiers: the cleaned copy lies beside its input."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add the copy; what waits is cleaned by the collection."""
    op.add_column("prediction_inputs", sa.Column("cleaned", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("prediction_inputs", "cleaned")

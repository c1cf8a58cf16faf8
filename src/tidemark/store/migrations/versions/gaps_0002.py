"""Gaps are found by their market, and those that are open, without reading all of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("gap_to IS NULL")


def upgrade() -> None:
    """Make the indexes."""
    op.create_index("gaps_by_market", "gaps", ["symbol", "gap_from"])
    op.create_index("gaps_open", "gaps", ["gap_from"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)


def downgrade() -> None:
    """Take them away."""
    op.drop_index("gaps_open", "gaps")
    op.drop_index("gaps_by_market", "gaps")

"""The first version: gaps, and how far their log has been read."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "gaps",
        sa.Column("venue", sa.String(40), primary_key=True),
        sa.Column("symbol", sa.String(40), primary_key=True),
        sa.Column("channel", sa.String(40), primary_key=True),
        sa.Column("gap_from", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("gap_to", sa.BigInteger, nullable=True),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("repair", sa.String(20), nullable=False),
        sa.Column("repaired", sa.BigInteger, nullable=False),
        sa.Column("lost", sa.BigInteger, nullable=False),
    )
    op.create_index("gaps_by_time", "gaps", ["gap_from"])
    op.create_table(
        "places",
        sa.Column("log", sa.String(500), primary_key=True),
        sa.Column("segment", sa.String(200), nullable=False),
        sa.Column("read_bytes", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("places")
    op.drop_index("gaps_by_time", "gaps")
    op.drop_table("gaps")

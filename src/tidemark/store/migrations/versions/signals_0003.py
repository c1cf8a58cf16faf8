"""Signals, what became of them, and what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_IS_OPEN = sa.text("is_open")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "signals",
        sa.Column("venue", sa.String(120), primary_key=True),
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("symbol", sa.String(40), nullable=False),
        sa.Column("side", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("stage", sa.String(20), nullable=False),
        sa.Column("moved_at", sa.BigInteger, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("signals_by_time", "signals", ["at"])
    op.create_index("signals_by_market", "signals", ["symbol", "at"])
    op.create_index("signals_by_rule", "signals", ["rule", "at"])
    op.create_index("signals_open", "signals", ["at"], sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN)
    op.create_table(
        "transitions",
        sa.Column("venue", sa.String(120), primary_key=True),
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("reason", sa.String(20), primary_key=True),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_table(
        "outcomes",
        sa.Column("venue", sa.String(120), primary_key=True),
        sa.Column("id", sa.String(120), primary_key=True),
        sa.Column("of", sa.String(120), nullable=False),
        sa.Column("rule", sa.String(40), nullable=False),
        sa.Column("symbol", sa.String(40), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("is_null", sa.Boolean, nullable=False),
        sa.Column("is_final", sa.Boolean, nullable=False),
        sa.Column("record", sa.Text, nullable=False),
    )
    op.create_index("outcomes_by_signal", "outcomes", ["of"])
    op.create_index("outcomes_by_time", "outcomes", ["at"])
    op.create_index("outcomes_by_rule", "outcomes", ["rule", "at"])


def downgrade() -> None:
    """Take them away."""
    op.drop_table("outcomes")
    op.drop_table("transitions")
    op.drop_table("signals")

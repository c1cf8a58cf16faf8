"""Sweeps of backtests and their trials."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "backtest_sweeps",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("trials", sa.Integer, nullable=False),
        sa.Column("summary", sa.Text, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
    )
    op.create_index("backtest_sweeps_by_time", "backtest_sweeps", ["created_at"])
    op.create_table(
        "backtest_trials",
        sa.Column("sweep", sa.String(60), primary_key=True),
        sa.Column("window", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("value", sa.Double, nullable=True),
        sa.Column("figures", sa.Text, nullable=False),
        sa.Column("trips", sa.Integer, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("first_day", sa.Integer, nullable=False),
        sa.Column("returns", sa.LargeBinary, nullable=False),
        sa.Column("error", sa.Text, nullable=True),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("backtest_trials")
    op.drop_table("backtest_sweeps")

"""Backtests: what was run, its round trips, and its equity over time."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "backtest_runs",
        sa.Column("id", sa.String(60), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=True),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=True),
        sa.Column("error", sa.Text, nullable=True),
        sa.Column("position", sa.Text, nullable=True),
    )
    op.create_index("backtest_runs_by_time", "backtest_runs", ["created_at"])
    op.create_table(
        "backtest_trips",
        sa.Column("run", sa.String(60), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("symbol", sa.String(40), nullable=False),
        sa.Column("tag", sa.Text, nullable=False),
        sa.Column("side", sa.SmallInteger, nullable=False),
        sa.Column("quantity", sa.Double, nullable=False),
        sa.Column("entry_at", sa.BigInteger, nullable=False),
        sa.Column("entry_price", sa.Double, nullable=False),
        sa.Column("exit_at", sa.BigInteger, nullable=False),
        sa.Column("exit_price", sa.Double, nullable=False),
        sa.Column("exit", sa.String(20), nullable=False),
        sa.Column("fees", sa.Double, nullable=False),
        sa.Column("funding", sa.Double, nullable=False),
        sa.Column("slippage", sa.Double, nullable=False),
        sa.Column("profit", sa.Double, nullable=False),
        sa.Column("risk", sa.Double, nullable=True),
        sa.Column("best", sa.Double, nullable=False),
        sa.Column("worst", sa.Double, nullable=False),
        sa.Column("bars", sa.Integer, nullable=False),
        sa.Column("regime", sa.String(40), nullable=False),
    )
    op.create_table(
        "backtest_equity",
        sa.Column("run", sa.String(60), primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("equity", sa.Double, nullable=False),
        sa.Column("cash", sa.Double, nullable=False),
        sa.Column("exposure", sa.Double, nullable=False),
        sa.Column("drawdown", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Take them away."""
    op.drop_table("backtest_equity")
    op.drop_table("backtest_trips")
    op.drop_table("backtest_runs")

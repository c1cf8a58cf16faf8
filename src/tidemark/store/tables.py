"""The tables of the database: what the writer process fills, and whoever answers questions reads.

`migrations/versions/` makes them, when the writer opens the database; a test holds the two against each other.
"""

from typing import Any

import sqlalchemy as sa

from tidemark.model.gap import Gap, Repair

# The file of SQLite, in the folder of a venue.
FILE = "tidemark.db"
_IS_OPEN = sa.text("gap_to IS NULL")
METADATA = sa.MetaData()
# SQLite numbers rows by itself only where the column is no larger than its own numbers.
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
GAPS = sa.Table(
    "gaps",
    METADATA,
    sa.Column("venue", sa.String(40), primary_key=True),
    sa.Column("symbol", sa.String(40), primary_key=True),
    sa.Column("channel", sa.String(40), primary_key=True),
    sa.Column("gap_from", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("gap_to", sa.BigInteger, nullable=True),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("repair", sa.String(20), nullable=False),
    sa.Column("repaired", sa.BigInteger, nullable=False),
    sa.Column("lost", sa.BigInteger, nullable=False),
    sa.Index("gaps_by_time", "gap_from"),
    sa.Index("gaps_by_market", "symbol", "gap_from"),
    sa.Index("gaps_open", "gap_from", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
)
# What is signalled, by the folder that it is kept in: a venue, or one at another address. `record` is the whole of it,
# as JSON of `model/signal.py`; the columns are what it is found by.
SIGNALS = sa.Table(
    "signals",
    METADATA,
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
    sa.Index("signals_by_time", "at"),
    sa.Index("signals_by_market", "symbol", "at"),
    sa.Index("signals_by_rule", "rule", "at"),
    sa.Index("signals_open", "at", sqlite_where=sa.text("is_open"), postgresql_where=sa.text("is_open")),
)
TRANSITIONS = sa.Table(
    "transitions",
    METADATA,
    sa.Column("venue", sa.String(120), primary_key=True),
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("reason", sa.String(20), primary_key=True),
    sa.Column("record", sa.Text, nullable=False),
)
# Of signals, and of the random entries against them, which stand under the id of the signal in `of`.
OUTCOMES = sa.Table(
    "outcomes",
    METADATA,
    sa.Column("venue", sa.String(120), primary_key=True),
    sa.Column("id", sa.String(120), primary_key=True),
    sa.Column("of", sa.String(120), nullable=False),
    sa.Column("rule", sa.String(40), nullable=False),
    sa.Column("symbol", sa.String(40), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("is_null", sa.Boolean, nullable=False),
    sa.Column("is_final", sa.Boolean, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("outcomes_by_signal", "of"),
    sa.Index("outcomes_by_time", "at"),
    sa.Index("outcomes_by_rule", "rule", "at"),
)
# What was told or waits to be, by its key: nothing enters twice.
ALERT_KEYS = sa.Table(
    "alert_keys",
    METADATA,
    sa.Column("venue", sa.String(120), primary_key=True),
    sa.Column("key", sa.String(200), primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Index("alert_keys_by_time", "at"),
)
# Events that are in no notification of their channel yet; `event` is the whole of one, as JSON.
ALERT_EVENTS = sa.Table(
    "alert_events",
    METADATA,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("venue", sa.String(120), nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("group_key", sa.String(120), nullable=False),
    sa.Column("symbol", sa.String(40), nullable=False),
    sa.Column("rule", sa.String(40), nullable=False),
    sa.Column("severity", sa.SmallInteger, nullable=False),
    sa.Column("since", sa.BigInteger, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Index("alert_events_by_group", "venue", "channel", "group_key"),
)
# Notifications of each channel; people read those of "history". `record` is the whole of one, as JSON.
NOTIFICATIONS = sa.Table(
    "notifications",
    METADATA,
    sa.Column("venue", sa.String(120), primary_key=True),
    sa.Column("id", sa.String(60), primary_key=True),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("group_key", sa.String(120), nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("severity", sa.SmallInteger, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("read_at", sa.BigInteger, nullable=True),
    sa.Column("record", sa.Text, nullable=False),
    sa.Column("rich", sa.Text, nullable=False),
    sa.Index("notifications_by_channel", "channel", "at"),
    sa.Index("notifications_by_time", "at"),
)
# What is on its way to a sink. state: pending, sending, sent or dead.
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
    sa.Column("venue", sa.String(120), nullable=False),
    sa.Column("channel", sa.String(40), nullable=False),
    sa.Column("group_key", sa.String(120), nullable=False),
    sa.Column("notification", sa.String(60), nullable=False),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("next_at", sa.BigInteger, nullable=False),
    sa.Column("changed_at", sa.BigInteger, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Index("outbox_by_state", "venue", "state", "channel", "number"),
    sa.Index("outbox_by_group", "venue", "channel", "group_key", "number"),
    sa.Index("outbox_by_notification", "notification"),
)
# Runs of backtests. state: running, done, failed, interrupted or cancelled. settings, data, result and position are
# texts of JSON: what was run, over what, what came of it, and where it can be taken up again.
BACKTEST_RUNS = sa.Table(
    "backtest_runs",
    METADATA,
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
    sa.Index("backtest_runs_by_time", "created_at"),
)
# Their round trips: `model/round_trip.py`, column by column, so that figures are made of them by SQL.
BACKTEST_TRIPS = sa.Table(
    "backtest_trips",
    METADATA,
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
# Their equity over time. exposure: all positions without their sign; drawdown: a fraction, not above 0.
BACKTEST_EQUITY = sa.Table(
    "backtest_equity",
    METADATA,
    sa.Column("run", sa.String(60), primary_key=True),
    sa.Column("at", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("equity", sa.Double, nullable=False),
    sa.Column("cash", sa.Double, nullable=False),
    sa.Column("exposure", sa.Double, nullable=False),
    sa.Column("drawdown", sa.Double, nullable=False),
)
# Sweeps of backtests: what was asked for, over what, what came of it, as texts of JSON. state: as that of a run.
BACKTEST_SWEEPS = sa.Table(
    "backtest_sweeps",
    METADATA,
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
    sa.Index("backtest_sweeps_by_time", "created_at"),
)
# Their trials. number: from 1, 0 is the test of a window. value: of the figure that is looked for. first_day, returns:
# the returns of days since the epoch, float64 with the lowest byte first.
BACKTEST_TRIALS = sa.Table(
    "backtest_trials",
    METADATA,
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
PLACES = sa.Table(
    "places",
    METADATA,
    sa.Column("log", sa.String(500), primary_key=True),
    sa.Column("segment", sa.String(200), nullable=False),
    sa.Column("read_bytes", sa.BigInteger, nullable=False),
)


def gap_of(row: sa.Row[Any]) -> Gap:
    """The gap that a row of `GAPS` tells."""
    return Gap(
        venue=row.venue,
        symbol=row.symbol,
        channel=row.channel,
        gap_from=row.gap_from,
        gap_to=row.gap_to,
        cause=row.cause,
        repair=Repair(row.repair),
        repaired=row.repaired,
        lost=row.lost,
    )


def line_of(error: Exception) -> str:
    """What a driver said, in one line of at most 300 characters."""
    cause = getattr(error, "orig", None) or error
    return " ".join(str(cause).split())[:300]

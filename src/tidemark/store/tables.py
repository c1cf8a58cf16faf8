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

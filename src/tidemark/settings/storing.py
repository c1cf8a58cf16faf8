"""What is kept on disk."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from tidemark.sources import ByteCount, Seconds, Secret
from tidemark.units import MIB


class Store(Struct, frozen=True, kw_only=True):
    """What is kept on disk."""

    folder: Annotated[str, Meta(min_length=1, description="Where it is kept")] = "~/.local/share/tidemark"
    journal: Annotated[bool, Meta(description="Whether closed candles are written, so that a restart goes on")] = True
    max_size: Annotated[ByteCount, Meta(ge=MIB, description="At most so much disk; the oldest goes first")] = 512 * MIB
    database: Annotated[
        Secret | None,
        Meta(description="URL of a PostgreSQL database, as SQLAlchemy writes it; none stands for a file of SQLite"),
    ] = None
    gaps_max_age: Annotated[
        Seconds, Meta(ge=3600.0, le=10 * 366 * 86400.0, description="Gaps that ended longer ago are forgotten")
    ] = 90 * 86400.0
    signals_max_age: Annotated[
        Seconds,
        Meta(ge=86400.0, le=50 * 366 * 86400.0, description="Signals that were raised longer ago are forgotten"),
    ] = 2 * 366 * 86400.0

    @property
    def path(self) -> Path:
        """`folder`, as a path."""
        return Path(self.folder)


class Archive(Struct, frozen=True, kw_only=True):
    """Parquet files of what the journal and the rings let go of."""

    enabled: Annotated[bool, Meta(description="Whether closed candles are archived")] = True
    trades: Annotated[bool, Meta(description="Whether trades are archived as well")] = False
    max_age: Annotated[
        Seconds, Meta(ge=86400.0, le=50 * 366 * 86400.0, description="Days that ended longer ago are removed")
    ] = 366 * 86400.0
    max_size: Annotated[
        ByteCount, Meta(ge=MIB, description="At most so much disk for one venue; the oldest days go first")
    ] = 8192 * MIB
    every: Annotated[Seconds, Meta(ge=1.0, le=3600.0, description="Between two runs of the process that writes it")] = (
        600.0
    )
    trade_log_size: Annotated[
        ByteCount, Meta(ge=MIB, description="At most so much disk for trades that are not archived yet")
    ] = 512 * MIB

"""What the writer process is asked to do, and what it says that it did. Shared with the process that starts it."""

from collections.abc import Mapping

import msgspec

# The address space of the writer process: libraries take 0.55 GB of it, of which some 90 MB are resident; what it works
# with beside them is bounded by rows at once and by one file. Measured by benchmarks/restart.py.
ADDRESS_BYTES = 1 << 30
# What it may have resident, which the plan names beside the budget of the service.
RESIDENT_BYTES = 192 << 20


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the writer.

    venue: the name of the partitions. archive: the archive's folder, None without one. journal, trades, gaps, signals:
    folders of the logs, None where there is none. rows: candles kept of each timeframe over all markets; each: of one
    market. database: a URL, None for the file in `folder`. Ages in nanoseconds; `now_ns` since the epoch. prepare: do
    nothing but put a lost journal together from the archive.
    """

    venue: str
    folder: str
    now_ns: int
    archive: str | None = None
    journal: str | None = None
    trades: str | None = None
    gaps: str | None = None
    signals: str | None = None
    rows: Mapping[str, int] = {}  # bounded: one entry a timeframe
    each: Mapping[str, int] = {}  # bounded: one entry a timeframe
    database: str | None = None
    max_age_ns: int
    max_bytes: int
    gaps_max_age_ns: int
    signals_max_age_ns: int
    prepare: bool = False


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """What one run did.

    candles, trades: rows archived, into so many `files`; removed: files that retention took; merged: segments of the
    journal; gaps, signals: read into the database; swept: left-overs of killed writers; prepared: rows put back from
    the archive; problems: what went wrong, a line each. `peak_rss` in bytes.
    """

    candles: int = 0
    trades: int = 0
    files: int = 0
    removed: int = 0
    merged: int = 0
    gaps: int = 0
    signals: int = 0
    swept: int = 0
    prepared: int = 0
    peak_rss: int = 0
    problems: tuple[str, ...] = ()

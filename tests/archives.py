"""Journals and archives for tests: small markets whose figures say which candle they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from tests.build import MIDNIGHT

from tidemark.kernels.columns import TradeColumns
from tidemark.market.level import ROW
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_job import Job
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.trade_log import TradeLog
from tidemark.units import DAY, GIB, MIB, SECOND

ROWS = {timeframe.value: 4000 for timeframe in Timeframe}


def journal(folder: Path, rows: Mapping[str, int] | None = None) -> JournalWriter:
    return JournalWriter(folder / "journal", rows or ROWS, max_bytes=64 * MIB, ledger=Ledger(), is_archived=True)


def offer(
    made: JournalWriter,
    timeframe: Timeframe,
    names: Sequence[str],
    number: int,
    *,
    close: int = 1000,
    origin: Origin = Origin.TRADES,
) -> None:
    """One candle of each of *names*, the *number*-th after midnight: it opens at 1000 ticks of 0.1 and has 7 trades."""
    count = len(names)
    columns = {name: np.full(count, 1000, dtype) for name, dtype in ROW.items()}
    columns["close"][:] = close
    columns["marks"][:] = origin | 7 << 4
    opened = MIDNIGHT + number * timeframe.ns
    made.offer(timeframe.value, list(names), np.full(count, opened, np.int64), np.full(count, 0.1), columns)


def trades(folder: Path, numbers: Sequence[int], symbol: str = "AUSDT", *, max_bytes: int = MIB) -> TradeLog:
    """A log with one more batch: the trades of these numbers, each its number of seconds after midnight."""
    log = TradeLog(folder / "trades", max_bytes=max_bytes, ledger=Ledger())
    columns = TradeColumns(max(1, len(numbers)))
    for number in numbers:
        ts = MIDNIGHT + number * SECOND
        assert columns.append(0, ts, ts + 1, number, number, 100.5, 2.0, number % 2 == 0)
    log.offer(columns, np.ones(len(numbers), np.uint8), lambda _: symbol)
    return log


def job(folder: Path, *, now_ns: int = MIDNIGHT + DAY, max_bytes: int = GIB, max_age_ns: int = 400 * DAY) -> Job:
    return Job(
        venue="bybit",
        folder=str(folder),
        now_ns=now_ns,
        archive=str(folder / "archive"),
        journal=str(folder / "journal"),
        trades=str(folder / "trades"),
        gaps=str(folder / "gaps"),
        rows=ROWS,
        each={timeframe.value: 500 for timeframe in Timeframe},
        max_age_ns=max_age_ns,
        max_bytes=max_bytes,
        gaps_max_age_ns=90 * DAY,
        signals_max_age_ns=732 * DAY,
    )

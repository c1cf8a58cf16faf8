"""A restart: the candles of 560 markets at full retention back from disk, and what the writer process takes beside it.

The journal is written as a life of the service would leave it: the past of each market in one piece, as a backfill
brings it, merged by a run of the writer process, and behind it minutes as they close. Then the journal is deleted, and
put together again from the archive. Wall time, of processes of their own: that is what somebody waits for.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import msgspec
import numpy as np

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.frames import START_NS, SYMBOLS
from tidemark.engine.intake import BATCH_TRADES
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.live.restore import restore
from tidemark.market.level import ROW
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.candle import Origin
from tidemark.model.events import Listing
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.store.archive_job import RESIDENT_BYTES, Done, Job
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import DAY, GIB, KIB, MIB, SECOND

IS_CHEAP = False
GATE: Gate = None
_TARGET_S = 30.0
_TICK = 0.1
_NOW = START_NS - START_NS % DAY + DAY // 2
# Minutes that closed one by one behind what was merged.
_MINUTES = 30


class _Restored(msgspec.Struct, frozen=True):
    seconds: float
    rows: int
    held: int
    before: int
    peak: int


def run(plan: Plan) -> Iterator[Result]:
    """Restore from the journal, from the archive, and a run of the writer process."""
    symbols = SYMBOLS[: plan.choose(len(SYMBOLS), 40)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "bybit"
        say(f"writing the journal of {len(symbols)} markets")
        written, rows = _live(folder, symbols)
        job = _job(folder, rows)
        first = _writer(job)
        yield Result(name="restart/first archive", value=round(first[1], 2), unit="s", rss_mb=_mb(first[0].peak_rss))
        _minutes(folder, symbols, rows)
        again = _writer(job)
        yield Result(
            name="restart/archive of ten minutes", value=round(again[1], 2), unit="s", rss_mb=_mb(again[0].peak_rss)
        )
        yield Result(
            name="restart/writer, at most",
            value=_mb(max(first[0].peak_rss, again[0].peak_rss)),
            unit="MB",
            target=_mb(RESIDENT_BYTES),
        )
        size = sum(path.stat().st_size for path in (folder.parent / "archive").rglob("*.parquet"))
        yield Result(name="restart/archive, bytes a candle", value=round(size / first[0].candles, 2), unit="bytes")
        yield from _restored("journal", folder, len(symbols), written)
        for path in (folder / "journal").iterdir():
            path.unlink()
        prepared = _writer(msgspec.structs.replace(job, prepare=True))
        yield Result(
            name="restart/journal from archive", value=round(prepared[1], 2), unit="s", rss_mb=_mb(prepared[0].peak_rss)
        )
        if prepared[0].prepared < written:
            raise AssertionError(f"{prepared[0].prepared} of {written} candles came back from the archive")


def _restored(name: str, folder: Path, markets: int, written: int) -> Iterator[Result]:
    """The restore in a process of its own, so that its peak is its own."""
    code = "import sys; from benchmarks.restart import child; child(sys.argv[1], int(sys.argv[2]))"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder), str(markets)], capture_output=True, text=True, check=True
    )
    told = msgspec.json.decode(done.stdout, type=_Restored)
    if told.held < written:
        raise AssertionError(f"{told.held} of {written} candles are held after a restore of {told.rows} rows")
    yield Result(
        name=f"restart/restore from {name}",
        value=round(told.seconds, 2),
        unit="s",
        target=_TARGET_S,
        rss_mb=_mb(told.peak),
    )
    yield Result(name=f"restart/beside the rings, from {name}", value=_mb(told.peak - told.before), unit="MB")


def child(folder: str, markets: int) -> None:
    """Restore, and say how long it took and what it needed."""
    made = _engine(SYMBOLS[:markets])
    before = _peak()
    started = perf_counter()
    rows = restore(made, Path(folder) / "journal", _NOW + DAY)
    seconds = perf_counter() - started
    held = sum(sum(made.candles.held(timeframe, range(markets))) for timeframe in Timeframe)
    sys.stdout.write(msgspec.json.encode(_Restored(seconds, rows, held, before, _peak())).decode())


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB


def _engine(symbols: list[str] | tuple[str, ...]) -> Engine:
    size = EngineSize(
        series=len(symbols),
        retention={timeframe: Settings().candles.retention.rows(timeframe.value) for timeframe in Timeframe},
        tape_rows=1000,
        is_numbered=False,
        batch_trades=BATCH_TRADES,
        grace_ns=2 * SECOND,
    )
    made = Engine(size, Ledger())
    for symbol in symbols:
        listed = Instrument(
            venue="bybit", symbol=symbol, base=symbol[:-4], quote="USDT", tick_size=_TICK, lot_size=1.0,
            status=Status.TRADING,
        )  # fmt: skip
        batch = Batch(1, 1)
        batch.add(Listing(ts_event=0, ts_recv=0, instrument=listed))
        made.process(batch)
    return made


def _live(folder: Path, symbols: list[str] | tuple[str, ...]) -> tuple[int, dict[str, int]]:
    """Write the past of each market in one piece; give how many candles that are, and what the journal keeps."""
    retention = Settings().candles.retention
    wanted = {timeframe.value: retention.rows(timeframe.value) * len(symbols) for timeframe in Timeframe}
    journal = JournalWriter(
        folder / "journal", wanted, max_bytes=Settings().store.max_size, ledger=Ledger(), is_archived=True
    )
    chosen = np.random.default_rng(1)
    for symbol in symbols:
        for timeframe in Timeframe:
            count = retention.rows(timeframe.value)
            closes = np.maximum(100, 50_000 + np.cumsum(chosen.integers(-9, 10, count)))
            opened = (_NOW // timeframe.ns - count + np.arange(count)) * timeframe.ns
            _offer(journal, timeframe, [symbol] * count, opened, closes, chosen)
    if journal.failure is not None:
        raise AssertionError(journal.failure)
    return journal.written, journal.rows


def _minutes(folder: Path, symbols: list[str] | tuple[str, ...], rows: dict[str, int]) -> None:
    """Half an hour of candles as they close."""
    journal = JournalWriter(
        folder / "journal",
        {name: Settings().candles.retention.rows(name) * len(symbols) for name in rows},
        max_bytes=Settings().store.max_size,
        ledger=Ledger(),
        is_archived=True,
    )
    chosen = np.random.default_rng(2)
    for timeframe in (Timeframe.S10, Timeframe.M1, Timeframe.M5):
        for number in range(_MINUTES * 60 * SECOND // timeframe.ns // 3):
            opened = np.full(len(symbols), (_NOW // timeframe.ns + number) * timeframe.ns)
            _offer(journal, timeframe, list(symbols), opened, np.full(len(symbols), 50_000), chosen)


def _offer(
    journal: JournalWriter,
    timeframe: Timeframe,
    names: list[str],
    opened: "np.typing.NDArray[np.int64]",
    closes: "np.typing.NDArray[np.int64]",
    chosen: np.random.Generator,
) -> None:
    count = len(names)
    columns = {name: chosen.lognormal(3.0, 2.0, count).astype(dtype) for name, dtype in ROW.items()}
    for name, distance in (("open", 0), ("high", 5), ("low", -5), ("close", 1)):
        columns[name][:] = closes + distance
    columns["marks"][:] = Origin.TRADES | chosen.integers(1, 500, count).astype(np.uint32) << 4
    journal.offer(timeframe.value, names, opened, np.full(count, _TICK), columns)


def _job(folder: Path, rows: dict[str, int]) -> Job:
    return Job(
        venue=folder.name,
        folder=str(folder),
        now_ns=_NOW,
        archive=str(folder.parent / "archive"),
        journal=str(folder / "journal"),
        rows=rows,
        each={timeframe.value: Settings().candles.retention.rows(timeframe.value) for timeframe in Timeframe},
        max_age_ns=10 * 366 * DAY,
        max_bytes=64 * GIB,
        gaps_max_age_ns=DAY,
        signals_max_age_ns=732 * DAY,
    )


def _writer(job: Job) -> tuple[Done, float]:
    """A run of the writer process, and the seconds that it took."""
    started = perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tidemark.store.archive_writer"],
        input=msgspec.json.encode(job).decode(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise AssertionError(done.stderr)
    return msgspec.json.decode(done.stdout, type=Done), perf_counter() - started


def _mb(count: int) -> float:
    return round(count / MIB, 1)

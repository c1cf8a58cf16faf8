"""What scoring costs: 560 markets whose candles close in all eight timeframes at once, a second of it, an explanation.

Every market has 300 candles behind it in each timeframe, a book of 50 levels, tickers, and a trade a second. Beside it
the usual way: the same indicators of each market and timeframe computed anew over its last 500 candles, by TA-Lib and
by pandas.
"""

import json
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.base import Gate, Plan, Result, cpu_seconds, say
from benchmarks.material.market import TICK_SIZE, instruments
from benchmarks.material.peers import AbsentError, Peer
from tidemark.analysis.analysis import Analysis, Weights
from tidemark.analysis.explain import explain
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.venues.registry import find
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Listing, StreamGap, TickerUpdate
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import DAY, MIB, SECOND

IS_CHEAP = True
GATE: Gate = "full"
_SYMBOLS = 560
# Whether it works; what it costs by market is another figure than with all of them.
_FEW = 60
_HISTORY = 300
# A midnight: the end of a candle in every timeframe.
_END_NS = 20_000 * DAY
_CLOSE_MS, _SECOND_MS, _EXPLAIN_MS = 25.0, 15.0, 2.0
_PEERS = {"talib_indicators": "TA-Lib", "pandas_indicators": "pandas"}


def run(plan: Plan) -> Iterator[Result]:
    """The three figures with their targets, what the state takes, and the peers."""
    symbols = plan.choose(_SYMBOLS, _FEW)
    engine, analysis = _made(symbols)
    say(f"{symbols} markets with {_HISTORY} candles in each of {len(Timeframe)} timeframes")
    candles = _candles(symbols)
    _history(analysis, candles, symbols)
    _books(engine, symbols)
    repetitions = plan.choose(41, 9)
    closes = [cpu_seconds(partial(_close, analysis, candles, symbols, _HISTORY + at)) for at in range(repetitions)]
    yield _result("analysis/close of all timeframes", closes, _CLOSE_MS if symbols == _SYMBOLS else None)
    now = _END_NS + DAY
    seconds = []
    for at in range(repetitions):
        _trades(engine, symbols, at)
        seconds.append(cpu_seconds(partial(analysis.advance, now + at * SECOND)))
    yield _result("analysis/a second of the whole market", seconds, _SECOND_MS if symbols == _SYMBOLS else None)
    explained = [cpu_seconds(partial(explain, analysis, slot, "X")) for slot in range(symbols)]
    yield _result("analysis/an explanation", explained, _EXPLAIN_MS)
    planned = sum(one.bytes for one in Analysis.reserve(tuple(Timeframe), series=symbols))
    yield Result(
        name="analysis/state", value=round(planned / MIB, 1), unit="MB", target=40.0 if symbols == _SYMBOLS else None
    )
    if plan.has_peers:
        yield from _peers(symbols, median(closes))


def _result(name: str, seconds: list[float], target: float | None) -> Result:
    return Result(
        name=name, value=round(1e3 * median(seconds), 3), unit="ms", target=target, n=len(seconds),
        best=round(1e3 * min(seconds), 3),
    )  # fmt: skip


def _made(symbols: int) -> tuple[Engine, Analysis]:
    settings, venue = Settings(), find("bybit")
    size = EngineSize(
        series=symbols,
        retention={timeframe: settings.candles.retention.rows(timeframe.value) for timeframe in Timeframe},
        tape_rows=100,
        is_numbered=False,
        batch_trades=8192,
        grace_ns=2 * SECOND,
        book_depth=50,
        book_rules=venue.book_rules,
        weights=Weights(),
    )
    engine = Engine(size, Ledger())
    batch = Batch(1, 4 * symbols)
    for instrument in instruments("bybit", [f"M{n}USDT" for n in range(symbols)]):
        batch.add(Listing(ts_event=_END_NS, ts_recv=_END_NS, instrument=instrument))
    for channel in ("trades", "tickers", "books", "liquidations"):
        batch.add(
            StreamGap(
                ts_event=_END_NS,
                ts_recv=_END_NS,
                venue="bybit",
                channel=channel,
                symbols=(),
                gap_to=_END_NS,
                cause="start",
            )
        )
    engine.process(batch)
    if engine.analysis is None:
        raise AssertionError("the engine has no analysis")
    return engine, engine.analysis


def _candles(symbols: int) -> dict[str, Array]:
    """Compact rows of random walks, (symbols, candles) each."""
    rng = np.random.default_rng(1)
    shape = (symbols, _HISTORY + 64)
    close = 100_000 + np.cumsum(rng.integers(-40, 41, shape), axis=1)
    opened = np.roll(close, 1, axis=1)
    reach = rng.integers(0, 40, (2, *shape))
    volume = rng.exponential(50.0, shape).astype(np.float32)
    return {
        "open": opened.astype(np.int32),
        "high": (np.maximum(opened, close) + reach[0]).astype(np.int32),
        "low": (np.minimum(opened, close) - reach[1]).astype(np.int32),
        "close": close.astype(np.int32),
        "volume": volume,
        "turnover": (volume * close * TICK_SIZE).astype(np.float32),
        "bought": (volume * rng.uniform(size=shape)).astype(np.float32),
        "marks": np.full(shape, 1 | 50 << 4, np.uint32),
    }


def _history(analysis: Analysis, candles: dict[str, Array], symbols: int) -> None:
    for timeframe, readings in analysis.candles.items():
        for slot in range(symbols):
            times = _END_NS + (np.arange(_HISTORY, dtype=np.int64) - _HISTORY) * timeframe.ns
            rows = {name: column[slot, :_HISTORY] for name, column in candles.items()}
            readings.take(np.full(_HISTORY, slot, np.int32), times, np.full(_HISTORY, TICK_SIZE), rows)


def _close(analysis: Analysis, candles: dict[str, Array], symbols: int, at: int) -> None:
    """The next candle of every market, in every timeframe."""
    slots, ticks = np.arange(symbols, dtype=np.int32), np.full(symbols, TICK_SIZE)
    rows = {name: column[:, at] for name, column in candles.items()}
    for timeframe, readings in analysis.candles.items():
        readings.take(slots, np.full(symbols, _END_NS + (at - _HISTORY) * timeframe.ns), ticks, rows)


def _books(engine: Engine, symbols: int) -> None:
    """A snapshot of every book and a ticker of every market."""
    parser = find("bybit").parser(engine.universe.slots)
    at_ms = (_END_NS + DAY) // 1_000_000
    rng = np.random.default_rng(2)
    for slot, instrument in engine.universe.occupied():
        batch = Batch(64, 64)
        sizes = rng.uniform(1.0, 100.0, (2, 50)).round(3).tolist()
        sides = {
            side: [[f"{1000.0 + sign * TICK_SIZE * (n + 1):.2f}", str(size)] for n, size in enumerate(sizes[number])]
            for number, (side, sign) in enumerate((("b", -1), ("a", 1)))
        }
        data = {"s": instrument.symbol, **sides, "u": 1, "seq": slot + 1}
        message = {"topic": f"orderbook.50.{instrument.symbol}", "type": "snapshot", "ts": at_ms, "data": data}
        parser.feed(json.dumps(message).encode(), _END_NS + DAY, batch)
        batch.add(
            TickerUpdate(
                ts_event=_END_NS + DAY, ts_recv=_END_NS + DAY, symbol=instrument.symbol, last=1000.0, mark=1000.1,
                index=1000.0, funding_rate=0.0001, open_interest=1e6 + slot, turnover_24h=1e9,
            )
        )  # fmt: skip
        engine.process(batch)
    if engine.books is None or engine.books.synced != symbols:
        raise AssertionError(f"{engine.books and engine.books.synced} of {symbols} books are in sync")


def _trades(engine: Engine, symbols: int, second: int) -> None:
    batch = Batch(symbols, 4)
    at = _END_NS + DAY + second * SECOND
    for slot in range(symbols):
        number = second * symbols + slot + 1
        price = 1000.0 + TICK_SIZE * (number % 40)
        if not batch.trades.append(slot, at, at, number, number, price, 1.0 + number % 7, is_buy=number % 3 > 0):
            raise AssertionError("the batch is full")
    engine.process(batch)


def _peers(symbols: int, ours: float) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "how_many")
        path.write_text(json.dumps({"series": symbols * len(Timeframe), "bars": 500}), encoding="ascii")
        for script, name in _PEERS.items():
            label = f"analysis/indicators anew over 500 candles, {name}"
            try:
                with Peer(script, path) as peer:
                    seconds = peer.repeat().seconds
                    yield Result(
                        name=label, value=round(1e3 * seconds, 1), unit="ms", peer=f"ours beside {name} {peer.version}",
                        peer_value=round(1e3 * ours, 3), ratio=round(seconds / ours, 1),
                    )  # fmt: skip
            except AbsentError as error:
                say(str(error))
                yield Result(name=label, value=None, unit="ms", peer=name)

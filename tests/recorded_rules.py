"""A service of two markets over some minutes, which wrote down what it heard, and the signals that it told."""

from pathlib import Path
from random import Random

from tests.backtests import EAGER
from tests.build import MIDNIGHT, instrument

from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.recording import engine_of
from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output, Signalled
from tidemark.engine.step import Engine
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.venues import registry
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger
from tidemark.model.events import KlineRow, Klines, Listing, ServerTime, StreamGap, TickerUpdate
from tidemark.model.signal import Record
from tidemark.model.timeframe import Timeframe
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import MIB, MILLISECOND, MINUTE, SECOND

MARKETS = ("BTCUSDT", "ETHUSDT")
# Two timeframes, of which the minutes have a past.
ASKED = {**EAGER, "candles.timeframes": "10s,1m", "analysis.regime.timeframe": "1m"}
PAST, MINUTES = 300, 12
VENUE = registry.find("binance")


def lived(folder: Path, minutes: int = MINUTES) -> list[Record]:
    """Live through it with a recording at *folder*; give all that was signalled."""
    clock, rng, ledger = EventClock(MIDNIGHT), Random(7), Ledger()
    told: list[Record] = []

    def deliver(outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Signalled):
                told.extend(output.records)

    engine = Engine(engine_of(asked("rules", ASKED).settings, VENUE, len(MARKETS)), ledger)
    writer = CaptureWriter(
        folder, venue="binance", stream="trade", max_bytes=64 * MIB, now_ns=MIDNIGHT, ledger=Ledger()
    )
    sink = Sink(clock, Rejects(folder.parent / "rejects.jsonl"), writer)
    sink.intake = Intake(
        engine, VENUE.parser(engine.universe.slots), ledger, deliver=deliver, reject=lambda error, payload: None
    )
    for symbol in MARKETS:
        sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument(symbol)))
    sink.on_event(ServerTime(ts_event=MIDNIGHT, ts_recv=MIDNIGHT))
    for channel in ("trades", "tickers"):
        sink.on_gap(
            StreamGap(
                ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="binance", channel=channel, symbols=(), gap_to=MIDNIGHT,
                cause="start",
            )
        )  # fmt: skip
    price = dict.fromkeys(MARKETS, 100.0)
    for symbol in MARKETS:
        sink.on_event(_past(symbol, rng, price))
    for second in range(1, 60 * minutes):
        now = MIDNIGHT + second * SECOND
        for symbol in MARKETS:
            price[symbol] = max(50.0, round(price[symbol] + rng.choice((-0.1, 0.0, 0.1)), 1))
            sink.on_frame("binance-1", memoryview(_trade(symbol, second, now - 50 * MILLISECOND, price[symbol])), now)
            sink.on_event(TickerUpdate(ts_event=now, ts_recv=now, symbol=symbol, last=price[symbol]))
        clock.set(now)
        sink.pass_time()
    sink.intake.flush()
    writer.close()
    return told


def _past(symbol: str, rng: Random, price: dict[str, float]) -> Klines:
    rows = []
    for at in range(PAST):
        opened = price[symbol]
        price[symbol] = closed = max(50.0, round(opened + rng.choice((-0.3, -0.1, 0.0, 0.1, 0.3)), 1))
        rows.append(
            KlineRow(
                MIDNIGHT - (PAST - at) * MINUTE, opened, round(max(opened, closed) + 0.1, 1),
                round(min(opened, closed) - 0.1, 1), closed, 10.0 + at % 7, 1000.0, 20, 5.0 + at % 3,
            )
        )  # fmt: skip
    return Klines(
        ts_event=MIDNIGHT, ts_recv=MIDNIGHT + SECOND, symbol=symbol, timeframe=Timeframe.M1,
        first=MIDNIGHT - PAST * MINUTE, count=PAST, rows=tuple(rows),
    )  # fmt: skip


def _trade(symbol: str, number: int, at_ns: int, price: float) -> bytes:
    at_ms = at_ns // MILLISECOND
    return (
        f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{at_ms},"T":{at_ms},"s":"{symbol}","t":{number},'
        f'"p":"{price:.1f}","q":"0.5","X":"MARKET","m":{"true" if number % 2 else "false"}}}}}'
    ).encode()

"""A replay tells the engine what the live process told it."""

from pathlib import Path
from random import Random

import msgspec
import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.backtest.replay import Replay
from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.errors import CaptureError
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.venues import registry
from tidemark.live.sink import Sink
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.events import ClockJump, Listing, ServerTime, StreamGap, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.store.capture import Kind, Record, find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import MIB, MILLISECOND, SECOND

SIZE = EngineSize(
    series=4,
    retention={Timeframe.S10: 60, Timeframe.M1: 30, Timeframe.M5: 12},
    tape_rows=50,
    is_numbered=True,
    batch_trades=8192,
    grace_ns=2 * SECOND,
)
VENUE = registry.find("binance")


def told(outputs: list[Output]) -> list[tuple[str, str, bytes]]:
    """Outputs as plain values, which can be compared: kind, timeframe, and every byte of the arrays."""
    return [
        (
            type(output).__name__,
            output.timeframe.value,
            b"".join(array.tobytes() for array in (output.slots, output.open_times, *output.rows.values())),
        )
        for output in outputs
        if isinstance(output, Closed)
    ]


def intake(deliver: list[Output]) -> Intake:
    ledger = Ledger()
    engine = Engine(SIZE, ledger)
    return Intake(
        engine,
        VENUE.parser(engine.universe.slots),
        ledger,
        deliver=deliver.extend,
        reject=lambda error, payload: None,
    )


def trade(symbol: str, number: int, at_ns: int, price: float) -> bytes:
    at_ms = at_ns // MILLISECOND
    return (
        f'{{"stream":"{symbol.lower()}@trade","data":{{"e":"trade","E":{at_ms},"T":{at_ms},"s":"{symbol}","t":{number},'
        f'"p":"{price:.1f}","q":"0.5","X":"MARKET","m":{"true" if number % 2 else "false"}}}}}'
    ).encode()


def test_a_replay_of_what_was_captured_gives_the_same_outputs(tmp_path: Path) -> None:
    clock, rng = EventClock(MIDNIGHT), Random(7)
    outputs: list[Output] = []
    writer = CaptureWriter(
        tmp_path / "cap", venue="binance", stream="trade", max_bytes=64 * MIB, now_ns=MIDNIGHT, ledger=Ledger()
    )
    sink = Sink(clock, Rejects(tmp_path / "rejects.jsonl"), writer)
    sink.intake = intake(outputs)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        sink.on_event(Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument(symbol)))
    sink.on_event(ServerTime(ts_event=MIDNIGHT - 3 * SECOND, ts_recv=MIDNIGHT))
    gap = StreamGap(
        ts_event=MIDNIGHT,
        ts_recv=MIDNIGHT,
        venue="binance",
        channel="trades",
        symbols=(),
        gap_to=MIDNIGHT,
        cause="start",
    )
    sink.on_gap(gap)
    for number in range(1, 4000):
        now = MIDNIGHT + number * 50 * MILLISECOND
        clock.set(now)
        symbol = rng.choice(("BTCUSDT", "ETHUSDT", "NOSUCHUSDT"))
        late_ns = rng.choice((0, 0, 0, 14 * SECOND))
        price = 100.0 + rng.randrange(50) / 10
        sink.on_frame("binance-1", memoryview(trade(symbol, number, now - 3 * SECOND - late_ns, price)), now)
        if number % 97 == 0:
            sink.on_frame("binance-1", memoryview(b'{"broken'), now)
        if number % 20 == 0:
            sink.pass_time()
        if number == 1500:
            sink.on_gap(lost(now, gap_from=now - 5 * SECOND, gap_to=None))
        if number == 1700:
            sink.on_gap(lost(now, gap_from=now - 15 * SECOND, gap_to=now))
    sink.intake.flush()
    writer.close()
    replayed: list[Output] = []
    replay = Replay(intake(replayed))

    for record in read(find(tmp_path / "cap")):
        replay.take(record)
    replay.end(SIZE.grace_ns)

    assert len(told(outputs)) > 60
    assert {entry[0] for entry in told(outputs)} == {"Closed", "Revised"}
    assert told(replayed) == told(outputs)


def lost(now: int, *, gap_from: int, gap_to: int | None) -> StreamGap:
    return StreamGap(
        ts_event=now,
        ts_recv=now,
        venue="binance",
        channel="trades",
        symbols=("BTCUSDT",),
        gap_from=gap_from,
        gap_to=gap_to,
        cause="lost",
    )


def test_a_recording_of_frames_alone_gets_its_time_from_them() -> None:
    outputs: list[Output] = []
    replay = Replay(intake(outputs))
    replay.begin("binance", [instrument()], MIDNIGHT, MIDNIGHT)

    for second in range(65):
        at = MIDNIGHT + second * SECOND
        replay.take(Record(Kind.FRAME, at, 0, 0, trade("BTCUSDT", second + 1, at, 100.0 + second)))
    replay.end(SIZE.grace_ns)

    assert [entry[1] for entry in told(outputs)] == ["10s"] * 6 + ["1m"]


def test_a_recording_that_holds_events_is_given_no_time_before_its_first_tick() -> None:
    """The service hears of the past before its first tick, which comes after its first frames."""
    made = intake([])
    replay = Replay(made)
    listing = Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument())

    replay.take(Record(Kind.EVENT, MIDNIGHT, MIDNIGHT, 0, msgspec.json.encode(listing)))
    replay.take(Record(Kind.FRAME, MIDNIGHT, 0, 0, trade("BTCUSDT", 1, MIDNIGHT, 100.0)))
    replay.end(SIZE.grace_ns)

    assert made.ticked_at == 0


def test_time_is_waited_for_before_each_record() -> None:
    waited: list[int] = []
    replay = Replay(intake([]), waited.append)

    replay.take(Record(Kind.FRAME, MIDNIGHT, 0, 0, b"{}"))
    replay.take(Record(Kind.FRAME, MIDNIGHT + SECOND, 0, 0, b"{}"))

    assert waited == [MIDNIGHT, MIDNIGHT + SECOND]


def test_a_damaged_event_is_named() -> None:
    replay = Replay(intake([]))

    with pytest.raises(CaptureError, match="record 1 holds an event that cannot be read"):
        replay.take(Record(Kind.EVENT, MIDNIGHT, 0, 0, b'{"type":"tick"}'))


def test_a_timed_replay_goes_by_the_clock_as_it_was_before_it_was_set() -> None:
    times: list[int] = []
    replay = Replay(intake([]), times.append)
    hour = 3600 * SECOND
    jump = ClockJump(ts_event=MIDNIGHT + hour, ts_recv=MIDNIGHT + hour, step_ns=hour)
    tick = Tick(ts_event=MIDNIGHT + hour + SECOND, ts_recv=MIDNIGHT + hour + SECOND)

    for event in (Tick(ts_event=MIDNIGHT, ts_recv=MIDNIGHT), jump, tick):
        replay.take(Record(Kind.EVENT, event.ts_recv, event.ts_event, 0, msgspec.json.encode(event)))

    assert times == [MIDNIGHT, MIDNIGHT, MIDNIGHT + SECOND]

from pathlib import Path

import msgspec
import numpy as np
import pytest
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, T, engine, feed, instrument, until

from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import BookTurned, Relisted
from tidemark.engine.step import Engine
from tidemark.errors import FrameError
from tidemark.ingest.rejects import Rejects
from tidemark.live.sink import Sink, announce, keep
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.book import BookBreak
from tidemark.model.events import Listing, MarketEvent, StreamGap, Tick
from tidemark.store.capture import Kind, find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.journal import blocks, segments, symbols
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import MIB, SECOND


class Parser:
    fallbacks = 0

    number = 0

    def feed(self, frame: bytes | memoryview, ts_recv: int, batch: Batch) -> None:
        if frame == b"bad":
            raise FrameError("malformed", "bad frame")
        self.number += 1
        assert batch.trades.append(0, ts_recv - 5, ts_recv, self.number, self.number, 100.0, 1.0, True)


class Made:
    def __init__(self, folder: Path, *, captures: bool) -> None:
        self.clock = EventClock(MIDNIGHT)
        self.folder = folder
        self.capture = (
            CaptureWriter(folder / "capture", venue="bybit", stream="", max_bytes=MIB, now_ns=MIDNIGHT, ledger=Ledger())
            if captures
            else None
        )
        self.rejects = Rejects(folder / "rejects.jsonl")
        self.sink = Sink(self.clock, self.rejects, self.capture)
        self.engine: Engine = engine()
        self.sink.intake = Intake(
            self.engine, Parser(), Ledger(), deliver=lambda outputs: None, reject=self.sink.reject
        )


GAP = StreamGap(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel="trades", symbols=(), cause="lost")


def test_all_that_the_engine_was_told_is_recorded_in_its_order(tmp_path: Path) -> None:
    made = Made(tmp_path, captures=True)
    assert made.capture is not None
    listing = Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument("ETHUSDT"))

    made.sink.on_event(listing)
    made.sink.on_frame("bybit-12", memoryview(b"trade"), MIDNIGHT + 7)
    made.sink.on_gap(GAP)
    made.clock.set(MIDNIGHT + SECOND)
    made.sink.pass_time()
    made.sink.on_frame("odd", memoryview(b"bad"), MIDNIGHT + SECOND)
    made.capture.close()

    records = list(read(find(tmp_path / "capture")))
    assert [record.kind for record in records] == [Kind.EVENT, Kind.FRAME, Kind.EVENT, Kind.EVENT, Kind.FRAME]
    assert [msgspec.json.decode(records[n].payload, type=MarketEvent) for n in (0, 2, 3)] == [
        listing,
        GAP,
        Tick(ts_event=MIDNIGHT + SECOND, ts_recv=MIDNIGHT + SECOND),
    ]
    assert [
        (record.connection, record.ts_event, record.payload) for record in records if record.kind is Kind.FRAME
    ] == [
        (12, MIDNIGHT + 2, b"trade"),
        (0, 0, b"bad"),
    ]
    assert (made.engine.counters.trades, made.engine.counters.gaps) == (1, 1)


def test_a_frame_that_cannot_be_used_is_sampled_with_its_connection(tmp_path: Path) -> None:
    made = Made(tmp_path, captures=False)

    made.sink.on_frame("bybit-3", memoryview(b"bad"), MIDNIGHT)

    sample = msgspec.json.decode((tmp_path / "rejects.jsonl").read_bytes())
    assert (sample["connection_id"], sample["kind"], sample["frame"]) == ("bybit-3", "malformed", "bad")


def test_before_there_is_an_intake_everything_is_let_go(tmp_path: Path) -> None:
    sink = Sink(EventClock(MIDNIGHT), Rejects(tmp_path / "rejects"), None)

    sink.on_frame("bybit-1", memoryview(b"trade"), MIDNIGHT)
    sink.on_gap(GAP)
    sink.pass_time()

    assert list(tmp_path.iterdir()) == []


def journal(folder: Path) -> JournalWriter:
    return JournalWriter(folder, {"10s": 100}, max_bytes=MIB, ledger=Ledger())


def written(folder: Path) -> list[tuple[str, int]]:
    names = symbols(folder)
    return [
        (names[row["symbol"]], int(row["close"]))
        for path in segments(folder, "10s")
        for rows in blocks(path)
        for row in rows
    ]


def closed(made: Engine) -> list[Closed]:
    feed(made.candles, [T(1, 100.0, slot=0), T(2, 50.0, slot=1)])
    return [output for output in until(made.candles, 12) if isinstance(output, Closed)]


def test_closed_candles_are_kept_under_their_names(tmp_path: Path) -> None:
    made = engine(["AUSDT", "BUSDT"])

    keep([*closed(made), Relisted(symbol="A", slot=0, old_tick_size=0.1, tick_size=0.5)], made, journal(tmp_path))

    assert written(tmp_path) == [("AUSDT", 1000), ("BUSDT", 500)]


@pytest.mark.parametrize("leavers", [("AUSDT",), ("AUSDT", "BUSDT")])
def test_candles_of_who_has_left_are_not_kept_under_another_name(tmp_path: Path, leavers: tuple[str, ...]) -> None:
    made = engine(["AUSDT", "BUSDT"])
    outputs = closed(made)
    for symbol in leavers:
        made.universe.leave(symbol)

    writer = journal(tmp_path)
    keep(list(outputs), made, writer)

    assert written(tmp_path) == [("BUSDT", 500)][: 2 - len(leavers)]
    assert "" not in symbols(tmp_path)
    assert writer.failure is None
    assert np.all(outputs[0].slots == [0, 1])


def test_a_changed_tick_is_told() -> None:
    with capture_logs() as told:
        announce([Relisted(symbol="BTCUSDT", slot=0, old_tick_size=0.1, tick_size=0.5)])

    assert [(line["symbol"], line["was"], line["now"]) for line in told] == [("BTCUSDT", 0.1, 0.5)]


def test_books_that_break_and_come_back_are_told_together() -> None:
    def turned(symbol: str, is_synced: bool, out_ns: int, reason: BookBreak = BookBreak.GAP) -> BookTurned:
        return BookTurned(symbol=symbol, slot=0, is_synced=is_synced, reason=reason, ts_recv=1, out_ns=out_ns)

    with capture_logs() as told:
        announce([turned("AUSDT", False, 0), turned("BUSDT", False, 0), turned("AUSDT", True, 2 * SECOND)])
        announce([turned("CUSDT", True, SECOND, BookBreak.NONE)])

    assert told == [
        {
            "event": "order books out of sync",
            "log_level": "warning",
            "count": 2,
            "reasons": ["gap"],
            "symbols": ["AUSDT", "BUSDT"],
        },
        {"event": "order books in sync", "log_level": "info", "count": 1, "longest_s": 2.0},
    ]

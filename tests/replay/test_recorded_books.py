"""Recorded book streams through parser and books: what is rebuilt is what the exchange said beside it."""

import gzip
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import zstandard

from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Parser
from tidemark.market.books import Books, BookTurn
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.book import BookBreak
from tidemark.model.events import BookSnapshot, TickerUpdate

Recorded = Callable[[str], Path]
USDM = "ws/hftbacktest_usdm_btcusdt_20240808.gz"


class Rebuilt:
    """Books of some symbols, fed with raw frames one by one."""

    def __init__(self, venue: str, ticks: dict[str, float], depth: int = 50) -> None:
        chosen = registry.find(venue)
        self.slots = {symbol: slot for slot, symbol in enumerate(ticks)}
        self.books = Books(series=len(ticks), depth=depth, rules=chosen.book_rules, ledger=Ledger())
        for symbol, slot in self.slots.items():
            self.books.join(slot, ticks[symbol])
        self.rest = chosen.rest
        self.parser: Parser = chosen.parser(self.slots)
        self.batch = Batch(4096, 4096, 4, 20_000)
        self.turns: list[BookTurn] = []

    def frame(self, frame: bytes, ts_recv: int) -> list[object]:
        """The other events of the frame."""
        self.batch.clear()
        self.parser.feed(frame, ts_recv, self.batch)
        self.turns += self.books.apply(self.batch.books)
        return list(self.batch.events)

    def snapshot(self, body: bytes, symbol: str, ts_recv: int) -> BookSnapshot:
        event = self.rest.parse_book_snapshot(body, symbol, ts_recv)
        self.turns += self.books.snapshot(self.slots[symbol], event)
        return event

    def best(self, slot: int) -> tuple[float, float, float, float] | None:
        top = self.books.top(slot)
        return None if top is None else (top.bid, top.bid_size, top.ask, top.ask_size)


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with gzip.open(path) as file:
        for line in file:
            recv, _, frame = line.strip().partition(b" ")
            yield int(recv), frame


class Refills:
    """A plain book of all that was told since the recorded snapshot, which can tell a snapshot of its own."""

    def __init__(self) -> None:
        self.sides: tuple[dict[float, float], dict[float, float]] = ({}, {})

    def take(self, bids: list[list[str]], asks: list[list[str]]) -> None:
        for side, levels in zip(self.sides, (bids, asks), strict=True):
            side.update({float(price): float(size) for price, size in levels})
            for price, size in levels:
                if float(size) == 0:
                    del side[float(price)]

    def snapshot(self, update_id: int, ts: int) -> BookSnapshot:
        bids, asks = sorted(self.sides[0].items(), reverse=True), sorted(self.sides[1].items())
        return BookSnapshot(
            ts_event=ts,
            ts_recv=ts,
            symbol="BTCUSDT",
            update_id=update_id,
            bids=tuple(bids[:500]),
            asks=tuple(asks[:500]),
        )


def test_the_recorded_book_of_binance_is_rebuilt_and_its_best_levels_are_those_of_the_ticker(
    recorded: Recorded,
) -> None:
    """The price moves by a thousand ticks, so what the recorded snapshot of 1,000 levels told has to be filled up."""
    rebuilt, refills = Rebuilt("binance", {"BTCUSDT": 0.1}, depth=200), Refills()
    tickers: dict[int, TickerUpdate] = {}
    compared = asked = 0

    for recv, frame in lines(recorded(USDM)):
        if frame.startswith(b'{"lastUpdateId"'):
            event = rebuilt.snapshot(frame, "BTCUSDT", recv)
            refills.sides = (dict(event.bids), dict(event.asks))
            continue
        if b'"e":"trade"' in frame[:80]:
            continue
        events = rebuilt.frame(frame, recv)
        if b"bookTicker" in frame[:40]:
            (ticker,) = events
            assert isinstance(ticker, TickerUpdate)
            tickers[json.loads(frame)["data"]["u"]] = ticker
            continue
        levels = rebuilt.books.levels(0, 50)
        if levels is None:
            continue
        data = json.loads(frame)["data"]
        if levels.update_id == data["u"]:
            refills.take(data["b"], data["a"])
        if rebuilt.books.wanting():
            asked += 1
            rebuilt.turns += rebuilt.books.snapshot(0, refills.snapshot(data["u"], recv))
        if levels.update_id in tickers:
            # The ticker of the very update that the book ends with.
            ticker = tickers[levels.update_id]
            assert rebuilt.best(0) == (ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size)
            compared += 1

    counters = rebuilt.books.counters
    assert (compared, asked, counters.refills, counters.snapshots) == (503, 2, 2, 3)
    assert [(turn.is_synced, turn.reason) for turn in rebuilt.turns] == [(True, BookBreak.NONE)]
    assert counters.breaks == {}
    # Of 6,551 messages four were older than the recorded snapshot; the last one before each refill counts twice.
    assert (counters.deltas, counters.stale, counters.dropped, counters.too_old) == (6_551 - 4 + 2, 4, 0, 0)


def test_a_price_that_leaves_what_is_known_of_a_book_ends_it(recorded: Recorded) -> None:
    rebuilt = Rebuilt("binance", {"BTCUSDT": 0.1})

    for recv, frame in lines(recorded(USDM)):
        if frame.startswith(b'{"lastUpdateId"'):
            rebuilt.snapshot(frame, "BTCUSDT", recv)
        elif b'"e":"depthUpdate"' in frame[:80]:
            rebuilt.frame(frame, recv)

    # One snapshot of 1,000 levels, of which 400 are kept: 92 seconds later the price is beyond them.
    assert [(turn.is_synced, turn.reason) for turn in rebuilt.turns] == [
        (True, BookBreak.NONE),
        (False, BookBreak.THIN),
    ]
    assert rebuilt.books.top(0) is None
    assert rebuilt.books.counters.refills == 1


def test_a_book_that_misses_an_update_is_out_of_sync_until_a_snapshot_fits(recorded: Recorded) -> None:
    rebuilt = Rebuilt("binance", {"BTCUSDT": 0.1})
    depths = 0

    for recv, frame in lines(recorded(USDM)):
        if frame.startswith(b'{"lastUpdateId"'):
            rebuilt.snapshot(frame, "BTCUSDT", recv)
        elif b'"e":"depthUpdate"' in frame[:80]:
            depths += 1
            if depths != 1000:
                rebuilt.frame(frame, recv)

    assert [(turn.is_synced, turn.reason) for turn in rebuilt.turns] == [(True, BookBreak.NONE), (False, BookBreak.GAP)]
    assert rebuilt.books.top(0) is None
    assert rebuilt.books.levels(0, 50) is None
    assert rebuilt.books.wanting() == [0]


def test_the_recorded_window_of_bybit_never_loses_a_level(recorded: Recorded) -> None:
    with zipfile.ZipFile(recorded("ws/bybit_v5_xrpusdt_ob500.zip")) as archive:
        frames = archive.read(archive.namelist()[0]).splitlines()
    rebuilt = Rebuilt("bybit", {"XRPUSDT": 0.0001}, depth=500)
    model: tuple[dict[float, float], dict[float, float]] = ({}, {})

    for number, frame in enumerate(frames):
        rebuilt.frame(frame, number + 1)
        data = json.loads(frame)["data"]
        for side, levels in zip(model, (data["b"], data["a"]), strict=True):
            side.update({float(price): float(size) for price, size in levels})
            for price, size in levels:
                if float(size) == 0:
                    del side[float(price)]
        held = rebuilt.books.levels(0, 500)
        assert held is not None
        assert held.bids.tolist() == [[p, s] for p, s in sorted(model[0].items(), reverse=True)]
        assert held.asks.tolist() == [[p, s] for p, s in sorted(model[1].items())]
        assert (len(held.bids), len(held.asks)) == (500, 500)

    assert len(frames) == 50
    assert rebuilt.books.counters.deltas == 49


def test_the_books_of_2021_join_the_snapshots_that_were_fetched_beside_them(recorded: Recorded) -> None:
    def text(name: str) -> list[bytes]:
        with recorded(f"ws/cryptofeed/{name}.zst").open("rb") as file:
            return zstandard.ZstdDecompressor().stream_reader(io.BytesIO(file.read())).read().splitlines()

    ticks = {"SUSHIUSDT": 0.001, "AKROUSDT": 0.00001, "KEEPUSDT": 0.0001, "CTKUSDT": 0.00001}
    rebuilt = Rebuilt("binance", ticks)
    told: list[tuple[float, str, bytes]] = []
    for line in text("BINANCE_FUTURES.http.0.0"):
        url, arrow, reply = line.partition(b" -> ")
        if arrow and b"/depth?symbol=" in url:
            stamp, _, body = reply.partition(b": ")
            told.append((float(stamp), url.partition(b"symbol=")[2].partition(b"&")[0].decode(), body))
    for line in text("BINANCE_FUTURES.ws.1.0"):
        stamp, colon, body = line.partition(b": ")
        if colon and stamp[:1].isdigit():
            told.append((float(stamp), "", body))
    assert len([symbol for _, symbol, _ in told if symbol]) == 4

    tickers: dict[str, tuple[int, TickerUpdate]] = {}
    compared = 0
    for at, symbol, body in sorted(told, key=lambda one: one[0]):
        if symbol:
            rebuilt.snapshot(body, symbol, int(at * 1e9))
            continue
        for event in rebuilt.frame(body, int(at * 1e9)):
            if isinstance(event, TickerUpdate) and b"bookTicker" in body[:60]:
                tickers[event.symbol] = (json.loads(body)["data"]["u"], event)
        for name, slot in rebuilt.slots.items():
            levels, seen = rebuilt.books.levels(slot, 1), tickers.get(name)
            if levels is not None and seen is not None and seen[0] == levels.update_id:
                ticker = seen[1]
                assert rebuilt.best(slot) == (ticker.bid, ticker.bid_size, ticker.ask, ticker.ask_size)
                compared += 1

    assert compared > 50
    assert rebuilt.books.synced == 4
    assert rebuilt.books.counters.breaks == {}

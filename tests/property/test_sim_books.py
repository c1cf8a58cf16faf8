"""The local exchange's books under any sequence of quotes: never crossed, and what is told leads to what is."""

import json
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemark.kernels.frames import Frames
from tidemark.kernels.frames_binance import BinanceFrames
from tidemark.kernels.frames_bybit import BybitFrames
from tidemark.kernels.page import Page, view
from tidemark.sim.binance.books import BinanceBooks
from tidemark.sim.book import Books, BookTopics
from tidemark.sim.bybit.books import BybitBooks
from tidemark.sim.dynamics import Block
from tidemark.sim.faults import Faults, chosen
from tidemark.sim.market import Market
from tidemark.sim.truth import Truth
from tidemark.sim.wanted import Wanted

NO_FAULTS = Faults()
# Time since the one before in ms, the middle in ticks, half the spread, both sizes; no middle: a turn behind the best.
MOVES = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.one_of(st.none(), st.integers(3, 400)),
        st.integers(1, 40),
        st.integers(1, 10**6),
        st.integers(1, 10**6),
    ),
    max_size=60,
)
Sides = dict[str, dict[str, str]]


def listed() -> tuple[Truth, Books, Market]:
    market = Market(symbol="AUSDT", base="A", quote="USDT", settle="USDT", tick_size=0.05, price_decimals=2,
                    lot_size=0.001, lot_decimals=3, start_price=10.0, launched_ms=0)  # fmt: skip
    truth = Truth(1, 1000, opens_at_close=False)
    truth.enter(0, market, 200)
    return truth, Books(1), market


def apply(sides: Sides, data: Any) -> None:
    for side in "ba":
        for price, size in data[side]:
            if float(size):
                sides[side][price] = size
            else:
                sides[side].pop(price, None)


def now(books: Books, market: Market, depth: int) -> Sides:
    touch = books.touch(0)
    return {
        side: {market.price(p): market.size(n) for p, n in books.side(0, touch, depth, is_bid=side == "b")}
        for side in "ba"
    }


def made(kind: type[Frames], truth: Truth, books: Books, topics: BookTopics) -> Any:
    frames = kind(truth, books, topics, view(np.zeros(1)), chosen)
    frames.list_slots(np.ones(1, np.uint8))
    return frames


def due(frames: Any, time_ms: int) -> list[Any]:
    """The messages that are due at the end of a slice in which nothing happens."""
    none, page = np.zeros(0, np.int64), Page(1 << 30)
    sides, pairs = np.zeros(0, np.bool_), np.zeros((0, 2), np.int64)
    block = Block(none, none, sides, none, none, none, none, none, sides, none, none, none, none, none, none, pairs)
    frames.begin(block, none, np.ones(1), time_ms, 0, NO_FAULTS, 1000)
    assert frames.write(page)
    return [json.loads(frame[2]) for frame in page.frames()]


def is_crossed(sides: Sides) -> bool:
    return max(map(float, sides["b"])) >= min(map(float, sides["a"]))


@given(MOVES, st.sampled_from([50, 200, 1000]), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_bybits_deltas_lead_from_the_snapshot_to_the_book(moves: list[Any], depth: int, half_spread: int) -> None:
    truth, books, market = listed()
    books.place(0, "AUSDT", half_spread, 0.01, 0)
    books.quote(0, 0, 200, 202, 5, 5)
    streams = BybitBooks(truth, books)
    frames = made(BybitFrames, truth, books, streams.topics)
    frames.entered(0, market, "middle", 200)
    told = streams.told(f"orderbook.{depth}.AUSDT", 0)
    assert told is not None
    told.number = 0
    sides: Sides = {}
    first = json.loads(frames.levels(Page(0), told, 0))["data"]
    sides, update_id, time_ms = {side: dict(first[side]) for side in "ba"}, first["u"], 0
    for wait, middle, spread, bid_lots, ask_lots in [*moves, (1000, None, 1, 1, 1)]:
        time_ms += wait
        for message in due(frames, time_ms):
            data = message["data"]
            assert data["u"] == update_id + 1
            update_id = data["u"]
            # Only what changed, and nothing is removed that is not there.
            assert all(sides[side].get(p, market.size(0)) != n for side in "ba" for p, n in data[side])
            apply(sides, data)
            assert sides == now(books, market, depth)
            assert not is_crossed(sides)
        if middle is None:
            books.turn(0, time_ms)
        else:
            books.quote(0, time_ms, max(1, middle - spread), middle + spread, bid_lots, ask_lots)
        streams.topics.moved(0, time_ms)
    for message in due(frames, time_ms + 1000):
        apply(sides, message["data"])

    assert sides == now(books, market, depth)


@given(MOVES, st.integers(0, 60), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_binances_procedure_leads_from_any_snapshot_to_the_book(moves: list[Any], at: int, half_spread: int) -> None:
    truth, books, market = listed()
    books.place(0, "AUSDT", half_spread, 0.01, 0)
    books.quote(0, 0, 200, 202, 5, 5)
    streams = BinanceBooks(truth, books)
    frames = made(BinanceFrames, truth, books, streams.topics)
    frames.entered(0, market, is_ending=False, is_inverse=False)
    streams.begin(Wanted(["ausdt@depth@100ms"]), {"ausdt": 0}, 0)
    told: list[Any] = []
    sides, last_id, time_ms = now(books, market, 1000), streams.update_id(0), 0
    for k, (wait, middle, spread, bid_lots, ask_lots) in enumerate([*moves, (1000, 200, 1, 1, 1)]):
        time_ms += wait
        told += due(frames, time_ms)
        if middle is None:
            books.turn(0, time_ms)
        else:
            books.quote(0, time_ms, max(1, middle - spread), middle + spread, bid_lots, ask_lots)
        streams.topics.moved(0, time_ms)
        if k == at:
            ladder = streams.ladder(0, 1000)
            last_id = ladder.update_id
            sides = {
                side: {market.price(p): market.size(n) for p, n in levels}
                for side, levels in (("b", ladder.bids), ("a", ladder.asks))
            }
    told += due(frames, time_ms + 1000)

    fresh = [one for one in told if one["u"] >= last_id]
    if fresh[0]["U"] > last_id:
        assert fresh[0]["pu"] == last_id
    previous = fresh[0]["pu"]
    for one in fresh:
        assert one["pu"] == previous
        previous = one["u"]
        apply(sides, one)
        assert not is_crossed(sides)
    assert sides == now(books, market, 1000)
    assert previous == streams.update_id(0)

"""The local exchange's books under any sequence of quotes: never crossed, and what is told leads to what is."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tidemark.sim.binance.books import BinanceBooks
from tidemark.sim.book import Books
from tidemark.sim.bybit.books import BybitBooks
from tidemark.sim.faults import Faults
from tidemark.sim.market import Market
from tidemark.sim.truth import Truth

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


def is_crossed(sides: Sides) -> bool:
    return max(map(float, sides["b"])) >= min(map(float, sides["a"]))


@given(MOVES, st.sampled_from([50, 200, 1000]), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_bybits_deltas_lead_from_the_snapshot_to_the_book(moves: list[Any], depth: int, half_spread: int) -> None:
    truth, books, market = listed()
    books.place(0, "AUSDT", half_spread, 0.01, 0)
    books.quote(0, 0, 200, 202, 5, 5)
    streams = BybitBooks(truth, books)
    sides: Sides = {}
    first = json.loads(streams.snapshot(f"orderbook.{depth}.AUSDT", 0) or b"")["data"]
    sides, update_id, time_ms = {side: dict(first[side]) for side in "ba"}, first["u"], 0
    for wait, middle, spread, bid_lots, ask_lots in [*moves, (1000, None, 1, 1, 1)]:
        time_ms += wait
        for frame in streams.frames(time_ms, 0, NO_FAULTS):
            data = json.loads(frame[2])["data"]
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
        streams.moved(0, time_ms)
    for frame in streams.frames(time_ms + 1000, 0, NO_FAULTS):
        apply(sides, json.loads(frame[2])["data"])

    assert sides == now(books, market, depth)


@given(MOVES, st.integers(0, 60), st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_binances_procedure_leads_from_any_snapshot_to_the_book(moves: list[Any], at: int, half_spread: int) -> None:
    truth, books, market = listed()
    books.place(0, "AUSDT", half_spread, 0.01, 0)
    books.quote(0, 0, 200, 202, 5, 5)
    streams = BinanceBooks(truth, books)
    streams.keep({"ausdt@depth@100ms"}, {"ausdt": 0}, 0)
    told: list[Any] = []
    sides, last_id, time_ms = now(books, market, 1000), streams.update_id(0), 0
    for k, (wait, middle, spread, bid_lots, ask_lots) in enumerate([*moves, (1000, 200, 1, 1, 1)]):
        time_ms += wait
        told += [json.loads(frame[2]) for frame in streams.frames(time_ms, 0, NO_FAULTS)]
        if middle is None:
            books.turn(0, time_ms)
        else:
            books.quote(0, time_ms, max(1, middle - spread), middle + spread, bid_lots, ask_lots)
        streams.moved(0, time_ms)
        if k == at:
            ladder = streams.ladder(0, 1000)
            last_id = ladder.update_id
            sides = {
                side: {market.price(p): market.size(n) for p, n in levels}
                for side, levels in (("b", ladder.bids), ("a", ladder.asks))
            }
    told += [json.loads(frame[2]) for frame in streams.frames(time_ms + 1000, 0, NO_FAULTS)]

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

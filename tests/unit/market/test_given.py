"""Candles in the place of trades: what closes is what trades would have made of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidemark.kernels.columns import TradeColumns
from tidemark.market.candles import Candles
from tidemark.market.closed import Closed
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.candle_columns import FIGURES, CandleColumns
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, MINUTE

BEGAN = 20_000 * DAY
TICK = 0.5
TRADES = st.tuples(st.integers(1, 400), st.integers(1, 9))
PRICES = ("open", "high", "low", "close")


def made(series: int = 2) -> Candles:
    candles = Candles(
        series=series, retention={Timeframe.M1: 60, Timeframe.M5: 12}, grace_ns=0, largest=64, ledger=Ledger()
    )
    for slot in range(series):
        candles.join(slot, TICK)
    return candles


def columns(*rows: tuple[int, int, float, float, float, float, float]) -> CandleColumns:
    """Of (slot, minute, open, high, low, close, volume)."""
    given = CandleColumns(len(rows))
    slots, minutes, *figures = (np.array(column) for column in zip(*rows, strict=True))
    given.extend(slots, BEGAN + minutes * MINUTE, dict(zip(FIGURES, figures, strict=True)))
    return given


def told(closed: list[Closed]) -> list[dict[str, Any]]:
    """Each candle that closed, with its prices in quote currency."""
    return [
        {"timeframe": one.timeframe.value, "slot": slot, "minute": (at - BEGAN) // MINUTE,
         **{name: float(one.rows[name][i]) * TICK for name in PRICES}, "volume": float(one.rows["volume"][i]),
         "origin": Origin(int(one.rows["marks"][i]) & 7)}
        for one in closed
        for i, (slot, at) in enumerate(zip(one.slots.tolist(), one.open_times.tolist(), strict=True))
    ]  # fmt: skip


def test_a_candle_closes_with_its_time_and_is_the_exchanges() -> None:
    candles = made(1)
    candles.advance(BEGAN)

    before = candles.take(columns((0, 0, 10.0, 12.0, 9.0, 11.5, 3.0)))
    closed = candles.advance(BEGAN + MINUTE)

    assert before == []
    assert told(closed) == [
        {"timeframe": "1m", "slot": 0, "minute": 0, "open": 10.0, "high": 12.0, "low": 9.0, "close": 11.5,
         "volume": 3.0, "origin": Origin.EXCHANGE}
    ]  # fmt: skip
    # Who bought, and in how many trades, nobody told.
    assert closed[0].rows["marks"][0] >> 4 == 0


def test_a_minute_without_a_candle_has_none_and_the_longer_one_is_of_what_was_there() -> None:
    candles = made(1)
    candles.advance(BEGAN)

    closed = candles.take(
        columns(
            (0, 0, 10.0, 12.0, 9.0, 11.5, 3.0), (0, 3, 11.0, 11.0, 10.5, 10.5, 1.0), (0, 5, 10.0, 10.0, 10.0, 10.0, 0.0)
        )
    )  # fmt: skip

    assert [(one["timeframe"], one["minute"]) for one in told(closed)] == [("1m", 0), ("1m", 3), ("5m", 0)]
    assert told(closed)[-1] | {"origin": None} == {
        "timeframe": "5m", "slot": 0, "minute": 0, "open": 10.0, "high": 12.0, "low": 9.0, "close": 10.5, "volume": 4.0,
        "origin": None,
    }  # fmt: skip
    assert [one.slots.tolist() for one in candles.advance(BEGAN + 6 * MINUTE)] == [[0]]


def test_a_price_that_no_row_can_hold_is_left_out_and_told() -> None:
    candles = made(2)
    candles.advance(BEGAN)

    candles.take(columns((0, 0, 1.0, 2e9, 1.0, 1.0, 1.0), (1, 0, 1.0, 1.0, 1.0, 1.0, 1.0)))

    assert [one["slot"] for one in told(candles.advance(BEGAN + MINUTE))] == [1]
    assert candles.take_suspects() == [0]


def test_one_whose_time_is_over_is_not_taken() -> None:
    candles = made(1)
    candles.advance(BEGAN + 3 * MINUTE)

    candles.take(columns((0, 1, 1.0, 1.0, 1.0, 1.0, 1.0)))

    assert candles.advance(BEGAN + 4 * MINUTE) == []
    assert candles.counters.too_late == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.lists(TRADES, min_size=1, max_size=6)), min_size=1, max_size=24)
)  # fmt: skip
def test_trades_and_the_candles_of_them_close_to_the_same(minutes: list[tuple[int, list[tuple[int, int]]]]) -> None:
    """*minutes*: how many are left out before each, and its trades in half units and sizes."""
    by_trades, by_candles = made(1), made(1)
    for candles in (by_trades, by_candles):
        candles.advance(BEGAN)
    by_trades.close_gap(np.zeros(1, np.int32), None, BEGAN - MINUTE)
    trades, rows = TradeColumns(256), []
    at = number = 0
    for skipped, made_of in minutes:
        at += skipped
        prices = [0.5 * half for half, _ in made_of]
        rows.append((0, at, prices[0], max(prices), min(prices), prices[-1], float(sum(size for _, size in made_of))))
        for place, (price, (_, size)) in enumerate(zip(prices, made_of, strict=True)):
            number += 1
            when = BEGAN + at * MINUTE + place
            trades.append(0, when, when, number, number, price, float(size), is_buy=True)
        at += 1
    ends = BEGAN + (at + 10) * MINUTE

    ours = told([*by_trades.apply(trades, np.ones(trades.count, np.uint8)), *by_trades.advance(ends)])
    theirs = told([*by_candles.take(columns(*rows)), *by_candles.advance(ends)])

    def traded(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "origin": None} for one in found if one["volume"] > 0.0]

    assert traded(theirs) == traded(ours)
    assert len(traded(theirs)) >= len(minutes)


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_how_they_are_cut_makes_no_difference(pieces: int) -> None:
    rng = np.random.default_rng(3)
    price: Array = 100.0 + np.cumsum(rng.integers(-3, 4, 40)) * 0.5
    rows = [
        (n % 2, n // 2, float(one), float(one) + 1.0, float(one) - 1.0, float(one), 1.0) for n, one in enumerate(price)
    ]
    whole, cut = made(), made()
    for candles in (whole, cut):
        candles.advance(BEGAN)

    expected = whole.take(columns(*rows))
    found = []
    for begin in range(0, len(rows), pieces):
        found.extend(cut.take(columns(*rows[begin : begin + pieces])))

    assert told(found) == told(expected)
    assert len(expected) > 20

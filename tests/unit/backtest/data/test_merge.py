from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.backtest.data.made import BEGIN, whole, written

from tidemark.backtest.bars import FIGURES, Bars
from tidemark.backtest.data.dataset import find
from tidemark.backtest.data.merge import HELD_ROWS, market_rows, merged, streamed
from tidemark.errors import DataError
from tidemark.units import MINUTE

TIMES = st.lists(st.integers(0, 60), unique=True, max_size=40).map(sorted)


def bars(market: int, at: list[int]) -> Bars:
    """Candles whose close says whose they are, and where they stood."""
    close = np.arange(len(at)) + 1.0 + 1000.0 * market
    return Bars.of(market, np.array(at, np.int64), dict.fromkeys(FIGURES, close))


def pieces(market: int, at: list[int], rows: int) -> Iterator[Bars]:
    held = bars(market, at)
    for begin in range(0, len(held), rows):
        yield held.part(begin, min(begin + rows, len(held)))


@given(
    st.lists(TIMES, min_size=1, max_size=6), st.lists(st.integers(1, 50), min_size=6, max_size=6), st.integers(1, 70)
)
def test_a_merge_is_a_sort_of_all_whatever_the_chunks(markets: list[list[int]], held: list[int], rows: int) -> None:
    wanted = sorted(
        (time, number, 1.0 + place + 1000.0 * number)
        for number, at in enumerate(markets)
        for place, time in enumerate(at)
    )

    chunks = list(merged([pieces(number, at, held[number]) for number, at in enumerate(markets)], rows))

    found = whole(chunks)
    assert list(zip(found["open_time"], found["market"], found["close"], strict=True)) == wanted
    assert all(0 < len(chunk) <= rows for chunk in chunks)


def test_no_more_than_a_chunk_a_market_is_drawn_ahead() -> None:
    drawn = [0, 0, 0]

    def counted(market: int) -> Iterator[Bars]:
        for piece in pieces(market, list(range(100)), 10):
            drawn[market] += len(piece)
            yield piece

    given_ = 0
    for chunk in merged([counted(market) for market in range(3)], 30):
        given_ += len(chunk)
        # What was drawn and not yet given: what is given next, and one chunk a market behind it.
        assert sum(drawn) - given_ <= 2 * 3 * 10


def test_a_market_that_ends_early_or_is_empty_stops_nobody() -> None:
    found = whole(list(merged([pieces(0, [1], 5), pieces(1, [], 5), pieces(2, [0, 2, 9], 1)], 10)))

    assert list(zip(found["open_time"], found["market"], strict=True)) == [(0, 2), (1, 0), (2, 2), (9, 2)]
    assert list(merged([], 10)) == []


def test_a_source_of_empty_chunks_is_gone_through() -> None:
    empty = bars(0, [])

    found = whole(list(merged([iter([empty, bars(0, [5]), empty, bars(0, [6])])], 10)))

    assert found["open_time"] == [5, 6]


def test_all_markets_of_a_dataset_come_in_order_of_time(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", symbol="A", count=300)
    written(tmp_path / "b.parquet", symbol="B", count=200, begin=BEGIN + 150 * MINUTE)

    found = whole(list(streamed(find(tmp_path), BEGIN + 100 * MINUTE, BEGIN + 200 * MINUTE, rows=64)))

    pairs = list(zip(found["open_time"], found["market"], strict=True))
    assert pairs == sorted(pairs)
    assert [found["market"].count(number) for number in (0, 1)] == [100, 50]


def test_a_bad_row_of_any_market_is_told(tmp_path: Path) -> None:
    written(tmp_path / "a.parquet", symbol="A", count=10)
    written(tmp_path / "b.parquet", symbol="B", count=10)
    written(tmp_path / "c.parquet", symbol="B", count=10)

    with pytest.raises(DataError, match=r"row 1: time 2024-01-01 00:00:00 is behind"):
        list(streamed(find(tmp_path)))


def test_chunks_of_many_markets_are_smaller() -> None:
    assert market_rows(100) * 100 <= HELD_ROWS
    assert market_rows(1, 500) == 500
    assert market_rows(100_000) == 256

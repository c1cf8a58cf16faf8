import subprocess
import sys
from collections.abc import Callable

import pytest

from tidemark.kernels.page import Page
from tidemark.sim.derivatives import Liquidation
from tidemark.sim.generator import Generator
from tidemark.sim.pages import unpaged
from tidemark.sim.wanted import Wanted
from tidemark.sim.wire import Made, Wire

START_MS = 1_763_712_000_000


@pytest.mark.parametrize(
    ("venue", "book", "liquidation"),
    [("bybit", "orderbook.50.BTCUSDT", "allLiquidation.BTCUSDT"), ("binance", "btcusdt@depth", "!forceOrder@arr")],
)
def test_a_slice_ends_with_its_books_and_liquidations(
    make: Callable[..., Generator], venue: str, book: str, liquidation: str
) -> None:
    source = make(venue)
    wire: Wire | None = source.wire
    made: Made = source
    assert wire is not None
    wire.snapshot(book, START_MS)
    frames = [frame for _ in range(2) for frame in source.advance({book}, 1.0, 0)]
    one = Liquidation(0, START_MS + 600, True, 840_000, 843_000, 25)

    page, wanted = Page(0), Wanted([book, liquidation])
    ended = list(unpaged(wire.ended(page, [one], wanted, START_MS + 1000, 0), page, wanted))

    assert {frame[1] for frame in frames} == {book}
    assert [frame[1] for frame in ended][-1] == liquidation
    assert made.books.touch(0).bid == wire.ladder(0, 1).bids[0][0]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_aggregate_ids_count_from_the_first(make: Callable[..., Generator], venue: str) -> None:
    source = make(venue)
    list(source.advance(set(), 1.0, 0))
    assert source.wire is not None
    fill = source.truth.fills(0)[0]

    if venue == "binance":
        assert source.wire.print(0, fill).aggregate_id == source.wire.first_aggregate + fill.order
    else:
        assert source.wire.first_aggregate == 0


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_a_venues_streams_do_not_need_the_generator(venue: str) -> None:
    code = f"import sys, tidemark.sim.{venue}.stream; sys.exit('tidemark.sim.generator' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

"""What both venues share: in which order a slice is told, and where it stops."""

import pytest

from tidemark.kernels.page import Page
from tidemark.sim.generator import Generator, generated
from tidemark.sim.settings import SimSettings
from tidemark.sim.wanted import Wanted

_TOPICS = {
    "bybit": ["publicTrade.BTCUSDT", "tickers.BTCUSDT", "kline.1.BTCUSDT"],
    "binance": ["btcusdt@aggTrade", "btcusdt@bookTicker", "btcusdt@kline_1m", "btcusdt@depth@100ms"],
}


def built(venue: str) -> Generator:
    return generated(SimSettings(venue=venue, symbols=3, rate=300.0, churn_s=0.0), 1_763_711_999_000_000_000)


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_how_a_slice_is_cut_into_pages_makes_no_difference(venue: str) -> None:
    told = []
    for limit in (0, 2_000, 1 << 30):
        source, page, wanted = built(venue), Page(limit), Wanted(_TOPICS[venue])
        frames = []
        for _ in range(12):
            for _ in source.pages(page, wanted, 1.0, 0):
                assert page.is_full
                frames += page.frames()
                page.clear()
            frames += page.frames()
            page.clear()
        told.append(frames)

    assert told[0] == told[1] == told[2]
    assert [frame[0] for frame in told[0]] == sorted(frame[0] for frame in told[0])
    assert len(told[0]) > 100


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_a_slice_that_nobody_wants_waits_for_nothing(venue: str) -> None:
    source, page = built(venue), Page(1 << 20, 0)

    assert list(source.pages(page, Wanted(), 1.0, 0)) == []
    assert page.count == 0


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_who_comes_in_the_middle_of_a_slice_gets_the_rest_of_it(venue: str) -> None:
    source, page, wanted = built(venue), Page(0), Wanted(_TOPICS[venue][:1])
    numbers = []
    for _ in source.pages(page, wanted, 1.0, 0):
        numbers += [frame[1] for frame in page.frames()]
        page.clear()
        wanted.add(_TOPICS[venue][1])

    assert numbers[0] == 0
    assert set(numbers) == {0, 1}

from collections.abc import Callable, Collection

import msgspec
import pytest

from tidemark.errors import SettingsError
from tidemark.sim.clients import Router
from tidemark.sim.faults import Faults
from tidemark.sim.generator import Generator
from tidemark.sim.market import Frame
from tidemark.sim.status import candle_status, changed, status, symbol_status

START_MS = 1_763_712_000_000


def test_switches_change_one_by_one() -> None:
    faults = changed(Faults(gap=0.1), b'{"delay_ms": 50, "malformed_kinds": ["deep"]}')

    assert faults == Faults(gap=0.1, delay_ms=50, malformed_kinds=("deep",))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b'{"nosuch": 1}', b'{"gap": "much"}', b'{"gap": 2.0}', b'{"\xe2": 1}', b'{"gap":' + b"[" * 9999],
)
def test_a_wrong_switch_is_refused(body: bytes) -> None:
    with pytest.raises(SettingsError):
        changed(Faults(), body)


def test_the_truth_is_told_in_decimal_text(
    make: Callable[..., Generator], play: Callable[[Generator, Collection[str], int], list[Frame]]
) -> None:
    source = make()
    play(source, set(), 40)

    told = candle_status(source, "BTCUSDT", START_MS + 30_000)
    candle = source.truth.candle(0, START_MS // 60_000)
    assert told is not None
    assert candle is not None
    assert (told.open_ms, told.trades) == (START_MS, candle.trades)
    assert round(float(told.close) / 0.1) == candle.close
    assert round(float(told.volume) / 0.001) == candle.lots
    assert candle_status(source, "NOSUCH", START_MS) is None
    assert candle_status(source, "BTCUSDT", START_MS + 600_000) is None


def test_trades_are_counted_since_the_start(
    make: Callable[..., Generator], play: Callable[[Generator, Collection[str], int], list[Frame]]
) -> None:
    source = make("binance")
    before = status(source, Router(), START_MS, 0, 0, None)
    sent = play(source, {"btcusdt@trade"}, 40)

    after = status(source, Router(), START_MS, 3, 1, None)

    assert before.trades == {}
    assert after.trades["BTCUSDT"] == len(sent)
    assert (after.venue, after.requests, after.cut_for_slowness, after.clients) == ("binance", 3, 1, 0)
    assert msgspec.json.decode(msgspec.json.encode(after))["has_ended"] is False


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_the_book_and_the_open_interest_of_a_symbol_are_told(
    make: Callable[..., Generator], play: Callable[[Generator, Collection[str], int], list[Frame]], venue: str
) -> None:
    source = make(venue)
    play(source, set(), 8)

    told = symbol_status(source, "BTCUSDT")

    assert told is not None
    ladder, quote = source.ladder(0, 20), source.quote(0)
    assert [len(told.book.bids), len(told.book.asks)] == [20, 20]
    assert round(float(told.book.bids[0][0]) / 0.1) == quote.bid
    assert round(float(told.book.asks[0][1]) / 0.001) == quote.ask_lots
    assert told.book.update_id == ladder.update_id
    assert round(float(told.open_interest or 0) / 0.001) == quote.open_interest
    assert told.liquidations == source.derivatives.liquidations[0]
    assert symbol_status(source, "NOSUCH") is None

import itertools
import json
from collections.abc import Callable, Collection
from typing import Any

import pytest

from tidemark.sim.binance.rest import BinanceRest
from tidemark.sim.bybit.rest import BybitRest
from tidemark.sim.generator import Generator
from tidemark.sim.longer import Candle
from tidemark.sim.market import Frame
from tidemark.sim.truth import MINUTES

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
START_MS = 1_763_712_000_000
NOW = START_MS // 60_000
ORIGIN = NOW - MINUTES + 1
DAY, WEEK = 1440, 10_080


def merged(group: list[Candle], *, opens_at_close: bool) -> tuple[int, ...]:
    """What a longer candle of *group* must say."""
    told = group if opens_at_close else [c for c in group if c.trades] or group
    return (
        told[0].open, max(c.high for c in told), min(c.low for c in told), group[-1].close, sum(c.lots for c in group),
        sum(c.value for c in group), sum(c.buy_lots for c in group), sum(c.buy_value for c in group),
        sum(c.trades for c in group),
    )  # fmt: skip


def figures(candle: Candle) -> tuple[int, ...]:
    return (
        candle.open, candle.high, candle.low, candle.close, candle.lots, candle.value, candle.buy_lots,
        candle.buy_value, candle.trades,
    )  # fmt: skip


@pytest.mark.parametrize("venue", ["bybit", "binance"])
@pytest.mark.parametrize("length", [3, 5, 15, 30, 60, 240, 720, DAY, WEEK])
@pytest.mark.parametrize("slot", [0, 11])
def test_a_longer_candle_is_exactly_its_minutes(make: Make, venue: str, length: int, slot: int) -> None:
    source = make(venue, rate=40.0)
    phase = 5760 if length == WEEK else 0
    begin = ORIGIN - 2 * DAY - (ORIGIN - 2 * DAY - phase) % length
    minutes = {candle.minute: candle for candle in source.candles(slot, 1, begin - length, NOW)}
    longer = source.candles(slot, length, begin - length, NOW)

    # The last one is still open, and the exact minutes begin inside one of them.
    assert [candle.minute for candle in longer] == list(range(begin - length, NOW + 1, length))
    for candle in longer:
        group = [minutes[k] for k in range(candle.minute, min(candle.minute + length, NOW + 1))]
        assert figures(candle) == merged(group, opens_at_close=venue == "bybit")


@pytest.mark.parametrize("venue", ["bybit", "binance"])
@pytest.mark.parametrize("slot", [0, 5, 11])
def test_every_minute_joins_the_one_before(make: Make, venue: str, slot: int) -> None:
    source = make(venue, rate=20.0)
    candles = source.candles(slot, 1, ORIGIN - 5 * DAY, NOW)

    assert [candle.minute for candle in candles] == list(range(ORIGIN - 5 * DAY, NOW + 1))
    for before, after in itertools.pairwise(candles):
        # Bybit opens at the close before; Binance at its first trade, a tick away at most.
        apart = abs(after.open - before.close)
        assert apart == 0 if venue == "bybit" or not after.trades else apart <= 1
    for candle in candles:
        assert 1 <= candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
        assert candle.low * candle.lots <= candle.value <= candle.high * candle.lots
        assert 0 <= candle.buy_lots <= candle.lots
        assert (candle.trades == 0) == (candle.lots == 0)


def test_the_past_looks_like_the_exact_minutes(make: Make) -> None:
    source = make()

    def moves(candles: list[Candle]) -> tuple[float, float]:
        steps = [abs(c.close / c.open - 1.0) for c in candles]
        return sum(steps) / len(steps), sum(c.lots for c in candles) / len(candles)

    old = moves(source.candles(0, 1, ORIGIN - 1440, ORIGIN - 1))
    new = moves(source.candles(0, 1, ORIGIN, NOW - 1))
    assert old[0] / new[0] == pytest.approx(1.0, abs=0.5)
    assert old[1] / new[1] == pytest.approx(1.0, abs=0.5)
    closes = [candle.close for candle in source.candles(0, DAY, NOW - 365 * DAY, NOW)]
    assert len(closes) >= 30
    assert max(closes) / min(closes) < 20.0


def test_the_same_seed_tells_the_same_past_however_it_is_asked(make: Make) -> None:
    one, other = make(seed=3), make(seed=3)
    whole = one.candles(2, 5, ORIGIN - 40 * DAY, ORIGIN)

    assert whole == other.candles(2, 5, ORIGIN - 40 * DAY, ORIGIN)
    assert whole[100:103] == other.candles(2, 5, whole[100].minute, whole[102].minute)
    assert whole != make(seed=4).candles(2, 5, ORIGIN - 40 * DAY, ORIGIN)


def test_what_was_told_before_stays_as_time_passes(make: Make, play: Play) -> None:
    source = make(churn_s=0.0, rate=20.0)
    before = source.candles(1, 15, ORIGIN - DAY, NOW - 16)
    play(source, set(), 4 * 60 * 3)

    assert source.candles(1, 15, ORIGIN - DAY, NOW - 16) == before


def test_a_market_has_no_candle_before_its_listing(make: Make) -> None:
    source = make()
    market = source.truth.markets[0]
    assert market is not None
    launched = market.launched_ms // 60_000

    days = source.candles(0, DAY, 0, launched + 3 * DAY)
    minutes = source.candles(0, 1, launched - 10, launched + 10)

    assert source.begins(0) == launched
    assert days[0].minute == launched - launched % DAY
    assert [candle.minute for candle in minutes] == list(range(launched, launched + 11))


def test_a_new_listing_has_only_what_really_happened(make: Make, play: Play) -> None:
    source = make(symbols=20, rate=50.0, churn_s=20.0)
    at_first = set(source.truth.slot_of)
    play(source, set(), 4 * 120)

    new = next(iter(set(source.truth.slot_of) - at_first))
    slot = source.truth.slot_of[new]
    market = source.truth.markets[slot]
    assert market is not None
    assert source.begins(slot) == market.launched_ms // 60_000
    assert next(candle.minute for candle in source.candles(slot, 1, 0, NOW + 10)) == market.launched_ms // 60_000


def test_closes_are_those_of_the_candles(make: Make) -> None:
    source = make()
    minutes = [ORIGIN - 900, ORIGIN - 7, ORIGIN - 1, ORIGIN, NOW - 3]

    told = [source.candles(4, 1, minute, minute)[0].close for minute in minutes]
    assert source.closes(4, minutes) == told
    assert source.closes(4, []) == []


def test_a_market_that_never_traded_is_flat(make: Make) -> None:
    source = make()
    slot = source.truth.slot_of["OMGUSDT"]

    told = {(c.open, c.high, c.low, c.close, c.lots) for c in source.candles(slot, 60, ORIGIN - 3 * DAY, NOW)}
    last = source.truth.day(slot).last
    assert told == {(last, last, last, last, 0)}


@pytest.mark.parametrize(("venue", "page"), [("bybit", 1000), ("binance", 1500)])
@pytest.mark.parametrize(
    ("interval", "length", "count"), [(("1", "1m"), 1, 1440), (("60", "1h"), 60, 720), (("D", "1d"), DAY, 365)]
)
def test_rest_pages_the_whole_retention(
    make: Make, venue: str, page: int, interval: tuple[str, str], length: int, count: int
) -> None:
    source = make(venue)
    slot = max(range(12), key=lambda k: -source.begins(k))
    market = source.truth.markets[slot]
    assert market is not None
    rest = BybitRest(source) if venue == "bybit" else BinanceRest(source)
    first = NOW - NOW % length - (count - 1) * length
    rows: list[Any] = []
    while len(rows) < count:
        start = str((first + len(rows) * length) * 60_000)
        query = {"symbol": market.symbol, "interval": interval[venue == "binance"], "limit": str(page)}
        if venue == "bybit":
            path = "/v5/market/kline"
            end = str((first + (len(rows) + page) * length) * 60_000 - 1)
            reply = rest.reply(path, query | {"category": "linear", "start": start, "end": end}, START_MS)
            found = list(reversed(json.loads(reply.body)["result"]["list"]))
        else:
            found = json.loads(rest.reply("/fapi/v1/klines", query | {"startTime": start}, START_MS).body)
        assert found
        rows += found

    assert [int(row[0]) // 60_000 for row in rows] == [first + k * length for k in range(count)]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_without_a_start_the_newest_candles_come(make: Make, venue: str) -> None:
    source = make(venue)
    if venue == "bybit":
        query = {"category": "linear", "symbol": "BTCUSDT", "interval": "240", "limit": "300"}
        rows = json.loads(BybitRest(source).reply("/v5/market/kline", query, START_MS).body)["result"]["list"][::-1]
    else:
        query = {"symbol": "BTCUSDT", "interval": "4h", "limit": "300"}
        rows = json.loads(BinanceRest(source).reply("/fapi/v1/klines", query, START_MS).body)

    assert len(rows) == 300
    assert int(rows[-1][0]) // 60_000 == NOW - NOW % 240
    assert int(rows[0][0]) // 60_000 == NOW - NOW % 240 - 299 * 240


@pytest.mark.parametrize("venue", ["bybit", "binance"])
@pytest.mark.parametrize("length", [5, 15, 30, 60, 240, DAY, WEEK])
@pytest.mark.parametrize("later", [7, 200, 3000])
def test_forgotten_minutes_live_on_in_longer_candles(make: Make, venue: str, length: int, later: int) -> None:
    source = make(venue, rate=40.0)
    phase = 5760 if length == WEEK else 0
    first, last = ORIGIN - 20 * DAY, NOW - (NOW - phase) % length - 1
    before = source.candles(9, length, first, last)

    source.truth.roll(NOW + later)

    assert [(c.minute, figures(c)) for c in source.candles(9, length, first, last)] == [
        (c.minute, figures(c)) for c in before
    ]
    after = source.candles(9, length, first, NOW + later)
    assert [c.minute for c in after] == list(range(after[0].minute, NOW + later + 1, length))


def test_past_a_month_even_longer_candles_are_forgotten(make: Make) -> None:
    source = make(rate=40.0)
    source.truth.roll(NOW + 900 * 60)

    hours = source.candles(0, 60, ORIGIN - 240, NOW + 900 * 60)
    # Those from before the exact minutes stay, the newest 800 hours too; 25 hours and 100 in between are gone.
    gaps = [(a.minute, b.minute) for a, b in itertools.pairwise(hours) if b.minute - a.minute != 60]
    assert len(gaps) == 1
    # The hour in which the exact minutes began is gone as a whole.
    assert gaps[0][0] + 60 <= ORIGIN < gaps[0][0] + 120
    assert gaps[0][1] == (NOW + 900 * 60) // 60 * 60 - 800 * 60

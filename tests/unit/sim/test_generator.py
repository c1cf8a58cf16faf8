import hashlib
import json
from collections.abc import Callable, Collection
from decimal import Decimal

import pytest

from tidemark.sim.generator import SETTLING_MS, Generator
from tidemark.sim.market import Frame, State

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]
START_MS = 1_763_712_000_000


def trade_topics(source: Generator) -> set[str]:
    if source.venue == "bybit":
        return {f"publicTrade.{market.symbol}" for _, market in source.truth.listed()}
    return {f"{market.symbol.lower()}@trade" for _, market in source.truth.listed()}


def rows(frame: Frame) -> list[tuple[str, int, Decimal, Decimal, bool]]:
    """Symbol, time, price, size and side of each trade of a frame of either venue."""
    told = json.loads(frame[2])
    if "topic" in told:
        return [(r["s"], r["T"], Decimal(r["p"]), Decimal(r["v"]), r["S"] == "Buy") for r in told["data"]]
    return [(told["s"], told["T"], Decimal(told["p"]), Decimal(told["q"]), not told["m"])]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_the_same_seed_gives_the_same_bytes(make: Make, play: Play, venue: str) -> None:
    def digest(seed: int) -> str:
        source = make(venue, seed=seed)
        wanted = trade_topics(source) | {"tickers.BTCUSDT", "kline.1.BTCUSDT", "!ticker@arr", "btcusdt@kline_1m"}
        return hashlib.sha256(b"\n".join(frame[2] for frame in play(source, wanted, 300))).hexdigest()

    assert digest(1) == digest(1)
    assert digest(1) != digest(2)


def test_what_somebody_else_wants_changes_nothing(make: Make, play: Play) -> None:
    only = play(make(), {"publicTrade.BTCUSDT"}, 100)
    source = make()
    among_others = play(source, trade_topics(source) | {"tickers.ETHUSDT"}, 100)

    assert only == [frame for frame in among_others if frame[1] == "publicTrade.BTCUSDT"]


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_true_candles_are_those_of_the_trades_that_were_sent(make: Make, play: Play, venue: str) -> None:
    source = make(venue, churn_s=0.0)
    before = {market.symbol: source.truth.day(slot).last for slot, market in source.truth.listed()}
    sent = [row for frame in play(source, trade_topics(source), 480) for row in rows(frame)]
    # Two whole minutes were played; the third has begun.
    play(source, set(), 1)

    checked = 0
    for slot, market in source.truth.listed():
        tick, lot = Decimal(market.price(1)), Decimal(market.size(1))
        close = Decimal(before[market.symbol]) * tick
        for minute in (START_MS // 60_000, START_MS // 60_000 + 1):
            mine = [row for row in sent if row[0] == market.symbol and row[1] // 60_000 == minute]
            prices = [row[2] for row in mine]
            if venue == "bybit" or not prices:
                prices.insert(0, close)
            candle = source.truth.candle(slot, minute)
            assert candle is not None
            assert candle.open * tick == prices[0]
            assert candle.high * tick == max(prices)
            assert candle.low * tick == min(prices)
            assert candle.close * tick == prices[-1]
            assert candle.lots * lot == sum(row[3] for row in mine)
            assert candle.buy_lots * lot == sum(row[3] for row in mine if row[4])
            assert candle.value * tick * lot == sum(row[2] * row[3] for row in mine)
            assert candle.trades == len(mine)
            close = prices[-1]
            checked += len(mine)
    assert checked == len(sent) > 10_000


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_prices_lie_on_ticks_and_sizes_on_lots(make: Make, play: Play, venue: str) -> None:
    source = make(venue, symbols=60)
    grids = {m.symbol: (Decimal(m.price(1)), Decimal(m.size(1))) for _, m in source.truth.listed()}

    for frame in play(source, trade_topics(source), 200):
        for symbol, _, price, size, _ in rows(frame):
            tick, lot = grids[symbol]
            assert price > 0
            assert size > 0
            assert price % tick == 0
            assert size % lot == 0


def test_frames_come_in_order_of_time(make: Make, play: Play) -> None:
    source = make()
    times = [frame[0] for frame in play(source, trade_topics(source) | {"tickers.BTCUSDT"}, 100)]

    assert times == sorted(times)
    assert times[-1] <= source.now_ns()


def test_a_burst_is_a_hundred_times_the_rate(make: Make) -> None:
    source = make(rate=100.0)
    wanted = trade_topics(source)
    usual = sum(len(list(source.advance(wanted, 1.0, 0))) for _ in range(400)) / 400
    burst = sum(len(list(source.advance(wanted, 100.0, 0))) for _ in range(8)) / 8

    assert burst / usual == pytest.approx(100.0, rel=0.35)


def test_markets_are_listed_and_delisted_over_time(make: Make, play: Play) -> None:
    source = make(symbols=20, rate=50.0, churn_s=20.0)
    at_first = set(source.truth.slot_of)

    play(source, set(), 4 * 120)

    new = set(source.truth.slot_of) - at_first
    states = {market.symbol: market.state for _, market in source.truth.listed()}
    leaving = [symbol for symbol in at_first if states.get(symbol) is State.SETTLING and symbol != "OMGUSDT"]
    assert new
    assert leaving
    assert "BTCUSDT" in source.truth.slot_of
    for symbol in new:
        assert source.knows(f"publicTrade.{symbol}")
        market = source.truth.markets[source.truth.slot_of[symbol]]
        assert market is not None
        assert START_MS < market.launched_ms <= START_MS + 120_000
    assert len(play(source, {f"publicTrade.{symbol}" for symbol in new}, 400)) > 0
    assert play(source, {f"publicTrade.{symbol}" for symbol in leaving}, 4) == []


def test_a_delisted_market_frees_its_slot_after_settling(make: Make, play: Play) -> None:
    source = make(symbols=20, rate=20.0, churn_s=30.0)
    play(source, set(), 4 * (SETTLING_MS // 1000 + 200))

    assert len(source.truth.slot_of) <= source.truth.slots
    gone = [symbol for symbol in ("DOTUSDT", "BCHUSDT", "NEARUSDT", "APTUSDT", "ARBUSDT", "OPUSDT", "TRXUSDT")
            if symbol not in source.truth.slot_of]  # fmt: skip
    assert gone
    assert not source.knows(f"publicTrade.{gone[0]}")


def test_the_derivatives_figures_are_sane(make: Make, play: Play) -> None:
    source = make()
    play(source, set(), 20)
    quote = source.quote(0)

    assert quote.bid < quote.ask
    assert abs(quote.mark / source.truth.day(0).last - 1.0) < 0.01
    assert quote.open_interest > 0
    assert abs(quote.funding_rate) < 0.001
    assert quote.next_funding_ms % (4 * 3_600_000) == 0
    assert quote.next_funding_ms > START_MS


def test_at_no_given_speed_time_waits_for_a_subscriber(make: Make) -> None:
    assert make(speed=None).waits_for_subscriber
    assert not make(speed=1.0).waits_for_subscriber
    assert not make().has_ended


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_volumes_of_the_past_are_of_the_size_of_the_present(make: Make, play: Play, venue: str) -> None:
    source = make(venue, churn_s=0.0)
    minute = START_MS // 60_000
    play(source, set(), 4 * 60 * 5 + 1)

    past = source.truth.candles(0, 1, minute - 300, minute - 1)
    live = source.truth.candles(0, 1, minute, minute + 4)
    a_minute = [sum(c.lots for c in candles) / len(candles) for candles in (past, live)]
    assert a_minute[1] / a_minute[0] == pytest.approx(1.0, abs=0.4)

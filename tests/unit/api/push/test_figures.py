import numpy as np
import pytest
from tests.build import MIDNIGHT, T
from tests.unit.api.push.made import Market

from tidemark.analysis.regime import Regime
from tidemark.api.push.figures import NAMES, REGIMES, STATES, MarketFigures, _digits
from tidemark.api.push.sides import SHORT, UNKNOWN
from tidemark.market.freshness import State
from tidemark.model.events import Delisting, OpenInterest, StreamGap, TickerUpdate
from tidemark.units import HOUR, MILLISECOND, MINUTE, SECOND

NAN = float("nan")


def column(made: MarketFigures, market: Market, name: str) -> list[float]:
    values: list[float] = made.now(market.clock.now_ns())[NAMES.index(name)].tolist()
    return values


def known(made: MarketFigures, market: Market, slot: int) -> dict[str, float]:
    values = made.now(market.clock.now_ns())[:, slot].tolist()
    return {name: value for name, value in zip(NAMES, values, strict=True) if not np.isnan(value)}


def test_of_a_market_that_nobody_told_anything_nothing_is_known_but_how_it_stands() -> None:
    market = Market(is_scored=False)

    made = market.figures()

    assert known(made, market, 0) == {"state": float(STATES.index(State.LIVE))}
    assert known(made, market, 3) == {"state": float(STATES.index(State.WAITING))}


def test_the_price_is_that_of_the_newest_trade_and_of_the_ticker_before_the_first() -> None:
    market = Market()
    made = market.figures()
    market.ticker("BTCUSDT", last=99.9)
    market.ticker("ETHUSDT", last=7.5)

    market.trade(T(1, 100.1), T(0.5, 100.3))

    assert column(made, market, "price") == pytest.approx([100.1, 7.5, NAN, NAN], nan_ok=True)
    assert column(made, market, "last_ms")[0] == (MIDNIGHT + SECOND // 2) // MILLISECOND


def test_changes_are_fractions_of_the_price_as_it_was() -> None:
    market = Market()
    made = market.figures()
    market.trade(T(65, 100.0))
    market.ticker("BTCUSDT", 65, price_24h_ago=80.0)

    market.until(3600 + 70)
    market.trade(T(3671, 101.0))

    assert column(made, market, "change_1h")[0] == 0.01
    assert column(made, market, "change_24h")[0] == 0.2625


def test_what_tickers_tell_is_rounded_so_that_noise_is_no_change() -> None:
    market = Market()
    made = market.figures()
    market.ticker(
        "BTCUSDT", mark=100.01, index=100.0, bid=99.95, ask=100.05, turnover_24h=1234567891.0, funding_rate=-0.000123456
    )

    now = known(made, market, 0)

    # 1 in 10,000; 0.1 of 100; five digits; eight places.
    assert (now["basis_bps"], now["spread_bps"]) == (1.0, 10.0)
    assert (now["turnover_24h"], now["funding"]) == (1234600000.0, -0.00012346)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(0.0, 0.0), (1.0, 1.0), (123456.0, 123460.0), (0.0000123456, 0.000012346), (-99999.9, -100000.0),
     (9.87654321e15, 9.8765e15)],
)  # fmt: skip
def test_amounts_have_five_digits(value: float, rounded: float) -> None:
    assert _digits(np.array([value, NAN])).tolist() == pytest.approx([rounded, NAN], nan_ok=True, rel=1e-15)


def test_open_interest_is_held_against_the_points_of_an_hour_and_a_day_before() -> None:
    market = Market()
    made = market.figures()
    for minutes, value in ((0, 100.0), (-60, 80.0), (-24 * 60, 50.0)):
        at = MIDNIGHT + minutes * MINUTE
        market.tell(OpenInterest(ts_event=at, ts_recv=MIDNIGHT, symbol="BTCUSDT", value=value))
    market.tell(OpenInterest(ts_event=MIDNIGHT - HOUR, ts_recv=MIDNIGHT, symbol="ETHUSDT", value=3.0))
    market.tell(TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT", last=2.0))

    now = known(made, market, 0)

    # At the price of now; the changes are those of the contracts.
    assert now["open_interest"] == 200.0
    assert (now["open_interest_change_1h"], now["open_interest_change_24h"]) == (0.25, 1.0)
    assert column(made, market, "open_interest_change_1h")[1:] == pytest.approx([NAN] * 3, nan_ok=True)


def test_trades_a_second_are_those_of_the_last_ten() -> None:
    market = Market()
    made = market.figures()
    assert np.isnan(column(made, market, "trades_per_s")[0])
    for second in range(31):
        market.until(second)
        market.trade(*(T(second + 0.1 * n, 100.0) for n in range(2 if second < 20 else 0)))
        made.follow(market.clock.now_ns())
        found = column(made, market, "trades_per_s")[0]
        # Counted are those until each full second: of the last one all, of the first none.
        if second in {5, 15}:
            assert found == 2.0
        if second == 25:
            assert found == 0.8
    assert found == 0.0


def test_a_second_that_was_missed_counts_with_the_next() -> None:
    market = Market()
    made = market.figures()
    for second in (0, 1, 5):
        market.until(second)
        market.trade(*(T(second, 100.0) for _ in range(10)))
        made.follow(market.clock.now_ns())

    assert column(made, market, "trades_per_s")[0] == 4.0
    market.until(100)
    made.follow(market.clock.now_ns())
    assert np.isnan(column(made, market, "trades_per_s")[0])


def test_each_state_of_the_feed_has_its_code() -> None:
    market = Market()
    made = market.figures()
    at = MIDNIGHT + SECOND
    gap = StreamGap(
        ts_event=at, ts_recv=at, venue="bybit", channel="trades", symbols=("BTCUSDT", "ETHUSDT"), gap_from=at, cause="x"
    )
    market.tell(gap)
    market.until(2)
    market.engine.freshness.hear_poll(1, MIDNIGHT + 2 * SECOND)

    states = [STATES[int(code)] for code in column(made, market, "state")]

    assert states == [State.GAP, State.POLLED, State.LIVE, State.WAITING]
    read = [market.engine.reading(slot, "trades").state for slot in range(4)]
    assert states == read


def test_every_regime_has_a_code_of_its_own() -> None:
    assert sorted(REGIMES) == sorted(Regime)
    assert [regime.title for regime in REGIMES] == [
        "unknown", "range", "trend_up", "trend_down", "volatile", "illiquid",
    ]  # fmt: skip


def test_scores_are_those_of_the_analysis() -> None:
    market = Market()
    made = market.figures()
    for second in range(0, 400, 2):
        market.trade(*(T(second + slot / 4, 100.0 + second / 50 + slot, slot=slot) for slot in range(3)))
        market.ticker("BTCUSDT", second, last=100.0, mark=100.1, index=100.0, funding_rate=0.0001)
        market.until(second + 1)
    made.follow(market.clock.now_ns())
    analysis = market.engine.analysis
    assert analysis is not None
    assert analysis.scores is not None

    now = known(made, market, 0)

    assert now["coverage"] == round(float(analysis.scores.coverage[0]), 2) > 0.0
    assert ("score" in now) == bool(analysis.scores.is_known[0])
    names = [component.name for component in analysis.weighing.components]
    assert {name for name in names if name in now} == {
        name for number, name in enumerate(names) if analysis.scores.is_present[0, number]
    }
    assert "volume" in now or "technical" in now or "order_flow" in now
    # A side is kept beyond the score that began it: it is told, and not made of the score.
    made.sides.side[0] = SHORT
    assert known(made, market, 0)["side"] == -1
    made.sides.side[0] = UNKNOWN
    assert "side" not in known(made, market, 0)


def test_another_market_in_the_slot_begins_with_nothing() -> None:
    market = Market()
    made = market.figures()
    for second in (0, 1, 2):
        market.until(second)
        market.trade(*(T(second, 100.0) for _ in range(10)))
        made.follow(market.clock.now_ns())
    made.sides.price[0] = 5.0

    market.tell(Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT"))
    market.list("NEWUSDT")

    assert market.engine.universe.slots["NEWUSDT"] == 0
    assert column(made, market, "trades_per_s")[0] == 0.0
    assert np.isnan(made.sides.price[0])
    assert np.isnan(column(made, market, "price")[0])


def test_it_takes_what_was_planned() -> None:
    market = Market()
    before = len(market.ledger.owners())

    market.figures()

    assert [owner.reservation for owner in market.ledger.owners()[before:]] == MarketFigures.reserve(series=4)
    assert market.ledger.violations() == []

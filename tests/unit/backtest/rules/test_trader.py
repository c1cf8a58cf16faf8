"""What becomes of a signal: an order at its entry, one trade a market, and its end when the engine says so."""

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest
from tests.backtests import BEGAN, account

from tidemark.backtest.broker.account import Account
from tidemark.backtest.rules.asked import Trading
from tidemark.backtest.rules.trader import Trader
from tidemark.model.round_trip import Exit
from tidemark.model.signal import Kind, Plan, Reason, Record, Side, Signal, Stage, Transition
from tidemark.units import MINUTE

PLAN = Plan(
    entry=100.0, stop=98.0, targets=(102.0, 104.0), risk=2.0, rewards=(1.0, 2.0), loss=-1.0, cost=0.0, atr=1.0,
    tick_size=0.1, is_structural=False, wait_until=BEGAN + 3 * MINUTE, expires_at=BEGAN + 60 * MINUTE,
)  # fmt: skip


def signal(at: int = BEGAN, symbol: str = "AUSDT", **changed: Any) -> Signal:
    made = Signal(
        id=f"{symbol}-{at}", rule="spring_long", name="long", symbol=symbol, side=Side.LONG, kind=Kind.TRADE, at=at,
        price=100.0, score=60.0, regime="range", reads=(), limits={}, sentence="", plan=PLAN,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changed)


def moved(one: Signal, was: Stage, now: Stage, reason: Reason) -> Transition:
    return Transition(id=one.id, at=one.at, was=was, now=now, reason=reason, price=None, reads=())


class Market:
    """A trader and the account that it trades with."""

    def __init__(self, **trading: Any) -> None:
        self.account: Account = account("AUSDT", "BUSDT")
        self.trader = Trader(
            self.account, ("AUSDT", "BUSDT"), ("spring_long",), Trading(**trading), MINUTE
        )  # fmt: skip
        for number in range(2):
            self.candle(-1, 101.0, 101.0, 101.0, 101.0, market=number)

    def hear(self, *records: Record, is_warm: bool = True) -> None:
        self.trader.hear(records, lambda _: is_warm)

    def candle(self, minute: int, *figures: float, market: int = 0) -> list[Any]:
        """The candle of a minute after what waits was ordered; the trips that it closed."""
        self.trader.place(BEGAN + minute * MINUTE)
        self.account.kernel.bar(market, BEGAN + minute * MINUTE, *figures, 1e6)
        return self.trader.named(self.account.drain())

    def counts(self) -> list[int]:
        return list(self.trader.counts["spring_long"])


def test_a_signal_is_entered_at_its_plan_and_left_at_its_last_target() -> None:
    market = Market()
    market.hear(signal())

    assert market.candle(0, 101.0, 101.0, 100.5, 101.0) == []
    assert market.candle(1, 101.0, 101.0, 99.9, 101.0) == []
    (trip,) = market.candle(2, 101.0, 104.5, 100.0, 104.0)

    # A hundredth of the equity lies between entry and stop, so half of it would be held; a quarter may be.
    assert trip.quantity == pytest.approx(25.0, rel=1e-3)
    assert (trip.entry_price, trip.exit_price, trip.exit) == (100.0, 104.0, Exit.TARGET)
    assert (trip.tag, trip.regime, trip.risk) == ("spring_long", "range", pytest.approx(50.0, rel=1e-3))
    assert market.counts() == [1, 1, 0, 0]


def test_the_stake_is_what_the_stop_may_cost() -> None:
    market = Market(risk=0.001, target="first")
    market.hear(signal())

    market.candle(0, 100.0, 100.0, 100.0, 100.0)
    (trip,) = market.candle(1, 100.0, 103.0, 100.0, 103.0)

    assert trip.quantity == pytest.approx(5.0, rel=1e-3)
    assert trip.risk == pytest.approx(10.0, rel=1e-3)
    assert trip.exit_price == 102.0


def test_it_is_ordered_with_a_candle_that_opened_when_it_was_known() -> None:
    market = Market()
    market.hear(signal(at=BEGAN + 1))

    market.candle(0, 100.0, 100.0, 100.0, 100.0)
    assert market.account.kernel.position(0) == 0.0
    market.candle(1, 100.0, 100.0, 100.0, 100.0)
    assert market.account.kernel.position(0) > 0.0


def test_an_entry_that_is_not_touched_in_time_is_forgotten() -> None:
    market = Market()
    market.hear(signal())

    for minute in range(3):
        market.candle(minute, 101.0, 102.0, 100.5, 101.0)
    market.candle(3, 99.5, 100.0, 99.0, 99.5)
    assert market.account.kernel.waiting(0) == 0
    assert market.account.counts() == {"expired": 1}


def test_a_market_that_is_traded_and_one_that_is_not_warm_are_counted() -> None:
    market = Market()
    market.hear(signal(), signal(BEGAN + 1), signal(symbol="BUSDT"), signal(symbol="CUSDT"))
    market.candle(0, 101.0, 101.0, 101.0, 101.0)
    market.hear(signal(BEGAN + MINUTE))
    market.hear(signal(BEGAN + MINUTE, "BUSDT"), is_warm=False)
    market.hear(signal(rule="confluence"), signal(plan=None))

    # Two of AUSDT came while its first one waited; one of BUSDT was too early; those of another rule are none of ours.
    assert market.counts() == [5, 2, 1, 2]


@pytest.mark.parametrize("is_ordered", [False, True])
def test_what_the_engine_calls_off_is_called_off(is_ordered: bool) -> None:
    market, one = Market(), signal()
    market.hear(one)
    if is_ordered:
        market.candle(0, 101.0, 101.0, 101.0, 101.0)

    market.hear(moved(one, Stage.PENDING, Stage.INVALIDATED, Reason.CEASED))
    market.candle(1, 100.0, 100.0, 99.0, 99.0)

    assert market.account.kernel.position(0) == 0.0
    assert market.account.kernel.waiting(0) == 0
    # The next one finds the market free.
    market.hear(signal(BEGAN + 2 * MINUTE))
    market.candle(2, 100.0, 100.0, 100.0, 100.0)
    assert market.account.kernel.position(0) > 0.0


def test_a_trade_whose_opposite_came_is_left_at_the_next_open() -> None:
    market, one = Market(), signal()
    market.hear(one)
    market.candle(0, 100.0, 100.0, 100.0, 100.0)

    market.hear(moved(one, Stage.ACTIVE, Stage.ACTIVE, Reason.CEASED))
    assert market.candle(1, 101.0, 101.0, 100.5, 101.0) == []
    market.hear(moved(one, Stage.ACTIVE, Stage.ACTIVE, Reason.REVERSED))
    (trip,) = market.candle(2, 101.5, 102.0, 101.0, 101.0)

    assert (trip.exit_price, trip.exit) == (101.5, Exit.REVERSED)


def test_it_is_left_when_its_time_is_over() -> None:
    market = Market()
    market.hear(signal())
    market.candle(0, 100.0, 100.0, 100.0, 100.0)

    (trip,) = market.candle(60, 101.0, 101.0, 101.0, 101.0)

    assert (trip.exit, trip.exit_price) == (Exit.EXPIRED, 101.0)


def test_one_that_the_account_refuses_is_not_traded() -> None:
    market = Market()
    strangers: Iterable[Record] = [moved(signal(BEGAN + 9), Stage.PENDING, Stage.EXPIRED, Reason.MISSED)]
    market.hear(*strangers)
    wrong = msgspec.structs.replace(PLAN, stop=-1.0)

    market.hear(signal(plan=wrong))
    market.candle(0, 100.0, 100.0, 100.0, 100.0)

    assert market.counts() == [1, 0, 0, 0]
    assert market.account.kernel.position(0) == 0.0

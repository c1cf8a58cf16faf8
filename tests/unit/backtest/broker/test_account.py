"""What an account gives to whoever runs a backtest."""

import pytest
from tests.brokers import SIZES, Desk, about, free, instrument

from tidemark.backtest.broker.account import MOST_TAGS, Account, Sizes
from tidemark.backtest.broker.models import Models
from tidemark.backtest.broker.told import Fill, Reason, Told
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

QUIET = (100.0, 101.0, 99.0, 100.0)


def test_a_round_trip_says_all_that_there_is_to_it() -> None:
    desk = Desk(free(fees__use="venue", fees__venue__taker="10", slippage__use="fixed", slippage__fixed__bps="10"))
    desk.bar(*QUIET)
    desk.order(1, 2.0, tag=desk.account.tag("breakout"), stop=95.1)
    desk.bar(*QUIET)
    desk.kernel.close(0)
    desk.bar(110.0, 111.0, 109.0, 110.0)

    # In at 100.1, out at 109.89, 0.1 % of each; 5 at stake for each of 2.
    fees = 0.001 * 2 * (100.1 + 109.89)
    assert desk.trips() == [
        RoundTrip(
            number=1, symbol="M0USDT", tag="breakout", side=Side.LONG, quantity=2.0, entry_at=MINUTE,
            entry_price=100.1, exit_at=2 * MINUTE, exit_price=109.89, exit=Exit.SIGNAL,
            fees=about(fees), funding=0.0, slippage=about(2 * (0.1 + 0.11)),
            profit=about(2 * 9.79 - fees), risk=about(10.0), best=about(9.79 / 100.1),
            worst=about(-1.1 / 100.1), bars=1,
        )
    ]  # fmt: skip
    assert desk.trips() == []


def test_trips_come_as_columns_as_well() -> None:
    desk = Desk(markets=2)
    for market in (0, 1):
        desk.bar(*QUIET, market=market, time=0)
        desk.order(1 if market else -1, 2.0, market=market)
    for price in (100.0, 110.0):
        for market in (0, 1):
            desk.bar(price, price, price, price, market=market, time=desk.now + (0 if market else MINUTE))
            desk.kernel.close(market)
    for market in (0, 1):
        desk.bar(*QUIET, market=market, time=3 * MINUTE)
    columns = desk.account.columns()

    assert columns["market"].tolist() == [0, 1]
    assert columns["side"].tolist() == [-1, 1]
    assert columns["profit"].tolist() == [-20.0, 20.0]
    assert columns["exit_at"].tolist() == [2 * MINUTE] * 2
    assert desk.trips() == []


def test_fills_and_refusals_are_told_once() -> None:
    desk = Desk()
    desk.bar(*QUIET)
    number = desk.order(1, 2.0)
    desk.kernel.close(0)
    desk.bar(*QUIET)

    assert desk.account.fills() == [
        Fill(
            order=number, symbol="M0USDT", at=MINUTE, side=Side.LONG, quantity=2.0, price=100.0, reference=100.0,
            fee=0.0, is_maker=False,
        )
    ]  # fmt: skip
    assert desk.told() == [
        Told(reason=Reason.NO_POSITION, order=0, symbol="M0USDT", at=0, asked=0.0, given=0.0, price=0.0)
    ]
    assert (desk.account.fills(), desk.told()) == ([], [])
    assert desk.account.counts() == {"no_position": 1}


def test_what_finds_no_room_is_counted() -> None:
    desk = Desk(sizes=Sizes(orders=4, trips=8, told=2))
    desk.bar(*QUIET)
    for _ in range(5):
        desk.kernel.close(0)
    desk.order(1, 1.0)
    desk.bar(*QUIET)

    assert len(desk.told()) == 2
    assert desk.account.counts() == {"no_position": 5}
    assert (desk.account.fills(), desk.kernel.fills) == ([], 1)


def test_what_was_told_before_the_first_candle_has_no_time() -> None:
    desk = Desk()
    desk.kernel.close(0)

    assert [told.at for told in desk.told()] == [None]


def test_tags_have_numbers_and_a_bound() -> None:
    account = Desk().account
    assert [account.tag(name) for name in ("", "a", "b", "a")] == [0, 1, 2, 1]
    for number in range(3, MOST_TAGS):
        account.tag(str(number))
    with pytest.raises(SettingsError, match="4096 tags"):
        account.tag("one more")


def test_a_state_goes_on_with_its_tags_and_only_where_it_fits() -> None:
    one, other = Desk(), Desk()
    one.bar(*QUIET)
    one.order(1, 1.0, tag=one.account.tag("a"))
    one.bar(*QUIET)
    other.account.restore(one.account.state())
    other.now = one.now
    for each in (one, other):
        each.kernel.close(0)
        each.bar(*QUIET)

    assert one.trips() == other.trips() != []
    with pytest.raises(SettingsError, match="other markets or sizes: positions"):
        Desk(markets=2).account.restore(one.account.state())


@pytest.mark.parametrize(("count", "cash"), [(0, 100.0), (1, 0.0), (1, float("nan"))])
def test_an_account_needs_a_market_and_cash(count: int, cash: float) -> None:
    with pytest.raises(SettingsError, match="needs a market and cash"):
        Account([instrument()] * count, Models(), cash=cash, timeframe=Timeframe.M1, ledger=Ledger())


def test_all_of_it_stands_in_the_ledger_as_it_was_reserved() -> None:
    ledger = Ledger()
    made = Account([instrument()] * 3, Models(), cash=1.0, timeframe=Timeframe.M1, ledger=ledger, sizes=SIZES)
    reserved = Account.reserve(3, SIZES)

    listed = {report.owner: report for report in ledger.report()}
    assert {one.owner for one in reserved} < listed.keys()
    assert all(listed[one.owner].bytes_reserved == one.bytes for one in reserved)
    assert sum(listed[one.owner].bytes_used for one in reserved) == made.bytes
    assert made.symbols == ("BTCUSDT",) * 3

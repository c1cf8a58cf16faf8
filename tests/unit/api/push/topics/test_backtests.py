from dataclasses import replace
from pathlib import Path

from tests.backtest_monitor import backtesting
from tests.unit.api.push.made import Market

from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.backtests import BacktestsDelta, BacktestsSnapshot, Kind
from tidemark.api.push.topics.base import Topic
from tidemark.live.backtesting import Backtesting, Following
from tidemark.store.backtest_job import Progress

AT = Stamp("backtests", 2, 5)


def topic(made: Backtesting | None) -> Topic:
    market = Market()
    return Kind(replace(market.reads, backtesting=made), market.figures()).open({})


def test_it_tells_all_of_it_whenever_something_has_moved(tmp_path: Path) -> None:
    made = backtesting(tmp_path)
    opened = topic(made)
    nothing = opened.change(AT)
    made._running = Following(run="a", name="a", strategy="a.py", data="made", state="running")
    begun, still = opened.change(AT), opened.change(AT)
    made._note(Progress(done=10, candles=100, trips=3))
    moved, whole = opened.change(AT), opened.whole(AT)

    assert nothing is still is None
    assert isinstance(begun, BacktestsDelta)
    assert isinstance(moved, BacktestsDelta)
    assert isinstance(whole, BacktestsSnapshot)
    assert [(one.id, one.done) for one in begun.running] == [("a", 0)]
    assert [(one.done, one.trips) for one in moved.running] == [(10, 3)]
    assert whole.running == moved.running


def test_where_there_are_none_it_has_nothing_to_say() -> None:
    opened = topic(None)
    whole = opened.whole(AT)

    assert opened.change(AT) is None
    assert isinstance(whole, BacktestsSnapshot)
    assert whole.running == ()

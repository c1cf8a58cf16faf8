import numpy as np
from tests.build import T
from tests.unit.api.push.made import Market

from tidemark.api.push.figures import NAMES
from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.base import Topic
from tidemark.api.push.topics.overview import Kind, OverviewDelta, OverviewSnapshot
from tidemark.model.events import Delisting


def at(seq: int) -> Stamp:
    return Stamp("overview", seq, 5)


def topic_of(market: Market) -> Topic:
    made = Kind(market.reads, market.figures()).open({})
    first = made.change(at(1))
    assert isinstance(first, OverviewSnapshot)
    return made


def test_a_snapshot_has_every_market_and_what_the_codes_mean() -> None:
    market = Market()
    market.trade(T(1, 100.5), T(1, 7.0, slot=2))
    whole = topic_of(market).whole(at(1))

    assert isinstance(whole, OverviewSnapshot)
    assert whole.symbols == ["BTCUSDT", "ETHUSDT", "XRPUSDT"]
    assert whole.decimals == [1, 1, 1]
    assert whole.regimes == ("unknown", "range", "trend_up", "trend_down", "volatile", "illiquid")
    assert whole.states == ("live", "stale", "gap", "polled", "waiting")
    assert tuple(whole.c) == NAMES
    assert whole.c["price"][0] == 100.5
    assert whole.c["state"] == [0, 0, 0]
    assert whole.c["last_ms"][1] is None


def test_a_delta_has_the_markets_and_the_columns_in_which_something_changed() -> None:
    market = Market()
    market.trade(T(1, 100.5), T(1, 7.0, slot=2))
    topic = topic_of(market)

    assert topic.change(at(2)) is None
    market.ticker("XRPUSDT", 2, funding_rate=0.0003)
    market.ticker("ETHUSDT", 2, last=3.0)

    change = topic.change(at(2))
    assert isinstance(change, OverviewDelta)
    assert (change.universe, change.i) == (1, [1, 2])
    assert dict(change.c)["price"] == [3.0, 7.0]
    assert sorted(change.c) == ["funding", "price"]
    assert np.isnan(change.c["funding"][0] or 0.0)
    assert change.c["funding"][1] == 0.0003
    assert topic.change(at(3)) is None


def test_a_snapshot_is_of_the_newest_message_whatever_happened_since() -> None:
    market = Market()
    topic = topic_of(market)

    market.trade(T(1, 100.5))
    before = topic.whole(at(1))
    topic.change(at(2))
    after = topic.whole(at(2))

    assert isinstance(before, OverviewSnapshot)
    assert isinstance(after, OverviewSnapshot)
    assert np.isnan(before.c["price"][0] or 0.0)
    assert after.c["price"][0] == 100.5


def test_when_a_market_joins_or_leaves_a_snapshot_comes_with_another_number() -> None:
    market = Market()
    topic = topic_of(market)

    market.tell(Delisting(ts_event=1, ts_recv=1, symbol="ETHUSDT"))
    left = topic.change(at(2))
    market.list("NEWUSDT")
    joined = topic.change(at(3))

    assert isinstance(left, OverviewSnapshot)
    assert isinstance(joined, OverviewSnapshot)
    assert (left.universe, left.symbols) == (2, ["BTCUSDT", "XRPUSDT"])
    assert (joined.universe, joined.symbols) == (3, ["BTCUSDT", "NEWUSDT", "XRPUSDT"])
    assert all(len(values) == 3 for values in joined.c.values())

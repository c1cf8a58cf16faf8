import pytest
from tests.build import T
from tests.unit.api.push.made import Market

from tidemark.analysis.explain import explain
from tidemark.api.push.messages import Stamp
from tidemark.api.push.topics.score import Kind, ScoreDelta, ScoreSnapshot
from tidemark.errors import RequestError
from tidemark.model.events import Delisting

AT = Stamp("score.BTCUSDT", 2, 5)


def kind(market: Market) -> Kind:
    return Kind(market.reads, market.figures())


def test_before_the_first_score_there_is_no_explanation() -> None:
    topic = kind(Market()).open({"symbol": "BTCUSDT"})

    assert topic.change(AT) is None
    assert topic.whole(AT) == ScoreSnapshot(topic="score.BTCUSDT", seq=2, ts=5, explanation=None)


def test_each_score_is_explained_once() -> None:
    market = Market()
    topic = kind(market).open({"symbol": "BTCUSDT"})
    market.trade(T(1, 100.0))
    market.until(2)
    assert market.engine.analysis is not None
    wanted = explain(market.engine.analysis, 0, "BTCUSDT")
    assert wanted is not None

    assert topic.change(AT) == ScoreDelta(topic="score.BTCUSDT", seq=2, ts=5, explanation=wanted)
    assert topic.change(AT) is None
    assert topic.whole(AT) == ScoreSnapshot(topic="score.BTCUSDT", seq=2, ts=5, explanation=wanted)
    market.until(3)
    assert isinstance(topic.change(AT), ScoreDelta)


def test_a_market_that_is_not_watched_or_not_scored_has_none() -> None:
    with pytest.raises(RequestError, match="not watched"):
        kind(Market()).open({"symbol": "DOGEUSDT"})
    with pytest.raises(RequestError, match="nothing is scored"):
        kind(Market(is_scored=False)).open({"symbol": "BTCUSDT"})


def test_it_ends_with_its_market() -> None:
    market = Market()
    topic = kind(market).open({"symbol": "BTCUSDT"})

    market.tell(Delisting(ts_event=1, ts_recv=1, symbol="BTCUSDT"))

    with pytest.raises(RequestError, match="not watched"):
        topic.change(AT)

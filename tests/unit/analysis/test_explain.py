import re

import msgspec
import pytest
from tests.build import engine, step
from tests.unit.analysis.test_analysis import MINUTES, analysis, live, scored

from tidemark.analysis.analysis import Weights
from tidemark.analysis.explain import Explanation, explain, sentence
from tidemark.analysis.factors import registry
from tidemark.analysis.regime import Regime, RegimeReading, facts
from tidemark.engine.step import Engine
from tidemark.model.events import Liquidation
from tidemark.model.timeframe import Timeframe

DAYTIME = Weights(timeframes={Timeframe.S10: 0.5, Timeframe.M1: 0.5})


@pytest.fixture(scope="module")
def made() -> Engine:
    one = scored(("BTCUSDT", "ETHUSDT"), DAYTIME)
    live(one, 0, MINUTES)
    return one


def told(made: Engine, slot: int = 0) -> Explanation:
    explanation = explain(analysis(made), slot, "BTCUSDT")
    assert explanation is not None
    return explanation


def test_the_points_of_all_factors_are_the_way_from_50(made: Engine) -> None:
    explanation = told(made)
    scores = analysis(made).scores
    assert scores is not None

    points = sum(factor.points for component in explanation.components for factor in component.factors)
    assert points == pytest.approx(scores.score[0] - 50.0, abs=1e-9)
    for component in explanation.components:
        assert component.points == pytest.approx(sum(factor.points for factor in component.factors), abs=1e-12)


def test_each_factor_is_told_or_missing(made: Engine) -> None:
    explanation = told(made)

    for component in explanation.components:
        names = {factor.name for factor in component.factors} | set(component.missing)
        assert names == {name for group in registry.groups(component.name) for name in group}
    nothing = told(made, 1)
    assert not [factor for component in nothing.components for factor in component.factors]
    assert nothing.score is None


def test_a_factor_of_candles_shows_its_timeframes_with_their_shares_and_ages(made: Engine) -> None:
    (rsi,) = [factor for component in told(made).components for factor in component.factors if factor.name == "rsi"]
    by_timeframe = {one.timeframe: one for one in rsi.timeframes}

    assert sum(one.share for one in rsi.timeframes) == pytest.approx(1.0)
    assert by_timeframe[Timeframe.S10].share > 0.0
    assert by_timeframe[Timeframe.M1].share > 0.0
    assert rsi.direction == pytest.approx(sum(one.share * one.direction for one in rsi.timeframes))
    # The last minute was over 60 s before the last tick, a second short.
    assert by_timeframe[Timeframe.M1].age_s == pytest.approx(59.0)
    main = max(rsi.timeframes, key=lambda one: one.share)
    assert (rsi.value, rsi.usual, rsi.age_s) == (main.value, main.usual, main.age_s)
    assert f"in {main.timeframe.value}: " in rsi.sentence


def test_the_regime_is_told_with_its_figures_and_their_age() -> None:
    one = scored(("BTCUSDT", "ETHUSDT"), Weights(regime=Timeframe.S10))
    live(one, 0, 40)
    regime = told(one).regime

    assert regime.regime == Regime(int(analysis(one).regimes()[0])).title != "unknown"
    assert regime.since is not None
    assert regime.since <= analysis(one).exchange_ns
    assert regime.age_s == pytest.approx(9.0)
    assert re.fullmatch(
        r"ADX [\d.]+ \(\+DI [\d.]+, -DI [\d.]+\), ranges [\d.]+ and volume [\d.]+ times what is usual in 10s, 9s old",
        regime.sentence,
    )
    assert told(one, 1).regime == RegimeReading(
        regime="unknown", timeframe=Timeframe.S10, since=None, age_s=None, sentence="no 10s candle was read yet"
    )
    assert facts({"adx": 20.0}) == "not known: plus di, minus di, atr ratio, relative volume"


def test_beside_the_score_a_market_is_held_against_the_leader_and_its_liquidations_are_shown() -> None:
    one = scored(("BTCUSDT", "ETHUSDT"))
    live(one, 0, 40, slots=(0, 1))
    at = analysis(one).exchange_ns
    step(one, Liquidation(ts_event=at, ts_recv=at, symbol="ETHUSDT", price=100.0, size=2.0, is_long=True))

    leader, other = told(one), told(one, 1)
    (relation,) = other.relations
    (cluster,) = other.clusters

    assert (leader.relations, leader.clusters) == ((), ())
    # Both are made of the same trades.
    assert relation.timeframe is Timeframe.M1
    assert [relation.beta, relation.correlation] == pytest.approx([1.0, 1.0])
    assert (cluster.long_turnover, cluster.longs, cluster.shorts, cluster.age_ns) == (200.0, 1, 0, 0)


def test_a_sentence_says_what_how_much_compared_with_what_and_how_old() -> None:
    factor = registry.factors()["rsi"]

    up = sentence(factor, 1.25, 20.0, 8.0, {"rsi": 70.0}, 59.0, "1m")
    down = sentence(factor, -1.25, -20.0, 8.0, {"rsi": 30.0}, 59.0, "1m")

    assert up == "+1.25 RSI(14) in 1m: gains outweigh losses: RSI(14) at 70.0, 2.5 times what is usual here, 59s old"
    assert down == "-1.25 RSI(14) in 1m: losses outweigh gains: RSI(14) at 30.0, 2.5 times what is usual here, 59s old"
    assert "speaks for neither side" in sentence(factor, 0.0, 0.0, 8.0, {"rsi": 50.0}, 0.5, "")


def test_before_the_first_second_there_is_nothing_to_explain() -> None:
    one = engine(weights=Weights())

    assert explain(analysis(one), 0, "BTCUSDT") is None


def test_an_explanation_survives_the_wire(made: Engine) -> None:
    explanation = told(made)

    assert msgspec.json.decode(msgspec.json.encode(explanation), type=Explanation) == explanation

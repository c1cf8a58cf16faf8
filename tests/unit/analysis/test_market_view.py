from tests.unit.analysis.test_analysis import analysis, live, scored

from tidemark.analysis.analysis import Weights
from tidemark.analysis.market_view import market_view
from tidemark.analysis.regime import Regime
from tidemark.market.breadth import Breadth
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe

SYMBOLS = {"BTCUSDT": 0, "ETHUSDT": 1}


def test_markets_are_counted_by_their_regimes_and_compared_in_the_timeframe_that_is_asked_for() -> None:
    made = scored(tuple(SYMBOLS), Weights(regime=Timeframe.S10))
    live(made, 0, 40)
    overview = Breadth(Ledger()).reading(0, 1)

    told = market_view(analysis(made), SYMBOLS, Timeframe.M1, overview)

    own = Regime(int(analysis(made).regimes()[0]))
    assert own is not Regime.UNKNOWN
    assert {name: count for name, count in told.regimes.items() if count} == {own.title: 1, "unknown": 1}
    assert list(told.regimes) == [regime.title for regime in Regime]
    assert (told.at, told.breadth, told.regime_timeframe) == (analysis(made).scored_at, overview, Timeframe.S10)
    assert told.context == analysis(made).context.market(Timeframe.M1, analysis(made).exchange_ns)
    assert told.context.moved == 1


def test_in_another_timeframe_nothing_is_compared() -> None:
    made = scored()

    assert market_view(analysis(made), SYMBOLS, Timeframe.H4).context is None

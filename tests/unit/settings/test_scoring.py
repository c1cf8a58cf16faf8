from tidemark.model.timeframe import Timeframe
from tidemark.settings.scoring import TimeframeWeights
from tidemark.settings.settings import load


def test_every_timeframe_has_a_weight() -> None:
    assert list(TimeframeWeights().named()) == [timeframe.value for timeframe in Timeframe]


def test_a_weight_is_set_by_the_name_of_its_timeframe() -> None:
    settings = load(None, {}, {"analysis.timeframes.15m": "0.25", "analysis.regime.trend.volume": "2"}).settings

    assert settings.analysis.timeframes.named()["15m"] == 0.25
    assert settings.analysis.regime.trend.volume == 2.0

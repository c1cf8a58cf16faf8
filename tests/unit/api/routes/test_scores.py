import pytest
from tests.api_process import SYMBOL

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.scores import ROUTES, AllScores, Asked, AskedHistory, ExplainedScore, ScoresOverTime

ALL, EXPLAINED, HISTORY = ROUTES


def test_the_ranking_and_the_explanation_say_the_same_score(monitor: Monitor) -> None:
    told, explained = ALL.give(monitor, Nothing()), EXPLAINED.give(monitor, Asked(symbol=SYMBOL))

    assert isinstance(told, AllScores)
    assert isinstance(explained, ExplainedScore)
    assert explained.explanation is not None
    (ranked,) = [one for one in told.ranking.markets if one.symbol == SYMBOL]
    assert ranked.score is not None
    assert explained.explanation.score == pytest.approx(ranked.score, abs=1e-3)
    assert len(told.ranking.markets) == 20


def test_the_history_is_asked_for_by_the_minute(monitor: Monitor) -> None:
    told = HISTORY.give(monitor, AskedHistory(symbol=SYMBOL, minutes=5))

    assert isinstance(told, ScoresOverTime)
    assert len(told.time_ms) == 5
    assert {later - earlier for earlier, later in zip(told.time_ms, told.time_ms[1:], strict=False)} == {60_000}
    assert told.score[-1] is not None
    assert len(told.components["volume"]) == 5

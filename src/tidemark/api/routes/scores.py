"""The scores: all markets ranked, one explained, one over the last day."""

from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.analysis.explain import Explanation, explain
from tidemark.analysis.ranking import Ranking, ranking
from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Answer, Nothing, Route, Symbol
from tidemark.api.score_history import STEP_NS
from tidemark.units import MIB, MILLISECOND


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which market."""

    symbol: Symbol


class AskedHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The score of which market, over how many minutes."""

    symbol: Symbol
    minutes: Annotated[int, Meta(ge=1, le=1440, description="So many of the latest minutes")] = 1440


class AllScores(Answer, frozen=True, kw_only=True):
    """Every market, the highest score first, then those whose score is not known."""

    ranking: Ranking


class ExplainedScore(Answer, frozen=True, kw_only=True):
    """A score and all that it is made of; null before the first."""

    explanation: Explanation | None


class ScoresOverTime(Answer, frozen=True, kw_only=True):
    """The score and its components at every minute, oldest first, to half a point; null where it was not known."""

    symbol: str
    step_ms: int
    time_ms: list[int]
    score: list[float | None]
    components: dict[str, list[float | None]]


def _all(monitor: Monitor, _: Nothing) -> AllScores:
    return AllScores(as_of_ms=monitor.now_ms, ranking=ranking(monitor.analysis(), monitor.engine.universe.slots))


def _explained(monitor: Monitor, asked: Asked) -> ExplainedScore:
    told = explain(monitor.analysis(), monitor.slot(asked.symbol), asked.symbol)
    return ExplainedScore(as_of_ms=monitor.now_ms, explanation=told)


def _history(monitor: Monitor, asked: AskedHistory) -> ScoresOverTime:
    monitor.analysis()
    slot = monitor.slot(asked.symbol)
    points = monitor.history.points(slot, asked.minutes)
    return ScoresOverTime(
        as_of_ms=monitor.now_ms,
        symbol=asked.symbol,
        step_ms=STEP_NS // MILLISECOND,
        time_ms=points.time_ms,
        score=points.score,
        components=points.components,
    )


ROUTES = (
    Route(
        path="/api/v1/scores",
        summary="Every market by its score",
        asked=Nothing,
        answer=AllScores,
        give=_all,
        transient=4 * MIB,
    ),
    Route(
        path="/api/v1/symbols/{symbol}/score",
        summary="The score of a market, explained: every point of it",
        asked=Asked,
        answer=ExplainedScore,
        give=_explained,
    ),
    Route(
        path="/api/v1/symbols/{symbol}/score/history",
        summary="The score of a market over the last day, minute by minute",
        asked=AskedHistory,
        answer=ScoresOverTime,
        give=_history,
    ),
)

"""`score.{symbol}`: why a market has its score, once a second."""

import re
from collections.abc import Mapping

from tidemark.analysis.explain import Explanation, explain
from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.api.push.topics.base import slot_of
from tidemark.errors import RequestError


class ScoreSnapshot(Snapshot, frozen=True, kw_only=True):
    """explanation: None before the first score."""

    explanation: Explanation | None


class ScoreDelta(Delta, frozen=True, kw_only=True):
    """All of it again."""

    explanation: Explanation | None


class Kind:
    """See topics.base."""

    PATTERN = re.compile(r"score\.(?P<symbol>[^\s/\\?#%.]{1,40})")
    PERIOD_MS = 1000
    # An explanation takes one or two milliseconds.
    MOST = 40
    IS_WHOLE = True
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._reads = reads

    def open(self, names: Mapping[str, str]) -> "_Score":
        """See topics.base."""
        if self._reads.engine.analysis is None:
            raise RequestError(404, "nothing is scored: analysis.enabled is false in the settings")
        slot_of(self._reads, names["symbol"])
        return _Score(self._reads, names["symbol"])


class _Score:
    def __init__(self, reads: Reads, symbol: str) -> None:
        self._reads = reads
        self._symbol = symbol
        self._scored_at = 0

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        explanation = self._explain()
        if explanation is None or explanation.at == self._scored_at:
            return None
        self._scored_at = explanation.at
        return ScoreDelta(topic=at.topic, seq=at.seq, ts=at.ts, explanation=explanation)

    def whole(self, at: Stamp) -> Snapshot:
        return ScoreSnapshot(topic=at.topic, seq=at.seq, ts=at.ts, explanation=self._explain())

    def _explain(self) -> Explanation | None:
        slot, analysis = slot_of(self._reads, self._symbol), self._reads.engine.analysis
        return None if analysis is None else explain(analysis, slot, self._symbol)

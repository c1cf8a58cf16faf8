"""`backtests`: the runs that are under way or wait, whenever one of them has moved, four times a second at most."""

import re
from collections.abc import Mapping

from tidemark.api.push.figures import MarketFigures
from tidemark.api.push.messages import Delta, Snapshot, Stamp
from tidemark.api.push.reads import Reads
from tidemark.api.told_backtests import UnderWay, under_way
from tidemark.live.backtesting import Backtesting


class BacktestsSnapshot(Snapshot, frozen=True, kw_only=True):
    """running: as REST gives it."""

    running: tuple[UnderWay, ...]


class BacktestsDelta(Delta, frozen=True, kw_only=True):
    """All of it again."""

    running: tuple[UnderWay, ...]


class Kind:
    """See topics.base. Where there are no backtests, the topic is there and has nothing to say."""

    PATTERN = re.compile(r"backtests")
    PERIOD_MS = 250
    MOST = 1
    IS_WHOLE = True
    CONFLATES = True

    def __init__(self, reads: Reads, figures: MarketFigures) -> None:
        del figures
        self._backtesting = reads.backtesting

    def open(self, names: Mapping[str, str]) -> "_Backtests":
        """See topics.base."""
        del names
        return _Backtests(self._backtesting)


class _Backtests:
    """Keeps what it has told."""

    def __init__(self, backtesting: Backtesting | None) -> None:
        self._backtesting = backtesting
        self._told = self._now()

    def change(self, at: Stamp) -> Delta | Snapshot | None:
        now = self._now()
        if now == self._told:
            return None
        self._told = now
        return BacktestsDelta(topic=at.topic, seq=at.seq, ts=at.ts, running=now)

    def whole(self, at: Stamp) -> Snapshot:
        return BacktestsSnapshot(topic=at.topic, seq=at.seq, ts=at.ts, running=self._now())

    def _now(self) -> tuple[UnderWay, ...]:
        return () if self._backtesting is None else tuple(map(under_way, self._backtesting.under_way()))

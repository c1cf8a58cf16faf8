"""The whole market at once: who rises, in which regimes markets are, and how they go with the one that leads."""

from collections import Counter

import msgspec

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.context import MarketReading
from tidemark.analysis.regime import Regime
from tidemark.market import breadth
from tidemark.model.timeframe import Timeframe


class MarketView(msgspec.Struct, frozen=True, kw_only=True):
    """As of `at` (ns, our clock; 0 before the first scores).

    breadth: over every perpetual that is listed, None where nobody asks the exchange for them. regimes: how many of the
    watched markets are in each, in candles of `regime_timeframe`. context: in one timeframe, None where markets are
    compared in none.
    """

    at: int
    breadth: breadth.Reading | None
    regime_timeframe: Timeframe
    regimes: dict[str, int]
    context: MarketReading | None


def market_view(
    analysis: Analysis, symbols: dict[str, int], timeframe: Timeframe, overview: breadth.Reading | None = None
) -> MarketView:
    """The markets of *symbols*, which have the slots that these say, against the leader in *timeframe*."""
    regimes = analysis.regimes()
    counts = Counter(int(regimes[slot]) for slot in symbols.values())
    is_compared = timeframe in analysis.context.timeframes
    return MarketView(
        at=analysis.scored_at,
        breadth=overview,
        regime_timeframe=analysis.regime_timeframe,
        regimes={regime.title: counts[regime] for regime in Regime},
        context=analysis.context.market(timeframe, analysis.exchange_ns) if is_compared else None,
    )

"""What an engine is built for, and what went through it."""

from collections.abc import Mapping

import msgspec

from tidemark.analysis.analysis import Weights
from tidemark.analysis.wyckoff.live import StructureSize
from tidemark.market.derivatives import LIQUIDATIONS
from tidemark.market.freshness import Limits
from tidemark.model.book import BookRules
from tidemark.model.timeframe import Timeframe
from tidemark.signals.signals import SignalsSize


class EngineSize(msgspec.Struct, frozen=True, kw_only=True):
    """What the memory of an engine depends on.

    series: slots for instruments; retention: rows per timeframe, from short to long; tape_rows: trades kept per series;
    is_numbered: whether the exchange numbers its trades; batch_trades: the largest batch; grace_ns: how long a candle
    waits for late prints; book_depth: levels of each side of a book that stay known, 0 for no books, which change by
    book_rules; liquidations: kept per series; freshness: when a channel is stale; opens_at_close: whether the
    exchange's candles open at the close before them; weights: how scores are weighed, None for no analysis;
    signals: None for none, and there are none without an analysis; structure: None for none, as well. hears: false
    where nothing is told but candles, so that what trades, books and positions would say takes neither room nor time.
    """

    series: int
    retention: Mapping[Timeframe, int]
    tape_rows: int
    is_numbered: bool
    batch_trades: int
    grace_ns: int
    book_depth: int = 0
    book_rules: BookRules | None = None
    liquidations: int = LIQUIDATIONS
    freshness: Limits = Limits()
    opens_at_close: bool = False
    weights: Weights | None = None
    signals: SignalsSize | None = None
    structure: StructureSize | None = None
    hears: bool = True


class EngineCounters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What went through the engine since its start."""

    trades: int
    duplicates: int
    tickers: int
    unused: int
    candles: int
    gaps: int
    derivatives: int = 0

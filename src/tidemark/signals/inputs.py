"""What the rules look at in one second: named columns of all series and of the market as a whole, each with its age.

The last row is the whole: there is one more than there are series. A column that does not speak of the whole is not
known there.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis import feeds
from tidemark.analysis.analysis import Analysis
from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.regime import Regime
from tidemark.analysis.timeframes import LIFE
from tidemark.market.tickers import Group
from tidemark.model.signal import Read
from tidemark.model.timeframe import Timeframe
from tidemark.signals import structures
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# The candles that entry, stop and targets are measured by, or the longest below them that are kept.
PLANNED_BY = Timeframe.M5
# What a price may be old, to be entered at.
PRICE_NS = 10 * SECOND
# How each column looks in the mirrored market (prices reflected, sides swapped): "same", "opposite", another column's
# name, "around 50", or "regime": an up-trend is a down-trend.
MIRROR: Mapping[str, str] = {
    "score": "around 50",
    "coverage": "same",
    "agreement": "same",
    "candle_age_s": "same",
    "regime": "regime",
    "regime_age_s": "same",
    "regime_share": "same",
    "pause_volume": "same",
    "pause_volume_p5": "same",
    "pause_range": "same",
    "pause_range_p5": "same",
    "pause_natr": "same",
    "pause_natr_rank": "same",
    "pause_growth": "opposite",
    "pause_whole": "same",
    "minute_turnover": "same",
    "minute_deviations": "same",
    "minute_aggression": "opposite",
    "minute_move_bps": "opposite",
    "turnover_24h": "same",
    "liquidated_longs": "liquidated_shorts",
    "liquidated_shorts": "liquidated_longs",
    "liquidation_turnover": "same",
    "open_interest_change_5m": "same",
    "price_change_5m": "opposite",
    "bought_5m": "sold_5m",
    "sold_5m": "bought_5m",
    "funding_z": "opposite",
    "funding_bps": "opposite",
    "funding_mean_bps": "opposite",
    "large_bought": "large_sold",
    "large_sold": "large_bought",
    "usual_turnover": "same",
    "stale_channels": "same",
    "gap_channels": "same",
    "affected_share": "same",
    "is_whole": "same",
    "pressure": "same",
    **structures.MIRROR,
}
# What a trade is planned from; the swings may be missing.
PRICES = ("price", "atr", "swing_low", "swing_high")
_SOURCES = (
    "liquidated_longs",
    "liquidated_shorts",
    "liquidation_turnover",
    "open_interest_change_5m",
    "price_change_5m",
    "bought_5m",
    "sold_5m",
    "funding_z",
    "funding_bps",
    "funding_mean_bps",
    "large_bought",
    "large_sold",
    "usual_turnover",
)
_CHANNELS = ("trades", "tickers", "books")
# The regime of the whole is judged by how many markets are in it, and so counts at once.
_AGES_S = 1e9


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """As of `at` (ns, the exchange's clock): columns of one row a series and one of the whole.

    ages: how old each column's figures are (ns), int64 (series,); 0 of the whole, and where a column is not named.
    funding_rate: what is due next, as a fraction, at `funding_due` (ns), 0 where that is not known; both (series,).
    """

    at: int
    columns: Columns
    ages: Mapping[str, Array]
    funding_rate: Array
    funding_due: Array

    def reads(self, names: Iterable[str], row: int) -> tuple[Read, ...]:
        """The figures of one row that are known, each with its age."""
        found = ((name, self.columns[name]) for name in names if name in self.columns)
        return tuple(
            Read(name, float(column.values[row]), self._age_s(name, row))
            for name, column in found
            if column.is_known[row]
        )

    def value(self, name: str, row: int) -> float | None:
        """One figure, None where it is not known."""
        column = self.columns.get(name)
        return None if column is None or not column.is_known[row] else float(column.values[row])

    def _age_s(self, name: str, row: int) -> float:
        age = self.ages.get(name)
        return 0.0 if age is None or row == len(age) else max(0.0, float(age[row]) / SECOND)


class _Sheet:
    """Columns of one row a series, to which the whole is added."""

    def __init__(self, series: int) -> None:
        self.series = series
        self.columns: dict[str, Column] = {}  # bounded: the names that rules read
        self.ages: dict[str, Array] = {}  # bounded: the same

    def put(self, name: str, column: Column, age: Array | None = None, whole: float | None = None) -> None:
        """A column, how old it is (ns) where that is not nothing, and what it says of the whole."""
        values, is_known = np.empty(self.series + 1), np.empty(self.series + 1, bool)
        values[:-1], values[-1] = column.values, 0.0 if whole is None else whole
        is_known[:-1], is_known[-1] = column.is_known, whole is not None
        self.columns[name] = Column(values, is_known)
        if age is not None:
            self.ages[name] = age


def look(analysis: Analysis, own: Mapping[str, tuple[Column, Array]], pressure: int) -> Inputs:
    """What there is to see at the second of the newest scores.

    own: the columns of the signals' own memory with their ages (ns), one row a series. pressure: the level of memory.
    """
    moment, now = analysis.moment.panel, analysis.scored_at
    sheet = _Sheet(len(moment.at))
    age = now - moment.at
    for name in _SOURCES:
        column = moment.column(name)
        sheet.put(name, Column(column.values, column.is_known & (moment.at > 0)), age)
    for name, (column, own_age) in own.items():
        sheet.put(name, column, own_age)
    _score(analysis, sheet)
    price = _prices(analysis, sheet)
    for name, (column, own_age) in structures.read(analysis, price).items():
        sheet.put(name, column, own_age)
    listed = np.zeros(sheet.series, bool)
    listed[list(analysis.markets.universe.slots.values())] = True
    _regimes(analysis, sheet, listed)
    _feeds(analysis, sheet, listed, pressure)
    tickers = analysis.markets.tickers
    return Inputs(
        at=analysis.exchange_ns,
        columns=Columns(sheet.series + 1, sheet.columns),
        ages=sheet.ages,
        funding_rate=tickers.column("funding_rate", np.zeros(sheet.series)),
        funding_due=tickers.fundings_due(),
    )


def _score(analysis: Analysis, sheet: _Sheet) -> None:
    scores = analysis.scores
    shortest = min(analysis.candles, key=lambda one: abs(one.ns - Timeframe.M1.ns))
    candle_at = analysis.candles[shortest].panel.at
    sheet.put("candle_age_s", Column.of((analysis.exchange_ns - candle_at) / SECOND, candle_at > 0))
    if scores is not None:
        for name in ("score", "coverage", "agreement"):
            sheet.put(name, Column.of(getattr(scores, name), scores.is_known))


def _prices(analysis: Analysis, sheet: _Sheet) -> Column:
    """The last price, the average true range and the swings that a plan is made of, and the turnover of a day.

    Gives the last price.
    """
    tickers, now = analysis.markets.tickers, analysis.scored_at
    unknown = np.full(sheet.series, np.nan)
    last, told_ns = tickers.column("last", unknown), now - tickers.received(Group.LAST)
    live = feeds.live(analysis.markets.freshness, "tickers", sheet.series)
    # Where a stream tells only what changed, a price that is the same is as good as the feed.
    price = Column.of(last, (last > 0.0) & (live | (told_ns <= PRICE_NS)))
    sheet.put("price", price, told_ns)
    sheet.put("turnover_24h", Column.of(tickers.column("turnover_24h", unknown)), now - tickers.received(Group.DAY))
    timeframe = max((one for one in analysis.candles if one.ns <= PLANNED_BY.ns), key=_length, default=PLANNED_BY)
    if timeframe not in analysis.candles:
        return price
    panel, age = analysis.candles[timeframe].panel, analysis.age_ns(timeframe)
    is_fresh = (panel.at > 0) & (age < LIFE * timeframe.ns)
    for name in ("atr", "swing_low", "swing_high"):
        column = panel.column(name)
        sheet.put(name, Column(column.values, column.is_known & is_fresh & (column.values > 0.0)), age)
    return price


def _regimes(analysis: Analysis, sheet: _Sheet, listed: Array) -> None:
    """Each market's, and the one that most of them are in."""
    regime = analysis.regimes().astype(np.float64)
    since = analysis.candles[analysis.regime_timeframe].regimes.since
    known = (regime != Regime.UNKNOWN) & listed
    counts = np.bincount(regime[known].astype(np.int64), minlength=len(Regime))
    most = int(counts.argmax()) if known.any() else None
    share = None if most is None else float(counts[most]) / max(1, int(known.sum()))
    age = analysis.exchange_ns - since
    sheet.put("regime", Column(regime, known), analysis.age_ns(analysis.regime_timeframe), most)
    sheet.put("regime_age_s", Column.of(age / SECOND, known), None, None if most is None else _AGES_S)
    sheet.put("regime_share", Column(np.ones(sheet.series), known), None, share)


def _feeds(analysis: Analysis, sheet: _Sheet, listed: Array, pressure: int) -> None:
    """How many channels of each market are stale or in a gap; one that was never heard is neither."""
    freshness = analysis.markets.freshness
    stale, gap = np.zeros(sheet.series), np.zeros(sheet.series)
    for channel in _CHANNELS:
        dead = listed & (freshness.received(channel) > 0)
        dead[freshness.alive(channel)] = False
        gap += dead
        stale[freshness.stale(channel)] += 1.0
    affected = (stale + gap) > 0
    share = float(affected.sum()) / max(1, int(listed.sum()))
    for name, values, whole in (
        ("stale_channels", stale, float(stale.sum())),
        ("gap_channels", gap, float(gap.sum())),
        ("affected_share", np.full(sheet.series, share), share),
        ("is_whole", np.zeros(sheet.series), 1.0),
        ("pressure", np.zeros(sheet.series), float(pressure)),
    ):
        sheet.put(name, Column(values, listed), None, whole)


def _length(timeframe: Timeframe) -> int:
    return timeframe.ns

"""Whether factors, components and the score said anything about what the price did next: on candles, by their own code.

Only what candles tell is there: factors of trades, books and positions are missing, and the coverage says so.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis import timeframes as combining
from tidemark.analysis.analysis import Weights, components
from tidemark.analysis.candle_readings import CandleReadings
from tidemark.analysis.columns import Column
from tidemark.analysis.factors import registry
from tidemark.analysis.factors.base import Pace
from tidemark.analysis.panel import Reading
from tidemark.analysis.score import Scores, Weighing
from tidemark.backtest import statistics
from tidemark.backtest.candle_files import MarketCandles, longer
from tidemark.backtest.statistics import Measured
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, SECOND

Array = npt.NDArray[Any]

# Percentiles of the score that are told, and the bins of its histogram.
PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
BINS = 50


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One figure and one horizon. kind: factor, component or score."""

    kind: str
    name: str
    horizon_s: float
    measured: Measured


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """A market that was read, from its first to its last candle (ns)."""

    symbol: str
    source: str
    candles: int
    first: int
    last: int


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. percentiles: of the score, by PERCENTILES; histogram: counts of it in BINS bins of 0..100.

    coverage: the mean share of the score's weight that candles tell. tests: how many rows the correction is for.
    """

    markets: tuple[Read, ...]
    timeframe: str
    every_s: float
    rows: tuple[Row, ...]
    percentiles: dict[int, float]
    histogram: tuple[int, ...]
    coverage: float
    tests: int


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """What was said of one market: at `time` (ns, (n,)) each figure of (n, figures), NaN where there was none."""

    time: Array
    names: tuple[tuple[str, str], ...]
    figures: Array
    scores: Scores


def signals(candles: MarketCandles, weights: Weights, every_ns: int) -> Signals:
    """Read one market candle by candle, in each timeframe that is weighed and not shorter than its candles.

    every_ns: at which distance what was said is taken down, at the close of a candle.
    """
    close = candles.time + candles.timeframe.ns
    time = close[close % every_ns == 0]
    weighed = [one for one in Timeframe if weights.timeframes.get(one, 0.0) > 0.0 and one.ns >= candles.timeframe.ns]
    parts = [_at(time, one, _reading(candles, one)) for one in weighed]
    combined = combining.combine(
        [weights.timeframes[one] for one in weighed],
        np.stack([part[0] for part in parts]), np.stack([part[1] for part in parts]),
        np.stack([part[2] for part in parts]),
    )  # fmt: skip
    weighing = Weighing(components(weights.components))
    modifiers = list(registry.modifiers(Pace.CANDLE).values())
    there = np.array([weights.timeframes[one] for one in weighed])[:, None] * np.stack([part[4] for part in parts])
    total = there.sum(axis=0)
    scale = {component.name: np.ones(len(time)) for component in weighing.components}
    for number, modifier in enumerate(modifiers):
        told = np.stack([part[3][:, number] for part in parts])
        mean = np.divide((there * told).sum(axis=0), total, out=np.ones(len(time)), where=total > 0)
        for name in modifier.MODIFIES:
            scale[name] = scale[name] * mean
    names = tuple(registry.factors(Pace.CANDLE))
    shape = (len(time), len(weighing.factors))
    direction, quality, is_known = np.zeros(shape), np.zeros(shape), np.zeros(shape, bool)
    component_of = {factor: one.name for one in weighing.components for group in one.groups for factor in group}
    for at, factor in enumerate(weighing.factors):
        if factor in names:
            here = names.index(factor)
            direction[:, at] = combined.direction[:, here]
            quality[:, at] = combined.quality[:, here] * scale[component_of[factor]]
            is_known[:, at] = combined.is_known[:, here]
    scores = weighing.scores(direction, quality, is_known)
    figures = [np.where(combined.is_known, combined.direction, np.nan)]
    figures.append(np.where(scores.is_present, scores.direction, np.nan))
    figures.append(np.where(scores.coverage > 0, scores.score - 50.0, np.nan)[:, None])
    return Signals(
        time=time,
        names=(
            *(("factor", name) for name in names),
            *(("component", one.name) for one in weighing.components),
            ("score", "score"),
        ),
        figures=np.concatenate(figures, axis=1),
        scores=scores,
    )


def evaluate(
    found: Iterable[MarketCandles], horizons_ns: Sequence[int], weights: Weights, *, every_ns: int,
    each: Callable[[int, str], None],
) -> Evaluation:  # fmt: skip
    """Measure all markets of *found*, one after the other.

    each: called with the number and the name of each before it is read.
    """
    length = {horizon: max(DAY, 2 * horizon) for horizon in horizons_ns}
    sums: dict[tuple[int, str, str], dict[int, Array]] = {}
    independent: dict[tuple[int, str, str], int] = {}
    read: list[Read] = []
    histogram = np.zeros(BINS, np.int64)
    scores: list[Array] = []
    coverage = []
    timeframe = ""
    for market, candles in enumerate(found):
        each(market, candles.symbol)
        timeframe = candles.timeframe.value
        read.append(_described(candles))
        said = signals(candles, weights, every_ns)
        known = said.scores.coverage > 0
        scores.append(said.scores.score[known].astype(np.float32))
        coverage.append(said.scores.coverage[known])
        histogram += np.histogram(said.scores.score[known], BINS, (0.0, 100.0))[0]
        for horizon in horizons_ns:
            returns = forward(candles, said.time, horizon)
            for number, (kind, name) in enumerate(said.names):
                usable = np.isfinite(returns) & np.isfinite(said.figures[:, number])
                if np.count_nonzero(usable) < 2 * statistics.DECILES:
                    continue
                time = said.time[usable]
                block = time // length[horizon]
                first, blocks = int(block[0]), int(block[-1] - block[0]) + 1
                told = statistics.sums_of(said.figures[usable, number], returns[usable], block - first, blocks)
                key = (horizon, kind, name)
                kept = sums.setdefault(key, {})
                for at in range(blocks):
                    kept[first + at] = kept.get(first + at, 0.0) + told[at]
                independent[key] = independent.get(key, 0) + _apart(time, horizon)
    return Evaluation(
        markets=tuple(read),
        timeframe=timeframe,
        every_s=every_ns / SECOND,
        rows=tuple(_rows(sums, independent)),
        percentiles=_percentiles(scores),
        histogram=tuple(histogram.tolist()),
        coverage=float(np.mean(np.concatenate(coverage))) if coverage else 0.0,
        tests=len(sums),
    )


def forward(candles: MarketCandles, time: Array, horizon_ns: int) -> Array:
    """The return from the close at each *time* to the close *horizon_ns* later, as a fraction; NaN without both."""
    close_time, close = candles.time + candles.timeframe.ns, candles.figures["close"]
    prices = []
    for at in (time, time + horizon_ns):
        index = np.minimum(np.searchsorted(close_time, at), len(close_time) - 1)
        prices.append(np.where(close_time[index] == at, close[index], np.nan))
    returns: Array = prices[1] / prices[0] - 1.0
    return returns


def _rows(
    sums: Mapping[tuple[int, str, str], Mapping[int, Array]], independent: Mapping[tuple[int, str, str], int]
) -> Iterator[Row]:
    made = []
    for (horizon, kind, name), kept in sums.items():
        measured = statistics.measure(np.stack([kept[at] for at in sorted(kept)]), independent[horizon, kind, name])
        if measured is not None:
            made.append(Row(kind=kind, name=name, horizon_s=horizon / SECOND, measured=measured))
    stands = statistics.corrected(np.array([one.measured.p for one in made]))
    for row, survives in zip(made, stands.tolist(), strict=True):
        yield msgspec.structs.replace(row, measured=msgspec.structs.replace(row.measured, survives=survives))


def _reading(candles: MarketCandles, timeframe: Timeframe) -> tuple[Array, Reading]:
    """Every candle of one timeframe read in order, and when each closed."""
    whole = candles if timeframe is candles.timeframe else longer(candles, timeframe)
    readings = CandleReadings(timeframe, series=1, ledger=Ledger())
    count = len(whole.time)
    everywhere, nowhere = np.ones(count, bool), np.zeros(count, bool)
    columns = {name: Column(figure, everywhere) for name, figure in whole.figures.items()}
    # What a file of candles does not tell stays unknown.
    columns.setdefault("bought", Column(np.zeros(count), nowhere))
    bought = columns["bought"]
    columns["delta"] = Column(2.0 * bought.values - whole.figures["volume"] * bought.is_known, bought.is_known)
    columns["turnover"] = Column(np.zeros(count), nowhere)
    columns["time"] = Column(whole.time / SECOND, everywhere)
    closed_at = whole.time + timeframe.ns
    return closed_at, readings.read(np.zeros(count, np.int32), columns, closed_at)


def _at(time: Array, timeframe: Timeframe, read: tuple[Array, Reading]) -> tuple[Array, Array, Array, Array, Array]:
    """Direction, quality, what is known and strength of the newest reading at each *time*, and if there is one."""
    closed_at, reading = read
    at = np.searchsorted(closed_at, time, side="right") - 1
    is_there = at >= 0
    at = np.maximum(at, 0)
    if not len(closed_at):
        factors, modifiers = reading.values.shape[1], reading.strength.shape[1]
        empty = np.zeros((len(time), factors))
        return empty, empty, empty > 0, np.ones((len(time), modifiers)), np.zeros(len(time), bool)
    is_there &= time - closed_at[at] < combining.LIFE * timeframe.ns
    judged = reading.judged
    is_known = judged.is_known[at] & is_there[:, None]
    return judged.direction[at], judged.quality[at], is_known, reading.strength[at], is_there


def _apart(time: Array, horizon_ns: int) -> int:
    """In how many spans of a horizon, one behind the other, there is one of these times."""
    return len(np.unique(time // horizon_ns))


def _percentiles(scores: Sequence[Array]) -> dict[int, float]:
    if not scores or not sum(map(len, scores)):
        return {}
    found = np.percentile(np.concatenate(scores), PERCENTILES)
    return {percent: round(float(value), 3) for percent, value in zip(PERCENTILES, found, strict=True)}


def _described(candles: MarketCandles) -> Read:
    return Read(
        symbol=candles.symbol, source=candles.source, candles=len(candles.time), first=int(candles.time[0]),
        last=int(candles.time[-1]),
    )  # fmt: skip

"""Every market scored every second: what its candles, trades, book and positions say, weighed.

A function of what came in: it reads no clock, and the same input gives the same scores. Candles are read when they
close; where one that closed changes afterwards, its series is read anew from the candles that are kept, some at each
tick. All else is read once a second.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis import timeframes as combining
from tidemark.analysis.candle_readings import CandleReadings, is_present
from tidemark.analysis.context import HALF_LIVES, Closes, Context
from tidemark.analysis.factors import registry
from tidemark.analysis.factors.base import Pace
from tidemark.analysis.markets import Markets
from tidemark.analysis.moment_readings import MomentReadings
from tidemark.analysis.rebuilding import Rebuilding
from tidemark.analysis.regime import Regime
from tidemark.analysis.score import Component, Scores, Weighing
from tidemark.analysis.timeframes import Combined
from tidemark.analysis.wyckoff.live import StructureSize
from tidemark.kernels.columns import TradeColumns
from tidemark.market.closed import Closed, Revised
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

Array = npt.NDArray[Any]

WEIGHTS: Mapping[str, float] = {
    "order_flow": 0.30,
    "order_book": 0.20,
    "volume": 0.18,
    "structure": 0.15,
    "technical": 0.10,
    "sentiment": 0.07,
}
# Candles that are read anew at one tick, at most and one series more.
REBUILT = 20_000
_STALE = "analysis/stale"


class Weights(msgspec.Struct, frozen=True, kw_only=True):
    """How much each component and each timeframe counts against the others.

    regime: the timeframe in whose candles the regime of a market is read, or the longest below it where it is not kept.
    scales: by how much each regime multiplies the weight of components, 1 where nothing is said.
    """

    components: Mapping[str, float] = msgspec.field(default_factory=lambda: dict(WEIGHTS))
    timeframes: Mapping[Timeframe, float] = msgspec.field(default_factory=lambda: dict(combining.WEIGHTS))
    regime: Timeframe = Timeframe.M5
    scales: Mapping[Regime, Mapping[str, float]] = {}  # bounded: by the settings


class Analysis:
    """The scores of all series of *markets*.

    Times are ours (ns), but those of candles, which are the exchange's. hears: see MomentReadings. Memory: see
    `reserve`.
    """

    def __init__(
        self, markets: Markets, *, series: int, weights: Weights, ledger: Ledger,
        structure: StructureSize | None = None, hears: bool = True,
    ) -> None:  # fmt: skip
        self.weights = weights
        self.markets = markets
        self._series = series
        self.candles = {
            timeframe: CandleReadings(
                timeframe,
                series=series,
                ledger=ledger,
                profile=structure.profile if structure is not None and timeframe in structure.timeframes else None,
                has_turns=structure is not None and timeframe is structure.signals,
            )
            for timeframe in markets.candles.timeframes
        }
        self.moment = MomentReadings(markets, series=series, ledger=ledger, hears=hears)
        self._number = {timeframe: number for number, timeframe in enumerate(self.candles)}
        self.context = Context(
            markets.universe, series=series, half_lives=_half_lives(tuple(self.candles)), ledger=ledger
        )
        self._rebuilding = Rebuilding(_STALE, series=series, timeframes=len(self.candles), ledger=ledger)
        self.weighing = Weighing(components(weights.components))
        self._weighed = [one for one in self.candles if weights.timeframes.get(one, 0.0) > 0.0]
        names = (*registry.factors(Pace.CANDLE), *registry.factors(Pace.MOMENT))
        self._order = [names.index(name) for name in self.weighing.factors]
        # Of each factor, the number of its component.
        self._component_of = [
            number
            for number, component in enumerate(self.weighing.components)
            for group in component.groups
            for _ in group
        ]
        kept = tuple(self.candles)
        self.regime_timeframe = max((one for one in kept if one.ns <= weights.regime.ns), default=kept[0], key=_length)
        self._scales = _scales(weights.scales, [component.name for component in self.weighing.components])
        self._scored_at = 0
        # When they were made, by the exchange's clock.
        self.exchange_ns = 0
        # The time to which `advance` was called last.
        self.looked_at = 0
        self.scores: Scores | None = None
        self.combined: Combined | None = None

    @staticmethod
    def reserve(
        timeframes: tuple[Timeframe, ...], *, series: int, structure: StructureSize | None = None, hears: bool = True
    ) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        candles = [
            planned
            for one in timeframes
            for planned in CandleReadings.reserve(
                one,
                series=series,
                has_structure=structure is not None and one in structure.timeframes,
                has_turns=structure is not None and one is structure.signals,
            )
        ]
        return [
            *candles,
            *MomentReadings.reserve(series=series, hears=hears),
            *Context.reserve(series=series, half_lives=_half_lives(timeframes)),
            *Rebuilding.reserve(_STALE, series=series, timeframes=len(timeframes)),
        ]

    @property
    def scored_at(self) -> int:
        """When `scores` were made, by our clock (ns); 0 before the first."""
        return self._scored_at

    @property
    def waiting(self) -> int:
        """How many series and timeframes have to be read anew."""
        return self._rebuilding.waiting

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """Take the trades of a batch that are marked in *fresh*."""
        self.moment.hear(trades, fresh)

    def close(self, closed: Closed) -> None:
        """Take candles that closed, or changed after that."""
        self.context.close(closed)
        number = self._number[closed.timeframe]
        if isinstance(closed, Revised):
            self._rebuilding.mark(closed.slots, number)
            return
        fit = self._rebuilding.fit(closed.slots, number) & is_present(closed.rows)
        if fit.any():
            self.candles[closed.timeframe].take(
                closed.slots[fit], closed.open_times[fit], closed.tick_sizes[fit],
                {name: column[fit] for name, column in closed.rows.items()},
            )  # fmt: skip

    def advance(self, now_ns: int) -> bool:
        """Let time pass to *now_ns* of our clock; give whether there are new scores: once a second."""
        self.looked_at = now_ns
        self._rebuild()
        self.context.rebuild(self._closes)
        if now_ns // SECOND <= self._scored_at // SECOND and self._scored_at <= now_ns:
            return False
        self._scored_at = now_ns
        self.exchange_ns = now_ns + self.markets.candles.time.offset_ns
        self.moment.read(now_ns)
        self._score()
        return True

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was read before reads *step_ns* more."""
        self._scored_at += step_ns if self._scored_at else 0
        self.looked_at += step_ns if self.looked_at else 0
        self.moment.shift(step_ns)

    def clear(self, slot: int) -> None:
        """Forget the market of *slot*."""
        self.moment.clear(slot)
        self.context.clear(slot)
        self._rebuilding.clear(slot)
        for readings in self.candles.values():
            readings.clear(slot)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to, by name; candles are read anew instead."""
        parts = {"moment": self.moment.kept(), "context": self.context.kept()}
        return {f"analysis/{part}/{name}": column for part, kept in parts.items() for name, column in kept.items()}

    def age_ns(self, timeframe: Timeframe) -> Array:
        """How long ago the candle of each series' newest reading closed, as of the scores; int64 (series,)."""
        age: Array = self.exchange_ns - self.candles[timeframe].panel.at
        return age

    def regimes(self) -> Array:
        """The regime of each series as of the scores, uint8 (series,): unknown where its candle is too old to count."""
        timeframe = self.regime_timeframe
        is_fresh = self.age_ns(timeframe) < combining.LIFE * timeframe.ns
        regimes: Array = np.where(is_fresh, self.candles[timeframe].regimes.regime, np.uint8(Regime.UNKNOWN))
        return regimes

    def weight(self, slot: int) -> Array:
        """How much each component counts for a series in its present regime, (components,)."""
        weights = np.array([component.weight for component in self.weighing.components])
        return weights if self._scales is None else weights * self._scales[self.regimes()[slot]]

    def shares(self, slot: int, factor: str) -> dict[Timeframe, float]:
        """What each timeframe has of the direction of a factor of the pace of candles; they add up to 1, or to 0."""
        if self.combined is None:
            return {}
        at = tuple(self.candles[self._weighed[0]].panel.factors).index(factor)
        return dict(zip(self._weighed, self.combined.share[:, slot, at].tolist(), strict=True))

    def _rebuild(self) -> None:
        """Read anew from the candles what changed."""
        left = REBUILT
        timeframes = tuple(self.candles)
        for slot, number in self._rebuilding.due():
            timeframe = timeframes[number]
            readings = self.candles[timeframe]
            readings.clear(slot)
            rows = self.markets.candles.rows(slot, timeframe, self.markets.candles.capacity(timeframe))
            there = is_present(rows)
            count = int(np.count_nonzero(there))
            if count:
                ticks = np.full(count, self.markets.candles.tick_size(slot))
                readings.take(
                    np.full(count, slot, np.int32), rows["open_time"][there], ticks,
                    {name: column[there] for name, column in rows.items() if name != "open_time"},
                )  # fmt: skip
            left -= count
            if left <= 0:
                return

    def _closes(self, slot: int, timeframe: Timeframe) -> Closes:
        """Those of the candles that are kept."""
        candles = self.markets.candles
        rows = candles.rows(slot, timeframe, candles.capacity(timeframe))
        there = is_present(rows) & (rows["close"] > 0)
        return rows["open_time"][there], rows["close"][there] * candles.tick_size(slot)

    def strength(self) -> dict[str, Array]:
        """By how much the modifiers scale the quality of each component, (series,) each."""
        by_component = {component.name: np.ones(self._series) for component in self.weighing.components}
        weight = np.array([self.weights.timeframes[one] for one in self._weighed])[:, None]
        panels = [self.candles[one].panel for one in self._weighed]
        there = weight * np.stack([panel.at > 0 for panel in panels])
        total = there.sum(axis=0)
        for number, modifier in enumerate(panels[0].modifiers.values()):
            told = np.stack([panel.strength[:, number] for panel in panels])
            mean = np.divide((there * told).sum(axis=0), total, out=np.ones(self._series), where=total > 0)
            for name in by_component.keys() & set(modifier.MODIFIES):
                by_component[name] = by_component[name] * mean
        moment = self.moment.panel
        for number, modifier in enumerate(moment.modifiers.values()):
            told = np.where(moment.at > 0, moment.strength[:, number], 1.0)
            for name in by_component.keys() & set(modifier.MODIFIES):
                by_component[name] = by_component[name] * told
        return by_component

    def _score(self) -> None:
        panels = [self.candles[one].panel for one in self._weighed]
        fresh = [self.age_ns(one) < combining.LIFE * one.ns for one in self._weighed]
        self.combined = combining.combine(
            [self.weights.timeframes[one] for one in self._weighed],
            np.stack([panel.direction for panel in panels], dtype=np.float64),
            np.stack([panel.quality for panel in panels], dtype=np.float64),
            np.stack([(panel.is_known > 0) & is_fresh[:, None] for panel, is_fresh in zip(panels, fresh, strict=True)]),
        )
        combined, moment = self.combined, self.moment.panel
        direction = np.concatenate([combined.direction, moment.direction], axis=1)[:, self._order]
        quality = np.concatenate([combined.quality, moment.quality], axis=1)[:, self._order]
        is_known = np.concatenate([combined.is_known, moment.is_known > 0], axis=1)[:, self._order]
        by_component = self.strength()
        scale = np.stack(list(by_component.values()))[self._component_of].T
        by_regime = 1.0 if self._scales is None else self._scales[self.regimes()]
        self.scores = self.weighing.scores(direction, quality * scale, is_known, by_regime)


def _half_lives(timeframes: tuple[Timeframe, ...]) -> dict[Timeframe, int]:
    """In which of *timeframes* markets are compared with the leader."""
    return {one: half_life for one, half_life in HALF_LIVES.items() if one in timeframes}


def _length(timeframe: Timeframe) -> int:
    return timeframe.ns


def _scales(scales: Mapping[Regime, Mapping[str, float]], names: Sequence[str]) -> Array | None:
    """What each regime multiplies the weights by, (regimes, components); None where all of it is 1."""
    made = np.array([[scales.get(regime, {}).get(name, 1.0) for name in names] for regime in Regime])
    return None if (made == 1.0).all() else made


def components(weights: Mapping[str, float]) -> tuple[Component, ...]:
    """All components that have factors, with these weights."""
    return tuple(
        Component(name=name, weight=weights[name], groups=registry.groups(name))
        for name in registry.COMPONENTS
        if registry.groups(name)
    )

"""The structure of the markets that are watched, for whoever asks: one market whole, or all of them side by side."""

import math

import msgspec
import numpy as np

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.candle_readings import is_present
from tidemark.analysis.wyckoff import view
from tidemark.analysis.wyckoff.kept import KeptEvent
from tidemark.analysis.wyckoff.live import MarketStructure
from tidemark.analysis.wyckoff.reading import PHASES
from tidemark.analysis.wyckoff.schematics import TEMPLATES
from tidemark.analysis.wyckoff.told import Reading
from tidemark.analysis.wyckoff.view import newest
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND


class Higher(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The same market in the next longer timeframe that is read. agrees: None where one of the two leans nowhere."""

    timeframe: Timeframe
    phase: str
    direction: int
    agrees: bool | None


class Newest(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The newest event of a market that was not taken back. bars_ago: since the close at which it was known."""

    name: str
    direction: int
    confirmed_ms: int
    bars_ago: int
    level: float
    confidence: float | None


class Scanned(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A market in a scan. likelihood: of its phase, where that was measured; creek and ice: None without a range.

    is_confirmed: whether the range has been touched twice on each side, in turn.
    """

    symbol: str
    phase: str
    direction: int
    likelihood: float | None
    quality: float | None
    is_confirmed: bool | None
    creek: float | None
    ice: float | None
    price: float | None
    schematic: str | None
    score: float | None
    newest: Newest | None
    higher: Higher | None


class Candles(msgspec.Struct, frozen=True, kw_only=True):
    """Bars to draw structure on, oldest first: when each opened, prices, and volume in base currency."""

    time_ms: list[int]
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]


class Structured(msgspec.Struct, frozen=True, kw_only=True):
    """A market in one timeframe. timeframes: those that are read; higher: the same in the next longer of them."""

    symbol: str
    timeframe: Timeframe
    timeframes: list[Timeframe]
    higher: Higher | None
    reading: Reading
    candles: Candles | None = None


class Scan(msgspec.Struct, frozen=True, kw_only=True):
    """Markets by symbol. warming_up: how many have not had enough candles; watched: all there are."""

    timeframe: Timeframe
    timeframes: list[Timeframe]
    rows: list[Scanned]
    warming_up: int
    watched: int


def structured(analysis: Analysis, symbol: str, slot: int, timeframe: Timeframe, candles: int = 0) -> Structured:
    """All that is known of a market, with so many of its newest candles; *timeframe* is one of `timeframes`."""
    told = read(analysis, slot, timeframe)
    return Structured(
        symbol=symbol, timeframe=timeframe, timeframes=timeframes(analysis),
        higher=higher(analysis, slot, timeframe, told.direction), reading=told,
        candles=_candles(analysis, slot, timeframe, candles) if candles else None,
    )  # fmt: skip


def timeframes(analysis: Analysis) -> list[Timeframe]:
    """Those in which structure is read, from short to long."""
    return [timeframe for timeframe, readings in analysis.candles.items() if readings.structure is not None]


def read(analysis: Analysis, slot: int, timeframe: Timeframe) -> Reading:
    """All that is known of the market at *slot*; *timeframe* is one of `timeframes`."""
    made = _structure(analysis, timeframe)
    return view.read(made.structure, made.kept, slot, _bars(analysis, slot, timeframe), timeframe.ns)


def higher(analysis: Analysis, slot: int, timeframe: Timeframe, direction: int) -> Higher | None:
    """What the next longer timeframe says, None where there is none."""
    longer = [one for one in timeframes(analysis) if one.ns > timeframe.ns]
    if not longer:
        return None
    phase, leans = _short(analysis, slot, longer[0])
    return Higher(
        timeframe=longer[0], phase=phase, direction=leans, agrees=leans == direction if leans and direction else None
    )


def scan(analysis: Analysis, timeframe: Timeframe) -> Scan:
    """Every market that has had enough candles, by symbol, and how many have not."""
    made = _structure(analysis, timeframe)
    summary = made.structure.summary()
    rows, waiting = [], 0
    for symbol, slot in sorted(analysis.markets.universe.slots.items()):
        if summary[slot, 0] < view.WARM_UP:
            waiting += 1
        else:
            rows.append(_scanned(analysis, made, symbol, slot, has_range=bool(summary[slot, 1])))
    return Scan(
        timeframe=timeframe, timeframes=timeframes(analysis), rows=rows, warming_up=waiting, watched=len(rows) + waiting
    )


def _scanned(analysis: Analysis, made: MarketStructure, symbol: str, slot: int, *, has_range: bool) -> Scanned:
    candles = analysis.markets.candles
    last = candles.rows(slot, made.timeframe, 1)
    has_price = bool(is_present(last).any())
    ranges = made.structure.standing(slot)[1] if has_range else []
    there = newest(ranges)
    template, leans, score = made.kept.likeness(slot) if there is not None else (0, 0, 0.0)
    event = made.kept.newest(slot)
    direction = 0 if there is None else int(there.broken) or leans
    return Scanned(
        symbol=symbol, phase="" if there is None else PHASES[int(there.phase)], direction=direction,
        likelihood=None if there is None or made.profile.phases is None else view.likelihoods(there)[int(there.phase)],
        quality=None if there is None else view.quality(there),
        is_confirmed=None if there is None else view.is_confirmed(there),
        creek=None if there is None else math.exp(there.upper), ice=None if there is None else math.exp(there.lower),
        price=float(last["close"][-1]) * candles.tick_size(slot) if has_price else None,
        schematic=TEMPLATES[template - 1] if template else None, score=score if template else None,
        newest=None if event is None else _newest(made, slot, event),
        higher=higher(analysis, slot, made.timeframe, direction),
    )  # fmt: skip


def _newest(made: MarketStructure, slot: int, event: KeptEvent) -> Newest:
    name, file = view.events()[event.kind]
    told = made.profile.confidence.get(name)
    return Newest(
        name=file.NAME if event.direction > 0 else file.MIRRORED, direction=event.direction,
        confirmed_ms=event.time // MILLISECOND, bars_ago=int(made.structure.count(slot)) - 1 - event.confirmed,
        level=math.exp(float(event.values[0])),
        confidence=None if told is None else told.of(float(event.values[-1])),
    )  # fmt: skip


def _structure(analysis: Analysis, timeframe: Timeframe) -> MarketStructure:
    made = analysis.candles[timeframe].structure
    if made is None:
        raise KeyError(timeframe)
    return made


def _bars(analysis: Analysis, slot: int, timeframe: Timeframe) -> view.Bars:
    candles = analysis.markets.candles
    rows = candles.rows(slot, timeframe, candles.capacity(timeframe))
    there = is_present(rows)
    tick = candles.tick_size(slot)
    return view.Bars(
        time=rows["open_time"][there],
        high=np.multiply(rows["high"][there], tick, dtype=np.float64),
        low=np.multiply(rows["low"][there], tick, dtype=np.float64),
        close=np.multiply(rows["close"][there], tick, dtype=np.float64),
    )


def _candles(analysis: Analysis, slot: int, timeframe: Timeframe, count: int) -> Candles:
    kept = analysis.markets.candles
    rows = kept.rows(slot, timeframe, min(count, kept.capacity(timeframe)))
    there = is_present(rows)
    tick = kept.tick_size(slot)
    prices = {name: (rows[name][there] * tick).tolist() for name in ("open", "high", "low", "close")}
    return Candles(
        time_ms=(rows["open_time"][there] // MILLISECOND).tolist(),
        volume=rows["volume"][there].astype(np.float64).tolist(),
        **prices,
    )


def _short(analysis: Analysis, slot: int, timeframe: Timeframe) -> tuple[str, int]:
    """Phase and direction alone."""
    made = _structure(analysis, timeframe)
    there = newest(made.structure.standing(slot)[1])
    if there is None:
        return "", 0
    return PHASES[int(there.phase)], int(there.broken) or made.kept.likeness(slot)[1]

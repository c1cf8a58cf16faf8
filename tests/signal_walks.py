"""Markets that walk at random, with moments at which rules speak and that nothing follows from, or a planted move.

Every rule has its own moments, drawn beforehand with a side each: about one in `every` minutes of each market. They
do not depend on which other rules there are. At such a moment the columns that the rule reads, or the candles that
they are measured from, are what makes it speak. Prices are steps drawn independently, symmetric around 0; with `drift`
each step of the hour after a moment is moved to its side by so much. Nothing else tells the two apart. Wicks return at
once, so that a stop costs a coin a little more than a target brings it: what a rule is worth shows only against random
entries.
"""

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from tests.build import MIDNIGHT
from tests.signalling import FREE, SILENT, SPEAKS, TICK, inputs, signals

from tidemark.market.closed import Closed
from tidemark.market.level import Array
from tidemark.model.candle import Origin
from tidemark.model.signal import Kind, Outcome, Side
from tidemark.model.timeframe import Timeframe
from tidemark.signals.inputs import MIRROR
from tidemark.signals.rules import registry
from tidemark.units import DAY, MINUTE, SECOND

TRADES = tuple(name for name, rule in registry.rules().items() if rule.KIND is Kind.TRADE)
STEPS = 6
# A step of ten seconds has a deviation of two ticks; the range of five minutes is about 0.2.
STEP, ATR, START = 0.02, 0.2, 100.0
DRIFT_STEPS = 60 * STEPS
# What of a rule's parameters the walk decides by itself is out of the way.
GIVEN = {
    "quiet_pause.natr_percentile": "0",
    "quiet_pause.growth": "-10",
    "quiet_pause.short": "true",
    "quiet_pause.life": "2h",
    **{f"{name}.cooldown": "10m" for name in TRADES},
    **{f"{name}.enabled": "false" for name in ("regime_change", "feed_quality")},
}


class Walks:
    """So many markets for so many days; the same seed gives the same."""

    def __init__(self, *, symbols: int, days: int, seed: int, every: int = 400, drift: float = 0.0) -> None:
        rng = np.random.default_rng(seed)
        self.symbols, self.minutes = symbols, days * DAY // MINUTE
        shape = (symbols, self.minutes)
        self.moments = {name: _moments(name, shape, seed=seed, every=every) for name in TRADES}
        steps = rng.normal(0.0, STEP, (*shape, STEPS))
        self._turn(steps)
        flat = steps.reshape(symbols, -1)
        for moments in self.moments.values() if drift else ():
            flat += drift * self._pushes(moments)
        self.close = START + np.cumsum(np.rint(flat / TICK) * TICK, axis=1)
        self.reach = np.rint(rng.exponential(STEP, (2, *flat.shape)) / TICK) * TICK
        self.volume = rng.uniform(50.0, 100.0, flat.shape)
        last = np.zeros(flat.shape, bool)
        last[:, STEPS - 1 :: STEPS] = self.moments["quiet_pause"] != 0
        self.volume[last] = 1.0
        self.reach[:, last] = 0.0

    def run(self, capacity: int = 4096) -> list[Outcome]:
        """Every outcome of it."""
        made = signals([f"M{n}USDT" for n in range(self.symbols)], GIVEN, capacity=capacity, costs=FREE)
        outcomes: list[Outcome] = []
        silent = {name: np.full(self.symbols, value) for rule in TRADES for name, value in SILENT[rule].items()}
        for minute in range(self.minutes):
            for closed in self._candles(minute):
                outcomes += [one for one in made.close(closed) if isinstance(one, Outcome)]
            now = MIDNIGHT + (minute + 1) * MINUTE
            price = self.close[:, (minute + 1) * STEPS - 1]
            columns: dict[str, Any] = {**silent, **self._loud(minute, silent), "price": price}
            own = made.own(now)
            columns |= {name: np.where(one.is_known, one.values, np.nan) for name, (one, _) in own.items()}
            columns |= {"atr": np.full(self.symbols, ATR), "turnover_24h": np.full(self.symbols, 1e6)}
            outcomes += [one for one in made.advance(inputs(now, self.symbols, **columns)) if isinstance(one, Outcome)]
        return outcomes

    def _turn(self, steps: Array) -> None:
        """Turn the minutes of which rules say that they went to their side: they were symmetric before, and are after.

        In the last ten seconds of a quiet pause nothing moves, and its growth has the side that it speaks for.
        """
        went = np.sign(steps.sum(axis=2))
        volume = self.moments["volume_anomaly"]
        steps[(volume != 0) & (went * volume < 0)] *= -1.0
        for symbol, minute in zip(*np.nonzero(self.moments["quiet_pause"]), strict=True):
            steps[symbol, minute, -1] = 0.0
            before = steps[symbol, max(0, minute - 8) : minute + 1]
            if before.sum() * self.moments["quiet_pause"][symbol, minute] < 0:
                before *= -1.0

    def _pushes(self, moments: Array) -> Array:
        """The side of each step that lies within the hour after a moment, summed over moments."""
        pushes = np.zeros((self.symbols, self.minutes * STEPS + DRIFT_STEPS + 1))
        for symbol, minute in zip(*np.nonzero(moments), strict=True):
            begin = (minute + 1) * STEPS
            pushes[symbol, begin] += moments[symbol, minute]
            pushes[symbol, begin + DRIFT_STEPS] -= moments[symbol, minute]
        return np.cumsum(pushes, axis=1)[:, : self.minutes * STEPS]

    def _loud(self, minute: int, silent: Mapping[str, Array]) -> dict[str, Array]:
        """The columns that make rules speak in this minute, to the side of each moment."""
        columns: dict[str, Array] = {}
        for rule in TRADES:
            side = self.moments[rule][:, minute]
            if not side.any():
                continue
            for name, value in SPEAKS[rule].items():
                as_shown, mirrored = side == _shown(rule), side == -_shown(rule)
                before = columns.get(name, silent[name])
                columns[name] = np.where(as_shown, value, np.where(mirrored, _mirrored(rule, name), before))
        return columns

    def _candles(self, minute: int) -> Iterator[Closed]:
        """The candles of ten seconds and of a minute that close with this minute."""
        span = slice(minute * STEPS, (minute + 1) * STEPS)
        close, reach = self.close[:, span], self.reach[:, :, span]
        before = self.close[:, minute * STEPS - 1 : minute * STEPS] if minute else np.full((self.symbols, 1), START)
        opened = np.concatenate([before, close[:, :-1]], axis=1)
        high, low = np.maximum(opened, close) + reach[0], np.minimum(opened, close) - reach[1]
        for step in range(STEPS):
            one = (opened[:, step], high[:, step], low[:, step], close[:, step])
            yield self._closed(
                Timeframe.S10, MIDNIGHT + minute * MINUTE + step * 10 * SECOND, one, self.volume[:, span][:, step], 0.5
            )
        side = self.moments["volume_anomaly"][:, minute]
        volume = self.volume[:, span].sum(axis=1) * np.where(side != 0, 50.0, 1.0)
        whole = (opened[:, 0], high.max(axis=1), low.min(axis=1), close[:, -1])
        yield self._closed(Timeframe.M1, MIDNIGHT + minute * MINUTE, whole, volume, 0.5 + 0.3 * side)

    def _closed(self, timeframe: Timeframe, open_time: int, prices: Any, volume: Array, share: Any) -> Closed:
        opened, high, low, close = (np.rint(price / TICK).astype(np.int32) for price in prices)
        return Closed(
            timeframe=timeframe,
            slots=np.arange(self.symbols, dtype=np.int32),
            open_times=np.full(self.symbols, open_time, np.int64),
            tick_sizes=np.full(self.symbols, TICK),
            rows={
                "open": opened,
                "high": high,
                "low": low,
                "close": close,
                "volume": volume.astype(np.float32),
                "turnover": (volume * close * TICK).astype(np.float32),
                "bought": (volume * share).astype(np.float32),
                "marks": np.full(self.symbols, int(Origin.TRADES) | 7 << 4, np.uint32),
            },
        )


def _moments(rule: str, shape: tuple[int, int], *, seed: int, every: int) -> Array:
    """The side of a rule's moments, 0 where there is none; a rule that knows one side has moments of that alone."""
    rng = np.random.default_rng([seed, zlib.crc32(rule.encode())])
    is_moment = rng.uniform(size=shape) < 1.0 / every
    return np.where(is_moment, rng.choice(_sides(rule), shape), 0)


def _sides(rule: str) -> list[int]:
    return sorted({int(code.side) for code in registry.rules()[rule].CODES.values() if code.side is not None})


def _shown(rule: str) -> int:
    """The side for which the example of the rule speaks."""
    return max(_sides(rule), default=int(Side.LONG))


def _mirrored(rule: str, name: str) -> float:
    """A column of the rule's example in the mirrored market."""
    value: float = SPEAKS[rule][name]
    how = MIRROR[name]
    if how == "opposite":
        return -value
    return 100.0 - value if how == "around 50" else SPEAKS[rule].get(how, value)

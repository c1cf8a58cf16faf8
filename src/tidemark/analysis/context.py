"""Every market against the one that leads: correlation, beta, what it does beyond that, and who moves first.

Returns are those of the logarithm of the close, from one candle to the very next one, and a pair is one of the market
and one of the leader of the same candle: where either is missing there is none. Moments are exponentially weighted in
time, so that a pair a half-life old counts half, whatever came after it. The leader leads where a market's return goes
with the leader's of the candle before, and follows where it goes with the leader's of the candle after.

A candle that changes after it closed corrects the next return, and leaves the moments as they are.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.candle_readings import is_present
from tidemark.market.closed import Closed, Revised
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR

Array = npt.NDArray[Any]

LEADER = "BTCUSDT"
HALF_LIVES: Mapping[Timeframe, int] = {Timeframe.M1: 4 * HOUR, Timeframe.M5: DAY}
# Pairs by weight, before which nothing is said.
LEAST = 30.0
# A market whose newest pair is older than so many candles is in no figure of all of them.
STALE_CANDLES = 3
# With the leader's return of the same candle, of the one before and of the one after.
_SAME, _BEFORE, _AFTER = range(3)
_WEIGHT, _MEAN_X, _MEAN_Y, _XX, _YY, _XY = range(6)
_COLUMNS: Layout = {
    "open_time": (np.int64, ()),
    "close": (np.float64, ()),
    "return_time": (np.int64, ()),
    "change": (np.float64, ()),
    "residual": (np.float64, ()),
    "pair_time": (np.int64, (3,)),
    "moments": (np.float64, (3, 6)),
}
_BPS = 1e4


class Relation(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One market against the leader in one timeframe; None where it is not known, or nothing moved.

    at: when the candle of the newest pair closed, by the exchange's clock, `age_ns` ago. pairs: by weight. alpha_bps:
    what the market does in one candle where the leader does nothing. residual_bps: what it did in the newest candle
    beyond beta times the leader's return, with the beta before; residual_deviation_bps: how much that usually is.
    correlation_before, correlation_after: with the leader's return of the candle before and of the one after.
    """

    symbol: str
    leader: str
    timeframe: Timeframe
    at: int
    age_ns: int
    pairs: float
    correlation: float | None
    beta: float | None
    alpha_bps: float | None
    residual_bps: float | None
    residual_deviation_bps: float | None
    correlation_before: float | None
    correlation_after: float | None


class Alpha(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a market does beyond the leader: alpha_bps a candle; deviations: that in errors of its mean."""

    symbol: str
    alpha_bps: float
    deviations: float
    beta: float
    correlation: float
    age_ns: int


class MarketReading(msgspec.Struct, frozen=True, kw_only=True):
    """All markets in one timeframe, those whose newest pair is older than three candles left out.

    mean_bps, dispersion_bps: of the returns of the newest candle at `at`, the deviation that of the population; of
    `moved` markets. mean_correlation, mean_beta: over `related` markets, the leader itself left out. None: of none.
    ranking: by alpha, the highest first.
    """

    timeframe: Timeframe
    leader: str
    at: int | None
    age_ns: int | None
    moved: int
    mean_bps: float | None
    dispersion_bps: float | None
    related: int
    mean_correlation: float | None
    mean_beta: float | None
    ranking: tuple[Alpha, ...]


class Context:
    """The relations of all series of *universe* to the market *leader*, in the timeframes of *half_lives*.

    Memory: 208 bytes a series and timeframe.
    """

    def __init__(
        self,
        universe: Universe,
        *,
        series: int,
        ledger: Ledger,
        leader: str = LEADER,
        half_lives: Mapping[Timeframe, int] = HALF_LIVES,
    ) -> None:
        self.leader = leader
        self._universe = universe
        self._half_lives = dict(half_lives)
        self._tables = {one: Table(_owner(one), slots=series, columns=_COLUMNS) for one in half_lives}
        for table in self._tables.values():
            ledger.open(table)

    @staticmethod
    def reserve(*, series: int, half_lives: Mapping[Timeframe, int] = HALF_LIVES) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(_owner(one), slots=series, columns=_COLUMNS) for one in half_lives]

    @property
    def timeframes(self) -> tuple[Timeframe, ...]:
        """Those in which markets are compared."""
        return tuple(self._tables)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to."""
        return {
            f"{timeframe.value}/{name}": column
            for timeframe, table in self._tables.items()
            for name, column in table.columns.items()
        }

    def close(self, closed: Closed) -> None:
        """Take candles that closed together, or changed after that."""
        table = self._tables.get(closed.timeframe)
        if table is None:
            return
        closes = np.multiply(closed.rows["close"], closed.tick_sizes, dtype=np.float64)
        present = is_present(closed.rows) & (closes > 0.0)
        if isinstance(closed, Revised):
            _revise(table.columns, closed.slots, closed.open_times, closes, present)
            return
        fit = present & (closed.open_times > table.columns["open_time"][closed.slots])
        if fit.any():
            self._take(closed.timeframe, closed.slots[fit], closed.open_times[fit], closes[fit])

    def clear(self, slot: int) -> None:
        """Forget the market of *slot*."""
        for table in self._tables.values():
            table.clear(slot)

    def read(self, slot: int, timeframe: Timeframe, now_ns: int) -> Relation | None:
        """How the market of *slot* stands to the leader at *now_ns* of the exchange's clock, None before any pair."""
        instrument = self._universe.instrument(slot)
        columns = self._tables[timeframe].columns
        opened = int(columns["pair_time"][slot, _SAME])
        if instrument is None or not opened:
            return None
        moments = columns["moments"][slot]
        same = _fit(moments[_SAME])
        return Relation(
            symbol=instrument.symbol,
            leader=self.leader,
            timeframe=timeframe,
            at=opened + timeframe.ns,
            age_ns=now_ns - opened - timeframe.ns,
            pairs=float(moments[_SAME, _WEIGHT]),
            correlation=_known(same.correlation),
            beta=_known(same.beta),
            alpha_bps=_known(_BPS * same.alpha),
            residual_bps=_known(_BPS * columns["residual"][slot]) if _known(same.beta) is not None else None,
            residual_deviation_bps=_known(_BPS * same.deviation),
            correlation_before=_known(_fit(moments[_BEFORE]).correlation),
            correlation_after=_known(_fit(moments[_AFTER]).correlation),
        )

    def market(self, timeframe: Timeframe, now_ns: int) -> MarketReading:
        """All markets at *now_ns* of the exchange's clock."""
        columns = self._tables[timeframe].columns
        occupied = self._universe.occupied()
        slots = np.array([slot for slot, _ in occupied], np.int64)
        names = [instrument.symbol for _, instrument in occupied]
        is_leader = np.array([name == self.leader for name in names], bool)
        age = now_ns - columns["pair_time"][slots, _SAME] - timeframe.ns
        is_fresh = age <= STALE_CANDLES * timeframe.ns
        fits = _fit(columns["moments"][slots, _SAME])
        related = is_fresh & ~is_leader & np.isfinite(fits.beta)
        returned = columns["return_time"][slots]
        newest = int(returned.max(initial=0))
        is_newest = (returned == newest) & (newest > 0) & (now_ns - newest <= (1 + STALE_CANDLES) * timeframe.ns)
        changes = _BPS * columns["change"][slots][is_newest]
        moved = len(changes)
        order = [i for i in np.argsort(-fits.alpha, kind="stable").tolist() if related[i]]
        count = len(order)
        return MarketReading(
            timeframe=timeframe,
            leader=self.leader,
            at=newest + timeframe.ns if moved else None,
            age_ns=now_ns - newest - timeframe.ns if moved else None,
            moved=moved,
            mean_bps=float(changes.mean()) if moved else None,
            dispersion_bps=float(changes.std()) if moved else None,
            related=count,
            mean_correlation=_mean(fits.correlation[related]),
            mean_beta=_mean(fits.beta[related]),
            ranking=tuple(
                Alpha(
                    symbol=names[i],
                    alpha_bps=float(_BPS * fits.alpha[i]),
                    deviations=float(fits.deviations[i]),
                    beta=float(fits.beta[i]),
                    correlation=float(fits.correlation[i]),
                    age_ns=int(age[i]),
                )
                for i in order
            ),
        )

    def _take(self, timeframe: Timeframe, slots: Array, open_times: Array, closes: Array) -> None:
        columns = self._tables[timeframe].columns
        leader = self._universe.slots.get(self.leader, -1)
        led_before = (0, 0.0) if leader < 0 else (int(columns["return_time"][leader]), float(columns["change"][leader]))
        before_time, before = columns["return_time"][slots], columns["change"][slots]
        last = columns["close"][slots]
        follows = (columns["open_time"][slots] == open_times - timeframe.ns) & (last > 0.0)
        changes = np.log(np.divide(closes, last, out=np.ones(len(closes)), where=follows))
        columns["open_time"][slots], columns["close"][slots] = open_times, closes
        columns["return_time"][slots] = np.where(follows, open_times, 0)
        columns["change"][slots] = changes
        if leader < 0:
            return
        led_time, led = int(columns["return_time"][leader]), float(columns["change"][leader])
        is_led = follows & (open_times == led_time)
        self._residuals(columns, slots[is_led], changes[is_led], led)
        is_led_before = is_led & (led_before[0] == open_times - timeframe.ns)
        is_leading = is_led & (before_time == open_times - timeframe.ns)
        for kind, where, x, y in (
            (_SAME, is_led, led, changes),
            (_BEFORE, is_led_before, led_before[1], changes),
            (_AFTER, is_leading, led, before),
        ):
            self._pair(timeframe, kind, slots[where], led_time, x, y[where])

    def _residuals(self, columns: Mapping[str, Array], slots: Array, changes: Array, led: float) -> None:
        beta = _fit(columns["moments"][slots, _SAME]).beta
        columns["residual"][slots] = changes - np.where(np.isfinite(beta), beta, 0.0) * led

    def _pair(self, timeframe: Timeframe, kind: int, slots: Array, at: int, x: float, y: Array) -> None:
        """Weigh what was and add one pair each; D. H. D. West, Updating Mean and Variance Estimates (1979)."""
        columns = self._tables[timeframe].columns
        moments, times = columns["moments"][slots, kind], columns["pair_time"][slots, kind]
        left = np.ones(moments.shape)
        left[:, (_WEIGHT, _XX, _YY, _XY)] = np.exp2(-(at - times) / self._half_lives[timeframe])[:, None]
        moments = moments * left
        moments[:, _WEIGHT] += 1.0
        away_x, away_y = x - moments[:, _MEAN_X], y - moments[:, _MEAN_Y]
        moments[:, _MEAN_X] += away_x / moments[:, _WEIGHT]
        moments[:, _MEAN_Y] += away_y / moments[:, _WEIGHT]
        moments[:, _XX] += away_x * (x - moments[:, _MEAN_X])
        moments[:, _YY] += away_y * (y - moments[:, _MEAN_Y])
        moments[:, _XY] += away_x * (y - moments[:, _MEAN_Y])
        columns["moments"][slots, kind], columns["pair_time"][slots, kind] = moments, at


class _Fits(msgspec.Struct, frozen=True):
    """The straight line through pairs, y = alpha + beta x; NaN where there are too few or nothing moved.

    deviation: of the residuals; deviations: alpha in errors of its mean, the pairs by weight taken for as many.
    """

    correlation: Array
    beta: Array
    alpha: Array
    deviation: Array
    deviations: Array


def _fit(moments: Array) -> _Fits:
    weight, mean_x, mean_y, xx, yy, xy = (moments[..., number] for number in range(6))
    with np.errstate(divide="ignore", invalid="ignore"):
        beta = np.where((weight >= LEAST) & (xx > 0.0), xy / xx, np.nan)
        correlation = np.clip(
            np.where((weight >= LEAST) & (xx > 0.0) & (yy > 0.0), xy / np.sqrt(xx * yy), np.nan), -1, 1
        )
        alpha = mean_y - beta * mean_x
        deviation = np.sqrt(np.maximum(yy - beta * xy, 0.0) / weight)
        error = deviation * np.sqrt(1.0 / weight + mean_x * mean_x / xx)
        deviations = np.where(error > 0.0, alpha / error, 0.0)
    return _Fits(correlation, beta, alpha, deviation, deviations)


def _revise(columns: Mapping[str, Array], slots: Array, open_times: Array, closes: Array, present: Array) -> None:
    """Correct the newest close of each series; one that is absent now is followed by nothing."""
    newest = columns["open_time"][slots] == open_times
    corrected, gone = newest & present, newest & ~present
    columns["close"][slots[corrected]] = closes[corrected]
    for name in ("close", "return_time"):
        columns[name][slots[gone]] = 0


def _known(figure: Any) -> float | None:
    value = float(figure)
    return value if math.isfinite(value) else None


def _mean(figures: Array) -> float | None:
    known = figures[np.isfinite(figures)]
    return float(known.mean()) if len(known) else None


def _owner(timeframe: Timeframe) -> str:
    return f"analysis/context/{timeframe.value}"

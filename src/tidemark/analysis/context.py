"""Every market against the one that leads: correlation, beta, what it does beyond that, and who moves first.

Returns are those of the logarithm of the close, from one candle to the very next one, and a pair is one of the market
and one of the leader of the same candle: where either is missing there is none. Moments are exponentially weighted in
time, so that a pair a half-life old counts half, whatever came after it. The leader leads where a market's return goes
with the leader's of the candle before, and follows where it goes with the leader's of the candle after.

A candle that changes after it closed corrects the next return at once. Then its series is read anew from the candles
that are kept, and all series are when it was one of the leader's: what they say takes the place of the moments where it
has more weight, as it has when history arrives.
"""

import math
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.candle_readings import is_present
from tidemark.analysis.pairs import WEIGHT, add, fit, of_all
from tidemark.analysis.rebuilding import Rebuilding
from tidemark.market.closed import Closed, Revised
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR

Array = npt.NDArray[Any]

LEADER = "BTCUSDT"
HALF_LIVES: Mapping[Timeframe, int] = {Timeframe.M1: 4 * HOUR, Timeframe.M5: DAY}
# Series that are read anew at a time, at most.
REBUILT = 20
# A market whose newest pair is older than so many candles is in no figure of all of them.
STALE_CANDLES = 3
# The opening (ns) and the close of the candles of a series that are kept, absent ones left out, oldest first.
Closes = tuple[Array, Array]
# With the leader's return of the same candle, of the one before and of the one after.
_SAME, _BEFORE, _AFTER = range(3)
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
# Sums in another order differ by less.
_ROUNDING = 1e-9
_STALE = "analysis/context/stale"


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
    """What a market does beyond the leader: alpha_bps a candle; deviations: that in errors of its mean.

    correlation: None of a price that stands still.
    """

    symbol: str
    alpha_bps: float
    deviations: float
    beta: float
    correlation: float | None
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

    Memory: 209 bytes a series and timeframe.
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
        self._rebuilding = Rebuilding(_STALE, series=series, timeframes=len(self._tables), ledger=ledger)

    @staticmethod
    def reserve(*, series: int, half_lives: Mapping[Timeframe, int] = HALF_LIVES) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        tables = [Table.reserve(_owner(one), slots=series, columns=_COLUMNS) for one in half_lives]
        return [*tables, *Rebuilding.reserve(_STALE, series=series, timeframes=len(half_lives))]

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
            self._mark(closed)
            return
        fit = present & (closed.open_times > table.columns["open_time"][closed.slots])
        if fit.any():
            self._take(closed.timeframe, closed.slots[fit], closed.open_times[fit], closes[fit])

    def rebuild(self, closes: Callable[[int, Timeframe], Closes]) -> None:
        """Read some of those anew whose candles changed, from what *closes* gives of a series in a timeframe."""
        timeframes = tuple(self._tables)
        led: dict[Timeframe, Closes] = {}  # bounded: the timeframes
        for slot, number in islice(self._rebuilding.due(), REBUILT):
            timeframe = timeframes[number]
            leader = self._universe.slots.get(self.leader)
            if leader is None:
                continue
            if timeframe not in led:
                led[timeframe] = closes(leader, timeframe)
            self._read_anew(timeframe, slot, closes(slot, timeframe), led[timeframe])

    def clear(self, slot: int) -> None:
        """Forget the market of *slot*."""
        self._rebuilding.clear(slot)
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
        same = fit(moments[_SAME])
        return Relation(
            symbol=instrument.symbol,
            leader=self.leader,
            timeframe=timeframe,
            at=opened + timeframe.ns,
            age_ns=now_ns - opened - timeframe.ns,
            pairs=float(moments[_SAME, WEIGHT]),
            correlation=_known(same.correlation),
            beta=_known(same.beta),
            alpha_bps=_known(_BPS * same.alpha),
            residual_bps=_known(_BPS * columns["residual"][slot]) if _known(same.beta) is not None else None,
            residual_deviation_bps=_known(_BPS * same.deviation),
            correlation_before=_known(fit(moments[_BEFORE]).correlation),
            correlation_after=_known(fit(moments[_AFTER]).correlation),
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
        lines = fit(columns["moments"][slots, _SAME])
        related = is_fresh & ~is_leader & np.isfinite(lines.beta)
        returned = columns["return_time"][slots]
        newest = int(returned.max(initial=0))
        is_newest = (returned == newest) & (newest > 0) & (now_ns - newest <= (1 + STALE_CANDLES) * timeframe.ns)
        changes = _BPS * columns["change"][slots][is_newest]
        moved = len(changes)
        order = [i for i in np.argsort(-lines.alpha, kind="stable").tolist() if related[i]]
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
            mean_correlation=_mean(lines.correlation[related]),
            mean_beta=_mean(lines.beta[related]),
            ranking=tuple(
                Alpha(
                    symbol=names[i],
                    alpha_bps=float(_BPS * lines.alpha[i]),
                    deviations=float(lines.deviations[i]),
                    beta=float(lines.beta[i]),
                    correlation=_known(lines.correlation[i]),
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

    def _mark(self, revised: Revised) -> None:
        leader = self._universe.slots.get(self.leader, -1)
        number = tuple(self._tables).index(revised.timeframe)
        every = [slot for slot, _ in self._universe.occupied()] if leader in revised.slots else revised.slots
        self._rebuilding.mark(every, number)

    def _read_anew(self, timeframe: Timeframe, slot: int, own: Closes, led: Closes) -> None:
        columns = self._tables[timeframe].columns
        (own_times, own_changes), (led_times, led_changes) = _changes(own, timeframe.ns), _changes(led, timeframe.ns)
        times, at_own, at_led = np.intersect1d(own_times, led_times, assume_unique=True, return_indices=True)
        x, y = led_changes[at_led], own_changes[at_own]
        was_led, led_before = _values_at(times - timeframe.ns, led_times, led_changes)
        was_there, before = _values_at(times - timeframe.ns, own_times, own_changes)
        if self._replace(timeframe, slot, _SAME, times, x, y):
            columns["residual"][slot] = y[-1] - _slope(self._moments(timeframe, times[:-1], x[:-1], y[:-1])) * x[-1]
        self._replace(timeframe, slot, _BEFORE, times[was_led], led_before[was_led], y[was_led])
        self._replace(timeframe, slot, _AFTER, times[was_there], x[was_there], before[was_there])
        opened, closes = own
        if len(opened) and opened[-1] >= columns["open_time"][slot]:
            follows = len(own_times) > 0 and own_times[-1] == opened[-1]
            columns["open_time"][slot], columns["close"][slot] = opened[-1], closes[-1]
            columns["return_time"][slot] = opened[-1] if follows else 0
            columns["change"][slot] = own_changes[-1] if follows else 0.0

    def _replace(self, timeframe: Timeframe, slot: int, kind: int, times: Array, x: Array, y: Array) -> bool:
        """Let these pairs take the place of those that were told, unless these have less weight; whether they do."""
        if not len(times):
            return False
        columns, half_life = self._tables[timeframe].columns, self._half_lives[timeframe]
        made, told = self._moments(timeframe, times, x, y), columns["moments"][slot, kind]
        later_ns = float(times[-1] - columns["pair_time"][slot, kind])
        if told[WEIGHT] > 0.0 and made[WEIGHT] < (1.0 - _ROUNDING) * told[WEIGHT] * np.exp2(-later_ns / half_life):
            return False
        columns["moments"][slot, kind], columns["pair_time"][slot, kind] = made, times[-1]
        return True

    def _moments(self, timeframe: Timeframe, times: Array, x: Array, y: Array) -> Array:
        """As of the newest of *times*."""
        return of_all(np.exp2((times - times[-1:].sum()) / self._half_lives[timeframe]), x, y)

    def _residuals(self, columns: Mapping[str, Array], slots: Array, changes: Array, led: float) -> None:
        columns["residual"][slots] = changes - _slope(columns["moments"][slots, _SAME]) * led

    def _pair(self, timeframe: Timeframe, kind: int, slots: Array, at: int, x: float, y: Array) -> None:
        """Weigh what was and add one pair each."""
        columns = self._tables[timeframe].columns
        left = np.exp2(-(at - columns["pair_time"][slots, kind]) / self._half_lives[timeframe])
        columns["moments"][slots, kind] = add(columns["moments"][slots, kind], left, x, y)
        columns["pair_time"][slots, kind] = at


def _slope(moments: Array) -> Array:
    """Beta, 0 where it is not known."""
    beta = fit(moments).beta
    slope: Array = np.where(np.isfinite(beta), beta, 0.0)
    return slope


def _changes(closes: Closes, ns: int) -> tuple[Array, Array]:
    """The returns of the candles that follow the one right before them: when those opened, and of the logarithm."""
    opened, prices = closes
    follows = np.flatnonzero(np.diff(opened) == ns)
    return opened[follows + 1], np.log(prices[follows + 1] / prices[follows])


def _values_at(wanted: Array, times: Array, values: Array) -> tuple[Array, Array]:
    """Which of *wanted* are among the ordered *times*, bool (n,), and their values, 0 for the others."""
    if not len(times):
        return np.zeros(len(wanted), bool), np.zeros(len(wanted))
    at = np.minimum(np.searchsorted(times, wanted), len(times) - 1)
    found = times[at] == wanted
    return found, np.where(found, values[at], 0.0)


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

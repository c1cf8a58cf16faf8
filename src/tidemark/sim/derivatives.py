"""Open interest, funding, the accounts' sides and liquidations of the made-up markets.

All but the liquidations are functions of the market and the time, so that any past can be told and agrees with what
the tickers said then.

Memory: a few numbers a slot.
"""

import math

import msgspec
import numpy as np

from tidemark.kernels.page import view
from tidemark.sim.dynamics import SLICE_MS, Dynamics, Floats
from tidemark.sim.market import Market

HOUR_MS = 3_600_000
# An account-share point, an open-interest point: at multiples of five minutes.
POINT_MS = 300_000
# A market that moves much liquidates so many times more often than one that moves as usual, at most.
MOST_STRESS = 16.0


class Liquidation(msgspec.Struct, frozen=True, gc=False):
    """A position that was closed by force: at *ticks* it is bankrupt, at *average* it was closed."""

    slot: int
    time_ms: int
    is_long: bool
    ticks: int
    average: int
    lots: int


class Derivatives:
    """The figures of *slots* markets; *a_second* liquidations over all of them.

    `apart_ms`: a market has at most one liquidation within that time, as Binance's stream tells no more.
    """

    def __init__(self, rng: np.random.Generator, slots: int, a_second: float, apart_ms: int) -> None:
        self._rng = rng
        self._a_second = a_second
        self._apart_ms = apart_ms
        self.interests = view(np.zeros(slots))
        self._last_ms = [0] * slots
        self.liquidations = [0] * slots
        self._of: Floats | None = None
        self._weights = self._usual = np.zeros(slots)

    def place(self, slot: int, lot_value: float) -> None:
        """Give *slot* to a market whose lot is worth *lot_value*."""
        self.interests[slot] = 2e7 / (2.0 + slot) / lot_value
        self._last_ms[slot] = self.liquidations[slot] = 0

    def open_interest(self, slot: int, time_ms: int) -> int:
        """The open interest at *time_ms*, in lots; it changes once a second."""
        hours = time_ms // 1000 / 3600.0
        waves = 0.2 * math.sin(hours / 3.0 + 2.0 * slot) + 0.01 * math.sin(hours * 9.0 + slot)
        interest: float = self.interests[slot] * (1.0 + waves)
        return max(1, round(interest))

    @staticmethod
    def funding_rate(slot: int, time_ms: int) -> float:
        """The rate that is shown at *time_ms*, and settled if that is a settlement."""
        minutes = time_ms // 60_000
        return round(0.0001 + 0.0002 * math.sin(minutes / 300.0 + slot), 8)

    @staticmethod
    def long_share(slot: int, time_ms: int) -> float:
        """The share of accounts that are long, of the five minutes that ended last; four decimals."""
        points = time_ms // POINT_MS
        return round(0.5 + 0.12 * math.sin(points / 40.0 + slot) + 0.02 * math.sin(points * 1.7 + 3.0 * slot), 4)

    @staticmethod
    def settlements(market: Market, first_ms: int, last_ms: int) -> range:
        """The times at which funding was settled within [first_ms, last_ms], since the market was listed."""
        every = market.funding_interval_h * HOUR_MS
        begin = max(first_ms, market.launched_ms + 1)
        return range(-(-begin // every) * every, last_ms + 1, every)

    @staticmethod
    def stamp(slot: int, settled_ms: int) -> int:
        """When a settlement is said to have been: up to 12 ms late, mostly not at all."""
        return settled_ms + max(0, (slot * 7919 + settled_ms // HOUR_MS * 31) % 26 - 13)

    def slice(self, start_ms: int, dynamics: Dynamics) -> list[Liquidation]:
        """The liquidations of the slice from *start_ms* on, in order of time: a function of its moves."""
        rng, dt = self._rng, SLICE_MS / 1000.0
        before, after = dynamics.before, dynamics.after
        shares = dynamics.shares()
        if self._of is not shares:
            # What neither time nor chance changes.
            weights = dynamics.activity**0.6
            self._of, self._weights = shares, weights / max(float(weights.sum()), 1e-12)
            self._usual = math.sqrt(dt / 60.0) * np.hypot(dynamics.sigma, dynamics.beta * dynamics.sigma[0])
        moves = np.log(after / before)
        stress = np.minimum((moves / self._usual) ** 2, MOST_STRESS)
        rates = self._weights * stress * (self._a_second * dt)
        count = rng.poisson(float(rates.sum()))
        if count == 0:
            return []
        slots = np.searchsorted(np.cumsum(rates), rng.random(count) * rates.sum(), side="right")
        offsets = np.sort(rng.integers(0, SLICE_MS, count))
        worth = np.exp(rng.normal(6.0, 1.6, count))
        found = []
        for slot, offset, value in zip(slots.tolist(), offsets.tolist(), worth.tolist(), strict=True):
            time_ms = start_ms + offset
            if slot >= dynamics.slots or time_ms - self._last_ms[slot] < self._apart_ms:
                continue
            self._last_ms[slot] = time_ms
            self.liquidations[slot] += 1
            is_long = bool(moves[slot] < 0.0)
            average = max(1, round(float(after[slot])))
            bankrupt = max(1, round(average * (0.996 if is_long else 1.004)))
            lots = max(1, round(value / float(dynamics.lot_value[slot])))
            found.append(Liquidation(slot, time_ms, is_long, bankrupt, average, lots))
        return found

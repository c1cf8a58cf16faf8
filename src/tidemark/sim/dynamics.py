"""How the made-up market moves: who trades when, and where the fair prices go.

Arrivals excite further arrivals (a Hawkes process in slices), volatility changes between regimes, and every price
takes part in the leader's moves. All of it is a function of the seed.
"""

import math
from statistics import NormalDist

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import fills as kernel
from tidemark.sim.trades import Bools, Ints

SLICE_MS = 250
LATENCY_MS = 3
MEAN_FILLS = 2.8
MOST_FILLS = 60
LEVEL_STEP = 0.3
SPLIT_FILL = 0.4
BRANCHING = 0.7
DECAY_S = 1.0
CLUSTERED = 0.45
# Calm, usual and wild: how volatile, how busy, and how likely to be left within a slice.
REGIME_VOLATILITY = np.array((0.55, 1.0, 2.6))
REGIME_ACTIVITY = np.array((0.88, 1.0, 1.3))
REGIME_LEAVE = np.array((1 / 1200, 1 / 1800, 1 / 400))
# Mean and deviation of the logarithm of a trade's worth in quote currency: half of them are below 100 USDT.
LOG_NOTIONAL = (4.6, 1.4)
MINUTE_VOLATILITY = 0.0006
REVERSION_DAYS = 3.0
MOST_LOTS = 5_000_000

Floats = npt.NDArray[np.float64]
NOTHING: Floats = np.zeros(0)


class Block(msgspec.Struct, frozen=True):
    """One slice: market orders sorted by slot, then time, their fills in the same order, and quote changes by time."""

    slot: Ints
    time_ms: Ints
    is_buy: Bools
    first: Ints
    fills: Ints
    fill_slot: Ints
    fill_ticks: Ints
    fill_lots: Ints
    fill_is_buy: Bools
    fill_time_ms: Ints
    fill_order: Ints
    quote_slot: Ints
    quote_time_ms: Ints
    quote_bid: Ints
    quote_ask: Ints
    quote_sizes: Ints

    def in_time(self) -> Ints:
        """Orders (their index) and quotes (their index after the last order), in order of time."""
        return np.argsort(np.concatenate((self.time_ms, self.quote_time_ms)), kind="stable")


class Dynamics:
    """Fair prices, regimes and arrival rates of *slots* markets."""

    def __init__(self, rng: np.random.Generator, slots: int, orders_a_second: float, quotes_a_second: float) -> None:
        self.rng = rng
        self.slots = slots
        self._orders_a_second = orders_a_second
        self._quotes_a_second = quotes_a_second
        self.activity = np.zeros(slots)
        self.tick = np.ones(slots)
        self.lot_value = np.ones(slots)
        self.half_spread = np.ones(slots, np.int64)
        self.anchor = np.zeros(slots)
        self.fair = np.ones(slots)
        self.sigma = MINUTE_VOLATILITY * (1.0 + rng.gamma(2.0, 0.6, slots))
        self.beta = 0.6 + rng.gamma(4.0, 0.15, slots)
        self.sigma[0], self.beta[0] = MINUTE_VOLATILITY, 0.0
        # Fair prices at the beginning and the end of the newest slice, in ticks.
        self.before, self.after = np.ones(slots), np.ones(slots)
        self._excited = np.zeros(slots)
        self._regime = 1
        self._own_wild = np.zeros(slots, np.bool_)
        # Functions of the activity, made when they are asked for.
        self._shares: Floats | None = None
        self._weights: Floats | None = None

    def place(self, slot: int, price: float, tick: float, lot: float, activity: float) -> None:
        """Put a market into *slot*, or with activity 0 take one out."""
        self.tick[slot] = tick
        self.lot_value[slot] = lot * price
        self.fair[slot] = price
        self.anchor[slot] = math.log(price)
        self.half_spread[slot] = max(1, round(price * 0.00004 / tick))
        self.activity[slot] = activity
        self._shares = self._weights = None
        self._excited[slot] = 0.0

    def trades_per_minute(self) -> Floats:
        """Mean number of trades a minute of each market."""
        weights: Floats = self.activity / max(float(self.activity.sum()), 1e-12)
        return weights * (self._orders_a_second * MEAN_FILLS * 60.0)

    def mean_lots(self) -> Floats:
        """Mean size of a trade of each market, in lots: of the rounded log-normal sizes that `slice` draws."""
        normal = NormalDist(*LOG_NOTIONAL)
        notional = np.exp([normal.inv_cdf((k + 0.5) / 1000) for k in range(1000)])
        rounded: Floats = np.maximum(1.0, np.rint(notional[:, None] / self.lot_value))
        means: Floats = rounded.mean(axis=0)
        return means

    def settle(self) -> None:
        """Begin as excited as the market is on average."""
        weights = self.activity / max(self.activity.sum(), 1e-12)
        self._excited = weights * (self._orders_a_second * BRANCHING)

    def _step(self) -> tuple[Floats, Floats]:
        """Fair prices, in ticks, at the beginning and the end of the next slice."""
        rng, dt = self.rng, SLICE_MS / 1000.0
        if rng.random() < REGIME_LEAVE[self._regime]:
            self._regime = int(rng.choice([k for k in range(3) if k != self._regime]))
        flips = rng.random(self.slots)
        self._own_wild = np.where(self._own_wild, flips > 1 / 480, flips < 1 / 14400)
        scale = math.sqrt(dt / 60.0) * REGIME_VOLATILITY[self._regime]
        noise = rng.standard_normal(self.slots)
        returns = scale * self.sigma * noise * np.where(self._own_wild, 3.0, 1.0)
        returns += self.beta * returns[0]
        before = self.fair / self.tick
        pull = (self.anchor - np.log(self.fair)) * (dt / (REVERSION_DAYS * 86_400.0))
        # At least ten ticks: a market at the bottom of its grid has no book to trade in.
        self.fair = np.maximum(self.fair * np.exp(returns + pull), 10.0 * self.tick)
        return before, self.fair / self.tick

    def slice(self, start_ms: int, rate_factor: float) -> Block:
        """Everything that happens in the slice from *start_ms* on."""
        rng, dt = self.rng, SLICE_MS / 1000.0
        before, after = self.before, self.after = self._step()
        base = self.weights() * (self._orders_a_second * (1.0 - BRANCHING) * float(REGIME_ACTIVITY[self._regime]))
        counts = rng.poisson(np.minimum((base + self._excited) * (rate_factor * dt), 1e6))
        self._excited *= math.exp(-dt / DECAY_S)
        self._excited += counts * (BRANCHING * (1.0 - math.exp(-dt / DECAY_S)) / (dt * rate_factor))
        n = int(counts.sum())
        # All draws come in one order, and before what is made of them.
        offset = rng.random(n) * SLICE_MS
        follows, closely = (rng.random(n - 1), rng.exponential(3.0, n - 1)) if n > 1 else (NOTHING, NOTHING)
        buys = rng.random(n)
        fills = np.minimum(rng.geometric(1.0 / MEAN_FILLS, n), MOST_FILLS)
        slot, time_ms, touch = (np.empty(n, np.int64) for _ in range(3))
        is_buy = np.empty(n, np.bool_)
        kernel.orders(
            counts, offset, follows, closely, buys, before, after, self.half_spread, CLUSTERED, SLICE_MS, start_ms,
            slot, time_ms, is_buy.view(np.uint8), touch,
        )  # fmt: skip
        return self._fill(start_ms, slot, time_ms, is_buy, touch, fills, rate_factor)

    def _fill(
        self, start_ms: int, slot: Ints, time_ms: Ints, is_buy: Bools, touch: Ints, fills: Ints, rate_factor: float
    ) -> Block:
        rng, n = self.rng, int(fills.sum())
        steps = rng.random(n)
        worth = np.exp(rng.normal(*LOG_NOTIONAL, n))
        splits = rng.random(n)
        first = np.empty(slot.size, np.int64)
        fill_slot, ticks, lots, fill_time_ms, order = (np.empty(n, np.int64) for _ in range(5))
        buys = np.empty(n, np.bool_)
        kernel.fills(
            slot, time_ms, is_buy.view(np.uint8), touch, fills, steps, worth, splits, self.lot_value, LEVEL_STEP,
            SPLIT_FILL, MOST_LOTS, first, fill_slot, ticks, lots, buys.view(np.uint8), fill_time_ms, order,
        )  # fmt: skip
        before, after = self.before, self.after
        quotes = int(rng.poisson(self._quotes_a_second * rate_factor * SLICE_MS / 1000.0))
        shares = self.shares()
        quote_slot = np.searchsorted(shares, rng.random(quotes) * shares[-1], side="right")
        quote_offset = np.sort(rng.random(quotes) * SLICE_MS)
        middle = np.rint(before[quote_slot] + (after - before)[quote_slot] * (quote_offset / SLICE_MS)).astype(np.int64)
        spread = self.half_spread[quote_slot]
        # A pareto tail: most quotes show little, a few show a wall.
        tails = 40.0 / np.minimum(self.lot_value[quote_slot], 40.0)
        sizes = 1 + (rng.pareto(1.3, (quotes, 2)) * tails[:, None]).astype(np.int64)
        return Block(
            slot, time_ms, is_buy, first, fills, fill_slot, ticks, lots, buys, fill_time_ms, order,
            quote_slot, start_ms + quote_offset.astype(np.int64),
            np.maximum(1, middle - spread), np.maximum(2, middle + spread),
            sizes,
        )  # fmt: skip

    def shares(self) -> Floats:
        """The sums of the shares in all quotes, market by market."""
        if self._shares is None:
            self._shares = np.cumsum(self.activity**0.6)
        return self._shares

    def weights(self) -> Floats:
        """The share of each market in all trades."""
        if self._weights is None:
            self._weights = self.activity / max(self.activity.sum(), 1e-12)
        return self._weights

    def stop(self, slot: int) -> None:
        """Nobody trades in *slot* any more."""
        self.activity[slot] = 0.0
        self._shares = self._weights = None

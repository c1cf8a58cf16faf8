"""The made-up market as a source of frames: a function of its seed and settings, in slices of a quarter second."""

import math
from collections.abc import Collection, Iterator, Sequence

import msgspec
import numpy as np

from tidemark.kernels.page import Page
from tidemark.sim.binance.stream import BinanceStream
from tidemark.sim.book import DEPTH, Books, Ladder
from tidemark.sim.bybit.stream import BybitStream
from tidemark.sim.derivatives import Derivatives
from tidemark.sim.dynamics import LEVEL_STEP, MEAN_FILLS, SLICE_MS, Dynamics, Floats
from tidemark.sim.history import History
from tidemark.sim.longer import Candle
from tidemark.sim.market import Asked, Contract, Frame, Market, Print, Quote, State
from tidemark.sim.pages import unpaged
from tidemark.sim.past import write_past
from tidemark.sim.settings import SimSettings
from tidemark.sim.trades import Fill, Ints
from tidemark.sim.truth import MINUTE_MS, RECENT, Truth
from tidemark.sim.universe import Universe, strangers
from tidemark.sim.wanted import Wanted
from tidemark.sim.wire import Wire

TRADE_SHARE = 0.6
MILLISECOND = 1_000_000
SETTLING_MS = 300_000
# The largest markets stay: the leader of all others is among them.
NEVER_DELISTED = 10


class Generator:
    """Frames of `settings.symbols` made-up markets; the same settings and start give the same bytes.

    Memory: that of `Truth`, and one slice; nothing grows with what was sent.
    """

    def __init__(self, settings: SimSettings, start_ns: int) -> None:
        self.venue = settings.venue
        self._seed = settings.seed
        self._slice_ms = start_ns // MILLISECOND // SLICE_MS * SLICE_MS
        self._wait = settings.speed is None
        self._churn_ms = round(settings.churn_s * 1000)
        self._churn_rng = np.random.default_rng((settings.seed, 3))
        self._universe = Universe(settings.seed, self._slice_ms)
        odd = list(strangers(settings.venue, self._slice_ms))
        spare = 4 if self._churn_ms else 0
        self._tradable = settings.symbols + spare
        slots = self._tradable + len(odd)
        is_bybit = settings.venue == "bybit"
        aggregates = 1.0 if is_bybit else 1.0 + (MEAN_FILLS - 1.0) * LEVEL_STEP
        rng = np.random.default_rng((settings.seed, 2))
        self.dynamics = Dynamics(
            rng, slots, settings.rate * TRADE_SHARE / aggregates, settings.rate * (1.0 - TRADE_SHARE)
        )
        markets = [self._universe.draw() for _ in range(settings.symbols)]
        self.truth = Truth(
            slots, self._slice_ms // MINUTE_MS, opens_at_close=is_bybit, kept=self._kept(settings, markets, slots)
        )
        self._settled_ms: dict[int, int] = {}  # bounded: one entry a slot
        self._next_churn_ms = self._slice_ms + self._churn_ms // 2
        self._is_listing = True
        self.books = Books(slots)
        self.faults = settings.faults
        # One a second over 560 markets at the usual rate.
        a_second = settings.rate / 2000.0 * settings.symbols / 560.0
        apart_ms = 0 if is_bybit else 1000
        self.derivatives = Derivatives(np.random.default_rng((settings.seed, 5)), slots, a_second, apart_ms)
        for slot, market in enumerate(markets):
            self._enter(slot, market)
        for slot, market in enumerate(odd, self._tradable):
            self._enter(slot, market)
        self._open_past(np.random.default_rng((settings.seed, 4)))
        self.wire: Wire | None = None

    @staticmethod
    def _kept(settings: SimSettings, markets: list[Market], slots: int) -> Ints:
        """How many trades each slot remembers."""
        activity = np.array([market.activity for market in markets])
        # As many trades a second as orders and their fills make, shared by activity.
        trades = settings.rate * TRADE_SHARE * MEAN_FILLS * settings.trades_kept_s
        kept = np.full(slots, RECENT, np.int64)
        kept[: len(markets)] += (trades * activity / activity.sum()).astype(np.int64)
        return kept

    def _open_past(self, rng: np.random.Generator) -> None:
        dynamics = self.dynamics
        last = np.maximum(1, np.rint(dynamics.fair / dynamics.tick)).astype(np.int64)
        busy = dynamics.trades_per_minute()
        lots = dynamics.mean_lots()
        write_past(self.truth, rng, last, dynamics.sigma, dynamics.beta, busy, lots)
        self._history = History(self.truth, self._seed, dynamics.sigma, busy, lots)
        dynamics.fair = self.truth.close[self.truth.minute % self.truth.close.shape[0]] * dynamics.tick
        dynamics.settle()
        for slot, _ in self.truth.listed():
            self._requote(slot)

    def _enter(self, slot: int, market: Market) -> None:
        ticks = max(1, round(market.start_price / market.tick_size))
        self.truth.enter(slot, market, ticks)
        self.dynamics.place(slot, market.start_price, market.tick_size, market.lot_size, market.activity)
        self.books.place(slot, market.symbol, int(self.dynamics.half_spread[slot]),
                         float(self.dynamics.lot_value[slot]), self._slice_ms)  # fmt: skip
        self.derivatives.place(slot, float(self.dynamics.lot_value[slot]))
        self._requote(slot)

    def _requote(self, slot: int) -> None:
        middle = round(self.dynamics.fair[slot] / self.dynamics.tick[slot])
        spread = int(self.dynamics.half_spread[slot])
        lots = 1 + round(100.0 / self.dynamics.lot_value[slot])
        self.books.quote(slot, self._slice_ms, max(1, middle - spread), middle + spread, lots, lots)

    @property
    def has_ended(self) -> bool:
        """Never: a made-up market goes on."""
        return False

    @property
    def waits_for_subscriber(self) -> bool:
        """At a given speed time runs whether or not somebody listens; else it would run away."""
        return self._wait

    def now_ns(self) -> int:
        """The end of the newest slice."""
        return self._slice_ms * MILLISECOND

    def quote(self, slot: int) -> Quote:
        """Best bid and ask, and smooth figures for the derivatives' side."""
        market = self.truth.markets[slot]
        interval_ms = (market.funding_interval_h if market else 8) * 3_600_000
        hours = self._slice_ms / 3_600_000.0
        fair = self.dynamics.fair[slot] / self.dynamics.tick[slot]
        books, derivatives = self.books, self.derivatives
        return Quote(
            books.bids[slot],
            books.asks[slot],
            books.bid_lots[slot],
            books.ask_lots[slot],
            max(1, round(fair)),
            max(1, round(fair * (1.0 + 0.0002 * math.sin(hours + slot)))),
            derivatives.open_interest(slot, self._slice_ms),
            derivatives.funding_rate(slot, self._slice_ms),
            (self._slice_ms // interval_ms + 1) * interval_ms,
        )

    def candles(self, slot: int, length: int, first: int, last: int) -> list[Candle]:
        """Candles since a market was listed."""
        return self._history.candles(slot, length, first, last)

    def begins(self, slot: int) -> int:
        """The minute in which a market was listed."""
        return self._history.begins(slot)

    def closes(self, slot: int, minutes: Sequence[int]) -> list[int]:
        """The closes of *minutes*."""
        return self._history.closes(slot, minutes)

    def ladder(self, slot: int, depth: int) -> Ladder:
        """The book of a market."""
        if self.wire is None:
            return Ladder([], [], 0, 0, self._slice_ms)
        return self.wire.ladder(slot, min(depth, DEPTH))

    def prints(self, slot: int, limit: int) -> list[Print]:
        """The newest trades, at most *limit*, oldest first."""
        numbers = self.truth.trades.remembered(slot)
        return self._printed(slot, self.truth.trades.fills(slot, numbers[max(0, len(numbers) - limit) :]))

    def prints_of(self, slot: int, asked: Asked) -> list[Print]:
        """The trades of the aggregate trades that are *asked* for."""
        first = 0 if self.wire is None else self.wire.first_aggregate
        order = None if asked.from_id is None else asked.from_id - first
        return self._printed(slot, self.truth.trades.aggregated(slot, asked.limit, order, asked.start_ms, asked.end_ms))

    def _printed(self, slot: int, fills: list[Fill]) -> list[Print]:
        return [] if self.wire is None else [self.wire.print(slot, fill) for fill in fills]

    def knows(self, topic: str) -> bool:
        """Whether *topic* names a stream of a listed market."""
        return self.wire is not None and self.wire.knows(topic)

    def snapshot(self, topic: str) -> bytes | None:
        """What the venue sends right after a subscription."""
        return None if self.wire is None else self.wire.snapshot(topic, self._slice_ms)

    def advance(self, wanted: Collection[str], rate_factor: float, skew_ms: int) -> Iterator[Frame]:
        """The frames of the next slice one by one; the truth is complete before the first is given out."""
        page, told = Page(0), wanted if isinstance(wanted, Wanted) else Wanted(wanted)
        yield from unpaged(self.pages(page, told, rate_factor, skew_ms), page, told)

    def pages(self, page: Page, wanted: Wanted, rate_factor: float, skew_ms: int) -> Iterator[None]:
        """The next slice onto *page*; the truth is complete before the first trade of it is written."""
        if self.wire is None:
            return
        now_ms = self._slice_ms
        if now_ms % 1000 == 0:
            if now_ms // MINUTE_MS > self.truth.minute:
                yield from self.wire.closed(page, now_ms, wanted, skew_ms)
                self.truth.roll(now_ms // MINUTE_MS)
            yield from self.wire.second(page, now_ms, wanted, skew_ms)
            self._churn(now_ms)
        block = self.dynamics.slice(now_ms, rate_factor)
        numbers = self.truth.apply(
            block.fill_slot, block.fill_ticks, block.fill_lots, block.fill_is_buy, block.fill_time_ms,
            block.fill_order,
        )  # fmt: skip
        liquidations = self.derivatives.slice(now_ms, self.dynamics)
        self._slice_ms += SLICE_MS
        yield from self.wire.frames(page, block, numbers, wanted, skew_ms)
        yield from self.wire.ended(page, liquidations, wanted, self._slice_ms, skew_ms)

    def fair(self) -> Floats:
        """The fair price of each market, in ticks."""
        return self.dynamics.fair / self.dynamics.tick

    def end_ms(self) -> int:
        """The end of the newest slice."""
        return self._slice_ms

    def _churn(self, now_ms: int) -> None:
        """Listings and delistings: a leaver stops trading, settles for five minutes, then frees its slot."""
        for slot in [slot for slot, due in self._settled_ms.items() if now_ms >= due]:
            del self._settled_ms[slot]
            self.truth.leave(slot)
            self._tell(slot)
        if not self._churn_ms or now_ms < self._next_churn_ms:
            return
        self._next_churn_ms += max(1000, round(self._churn_rng.exponential(self._churn_ms)))
        free = [slot for slot in range(self._tradable) if self.truth.markets[slot] is None]
        if self._is_listing and free:
            self._enter(free[0], self._universe.draw(launched_ms=now_ms))
            self._tell(free[0])
        elif not self._is_listing and self._tradable - len(free) > NEVER_DELISTED:
            self._delist(now_ms)
        self._is_listing = not self._is_listing

    def _delist(self, now_ms: int) -> None:
        going = self._settled_ms
        stay = [
            s for s in range(NEVER_DELISTED, self._tradable) if self.truth.markets[s] is not None and s not in going
        ]
        if not stay:
            return
        slot = int(self._churn_rng.choice(stay))
        market = self.truth.markets[slot]
        if market is not None and market.contract is Contract.PERPETUAL:
            leaver = msgspec.structs.replace(market, state=State.SETTLING, activity=0.0, delivery_ms=now_ms)
            self.truth.change(slot, leaver)
            self.dynamics.stop(slot)
            self._settled_ms[slot] = now_ms + SETTLING_MS
            self._tell(slot)

    def _tell(self, slot: int) -> None:
        if self.wire is not None:
            self.wire.entered(slot)


def generated(settings: SimSettings, start_ns: int) -> Generator:
    """A generator that speaks as `settings.venue` does, from `settings.start_ns` or else *start_ns* on."""
    source = Generator(settings, start_ns if settings.start_ns is None else settings.start_ns)
    source.wire = BybitStream(source) if settings.venue == "bybit" else BinanceStream(source)
    return source

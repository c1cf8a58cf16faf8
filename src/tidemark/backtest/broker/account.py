"""The account of a backtest: the broker's kernel, the arrays that it works on, and what comes out of it."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.broker.models import Models
from tidemark.backtest.broker.told import Fill, Reason, Told
from tidemark.errors import SettingsError
from tidemark.kernels import broker_columns as c
from tidemark.kernels.broker import Broker
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.model.instrument import Instrument
from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

OWNER = "backtest/account"
# Names that may be given to trips: rules and their conditions, or what a strategy makes up.
MOST_TAGS = 4096
# What is told before the first candle says times below this.
_NO_TIME = -(1 << 61)
_EXITS = tuple(Exit)
_REASONS = tuple(Reason)
_MARKETS: Layout = {
    "rules": (np.float64, (len(c.RULES),)),
    "timing": (np.int64, (len(c.TIMING),)),
    "positions": (np.float64, (c.POSITION,)),
    "times": (np.int64, (c.TIMES,)),
    "holding": (np.int64, ()),
}
_ORDERS: Layout = {"orders": (np.int64, (c.ORDER,)), "sizes": (np.float64, (c.SIZES,))}
_TRIPS: Layout = {
    "trips": (np.float64, (len(c.TRIP),)),
    "trip_times": (np.int64, (len(c.TRIP_TIMES),)),
}
_TOLD: Layout = {
    "told_sizes": (np.float64, (len(c.TOLD_SIZES),)),
    "told_times": (np.int64, (len(c.TOLD_TIMES),)),
}
_FILLS: Layout = {
    "fill_sizes": (np.float64, (len(c.FILL_SIZES),)),
    "fill_times": (np.int64, (len(c.FILL_TIMES),)),
}
_WHOLE: Layout = {
    "account": (np.float64, (len(c.ACCOUNT),)),
    "clock": (np.int64, (len(c.CLOCK),)),
    "counts": (np.int64, (len(c.REASONS),)),
}
# What a run that goes on needs; all else is made anew of the same settings.
_STATE = ("positions", "times", "holding", "orders", "sizes", "account", "clock", "counts")


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows there are: orders that may wait in all markets together, and what waits to be taken.

    fills: 0 where nobody reads them one by one.
    """

    orders: int = 256
    trips: int = 4096
    told: int = 1024
    fills: int = 0


class Account:
    """One cash account in the markets of *instruments*, whose places are the numbers of markets everywhere.

    kernel: what candles and orders go to, directly; timeframe: of those candles. Memory: about 500 bytes a market and
    200 an order, the rows of `Sizes`, and the recorded fundings, 16 bytes each.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        models: Models,
        *,
        cash: float,
        timeframe: Timeframe,
        ledger: Ledger,
        sizes: Sizes = Sizes(),  # noqa: B008 - it is frozen
        funding: Mapping[str, tuple[Array, Array]] | None = None,
    ) -> None:
        """*funding*: times (ns, increasing) and rates by symbol, for the model `recorded`."""
        if not instruments or not 0.0 < cash < 1e15:
            raise SettingsError(
                f"a backtest needs a market and cash above 0; there are {len(instruments)} and {cash:g}"
            )
        self.models = models
        self._symbols = tuple(instrument.symbol for instrument in instruments)
        self._tags = [""]  # bounded: MOST_TAGS
        self._tables = [
            Table(f"{OWNER}/{name}", slots=slots, columns=layout)
            for name, slots, layout in _layouts(len(instruments), sizes)
        ]
        self._columns = {name: column for table in self._tables for name, column in table.columns.items()}
        for table in self._tables:
            ledger.open(table)
        for market, instrument in enumerate(instruments):
            numbers = models.numbers(instrument, timeframe.ns)
            self._columns["rules"][market] = [numbers[name] for name in c.RULES]
            self._columns["timing"][market] = [int(numbers.get(name, 0)) for name in c.TIMING]
        due_at, due_rate = self._fundings(funding or {})
        self._columns["account"][0][:3] = cash, cash, 0.0
        self._columns["account"][0][c.ACCOUNT.index("least")] = cash
        self._columns["clock"][0][c.CLOCK.index("step")] = timeframe.ns
        one = {name: self._columns[name][0] for name in _WHOLE}
        given = [self._columns[name][: None if name.startswith("trip") else size]
                 for layout, size in ((_TRIPS, sizes.trips), (_TOLD, sizes.told), (_FILLS, sizes.fills))
                 for name in layout]  # fmt: skip
        self.timeframe = timeframe
        self.kernel = Broker(
            (
                *(self._columns[name] for name in ("rules", "timing")), due_at, due_rate,
                *(self._columns[name] for name in ("positions", "times", "holding", "orders", "sizes")),
                *(one[name] for name in ("account", "clock", "counts")), *given,
            )
        )  # fmt: skip

    @staticmethod
    def reserve(markets: int, sizes: Sizes = Sizes()) -> list[Reservation]:  # noqa: B008 - it is frozen
        """What such an account will take; allocates nothing."""
        return [
            Table.reserve(f"{OWNER}/{name}", slots=slots, columns=layout)
            for name, slots, layout in _layouts(markets, sizes)
        ]

    @property
    def symbols(self) -> tuple[str, ...]:
        """The names of its markets."""
        return self._symbols

    def tag(self, name: str) -> int:
        """The number of a name for trips, the same every time; 0 for "". SettingsError where there are too many."""
        if name in self._tags:
            return self._tags.index(name)
        if len(self._tags) >= MOST_TAGS:
            raise SettingsError(f"trades have {MOST_TAGS} tags already; {name[:80]!r} would be one more")
        self._tags.append(name)
        return len(self._tags) - 1

    def drain(self) -> list[RoundTrip]:
        """The round trips since the last call, in the order in which they ended."""
        count = self._taken("closed")
        sizes, times = self._columns["trips"][:count].tolist(), self._columns["trip_times"][:count].tolist()
        return [self._trip(size, time) for size, time in zip(sizes, times, strict=True)]

    def opened(self) -> Array:
        """Since when each market is held (ns), int64 (markets,); 0 where it is not."""
        is_held = self._columns["positions"][:, c.QUANTITY] != 0.0
        return np.where(is_held, self._columns["times"][:, c.OPENED_AT], 0)

    def columns(self) -> dict[str, Array]:
        """As `drain`, a column a figure by the names that the kernel has for them: copies, and no object a trip."""
        count = self._taken("closed")
        made: dict[str, Array] = {}
        for names, table in ((c.TRIP, "trips"), (c.TRIP_TIMES, "trip_times")):
            made |= zip(names, self._columns[table][:count].T.copy(), strict=True)
        return made

    def told(self) -> list[Told]:
        """What was told since the last call; what found no room is in `counts` alone."""
        count = self._taken("told")
        sizes, times = self._columns["told_sizes"][:count].tolist(), self._columns["told_times"][:count].tolist()
        return [
            Told(
                reason=_REASONS[reason], order=order, symbol=self._symbols[market], at=at if at > _NO_TIME else None,
                asked=asked, given=given, price=price,
            )
            for (reason, order, market, at), (asked, given, price) in zip(times, sizes, strict=True)
        ]  # fmt: skip

    def fills(self) -> list[Fill]:
        """The fills since the last call, where `Sizes` has room for any."""
        count = self._taken("filled")
        sizes, times = self._columns["fill_sizes"][:count].tolist(), self._columns["fill_times"][:count].tolist()
        return [
            Fill(
                order=order, symbol=self._symbols[market], at=at, side=Side(side), quantity=quantity, price=price,
                reference=reference, fee=fee, is_maker=bool(is_maker),
            )
            for (order, market, at, side, is_maker), (quantity, price, reference, fee) in zip(times, sizes, strict=True)
        ]  # fmt: skip

    def counts(self) -> dict[str, int]:
        """How often each reason was given since the start; those that never were are left out."""
        counted = self._columns["counts"][0].tolist()
        return {reason.value: count for reason, count in zip(_REASONS, counted, strict=True) if count}

    def finish(self) -> list[RoundTrip]:
        """The data is over: close what is held at the newest closes, forget all orders; the trips since `drain`."""
        trips = self.drain()
        for market in range(len(self._symbols)):
            self.kernel.finish(market)
            trips += self.drain()
        return trips

    def state(self) -> dict[str, Array]:
        """All that a run needs to go on, copied; what waits to be taken is taken before."""
        tags = np.array(self._tags, dtype=np.str_)
        return {**{name: self._columns[name].copy() for name in _STATE}, "tags": tags}

    def restore(self, state: Mapping[str, Array]) -> None:
        """Go on where *state* was taken, in an account of the same markets and settings; SettingsError in any other."""
        wrong = [name for name in _STATE if name not in state or state[name].shape != self._columns[name].shape]
        if wrong or "tags" not in state:
            raise SettingsError(
                f"the state is of an account with other markets or sizes: {', '.join(wrong or ['tags'])}"
            )
        for name in _STATE:
            self._columns[name][:] = state[name]
        self._tags[:] = state["tags"].tolist()

    @property
    def bytes(self) -> int:
        """What its arrays take."""
        return sum(column.nbytes for column in self._columns.values())

    def _taken(self, name: str) -> int:
        clock = self._columns["clock"][0]
        count = int(clock[c.CLOCK.index(name)])
        clock[c.CLOCK.index(name)] = 0
        return count

    def _trip(self, sizes: list[float], times: list[int]) -> RoundTrip:
        quantity, entry_price, exit_price, fees, funding, slippage, profit, risk, best, worst = sizes
        number, market, side, tag, entry_at, exit_at, code, bars = times
        return RoundTrip(
            number=number, symbol=self._symbols[market], tag=self._tags[tag], side=Side(side), quantity=quantity,
            entry_at=entry_at, entry_price=entry_price, exit_at=exit_at, exit_price=exit_price, exit=_EXITS[code],
            fees=fees, funding=funding, slippage=slippage, profit=profit, risk=risk if risk > 0.0 else None, best=best,
            worst=worst, bars=bars,
        )  # fmt: skip

    def _fundings(self, funding: Mapping[str, tuple[Array, Array]]) -> tuple[Array, Array]:
        """Those of all markets behind each other; says in `timing` where each market's are."""
        if self.models.name("funding") != "recorded":
            return np.zeros(1, np.int64), np.zeros(1)
        missing = [symbol for symbol in self._symbols if symbol not in funding]
        if missing:
            raise SettingsError(
                f"no fundings of {', '.join(missing[:5])} were recorded ({len(missing)} of {len(self._symbols)}"
                " markets); import them, or set funding.use=constant"
            )
        end = 0
        for market, symbol in enumerate(self._symbols):
            times, rates = funding[symbol]
            if len(times) != len(rates) or (np.diff(times) <= 0).any() or not np.isfinite(rates).all():
                raise SettingsError(f"the fundings of {symbol} are not finite rates at increasing times")
            self._columns["timing"][market, c.TIMING.index("due_begin")] = end
            end += len(times)
            self._columns["timing"][market, c.TIMING.index("due_end")] = end
        due_at = np.concatenate([np.asarray(funding[symbol][0], np.int64) for symbol in self._symbols])
        due_rate = np.concatenate([np.asarray(funding[symbol][1], np.float64) for symbol in self._symbols])
        return (due_at, due_rate) if end else (np.zeros(1, np.int64), np.zeros(1))


def _layouts(markets: int, sizes: Sizes) -> list[tuple[str, int, Layout]]:
    return [
        ("markets", markets, _MARKETS), ("orders", sizes.orders, _ORDERS), ("trips", sizes.trips, _TRIPS),
        ("told", max(sizes.told, 1), _TOLD), ("fills", max(sizes.fills, 1), _FILLS), ("whole", 1, _WHOLE),
    ]  # fmt: skip

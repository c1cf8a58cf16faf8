"""The market as a whole, over every perpetual that the exchange lists, whether it is watched or not.

What it is counted from is the exchange's own ticker of all symbols, asked for by REST: one request tells all of them
on every venue, while the streams bring only those that are subscribed on some.
"""

from collections.abc import Iterable

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.table import Table
from tidemark.model.events import TickerUpdate

Array = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]

# No exchange lists half as many.
SYMBOLS = 2048
MOVERS = 10
_OWNER = "breadth"
# A symbol's text and its entries in the map and the lists: the calibration test holds this to be enough.
_ITEM_BYTES = 320
_FIXED_BYTES = 8192
_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "last": (np.float64, ()),
    "before": (np.float64, ()),
    "turnover": (np.float64, ()),
    "trades": (np.float64, ()),
    "as_of": (np.int64, ()),
}


class Mover(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One market of a list: `value` is its change over 24 hours as a fraction, or its turnover; `as_of` in ns."""

    symbol: str
    value: float
    as_of: int


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The whole market at `at`; changes are fractions over 24 hours, None where nothing is known. Times in ns.

    `listed` perpetuals trade; of `known` the change is known, and of `stale` the ticker is too old to count: they are
    in no other figure. `gainers`, `losers` and `unchanged` add up to `known`. `deviation` is the population's standard
    deviation, `quartile_range` the distance of the quartiles (linear between neighbours). `breadth` is gainers minus
    losers over `known`, `share_up` the gainers' share of it. `oldest` and `newest` are the tickers that count.
    """

    at: int
    listed: int
    known: int
    stale: int
    gainers: int
    losers: int
    unchanged: int
    mean: float | None
    median: float | None
    deviation: float | None
    quartile_range: float | None
    breadth: float | None
    share_up: float | None
    oldest: int | None
    newest: int | None
    up: tuple[Mover, ...]
    down: tuple[Mover, ...]
    most_traded: tuple[Mover, ...]

    def __str__(self) -> str:
        if not self.known:
            return f"no change known of {self.listed} markets"
        parts = f"{self.gainers} up {self.losers} down {self.unchanged} flat of {self.known}"
        if self.known < self.listed:
            parts += f" ({self.listed} listed)"
        return f"{parts}, median {100 * (self.median or 0.0):+.1f} %"


def read(
    symbols: list[str], last: Array, before: Array, turnover: Array, as_of: Times, *, now_ns: int, stale_ns: int
) -> Reading:
    """The market from one row a listed perpetual; NaN is not known, `as_of` 0 is no ticker at all.

    A ticker older than *stale_ns* counts as stale. A price that is not positive and finite is not known.
    """
    has_ticker = as_of > 0
    is_fresh = has_ticker & (now_ns - as_of <= stale_ns)
    has_change = is_fresh & np.isfinite(last) & np.isfinite(before) & (last > 0.0) & (before > 0.0)
    at = np.flatnonzero(has_change)
    with np.errstate(over="ignore", under="ignore"):
        changes = last[at] / before[at] - 1.0
    at, changes = at[np.isfinite(changes)], changes[np.isfinite(changes)]
    gainers, losers = int(np.count_nonzero(changes > 0.0)), int(np.count_nonzero(changes < 0.0))
    known = len(changes)
    quartiles = np.percentile(changes, (25.0, 50.0, 75.0)).tolist() if known else None
    traded = np.flatnonzero(is_fresh & np.isfinite(turnover))
    rising, falling = changes > 0.0, changes < 0.0
    return Reading(
        at=now_ns,
        listed=len(symbols),
        known=known,
        stale=int(np.count_nonzero(has_ticker & ~is_fresh)),
        gainers=gainers,
        losers=losers,
        unchanged=known - gainers - losers,
        mean=float(changes.mean()) if known else None,
        median=quartiles[1] if quartiles else None,
        deviation=float(changes.std()) if known else None,
        quartile_range=quartiles[2] - quartiles[0] if quartiles else None,
        breadth=(gainers - losers) / known if known else None,
        share_up=gainers / known if known else None,
        oldest=int(as_of[at].min()) if known else None,
        newest=int(as_of[at].max()) if known else None,
        up=_movers(symbols, at[rising], -changes[rising], changes[rising], as_of),
        down=_movers(symbols, at[falling], changes[falling], changes[falling], as_of),
        most_traded=_movers(symbols, traded, -turnover[traded], turnover[traded], as_of),
    )


def _movers(
    symbols: list[str], at: npt.NDArray[np.intp], keys: Array, values: Array, as_of: Times
) -> tuple[Mover, ...]:
    """The first ten by *keys*, ties by symbol."""
    order = sorted(range(len(at)), key=lambda i: (float(keys[i]), symbols[int(at[i])]))[:MOVERS]
    return tuple(Mover(symbol=symbols[int(at[i])], value=float(values[i]), as_of=int(as_of[int(at[i])])) for i in order)


class Breadth:
    """The newest ticker of every listed perpetual, in a table of 2,048 rows; more are refused, and counted."""

    def __init__(self, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        self._table = Table(_OWNER, slots=SYMBOLS, columns=_COLUMNS)
        self._rows: dict[str, int] = {}  # bounded: `SYMBOLS`, then the next ones are refused
        self._peak = 0
        self._rejected = 0
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What it takes, without allocating it."""
        columns = Table.reserve(_OWNER, slots=SYMBOLS, columns=_COLUMNS)
        return Reservation(
            owner=_OWNER,
            kind="map",
            capacity=SYMBOLS,
            item_bytes=columns.item_bytes + _ITEM_BYTES,
            fixed_bytes=columns.fixed_bytes + _FIXED_BYTES,
            policy="refuses further symbols",
        )

    def usage(self) -> Usage:
        """Symbols that are known."""
        used = len(self._rows)
        held = self._table.usage().bytes_used + used * _ITEM_BYTES + _FIXED_BYTES
        return Usage(used=used, peak=self._peak, bytes_used=held, rejected=self._rejected)

    def relist(self, symbols: Iterable[str]) -> None:
        """Let *symbols* be all that is listed: others are forgotten, newcomers have no ticker yet."""
        wanted = dict.fromkeys(symbols)
        for symbol in [symbol for symbol in self._rows if symbol not in wanted]:
            self._table.clear(self._rows.pop(symbol))
        taken = set(self._rows.values())
        free = (row for row in range(SYMBOLS) if row not in taken)
        for symbol in wanted:
            if symbol in self._rows:
                continue
            row = next(free, None)
            if row is None:
                self._rejected += 1
                continue
            self._rows[symbol] = row
            self._table.clear(row)
            for name in ("last", "before", "turnover", "trades"):
                self._table.columns[name][row] = np.nan
        self._peak = max(self._peak, len(self._rows))

    def update(self, tickers: Iterable[TickerUpdate]) -> None:
        """Take the newest tickers of all symbols; those that are not listed are passed over."""
        columns = self._table.columns
        for ticker in tickers:
            row = self._rows.get(ticker.symbol)
            if row is None or ticker.ts_event < columns["as_of"][row]:
                continue
            columns["as_of"][row] = ticker.ts_event
            for name, value in (
                ("last", ticker.last),
                ("before", ticker.price_24h_ago),
                ("turnover", ticker.turnover_24h),
                ("trades", ticker.trades_24h),
            ):
                columns[name][row] = np.nan if value is None else value

    def turnover(self, symbol: str) -> float | None:
        """Of 24 hours, in quote currency, as the exchange said it last."""
        return self._known("turnover", symbol)

    def trades_24h(self, symbol: str) -> float | None:
        """How often it traded in 24 hours, where the exchange says so."""
        return self._known("trades", symbol)

    def _known(self, name: str, symbol: str) -> float | None:
        row = self._rows.get(symbol)
        value = float(self._table.columns[name][row]) if row is not None else np.nan
        return None if np.isnan(value) else value

    def reading(self, now_ns: int, stale_ns: int) -> Reading:
        """The market at *now_ns* of the exchange's clock; tickers older than *stale_ns* do not count."""
        symbols = sorted(self._rows)
        rows = np.array([self._rows[symbol] for symbol in symbols], np.intp)
        columns = {name: column[rows] for name, column in self._table.columns.items()}
        return read(
            symbols, columns["last"], columns["before"], columns["turnover"], columns["as_of"],
            now_ns=now_ns, stale_ns=stale_ns,
        )  # fmt: skip

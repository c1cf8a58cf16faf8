"""The figures of every market side by side: all slots at once, from the arrays that the engine keeps."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.regime import Regime
from tidemark.api.push.past_prices import PastPrices
from tidemark.api.push.reads import Columns, Reads
from tidemark.api.push.sides import UNKNOWN, Sides
from tidemark.market.five_minutes import ROWS
from tidemark.market.freshness import CHANNELS, State
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.units import DAY, HOUR, MILLISECOND, MINUTE, SECOND

Array = npt.NDArray[Any]

# The codes of the columns `regime` and `state` are places in these.
REGIMES = (Regime.UNKNOWN, Regime.RANGE, Regime.TREND_UP, Regime.TREND_DOWN, Regime.VOLATILE, Regime.ILLIQUID)
STATES = (State.LIVE, State.STALE, State.GAP, State.POLLED, State.WAITING)
_CODE_OF = np.array([REGIMES.index(regime) for regime in Regime], np.float64)
_LIVE, _STALE, _GAP, _POLLED, _WAITING = range(len(STATES))
_SCORED = ("technical", "structure", "volume", "order_flow", "order_book", "sentiment")
NAMES = (
    "price", "change_1h", "change_24h", "turnover_24h", "open_interest", "open_interest_change_1h",
    "open_interest_change_24h", "funding", "basis_bps", "spread_bps", "trades_per_s", "score", *_SCORED, "regime",
    "coverage", "side", "score_since_ms", "score_then_price", "state", "last_ms",
)  # fmt: skip
WHOLE = frozenset({"regime", "side", "score_since_ms", "state", "last_ms"})
# Trades a second are those of the last ten seconds.
_SECONDS = 10
_TRADES = CHANNELS.index("trades")
_POINT_NS = 5 * MINUTE
_COUNTS, _TOLD = "push/trades", "push/told"


class MarketFigures:
    """Computes the columns NAMES, (columns, series) of float64, NaN where nothing is known.

    Rounded, so that what nobody would see is no change: fractions to a millionth, basis points to a hundredth, scores
    to a tenth, amounts to five digits; prices are exact. `told` keeps what was told last, and is of the same shape.
    Memory: 280 bytes a series, and what `Sides` and `PastPrices` take.
    """

    def __init__(self, reads: Reads, *, series: int, ledger: Ledger) -> None:
        counts = Table(_COUNTS, slots=_SECONDS + 1, columns={"trades": (np.int64, (series,))})
        told = Table(_TOLD, slots=len(NAMES), columns={"told": (np.float64, (series,))})
        ledger.open(counts)
        ledger.open(told)
        self._counts: Array = counts.columns["trades"]
        self.told: Array = told.columns["told"]
        self.sides = Sides(series=series, ledger=ledger)
        self._past = PastPrices(reads, series=series, ledger=ledger)
        self._engine = reads.engine
        self._series = np.arange(series)
        self._unknown: Array = np.full(series, np.nan)
        self._tape = Columns(reads.ledger, "tape/series")
        self._freshness = Columns(reads.ledger, "freshness")
        # The second of the newest counts, and how many before it there are.
        self._second = -1
        self._seconds = 0
        self._occupied = reads.engine.universe.occupied()

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [
            Table.reserve(_COUNTS, slots=_SECONDS + 1, columns={"trades": (np.int64, (series,))}),
            Table.reserve(_TOLD, slots=len(NAMES), columns={"told": (np.float64, (series,))}),
            *Sides.reserve(series=series),
            *PastPrices.reserve(series=series),
        ]

    def follow(self, now_ns: int) -> None:
        """Note what has to be followed whether or not anybody looks; about once a second, *now_ns* of our clock."""
        self._notice()
        self._count(now_ns // SECOND)
        analysis = self._engine.analysis
        if analysis is not None and analysis.scores is not None:
            self.sides.move(analysis.scores.score, analysis.scores.is_known, self.prices(), analysis.scored_at)

    def prices(self) -> Array:
        """The price of the newest trade, or of the ticker before the first."""
        tape = self._tape.now
        traded = np.where(tape["trades"] > 0, tape["last_price"], np.nan)
        return np.where(np.isnan(traded), self._engine.tickers.column("last", self._unknown), traded)

    def now(self, now_ns: int) -> Array:
        """All of them, as of *now_ns* of our clock."""
        self._notice()
        price = self.prices()
        found = {"price": price, **self._told(now_ns, price), **self._scored(), **self._interest(price)}
        found["trades_per_s"] = self._pace()
        found["state"] = self._states()
        heard = self._engine.tape.received()
        found["last_ms"] = np.where(heard > 0, heard // MILLISECOND, np.nan)
        return np.stack([found[name] for name in NAMES])

    def _told(self, now_ns: int, price: Array) -> dict[str, Array]:
        """What tickers, books and candles say."""
        tickers, unknown = self._engine.tickers, self._unknown
        mark, index = tickers.column("mark", unknown), tickers.column("index", unknown)
        bid, ask = self._best()
        with np.errstate(divide="ignore", invalid="ignore"):
            before = tickers.column("price_24h_ago", unknown)
            day = self._past.of("24h", now_ns)
            return {
                "change_1h": _finite(price / self._past.of("1h", now_ns) - 1.0, 6),
                "change_24h": _finite(price / np.where(np.isnan(day), before, day) - 1.0, 6),
                "turnover_24h": _digits(tickers.column("turnover_24h", unknown)),
                "funding": np.round(tickers.column("funding_rate", unknown), 8),
                "basis_bps": _finite((mark / index - 1.0) * 1e4, 2),
                "spread_bps": _finite((ask - bid) / (ask + bid) * 2e4, 2),
            }

    def _best(self) -> tuple[Array, Array]:
        """The best bid and ask of the book, or of the ticker where the book cannot be read."""
        tickers, unknown = self._engine.tickers, self._unknown
        bid, ask = tickers.column("bid", unknown), tickers.column("ask", unknown)
        if self._engine.books is None:
            return bid, ask
        tops = self._engine.books.tops()
        return np.where(tops.is_known, tops.bid, bid), np.where(tops.is_known, tops.ask, ask)

    def _interest(self, price: Array) -> dict[str, Array]:
        """Open interest in quote currency, and the change of the contracts since an hour and a day before its point."""
        kept = self._engine.derivatives.open_interest.kept()
        values, after, head = (kept[f"open_interest/{name}"] for name in ("value", "after", "head"))
        is_told = kept["open_interest/latest/ts_recv"] > 0
        latest = np.where(is_told, kept["open_interest/latest/value"], np.nan)

        def change(distance_ns: int) -> Array:
            point = head - distance_ns // _POINT_NS
            at = point % ROWS
            there = is_told & (point >= 0) & (after[self._series, at] > 0)
            with np.errstate(divide="ignore", invalid="ignore"):
                return _finite(np.where(there, latest / values[self._series, at] - 1.0, np.nan), 6)

        return {
            "open_interest": _digits(latest * price),
            "open_interest_change_1h": change(HOUR),
            "open_interest_change_24h": change(DAY),
        }

    def _scored(self) -> dict[str, Array]:
        """Scores, what they are made of, and their sides."""
        names = ("score", *_SCORED, "regime", "coverage", "side", "score_since_ms", "score_then_price")
        found = dict.fromkeys(names, self._unknown)
        analysis = self._engine.analysis
        if analysis is None or analysis.scores is None:
            return found
        scores, sides = analysis.scores, self.sides
        found["score"] = np.round(np.where(scores.is_known, scores.score, np.nan), 1)
        for number, component in enumerate(analysis.weighing.components):
            told = np.where(scores.is_present[:, number], 50.0 + 50.0 * scores.direction[:, number], np.nan)
            found[component.name] = np.round(told, 1)
        found["regime"] = _CODE_OF[analysis.regimes()]
        found["coverage"] = np.round(scores.coverage, 2)
        has_side = sides.side != UNKNOWN
        found["side"] = np.where(has_side, sides.side, np.nan)
        found["score_since_ms"] = np.where(has_side, sides.since // MILLISECOND, np.nan)
        found["score_then_price"] = np.where(has_side, sides.price, np.nan)
        return found

    def _notice(self) -> None:
        """Forget what was followed of the markets that have left."""
        occupied = self._engine.universe.occupied()
        if occupied is self._occupied:
            return
        before = {slot: instrument.symbol for slot, instrument in self._occupied}
        now = {slot: instrument.symbol for slot, instrument in occupied}
        slots = np.array([slot for slot in before.keys() | now.keys() if before.get(slot) != now.get(slot)], np.int64)
        self._counts[:, slots] = 0
        self.sides.clear(slots)
        self._past.forget()
        self._occupied = occupied

    def _count(self, second: int) -> None:
        """Note the trades of each market until this second; seconds that were missed are as the one before them."""
        counts, rows = self._counts, len(self._counts)
        passed = second - self._second
        if passed == 0:
            return
        if self._second < 0 or not 0 < passed < rows:
            self._seconds = 0
        else:
            for missed in range(self._second + 1, second):
                counts[missed % rows] = counts[self._second % rows]
            self._seconds = min(self._seconds + passed, _SECONDS)
        counts[second % rows] = self._engine.tape.trades()
        self._second = second

    def _pace(self) -> Array:
        """Trades a second over the last ten, or over those that there were."""
        if not self._seconds:
            return self._unknown
        rows = len(self._counts)
        passed = self._counts[self._second % rows] - self._counts[(self._second - self._seconds) % rows]
        pace: Array = np.round(np.maximum(passed, 0) / self._seconds, 1)
        return pace

    def _states(self) -> Array:
        """How the trades of each market stand."""
        columns = self._freshness.now
        dead, stale, polled, dead_since, alive_since = (
            columns[name][:, _TRADES] for name in ("dead", "stale", "polled", "dead_since", "alive_since")
        )
        broken = np.where(polled > dead_since, _POLLED, np.where(alive_since > 0, _GAP, _WAITING))
        listed = np.where(dead > 0, broken, np.where(stale > 0, _STALE, _LIVE))
        found: Array = np.where(columns["listed"] > 0, listed, _WAITING).astype(np.float64)
        return found


def _finite(values: Array, decimals: int) -> Array:
    return np.round(np.where(np.isfinite(values), values, np.nan), decimals)


def _digits(values: Array, digits: int = 5) -> Array:
    """Rounded to so many digits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exponent = np.floor(np.log10(np.abs(values))) - (digits - 1)
    # Powers with a negative exponent are not exact: what is large is divided, what is small is multiplied.
    large = 10.0 ** np.where(exponent > 0, exponent, 0.0)
    small = 10.0 ** np.where((exponent < 0) & np.isfinite(exponent), -exponent, 0.0)
    rounded: Array = np.round(values / large * small) / small * large
    return rounded

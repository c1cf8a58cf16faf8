"""Who is positioned how in every market: funding, basis, the accounts that are long, and who was liquidated.

Funding is what is due at the next settlement, in basis points, against the settlements that are kept (90 at most, 8 at
least, each as it was settled). Basis is the mark over the index, in basis points of the index, against its mean of the
readings before: one an hour old has lost 63 % of its weight, 300 s have to pass. `long_lead` is the share of accounts
that are long less that of the short ones, in percentage points, against its points of 24 hours, of which there are 24
at least. Each z is the distance from that mean in standard deviations, of which none is taken for smaller than a tenth
of a unit: where nothing ever moved a rounding is no event.

Liquidations are turnover in quote currency with a half-life of 15 minutes, from buckets of five minutes over two hours;
`liquidation_turnover` is what the market usually trades in the same watched time with the same weights, by its turnover
of 24 hours. Known where at least half of that time was watched and the feed is whole.

What the exchange does not state again while it is the same is known as long as its feed speaks.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.kernels.columns import TradeColumns
from tidemark.market.five_minutes import POINTS, STEP_NS
from tidemark.market.tickers import Group
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table
from tidemark.units import DAY, MILLISECOND, MINUTE, SECOND

Array = npt.NDArray[Any]

GIVES = (
    "funding_bps",
    "funding_mean_bps",
    "funding_z",
    "basis_bps",
    "basis_usual_bps",
    "basis_z",
    "long_lead",
    "long_lead_mean",
    "long_lead_z",
    "liquidated_longs",
    "liquidated_shorts",
    "liquidation_turnover",
)
MIRROR = {
    **dict.fromkeys(GIVES[:9], "opposite"),
    "liquidated_longs": "liquidated_shorts",
    "liquidated_shorts": "liquidated_longs",
    "liquidation_turnover": "same",
}
# History does not change from one second to the next.
REFRESH_NS = 10 * SECOND
SETTLEMENTS = 8
LEAST_POINTS = 24
# Basis: readings that count, and before which its usual is not known.
MEMORY = 3600.0
LEAST = 300
# In the unit of each figure: basis points, percentage points.
LEAST_DEVIATION = 0.1
HALF_LIFE_S = 900.0
BUCKETS = 24
LEAST_COVERAGE = 0.5
# How old the newest settlement and the newest word on accounts may be, in the exchange's time.
_SETTLED_NS = DAY
_ACCOUNTS_NS = 20 * MINUTE
# How old a figure may be whose feed is silent.
_SILENT_NS = MINUTE
_BPS = 1e4
_HELD: Layout = {
    **dict.fromkeys(("funding_mean", "funding_deviation", "lead_mean", "lead_deviation"), (np.float64, ())),
    **dict.fromkeys(("longs", "shorts", "usual_turnover"), (np.float64, ())),
    **dict.fromkeys(("is_funding_known", "is_lead_known", "is_watched"), (np.bool_, ())),
}
_BASIS: Layout = {"mean": (np.float64, ()), "variance": (np.float64, ()), "seen": (np.uint32, ())}
_OWNER = "analysis/positions"


class Source:
    """See sources.base. Memory: 79 bytes a series."""

    def __init__(self, markets: Markets, held: Table, basis: Table) -> None:
        self._markets = markets
        self._held = held
        self._basis = basis
        self._refreshed_at = 0

    @classmethod
    def open(cls, markets: Markets, *, series: int, ledger: Ledger) -> Self:
        """See sources.base."""
        held = Table(_OWNER, slots=series, columns=_HELD)
        basis = Table(f"{_OWNER}/basis", slots=series, columns=_BASIS)
        for owner in (held, basis):
            ledger.open(owner)
        return cls(markets, held, basis)

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """See sources.base."""
        return [
            Table.reserve(_OWNER, slots=series, columns=_HELD),
            Table.reserve(f"{_OWNER}/basis", slots=series, columns=_BASIS),
        ]

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """Trades are not looked at."""

    def read(self, now_ns: int) -> dict[str, Column]:
        """See sources.base."""
        exchange_ns = now_ns + self._markets.candles.time.offset_ns
        if not 0 <= now_ns - self._refreshed_at < REFRESH_NS:
            self._refreshed_at = now_ns
            self._refresh_funding(exchange_ns)
            self._refresh_accounts()
            self._refresh_liquidations(exchange_ns)
        live = self._live()
        return {**self._funding(live, now_ns), **self._premium(live, now_ns), **self._others(exchange_ns)}

    def shift(self, step_ns: int) -> None:
        """See sources.base."""
        self._refreshed_at += step_ns

    def clear(self, slot: int) -> None:
        """See sources.base."""
        self._held.clear(slot)
        self._basis.clear(slot)

    def kept(self) -> dict[str, Array]:
        """The usual basis; the rest is made of what the markets keep."""
        return {f"basis/{name}": column for name, column in self._basis.columns.items()}

    def _live(self) -> Array:
        """Where the feed that tells of mark, index and funding speaks: one of its own, else that of the tickers."""
        freshness = self._markets.freshness
        speaks = []
        for channel in ("marks", "tickers"):
            of_channel = np.zeros(len(self._held.columns["longs"]), bool)
            of_channel[freshness.alive(channel)] = True
            of_channel[freshness.stale(channel)] = False
            speaks.append(of_channel)
        live: Array = np.where(freshness.received("marks") > 0, *speaks)
        return live

    def _stated(self, name: str, group: Group, live: Array, now_ns: int) -> Array:
        """A field of the tickers, NaN where it is not known or too old to count."""
        tickers = self._markets.tickers
        value = tickers.column(name, np.full(len(live), np.nan))
        is_new = now_ns - tickers.received(group) <= _SILENT_NS
        return np.where(live | is_new, value, np.nan)

    def _funding(self, live: Array, now_ns: int) -> dict[str, Column]:
        held = self._held.columns
        rate = _BPS * self._stated("funding_rate", Group.FUNDING, live, now_ns)
        known = held["is_funding_known"] & np.isfinite(rate)
        return _against("funding{}_bps", "funding_z", rate, held["funding_mean"], held["funding_deviation"], known)

    def _premium(self, live: Array, now_ns: int) -> dict[str, Column]:
        """The basis; its usual is taken as it was before, and moves on."""
        columns = self._basis.columns
        mean, variance, seen = columns["mean"], columns["variance"], columns["seen"]
        mark = self._stated("mark", Group.MARK, live, now_ns)
        index = self._stated("index", Group.INDEX, live, now_ns)
        there = (mark > 0.0) & (index > 0.0)
        basis = np.where(there, _BPS * (np.divide(mark, index, out=np.ones(len(mark)), where=there) - 1.0), 0.0)
        given = _against("basis{}_bps", "basis_z", basis, mean, np.sqrt(variance), there & (seen >= LEAST))
        given["basis_usual_bps"] = given.pop("basis_mean_bps")
        given["basis_bps"] = Column.of(basis, there)
        seen[there] += 1
        step = np.where(there, 1.0 / np.clip(seen, 1.0, MEMORY), 0.0)
        away = np.where(there, basis - mean, 0.0)
        variance[:] = (1.0 - step) * (variance + step * away * away)
        mean += step * away
        return given

    def _others(self, exchange_ns: int) -> dict[str, Column]:
        held = self._held.columns
        latest = self._markets.derivatives.ratio.kept()
        is_new = exchange_ns - latest["long_short_ratio/latest/ts_event"] <= _ACCOUNTS_NS
        lead = _lead(latest["long_short_ratio/latest/value"])
        known = held["is_lead_known"] & is_new
        return {
            **_against("long_lead{}", "long_lead_z", lead, held["lead_mean"], held["lead_deviation"], known),
            "liquidated_longs": Column.of(held["longs"].copy(), held["is_watched"]),
            "liquidated_shorts": Column.of(held["shorts"].copy(), held["is_watched"]),
            "liquidation_turnover": Column.of(held["usual_turnover"].copy(), held["is_watched"]),
        }

    def _refresh_funding(self, exchange_ns: int) -> None:
        kept, held = self._markets.derivatives.fundings.kept(), self._held.columns
        count = kept["funding/count"]
        rates = _BPS * kept["funding/rate"]
        is_settled = np.arange(rates.shape[1]) < count[:, None]
        newest = kept["funding/due_at"][np.arange(len(count)), np.maximum(count - 1, 0)]
        held["funding_mean"][:], held["funding_deviation"][:] = _moments(rates, is_settled)
        held["is_funding_known"][:] = (count >= SETTLEMENTS) & (exchange_ns - newest <= _SETTLED_NS)

    def _refresh_accounts(self) -> None:
        kept, held = self._markets.derivatives.ratio.kept(), self._held.columns
        shares = kept["long_short_ratio/value"]
        points = np.count_nonzero(kept["long_short_ratio/after"], axis=1)
        # A point that nobody told is 0 and so in no sum; doubles leave the squares of shares twelve digits.
        mean = shares.sum(axis=1, dtype=np.float64) / np.maximum(points, 1)
        square = np.einsum("ij,ij->i", shares, shares, dtype=np.float64) / np.maximum(points, 1)
        held["lead_mean"][:] = _lead(mean)
        held["lead_deviation"][:] = 200.0 * np.sqrt(np.maximum(square - mean * mean, 0.0))
        held["is_lead_known"][:] = points >= LEAST_POINTS

    def _refresh_liquidations(self, exchange_ns: int) -> None:
        kept, held = self._markets.derivatives.liquidations.kept(), self._held.columns
        sequences = exchange_ns // STEP_NS - np.arange(BUCKETS)
        begin = sequences * STEP_NS
        end = np.minimum(begin + STEP_NS, exchange_ns)
        weight = np.exp2(-(exchange_ns - 0.5 * (begin + end)) / SECOND / HALF_LIFE_S)
        head = kept["liquidations/buckets/head"][:, None]
        is_kept = (sequences <= head) & (sequences > head - POINTS)
        at = sequences % POINTS
        for name, column in (("longs", "long_turnover"), ("shorts", "short_turnover")):
            turnover = np.where(is_kept, kept[f"liquidations/buckets/{column}"][:, at], 0.0)
            held[name][:] = turnover @ weight
        since = kept["liquidations/watch/since"][:, None]
        watched = np.where(is_kept, kept["liquidations/buckets/watched_ms"][:, at] * float(MILLISECOND), 0.0)
        watched += np.where(since > 0, np.maximum(end - np.maximum(since, begin), 0), 0)
        watched_ns = watched @ weight
        day = self._markets.tickers.column("turnover_24h", np.zeros(len(watched_ns)))
        held["usual_turnover"][:] = day * watched_ns / DAY
        enough = watched_ns >= LEAST_COVERAGE * float((end - begin) @ weight)
        held["is_watched"][:] = (since[:, 0] > 0) & enough & (day > 0.0)


def _lead(long_share: Array) -> Array:
    """Longs less shorts, in percentage points."""
    return 100.0 * (2.0 * long_share.astype(np.float64) - 1.0)


def _moments(figures: Array, is_there: Array) -> tuple[Array, Array]:
    """Mean and standard deviation of each row, of the population, 0 where nothing is there."""
    count = np.maximum(is_there.sum(axis=1), 1)
    mean = np.where(is_there, figures, 0.0).sum(axis=1) / count
    away = np.where(is_there, figures - mean[:, None], 0.0)
    return mean, np.sqrt((away * away).sum(axis=1) / count)


def _against(name: str, z: str, figure: Array, mean: Array, deviation: Array, known: Array) -> dict[str, Column]:
    """A figure, its mean and how far it is from that."""
    away = (figure - mean) / np.maximum(deviation, LEAST_DEVIATION)
    return {
        name.format(""): Column.of(figure, known),
        name.format("_mean"): Column.of(mean.copy(), known),
        z: Column.of(away, known),
    }

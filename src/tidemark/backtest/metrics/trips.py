"""The round trips of a run as they come, and the sums that their figures are made of; the same follow from `sql.py`."""

from collections.abc import Callable, Iterable

import msgspec

from tidemark.backtest.metrics.moments import Moments
from tidemark.model.round_trip import RoundTrip
from tidemark.model.signal import Side
from tidemark.units import SECOND

# Where the bins of the distribution of R begin; what is beyond both ends is counted apart.
R_EDGES = tuple(step / 2.0 for step in range(-10, 21))
# Groups of one key that are told apart; a strategy may give every trip a tag of its own.
MOST_GROUPS = 1000
OTHERS = "(others)"


class TripSums(msgspec.Struct, kw_only=True):
    """What round trips were, in the order of their numbers; money in quote currency, times in seconds.

    wins, losses: those with a profit above and below 0. gained, lost: what they brought and cost, both positive.
    traded: what was bought and sold, quantity by price. r: the moments of profits in R; bins: how many of them lie
    below the first of `R_EDGES`, from each to the next, and from the last on. best, worst: the sums of the furthest
    that prices went for and against a trip, as fractions; furthest_best, furthest_worst: of one trip; best_r, worst_r:
    their sums in R, of those that have one. win_streak, loss_streak: the longest of trips after each other.

    Memory: about 1 KiB.
    """

    count: int = 0
    wins: int = 0
    losses: int = 0
    gained: float = 0.0
    lost: float = 0.0
    largest_win: float = 0.0
    largest_loss: float = 0.0
    fees: float = 0.0
    funding: float = 0.0
    slippage: float = 0.0
    traded: float = 0.0
    held_s: float = 0.0
    bars: int = 0
    best: float = 0.0
    worst: float = 0.0
    furthest_best: float = 0.0
    furthest_worst: float = 0.0
    best_r: float = 0.0
    worst_r: float = 0.0
    r: Moments = msgspec.field(default_factory=Moments)
    lowest_r: float | None = None
    highest_r: float | None = None
    bins: list[int] = msgspec.field(default_factory=lambda: [0] * (len(R_EDGES) + 1))
    win_streak: int = 0
    loss_streak: int = 0
    # Of the trip before, and for how many in a row it was so.
    _sign: int = 0
    _row: int = 0

    def add(self, trip: RoundTrip) -> None:
        """One trip more."""
        profit = trip.profit
        self.count += 1
        if profit > 0.0:
            self.wins += 1
            self.gained += profit
            self.largest_win = max(self.largest_win, profit)
        elif profit < 0.0:
            self.losses += 1
            self.lost -= profit
            self.largest_loss = max(self.largest_loss, -profit)
        self.fees += trip.fees
        self.funding += trip.funding
        self.slippage += trip.slippage
        self.traded += trip.quantity * (trip.entry_price + trip.exit_price)
        self.held_s += (trip.exit_at - trip.entry_at) / SECOND
        self.bars += trip.bars
        self.best += trip.best
        self.worst += trip.worst
        self.furthest_best = max(self.furthest_best, trip.best)
        self.furthest_worst = min(self.furthest_worst, trip.worst)
        self._streak((profit > 0.0) - (profit < 0.0))
        if trip.risk:
            self._in_r(profit / trip.risk, trip.quantity * trip.entry_price / trip.risk, trip)

    def _streak(self, sign: int) -> None:
        self._row = self._row + 1 if sign == self._sign else 1
        self._sign = sign
        if sign > 0:
            self.win_streak = max(self.win_streak, self._row)
        elif sign < 0:
            self.loss_streak = max(self.loss_streak, self._row)

    def _in_r(self, r: float, scale: float, trip: RoundTrip) -> None:
        self.r.add(r)
        self.lowest_r = r if self.lowest_r is None else min(self.lowest_r, r)
        self.highest_r = r if self.highest_r is None else max(self.highest_r, r)
        self.bins[sum(1 for edge in R_EDGES if r >= edge)] += 1
        self.best_r += trip.best * scale
        self.worst_r += trip.worst * scale


def summed(trips: Iterable[RoundTrip]) -> TripSums:
    """What *trips* were, in their order."""
    sums = TripSums()
    for trip in trips:
        sums.add(trip)
    return sums


def grouped(
    trips: Iterable[RoundTrip], key: Callable[[RoundTrip], str], most: int = MOST_GROUPS
) -> dict[str, TripSums]:
    """What the trips of each group were, by what *key* says of one; those of further groups in "(others)"."""
    groups: dict[str, TripSums] = {}
    for trip in trips:
        name = key(trip)
        if name not in groups and len(groups) >= most:
            name = OTHERS
        groups.setdefault(name, TripSums()).add(trip)
    return groups


def side_of(trip: RoundTrip) -> str:
    """A key of groups: "long" or "short"."""
    return Side(trip.side).name.lower()

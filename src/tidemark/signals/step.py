"""One minute of many trades: entries, stops, targets, ends and returns, from the candle of each, all at once."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tidemark.model.signal import Read, Reason, Stage
from tidemark.signals.followed import HORIZONS_NS, NUMBER, REASONS, STAGES
from tidemark.units import MINUTE

Array = npt.NDArray[Any]

# Two prices that are whole ticks are the same when they are nearer than that share of them.
_SAME = 1e-9
# A horizon whose minute was not seen has no return: the price of a later one is another.
_LATE_NS = 2 * MINUTE
_PENDING, _ACTIVE = NUMBER[Stage.PENDING], NUMBER[Stage.ACTIVE]


class Candle(NamedTuple):
    """The minute of each of n trades: opening times (ns), and prices in quote currency."""

    open_times: Array
    open: Array
    high: Array
    low: Array
    close: Array

    def reads(self, at: int) -> tuple[Read, ...]:
        """What one of them says, when it closes."""
        return tuple(Read(name, float(getattr(self, name)[at]), 0.0) for name in ("open", "high", "low", "close"))


class Move(NamedTuple):
    """The trade at place `at` went from one stage to the next, at `price`."""

    at: int
    was: Stage
    now: Stage
    reason: Reason
    price: float | None


def step(columns: Mapping[str, Array], entries: Array, candle: Candle) -> list[Move]:
    """Lead the trades *entries* of the table *columns*, each once, through their minutes; give what moved, in order."""
    one = {name: columns[name][entries] for name in ("side", "stage", "wait_until", "expires_at", "is_reversed")}
    way, stage = one["side"].astype(np.float64), one["stage"]
    closed_at = candle.open_times + MINUTE
    # All prices to the trade's own side: up is good for it.
    opened, ended = way * candle.open, way * candle.close
    best = np.where(way > 0, candle.high, -candle.low)
    worst = np.where(way > 0, candle.low, -candle.high)
    entry, stop = way * columns["entry"][entries], way * columns["stop"][entries]
    targets = way[:, None] * columns["targets"][entries]
    near = _SAME * np.abs(entry)

    pending, active = stage == _PENDING, stage == _ACTIVE
    passed = pending & (opened <= stop + near)
    touched = pending & ~passed & (worst <= entry + near)
    missed = pending & ~passed & ~touched & (closed_at >= one["wait_until"])
    turned = active & (one["is_reversed"] > 0)
    held = (active & ~turned) | touched
    # Where it was entered at the open, all of the candle came after that.
    is_whole = active | (touched & (opened <= entry + near))
    stopped = held & (worst <= stop + near)
    reached = (held & is_whole & ~stopped)[:, None] & (best[:, None] >= targets - near[:, None])
    first, last = reached[:, 0] & (columns["hits"][entries] < 1), reached[:, -1]
    over = held & ~stopped & ~last & (closed_at >= one["expires_at"])

    leave = np.where(turned, opened, np.where(stopped, np.where(active, np.minimum(opened, stop), stop), ended))
    leave = np.where(last, targets[:, -1], leave)
    gone = turned | stopped | last | over
    # What came before the stop within its candle nobody knows.
    favourable = np.where(is_whole, best, ended)
    favourable = np.where(stopped, entry, np.where(last, targets[:, -1], favourable))
    adverse = np.where(stopped, np.minimum(leave, worst), worst)
    columns["best"][entries] = np.where(
        held, np.maximum(columns["best"][entries], favourable - entry), columns["best"][entries]
    )
    columns["worst"][entries] = np.where(
        held, np.maximum(columns["worst"][entries], entry - adverse), columns["worst"][entries]
    )
    columns["entered_at"][entries] = np.where(touched, closed_at, columns["entered_at"][entries])
    columns["hits"][entries] = np.where(last, 2, np.where(first, 1, columns["hits"][entries]))
    columns["leave"][entries] = np.where(gone, way * leave, columns["leave"][entries])
    columns["last"][entries] = candle.close
    columns["followed_to"][entries] = closed_at
    _look_forward(columns, entries, candle, way, closed_at)

    moves: list[Move] = []
    moves += _moves(touched, _PENDING, Stage.ACTIVE, Reason.ENTERED, way * entry)
    moves += _moves(first & ~last, _ACTIVE, Stage.ACTIVE, Reason.FIRST_TARGET, way * targets[:, 0])
    for where, now, reason in (
        (passed, Stage.INVALIDATED, Reason.PASSED),
        (missed, Stage.EXPIRED, Reason.MISSED),
        (turned, Stage.INVALIDATED, Reason.TURNED),
        (stopped, Stage.STOPPED, Reason.STOP),
        (last, Stage.TARGET, Reason.LAST_TARGET),
        (over, Stage.EXPIRED, Reason.OVER),
    ):
        was = _PENDING if reason in {Reason.PASSED, Reason.MISSED} else _ACTIVE
        moves += _moves(where, was, now, reason, candle.open if reason is Reason.PASSED else way * leave)
        columns["stage"][entries[where]] = NUMBER[now]
        columns["reason"][entries[where]] = REASONS.index(reason)
        columns["ended_at"][entries[where]] = closed_at[where]
    entered = touched & ~gone
    columns["stage"][entries[entered]] = _ACTIVE
    columns["reason"][entries[entered]] = REASONS.index(Reason.ENTERED)
    return sorted(moves, key=_place)


def _look_forward(columns: Mapping[str, Array], entries: Array, candle: Candle, way: Array, closed_at: Array) -> None:
    """The return of each horizon whose minute this is."""
    due_at = columns["begun_at"][entries][:, None] + HORIZONS_NS
    forward = columns["forward"][entries]
    late = closed_at[:, None] - due_at
    is_due = ~np.isfinite(forward) & (late >= 0) & (late < _LATE_NS)
    made = way * (candle.close / columns["reference"][entries] - 1.0)
    columns["forward"][entries] = np.where(is_due, made[:, None], forward)
    carried = columns["forward_carried"][entries]
    columns["forward_carried"][entries] = np.where(is_due, columns["carried"][entries][:, None], carried)


def _moves(where: Array, was: int, now: Stage, reason: Reason, prices: Array) -> list[Move]:
    before = STAGES[was] or Stage.PENDING
    is_priced = reason is not Reason.MISSED
    return [
        Move(at, before, now, reason, float(prices[at]) if is_priced else None) for at in np.flatnonzero(where).tolist()
    ]


def _place(move: Move) -> int:
    return move.at

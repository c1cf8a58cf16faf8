"""What a run tells, on its way into the database: round trips and equity in batches, and the sums over all of it.

Memory: a batch, and what the sums take; it does not grow with the run.
"""

import hashlib
from collections.abc import Sequence

import msgspec
import numpy as np
import sqlalchemy as sa

from tidemark.backtest.bars import Array
from tidemark.backtest.metrics.curve import Curve
from tidemark.model.round_trip import RoundTrip
from tidemark.store.backtest_rows import Point, put_points, put_trips
from tidemark.units import DAY, HOUR, MINUTE

BATCH = 100
# A chart shows no more points than this.
MOST_POINTS = 2000
_STEPS = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, DAY, 7 * DAY)


def step_for(span_ns: int, timeframe_ns: int) -> int:
    """How far points of equity that are kept lie apart (ns), so that a run of *span_ns* has at most MOST_POINTS."""
    fitting = (step for step in _STEPS if step >= timeframe_ns and span_ns <= step * MOST_POINTS)
    return next(fitting, max(30 * DAY, timeframe_ns))


class Recorder:
    """Writes the trips and the equity of *run*, and keeps the sums.

    start: the equity that it begins with; began: when (ns); step_ns: of the points that are kept, the last of each;
    written: round trips that are there already, of a run that is taken up again. Points come by the open times of
    candles of *timeframe_ns*, and are written by their ends.
    """

    def __init__(
        self, engine: sa.Engine, run: str, *, start: float, began: int, timeframe_ns: int, step_ns: int,
        batch: int = BATCH, written: int = 0,
    ) -> None:  # fmt: skip
        self.curve = Curve(start, began)
        self.count = 0
        self._engine, self._run = engine, run
        self._timeframe_ns, self._step_ns, self._batch, self._written = timeframe_ns, step_ns, batch, written
        self._trips: list[RoundTrip] = []  # bounded: a batch, and what a stretch of candles closes
        self._points: list[Point] = []  # bounded: a batch, and what a stretch of candles has
        self._open: Point | None = None
        self._peak = start
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """A hash of all round trips so far, in their order: the same trips have the same."""
        return self._digest.hexdigest()

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        """See driver.Sink."""
        for trip in closed:
            self._digest.update(msgspec.msgpack.encode(trip))
        self.count += len(closed)
        self._trips.extend(trip for trip in closed if trip.number > self._written)
        while len(self._trips) >= self._batch:
            self._write_trips()

    def equity(self, at: Array, worth: Array) -> None:
        """See driver.Sink."""
        if not len(at):
            return
        ends = at + self._timeframe_ns
        self.curve.put(ends, worth[:, 0].copy(), worth[:, 2].copy())
        peaks = np.maximum(np.maximum.accumulate(worth[:, 0]), self._peak)
        number = ends // self._step_ns
        last = np.flatnonzero(np.r_[number[1:] != number[:-1], True])
        for k in last.tolist():
            point = Point(
                at=int(ends[k]), equity=float(worth[k, 0]), cash=float(worth[k, 1]), exposure=float(worth[k, 2]),
                drawdown=float(worth[k, 0] / peaks[k] - 1.0),
            )  # fmt: skip
            if self._open is not None and self._open.at // self._step_ns != point.at // self._step_ns:
                self._points.append(self._open)
            self._open = point
        self._peak = float(peaks[-1])
        if len(self._points) >= self._batch:
            self._write_points()

    def flush(self) -> None:
        """Write all that waits."""
        while self._trips:
            self._write_trips()
        if self._open is not None:
            self._points.append(self._open)
            self._open = None
        self._write_points()

    def _write_trips(self) -> None:
        with self._engine.begin() as connection:
            put_trips(connection, self._run, self._trips[: self._batch])
        del self._trips[: self._batch]

    def _write_points(self) -> None:
        with self._engine.begin() as connection:
            put_points(connection, self._run, self._points)
        self._points.clear()

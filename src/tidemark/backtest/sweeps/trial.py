"""One trial: a request to its figures and the returns of its days; nothing of it is written by whoever does it.

It is a function of its task alone: the same one gives the same bytes, in this process, in another, or on another
machine.
"""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

import msgspec
import numpy as np

from tidemark.backtest.bars import Array
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import curve_figures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import TripSums
from tidemark.backtest.runs.driving import driver_of
from tidemark.backtest.runs.request import Code, DataUsed, Request
from tidemark.backtest.runs.source import CHUNK
from tidemark.backtest.sweeps.asked import figures_in
from tidemark.backtest.sweeps.candles import TrialCandles, Where
from tidemark.errors import SettingsError, StrategyError
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.store.sweep_rows import Trial
from tidemark.units import DAY

# A strategy is loaded under one name for all of a process, and workers of a cluster may have several threads.
_ONE = Lock()


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What a worker is given. tried: those of the request's parameters that the trial is about.

    used: from when to when; leads: the indicators get their values from candles before that, where there are any.
    """

    window: int
    number: int
    request: Request
    tried: dict[str, str]
    code: Code
    where: Where
    used: DataUsed
    by: str
    leads: bool = False


class Tally:
    """Adds up what comes of a trial; a sink of a driver. Points of equity that end before *began* (ns) do not count."""

    def __init__(self, start: float, began: int, timeframe_ns: int) -> None:
        self.curve = Curve(start, began)
        self.sums = TripSums()
        self._began, self._timeframe_ns = began, timeframe_ns
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """As that of a run: the same trips have the same."""
        return self._digest.hexdigest()

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        """See driver.Sink."""
        for trip in closed:
            self._digest.update(msgspec.msgpack.encode(trip))
            self.sums.add(trip)

    def equity(self, at: Array, worth: Array) -> None:
        """See driver.Sink."""
        ends = at + self._timeframe_ns
        first = int(np.searchsorted(ends, self._began, side="right"))
        if first < len(ends):
            self.curve.put(ends[first:], worth[first:, 0].copy(), worth[first:, 2].copy())


def done(task: Task) -> Trial:
    """Do it. What is wrong with the strategy or its parameters is told as that of the trial; all else is raised."""
    trial = Trial(window=task.window, number=task.number, parameters=msgspec.json.encode(task.tried).decode())
    with _ONE, _file_of(task) as request:
        try:
            tally = _run(task, request)
        except (SettingsError, StrategyError) as error:
            return msgspec.structs.replace(trial, error=_said(error, request, task))
    figures = figures_in((curve_figures(tally.curve.sums()), trip_figures(tally.sums)))
    return msgspec.structs.replace(
        trial,
        value=figures[task.by].value,
        figures=msgspec.json.encode(figures).decode(),
        trips=tally.sums.count,
        digest=tally.digest,
        first_day=task.used.begin // DAY,
        returns=tally.curve.daily().astype("<f8").tobytes(),
    )


def returns_of(trial: Trial) -> Array:
    """The returns of its days, float64 (n,)."""
    return np.frombuffer(trial.returns, "<f8").astype(np.float64)


def figures_of(trial: Trial) -> dict[str, Figure]:
    """Its figures by name; none of one that failed."""
    return msgspec.json.decode(trial.figures, type=dict[str, Figure])


def _run(task: Task, request: Request) -> Tally:
    source = TrialCandles(task.where, task.used)
    step = Timeframe(task.used.timeframe).ns
    tally = Tally(request.cash, task.used.begin, step)
    _, driver = driver_of(request, source, tally)
    begin = task.used.begin - (driver.warm_up * step if task.leads else 0)
    for bars in source.since(begin, CHUNK):
        driver.take(bars)
    driver.end()
    return tally


def _said(error: Exception, request: Request, task: Task) -> str:
    """What was raised, with the file as the user calls it: the same for every trial."""
    there = _path(request)
    return str(error).replace(there, task.code.file) if there else str(error)


def _path(request: Request) -> str:
    """The file that the strategy is in; nothing where it is none."""
    return "".join(request.strategy.rpartition(".py")[:2])


@contextmanager
def _file_of(task: Task) -> Iterator[Request]:
    """The request with the strategy in a file as it was when the sweep began, whatever became of that since.

    A strategy that is no file of the user's is known by its name on every machine.
    """
    if not _path(task.request):
        yield task.request
        return
    with tempfile.TemporaryDirectory(prefix="tidemark-trial-") as folder:
        file = Path(folder, Path(task.code.file).name)
        file.write_text(task.code.text, encoding="utf-8")
        # What follows the file is the name of a class in it.
        name = task.request.strategy.removeprefix(_path(task.request))
        yield msgspec.structs.replace(task.request, strategy=f"{file}{name}")

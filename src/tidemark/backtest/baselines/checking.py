"""Whether runs are still what their baselines say, and where not, in what they differ."""

import tempfile
from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from tidemark.backtest.baselines.bands import is_within
from tidemark.backtest.baselines.file import Baseline, figures_in, request_from
from tidemark.backtest.runs.comparison import result_in
from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.runs.opening import opened
from tidemark.backtest.runs.request import DataUsed, Settings
from tidemark.clock import Clock
from tidemark.errors import TidemarkError
from tidemark.store.backtest_rows import Run
from tidemark.store.database import Database

_HASH = 12


class Outcome(StrEnum):
    """How a run stands to its baseline.

    EQUAL: all round trips are the same. WITHIN: they are not, and no figure moved farther than it may. OUTSIDE: one
    did. INCOMPARABLE: something else was asked for, or over other candles. FAILED: there was no run.
    """

    EQUAL = "golden-equal"
    WITHIN = "within tolerance"
    OUTSIDE = "outside"
    INCOMPARABLE = "not comparable"
    FAILED = "failed"


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that is not what it was."""

    figure: str
    was: float | None
    now: float | None
    tolerance: str
    is_within: bool


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be said of one baseline.

    trips: of the run. differs: in what it was asked, or over what; moved: figures, as far as they were compared. error:
    why there was no run.
    """

    name: str
    outcome: Outcome
    trips: int | None = None
    differs: tuple[str, ...] = ()
    moved: tuple[Moved, ...] = ()
    error: str | None = None

    @property
    def passes(self) -> bool:
        """Whether it is as it has to be."""
        return self.outcome in {Outcome.EQUAL, Outcome.WITHIN}


def judged(name: str, baseline: Baseline, run: Run) -> Verdict:
    """How *run*, which is over, stands to *baseline*.

    Other code is told and compared: whether it still does the same is what a baseline is for. Other candles,
    parameters or costs make other trips, from which nothing follows.
    """
    result = result_in(run)
    settings = msgspec.json.decode(run.settings, type=Settings)
    data = msgspec.json.decode(run.data, type=DataUsed)
    differs = [
        *_hashes("candles", baseline.data, data.digest),
        *_hashes("ticks and lots", baseline.instruments, data.instruments),
        *_values("parameter ", baseline.parameters, settings.parameters),
        *_values("", baseline.models, settings.models),
        *_values("", _asked(baseline.request), _asked(settings.request)),
    ]
    code = _hashes("code", baseline.code, settings.code.sha256)
    if differs:
        return Verdict(
            name=name, outcome=Outcome.INCOMPARABLE, trips=result.trips, differs=(*differs, *code)
        )  # fmt: skip
    found = figures_in(result)
    moved = tuple(
        Moved(
            figure=figure, was=band.value, now=found.get(figure), tolerance=band.tolerance,
            is_within=is_within(band, found.get(figure)),
        )
        for figure, band in baseline.figures.items()
        if band.value != found.get(figure)
    )  # fmt: skip
    if not all(one.is_within for one in moved):
        outcome = Outcome.OUTSIDE
    else:
        outcome = Outcome.EQUAL if result.digest == baseline.trips else Outcome.WITHIN
    return Verdict(name=name, outcome=outcome, trips=result.trips, differs=tuple(code), moved=moved)


def again(
    name: str, baseline: Baseline, file: Path, clock: Clock, progress: Callable[[str, int], Callable[[int], None]]
) -> Verdict:  # fmt: skip
    """Do the run of *baseline* again, in a database that is thrown away, and judge it.

    progress: given the name and how many candles there are, gives what is told of those that were taken.
    """
    request = request_from(baseline, file)
    try:
        source = opened(request)
        with tempfile.TemporaryDirectory() as folder, Database.open(None, Path(folder)) as database:
            execution = Execution(database.engine, clock, progress=progress(name, source.used.candles))
            run, _ = execution.run(execution.begin("again", name, request, source), source)
            return judged(name, baseline, run)
    except TidemarkError as error:
        return Verdict(name=name, outcome=Outcome.FAILED, error=str(error))


def _asked(request: msgspec.Struct) -> dict[str, object]:
    """What decides about the trips; paths do not, and what lies there has a hash."""
    left_out = {"version", "strategy", "data", "parameters", "models", "batch", "shuffles"}
    return {name: value for name, value in msgspec.structs.asdict(request).items() if name not in left_out}


def _hashes(what: str, was: str, now: str) -> list[str]:
    return [] if was == now else [f"{what} {was[:_HASH]} {'is' if what == 'code' else 'are'} now {now[:_HASH]}"]


def _values(before: str, was: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    return [
        f"{before}{name} {_said(was.get(name))} is now {_said(now.get(name))}"
        for name in sorted(was.keys() | now.keys())
        if was.get(name) != now.get(name)
    ]


def _said(value: object) -> str:
    return "nothing" if value is None or value == () else str(value)

"""What can be ordered of backtests: begun, cancelled, gone on with, removed; what there is to choose, and what runs."""

import math
from typing import Annotated

import msgspec
from msgspec import Meta

from tidemark.api.monitor import Monitor
from tidemark.api.routes.backtests import RunId
from tidemark.api.routes.base import Action, Answer, Milliseconds, Nothing, Route, Symbol
from tidemark.api.told_backtests import UnderWay, under_way
from tidemark.errors import RequestError
from tidemark.live.backtesting import Backtesting
from tidemark.settings.base import TimeframeName
from tidemark.store.backtest_job import MOST_REMOVED, Asked, DataChoice, KindOfModel, StrategyChoice
from tidemark.units import KIB, MILLISECOND

_LAST_NS = (1 << 63) - 1
_MOST_PARAMETERS, _MOST_MARKETS = 64, 1000
_DISABLED = "backtests.enabled is false in the settings"
_Strategy = Annotated[
    str,
    Meta(
        pattern=r"^(rules(:[a-z0-9_]{1,60}(,[a-z0-9_]{1,60}){0,49})?|[^\s/\\.:][^/\\:\x00-\x1f]{0,99}\.py(:[A-Za-z_][A-Za-z0-9_]{0,99})?)$",
        description="A file in the folder of strategies, with :Class where it has several; or rules; or rules:NAME",
        examples=["mean_cross.py"],
    ),
]
_Data = Annotated[str, Meta(pattern=r"^[^\s/\\.][^/\\\x00-\x1f]{0,199}$", description="A data set by its name")]
_ParameterName = Annotated[str, Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_.]{0,99}$")]
_ModelKey = Annotated[str, Meta(pattern=r"^[a-z_]{1,30}(\.[a-z_]{1,30}){1,2}$")]
_Text = Annotated[str, Meta(max_length=200)]


class StartBacktest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run. strategy, data: as /api/v1/backtests/choices names them.

    parameters: what is not named has its default. models: costs and rules of the broker by key, such as
    {"fees.use": "none"}. markets: all of the data set where none are named. timeframe: which candles, where there are
    several. begin_ms, end_ms: from and to before which candles are taken, null for all. cash: what the account begins
    with. name: what the run is called, null for that of the strategy. shuffles: over how many shuffled markets it is
    run besides, to tell luck; null: 19, or as many as ten million candles make.
    """

    strategy: _Strategy
    data: _Data
    parameters: Annotated[
        dict[_ParameterName, _Text | float | bool], Meta(max_length=_MOST_PARAMETERS)
    ] = {}  # bounded: by Meta
    models: Annotated[dict[_ModelKey, _Text | float | bool], Meta(max_length=_MOST_PARAMETERS)] = {}  # bounded: by Meta
    markets: Annotated[tuple[Symbol, ...], Meta(max_length=_MOST_MARKETS)] = ()
    timeframe: TimeframeName | None = None
    begin_ms: Milliseconds | None = None
    end_ms: Milliseconds | None = None
    cash: Annotated[float, Meta(ge=1e-9, le=1e15)] = 10_000.0
    name: Annotated[str, Meta(min_length=1, max_length=60)] | None = None
    shuffles: Annotated[int, Meta(ge=0, le=1000)] | None = None


class NamedBacktest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which run, by its id."""

    id: RunId


class NamedBacktests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which runs, by their ids, at most 100."""

    ids: Annotated[tuple[RunId, ...], Meta(min_length=1, max_length=MOST_REMOVED)]


class BacktestBegun(Answer, frozen=True, kw_only=True):
    """id: of the run, which waits for those before it, or is begun. ahead: how many are before it."""

    id: str
    ahead: int


class BacktestsRemoved(Answer, frozen=True, kw_only=True):
    """ids: of the runs that are gone; what was not there is not among them."""

    ids: tuple[str, ...]


class BacktestChoices(Answer, frozen=True, kw_only=True):
    """What a run can be made of. note: what is missing, and why; null where all is there.

    folder: where strategies lie on the machine of the monitor.
    """

    strategies: tuple[StrategyChoice, ...]
    data: tuple[DataChoice, ...]
    models: tuple[KindOfModel, ...]
    folder: str
    note: str | None


class BacktestsUnderWay(Answer, frozen=True, kw_only=True):
    """What runs, what waits, in the order of their turns, and for some seconds what has just ended.

    note: why nothing can be begun here, null where something can. memory_bytes: what a run may take; resident_bytes:
    what the process of it takes now, 0 where none runs. queue: how many may wait.
    """

    running: tuple[UnderWay, ...]
    note: str | None
    memory_bytes: int
    resident_bytes: int
    queue: int


async def _start(monitor: Monitor, asked: StartBacktest) -> BacktestBegun:
    if asked.begin_ms is not None and asked.end_ms is not None and asked.begin_ms >= asked.end_ms:
        raise RequestError(422, "begin_ms has to be before end_ms")
    queued = await _backtesting(monitor).begin(
        Asked(
            strategy=asked.strategy,
            parameters={name: _words(value) for name, value in asked.parameters.items()},
            models={key: _words(value) for key, value in asked.models.items()},
            data=asked.data,
            markets=tuple(dict.fromkeys(asked.markets)),
            timeframe=asked.timeframe,
            begin=_ns(asked.begin_ms),
            end=_ns(asked.end_ms),
            cash=asked.cash,
            name=asked.name,
            shuffles=asked.shuffles,
        )
    )
    return BacktestBegun(as_of_ms=monitor.now_ms, id=queued.run, ahead=queued.ahead)


async def _cancel(monitor: Monitor, asked: NamedBacktest) -> BacktestsUnderWay:
    _backtesting(monitor).cancel(asked.id)
    return running(monitor, Nothing())


async def _resume(monitor: Monitor, asked: NamedBacktest) -> BacktestBegun:
    queued = await _backtesting(monitor).resume(asked.id)
    return BacktestBegun(as_of_ms=monitor.now_ms, id=queued.run, ahead=queued.ahead)


async def _remove(monitor: Monitor, asked: NamedBacktests) -> BacktestsRemoved:
    return BacktestsRemoved(as_of_ms=monitor.now_ms, ids=await _backtesting(monitor).remove(asked.ids))


async def _list(monitor: Monitor) -> None:
    if monitor.parts.backtesting is not None:
        await monitor.parts.backtesting.list()


def _choices(monitor: Monitor, _: Nothing) -> BacktestChoices:
    backtesting = monitor.parts.backtesting
    if backtesting is None:
        return BacktestChoices(
            as_of_ms=monitor.now_ms, strategies=(), data=(), models=(), folder="", note=f"no backtests: {_DISABLED}"
        )
    listed = backtesting.listed
    return BacktestChoices(
        as_of_ms=monitor.now_ms,
        strategies=listed.strategies,
        data=listed.data,
        models=listed.models,
        folder=backtesting.strategies,
        note=listed.note,
    )


def running(monitor: Monitor, _: Nothing) -> BacktestsUnderWay:
    """What runs and waits now."""
    backtesting = monitor.parts.backtesting
    if backtesting is None:
        return BacktestsUnderWay(
            as_of_ms=monitor.now_ms, running=(), note=f"no backtests: {_DISABLED}", memory_bytes=0, resident_bytes=0,
            queue=0,
        )  # fmt: skip
    return BacktestsUnderWay(
        as_of_ms=monitor.now_ms,
        running=tuple(map(under_way, backtesting.under_way())),
        note=None,
        memory_bytes=backtesting.memory_bytes,
        resident_bytes=backtesting.resident,
        queue=backtesting.room,
    )


def _backtesting(monitor: Monitor) -> Backtesting:
    if monitor.parts.backtesting is None:
        raise RequestError(409, f"there are no backtests here: {_DISABLED}")
    return monitor.parts.backtesting


def _words(value: str | float | bool) -> str:
    """A parameter as it is given at a command line.

    >>> _words(True), _words(20), _words(0.5), _words("sma")
    ('true', '20', '0.5', 'sma')
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if math.isfinite(value) and value == int(value) else repr(value)


def _ns(moment_ms: int | None) -> int | None:
    return None if moment_ms is None else min(moment_ms * MILLISECOND, _LAST_NS)


ROUTES = (
    Route(
        path="/api/v1/backtests/choices",
        summary="What a run can be made of: strategies with their parameters, data sets, models of the broker",
        asked=Nothing,
        answer=BacktestChoices,
        give=_choices,
        prepare=_list,
    ),
    Route(
        path="/api/v1/backtests/running",
        summary="The runs that are under way or wait for their turn",
        asked=Nothing,
        answer=BacktestsUnderWay,
        give=running,
        transient=64 * KIB,
    ),
)
ACTIONS = (
    Action(
        path="/api/v1/backtests/cancel",
        summary="End a run that is under way, or take it out of the queue",
        asked=NamedBacktest,
        answer=BacktestsUnderWay,
        give=_cancel,
    ),
    Action(
        path="/api/v1/backtests/remove",
        summary="Remove runs with all that was written down of them",
        asked=NamedBacktests,
        answer=BacktestsRemoved,
        give=_remove,
    ),
    Action(
        path="/api/v1/backtests/resume",
        summary="Go on with a run that was interrupted or cancelled",
        asked=NamedBacktest,
        answer=BacktestBegun,
        give=_resume,
    ),
    Action(
        path="/api/v1/backtests/start",
        summary="Begin a run, or let it wait for its turn",
        asked=StartBacktest,
        answer=BacktestBegun,
        give=_start,
    ),
)

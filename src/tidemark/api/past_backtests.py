"""Backtests as the database has them: a run of the list, a whole one, its equity, and two side by side."""

import msgspec


class ListedBacktest(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a backtest without what is long; times ns since the epoch. state: "running" of a process that lives.

    strategy: where it is from, as it was asked for; kind: the name of its class or rule. data: what it ran over, as a
    text of JSON. trips and the figures: of its result, None without one; the figures also where they are not defined.
    """

    id: str
    name: str
    state: str
    created_at: int
    ended_at: int | None
    strategy: str
    kind: str
    data: str
    error: str | None
    trips: int | None
    total_return: float | None
    sharpe: float | None
    max_drawdown: float | None


class KeptBacktest(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a backtest with all that was written down of it. settings, result: as texts of JSON."""

    listed: ListedBacktest
    settings: str
    result: str | None


class EquityPoints(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was worth over time, column by column; times ns since the epoch. See store.backtest_rows.Point."""

    at: tuple[int, ...]
    equity: tuple[float, ...]
    drawdown: tuple[float, ...]
    exposure: tuple[float, ...]


class ComparedWords(msgspec.Struct, frozen=True, kw_only=True):
    """What two runs were asked differently; null where only one of them has it."""

    name: str
    first: str | None
    second: str | None


class ComparedFigure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of two runs; null where it is not defined."""

    name: str
    first: float | None
    second: float | None


class ComparedBacktests(msgspec.Struct, frozen=True, kw_only=True):
    """Two runs side by side. is_same: whether all their round trips are equal."""

    first: str
    second: str
    asked: tuple[ComparedWords, ...]
    figures: tuple[ComparedFigure, ...]
    is_same: bool

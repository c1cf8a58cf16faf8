"""Backtests as they are answered: rows of the list, one of them whole, its figures with their units.

What a run came to lies in the database as a text of JSON, written by whichever version did it. A figure is known by its
form, `{"value": ..., "why": ...}`, so that one that is new is told without being known here.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from tidemark.api.past_backtests import KeptBacktest, ListedBacktest
from tidemark.api.routes.base import Milliseconds
from tidemark.live.backtesting import Following
from tidemark.model.round_trip import RoundTrip
from tidemark.units import MILLISECOND

# Names of markets that a row of the list shows.
SHOWN_MARKETS = 10
_FRACTIONS = frozenset({
    "total_return", "max_drawdown", "best_day", "worst_day", "time_in_market", "mean_exposure", "highest_exposure",
    "win_rate", "cost_share", "mean_mfe", "mean_mae", "furthest_mfe", "furthest_mae", "probabilistic_sharpe",
    "deflated_sharpe", "holding_total_return", "holding_max_drawdown", "entries_p", "shuffled_p", "shuffled_return",
})  # fmt: skip
_UNITS: Mapping[str, str] = {
    **dict.fromkeys(_FRACTIONS, "fraction"),
    **dict.fromkeys(("annual_return", "volatility", "downside_deviation"), "fraction a year"),
    **dict.fromkeys(("drawdown_length", "drawdown_recovery", "longest_drawdown", "mean_held"), "seconds"),
    **dict.fromkeys(
        ("profit", "expectancy", "largest_win", "largest_loss", "fees", "funding", "slippage", "traded",
         "entries_profit"), "quote"
    ),
    **dict.fromkeys(("expectancy_r", "r_deviation", "r_lowest", "r_highest", "mean_mfe_r", "mean_mae_r"), "R"),
    **dict.fromkeys(("mean_bars",), "candles"),
    **dict.fromkeys(("win_streak", "loss_streak", "count", "wins", "losses", "days", "unseen", "trials"), "count"),
    **dict.fromkeys(("turnover",), "times a year"),
}  # fmt: skip
_RATIO = "ratio"
_HOLDING = ("total_return", "max_drawdown", "sharpe")
# What a result says of the equity in other words than as a figure.
_COUNTED = {"equity": ("days", "unseen"), "trips": ("count", "wins", "losses")}


class BacktestRow(msgspec.Struct, frozen=True, kw_only=True):
    """One run. state: running, done, failed, interrupted (it can be resumed) or cancelled.

    strategy: by the name of its file, and of its class behind a colon where the file has several; or a rule of signals
    as rules:NAME. data: by its name. markets: the first ten of `market_count`. candles: about how many there are.
    begin_ms, end_ms: open times of the first and the last one. trips and the three figures: null where there is no
    result, the figures also where they are not defined; total_return and max_drawdown are fractions. error: why it
    failed or was interrupted.
    """

    id: str
    name: str
    state: str
    strategy: str
    data: str
    markets: tuple[str, ...]
    market_count: int
    timeframe: str
    begin_ms: Milliseconds
    end_ms: Milliseconds
    created_ms: Milliseconds
    ended_ms: Milliseconds | None
    candles: int
    trips: int | None
    total_return: float | None
    sharpe: float | None
    max_drawdown: float | None
    error: str | None


class FigureRow(msgspec.Struct, frozen=True, kw_only=True):
    """A figure. value: null where it is not defined; `why` then says why, and is "" otherwise.

    unit: fraction, fraction a year, ratio, quote (money in quote currency), seconds, candles, count, R (multiples of
    what a stop put at stake) or times a year. low, high: the 95 % interval, null where there is none.
    """

    name: str
    value: float | None
    unit: str
    why: str
    low: float | None = None
    high: float | None = None


class FigureGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Figures that belong together: of the equity, or of all round trips."""

    name: str
    figures: tuple[FigureRow, ...]


class TripGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Round trips that have something in common, by the name of it; profit and expectancy in quote currency."""

    name: str
    trips: int
    win_rate: float | None
    profit: float | None
    expectancy: float | None
    expectancy_r: float | None


class MonthRow(msgspec.Struct, frozen=True, kw_only=True):
    """A month (UTC), and what the equity gained in it, a fraction."""

    year: int
    month: int
    gain: float


class DeepestFall(msgspec.Struct, frozen=True, kw_only=True):
    """When the deepest fall of the equity began, was deepest, and was made up for; null where it was not."""

    peak_ms: Milliseconds | None
    trough_ms: Milliseconds | None
    recovered_ms: Milliseconds | None


class BacktestResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run. start, end: its equity, quote currency. is_ruined: nothing was left of it.

    digest: a hash of all round trips; two runs with the same one did the same. groups: round trips by symbol, tag,
    side, regime and exit. r_counts: round trips by R: below the first of r_edges, from each to the next, and above the
    last. counts: what the broker refused or changed, by reason. warm_up: candles of a market before the strategy was
    asked.
    """

    trips: int
    digest: str
    start: float
    end: float
    is_ruined: bool
    figures: tuple[FigureGroup, ...]
    deepest_fall: DeepestFall
    months: tuple[MonthRow, ...]
    groups: dict[str, tuple[TripGroup, ...]]
    r_edges: tuple[float, ...]
    r_counts: tuple[int, ...]
    luck: tuple[FigureRow, ...]
    counts: dict[str, int]
    warm_up: int


class BacktestSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What a run was done with, all defaults included. models: settings of the broker, by key.

    code_sha256, data_sha256: hashes of the strategy's file and of all candles.
    """

    parameters: dict[str, str | int | float | bool]
    models: dict[str, str]
    cash: float
    code_sha256: str
    data_sha256: str


class TripRow(msgspec.Struct, frozen=True, kw_only=True):
    """A round trip. side: long or short. quantity: base currency. exit: why it was closed.

    fees, funding and slippage: what they cost; profit: net of them; all in quote currency. r: the profit in multiples
    of what the stop put at stake, null without a stop. best, worst: how far the price went for it and against it, as
    fractions of the entry price. bars: candles that it was held.
    """

    number: int
    symbol: str
    tag: str
    side: str
    quantity: float
    entry_ms: Milliseconds
    entry_price: float
    exit_ms: Milliseconds
    exit_price: float
    exit: str
    fees: float
    funding: float
    slippage: float
    profit: float
    r: float | None
    best: float
    worst: float
    bars: int
    regime: str


class UnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """A run that is under way.

    state: waiting, running or cancelling; for some seconds after its end also done, failed, interrupted or cancelled.
    done of about `candles` are taken, those of shuffled markets included; candles: null while that is not known.
    trips: that are written down so far. begun_ms: null while it waits. eta_ms: the moment at which it will be done, by
    its pace so far. error: why it failed or was interrupted.
    """

    id: str
    name: str
    state: str
    strategy: str
    data: str
    done: int
    candles: int | None
    trips: int
    begun_ms: Milliseconds | None
    eta_ms: Milliseconds | None
    error: str | None


def backtest_row(listed: ListedBacktest) -> BacktestRow:
    """A run as a row of the list."""
    data = msgspec.json.decode(listed.data)
    markets = data["markets"]
    return BacktestRow(
        id=listed.id,
        name=listed.name,
        state=listed.state,
        strategy=strategy_name(listed.strategy, listed.kind),
        data=data["path"].rpartition("/")[2],
        markets=tuple(markets[:SHOWN_MARKETS]),
        market_count=len(markets),
        timeframe=data["timeframe"],
        begin_ms=data["begin"] // MILLISECOND,
        end_ms=data["end"] // MILLISECOND,
        created_ms=listed.created_at // MILLISECOND,
        ended_ms=None if listed.ended_at is None else listed.ended_at // MILLISECOND,
        candles=data["candles"],
        trips=listed.trips,
        total_return=listed.total_return,
        sharpe=listed.sharpe,
        max_drawdown=listed.max_drawdown,
        error=listed.error,
    )


def under_way(one: Following) -> UnderWay:
    """A run that is under way, as it is answered."""
    return UnderWay(
        id=one.run,
        name=one.name,
        state=one.state,
        strategy=one.strategy,
        data=one.data,
        done=one.done,
        candles=one.candles,
        trips=one.trips,
        begun_ms=None if one.begun_at is None else one.begun_at // MILLISECOND,
        eta_ms=None if one.done_at is None else one.done_at // MILLISECOND,
        error=one.error,
    )


def strategy_name(where: str, kind: str) -> str:
    """A strategy as clients name it: by its file, and by its class where that was chosen.

    >>> strategy_name("/var/lib/strategies/cross.py:Fast", "Fast"), strategy_name("rules:breakout", "breakout")
    ('cross.py:Fast', 'rules:breakout')
    """
    return where.rpartition("/")[2] or kind


def trip_row(trip: RoundTrip) -> TripRow:
    """A round trip as it is answered."""
    return TripRow(
        number=trip.number,
        symbol=trip.symbol,
        tag=trip.tag,
        side=trip.side.name.lower(),
        quantity=trip.quantity,
        entry_ms=trip.entry_at // MILLISECOND,
        entry_price=trip.entry_price,
        exit_ms=trip.exit_at // MILLISECOND,
        exit_price=trip.exit_price,
        exit=trip.exit.value,
        fees=trip.fees,
        funding=trip.funding,
        slippage=trip.slippage,
        profit=trip.profit,
        r=trip.r,
        best=trip.best,
        worst=trip.worst,
        bars=trip.bars,
        regime=trip.regime,
    )


def settings_told(kept: KeptBacktest) -> BacktestSettings:
    """What it was done with."""
    settings, data = msgspec.json.decode(kept.settings), msgspec.json.decode(kept.listed.data)
    return BacktestSettings(
        parameters=settings["parameters"],
        models=settings["models"],
        cash=settings["request"]["cash"],
        code_sha256=settings["code"]["sha256"],
        data_sha256=data["digest"],
    )


def result_told(kept: KeptBacktest) -> BacktestResult | None:
    """What came of it; None where nothing has."""
    if kept.result is None:
        return None
    told: dict[str, Any] = msgspec.json.decode(kept.result)
    curve, trips, luck = told["curve"], told["all"], told["luck"]
    return BacktestResult(
        trips=told["trips"],
        digest=told["digest"],
        start=told["start"],
        end=told["end"],
        is_ruined=curve["is_ruined"],
        figures=(
            FigureGroup(name="equity", figures=_figures("equity", curve, luck["returns"])),
            FigureGroup(name="trips", figures=_figures("trips", trips, luck["trips"])),
        ),
        deepest_fall=DeepestFall(
            peak_ms=_ms(curve["drawdown_peak_at"]),
            trough_ms=_ms(curve["drawdown_trough_at"]),
            recovered_ms=_ms(curve["drawdown_recovered_at"]),
        ),
        months=tuple(MonthRow(year=one["year"], month=one["month"], gain=one["value"]) for one in curve["months"]),
        groups={by: tuple(_group(name, one) for name, one in of.items()) for by, of in told["groups"].items()},
        r_edges=tuple(trips["r_edges"]),
        r_counts=tuple(trips["r_counts"]),
        luck=_luck(luck),
        counts=told["counts"],
        warm_up=told["warm_up"],
    )


def _figures(group: str, told: Mapping[str, Any], intervals: Mapping[str, Any]) -> tuple[FigureRow, ...]:
    rows = [_figure(name, {"value": told[name]}) for name in _COUNTED[group] if name in told]
    for name, one in told.items():
        if _is_figure(one):
            rows.append(_figure(name, one, intervals.get(name)))
    return tuple(rows)


def _is_figure(told: object) -> bool:
    return isinstance(told, dict) and told.keys() == {"value", "why"}


def _figure(name: str, told: Mapping[str, Any], interval: Mapping[str, Any] | None = None) -> FigureRow:
    estimate = None if interval is None else interval["estimate"]
    return FigureRow(
        name=name,
        value=told["value"],
        unit=_UNITS.get(name, _RATIO),
        why=told.get("why", ""),
        low=None if estimate is None else estimate["low"],
        high=None if estimate is None else estimate["high"],
    )


def _group(name: str, told: Mapping[str, Any]) -> TripGroup:
    figures = {key: told[key]["value"] for key in ("win_rate", "profit", "expectancy", "expectancy_r")}
    return TripGroup(name=name, trips=told["count"], **figures)


def _luck(told: Mapping[str, Any]) -> tuple[FigureRow, ...]:
    rows = [
        _figure(name, told[name]) for name in ("probabilistic_sharpe", "deflated_sharpe") if _is_figure(told.get(name))
    ]
    if "trials" in told:
        rows.append(_figure("trials", {"value": told["trials"]}))
    rows += [_figure(f"holding_{name}", told["holding"][name]) for name in _HOLDING]
    for name, figure in (("entries", "entries_profit"), ("shuffled", "shuffled_return")):
        one = told.get(name)
        if one is not None:
            bounds = {"estimate": {end: one[end]["value"] for end in ("low", "high")}}
            rows += [_figure(figure, one["mean"], bounds), _figure(f"{name}_p", one["p"])]
    return tuple(rows)


def _ms(at_ns: int | None) -> int | None:
    return None if at_ns is None else at_ns // MILLISECOND

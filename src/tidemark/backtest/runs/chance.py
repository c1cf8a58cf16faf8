"""What a run is held against once it is over: its trips at random times, and its strategy over shuffled markets."""

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import total_return
from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.metrics.luck.shuffled_returns import Shuffled, none
from tidemark.backtest.rules.asked import is_rules
from tidemark.backtest.runs.driving import driver_of
from tidemark.backtest.runs.random_times import random_times
from tidemark.backtest.runs.recording import Recording, is_recording
from tidemark.backtest.runs.request import DataUsed, Request
from tidemark.backtest.runs.shuffled_markets import over_shuffled
from tidemark.backtest.runs.source import Source

# Where nobody says over how many shuffled markets, so many, and no more than have this many candles together.
DRAWS = 19
MOST_CANDLES = 10_000_000
# The engine takes longer for each of them.
MOST_OF_RULES = 200_000
RECORDED = "a recording can be read in its order alone"
TOO_MANY = "the candles take more room than is given to their columns"


def draws_of(request: Request, used: DataUsed) -> int:
    """Over how many shuffled markets the strategy is run besides.

    >>> used = DataUsed(path="", digest="", markets=("A",), timeframe="1m", candles=525_600, begin=0, end=0)
    >>> draws_of(Request(strategy="cross.py", data="candles"), used)
    19
    """
    if is_recording(Path(used.path)):
        return 0
    most = MOST_OF_RULES if is_rules(request.strategy) else MOST_CANDLES
    return min(DRAWS, most // max(used.candles, 1)) if request.shuffles is None else request.shuffles


def held_against(
    engine: sa.Engine, run: str, request: Request, source: Source, curve: Curve, trips: int,
    each: Callable[[int], bool],
) -> tuple[Chance, Shuffled]:  # fmt: skip
    """What *run*, whose trips are in the database, is held against; *each*: told how many candles were shuffled.

    Where it says no, nothing comes of those.
    """
    draws = draws_of(request, source.used)
    if isinstance(source, Recording):
        return Chance.none(RECORDED), none(RECORDED)
    columns = source.columns() if trips or draws else None
    if not trips:
        return Chance.none("no trips"), none("no trips")
    if columns is None:
        return Chance.none(TOO_MANY), none(TOO_MANY)
    with engine.connect() as connection:
        entries = random_times(connection, run, trips, source.used, columns)
    return entries, over_shuffled(
        lambda sink: driver_of(request, source, sink)[1], source.used, columns, cash=request.cash,
        found=total_return(curve.sums()), draws=draws, each=each,
    )  # fmt: skip

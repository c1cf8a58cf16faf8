"""How often the same strategy was tried over the same candles: the best of many tries looks good by chance alone."""

import math

import msgspec
import numpy as np
import sqlalchemy as sa

from tidemark.backtest.metrics.curve_figures import YEAR_DAYS
from tidemark.backtest.metrics.figure import Figure
from tidemark.store.backtest_rows import Run, runs

# The newest runs that are looked at.
MOST_RUNS = 10_000


class Trials(msgspec.Struct, frozen=True, kw_only=True):
    """count: different settings that were tried, the run itself among them.

    variance: of their Sharpe ratios, each of one day's return; 0 of one.
    """

    count: int
    variance: float


class _Code(msgspec.Struct):
    sha256: str


class _Asked(msgspec.Struct):
    strategy: str
    parameters: dict[str, object]
    models: dict[str, str]
    code: _Code


class _Data(msgspec.Struct):
    digest: str
    begin: int
    end: int


class _Curve(msgspec.Struct):
    sharpe: Figure


class _Result(msgspec.Struct):
    curve: _Curve


def trials_of(connection: sa.Connection, run: Run, sharpe: Figure) -> Trials:
    """The tries of the strategy of *run* over its candles; *sharpe*: its own, of a year.

    Runs of the same strategy by name count, also where its code was changed between them: that is a try as well. Those
    of other stretches of the candles, and those without a Sharpe ratio, do not.
    """
    asked, data = _of(run)
    found = {_key(asked): sharpe.value}  # bounded: by MOST_RUNS
    for one in runs(connection, most=MOST_RUNS):
        if one.result is None or one.id == run.id:
            continue
        other, its = _of(one)
        if other.strategy == asked.strategy and its == data:
            found.setdefault(_key(other), msgspec.json.decode(one.result, type=_Result).curve.sharpe.value)
    ratios = np.array([value for value in found.values() if value is not None]) / math.sqrt(YEAR_DAYS)
    return Trials(count=max(len(ratios), 1), variance=float(ratios.var(ddof=1)) if len(ratios) > 1 else 0.0)


def _of(run: Run) -> tuple[_Asked, _Data]:
    return msgspec.json.decode(run.settings, type=_Asked), msgspec.json.decode(run.data, type=_Data)


def _key(asked: _Asked) -> bytes:
    """What makes a try another one: parameters, costs and code."""
    return msgspec.json.encode((asked.parameters, asked.models, asked.code.sha256), order="deterministic")

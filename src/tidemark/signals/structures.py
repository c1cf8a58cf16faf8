"""What the rules read of the structure of markets: the newest events on which a trade may be begun, as columns."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.columns import Column
from tidemark.analysis.timeframes import LIFE
from tidemark.analysis.wyckoff.turns import TURNS
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

# Of each event: candles since it was known, volume against the usual, widths of the range that it went beyond the
# bound, candles since the range began, phase (3 is C, 4 is D), quality of the range, share of such events that were
# planted ones, average true ranges from the price to its extreme, and how many times as far it is to the goal.
FIGURES = ("bars", "volume", "depth", "built", "phase", "quality", "confidence", "risk", "reward")
# What a trade on it is planned from, as prices: its extreme and the goal, beside the average true range.
PLANNED = ("stop", "goal")
ATR = "structure_atr"
_MIRRORED = {"spring": "utad", "utad": "spring", "lps": "lpsy", "lpsy": "lps"}
# How each column looks in the mirrored market, see inputs.MIRROR.
MIRROR = {
    "structure_higher": "opposite",
    **{f"{turn}_{figure}": f"{_MIRRORED[turn]}_{figure}" for turn in TURNS for figure in FIGURES},
}


def read(analysis: Analysis, price: Column) -> dict[str, tuple[Column, Array]]:
    """The columns of all series with their ages (ns), none where structure is not traded by. price: the last one."""
    found = [one for one, readings in analysis.candles.items() if _has_turns(analysis, one)]
    if not found:
        return {}
    timeframe = found[0]
    age = analysis.age_ns(timeframe)
    at = analysis.candles[timeframe].panel.at
    is_fresh = (at > 0) & (age < LIFE * timeframe.ns)
    atr = _atr(analysis, timeframe, price)
    made = {
        "structure_higher": (_higher(analysis, timeframe), age),
        ATR: (Column(atr.values, atr.is_known & is_fresh), age),
    }
    for turn in TURNS:
        for name, column in _turn(analysis, timeframe, turn, price, atr, at).items():
            made[f"{turn}_{name}"] = (Column(column.values, column.is_known & is_fresh), age)
    return made


def _has_turns(analysis: Analysis, timeframe: Timeframe) -> bool:
    structure = analysis.candles[timeframe].structure
    return structure is not None and structure.turns is not None


def _atr(analysis: Analysis, timeframe: Timeframe, price: Column) -> Column:
    made = analysis.candles[timeframe].structure
    atr = np.zeros(len(price.values)) if made is None else price.values * made.structure.atrs()
    return Column.of(atr, price.is_known & (atr > 0.0))


def _turn(
    analysis: Analysis, timeframe: Timeframe, turn: str, price: Column, atr: Column, at: Array
) -> dict[str, Column]:
    made = analysis.candles[timeframe].structure
    if made is None or made.turns is None:
        return {}
    one = made.turns.newest(turn)
    there = one.time > 0
    bars = (at - (one.time + timeframe.ns)) / timeframe.ns
    columns = {
        name: Column.of(getattr(one, name), there)
        for name in ("volume", "depth", "built", "phase", "quality", "confidence")
    }
    stop, goal = np.exp(one.level), np.exp(one.goal)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        risk = one.direction * (price.values - stop)
        is_priced = there & atr.is_known & (risk > 0.0)
        reward = one.direction * (goal - price.values) / risk
        risk = risk / atr.values
    return {
        **columns,
        "bars": Column.of(bars, there),
        "risk": Column.of(risk, is_priced),
        "reward": Column.of(reward, is_priced),
        "stop": Column.of(stop, is_priced),
        "goal": Column.of(goal, is_priced),
    }


def _higher(analysis: Analysis, timeframe: Timeframe) -> Column:
    """Where the next longer timeframe leans; nowhere where there is none."""
    longer = [one for one, readings in analysis.candles.items() if readings.structure and one.ns > timeframe.ns]
    if not longer:
        count = len(analysis.candles[timeframe].panel.at)
        return Column(np.zeros(count), np.ones(count, bool))
    above = analysis.candles[min(longer, key=_length)].structure
    lean, is_read = above.kept.leans() if above is not None else (np.zeros(0), np.zeros(0, bool))
    return Column.of(lean.astype(np.float64), is_read)


def _length(timeframe: Timeframe) -> int:
    return timeframe.ns

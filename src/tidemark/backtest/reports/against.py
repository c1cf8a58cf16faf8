"""What a run is held against: markets that were bought and held, and whatever chance brings."""

import msgspec

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.random_entry import Chance
from tidemark.backtest.runs.result import Result


class Against(msgspec.Struct, frozen=True, kw_only=True):
    """One thing beside the run. mean, low, high: total returns, as fractions; None where there are none.

    p: how likely it is to do at least as well. said: what it is, or why there is nothing of it.
    """

    name: str
    mean: float | None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    said: str


def against_of(result: Result) -> list[Against]:
    """All that *result* is held against."""
    luck, cash = result.luck, result.start
    held, entries, shuffled = luck.holding.total_return, luck.entries, luck.shuffled
    return [
        Against(
            name="bought and held", mean=held.value,
            said=held.why or "the same cash in equal shares of the same markets, at the same costs",
        ),
        Against(
            name="trips at random times", mean=_of(entries.mean, cash), low=_of(entries.low, cash),
            high=_of(entries.high, cash), p=entries.p.value, said=entries.mean.why or _entries(entries),
        ),
        Against(
            name="shuffled markets", mean=shuffled.mean.value, low=shuffled.low.value, high=shuffled.high.value,
            p=shuffled.p.value,
            said=shuffled.mean.why
            or f"the same strategy over {shuffled.draws:,} markets made of blocks of the real ones,"
            f" {shuffled.block:,.0f} candles long on average",
        ),
    ]  # fmt: skip


def _entries(told: Chance) -> str:
    return f"the same {told.trips:,} trips at other times of the same candles, drawn {told.draws:,} times"


def _of(money: Figure, cash: float) -> float | None:
    return None if money.value is None else money.value / cash

"""What a strategy returned over markets that never were, beside what it did over the real ones."""

import msgspec

from tidemark.backtest.metrics.figure import Figure


class Shuffled(msgspec.Struct, frozen=True, kw_only=True):
    """What the strategy returned in total over shuffled markets, as fractions.

    draws: markets that were run over; block: mean length of their blocks, candles. mean, low, high: on average and
    between 2.5 and 97.5 %. p: the share of them in which it did at least as well as in the real ones, those included.
    """

    draws: int
    block: float
    mean: Figure
    low: Figure
    high: Figure
    p: Figure


def none(why: str) -> Shuffled:
    """Nothing, because of *why*."""
    nothing = Figure.none(why)
    return Shuffled(draws=0, block=0.0, mean=nothing, low=nothing, high=nothing, p=nothing)

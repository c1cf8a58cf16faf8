"""What a strategy is: a class of the user's, with parameters, indicators by name, and a decision after every candle.

    from tidemark.backtest.strategies.base import Context, Strategy

    class Cross(Strategy):
        fast: int = 20
        slow: int = 100

        def indicators(self):
            return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

        def on_candle(self, ctx: Context) -> None:
            if ctx["fast"] > ctx["slow"]:
                ctx.target(1.0)
            else:
                ctx.target(-1.0)

Every market has an instance of its own; all of a run share one account. Fields with a type are parameters: they may be
set from outside, and `Annotated[int, Meta(ge=2, le=500)]` says within which bounds. What it decides from one candle is
done with the next: no strategy sees a price before it can trade at it. One that overrides `signals` is given whole
stretches of candles instead, which is faster.
"""

from collections.abc import Mapping
from typing import Any

from tidemark.backtest.bars import Array
from tidemark.backtest.strategies.stretch import Stretch
from tidemark.kernels.strategy_run import Context

__all__ = ["Context", "Strategy", "Stretch"]


class Strategy:
    """A strategy over closed candles; see the module."""

    def indicators(self) -> Mapping[str, str]:
        """What `ctx["name"]` gives, each as the words of an indicator, like `sma(20)`; see strategies.indicators.

        The first candle that is decided on is the one after which all of them have a value.
        """
        return {}

    def on_begin(self, ctx: Context) -> None:
        """Called once, before the first candle that is decided on."""

    def on_candle(self, ctx: Context) -> None:
        """Called after every closed candle of the market."""
        raise NotImplementedError(f"{type(self).__name__} has no on_candle(self, ctx)")

    def signals(self, stretch: Stretch) -> Array:
        """Instead of `on_candle`: for each candle 1 to be long, -1 short, 0 to hold nothing, 2 for nothing new.

        Held is the share of the equity that the field `share` says, 1.0 without one; left at the fractions of the entry
        price that the fields `stop` and `target` say.
        """
        raise NotImplementedError(f"{type(self).__name__} has no signals(self, stretch)")

    def on_end(self, ctx: Context) -> None:
        """Called once, after the last candle."""

    def __init__(self, **parameters: Any) -> None:
        for name, value in parameters.items():
            setattr(self, name, value)

"""The strategy that `tidemark new-strategy` writes: short, whole, and to be changed."""

_TEXT = '''"""{name}: says in one line what it trades, and why that should work."""

from typing import Annotated

from msgspec import Meta

from tidemark.backtest.strategies.base import Context, Strategy


class {name}(Strategy):
    """Long while the fast mean is above the slow one, short while it is below."""

    # Fields with a type are parameters: --param fast=10 sets one, a sweep tries many.
    fast: Annotated[int, Meta(ge=2, le=500)] = 20
    slow: Annotated[int, Meta(ge=3, le=2000)] = 100
    stop: Annotated[float, Meta(ge=0.0, le=0.5)] = 0.0

    def indicators(self) -> dict[str, str]:
        """What ctx["name"] gives. sma, ema, stdev, highest, lowest, roc, rsi and atr take a length."""
        return {{"fast": f"sma({{self.fast}})", "slow": f"sma({{self.slow}})"}}

    def on_candle(self, ctx: Context) -> None:
        """After each closed candle; what is ordered here is done at the next open."""
        is_above = ctx["fast"] > ctx["slow"]
        if is_above and ctx.position <= 0:
            ctx.target(1.0, stop=self.stop)
        elif not is_above and ctx.position >= 0:
            ctx.target(-1.0, stop=self.stop)
'''


def written(name: str) -> str:
    """The file of a strategy of that name.

    >>> "class MeanCross(Strategy):" in written("mean_cross")
    True
    """
    return _TEXT.format(name=class_name(name))


def class_name(name: str) -> str:
    """`mean_cross` and `mean-cross` as the name of a class.

    >>> class_name("mean-cross"), class_name("RSI2")
    ('MeanCross', 'RSI2')
    """
    words = [word for word in name.replace("-", "_").split("_") if word]
    return "".join(word[:1].upper() + word[1:] for word in words)

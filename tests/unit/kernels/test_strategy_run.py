import numpy as np
import pytest
from tests.kernels_modes import printed

RUN = """
from tests.backtests import driven, walk
from tests.unit.backtest.test_driver import AtOnce, Cross
import tidemark.kernels.strategy_run as kernel
for kind in (Cross, AtOnce):
    kept, _ = driven(kind, walk(400, 5).part(0, 150), walk(400, 5).part(150, 400))
    print([(one.entry_at, one.entry_price, one.exit_price, one.profit) for one in kept.all])
    print(kept.at, kept.worth)
print(kernel.__file__.endswith(".py"))
"""


def test_plain_python_does_the_same_to_the_last_bit() -> None:
    compiled, pure = printed(RUN, is_pure=False).splitlines(), printed(RUN, is_pure=True).splitlines()

    assert pure[-1] == "True"
    assert compiled[:-1] == pure[:-1]
    assert len(compiled[0]) > 1000


@pytest.mark.parametrize("count", [1, 3, 5])
def test_what_is_kept_goes_round(count: int) -> None:
    from tests.backtests import candles, driven

    from tidemark.backtest.strategies.base import Context, Strategy

    seen: list[list[float]] = []

    class Seen(Strategy):
        HISTORY = 5

        def on_candle(self, ctx: Context) -> None:
            seen.append(np.asarray(ctx.history("close", count)).tolist())

    driven(Seen, candles(range(1, 13)))

    assert seen == [[float(one) for one in range(max(1, last - count + 1), last + 1)] for last in range(1, 13)]

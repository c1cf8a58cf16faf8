import numpy as np
import pytest
from tests.candles_of_prices import Candles, known, mirrored

from tidemark.analysis.factors import registry
from tidemark.analysis.indicators.bank import Bank
from tidemark.memory.ledger import Ledger

TREND = ("rsi", "cci", "williams_r", "awesome", "macd", "ema_stack", "directional", "range_position", "trend_position")
EXACT = 1.0 / 128.0


def rising(count: int = 300) -> Candles:
    """A price that rises faster and faster, by at least a tick a candle."""
    close = np.rint(np.arange(count) ** 2.0 / 40.0) + np.arange(count)
    close = 100.0 + close * EXACT
    opened = np.concatenate([[100.0], close[:-1]])
    return {
        "open": opened, "high": close + EXACT, "low": opened - EXACT, "close": close,
        "volume": np.ones(count), "bought": np.ones(count), "delta": np.ones(count), "time": 60.0 * np.arange(count),
    }  # fmt: skip


def newest(name: str, candles: Candles) -> float:
    """What a factor says after the last candle."""
    made = Bank("test", series=1, ledger=Ledger()).update(np.zeros(len(candles["close"]), np.int32), known(candles))
    columns = candles | {column: one.values for column, one in made.items()}
    factor = registry.factors()[name]
    with np.errstate(all="ignore"):
        return float(factor.value(*(columns[column] for column in factor.READS))[-1])


@pytest.mark.parametrize("name", TREND)
def test_all_that_follows_the_price_speaks_for_the_side_to_which_it_goes(name: str) -> None:
    assert newest(name, rising()) > 0.0
    assert newest(name, mirrored(rising())) < 0.0

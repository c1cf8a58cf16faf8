import pytest

from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.sizes import size_of
from tidemark.errors import SettingsError
from tidemark.model.timeframe import Timeframe


def test_an_engine_for_candles_keeps_them_and_the_longer_ones_and_nothing_of_trades() -> None:
    size = size_of(asked("rules", {"candles.timeframes": "10s,1m,5m,1h"}).settings, Timeframe.M5, 7)

    assert list(size.retention) == [Timeframe.M5, Timeframe.H1]
    assert (size.series, size.grace_ns, size.book_depth, size.tape_rows, size.batch_trades) == (7, 0, 0, 1, 1)
    assert size.signals is not None
    # Candles that the settings do not keep are kept all the same.
    assert list(size_of(asked("rules", {"candles.timeframes": "10s,5m,1h"}).settings, Timeframe.M1, 1).retention) == [
        Timeframe.M1, Timeframe.M5, Timeframe.H1,
    ]  # fmt: skip


def test_candles_of_which_no_score_is_made_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"is made of candles of 1m, 5m, 30m, 4h; those of 1d are too long"):
        size_of(asked("rules", {}).settings, Timeframe.D1, 1)

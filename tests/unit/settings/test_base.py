import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import load


@pytest.mark.parametrize("key", ["candles.timeframes", "memory.sacrifice"])
def test_a_timeframe_is_named_once(key: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} names 1h more than once"):
        load(None, {}, {key: "1h,4h,1h"})

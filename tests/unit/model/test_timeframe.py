from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build import MIDNIGHT

from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, SECOND

times = st.integers(0, 2**62)
frames = st.sampled_from(Timeframe)


def test_each_is_a_whole_multiple_of_the_one_before() -> None:
    assert [timeframe.value for timeframe in Timeframe] == ["10s", "1m", "5m", "15m", "30m", "1h", "4h", "1d"]
    for shorter, longer in pairwise(Timeframe):
        assert longer.ns > shorter.ns
        assert longer.ns % shorter.ns == 0
    assert (Timeframe.S10.ns, Timeframe.D1.ns) == (10 * SECOND, DAY)


@given(times, frames)
def test_a_time_lies_within_the_candle_that_opens_before_it(at: int, timeframe: Timeframe) -> None:
    opened = timeframe.open_time(at)

    assert opened <= at < opened + timeframe.ns
    assert opened % timeframe.ns == 0
    assert timeframe.open_time(opened) == opened


@pytest.mark.parametrize("timeframe", Timeframe)
def test_midnight_opens_a_candle_of_every_length(timeframe: Timeframe) -> None:
    assert timeframe.open_time(MIDNIGHT) == MIDNIGHT
    assert timeframe.open_time(MIDNIGHT - 1) == MIDNIGHT - timeframe.ns


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValueError, match="2m"):
        Timeframe("2m")

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.live.lags import LONGEST_MS, Lags
from tidemark.memory.ledger import Ledger
from tidemark.units import MILLISECOND, SECOND


def test_before_the_first_nothing_is_known() -> None:
    assert Lags(Ledger()).quantile(0.99) is None


def test_one_in_a_hundred_may_be_later() -> None:
    lags = Lags(Ledger())
    for _ in range(99):
        lags.add(3 * MILLISECOND)
    lags.add(400 * MILLISECOND)

    assert (lags.quantile(0.5), lags.quantile(0.99), lags.quantile(1.0)) == (4.0, 4.0, 401.0)


def test_each_millisecond_has_its_count_which_is_a_copy() -> None:
    lags = Lags(Ledger())
    for late_ms in (0.0, 0.9, 3.0, 5000.0):
        lags.add(int(late_ms * MILLISECOND))
    counts = lags.counts()
    counts[0] = 7

    assert {late: count for late, count in enumerate(lags.counts().tolist()) if count} == {0: 2, 3: 1, LONGEST_MS: 1}


def test_whoever_is_later_than_all_is_told_as_such() -> None:
    lags = Lags(Ledger())
    lags.add(3600 * SECOND)

    assert lags.quantile(0.5) == LONGEST_MS + 1


@given(st.lists(st.integers(0, 2 * SECOND), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_it_is_the_quantile_of_all_lags_rounded_up_to_a_millisecond(late_ns: list[int], share: float) -> None:
    lags = Lags(Ledger())
    for one in late_ns:
        lags.add(one)

    exact = float(np.quantile(late_ns, share, method="inverted_cdf"))
    assert lags.quantile(share) == min(exact // MILLISECOND, LONGEST_MS) + 1


def test_it_takes_what_it_reserves() -> None:
    ledger = Ledger()
    Lags(ledger)

    (line,) = [one for one in ledger.report() if one.owner == "health/lags"]
    assert line.bytes_reserved == Lags.reserve().bytes == pytest.approx(8 * (LONGEST_MS + 1), abs=4096)

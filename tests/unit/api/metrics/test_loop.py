from tests.scraped import Series, scraped, value

from tidemark.api.metrics.exposition import Exposition
from tidemark.api.metrics.loop import tell_loop
from tidemark.live.lags import Lags
from tidemark.memory.ledger import Ledger
from tidemark.units import MILLISECOND


def told(*late_ms: float) -> dict[Series, float]:
    """What is told of a loop that was so late."""
    lags, to = Lags(Ledger()), Exposition()
    for late in late_ms:
        lags.add(int(late * MILLISECOND))
    tell_loop(to, lags)
    return scraped(to.text())


def test_each_bucket_has_all_that_were_no_later() -> None:
    found = told(0.0, 0.4, 1.5, 4.9, 5.1, 150.0, 999.9, 5000.0)

    bounds = ("0.001", "0.002", "0.005", "0.01", "0.02", "0.05", "0.1", "0.2", "0.5", "1", "+Inf")
    counts = [value(found, "tidemark_loop_lag_seconds_bucket", le=bound) for bound in bounds]
    assert counts == [2, 3, 4, 5, 5, 5, 5, 6, 6, 7, 8]
    assert value(found, "tidemark_loop_lag_seconds_count") == 8


def test_the_sum_is_exact_to_half_a_millisecond_each() -> None:
    late_ms = (0.0, 0.9, 1.5, 17.2, 150.0, 999.9)

    total = value(told(*late_ms), "tidemark_loop_lag_seconds_sum")

    # 0.5 + 0.5 + 1.5 + 17.5 + 150.5 + 999.5 ms, against 1169.5 ms.
    assert total == 1.17
    assert abs(total - sum(late_ms) / 1000) <= len(late_ms) * 0.0005


def test_what_was_later_than_a_second_counts_as_one() -> None:
    assert value(told(5000.0), "tidemark_loop_lag_seconds_sum") == 1.0


def test_before_the_first_all_are_zero() -> None:
    assert set(told().values()) == {0.0}

"""The exchange's time from what is known of it."""

from tests.build import MIDNIGHT

from tidemark.market.exchange_time import ExchangeTime
from tidemark.units import MILLISECOND, SECOND


def made() -> ExchangeTime:
    return ExchangeTime(10 * SECOND, 2 * SECOND)


def test_nothing_is_known_at_first() -> None:
    time = made()

    assert (time.offset_ns, time.now_ns, time.frontier, time.measurements) == (0, 0, -1, 0)


def test_the_distance_is_the_median_so_that_one_wrong_word_does_not_count() -> None:
    time = made()

    for difference_s in (3, 3, 86_400, 2, 3):
        time.observe(difference_s * SECOND)

    assert time.offset_ns == 3 * SECOND


def test_only_the_latest_64_measurements_count() -> None:
    time = made()

    for _ in range(100):
        time.observe(9 * SECOND)
    for _ in range(64):
        time.observe(-SECOND)

    assert time.offset_ns == -SECOND
    assert time.measurements == 164


def test_a_tick_tells_the_exchanges_time_and_never_turns_it_back() -> None:
    time = made()
    time.observe(5 * SECOND)

    assert time.tell(MIDNIGHT)
    assert not time.tell(MIDNIGHT - SECOND)
    assert time.now_ns == MIDNIGHT + 5 * SECOND


def test_a_bucket_is_over_when_its_grace_has_passed() -> None:
    time = made()
    bucket = MIDNIGHT // (10 * SECOND)

    assert time.reached(MIDNIGHT + 12 * SECOND - 1) == bucket
    assert time.reached(MIDNIGHT + 12 * SECOND) == bucket + 1


def test_the_frontier_is_a_bucket_and_a_time() -> None:
    time = made()

    time.frontier = 7

    assert (time.frontier, time.frontier_ns) == (7, 70 * SECOND)


def test_the_skew_is_the_word_that_travelled_fastest_and_it_tells_how_far_it_may_be_off() -> None:
    time = made()

    for difference_ms, round_trip_ms in ((900, 700), (300, 40), (450, 300)):
        time.observe(difference_ms * MILLISECOND, round_trip_ms * MILLISECOND)

    assert time.skew_ns == 300 * MILLISECOND
    assert time.skew_error_ns == 20 * MILLISECOND


def test_a_word_that_the_newest_belies_no_longer_counts() -> None:
    time = made()
    time.observe(0, 40 * MILLISECOND)

    # 320 and 20 ms to either side: it may be the same distance.
    time.observe(350 * MILLISECOND, 640 * MILLISECOND)
    assert time.skew_ns == 0
    time.observe(1500 * MILLISECOND, 640 * MILLISECOND)
    assert (time.skew_ns, time.skew_error_ns) == (1500 * MILLISECOND, 320 * MILLISECOND)


def test_a_word_that_is_older_than_eight_others_no_longer_counts() -> None:
    time = made()
    time.observe(SECOND, 1)

    for _ in range(8):
        time.observe(3 * SECOND, 100)

    assert time.skew_ns == 3 * SECOND


def test_there_is_no_skew_before_anything_was_measured() -> None:
    assert (made().skew_ns, made().skew_error_ns) == (None, None)


def test_a_clock_that_is_set_leaves_the_exchanges_time_where_it_was() -> None:
    time = made()
    time.observe(5 * SECOND, 100)
    time.tell(MIDNIGHT)

    time.shift(3600 * SECOND)

    assert time.offset_ns == 5 * SECOND - 3600 * SECOND
    assert time.skew_ns is None
    assert time.tell(MIDNIGHT + 3601 * SECOND)
    assert time.now_ns == MIDNIGHT + 6 * SECOND


def test_the_first_word_after_the_clock_was_set_counts_alone() -> None:
    time = made()
    for _ in range(64):
        time.observe(5 * SECOND, 100)

    time.shift(SECOND)
    time.observe(4 * SECOND + 7, 100)

    assert (time.offset_ns, time.skew_ns, time.measurements) == (4 * SECOND + 7, 4 * SECOND + 7, 1)

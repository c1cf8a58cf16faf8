from tidemark.clock import EventClock, SystemClock
from tidemark.units import DAY, SECOND


def test_an_event_clock_stands_still_until_it_is_set() -> None:
    clock = EventClock(5 * SECOND)

    assert (clock.now_ns(), clock.monotonic_ns()) == (5 * SECOND, 5 * SECOND)
    clock.set(7 * SECOND)
    assert (clock.now_ns(), clock.monotonic_ns()) == (7 * SECOND, 7 * SECOND)


def test_an_event_clock_never_goes_back() -> None:
    clock = EventClock(5 * SECOND)

    clock.set(4 * SECOND)

    assert clock.now_ns() == 5 * SECOND


def test_the_system_clock_tells_this_century_and_goes_forward() -> None:
    clock = SystemClock()

    assert 2020 * 365 * DAY < clock.now_ns() + 0 * SECOND + 1970 * 365 * DAY < 2200 * 366 * DAY
    first, second = clock.monotonic_ns(), clock.monotonic_ns()
    assert second >= first
    used = clock.cpu_ns()
    assert sum(range(100_000)) == 4_999_950_000
    assert clock.cpu_ns() > used > 0

import pytest

from tidemark.clock import EventClock, Jump, SteadyClock, SystemClock
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


class Hands(SystemClock):
    """A machine whose clocks the test moves."""

    def __init__(self) -> None:
        self.wall, self.monotonic, self.slept = 1_000 * SECOND, 50 * SECOND, 0

    def now_ns(self) -> int:
        return self.wall

    def monotonic_ns(self) -> int:
        return self.monotonic

    def boot_ns(self) -> int:
        return self.monotonic + self.slept

    def cpu_ns(self) -> int:
        return 7

    def live(self, ns: int) -> None:
        self.wall += ns
        self.monotonic += ns


def test_a_steady_clock_goes_with_the_time_that_passes() -> None:
    hands = Hands()
    clock = SteadyClock(hands)

    hands.live(3 * SECOND)

    assert (clock.now_ns(), clock.monotonic_ns(), clock.boot_ns()) == (1_003 * SECOND, 53 * SECOND, 53 * SECOND)
    assert (clock.look(), clock.cpu_ns()) == (None, 7)


@pytest.mark.parametrize("step_s", [3600, -3600, 1, -1, 315_360_000])
def test_a_clock_that_is_set_moves_a_steady_one_only_when_it_is_looked_at(step_s: int) -> None:
    hands = Hands()
    clock = SteadyClock(hands)

    hands.live(SECOND)
    hands.wall += step_s * SECOND

    assert clock.now_ns() == 1_001 * SECOND
    assert clock.look() == Jump(step_ns=step_s * SECOND, slept_ns=0)
    assert clock.now_ns() == hands.wall
    assert clock.look() is None


def test_a_sleep_is_told_from_a_clock_that_is_set() -> None:
    hands = Hands()
    clock = SteadyClock(hands)

    hands.wall += 3600 * SECOND
    hands.slept += 3600 * SECOND
    slept = clock.look()
    hands.wall += 100 * SECOND
    hands.slept += 40 * SECOND

    assert slept == Jump(step_ns=0, slept_ns=3600 * SECOND)
    assert clock.look() == Jump(step_ns=60 * SECOND, slept_ns=40 * SECOND)


def test_what_is_less_than_a_quarter_of_a_second_is_no_jump() -> None:
    hands = Hands()
    clock = SteadyClock(hands)

    hands.wall += SECOND // 4 - 1
    assert clock.look() is None
    hands.wall += 1
    assert clock.look() == Jump(step_ns=SECOND // 4, slept_ns=0)


def test_the_clocks_of_this_machine_agree_at_the_start() -> None:
    clock = SteadyClock()

    assert clock.look() is None
    assert SystemClock().boot_ns() >= 0

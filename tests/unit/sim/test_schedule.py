from tidemark.clock import EventClock
from tidemark.sim.schedule import GRAIN_NS, Pacer

SECOND = 1_000_000_000


def test_twice_the_speed_waits_half_as_long() -> None:
    clock = EventClock(500)
    pacer = Pacer(clock, 2.0)
    pacer.begin(10 * SECOND)

    assert pacer.wait_ns(12 * SECOND) == 1 * SECOND
    clock.set(500 + SECOND)
    assert pacer.wait_ns(12 * SECOND) == 0
    assert pacer.now_ns(1 << 62) == 12 * SECOND


def test_time_never_runs_past_the_newest_frame() -> None:
    clock = EventClock(0)
    pacer = Pacer(clock, 1.0)
    pacer.begin(5 * SECOND)
    clock.set(60 * SECOND)

    assert pacer.now_ns(6 * SECOND) == 6 * SECOND


def test_a_short_wait_is_rounded_up_to_a_grain() -> None:
    pacer = Pacer(EventClock(0), 1.0)
    pacer.begin(0)

    assert pacer.wait_ns(1) == GRAIN_NS


def test_without_a_speed_nothing_waits() -> None:
    pacer = Pacer(EventClock(0), None)
    pacer.begin(0)

    assert pacer.wait_ns(1 << 60) == 0
    assert pacer.now_ns(77) == 77


async def test_waiting_for_what_is_due_returns_at_once() -> None:
    pacer = Pacer(EventClock(0), 1.0)
    assert not pacer.has_begun
    pacer.begin(0)

    await pacer.until(0)

    assert pacer.has_begun

import signal
import time

import pytest

from tidemark.backtest.orders.patience import Deadline, Impatience, patient
from tidemark.clock import SystemClock
from tidemark.units import SECOND


def test_what_takes_too_long_is_given_up() -> None:
    with pytest.raises(Impatience), patient(0.05):
        time.sleep(10)


def test_what_is_done_in_time_is_left_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with patient(5.0):
        pass

    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_where_no_time_is_left_nothing_is_begun() -> None:
    with pytest.raises(Impatience), patient(0.0):
        pytest.fail("it was begun")


def test_whoever_passes_over_errors_does_not_pass_over_it() -> None:
    def passes_over() -> None:
        try:
            time.sleep(10)
        except Exception:  # noqa: BLE001 - as a library does
            pytest.fail("it was passed over")

    with pytest.raises(Impatience), patient(0.05):
        passes_over()


class Clock(SystemClock):
    def __init__(self) -> None:
        self.at_ns = 0

    def monotonic_ns(self) -> int:
        return self.at_ns


def test_a_deadline_comes_nearer() -> None:
    clock = Clock()
    deadline = Deadline(2.0, clock)
    clock.at_ns += SECOND

    assert deadline.left_s == 1.0

import asyncio
import socket
import sys
from collections.abc import Coroutine
from random import Random
from typing import Any, TypeVar

import pytest

from tidemark.clock import SteadyClock, SystemClock
from tidemark.proof.simulation.loop import LoopClock, StuckError, VirtualLoop, VirtualSelector
from tidemark.units import SECOND

T = TypeVar("T")


def lived(loop: VirtualLoop, work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(work)


def test_a_day_of_waiting_takes_no_time_and_its_timers_ring_in_order() -> None:
    loop = VirtualLoop()
    rung: list[tuple[float, str]] = []

    async def wait(name: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        rung.append((loop.time(), name))

    async def work() -> None:
        await asyncio.gather(wait("day", 86_400.0), wait("second", 1.0), wait("hour", 3_600.0))

    began = SystemClock().monotonic_ns()
    lived(loop, work())

    assert [name for _, name in rung] == ["second", "hour", "day"]
    assert [at for at, _ in rung] == pytest.approx([2.0, 3_601.0, 86_401.0], abs=1e-6)
    assert SystemClock().monotonic_ns() - began < 3_600 * SECOND


def test_the_seed_says_how_late_each_timer_rings() -> None:
    def times(seed: int) -> list[float]:
        loop = VirtualLoop(Random(seed))

        async def work() -> list[float]:
            found = []
            for _ in range(20):
                await asyncio.sleep(0.1)
                found.append(loop.time())
            return found

        return lived(loop, work())

    assert times(1) == times(1)
    assert times(1) != times(2)
    assert all(later - sooner >= 0.1 for sooner, later in zip(times(1), times(1)[1:], strict=False))


def test_what_is_ready_comes_before_any_timer() -> None:
    loop = VirtualLoop()
    one, other = socket.socketpair()
    one.setblocking(False)
    other.setblocking(False)

    async def work() -> tuple[bytes, float]:
        loop.call_later(1.0, one.send, b"x")
        told = await loop.sock_recv(other, 1)
        return told, loop.time()

    with one, other:
        assert lived(loop, work()) == (b"x", 2.0)


def test_time_stands_still_while_a_child_process_works() -> None:
    loop = VirtualLoop()

    async def work() -> tuple[int | None, float]:
        loop.call_later(0.001, lambda: None)
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(0.2)")
        await child.wait()
        return child.returncode, loop.time()

    code, at = lived(loop, work())
    assert code == 0
    assert at < 1.1


def test_who_waits_for_what_cannot_come_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.proof.simulation.loop.PATIENCE_S", 0.05)
    loop = VirtualLoop()

    async def work() -> None:
        await asyncio.Event().wait()

    with pytest.raises(StuckError, match="nothing is due"):
        lived(loop, work())


def test_a_child_process_may_take_longer_than_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.proof.simulation.loop.PATIENCE_S", 0.05)

    async def work() -> int | None:
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(0.5)")
        return await child.wait()

    assert lived(VirtualLoop(), work()) == 0


def test_a_child_process_that_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.proof.simulation.loop.CHILD_PATIENCE_S", 0.05)
    with VirtualSelector() as selector:
        selector.waits_outside = lambda: True
        with pytest.raises(StuckError, match="a child process runs on"):
            selector.select(1.0)


def test_a_machine_that_stalls_finds_its_timers_late() -> None:
    loop = VirtualLoop()

    async def work() -> float:
        loop.call_later(1.0, loop.stall, 5.0)
        await asyncio.sleep(2.0)
        return loop.time()

    assert lived(loop, work()) == pytest.approx(7.0)


def test_a_clock_that_is_set_is_seen_to_jump() -> None:
    loop = VirtualLoop()
    clock = LoopClock(loop, 10 * SECOND)
    steady = SteadyClock(clock)

    assert steady.look() is None
    clock.step_ns += 3 * SECOND
    loop.stall(1.0)
    jump = steady.look()

    assert jump is not None
    assert jump.step_ns == 3 * SECOND
    assert jump.slept_ns == 0
    assert steady.now_ns() == clock.now_ns() == 15 * SECOND
    loop.close()

import asyncio
import os
import socket
import sys
import threading
from asyncio.subprocess import PIPE
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tidemark.proof.soak.paced import LEAD, WINDOW_NS, Pace, PacedLoop
from tidemark.units import SECOND

WINDOW_S = WINDOW_NS / SECOND

Work = Callable[[PacedLoop], Awaitable[Any]]


def side(file: int, number: int, work: Work, told: list[Any]) -> threading.Thread:
    """A thread that lives by one side of the pace."""

    def live() -> None:
        loop = PacedLoop()

        async def main() -> None:
            pace = Pace(file, number)
            loop.join(pace, leads=number == 0)
            told.append(await work(loop))
            loop.leave()
            pace.close()

        with asyncio.Runner(loop_factory=lambda: loop) as runner:
            runner.run(main())

    return threading.Thread(target=live, daemon=True)


def both(first: Work, second: Work) -> tuple[Any, Any]:
    """What two sides gave that live in step, of which the first leads."""
    file = Pace.make()
    one, other = list[Any](), list[Any]()
    threads = [side(file, 0, first, one), side(file, 1, second, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
        assert not thread.is_alive()
    os.close(file)
    return one[0], other[0]


def test_one_leads_and_by_no_more_than_it_may() -> None:
    now = {0: 0.0, 1: 0.0}
    apart = list[float]()

    def work(number: int) -> Work:
        async def run(loop: PacedLoop) -> float:
            began = loop.time()
            for _ in range(400):
                await asyncio.sleep(0.06)
                now[number] = loop.time() - began
                apart.append(now[number] - now[1 - number])
            return loop.time() - began

        return run

    ends = both(work(0), work(1))

    assert ends == pytest.approx((24.0, 24.0), abs=0.1)
    # The last of one side is compared with what the other one noted at most one pause before.
    assert max(abs(one) for one in apart) <= LEAD * WINDOW_S + 0.06 + 1e-6


def test_what_is_sent_comes_within_the_lead_and_never_before_it_was_sent() -> None:
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)
    late = list[float]()

    async def send(loop: PacedLoop) -> None:
        began = loop.time()
        for _ in range(100):
            await asyncio.sleep(0.1)
            await loop.sock_sendall(near, f"{loop.time() - began:9.4f}".encode())
        await asyncio.sleep(1.0)

    async def receive(loop: PacedLoop) -> None:
        began = loop.time()
        for _ in range(100):
            sent = float(await loop.sock_recv(far, 9))
            late.append(loop.time() - began - sent)

    both(receive, send)
    near.close()
    far.close()

    assert min(late) >= -1e-3
    # The files are asked for news some times a window.
    assert max(late) <= (LEAD + 0.5) * WINDOW_S + 1e-3


def test_who_leaves_does_not_hold_up_the_other() -> None:
    async def short(loop: PacedLoop) -> float:
        await asyncio.sleep(1.0)
        return loop.time()

    async def long(loop: PacedLoop) -> float:
        began = loop.time()
        await asyncio.sleep(3_600.0)
        return loop.time() - began

    assert both(short, long)[1] == pytest.approx(3_600.0)


def test_a_peer_that_is_gone_without_a_word_is_not_waited_for() -> None:
    loop = PacedLoop()
    asked = list[int]()

    def has_peer() -> bool:
        asked.append(1)
        return False

    async def main() -> float:
        file = Pace.make()
        pace = Pace(file, 0)
        os.close(file)
        loop.paced.has_peer = has_peer
        loop.join(pace, leads=True)
        began = loop.time()
        await asyncio.sleep(60.0)
        pace.close()
        return loop.time() - began

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(main()) == pytest.approx(60.0)
    assert len(asked) == 1
    assert loop.paced.waited_s > 0.0


def test_what_is_ready_while_the_other_one_is_waited_for_is_done() -> None:
    """The exchange may be asked for something by a service that stands still."""
    near, far = socket.socketpair()
    near.setblocking(False)
    far.setblocking(False)

    async def answer(loop: PacedLoop) -> bytes:
        asked = await loop.sock_recv(near, 10)
        await loop.sock_sendall(near, b"answer")
        return asked

    async def ask(loop: PacedLoop) -> bytes:
        await loop.sock_sendall(far, b"question")
        return await loop.sock_recv(far, 10)

    assert both(answer, ask) == (b"question", b"answer")
    near.close()
    far.close()


def test_time_goes_on_beside_a_child_process_for_a_while_and_then_waits_for_it() -> None:
    loop = PacedLoop()
    loop.child_ns = 1000 * SECOND

    async def work() -> tuple[float, bool, bool]:
        began = loop.time()
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(0.5)")
        ended = asyncio.ensure_future(child.wait())
        await asyncio.sleep(900.0)
        runs_beside = not ended.done()
        await asyncio.sleep(200.0)
        await asyncio.sleep(0.1)
        return loop.time() - began, runs_beside, ended.done()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        passed_s, runs_beside, has_ended = runner.run(work())

    assert passed_s == pytest.approx(1100.1, abs=0.1)
    assert (runs_beside, has_ended) == (True, True)


def test_beside_what_lives_by_the_wall_time_goes_on_until_it_waits_for_all() -> None:
    """And another program runs in its place."""
    loop = PacedLoop()
    loop.child_ns = 10 * SECOND
    loop.beside = {"no.such.module": ("timeit", "-n", "1", "import time; time.sleep(0.5)")}

    async def work() -> tuple[bool, int | None, float]:
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "no.such.module", stdout=PIPE)
        ended = asyncio.ensure_future(child.communicate())
        await asyncio.sleep(3600.0)
        runs_beside = not ended.done()
        # As at the end: what ends now ends by the clock on the wall.
        loop.child_ns = 0
        began = loop.time()
        await asyncio.sleep(0.1)
        await ended
        return runs_beside, child.returncode, loop.time() - began

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runs_beside, code, passed_s = runner.run(work())

    assert (runs_beside, code) == (True, 0)
    assert passed_s == pytest.approx(0.1, abs=0.01)


def test_a_child_that_ends_is_waited_for_beside_one_that_does_not() -> None:
    loop = PacedLoop()
    loop.child_ns = 10 * SECOND
    loop.beside = {"no.such.module": ("timeit", "-n", "1", "import time; time.sleep(30)")}

    async def work() -> tuple[bool, bool]:
        lasting = await asyncio.create_subprocess_exec(sys.executable, "-m", "no.such.module", stdout=PIPE)
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", "import time; time.sleep(0.3)")
        ended = asyncio.ensure_future(child.wait())
        await asyncio.sleep(60.0)
        await asyncio.sleep(0.1)
        found = ended.done(), lasting.returncode is None
        lasting.kill()
        await lasting.wait()
        return found

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(work()) == (True, True)


def test_after_a_stall_the_other_one_has_gone_on_before_anything_is_done() -> None:
    came = {"ours": 0.0, "theirs": 0.0}

    async def stalls(loop: PacedLoop) -> float:
        began = loop.time()
        await asyncio.sleep(1.0)
        loop.stall(40.0)
        await asyncio.sleep(0)
        behind = loop.time() - began - came["theirs"]
        await asyncio.sleep(5.0)
        return behind

    async def goes_on(loop: PacedLoop) -> None:
        began = loop.time()
        while loop.time() - began < 44.0:
            await asyncio.sleep(0.05)
            came["theirs"] = loop.time() - began

    assert both(stalls, goes_on)[0] <= (LEAD + 1) * WINDOW_S


def test_for_some_children_time_stands_still_at_once() -> None:
    loop = PacedLoop()
    loop.child_ns = 1000 * SECOND
    loop.still = frozenset({"timeit"})

    async def work() -> tuple[float, int]:
        began = loop.time()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "timeit", "-n", "1", "-r", "1", "import time; time.sleep(0.3)",
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        async with asyncio.timeout(0.1):
            code = await process.wait()
        return loop.time() - began, code

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        passed_s, code = runner.run(work())

    assert code == 0
    assert passed_s < 0.1

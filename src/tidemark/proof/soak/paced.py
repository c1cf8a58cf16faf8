"""Virtual time of two processes that keep in step, each on a core of its own.

Time is cut into windows. At the end of each a process notes that it has come so far, in memory that both see, and goes
on when the other one has come far enough. One of them leads, by one window at least and `LEAD` at most, so that both
work at the same time, also where each has much to do at other times of a second: what the other one sends, over any
socket, reaches it within so many windows of their time, and never before it was sent.
"""

import asyncio
import mmap
import os
import selectors
import time
from collections.abc import Callable
from typing import Any

from tidemark.clock import SystemClock
from tidemark.proof.simulation.loop import StuckError, VirtualLoop, VirtualSelector
from tidemark.units import SECOND

WINDOW_NS = 125_000_000
LEAD = 6
# Files are asked for news so often in a window: a system call costs more than what most of them would tell.
_LOOKS_NS = WINDOW_NS // 2
# The other process may have a writer process of its own to wait for.
_PATIENCE_S = 2400.0
# Whoever waits tries so often before it lets others have the core, and so often until it asks its files for news.
_TRIES, _NAPS = 2_000, 64
_NAP_S = 0.0002
# Each on a cache line of its own.
_WORDS_APART = 8
_CLOCK = SystemClock()

Ready = list[tuple[selectors.SelectorKey, int]]


class Pace:
    """How far each of two processes has come, in windows; the memory behind it is that of the descriptor *file*."""

    def __init__(self, file: int, side: int) -> None:
        self._memory = mmap.mmap(file, mmap.PAGESIZE)
        self._words = memoryview(self._memory).cast("Q")
        self._ours, self._theirs = side, 1 - side

    @staticmethod
    def make() -> int:
        """The descriptor of memory for two processes that have both come nowhere yet."""
        file = os.memfd_create("pace")
        os.ftruncate(file, mmap.PAGESIZE)
        return file

    @property
    def theirs(self) -> int:
        """How far the other process has come."""
        return self._words[self._theirs * _WORDS_APART]

    def come(self, windows: int) -> None:
        """Note how far we have come."""
        self._words[self._ours * _WORDS_APART] = windows

    def close(self) -> None:
        """Let go of the memory."""
        self._words.release()
        self._memory.close()


class PacedSelector(VirtualSelector):
    """Time passes to the end of the window alone, until the other process is there too. Alone it passes freely.

    `waited_s`: seconds by the clock on the wall that were spent waiting for the other process.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pace: Pace | None = None
        self._lead = 0
        self._windows = 0
        self._border_ns = 0
        self._look_at = 0
        self.waited_s = 0.0
        self.has_peer: Callable[[], bool] = lambda: True

    def join(self, pace: Pace, *, leads: bool) -> None:
        """Keep in step with the other side of *pace*; one *leads*, the other does not."""
        self._pace = pace
        # Who leads goes into a window when the other one is in that before it, or in one of those before that.
        self._lead = LEAD - 1 if leads else -1
        # Who does not lead begins at a border: the other one has to be through its first window.
        self._windows = 0 if leads else -1
        self._border_ns = self.now_ns + WINDOW_NS if leads else self.now_ns

    def leave(self) -> None:
        """Let time pass freely; the other process is not held up by us any more."""
        if self._pace is not None:
            self._pace.come(1 << 62)
            self._pace = None

    def select(self, timeout: float | None = None) -> Ready:
        """What is ready now; else time passes, as far as the other process lets it."""
        # After a stall the other process goes first: what it does meanwhile is there when we wake up.
        while self._pace is not None and self.now_ns > self._border_ns and self._windows >= 0:
            self._pass(heeds=False)
        if self._pace is None:
            return super().select(timeout)
        if timeout is not None and timeout <= 0:
            return self._look() if self.now_ns >= self._look_at else []
        if self.waits_outside():
            return super().select(timeout)
        until = None if timeout is None else self.now_ns + max(1, round(timeout * SECOND))
        while self._pace is not None:
            if self.now_ns >= self._look_at:
                ready = self._look()
                if ready:
                    return ready
            stop = min(self._border_ns, self._look_at)
            if until is not None and until <= stop and self._windows >= 0:
                self.now_ns = until
                return []
            self.now_ns = max(self.now_ns, stop)
            if self.now_ns >= self._border_ns:
                ready = self._pass()
                if ready:
                    return ready
        return super().select(None if until is None else max(0.0, (until - self.now_ns) / SECOND))

    def _look(self) -> Ready:
        self._look_at = self.now_ns + _LOOKS_NS
        return selectors.DefaultSelector.select(self, 0)

    def _pass(self, *, heeds: bool = True) -> Ready:
        """Come to the end of the window, and wait for the other process to come there too; or for what is ready."""
        pace = self._pace
        if pace is None:
            return []
        needed = self._windows + 1 - self._lead
        pace.come(self._windows + 1)
        if pace.theirs < needed:
            began = _CLOCK.monotonic_ns()
            try:
                ready = self._wait(pace, needed, began, heeds=heeds)
            finally:
                self.waited_s += (_CLOCK.monotonic_ns() - began) / SECOND
            if ready or self._pace is None:
                return ready
        self._windows += 1
        self._border_ns += WINDOW_NS
        return []

    def _wait(self, pace: Pace, needed: int, began: int, *, heeds: bool) -> Ready:
        tries = 0
        while pace.theirs < needed:
            tries += 1
            if tries < _TRIES:
                continue
            time.sleep(_NAP_S)
            if tries % _NAPS == 0:
                ready = self._look() if heeds else []
                if ready:
                    return ready
                if not self.has_peer():
                    self.leave()
                    return []
                if _CLOCK.monotonic_ns() - began > _PATIENCE_S * SECOND:
                    raise StuckError(f"the other process did not go on for {_PATIENCE_S:g} s")
        return []


class PacedLoop(VirtualLoop):
    """An event loop in virtual time that can keep in step with that of another process.

    child_ns: for so long time goes on beside a child process before it stands still and waits for it; 0: it waits for
    any of them. beside: modules beside which time goes on for as long as they run, but for that, and what is run in the
    place of each. still: modules for which it stands still at once.
    """

    def __init__(self) -> None:
        self.paced = PacedSelector()
        self.child_ns = 0
        self.beside: dict[str, tuple[str, ...]] = {}  # bounded: by the modules there are
        self.still: frozenset[str] = frozenset()
        self._beside = self._waited_for = 0
        self._begun_ns = 0
        super().__init__(selector=self.paced)

    def join(self, pace: Pace, *, leads: bool) -> None:
        """See `PacedSelector.join`."""
        self.paced.join(pace, leads=leads)

    def leave(self) -> None:
        """See `PacedSelector.leave`."""
        self.paced.leave()

    def stands_still(self) -> bool:
        """Whether time waits for something outside."""
        if not self.child_ns:
            return super().stands_still()
        others = self._children - self._beside - self._waited_for
        return self._waited_for > 0 or (others > 0 and self.time_ns() - self._begun_ns >= self.child_ns)

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        """As asyncio has it; time goes on beside the child for as long as it may."""
        if any(isinstance(one, str) and one in self.still for one in args):
            return await self._followed(args, kwargs)
        at = next((at for at, one in enumerate(args) if isinstance(one, str) and one in self.beside), None)
        if at is None:
            self._begun_ns = self.time_ns()
            return await super().subprocess_exec(*args, **kwargs)
        made = await super().subprocess_exec(*args[:at], *self.beside[args[at]], *args[at + 1 :], **kwargs)
        self._beside += 1
        waiting = asyncio.ensure_future(made[0]._wait())  # noqa: SLF001 - no other way tells when it ends
        waiting.add_done_callback(self._ended_beside)
        return made

    async def _followed(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        # From before it is there: what is begun has a time limit, which must not pass meanwhile.
        self._waited_for += 1
        try:
            made = await super().subprocess_exec(*args, **kwargs)
        except BaseException:
            self._waited_for -= 1
            raise
        waiting = asyncio.ensure_future(made[0]._wait())  # noqa: SLF001 - no other way tells when it ends
        waiting.add_done_callback(self._ended_followed)
        return made

    def _ended_followed(self, _: object) -> None:
        self._waited_for -= 1

    def _ended_beside(self, _: object) -> None:
        self._beside -= 1

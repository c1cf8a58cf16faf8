"""An event loop whose time passes only when nothing can happen now: a day of waiting takes no time at all.

What is ready runs first; when nothing is, the clock moves to the next timer. With one thread, and sockets that lead to
this process alone, the same seed gives the same order of everything.
"""

import asyncio
import selectors
from collections.abc import Callable
from contextvars import Context
from random import Random
from typing import Any, TypeVarTuple

from tidemark.clock import SystemClock
from tidemark.errors import TidemarkError
from tidemark.units import SECOND

# Without a timer nothing but the outside can wake the loop up: a thread, say. It gets so long.
PATIENCE_S = 60.0
# A child process has work of its own: the first archive of hundreds of markets is thousands of files.
CHILD_PATIENCE_S = 1800.0
# A timer rings up to so late on a machine that has other work as well.
LATE_S = 0.002

Arguments = TypeVarTuple("Arguments")


class StuckError(TidemarkError):
    """Nothing can happen any more, and something is still waited for."""


class VirtualSelector(selectors.DefaultSelector):
    """Does not wait for its files: it moves the clock instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now_ns = SECOND
        self.waits_outside: Callable[[], bool] = lambda: False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """What is ready now; else nothing, and the time has passed."""
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        has_child = self.waits_outside()
        if timeout is None or has_child:
            patience_s = CHILD_PATIENCE_S if has_child else PATIENCE_S
            ready = super().select(patience_s)
            if not ready:
                cause = "a child process runs on" if has_child else "nothing is due"
                raise StuckError(f"nothing happened within {patience_s:g} s, and {cause}")
            return ready
        self.now_ns += max(1, round(timeout * SECOND))
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Made for one simulation; *rng* decides how late each timer rings, None leaves them on time.

    *selector* is what makes its time pass.

    While a child process runs, time stands still until it ends.
    """

    def __init__(self, rng: Random | None = None, selector: VirtualSelector | None = None) -> None:
        self._virtual = selector or VirtualSelector()
        self._rng = rng
        self._children = 0
        super().__init__(self._virtual)
        self._virtual.waits_outside = self.stands_still

    def time(self) -> float:
        """Seconds since the loop was made, and one."""
        return self._virtual.now_ns / SECOND

    def time_ns(self) -> int:
        """The same in nanoseconds."""
        return self._virtual.now_ns

    def stands_still(self) -> bool:
        """Whether time waits for something outside."""
        return self._children > 0

    def stall(self, seconds: float) -> None:
        """Let time pass at once, with nothing done in it: the machine had other work."""
        self._virtual.now_ns += round(seconds * SECOND)

    def call_at(
        self,
        when: float,
        callback: Callable[[*Arguments], object],
        *args: *Arguments,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """As asyncio has it, but late by what the seed says."""
        late = self._rng.random() * LATE_S if self._rng is not None else 0.0
        return super().call_at(when + late, callback, *args, context=context)

    async def subprocess_exec(self, *args: Any, **kwargs: Any) -> Any:
        """As asyncio has it; time stands still while the child runs."""
        made: tuple[Any, Any] = await super().subprocess_exec(*args, **kwargs)
        self._children += 1
        waiting = asyncio.ensure_future(made[0]._wait())  # noqa: SLF001 - no other way tells when it ends
        waiting.add_done_callback(self._ended)
        return made

    def _ended(self, _: object) -> None:
        self._children -= 1


class LoopClock(SystemClock):
    """The clock of a machine that lives in *loop*. `step_ns` is by how much somebody has set it."""

    def __init__(self, loop: VirtualLoop, epoch_ns: int) -> None:
        self._loop = loop
        self._epoch_ns = epoch_ns
        self.step_ns = 0

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC, as this machine has it."""
        return self._epoch_ns + self._loop.time_ns() + self.step_ns

    def monotonic_ns(self) -> int:
        """Nanoseconds since the loop was made, and a second."""
        return self._loop.time_ns()

    def boot_ns(self) -> int:
        """The same: this machine does not sleep."""
        return self._loop.time_ns()

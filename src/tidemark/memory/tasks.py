"""Every asyncio task has a name and an owner, and their number a limit."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from tidemark.errors import TaskLimitError
from tidemark.memory.ledger import Reservation, Usage

# A waiting task with a few frames on its stack; whoever's tasks hold more says so.
TASK_BYTES = 8192


class TaskRegistry:
    """The tasks of one owner, at most `limit` at a time.

    `on_error(name, error)` is called for every task that fails, as soon as it has; a cancelled task has not failed.
    """

    def __init__(
        self, owner: str, *, limit: int, on_error: Callable[[str, BaseException], None], task_bytes: int = TASK_BYTES
    ) -> None:
        self.reservation = self.reserve(owner, limit=limit, task_bytes=task_bytes)
        self._task_bytes = task_bytes
        self._on_error = on_error
        self._tasks: set[asyncio.Task[Any]] = set()  # bounded: `create` refuses past the limit
        self._cancelling = False
        self._peak = 0
        self._rejected = 0

    @staticmethod
    def reserve(owner: str, *, limit: int, task_bytes: int = TASK_BYTES) -> Reservation:
        """What such a registry will take; allocates nothing."""
        return Reservation(
            owner=owner,
            kind="tasks",
            capacity=limit,
            item_bytes=task_bytes,
            fixed_bytes=4096,
            policy="refuses the next one, retryably",
        )

    def create(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start *work* as a task; TaskLimitError when as many run as were reserved, or while all are cancelled."""
        if self._cancelling or len(self._tasks) >= self.reservation.capacity:
            self._rejected += 1
            work.close()
            why = "is stopping" if self._cancelling else f"runs {len(self._tasks)} tasks, its limit"
            raise TaskLimitError(f"task {name!r} was not started: {self.reservation.owner!r} {why}; try again later")
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        self._peak = max(self._peak, len(self._tasks))
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if error is not None:
            self._on_error(task.get_name(), error)

    async def cancel_all(self) -> None:
        """Cancel every task but the one that calls, and wait until they have ended."""
        self._cancelling = True
        try:
            others = self._tasks - {asyncio.current_task()}
            for task in others:
                task.cancel()
            if others:
                await asyncio.wait(others)
        finally:
            self._cancelling = False

    def names(self) -> list[str]:
        """The names of the tasks that run, sorted."""
        return sorted(task.get_name() for task in self._tasks)

    def usage(self) -> Usage:
        """Tasks that run now."""
        running = len(self._tasks)
        return Usage(used=running, peak=self._peak, bytes_used=running * self._task_bytes, rejected=self._rejected)

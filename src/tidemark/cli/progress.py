"""A bar for whoever waits longer than two seconds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tidemark.clock import Clock, SystemClock
from tidemark.units import SECOND

_PATIENCE_NS = 2 * SECOND


@contextmanager
def progress(
    words: str, total: int, console: Console | None = None, clock: Clock | None = None
) -> Iterator[Callable[[int], None]]:
    """Gives what is told how much of *total* is done; draws where standard error is a terminal."""
    shown_on = Console(stderr=True) if console is None else console
    time = SystemClock() if clock is None else clock
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=shown_on, transient=True, disable=not shown_on.is_terminal)
    task = bar.add_task(words, total=total)
    begun = time.monotonic_ns()

    def each(done: int) -> None:
        bar.update(task, completed=done)
        if time.monotonic_ns() - begun > _PATIENCE_NS:
            bar.start()

    try:
        yield each
    finally:
        bar.stop()

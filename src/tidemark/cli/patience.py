"""A progress bar for whatever takes longer than two seconds, on a terminal and nowhere else."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tidemark.clock import Clock, SystemClock
from tidemark.units import SECOND

# Whoever waits for longer sees how far it is.
PATIENCE_NS = 2 * SECOND


class Patience:
    """Counts up to *total* of what *text* says; shown on the error output, so that results stay alone on the other."""

    def __init__(self, text: str, total: float, *, console: Console | None = None, clock: Clock | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._clock = clock or SystemClock()
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        self._progress = Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        )  # fmt: skip
        self._task = self._progress.add_task(text, total=total)
        self._begun = self._clock.monotonic_ns()

    def advance(self, count: float) -> None:
        """So much more is done."""
        self._progress.advance(self._task, count)
        if self._clock.monotonic_ns() - self._begun > PATIENCE_NS:
            self._progress.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        self._progress.stop()

"""A recording that goes through the same parsers and the same engine as the service: what several commands do."""

from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from tidemark.backtest.replay import Replay
from tidemark.backtest.survey import survey
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.engine.sizing import engine_size
from tidemark.engine.step import Engine
from tidemark.errors import CaptureError, FrameError
from tidemark.ingest.venues import registry
from tidemark.live.wiring import wanted
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import Settings
from tidemark.store.capture import find, read
from tidemark.units import SECOND

# The progress bar moves this often, counted in records.
_STEP = 2_000


class Recorded:
    """A recording, read once to know what it holds, and an engine for it that takes what *settings* say."""

    def __init__(self, file: Path, chosen: Settings, console: Console, deliver: Callable[[list[Output]], None]) -> None:
        self._recording = find(file)
        self.venue = registry.find(self._recording.venue)
        with console.status("reading the recording ..."):
            self.held = survey(read(self._recording), self.venue.name, self.venue.parser({}))
        if not self.held.instruments:
            raise CaptureError(
                f"{file} holds {self.held.records:,} records, and no trade of a linear USDT perpetual of"
                f" {self.venue.name} among them"
            )
        ledger = Ledger(chosen.memory.transient)
        choice = wanted(chosen, len(self.held.instruments), self.venue.book_rules)
        size = engine_size(
            chosen, choice, is_numbered=self.venue.has_numbered_trades, opens_at_close=self.venue.opens_at_close
        )
        self.engine = Engine(size, ledger)
        self.intake = Intake(
            self.engine, self.venue.parser(self.engine.universe.slots), ledger, deliver=deliver, reject=_reject
        )
        self._grace_ns = int(chosen.candles.grace * SECOND)

    def play(self, console: Console, *, before: Callable[[int], None] | None = None, until: int | None = None) -> None:
        """Read it all, or what was received before *until* (ns). before: see Replay."""
        held = self.held
        columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("replaying", total=held.records)
            replay = Replay(self.intake, before)
            if not held.lists_itself:
                replay.begin(self.venue.name, held.instruments, held.first_recv, held.exchange_at)
            for number, record in enumerate(read(self._recording), start=1):
                if until is not None and record.ts_recv >= until:
                    break
                replay.take(record)
                if number % _STEP == 0:
                    progress.update(task, completed=number)
            replay.end(self._grace_ns if until is None else 0)


def _reject(error: FrameError, payload: bytes | memoryview) -> None:
    """Counted by the intake; a recording is not sampled."""

"""`tidemark` and its local exchange as processes of their own, and what they leave on disk."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tidemark.backtest.replay import Replay
from tidemark.backtest.survey import survey
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.engine.sizing import engine_size
from tidemark.engine.step import Engine
from tidemark.errors import FrameError
from tidemark.ingest.venues import registry
from tidemark.live.wiring import wanted
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap
from tidemark.settings.settings import Settings
from tidemark.store.capture import find, read
from tidemark.store.gap_log import SUFFIX, read_gaps
from tidemark.store.journal import blocks, segments, symbols
from tidemark.store.segments import numbered
from tidemark.units import SECOND

# Longer than anything here takes: a test that hangs fails instead.
LIMIT_S = 60.0
ROW = ("open", "high", "low", "close", "volume", "turnover", "bought", "marks")


class Process:
    """`tidemark` with some arguments; its error output is read as it comes."""

    def __init__(self, *arguments: str) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TIDEMARK_")}
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tidemark", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
        )
        self.lines: list[str] = []
        self._has_more = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.child.stderr is not None
        for line in self.child.stderr:
            with self._has_more:
                self.lines.append(line.rstrip("\n"))
                self._has_more.notify_all()

    def events(self, name: str) -> list[dict[str, object]]:
        """The log lines of that event."""
        return [line for line in map(json.loads, self.lines) if line["event"] == name]

    def wait_for(self, text: str, count: int = 1) -> None:
        """Until *count* lines of the error output hold *text*."""
        with self._has_more:
            found = self._has_more.wait_for(lambda: sum(text in line for line in self.lines) >= count, timeout=LIMIT_S)
        assert found, self.lines

    def end(self) -> tuple[int, str]:
        """Exit code and output, once it ends by itself."""
        assert self.child.stdout is not None
        output = self.child.stdout.read()
        code = self.child.wait(LIMIT_S)
        self._reader.join()
        return code, output

    def stop(self, number: signal.Signals) -> tuple[int, str, float]:
        """The same, after a signal, with the seconds that it took."""
        started = time.perf_counter()
        self.child.send_signal(number)
        code, output = self.end()
        return code, output, time.perf_counter() - started

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait()
        self._reader.join()
        for stream in (self.child.stdout, self.child.stderr):
            assert stream is not None
            stream.close()


@contextmanager
def tidemark(*arguments: str) -> Iterator[Process]:
    process = Process(*arguments)
    try:
        yield process
    finally:
        process.close()


class Exchange:
    """A `tidemark sim` of our own, whose faults can be switched."""

    def __init__(self, process: Process) -> None:
        assert process.child.stdout is not None
        ready = json.loads(process.child.stdout.readline())
        self.rest, self.stream = ready["rest"], ready["stream"]

    def switch(self, **faults: object) -> None:
        request = urllib.request.Request(f"{self.rest}/_sim/faults", json.dumps(faults).encode(), method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=LIMIT_S) as answer:  # noqa: S310
            assert answer.status == 200

    def status(self) -> dict[str, object]:
        with urllib.request.urlopen(f"{self.rest}/_sim/status", timeout=LIMIT_S) as answer:  # noqa: S310
            told: dict[str, object] = json.load(answer)
        return told

    def arguments(self, folder: Path, *more: str) -> tuple[str, ...]:
        """What makes `tidemark run` watch it."""
        where = (f"venue.rest_url={self.rest}", f"venue.stream_url={self.stream}", "api.port=0")
        settings = (f"store.folder={folder}", *where, *more)
        return ("run", "--no-tui", "--json", *(part for setting in settings for part in ("--set", setting)))


@contextmanager
def exchange(*arguments: str) -> Iterator[Exchange]:
    with tidemark("sim", "--json", *arguments) as process:
        yield Exchange(process)


def closed_rows(folder: Path) -> dict[tuple[str, str, int], Any]:
    """Timeframe, symbol and open time to the row, of the whole journal under *folder*."""
    (journal,) = folder.glob("*/journal")
    names = symbols(journal)
    return {
        (timeframe, names[row["symbol"]], int(row["open_time"])): row
        for timeframe in ("10s", "1m", "5m")
        for path in segments(journal, timeframe)
        for rows in blocks(path)
        for row in rows
    }


def known_gaps(folder: Path) -> list[Gap]:
    """The newest record of each gap in the log under *folder*."""
    (log,) = folder.glob("*/gaps")
    return list(
        {
            (gap.symbol, gap.channel, gap.gap_from): gap
            for path in numbered(log, SUFFIX)
            for gap, _ in read_gaps(path)
            if gap is not None
        }.values()
    )


def replayed_rows(recording: Path, settings: Settings) -> dict[tuple[str, str, int], Any]:
    """The same of a recording, through parser and engine anew, by `ROW`."""
    venue = registry.find(settings.venue.name)
    found = find(recording)
    held = survey(read(found), venue.name, venue.parser({}))
    choice = wanted(settings, len(held.instruments), venue.book_rules)
    size = engine_size(settings, choice, is_numbered=venue.has_numbered_trades, opens_at_close=venue.opens_at_close)
    engine = Engine(size, Ledger(settings.memory.transient))
    told: dict[tuple[str, str, int], Any] = {}

    def deliver(outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Closed):
                for i, slot in enumerate(output.slots.tolist()):
                    instrument = engine.universe.instrument(slot)
                    assert instrument is not None
                    key = (output.timeframe.value, instrument.symbol, int(output.open_times[i]))
                    told[key] = [output.rows[name][i].item() for name in ROW]

    def reject(error: FrameError, payload: bytes | memoryview) -> None:
        """What is broken is counted by the service."""

    intake = Intake(engine, venue.parser(engine.universe.slots), Ledger(), deliver=deliver, reject=reject)
    replay = Replay(intake, None)
    if not held.lists_itself:
        replay.begin(venue.name, held.instruments, held.first_recv, held.exchange_at)
    for record in read(found):
        replay.take(record)
    replay.end(int(settings.candles.grace * SECOND))
    return told

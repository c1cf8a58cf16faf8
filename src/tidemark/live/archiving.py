"""Starts the writer process again and again, and tells what became of it: its libraries stay out of the service."""

import asyncio
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

import msgspec
import structlog

from tidemark.clock import Clock
from tidemark.memory.ledger import Reservation
from tidemark.settings.settings import Settings
from tidemark.store.archive_job import RESIDENT_BYTES, Done, Job
from tidemark.store.archive_layout import DAILY, YEARLY, venue_folder
from tidemark.store.journal import files
from tidemark.units import DAY, SECOND, format_bytes

# A run that takes longer than this hangs.
_PATIENCE_S = 1800.0
# At the start nobody waits longer for the archive: the exchange has what is missing.
_PREPARE_S = 60.0
# Behind midnight, when the last candles of the day have closed.
_AFTER_MIDNIGHT_NS = 10 * SECOND
_TOLD_BYTES = 4096
_MODULE = "tidemark.store.archive_writer"
log = structlog.get_logger()


class Archiving:
    """The runs of the writer process of one venue.

    folder: what the venue keeps, with its logs. rows: candles that the journal keeps of each timeframe, over all
    markets; empty without a journal. `failure` says why the last run failed, None when it did not.
    """

    def __init__(self, settings: Settings, folder: Path, rows: Mapping[str, int], clock: Clock) -> None:
        self.failure: str | None = None
        self.runs = 0
        self._settings = settings
        self._folder = folder
        self._rows = dict(rows)
        self._clock = clock

    @staticmethod
    def reserve() -> Reservation:
        """What a run takes beside the service, for as long as it lasts."""
        return Reservation(
            owner="archive writer", kind="external", capacity=RESIDENT_BYTES, item_bytes=1, policy="ends with each run"
        )

    async def follow(self) -> None:
        """A run every `archive.every`, and one at the end of each day."""
        while True:
            await asyncio.sleep(self.wait_s())
            await self.run()

    def wait_s(self) -> float:
        """Seconds until the next run."""
        now = self._clock.now_ns()
        midnight = now - now % DAY + _AFTER_MIDNIGHT_NS
        midnight += DAY if midnight <= now else 0
        return min(self._settings.archive.every, (midnight - now) / SECOND)

    async def run(self) -> Done | None:
        """One run; None, with `failure` set, when it failed. One line of the log either way."""
        done = await self._start(self.job(), _PATIENCE_S)
        self.runs += 1
        if done is None:
            log.error("the archive was not written", cause=self.failure)
            return None
        told = {name: count for name, count in msgspec.structs.asdict(done).items() if count and name != "problems"}
        log.info("archive written", **told | {"peak_rss": format_bytes(done.peak_rss)})
        if done.peak_rss > RESIDENT_BYTES:
            log.error("a bound is broken", what=f"the archive writer took {format_bytes(done.peak_rss)}")
        for words in done.problems:
            log.error("the archive was damaged", what=words)
        return done

    async def prepare(self) -> int:
        """Put a journal that was lost together from the archive; give how many rows that were, 0 when it is there.

        To be called before the journal is opened: it gives the symbols their numbers.
        """
        settings, journal = self._settings, self._folder / "journal"
        root = self._root()
        if not settings.store.journal or any(files(journal, timeframe) for timeframe in settings.candles.timeframes):
            return 0
        if not any(venue_folder(root, kind, self._folder.name).is_dir() for kind in (DAILY, YEARLY)):
            return 0
        retention = settings.candles.retention
        each = {timeframe: retention.rows(timeframe) for timeframe in settings.candles.timeframes}
        job = msgspec.structs.replace(self.job(), journal=str(journal), archive=str(root), each=each, prepare=True)
        done = await self._start(job, _PREPARE_S)
        if done is None:
            log.warning("the journal was not put together from the archive", cause=self.failure)
            return 0
        for words in done.problems:
            log.error("the archive was damaged", what=words)
        log.info("journal put together from the archive", rows=done.prepared)
        return done.prepared

    def job(self) -> Job:
        """What a run has to do now."""
        settings, folder = self._settings, self._folder
        archive = settings.archive
        return Job(
            venue=folder.name,
            folder=str(folder),
            now_ns=self._clock.now_ns(),
            archive=str(self._root()) if archive.enabled else None,
            journal=str(folder / "journal") if self._rows else None,
            trades=str(folder / "trades") if archive.enabled and archive.trades else None,
            gaps=str(folder / "gaps"),
            signals=str(folder / "signals"),
            rows=self._rows,
            each={timeframe: settings.candles.retention.rows(timeframe) for timeframe in self._rows},
            database=None if settings.store.database is None else settings.store.database.reveal(),
            max_age_ns=int(archive.max_age * SECOND),
            max_bytes=archive.max_size,
            gaps_max_age_ns=int(settings.store.gaps_max_age * SECOND),
            signals_max_age_ns=int(settings.store.signals_max_age * SECOND),
        )

    def _root(self) -> Path:
        return self._folder.parent / "archive"

    async def _start(self, job: Job, patience_s: float) -> Done | None:
        self.failure = None
        try:
            # Files and not pipes: nobody reads them while it works, and a full pipe would stop it.
            with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
                given.write(msgspec.json.encode(job))
                given.seek(0)
                code = await self._wait(given, said, told, patience_s)
                said.seek(0)
                if code == 0:
                    return msgspec.json.decode(said.read(), type=Done)
                self.failure = _last_line(told) or f"the writer process ended with {code}"
        except TimeoutError:
            self.failure = f"the writer process was ended after {patience_s:g} s"
        except OSError as error:
            self.failure = f"the writer process did not start: {error.strerror}"
        except msgspec.DecodeError as error:
            self.failure = f"the writer process said something else: {error}"
        return None

    async def _wait(self, given: IO[bytes], said: IO[bytes], told: IO[bytes], patience_s: float) -> int:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _MODULE,
            stdin=given,
            stdout=said,
            stderr=told,
            # Ctrl-C is for the service, which ends its child itself.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(patience_s):
                return await child.wait()
        finally:
            if child.returncode is None:
                # Whatever it was at, the next run does it: it can be killed at any time.
                child.kill()
                await child.wait()


def _last_line(told: IO[bytes]) -> str:
    size = told.seek(0, 2)
    told.seek(max(0, size - _TOLD_BYTES))
    lines = told.read().decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""

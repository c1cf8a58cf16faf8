"""Writes a diagnosis when it is asked for, by a signal, a command or critical memory pressure, beside the feed."""

import asyncio
import datetime as dt
import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import StoreError
from tidemark.live.backtesting import Backtesting
from tidemark.live.bundle import Bundle, encode, make_bundle
from tidemark.live.probe import Probe
from tidemark.memory.pressure import Level, Pressure, Transition
from tidemark.memory.tracing import is_tracing, traced_files
from tidemark.settings.settings import Settings
from tidemark.store.atomic import sweep, write_whole
from tidemark.units import MILLISECOND, MINUTE, SECOND, format_bytes

KEPT = 5
# Critical pressure that lasts is told once.
_APART_NS = 10 * MINUTE
log = structlog.get_logger()


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle on disk. `cut` names what was shortened so that it fits; `took_ms` from the question to the file."""

    path: str
    bytes: int
    cut: tuple[str, ...]
    took_ms: float


class Diagnosis:
    """The bundles of one process: one at a time, the five newest are kept in *folder*."""

    def __init__(
        self,
        probe: Probe,
        engine: Engine,
        pressure: Pressure | None,
        settings: Settings,
        folder: Path,
        clock: Clock,
        backtesting: Backtesting | None = None,
    ) -> None:
        self._probe = probe
        self._engine = engine
        self._pressure = pressure
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._backtesting = backtesting
        self._is_writing = asyncio.Lock()
        self._is_wanted = asyncio.Event()
        self._reason = ""
        self._critical_ns: int | None = None

    def want(self, reason: str) -> None:
        """Have one written soon; what is wanted twice before that is written once."""
        self._reason = reason
        self._is_wanted.set()

    def look_at(self, steps: Iterable[Transition]) -> None:
        """Want one when memory pressure became critical, at most once in ten minutes."""
        for step in steps:
            if step.after is not Level.CRITICAL or step.before is Level.CRITICAL:
                continue
            if self._critical_ns is None or step.at_ns - self._critical_ns >= _APART_NS:
                self._critical_ns = step.at_ns
                self.want("critical memory pressure")

    async def follow(self) -> None:
        """Write what is wanted, without end."""
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            try:
                await self.write(self._reason)
            except StoreError as error:
                log.error("no diagnosis was written", cause=str(error))

    async def write(self, reason: str) -> Written:
        """Write one now. StoreError when the disk does not take it."""
        async with self._is_writing:
            began = self._clock.monotonic_ns()
            traced = await asyncio.to_thread(traced_files) if is_tracing() else None
            taken_at = self._clock.now_ns()
            bundle = make_bundle(
                reason,
                taken_at,
                self._probe.look(),
                traced,
                self._engine,
                self._pressure,
                self._settings,
                () if self._backtesting is None else self._backtesting.under_way(),
            )
            path = self._folder / f"{_stamp(taken_at)}.json"
            size, cut = await asyncio.to_thread(self._keep, path, bundle)
            took_ms = (self._clock.monotonic_ns() - began) / MILLISECOND
        log.info("diagnosis written", reason=reason, path=str(path), size=format_bytes(size), took_ms=round(took_ms))
        return Written(path=str(path), bytes=size, cut=cut, took_ms=round(took_ms, 1))

    def _keep(self, path: Path, bundle: Bundle) -> tuple[int, tuple[str, ...]]:
        """Encode and write, in a thread of its own: a slow disk keeps nobody waiting."""
        text, cut = encode(bundle, self._settings)

        def put(file: IO[bytes]) -> None:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)

        try:
            sweep(self._folder)
            write_whole(path, put)
            self._folder.chmod(0o700)
            for old in sorted(self._folder.glob("*.json"))[:-KEPT]:
                old.unlink(missing_ok=True)
        except OSError as error:
            raise StoreError(
                f"the diagnosis {path} cannot be written: {error.strerror}; make room, or name another store.folder"
            ) from error
        return len(text), cut


def _stamp(now_ns: int) -> str:
    """A name that sorts by time."""
    seconds, rest = divmod(now_ns, SECOND)
    return f"{dt.datetime.fromtimestamp(seconds, dt.UTC):%Y%m%dT%H%M%S}.{rest // MILLISECOND:03}Z"

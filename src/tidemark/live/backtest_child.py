"""A process of backtests, begun with a job and heard until it ends."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import cast

import msgspec
import structlog

from tidemark.errors import DECODE_ERRORS
from tidemark.store.backtest_job import CANCEL, LINE_BYTES, MODULE, BacktestJob, Said

# Told to end, one that runs writes down that it was interrupted.
PATIENCE_S = 3.0
_WORDS_BYTES = 4096
# Each thread would have a heap of its own otherwise, and each library its threads and what it keeps for later.
_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "ARROW_DEFAULT_MEMORY_POOL": "system",
}  # fmt: skip
_SAID: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)
log = structlog.get_logger()


class Child:
    """The process, while it runs."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._stdin = cast("asyncio.StreamWriter", process.stdin)
        self._stdout = cast("asyncio.StreamReader", process.stdout)
        self._stderr = cast("asyncio.StreamReader", process.stderr)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    async def tell(self, job: BacktestJob) -> None:
        """Give it its job."""
        with suppress(ConnectionError):
            self._stdin.write(msgspec.json.encode(job) + b"\n")
            await self._stdin.drain()

    async def said(self) -> Said | None:
        """The next thing that it says; None when it says no more. Given up half way, nothing is lost."""
        try:
            line = await self._stdout.readline()
            return _SAID.decode(line) if line else None
        except (ValueError, *DECODE_ERRORS) as error:
            log.error("alarm", what="a process of backtests says something else", last=str(error)[:200])
            return None

    async def words(self) -> str:
        """Why it ended without having said it: its last words, or how it was ended."""
        self.kill()
        code = await self._process.wait()
        lines = (await self._stderr.read(_WORDS_BYTES)).decode(errors="replace").strip().splitlines()
        if lines:
            return lines[-1]
        return f"its process was ended by signal {-code}" if code < 0 else f"its process ended with {code}"

    def cancel(self) -> None:
        """Ask it to end what it runs."""
        with suppress(ConnectionError):
            self._stdin.write(CANCEL)

    @property
    def is_over(self) -> bool:
        """Whether it has ended; processes of the user's that it began may be there still."""
        return self._process.returncode is not None

    def kill(self) -> None:
        """End it at once, with whatever it has begun."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    async def end(self, patience_s: float) -> None:
        """Its standard input is closed: it ends within *patience_s*, or is ended."""
        self._stdin.close()
        # It is waited for until its streams have ended, which somebody has to read for that.
        await asyncio.gather(self._end(patience_s), _drained(self._stdout), _drained(self._stderr))

    async def _end(self, patience_s: float) -> None:
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(patience_s):
                    await self._process.wait()
        finally:
            self.kill()
            await self._process.wait()


@asynccontextmanager
async def child_for(job: BacktestJob, patience_s: float = PATIENCE_S) -> AsyncIterator[Child]:
    """A process that does *job*, for the length of a `with` block; OSError where it cannot be begun.

    patience_s: at the end of the block it is told to end, and ended where it has not by then.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=LINE_BYTES,
        # Ctrl-C is for the service, which ends its child itself.
        start_new_session=True,
        env=os.environ | _ENVIRONMENT,
    )
    child = Child(process)
    try:
        await child.tell(job)
        yield child
    finally:
        await child.end(patience_s)


async def _drained(stream: asyncio.StreamReader) -> None:
    while await stream.read(_WORDS_BYTES):
        """Nobody hears it any more."""

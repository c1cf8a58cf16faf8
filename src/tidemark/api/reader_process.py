"""The reader process as its parent sees it: begun with a job, heard, and ended in order."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import cast

import msgspec
import structlog

from tidemark.api.past import PoolFigures
from tidemark.errors import DatabaseError
from tidemark.live.reader_job import ReaderJob
from tidemark.memory.tasks import TaskRegistry
from tidemark.units import KIB

MODULE = "tidemark.serve.database.reader"
# Of what it says and of its log, as one line.
LINE_BYTES = 64 * KIB
# Tasks that hear one process.
HEARING = 2
# Its libraries are loaded within a second or two; told to end, it does at once.
BEGIN_S, _END_S = 20.0, 1.5
_PAGE = os.sysconf("SC_PAGESIZE")
log = structlog.get_logger()


@asynccontextmanager
async def reader_process(
    job: ReaderJob, tasks: TaskRegistry, hear: Callable[[PoolFigures], None]
) -> AsyncIterator[Process]:
    """A process that answers, for the length of a `with` block; *tasks* hear it, and *hear* is given its figures.

    OSError where it cannot be begun, DatabaseError where it does not answer.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        MODULE,
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        limit=LINE_BYTES,
        # Ctrl-C is for the service, which ends its child itself.
        start_new_session=True,
        # Each thread would have a heap of its own otherwise.
        env=os.environ | {"MALLOC_ARENA_MAX": "2"},
    )
    stdin, stdout, stderr = cast("asyncio.StreamWriter", child.stdin), _stream(child.stdout), _stream(child.stderr)
    try:
        with suppress(ConnectionError):
            stdin.write(msgspec.json.encode(job) + b"\n")
            await stdin.drain()
        told = tasks.create("reader log", _repeat(stderr))
        first = await _first(stdout)
        if not first:
            words = await told or f"it ended with {await child.wait()}"
            raise DatabaseError(f"the reader process does not run: {words}")
        hear(msgspec.json.decode(first, type=PoolFigures))
        tasks.create("reader figures", _hear(stdout, hear))
        yield child
    finally:
        stdin.close()
        await _end(child)
        await tasks.cancel_all()


def resident(pid: int) -> int:
    """The resident memory of a process in bytes; 0 where the system does not tell, or it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except OSError:
        return 0


def _stream(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    return cast("asyncio.StreamReader", stream)


async def _first(stdout: asyncio.StreamReader) -> bytes:
    try:
        async with asyncio.timeout(BEGIN_S):
            return await stdout.readline()
    except TimeoutError as error:
        raise DatabaseError(f"the reader process did not begin within {BEGIN_S:g} s") from error


async def _hear(stdout: asyncio.StreamReader, hear: Callable[[PoolFigures], None]) -> None:
    while line := await stdout.readline():
        hear(msgspec.json.decode(line, type=PoolFigures))


async def _repeat(stderr: asyncio.StreamReader) -> str:
    """Its log goes into ours, with its fields; give the last line that was none of a log: why it ended."""
    last = ""
    while line := await stderr.readline():
        try:
            told = msgspec.json.decode(line, type=dict[str, object])
        except msgspec.DecodeError:
            last = line.decode(errors="replace").strip()
            continue
        event, level = str(told.pop("event", "")), str(told.pop("level", "info"))
        told.pop("timestamp", None)
        tell = {"warning": log.warning, "error": log.error, "debug": log.debug}.get(level, log.info)
        tell(event, **told | {"process": "reader"})
    return last


async def _end(child: Process) -> None:
    """Its standard input is closed: it ends, or is ended."""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(_END_S):
                await child.wait()
    finally:
        # Also where nobody has the time to wait for it.
        if child.returncode is None:
            child.kill()
            await child.wait()

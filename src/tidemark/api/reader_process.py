"""The reader process as its parent sees it: begun with a job, heard, and ended in order."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import cast

import msgspec
import structlog

from tidemark.api.past import PoolFigures
from tidemark.errors import DatabaseError
from tidemark.live.child import end, repeat
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
        told = tasks.create("reader log", repeat(stderr, "reader"))
        first = await _first(stdout)
        if not first:
            words = await told or f"it ended with {await child.wait()}"
            raise DatabaseError(f"the reader process does not run: {words}")
        hear(msgspec.json.decode(first, type=PoolFigures))
        tasks.create("reader figures", _hear(stdout, hear))
        yield child
    finally:
        stdin.close()
        await end(child, _END_S)
        await tasks.cancel_all()


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

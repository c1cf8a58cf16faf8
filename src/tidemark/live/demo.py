"""The local exchange as a child process, for a demonstration without the internet."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import IO

import msgspec

from tidemark.errors import SettingsError, UnreachableError
from tidemark.ingest.venues.base import Endpoints

# A child needs this long at most to scan a recording and to open its port.
_READY_S = 60.0
# The exit code of a child that was asked for something that cannot be.
_USER_ERROR = 2


class _Ready(msgspec.Struct):
    rest: str
    stream: str


@asynccontextmanager
async def local_exchange(arguments: Sequence[str]) -> AsyncIterator[Endpoints]:
    """Start `tidemark sim` with *arguments*, give its addresses, and end it with the block.

    SettingsError when it refuses the arguments, UnreachableError when it does not start for another reason.
    It ends by itself when this process dies, since its standard input closes then.
    """
    # A file and not a pipe: nobody reads it while all is well, and a full pipe would stop the child.
    with tempfile.TemporaryFile() as told:
        child = await _start(arguments, told)
        try:
            yield await _endpoints(child, told)
        finally:
            if child.stdin is not None:
                child.stdin.close()
            try:
                async with asyncio.timeout(1.0):
                    await child.wait()
            except TimeoutError:
                child.kill()
                await child.wait()


async def _start(arguments: Sequence[str], told: IO[bytes]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tidemark",
        "sim",
        "--json",
        "--with-parent",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=told,
        # Ctrl-C is for this process: it ends its child in order.
        start_new_session=True,
    )


async def _endpoints(child: asyncio.subprocess.Process, told: IO[bytes]) -> Endpoints:
    if child.stdout is None:
        raise UnreachableError("the local exchange did not start: it has no output to tell its address on")
    try:
        async with asyncio.timeout(_READY_S):
            line = await child.stdout.readline()
    except TimeoutError:
        raise UnreachableError(f"the local exchange was not ready after {_READY_S:g} s") from None
    if not line:
        code = await child.wait()
        told.seek(0)
        said = told.read().decode(errors="replace").strip().splitlines()
        reason = said[-1].removeprefix("tidemark: ") if said else "it said nothing"
        if code == _USER_ERROR:
            raise SettingsError(reason)
        raise UnreachableError(f"the local exchange did not start: {reason}")
    ready = msgspec.json.decode(line, type=_Ready)
    return Endpoints(rest=ready.rest, stream=ready.stream)

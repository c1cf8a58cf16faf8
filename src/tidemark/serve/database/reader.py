"""The reader process, `python -m tidemark.serve.database.reader`: begun by the monitor when somebody asks for the past.

It opens the database, which takes libraries that the monitor does not have, and answers at a Unix socket in a folder
that nobody else may enter. Its job comes as one line of JSON over standard input, and that ends when it is to end: also
when the process that began it is gone. It says its figures as lines of JSON, the first one when it answers; its log
goes to the error stream. Exit codes: 0 it was told to end, 1 it failed, with one line on the error stream.
"""

import asyncio
import os
import resource
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec
from aiohttp import web

from tidemark.api.answering import past_handlers
from tidemark.api.application import application
from tidemark.api.past import PoolFigures
from tidemark.api.serving import Doors
from tidemark.clock import SystemClock
from tidemark.errors import TidemarkError
from tidemark.live.logs import configure
from tidemark.live.loop import run_loop
from tidemark.live.reader_job import ADDRESS_BYTES, TRANSIENT_BYTES, ReaderJob
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.backtests import KeptBacktests
from tidemark.serve.database.filling import Filling
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.repository import Repository
from tidemark.settings.process import Log
from tidemark.units import KIB

# The monitor has fewer connections to it.
_DOORS = 64
_EVERY_S = 10.0
_STACK_BYTES = 512 * KIB
_READ_BYTES = 4096
_SHUTDOWN_S = 1.0


def main(told: IO[bytes], say: IO[bytes]) -> int:
    """Answer until *told* ends, within the address space that it has; give the exit code."""
    limit()
    try:
        job = msgspec.json.decode(told.readline(), type=ReaderJob)
        run_loop(answer(job, told.fileno(), say))
    except msgspec.DecodeError as error:
        return _fail(f"no job was given that this reader understands: {error}")
    except TidemarkError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or 'the socket'}")
    except MemoryError:
        return _fail(f"the reader process needs more than its {ADDRESS_BYTES >> 20} MB of address space")
    return 0


def limit() -> None:
    """Bound the address space, and give each thread of SQLite a stack that it can fill."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = ADDRESS_BYTES if hard == resource.RLIM_INFINITY else min(ADDRESS_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    threading.stack_size(_STACK_BYTES)
    # The service comes first.
    os.nice(5)


async def answer(job: ReaderJob, told: int, say: IO[bytes]) -> None:
    """Answer at the socket until the file *told* ends."""
    configure(Log(level=job.level, format="json"), None)  # type: ignore[arg-type]
    loop, clock = asyncio.get_running_loop(), SystemClock()
    ledger = Ledger(TRANSIENT_BYTES)
    pool = Pool(job.database, Path(job.folder), clock)
    doors = Doors(_DOORS, ledger)
    folder = Path(job.folder)
    filling = Filling(job.database, folder, clock)
    # Their runs lie in a file of their own, unless all of it is in one database.
    runs = Path(job.backtests)
    of_runs = pool if job.database is not None else Pool(None, runs, clock)
    repository = Repository(
        pool, clock, ledger, venue=folder.name, filling=filling,
        backtests=KeptBacktests(of_runs, clock, ledger, runs),
    )  # fmt: skip
    app = application(past_handlers(repository, ledger))
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=_SHUTDOWN_S)
    await runner.setup()
    doors.server = runner.server
    server = await loop.create_unix_server(doors, path=job.socket)
    is_over = asyncio.Event()
    loop.add_reader(told, _look, told, is_over)
    try:
        while not is_over.is_set():
            tell(pool.figures(), say)
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await is_over.wait()
    except BrokenPipeError:
        """Whoever began it is gone."""
    finally:
        loop.remove_reader(told)
        server.close()
        await runner.cleanup()
        await pool.close()
        await of_runs.close()
        await filling.close()
        _clear(Path(job.socket))


def tell(figures: PoolFigures, say: IO[bytes]) -> None:
    """One line."""
    say.write(msgspec.json.encode(figures) + b"\n")
    say.flush()


def _clear(path: Path) -> None:
    """The folder was made for the socket, and whoever made it may be gone."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()


def _look(told: int, is_over: asyncio.Event) -> None:
    if not os.read(told, _READ_BYTES):
        is_over.set()


def _fail(words: str) -> int:
    print(" ".join(words.split()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.stdin.buffer, sys.stdout.buffer))

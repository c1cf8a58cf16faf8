"""The writer process: `python -m tidemark.store.archive_writer JOB`, short-lived, started by the service.

It archives what is new in the logs, merges the journal, fills the database and applies retention; then it ends, and its
memory with it. JOB is a `Job` as JSON; what was done is printed as a `Done`. Exit codes: 0 done, 1 failed with one line
on the error stream. Killed at any time, it leaves readable files, and the next run does what is missing.
"""

import fcntl
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import msgspec

from tidemark.errors import StoreError, TidemarkError
from tidemark.store.archive_job import ADDRESS_BYTES, Done, Job
from tidemark.store.archive_layout import KINDS, make_room, venue_folder
from tidemark.store.atomic import sweep
from tidemark.store.compact import compact
from tidemark.store.gap_log import SUFFIX as GAPS
from tidemark.store.position import read_places
from tidemark.store.segments import numbered
from tidemark.store.signal_log import SUFFIX as SIGNALS
from tidemark.units import KIB

# More than this tells nothing that these do not.
_PROBLEMS = 20


def main(told: IO[bytes]) -> int:
    """Do the job that *told* holds as JSON, within the address space that it has; give the exit code.

    A job comes over standard input: it may hold the password of a database, and whoever is logged in can read the
    arguments of a process.
    """
    limit()
    try:
        done = work(msgspec.json.decode(told.read(), type=Job))
    except msgspec.DecodeError as error:
        return _fail(f"no job was given that this writer understands: {error}")
    except TidemarkError as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or 'the archive'}")
    except MemoryError:
        return _fail(f"the writer process needs more than its {ADDRESS_BYTES >> 20} MB of address space")
    sys.stdout.write(msgspec.json.encode(done).decode() + "\n")
    return 0


def limit() -> None:
    """Bound the address space, and keep libraries from taking it for threads that are not wanted."""
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = ADDRESS_BYTES if hard == resource.RLIM_INFINITY else min(ADDRESS_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    # The service comes first.
    os.nice(10)


def work(job: Job) -> Done:
    """Do the job; StoreError when another writer is at work on it."""
    folder = Path(job.folder)
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / ".writer"):
        done = _prepare(job) if job.prepare else _write(job)
    return msgspec.structs.replace(done, peak_rss=peak_rss())


def peak_rss() -> int:
    """The most that this process has had resident, in bytes.

    Linux counts what a process was before it became this program into `ru_maxrss`: the memory of the service that
    started it. The peak of its own mappings stands in /proc.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            name, _, rest = line.partition(":")
            if name == "VmHWM":
                return int(rest.split()[0]) * KIB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else KIB)


def _write(job: Job) -> Done:
    problems: list[str] = []
    candles = trades = files = removed = merged = swept = 0
    if job.archive is not None:
        root = Path(job.archive)
        # Another venue's writer may be at work below the same root.
        swept = sum(sweep(venue_folder(root, kind, job.venue)) for kind in KINDS)
        candles, trades, files = _archive(job, root, problems)
        room = make_room(root, job.venue, max_age_ns=job.max_age_ns, max_bytes=job.max_bytes, now_ns=job.now_ns)
        removed = room.files
    if job.journal is not None:
        journal = Path(job.journal)
        swept += sweep(journal)
        for timeframe, total in job.rows.items():
            places = read_places(journal) if job.archive is not None else None
            merged += compact(journal, timeframe, each=job.each[timeframe], total=total, places=places)
    gaps, signals = _load(job)
    return Done(
        candles=candles,
        trades=trades,
        files=files,
        removed=removed,
        merged=merged,
        gaps=gaps,
        signals=signals,
        swept=swept,
        problems=tuple(problems[:_PROBLEMS]),
    )


def _archive(job: Job, root: Path, problems: list[str]) -> tuple[int, int, int]:
    """Candles, trades and files that were written."""
    from tidemark.store.archive_logs import Progress, archive_candles, archive_trades  # noqa: PLC0415 - takes pyarrow

    candles = archive_candles(Path(job.journal), root, job.venue) if job.journal is not None else Progress()
    trades = archive_trades(Path(job.trades), root, job.venue) if job.trades is not None else Progress()
    problems.extend([*candles.problems, *trades.problems])
    return candles.rows, trades.rows, candles.files + trades.files


def _load(job: Job) -> tuple[int, int]:
    """Gaps and signals that were read into the database; it is not made for nothing."""
    gaps, signals = (None if folder is None else Path(folder) for folder in (job.gaps, job.signals))
    logs = ((gaps, GAPS), (signals, SIGNALS))
    if job.database is None and not any(folder is not None and numbered(folder, suffix) for folder, suffix in logs):
        return 0, 0
    from tidemark.store.database import Database  # noqa: PLC0415 - takes SQLAlchemy

    with Database.open(job.database, Path(job.folder)) as database:
        loaded = (
            0 if gaps is None else database.load_gaps(gaps),
            0 if signals is None else database.load_signals(signals, job.venue),
        )
        database.forget(job.now_ns - job.gaps_max_age_ns)
        database.forget_signals(job.now_ns - job.signals_max_age_ns)
    return loaded


def _prepare(job: Job) -> Done:
    from tidemark.store.prepare import prepare  # noqa: PLC0415 - takes pyarrow

    if job.journal is None or job.archive is None:
        return Done()
    rows, problems = prepare(Path(job.journal), Path(job.archive), job.venue, job.each, job.now_ns)
    return Done(prepared=rows, problems=tuple(problems[:_PROBLEMS]))


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock of a folder: a writer whose service was killed may still be at work."""
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreError(f"another writer is at work on {path.parent}; the next run does the rest") from error
        yield


def _fail(words: str) -> int:
    print(" ".join(words.split()), file=sys.stderr)
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.stdin.buffer))

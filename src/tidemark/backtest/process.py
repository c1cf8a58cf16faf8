"""A process of backtests, `python -m tidemark.backtest.process`: begun by the monitor for one order.

Its job comes as one line of JSON over standard input. What it says goes there as lines of JSON; whatever code of the
user's prints goes nowhere. Where it carries out a run, the end of standard input is the end of the run, which can be
gone on with: also when the process that began it is gone. Killed at any time, the database has what was written until
then, and the run is seen to be interrupted. Exit codes: 0 it has said what it had to say, 1 it failed, with one line on
the error stream.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import IO, assert_never

import msgspec

from tidemark.backtest.orders.limits import bound
from tidemark.errors import TidemarkError
from tidemark.store.backtest_job import (
    LINE_BYTES,
    BacktestJob,
    Checking,
    Finding,
    Listing,
    Removing,
    Running,
    Said,
)
from tidemark.units import KIB, MIB

_JOB: msgspec.json.Decoder[BacktestJob] = msgspec.json.Decoder(BacktestJob)
_STACK_BYTES = 512 * KIB
_NICER = 10
_OUT_OF_MEMORY = 503


def main(told: IO[bytes], say: IO[bytes], fail: Callable[[str], None]) -> int:
    """Carry out the order that *told* has; give the exit code. fail: takes the one line that says why it failed.

    told: without a buffer, whose lock would be held when the process ends.
    """
    # The service comes first.
    os.nice(_NICER)
    threading.stack_size(_STACK_BYTES)

    def tell(said: Said) -> None:
        say.write(msgspec.json.encode(said) + b"\n")
        say.flush()

    try:
        job = _JOB.decode(told.readline(LINE_BYTES))
        tell(_carried_out(job, told, tell))
    except BrokenPipeError:
        # Nobody listens any more.
        return 1
    except msgspec.DecodeError as error:
        fail(f"no job was given that this process understands: {error}")
        return 1
    except TidemarkError as error:
        fail(str(error))
        return 1
    except MemoryError:
        fail(f"it needs more than the {job.memory_bytes // MIB} MB that it may take")
        return 1
    except Exception as error:  # noqa: BLE001 - whatever it was, nobody else would say it
        fail(f"a fault of ours: {type(error).__name__}: {error}")
        return 1
    return 0


def _carried_out(job: BacktestJob, told: IO[bytes], tell: Callable[[Said], None]) -> Said:
    """Each order loads what it needs: questions make copies of this process before libraries begin their threads."""
    match job.order:
        case Listing():
            from tidemark.backtest.orders.listing import listed  # noqa: PLC0415 - as said above

            bound(job.memory_bytes)
            return listed(job)
        case Checking(asked=asked):
            from tidemark.backtest.orders.checking import checked  # noqa: PLC0415

            bound(job.memory_bytes)
            return checked(job, asked)
        case Finding(run=run):
            from tidemark.backtest.orders.kept import found  # noqa: PLC0415

            bound(job.memory_bytes)
            return found(job, run)
        case Removing(runs=runs):
            from tidemark.backtest.orders.kept import removed  # noqa: PLC0415

            bound(job.memory_bytes)
            return removed(job, runs)
        case Running() as order:
            from tidemark.backtest.orders.running import Wanted, carried_out  # noqa: PLC0415

            is_wanted = Wanted(told)
            bound(job.memory_bytes)
            try:
                return carried_out(job, order, tell, is_wanted)
            finally:
                is_wanted.over()
        case _:
            assert_never(job.order)


def _alone() -> int:
    """With streams of its own: what is printed while strategies run is said to nobody."""
    say, words = os.fdopen(os.dup(1), "wb"), os.fdopen(os.dup(2), "w")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)

    def fail(why: str) -> None:
        print(" ".join(why.split()), file=words, flush=True)

    return main(open(0, "rb", buffering=0), say, fail)


if __name__ == "__main__":
    # Threads of libraries and of the user's are left behind.
    code = _alone()
    sys.stdout.flush()
    os._exit(code)

"""Does something in a copy of this process, which may die, hang or eat memory: nobody else is hurt by it.

The copy is made by `fork`: only where this process has no other threads, and has loaded what the work needs.
"""

import os
import resource
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from tidemark.backtest.orders.patience import Deadline
from tidemark.errors import StrategyError
from tidemark.units import KIB

MOST_BYTES = 64 * KIB
_TOO_MUCH = b"\x00"


def apart(work: Callable[[], bytes], within_s: float) -> bytes:
    """What *work* gives, at most 64 KiB of it; StrategyError where it gives nothing within *within_s* seconds."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        os.close(read)
        _do(work, write, within_s)
    os.close(write)
    try:
        given = _all_of(read, Deadline(within_s))
    finally:
        os.close(read)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
    if given is None:
        raise StrategyError(f"it takes more than {within_s:.0f} s to be loaded")
    if not given:
        code = os.waitstatus_to_exitcode(status)
        raise StrategyError(f"it ended the process that loaded it{f', by signal {-code}' if code < 0 else ''}")
    if given == _TOO_MUCH:
        raise StrategyError("it needs more memory to be loaded than it may take")
    return given


def _do(work: Callable[[], bytes], write: int, within_s: float) -> NoReturn:
    """In the copy: it never comes back from here."""
    try:
        # Also where whoever waits for it is gone.
        seconds = max(1, round(within_s) + 1)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
        signal.alarm(seconds)
        given = work()
    except MemoryError:
        given = _TOO_MUCH
    except BaseException:  # noqa: BLE001 - code of the user's raised whatever it was, SystemExit too
        given = b""
    with suppress(OSError):
        os.write(write, given[:MOST_BYTES])
    os._exit(0)


def _all_of(read: int, deadline: Deadline) -> bytes | None:
    """What is written there until it is closed; None where that is not over by then."""
    given = bytearray()
    while (left := deadline.left_s) > 0.0:
        ready, _, _ = select.select([read], [], [], left)
        if not ready:
            return None
        part = os.read(read, MOST_BYTES)
        if not part:
            return bytes(given)
        given += part
    return None

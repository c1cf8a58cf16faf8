"""The process of the alerts, `python -m tidemark.alerts.process`: begun by the monitor where a sink is configured.

It follows the log of signals in the folder of a venue, and tells people what became of them. Its libraries (SQLAlchemy,
Apprise, Jinja2) stay out of the monitor. Its job comes as one line of JSON over standard input, orders as further ones,
and that ends when it is to end: also when the process that began it is gone. It says notifications, figures and what
became of orders as lines of JSON; its log goes to the error stream. Exit codes: 0 it was told to end, 1 it failed, 2
the settings are wrong, with one line on the error stream. Killed at any time, the next one goes on where it was.
"""

import fcntl
import logging
import os
import queue
import resource
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import msgspec
import structlog
from sqlalchemy.exc import SQLAlchemyError

from tidemark.alerts.service import Service
from tidemark.clock import Clock, SystemClock
from tidemark.errors import DECODE_ERRORS, SinkError, StoreError, TidemarkError, UserError
from tidemark.live.alerts_job import (
    ADDRESS_BYTES,
    LINE_BYTES,
    MOST_ORDERS,
    WRONG_SETTINGS,
    AlertsJob,
    Order,
    Said,
    decode,
)
from tidemark.live.logs import configure
from tidemark.settings.process import Log
from tidemark.store.database import Database
from tidemark.store.tables import line_of
from tidemark.units import MIB

_TURN_S = 0.5
# After a failure of the database.
_PAUSE_S = 5.0
# A message that is on its way has so long to arrive when the process is to end.
_END_S = 5.0
# The one before it may still be at its last message.
_ALONE_S = 30.0
_STACK_BYTES = MIB
_ORDER: msgspec.json.Decoder[Order] = msgspec.json.Decoder(Order)
log = structlog.get_logger()


class Voice:
    """Says lines to the monitor, for several threads; where nobody listens any more, the process is to end."""

    def __init__(self, out: IO[bytes], stop: threading.Event) -> None:
        self._out = out
        self._stop = stop
        self._lock = threading.Lock()

    def say(self, said: Said) -> None:
        """One line."""
        line = msgspec.json.encode(said) + b"\n"
        with self._lock:
            try:
                self._out.write(line)
                self._out.flush()
            except (OSError, ValueError):
                self._stop.set()


def main(told: IO[bytes], say: IO[bytes], clock: Clock | None = None) -> int:
    """Tell people until *told* ends, within the address space that it has; give the exit code.

    told: without a buffer, whose lock would be held when the process ends.
    """
    limit()
    stop = threading.Event()
    try:
        job = decode(told.readline(LINE_BYTES))
        # Before anybody has something to say: what is printed is heard by the monitor.
        configure(Log(level=job.level, format="json"), None)  # type: ignore[arg-type]
        logging.getLogger("alembic").setLevel(logging.WARNING)
        orders: queue.Queue[Order] = queue.Queue(MOST_ORDERS)
        threading.Thread(target=_listen, args=(told, orders, stop), name="listener", daemon=True).start()
        work(job, orders, Voice(say, stop), stop, clock or SystemClock())
    except msgspec.DecodeError as error:
        return _fail(f"no job was given that this process understands: {error}", 1)
    except StoreError as error:
        # A database that cannot be reached may be reached later.
        return _fail(str(error), 1)
    except TidemarkError as error:
        return _fail(str(error), WRONG_SETTINGS if isinstance(error, UserError) else 1)
    except MemoryError:
        return _fail(f"the process of the alerts needs more than its {ADDRESS_BYTES >> 20} MB of address space", 1)
    return 0


def limit() -> None:
    """Bound the address space, and give each thread a stack that it can fill."""
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = ADDRESS_BYTES if hard == resource.RLIM_INFINITY else min(ADDRESS_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    threading.stack_size(_STACK_BYTES)
    # The service comes first.
    os.nice(5)


def work(job: AlertsJob, orders: "queue.Queue[Order]", voice: Voice, stop: threading.Event, clock: Clock) -> None:
    """Tell people, and carry out *orders*, until *stop*; TidemarkError where that is not possible."""
    folder = Path(job.folder)
    failed: list[str] = []  # bounded: one a thread, and each ends

    def fail(failure: threading.ExceptHookArgs) -> None:
        failed.append(_place_of(failure))
        stop.set()

    with _alone(folder, stop), Database.open(job.database, folder) as database:
        service = Service(job, database, clock, voice.say)
        usual, threading.excepthook = threading.excepthook, fail
        threads = [*service.run_senders(stop), _carrying_out(service, orders, voice, stop)]
        while not stop.is_set():
            stop.wait(_turn(service))
        service.wake()
        for thread in threads:
            thread.join(_END_S)
        threading.excepthook = usual
    if failed:
        raise SinkError(failed[0])


def _place_of(failure: threading.ExceptHookArgs) -> str:
    """What failed and where. Not what it said: that may hold an address."""
    frames = traceback.extract_tb(failure.exc_traceback)
    where = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    name = failure.thread.name if failure.thread is not None else "somebody"
    return f"the thread {name!r} failed in a way that is not foreseen: {failure.exc_type.__name__}{where}"


def _turn(service: Service) -> float:
    """One turn; how many seconds until the next one."""
    try:
        service.turn()
    except SQLAlchemyError as error:
        log.warning("failed, trying again", task="alerts", cause=line_of(error))
        return _PAUSE_S
    return _TURN_S


@contextmanager
def _alone(folder: Path, stop: threading.Event) -> Iterator[None]:
    """Hold the lock of a folder; StoreError where another process tells people of it, and does not end."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file = (folder / ".alerts").open("ab")
    except OSError as error:
        raise StoreError(f"cannot write to {folder}: {error.strerror}") from error
    with file:
        for _ in range(int(_ALONE_S / _TURN_S)):
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if stop.wait(_TURN_S):
                    break
        else:
            raise StoreError(f"another process tells people what is in {folder}; end it first")
        yield


def _listen(told: IO[bytes], orders: "queue.Queue[Order]", stop: threading.Event) -> None:
    """Take what is ordered; the end of it is the end of the process."""
    while line := told.readline(LINE_BYTES):
        try:
            orders.put_nowait(_ORDER.decode(line))
        except queue.Full:
            log.error("alarm", what=f"more than {MOST_ORDERS} orders wait: one was not taken")
        except DECODE_ERRORS as error:
            log.error("alarm", what="the monitor orders something that is not understood", last=str(error)[:200])
    stop.set()


def _carrying_out(
    service: Service, orders: "queue.Queue[Order]", voice: Voice, stop: threading.Event
) -> threading.Thread:
    """The thread that does it, begun, until *stop*."""

    def carry_out() -> None:
        while not stop.is_set():
            with suppress(queue.Empty):
                voice.say(service.orders.carry_out(orders.get(timeout=_TURN_S)))

    thread = threading.Thread(target=carry_out, name="orders", daemon=True)
    thread.start()
    return thread


def _fail(words: str, code: int) -> int:
    print(" ".join(words.split()), file=sys.stderr)
    return code


if __name__ == "__main__":
    raise SystemExit(main(open(0, "rb", buffering=0), sys.stdout.buffer))  # noqa: SIM115 - that of the process

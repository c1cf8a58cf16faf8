"""Who does trials: this process, or several others on this machine.

A worker has one trial at a time. Where it is lost (killed, or the machine has no memory left), what it had already told
is kept and its trial is given to another one.
"""

import multiprocessing
import signal
import traceback
from multiprocessing import connection
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Literal, Protocol

import msgspec

from tidemark.backtest.sweeps import trial as trials
from tidemark.backtest.sweeps.trial import Task
from tidemark.errors import TidemarkError, UserError
from tidemark.store.sweep_rows import Trial

# A trial with which so many workers were lost is not given to another.
ATTEMPTS = 3


class Workers(Protocol):
    """Take tasks and give trials, in any order."""

    @property
    def room(self) -> int:
        """How many more tasks are taken now."""
        ...

    def give(self, task: Task) -> None:
        """One task more; there has to be room."""
        ...

    def take(self) -> Trial:
        """The next trial that is done; waits for it. Raises what no trial can mend, like candles that changed."""
        ...

    def close(self) -> None:
        """Let go of everything; what is not done is given up."""
        ...


class Here:
    """This process; one trial after the other."""

    def __init__(self) -> None:
        self._task: Task | None = None

    @property
    def room(self) -> int:
        """See Workers."""
        return int(self._task is None)

    def give(self, task: Task) -> None:
        """See Workers."""
        self._task = task

    def take(self) -> Trial:
        """See Workers."""
        if self._task is None:
            raise RuntimeError("no trial was given")
        task, self._task = self._task, None
        return trials.done(task)

    def close(self) -> None:
        """See Workers."""
        self._task = None


_Kind = Literal["user", "ours", "unforeseen"]
_ERRORS: dict[_Kind, type[Exception]] = {"user": UserError, "ours": TidemarkError, "unforeseen": RuntimeError}


class _Said(msgspec.Struct):
    """What a worker says: a trial, or what was raised."""

    trial: Trial | None = None
    error: str = ""
    kind: _Kind = "ours"


class _Worker(msgspec.Struct):
    process: SpawnProcess
    link: Connection
    task: Task
    attempt: int


class Processes:
    """So many processes of this machine. Memory here: a task and a trial of each."""

    def __init__(self, count: int) -> None:
        self._context = multiprocessing.get_context("spawn")
        self._count = count
        self._busy: list[_Worker] = []  # bounded: count
        self._idle: list[tuple[SpawnProcess, Connection]] = []  # bounded: count

    @property
    def room(self) -> int:
        """See Workers."""
        return self._count - len(self._busy)

    @property
    def pids(self) -> list[int]:
        """Those that have a trial, that which has its own for longest first."""
        return [one.process.pid for one in self._busy if one.process.pid is not None]

    def give(self, task: Task) -> None:
        """See Workers."""
        self._give(task, 1)

    def take(self) -> Trial:
        """See Workers."""
        while True:
            ready = connection.wait([one.link for one in self._busy])
            for one in [busy for busy in self._busy if busy.link in ready]:
                self._busy.remove(one)
                said = self._heard(one)
                if said is None:
                    continue
                if said.trial is None:
                    raise _ERRORS[said.kind](said.error)
                return said.trial

    def close(self) -> None:
        """See Workers."""
        for process, link in [*self._idle, *((one.process, one.link) for one in self._busy)]:
            process.kill()
            process.join()
            link.close()
        self._idle.clear()
        self._busy.clear()

    def _give(self, task: Task, attempt: int) -> None:
        process, link = self._idle.pop() if self._idle else self._started()
        self._busy.append(_Worker(process, link, task, attempt))
        try:
            link.send_bytes(msgspec.msgpack.encode(task))
        except OSError:
            # It was lost while it waited: `take` finds its link closed.
            return

    def _started(self) -> tuple[SpawnProcess, Connection]:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_work, args=(theirs,), daemon=True)
        process.start()
        theirs.close()
        return process, ours

    def _heard(self, one: _Worker) -> _Said | None:
        """What a worker said; None where it is lost, and its task was given to another."""
        try:
            said = msgspec.msgpack.decode(one.link.recv_bytes(), type=_Said)
        except (EOFError, OSError):
            one.link.close()
            one.process.join()
            if one.attempt < ATTEMPTS:
                self._give(one.task, one.attempt + 1)
                return None
            return _Said(trial=lost(one.task, f"code {one.process.exitcode}"))
        self._idle.append((one.process, one.link))
        return said


def lost(task: Task, how: str) -> Trial:
    """The trial that cannot be done, since every worker that has it is lost."""
    return Trial(
        window=task.window, number=task.number, parameters=msgspec.json.encode(task.tried).decode(),
        error=f"every worker that had it was lost (the last: {how}); it may take more memory than there is",
    )  # fmt: skip


def _work(link: Connection) -> None:
    """A worker, until nobody gives it anything any more."""
    # Ctrl-C reaches all processes of a terminal; the one that began them decides what becomes of it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        try:
            task = msgspec.msgpack.decode(link.recv_bytes(), type=Task)
        except (EOFError, OSError):
            return
        try:
            said = _Said(trial=trials.done(task))
        except TidemarkError as error:
            said = _Said(error=str(error), kind="user" if isinstance(error, UserError) else "ours")
        except Exception:  # noqa: BLE001 - whatever it is, it is raised by the process that is waited for
            said = _Said(error=f"a worker raised:\n{traceback.format_exc()}", kind="unforeseen")
        try:
            link.send_bytes(msgspec.msgpack.encode(said))
        except OSError:
            return

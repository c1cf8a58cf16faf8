import subprocess
import sys
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from tests.backtests_served import fill
from tests.served_jobs import asked, job

from tidemark.backtest.orders.running import Wanted, carried_out
from tidemark.backtest.runs.comparison import result_in
from tidemark.store.backtest_job import CANCEL, Asked, Ended, Progress, Refused, Running, Said
from tidemark.store.backtest_rows import Run, State, find
from tidemark.store.database import Database


def always() -> bool:
    return True


def run(
    store: Path, order: Running, is_wanted: Callable[[], bool] = always
) -> tuple[Ended | Refused, list[Said], Run | None]:
    """What became of it, what was said meanwhile, and what is written of it."""
    said: list[Said] = []
    told = job(store, order)
    ended = carried_out(told, order, said.append, is_wanted)
    with Database.open(None, Path(told.folder)) as database, database.engine.connect() as connection:
        return ended, said, find(connection, order.run)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    fill(tmp_path, candles=40_000)
    return tmp_path


def one(strategy: str = "mean_cross.py", wanted: Asked | None = None) -> Running:
    return Running(run="one-1", asked=wanted or asked(strategy))


def test_it_is_run_and_written_down_and_says_how_far_it_is(store: Path) -> None:
    ended, said, written = run(store, one(wanted=asked(shuffles=1, name="One")))

    assert ended == Ended(state="done")
    assert written is not None
    assert (written.name, written.state) == ("One", State.DONE)
    assert result_in(written).trips > 100
    assert said[0] == Progress(done=0, candles=160_000, trips=0)
    assert all(isinstance(one, Progress) and one.done <= one.candles for one in said)


def test_one_that_is_cancelled_is_gone_on_with(store: Path) -> None:
    answers = iter((True, False))
    ended, _, cancelled = run(store, one(), lambda: next(answers, False))
    again, _, done = run(store, Running(run="one-1", asked=None))
    whole, _, other = run(store, Running(run="two-2", asked=asked()))

    assert (ended.state, again.state, whole.state) == ("cancelled", "done", "done")  # type: ignore[union-attr]
    assert cancelled is not None
    assert cancelled.state is State.CANCELLED
    assert done is not None
    assert other is not None
    assert result_in(done).digest == result_in(other).digest


def test_where_nobody_is_left_it_is_interrupted(store: Path) -> None:
    def gone() -> bool:
        raise KeyboardInterrupt("the monitor ended")

    ended, _, written = run(store, one(), gone)

    assert ended == Ended(state="interrupted", error="the monitor ended")
    assert written is not None
    assert (written.state, written.error) == (State.INTERRUPTED, "the monitor ended")


def test_a_strategy_that_raises_fails(store: Path) -> None:
    ended, _, written = run(store, one("raises.py"))

    assert isinstance(ended, Ended)
    assert written is not None
    assert (ended.state, written.state) == ("failed", State.FAILED)
    assert ended.error == written.error
    assert ended.error is not None
    assert ended.error.startswith("the strategy raised ValueError: never again (raises.py, line 6)")


def test_one_that_has_no_memory_left_fails_in_one_line(store: Path) -> None:
    (store / "strategies" / "full.py").write_text(
        "from tidemark.backtest.strategies.base import Strategy\n"
        "class Full(Strategy):\n"
        "    def on_candle(self, ctx):\n"
        "        raise MemoryError\n"
    )
    ended, _, written = run(store, one("full.py"))

    why = "it needs more than the 512 MB that a run may take; see backtests.memory"
    assert ended == Ended(state="failed", error=why)
    assert written is not None
    assert (written.state, written.error) == (State.FAILED, why)


def test_what_has_changed_since_it_was_looked_at_is_told(store: Path) -> None:
    (store / "strategies" / "mean_cross.py").unlink()
    ended, said, written = run(store, one())

    assert isinstance(ended, Refused)
    assert ended.why.startswith("there is no strategy 'mean_cross.py'")
    assert (said, written) == ([], None)


class Slowly(BytesIO):
    """Ends when it is let go."""

    def __init__(self, *lines: bytes) -> None:
        super().__init__()
        self.lines = list(lines)
        self.is_over = threading.Event()

    def readline(self, size: int | None = -1, /) -> bytes:
        if self.lines:
            return self.lines.pop(0)
        self.is_over.wait(30)
        return b""


def until(is_so: Callable[[], bool]) -> None:
    for _ in range(1000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


def test_it_is_wanted_until_it_is_cancelled() -> None:
    wanted, other = Wanted(Slowly(b"hm\n")), Wanted(Slowly(CANCEL))
    # Else the end of their input would be the end of this process.
    wanted.over()
    other.over()

    assert wanted()
    until(lambda: not other())


def test_it_is_not_wanted_by_nobody() -> None:
    told = Slowly()
    wanted = Wanted(told)
    wanted.over()
    told.is_over.set()

    def is_gone() -> bool:
        try:
            wanted()
        except KeyboardInterrupt:
            return True
        return False

    until(is_gone)


GONE = """
from tidemark.backtest.orders import running
running._GONE_S = 0.2
wanted = running.Wanted(open(0, "rb", buffering=0))
print("here", flush=True)
while True:
    pass
"""


def test_a_strategy_that_does_not_come_back_is_left_behind() -> None:
    child = subprocess.Popen([sys.executable, "-c", GONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == b"here\n"
        child.stdin.close()
        assert child.wait(timeout=30) == 1

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog
from tests.backtest_monitor import backtesting
from tests.backtests_served import fill
from tests.served_jobs import asked

from tidemark.clock import SystemClock
from tidemark.errors import RequestError, TransientError, UnreachableError
from tidemark.live import backtest_child
from tidemark.live import backtesting as module
from tidemark.live.backtesting import Backtesting, Following, is_wanted
from tidemark.settings.settings import load
from tidemark.store.backtest_job import Progress
from tidemark.units import SECOND


class Watch(SystemClock):
    """A clock that is set."""

    def __init__(self) -> None:
        self.ns = 1_000 * SECOND

    def monotonic_ns(self) -> int:
        return self.ns

    def now_ns(self) -> int:
        return self.ns


@asynccontextmanager
async def followed(made: Backtesting) -> AsyncIterator[Backtesting]:
    with structlog.testing.capture_logs():
        task = asyncio.get_running_loop().create_task(made.follow())
        try:
            async with asyncio.timeout(60):
                yield made
        finally:
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - what others change
        await asyncio.sleep(0.01)


def state_of(made: Backtesting, run: str) -> str:
    return next(one.state for one in made.under_way() if one.run == run)


async def test_a_run_waits_for_its_turn_and_is_carried_out(tmp_path: Path) -> None:
    fill(tmp_path, candles=1000)
    made = backtesting(tmp_path)
    queued = await made.begin(asked(name="one"))
    other = await made.begin(asked(name="two"))
    waiting = [(one.name, one.state, one.candles) for one in made.under_way()]
    async with followed(made):
        await until(lambda: made.ended.get("done") == 2)
        ended = made.under_way()

    assert (queued.ahead, other.ahead) == (0, 1)
    assert waiting == [("one", "waiting", 2000), ("two", "waiting", 2000)]
    assert [(one.name, one.state, one.error) for one in ended] == [("one", "done", None), ("two", "done", None)]
    assert (made.begun, made.waiting, made.pid, made.resident) == (2, 0, None, 0)


async def test_while_it_runs_its_memory_and_its_pace_are_known(tmp_path: Path) -> None:
    fill(tmp_path)
    made = backtesting(tmp_path)
    run = (await made.begin(asked("slow.py"))).run
    async with followed(made):
        await until(lambda: bool(made.under_way()[0].done) and made.resident > 0)
        one, pid, resident = made.under_way()[0], made.pid, made.resident
        usage = made.usage()
        with pytest.raises(RequestError, match="is under way; cancel it first"):
            await made.remove([run])
        made.cancel(run)
        assert state_of(made, run) == "cancelling"
        await until(lambda: bool(made.ended))

    assert (one.state, one.candles) == ("running", 200_000)
    assert one.begun_at is not None
    assert pid is not None
    assert 0 < resident < made.memory_bytes
    assert (usage.used, usage.bytes_used <= made.reservation.bytes) == (1, True)
    assert made.ended == {"cancelled": 1}
    assert (made.pid, made.resident) == (None, 0)


def test_when_it_will_be_done_follows_from_its_pace(tmp_path: Path) -> None:
    watch = Watch()
    made = backtesting(tmp_path, watch)
    made._running = Following(run="a", name="a", strategy="a.py", data="made", state="running")
    told = []
    for seconds, done in ((0, 0), (10, 100), (10, 150)):
        watch.ns += seconds * SECOND
        made._note(Progress(done=done, candles=200, trips=done // 10))
        told.append(made._running.done_at)
    made._note(Progress(done=250, candles=200, trips=25))

    assert told == [None, watch.ns, watch.ns + 20 * SECOND // 3]
    assert (made._running.done, made._running.candles, made._running.trips) == (250, 250, 25)


async def test_one_that_waits_is_taken_out_and_one_that_is_not_there_not_found(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    made = backtesting(tmp_path)
    run = (await made.begin(asked())).run
    with structlog.testing.capture_logs():
        made.cancel(run)
    with pytest.raises(RequestError, match="no run nothing is under way") as refused:
        made.cancel("nothing")

    assert (state_of(made, run), made.waiting) == ("cancelled", 0)
    assert refused.value.status == 404


async def test_no_more_wait_than_may(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    made = backtesting(tmp_path, queue="1")
    await made.begin(asked())
    with pytest.raises(RequestError, match=r"1 runs wait already; .* raise backtests\.queue") as refused:
        await made.begin(asked())

    assert refused.value.status == 409


async def test_what_has_ended_is_shown_for_some_seconds(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    watch = Watch()
    made = backtesting(tmp_path, watch)
    with structlog.testing.capture_logs():
        for _ in range(10):
            made.cancel((await made.begin(asked())).run)
    shown = len(made.under_way())
    watch.ns += 11 * SECOND

    assert shown == 8
    assert made.under_way() == []


async def test_a_run_that_was_interrupted_goes_on_and_is_not_shown_as_ended_meanwhile(tmp_path: Path) -> None:
    fill(tmp_path)
    made = backtesting(tmp_path)
    run = (await made.begin(asked("slow.py"))).run
    async with followed(made):
        await until(lambda: bool(made.under_way()[0].done))
        assert made._child is not None
        made._child.kill()
        await until(lambda: bool(made.ended))
        (one,) = made.under_way()
        await made.resume(run)
        with pytest.raises(RequestError, match="is under way already"):
            await made.resume(run)
        again = made.under_way()
        made.cancel(run)
        await until(lambda: "cancelled" in made.ended)

    assert (one.state, one.error) == ("interrupted", "its process was ended by signal 9")
    assert [(two.run, two.state) for two in again] in ([(run, "running")], [(run, "waiting")])


async def test_one_that_does_not_come_back_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CANCEL_S", 0.2)
    fill(tmp_path, candles=100)
    made = backtesting(tmp_path)
    run = (await made.begin(asked("stuck.py"))).run
    async with followed(made):
        await until(lambda: made.under_way()[0].candles is not None and made.resident > 0)
        made.cancel(run)
        await until(lambda: bool(made.ended))
        (one,) = made.under_way()

    assert one.state == "cancelled"
    assert one.error == "it was ended, since it did not end by itself within 0.2 s"


async def test_what_cannot_be_run_is_refused(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    made = backtesting(tmp_path)
    for wanted, status in ((made.begin(asked("nothing.py")), 422), (made.resume("nothing"), 404)):
        with pytest.raises(RequestError) as refused:
            await wanted
        assert refused.value.status == status

    assert await made.remove(["nothing"]) == ()
    assert made.under_way() == []


async def test_what_there_is_to_choose_from_is_asked_for_once_in_some_seconds(tmp_path: Path) -> None:
    fill(tmp_path, candles=100)
    (tmp_path / "strategies" / "hangs.py").unlink()
    watch = Watch()
    made = backtesting(tmp_path, watch)
    before = made.listed
    await asyncio.gather(made.list(), made.list())
    first = made.listed
    (tmp_path / "strategies" / "slow.py").unlink()
    await made.list()
    still = made.listed
    watch.ns += 6 * SECOND
    await made.list()

    assert (before.strategies, before.data) == ((), ())
    assert "slow.py" in [one.name for one in first.strategies]
    assert still == first
    assert "slow.py" not in [one.name for one in made.listed.strategies]


async def test_a_process_that_does_not_answer_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sleeps.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(backtest_child, "MODULE", "sleeps")
    monkeypatch.setattr(module, "_QUESTION_S", 0.3)
    made = backtesting(tmp_path)
    with pytest.raises(UnreachableError, match=r"has not answered within 0\.3 s"):
        await made.list()


async def test_a_process_that_ends_without_an_answer_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ends.py").write_text("raise SystemExit('no room')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(backtest_child, "MODULE", "ends")
    made = backtesting(tmp_path)
    with pytest.raises(UnreachableError, match="did not answer: no room"):
        await made.resume("a")


async def test_no_more_questions_wait_than_may(tmp_path: Path) -> None:
    made = backtesting(tmp_path)
    for _ in range(8):
        made._questions.take()
    with pytest.raises(TransientError):
        await made.resume("a")


async def test_where_no_process_can_be_begun_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, candles=100)
    made = backtesting(tmp_path)
    run = (await made.begin(asked())).run
    monkeypatch.setattr("sys.executable", str(tmp_path / "nothing"))
    async with followed(made):
        await until(lambda: bool(made.ended))
    (one,) = made.under_way()
    with pytest.raises(UnreachableError, match="cannot be begun: No such file"):
        await made.list()

    assert (one.run, one.state, one.error) == (run, "failed", "its process cannot be begun: No such file or directory")


async def test_when_the_monitor_stops_the_run_is_interrupted(tmp_path: Path) -> None:
    fill(tmp_path)
    made = backtesting(tmp_path)
    run = (await made.begin(asked("slow.py"))).run
    async with followed(made):
        await until(lambda: bool(made.under_way()[0].done))
    again = await made.resume(run)

    assert made.ended == {"interrupted": 1}
    assert again.run == run


@pytest.mark.parametrize(
    ("flags", "wanted"), [({}, True), ({"backtests.enabled": "false"}, False), ({"api.enabled": "false"}, False)]
)
def test_it_is_wanted_where_somebody_could_begin_one(flags: dict[str, str], *, wanted: bool) -> None:
    assert is_wanted(load(None, {}, flags).settings) is wanted

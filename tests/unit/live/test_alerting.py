import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import structlog
from tests.alerting import notification, signal

from tidemark.clock import SystemClock
from tidemark.errors import TransientError, UnreachableError
from tidemark.live import alerting as module
from tidemark.live.alerting import RECENT, Alerting, is_wanted
from tidemark.live.alerts_job import MOST_ORDERS, RESIDENT_BYTES, Done, MarkRead, Order, TrySink
from tidemark.live.heard import size_of
from tidemark.memory.ledger import Ledger
from tidemark.model.notification import MOST_NAMED
from tidemark.settings.settings import Settings, load
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB


def settings(sinks: str = "log file:a.jsonl, screens browser:", **flags: str) -> Settings:
    return load(None, {}, {"alerts.sinks": sinks, "alerts.window": "0s", **flags}).settings


def alerting(folder: Path, chosen: Settings | None = None) -> Alerting:
    return Alerting(chosen or settings(), folder / "bybit", SystemClock(), Ledger())


async def until(is_so: Callable[[], bool]) -> None:
    while True:
        if is_so():
            return
        await asyncio.sleep(0.01)


async def test_what_is_told_is_kept_and_pushed(tmp_path: Path) -> None:
    made = alerting(tmp_path)
    with structlog.testing.capture_logs():
        task = asyncio.get_running_loop().create_task(made.follow())
        SignalLog(tmp_path / "bybit" / "signals", MIB, Ledger()).offer([signal(at=SystemClock().now_ns())])
        async with asyncio.timeout(30):
            await until(lambda: made.figures is not None and made.heard.taken > 1)
        resident = made.resident
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert [told.title for told in made.recent.values()] == ["BTCUSDT: Liquidation cascade long"]
    assert [told.channel for told in made.heard.for_browsers(9)] == ["screens"]
    assert 0 < resident < RESIDENT_BYTES
    assert (made.pid, made.resident, made.begun) == (None, 0, 1)
    assert (tmp_path / "bybit" / "a.jsonl").is_file()


async def test_wrong_settings_are_told_once(tmp_path: Path) -> None:
    made = alerting(tmp_path, settings("a webhook:https://hidden.example/"))
    with structlog.testing.capture_logs() as logs:
        async with asyncio.timeout(30):
            await made.follow()

    (line,) = logs
    assert line["log_level"] == "error"
    assert "nobody is told: alerts.sinks: a needs secret=" in line["what"]
    assert "hidden" not in str(logs)


async def test_a_process_that_ends_is_begun_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ends_at_once.py").write_text("import sys\nprint('nothing')\nsys.exit('it broke')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "MODULE", "ends_at_once")
    monkeypatch.setattr(module, "backoff", lambda _: iter([0.0] * 100))
    made = alerting(tmp_path)
    with structlog.testing.capture_logs() as logs:
        task = asyncio.get_running_loop().create_task(made.follow())
        async with asyncio.timeout(30):
            await until(lambda: made.begun > 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert logs[0]["what"] == "the process of the alerts says something else"
    assert logs[1]["cause"] == "it broke"


async def test_a_process_that_cannot_be_begun_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "absent"))
    made = alerting(tmp_path)
    with structlog.testing.capture_logs() as logs:
        task = asyncio.get_running_loop().create_task(made.follow())
        await until(lambda: bool(logs))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert logs[0]["cause"] == "it cannot be begun: No such file or directory"


def test_it_is_wanted_where_a_sink_is_configured() -> None:
    assert is_wanted(settings())
    assert not is_wanted(load(None, {}, {}).settings)
    assert not is_wanted(settings(**{"alerts.enabled": "false"}))


@pytest.mark.parametrize(
    ("flags", "link"),
    [
        ({}, "http://127.0.0.1:8420"),
        ({"api.port": "9000"}, "http://127.0.0.1:9000"),
        ({"api.host": "::1"}, "http://[::1]:8420"),
        ({"api.host": "::"}, "http://127.0.0.1:8420"),
        ({"api.port": "0"}, None),
        ({"api.enabled": "false"}, None),
    ],
)
def test_it_is_told_where_the_dashboard_is(tmp_path: Path, flags: dict[str, str], link: str | None) -> None:
    assert alerting(tmp_path, settings(**flags)).job().link == link


def test_the_newest_hundred_are_kept_within_their_bytes(tmp_path: Path) -> None:
    made = alerting(tmp_path)
    for number in range(300):
        told = notification(
            number, channel="history", text="é" * 8000, symbols=tuple(f"{n:040d}" for n in range(MOST_NAMED))
        )
        made._tell(told)

    assert len(made.recent) <= RECENT
    assert next(reversed(list(made.recent))) == told.id
    assert made.recent.usage().bytes_used <= made.recent.reservation.bytes
    assert size_of(told.id, told) > 8000


async def test_an_order_is_answered_while_the_process_runs_and_only_then(tmp_path: Path) -> None:
    made = alerting(tmp_path)

    def make(number: int) -> Order:
        return TrySink(number=number, sink="log")

    with structlog.testing.capture_logs():
        with pytest.raises(UnreachableError, match="does not run: it begins"):
            await made.carry_out(make)
        task = asyncio.get_running_loop().create_task(made.follow())
        async with asyncio.timeout(30):
            await until(lambda: made.figures is not None)
            one, other = await asyncio.gather(made.carry_out(make), made.carry_out(make))
        # Many at once: those that find no room are told so, and the others hear it when the process ends.
        waiting = [asyncio.ensure_future(made.carry_out(make)) for _ in range(MOST_ORDERS + 1)]
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        came = await asyncio.gather(*waiting, return_exceptions=True)

    assert [done.tried is not None and done.tried.is_sent for done in (one, other)] == [True, True]
    assert one.number != other.number
    assert isinstance(came[-1], TransientError)
    assert {type(one) for one in came[:-1]} <= {Done, UnreachableError}
    assert made._orders.usage().used == 0


async def test_what_waits_for_one_that_does_not_read_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "never_reads.py").write_text("import time\ntime.sleep(60)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "MODULE", "never_reads")
    monkeypatch.setattr(module, "_ORDER_S", 0.001)
    monkeypatch.setattr(module, "_END_S", 0.1)
    made = alerting(tmp_path)
    task = asyncio.get_running_loop().create_task(made.follow())
    ids = ("x" * 180,) * 100
    said = []
    async with asyncio.timeout(30):
        await until(lambda: made.pid is not None)
        for _ in range(30):
            with pytest.raises(UnreachableError) as refused:
                await made.carry_out(lambda number: MarkRead(number=number, ids=ids))
            said.append(str(refused.value))
    assert made._stdin is not None
    waits = made._stdin.transport.get_write_buffer_size()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert said[0].endswith("has not done it within 0.001 s")
    assert said[-1] == "the process that tells people does not listen at the moment"
    # What one order takes.
    assert 0 < waits < 32 * 1024


async def test_who_does_not_answer_in_time_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that reads its orders and says nothing."""
    (tmp_path / "says_nothing.py").write_text("import sys\nfor line in sys.stdin: pass\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(module, "MODULE", "says_nothing")
    monkeypatch.setattr(module, "_ORDER_S", 0.1)
    made = alerting(tmp_path)
    task = asyncio.get_running_loop().create_task(made.follow())
    async with asyncio.timeout(30):
        await until(lambda: made.pid is not None)
        with pytest.raises(UnreachableError, match=r"has not done it within 0\.1 s"):
            await made.carry_out(lambda number: MarkRead(number=number, ids=None))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

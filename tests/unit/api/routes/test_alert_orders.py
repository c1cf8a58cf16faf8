import asyncio
import dataclasses
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import structlog
from tests.alerting import signal

from tidemark.api.monitor import Monitor
from tidemark.api.routes.alert_orders import ACTIONS, Changed, ReadNotifications, SinkTested
from tidemark.clock import SystemClock
from tidemark.errors import RequestError, UnreachableError
from tidemark.live.alerting import Alerting
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import load
from tidemark.store.signal_log import SignalLog
from tidemark.units import MIB

GIVE = {action.path.rpartition("/")[2]: action for action in ACTIONS}


async def do(monitor: Monitor, name: str, body: str) -> object:
    action = GIVE[name]
    return await action.give(monitor, msgspec.json.decode(body, type=action.asked))


async def until(is_so: Callable[[], bool]) -> None:
    while True:
        if is_so():
            return
        await asyncio.sleep(0.01)


async def test_where_no_sink_is_configured_nobody_can_do_it(monitor: Monitor) -> None:
    with pytest.raises(RequestError, match=r"no sink is configured; name one in alerts\.sinks") as refused:
        await do(monitor, "read", '{"ids":null}')

    assert refused.value.status == 409


async def test_each_is_done_by_the_process_that_tells_people(monitor: Monitor, tmp_path: Path) -> None:
    # Nobody listens at port 9 of loopback.
    sinks = "log file:a.jsonl, letters webhook:http://127.0.0.1:9/ secret=a-secret-of-sixteen"
    settings = load(None, {}, {"alerts.sinks": sinks, "alerts.window": "0s", "alerts.attempts": "1"}).settings
    alerting = Alerting(settings, tmp_path / "bybit", SystemClock(), Ledger())
    asked = Monitor(dataclasses.replace(monitor.parts, alerting=alerting), monitor.loaded, monitor.history)
    with structlog.testing.capture_logs():
        with pytest.raises(UnreachableError):
            await do(asked, "read", '{"ids":null}')
        task = asyncio.get_running_loop().create_task(alerting.follow())
        SignalLog(tmp_path / "bybit" / "signals", MIB, Ledger()).offer([signal(at=SystemClock().now_ns())])
        async with asyncio.timeout(60):
            await until(lambda: alerting.figures is not None and any(sink.dead for sink in alerting.figures.sinks))
            (told,) = alerting.recent.values()
            read = await do(asked, "read", f'{{"ids":["{told.id}"]}}')
            await until(lambda: alerting.recent[told.id].read_at is not None)
            resent = await do(asked, "resend", '{"numbers":null}')
            tested = await do(asked, "test", '{"sink":"letters"}')
            with pytest.raises(RequestError, match="there is no sink 'x'; there are: log, letters"):
                await do(asked, "test", '{"sink":"x"}')
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert isinstance(read, Changed)
    assert isinstance(resent, Changed)
    assert isinstance(tested, SinkTested)
    assert (read.changed, resent.changed, tested.is_sent) == (1, 1, False)
    assert (tested.sink, tested.scheme) == ("letters", "webhook")


@pytest.mark.parametrize("body", ['{"ids":[]}', '{"ids":["../x y"]}', "{}", '{"ids":["a"],"all":true}'])
def test_what_is_asked_has_bounds(body: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(body, type=ReadNotifications)


def test_more_ids_than_a_body_has_room_for_are_refused() -> None:
    with pytest.raises(msgspec.ValidationError, match="length <= 100"):
        msgspec.convert({"ids": ["a"] * 101}, ReadNotifications)

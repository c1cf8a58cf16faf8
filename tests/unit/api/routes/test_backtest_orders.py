import asyncio
import dataclasses
from pathlib import Path
from typing import Any

import msgspec
import pytest
import structlog
from tests.backtest_monitor import backtesting
from tests.backtests_served import fill

from tidemark.api.monitor import Monitor
from tidemark.api.routes.backtest_orders import (
    ACTIONS,
    ROUTES,
    BacktestBegun,
    BacktestChoices,
    BacktestsUnderWay,
    StartBacktest,
)
from tidemark.api.routes.base import Nothing
from tidemark.errors import RequestError
from tidemark.live.backtesting import Backtesting

DO = {action.path.rpartition("/")[2]: action for action in ACTIONS}
CHOICES, RUNNING = ROUTES


def asked_of(monitor: Monitor, made: Backtesting | None) -> Monitor:
    return Monitor(dataclasses.replace(monitor.parts, backtesting=made), monitor.loaded, monitor.history)


async def do(monitor: Monitor, what: str, **body: Any) -> Any:
    action = DO[what]
    return await action.give(monitor, msgspec.convert(body, action.asked))


async def test_where_there_are_none_nothing_can_be_done_and_it_says_why(monitor: Monitor) -> None:
    asked = asked_of(monitor, None)
    for what, body in (
        ("start", {"strategy": "a.py", "data": "made"}), ("cancel", {"id": "a"}), ("resume", {"id": "a"}),
        ("remove", {"ids": ["a"]}),
    ):  # fmt: skip
        with pytest.raises(RequestError, match=r"backtests\.enabled is false in the settings") as refused:
            await do(asked, what, **body)
        assert refused.value.status == 409
    assert CHOICES.prepare is not None
    await CHOICES.prepare(asked)
    choices, running = CHOICES.give(asked, Nothing()), RUNNING.give(asked, Nothing())

    assert isinstance(choices, BacktestChoices)
    assert isinstance(running, BacktestsUnderWay)
    assert choices.note == running.note == "no backtests: backtests.enabled is false in the settings"


async def test_each_order_is_carried_out(monitor: Monitor, tmp_path: Path) -> None:
    fill(tmp_path, candles=1000)
    for path in (tmp_path / "strategies").glob("[dh]*.py"):
        path.unlink()
    made = backtesting(tmp_path)
    asked = asked_of(monitor, made)
    assert CHOICES.prepare is not None
    await CHOICES.prepare(asked)
    choices = CHOICES.give(asked, Nothing())
    with structlog.testing.capture_logs():
        begun = await do(
            asked, "start", strategy="mean_cross.py", data="made", parameters={"fast": 10, "stop": 0.05},
            models={"fees.use": "none"}, shuffles=0,
        )  # fmt: skip
        waiting = RUNNING.give(asked, Nothing())
        cancelled = await do(asked, "cancel", id=begun.id)
        begun = await do(asked, "start", strategy="mean_cross.py", data="made", shuffles=0)
        task = asyncio.get_running_loop().create_task(made.follow())
        async with asyncio.timeout(60):
            while not made.ended.get("done"):  # noqa: ASYNC110 - what a process does
                await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(RequestError, match="is done: there is nothing to go on with"):
            await do(asked, "resume", id=begun.id)
        removed = await do(asked, "remove", ids=[begun.id, "nothing"])

    assert isinstance(choices, BacktestChoices)
    assert (choices.folder, choices.note) == (str(tmp_path / "strategies"), None)
    assert "mean_cross.py" in [one.name for one in choices.strategies]
    assert isinstance(begun, BacktestBegun)
    assert isinstance(waiting, BacktestsUnderWay)
    assert [one.state for one in waiting.running] == ["waiting"]
    assert (waiting.queue, waiting.memory_bytes, waiting.resident_bytes) == (8, 512 << 20, 0)
    assert [one.state for one in cancelled.running] == ["cancelled"]
    assert removed.ids == (begun.id,)


async def test_from_has_to_be_before_to(monitor: Monitor, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="begin_ms has to be before end_ms") as refused:
        await do(asked_of(monitor, backtesting(tmp_path)), "start", strategy="a.py", data="a", begin_ms=2, end_ms=2)

    assert refused.value.status == 422


@pytest.mark.parametrize(
    "strategy", ["a.py", "a.py:B", "my cross.py", "ü.py", "a-b.c.py", "rules:confluence", "rules:whale_flow"]
)
def test_a_strategy_is_named_by_its_file_or_its_rule(strategy: str) -> None:
    assert msgspec.convert({"strategy": strategy, "data": "made"}, StartBacktest).strategy == strategy


@pytest.mark.parametrize(
    "body",
    [
        {"strategy": "../a.py"}, {"strategy": "/a.py"}, {"strategy": ".a.py"}, {"strategy": "a/b.py"},
        {"strategy": "a\\b.py"}, {"strategy": "a.txt"}, {"strategy": "a.py:"}, {"strategy": "rules:../a"},
        {"strategy": "a\0.py"}, {"data": "../a"}, {"data": "/"}, {"data": "."}, {"data": ""}, {"data": "a/b"},
        {"markets": ["A"] * 1001}, {"markets": ["x" * 41]}, {"parameters": {"a": None}}, {"parameters": {"a b": 1}},
        {"parameters": {f"p{n}": 1 for n in range(65)}}, {"models": {"fees": "none"}}, {"models": {"a.b.c.d": 1}},
        {"cash": 0}, {"cash": 1e16}, {"name": ""}, {"name": "x" * 61}, {"shuffles": 1001}, {"begin_ms": -1},
    ],
)  # fmt: skip
def test_what_is_asked_has_bounds(body: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"strategy": "a.py", "data": "made"} | body, StartBacktest)

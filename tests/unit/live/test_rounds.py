import asyncio
import io
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from rich.console import Console
from structlog.testing import capture_logs
from tests.build import instrument

from tidemark.clock import SystemClock
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.live import rounds
from tidemark.live.assembly import Parts, assemble, begin
from tidemark.live.health import Figures
from tidemark.live.rounds import (
    beat,
    failures,
    look,
    maintain,
    notices,
    pressing,
    tell_changes,
    tell_step,
    watch_memory,
)
from tidemark.live.view import View
from tidemark.memory.pressure import Level, Transition
from tidemark.proof.simulation.loop import LoopClock, VirtualLoop
from tidemark.settings.settings import Settings
from tidemark.units import MIB, SECOND


async def build(
    chosen: Settings, capture_to: tuple[Path, int] | None = None, clock: SystemClock | None = None
) -> Parts:
    clock = clock or SystemClock()
    venue = registry.find("bybit")
    async with RestClient(venue, venue.endpoints, clock) as rest:
        return assemble(chosen, begin(chosen, clock), clock, venue, rest, [instrument()], capture_to)


async def for_a_while(work: Awaitable[None], until: Callable[[], bool]) -> None:
    task = asyncio.ensure_future(work)
    async with asyncio.timeout(10):
        while not until() and not task.done():  # noqa: ASYNC110 - what it waits for sets no event
            await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_the_beat_tells_the_time_and_hands_on_what_has_gathered(settings: Callable[..., Settings]) -> None:
    parts = await build(settings())

    await for_a_while(beat(parts), lambda: parts.intake.ticked_at > 0)

    assert parts.engine.candles.time.now_ns == parts.intake.ticked_at


def test_after_the_process_stood_still_the_backlog_is_read_before_time_passes(
    settings: Callable[..., Settings],
) -> None:
    loop = VirtualLoop()
    clock = LoopClock(loop, 1_772_323_200 * SECOND)

    async def live() -> list[int]:
        parts = await build(settings(), clock=clock)
        beating = asyncio.create_task(beat(parts), name="beat")
        began = clock.now_ns()
        ticked = []
        for seconds, stall in ((1.0, 40.0), (1.5, 0.0), (1.0, 0.5), (0.2, 0.0)):
            await asyncio.sleep(seconds)
            ticked.append((parts.intake.ticked_at - began) // SECOND)
            loop.stall(stall)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        return ticked

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        # At 41 it stood still for 40 s, and 2 s later the time is told; a stall of half a second is none.
        assert runner.run(live()) == [0, 0, 43, 44]


def test_a_machine_that_stands_still_again_and_again_is_told_the_time(settings: Callable[..., Settings]) -> None:
    loop = VirtualLoop()
    clock = LoopClock(loop, 1_772_323_200 * SECOND)

    async def live() -> int:
        parts = await build(settings(), clock=clock)
        beating = asyncio.create_task(beat(parts), name="beat")
        for _ in range(20):
            await asyncio.sleep(0.01)
            loop.stall(3.0)
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
        return clock.now_ns() - parts.intake.ticked_at

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        assert runner.run(live()) < 10 * SECOND


async def test_streams_that_are_down_are_noticed(settings: Callable[..., Settings]) -> None:
    parts = await build(settings())
    assert notices(parts) == ()

    parts.fallback.markets = 3

    (words,) = notices(parts)
    assert words.startswith("streams down, polling 3 markets")


async def test_without_a_view_the_figures_are_logged(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "LOOK_S", 0.01)
    parts = await build(settings())
    with capture_logs() as told:
        await for_a_while(look(parts, None), lambda: any(line["event"] == "figures" for line in told))

    (line,) = [line for line in told if line["event"] == "figures"]
    assert (line["candles"], line["gaps"], line["errors"]) == (0, 0, 0)


async def test_the_figures_are_taken_whatever_candles_are_kept(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "LOOK_S", 0.01)
    parts = await build(settings(candles__timeframes="5m,1h"))
    with capture_logs() as told:
        await for_a_while(look(parts, None), lambda: any(line["event"] == "figures" for line in told))

    assert [line["event"] for line in told] == ["figures"]


async def test_maintenance_runs_at_once_and_tells_what_it_found(settings: Callable[..., Settings]) -> None:
    chosen = settings()
    upkeep = begin(chosen, SystemClock())
    with capture_logs() as told:
        await for_a_while(maintain(upkeep.maintenance, 0.01, lambda: 7), lambda: len(told) >= 2)

    assert {line["event"] for line in told} == {"maintenance"}
    assert told[0]["trimmed"] == 0


async def test_what_cannot_be_written_is_named(settings: Callable[..., Settings], tmp_path: Path) -> None:
    parts = await build(settings(), (tmp_path / "capture", MIB))
    assert parts.capture is not None
    assert parts.journal is not None
    assert failures(parts) == ()

    parts.capture.close()
    parts.capture.failure = "the disk is full at /x"
    parts.journal.failure = "the disk is full at /y"

    assert failures(parts) == (
        "the capture has ended: the disk is full at /x",
        "candles are not kept: the disk is full at /y",
    )


def test_each_failure_is_told_once_and_again_when_it_is_over() -> None:
    with capture_logs() as told:
        tell_changes((), ("a",))
        tell_changes(("a",), ("a", "b"))
        tell_changes(("a", "b"), ("b",))

    assert [(line["event"], line["what"]) for line in told] == [
        ("cannot write", "a"),
        ("cannot write", "b"),
        ("can write again", "a"),
    ]


async def test_memory_pressure_is_acted_on_and_told(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "MEMORY_S", 0.001)
    parts = await build(settings())
    monkeypatch.setattr(parts.health, "resident", lambda: int(0.85 * parts.settings.memory.budget))
    with capture_logs() as told:
        await for_a_while(watch_memory(parts), lambda: parts.conflation.is_on)
    figures = parts.health.look()

    assert [(line["event"], line.get("what") or line["now"]) for line in told] == [
        ("memory pressure", "ELEVATED"),
        ("given up for memory", "unused memory"),
        ("given up for memory", "frequent pushes"),
    ]
    assert (figures.pressure, figures.sacrifices) == ("ELEVATED", 2)
    assert pressing(figures) == ("memory pressure: given up unused memory, frequent pushes",)


def test_what_comes_back_is_told_too_and_without_pressure_there_is_nothing_to_say() -> None:
    step = Transition(at_ns=0, before=Level.HIGH, after=Level.HIGH, rss=MIB, taken_back="30m candles", bytes=2 * MIB)
    with capture_logs() as told:
        tell_step(step)

    assert [(line["event"], line["what"], line["takes"]) for line in told] == [("taken back", "30m candles", "2.0 MB")]


async def test_under_pressure_the_screen_is_drawn_less_often(
    settings: Callable[..., Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "LOOK_S", 0.01)
    parts = await build(settings())
    assert pressing(parts.health.look()) == ()
    console = Console(file=io.StringIO(), width=100, height=20)
    view = View(console, "x", lambda: None)
    drawn: list[str] = []
    monkeypatch.setattr(view, "draw", lambda *what: drawn.append(what[-2]))
    looks: list[Figures] = []
    look_once = parts.health.look

    def counted() -> Figures:
        looks.append(look_once())
        return looks[-1]

    monkeypatch.setattr(parts.health, "look", counted)
    parts.conflation.switch(is_on=True)

    await for_a_while(look(parts, view), lambda: len(looks) >= 20)

    assert len(drawn) == 1
    assert drawn == ["no change known of 0 markets"]

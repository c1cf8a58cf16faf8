"""Before anything is built: which of the exchange's markets are watched."""

import asyncio
from collections.abc import Callable, Coroutine
from random import Random
from typing import TypeVar

import structlog

from tidemark.clock import Clock
from tidemark.errors import RefusedError, TidemarkError
from tidemark.ingest.backoff import backoff
from tidemark.ingest.rest import RestClient
from tidemark.live.wiring import select
from tidemark.model.instrument import Instrument
from tidemark.settings.settings import Settings

T = TypeVar("T")
log = structlog.get_logger()


async def discover(
    rest: RestClient, settings: Settings, clock: Clock, tell: Callable[[str], None] | None = None
) -> list[Instrument]:
    """The markets to watch, the most traded first; asks again, without end, until the exchange answers.

    rest: a client that does not retry by itself. tell: is given one line, once, when the exchange does not answer.
    """
    delays = backoff(Random(0), settings.connection.reconnect_ceiling)
    failures = 0
    cause = ""
    while True:
        try:
            instruments = await rest.instruments()
            tickers = await rest.tickers()
        except TidemarkError as error:
            if not error.retry:
                raise
            failures += 1
            if str(error) != cause:
                cause = str(error)
                log.warning("exchange not reached, trying again until it answers", cause=cause)
            if failures % settings.connection.alarm_after == 0:
                log.error("alarm", what=f"the exchange was asked {failures} times in vain", cause=cause)
            if tell is not None:
                tell(f"{error}; trying again until it answers, Ctrl-C ends")
                tell = None
            await asyncio.sleep(next(delays))
            continue
        chosen = select(instruments, tickers, settings, clock.now_ns())
        if not chosen:
            raise RefusedError(
                f"{settings.venue.name} answered, but of its {len(instruments)} linear USDT perpetuals none passes the"
                " filters (universe.include, universe.exclude, universe.min_turnover_24h and others); `tidemark"
                " universe` says why"
            )
        return chosen


async def until(stop: asyncio.Event, work: Coroutine[None, None, T]) -> T | None:
    """The result of *work*, or None when *stop* was set first."""
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work, name="work")
        watcher = group.create_task(_cancel(task, stop), name="watch for stop")
        try:
            return await task
        except asyncio.CancelledError:
            if not stop.is_set():
                raise
            return None
        finally:
            watcher.cancel()


async def _cancel(task: asyncio.Task[T], stop: asyncio.Event) -> None:
    await stop.wait()
    task.cancel()

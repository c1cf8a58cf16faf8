"""The past of a whole exchange, fetched from the local one: requests, weight, refusals, and the time that it takes.

The driver is the service's own, with its REST client and its budget; the exchange refuses what is too much. Wall time:
it is the venue's limit that takes it. `backfill/budget` is what the same requests take by the limit alone.
"""

import asyncio
import json
from collections.abc import Iterator
from time import perf_counter

import aiohttp

from benchmarks.base import Gate, Plan, Result, say
from tidemark.clock import SystemClock
from tidemark.engine.intake import BATCH_TRADES
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.errors import RateLimitError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.live.demo import local_exchange
from tidemark.live.history import Backfill
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Klines, Listing
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.units import SECOND

IS_CHEAP = False
GATE: Gate = None
_TARGET_S = 180.0
_MINUTE_S = 60.0


class _Counting(RestClient):
    """The client, with a count of what the exchange refused and of the weight of each request."""

    refused = 0
    banned = 0
    sent: list[tuple[float, int]]

    async def _fetch(self, request):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202 - as the method that it wraps
        self.sent.append((perf_counter(), request.weight))
        try:
            return await super()._fetch(request)
        except RateLimitError as error:
            self.refused += 1
            self.banned += "answered 429" not in str(error)
            raise


def run(plan: Plan) -> Iterator[Result]:
    """A backfill of Bybit's markets, all of them missing."""
    yield from asyncio.run(_run(plan.choose(560, 40)))


async def _run(markets: int) -> list[Result]:
    say(f"the local exchange with {markets} markets")
    async with local_exchange(["--venue", "bybit", "--symbols", str(markets), "--rate", "100"]) as endpoints:
        clock = SystemClock()
        venue = registry.find("bybit", endpoints)
        async with _Counting(venue, endpoints, clock) as rest:
            rest.sent = []
            made = _engine(markets)
            now = clock.now_ns()
            for instrument in await rest.instruments():
                batch = Batch(1, 1)
                batch.add(Listing(ts_event=now, ts_recv=now, instrument=instrument))
                made.process(batch)
            pages: list[Klines] = []
            driver = Backfill(
                rest,
                made,
                pages.append,
                clock,
                Ledger(),
                series=markets,
                retention=Settings().candles.retention.rows,
                order=(),
                concurrency=Settings().backfill.concurrency,
            )
            started = perf_counter()
            await driver.fill()
            seconds = perf_counter() - started
        async with aiohttp.ClientSession() as plain, plain.get(f"{endpoints.rest}/_sim/status") as reply:
            status = json.loads(await reply.read())
    _, limit, window_s = rest.weight(Priority.BACKGROUND)
    most = _most(rest.sent, window_s)
    weight = sum(spent for _, spent in rest.sent)
    say(f"{status['requests']} requests came to the exchange, {driver.progress.candles} candles from it")
    if driver.progress.failed:
        raise AssertionError(f"{driver.progress.failed} series could not be had")
    allowed = venue.rest.BUDGET
    return [
        Result(name="backfill/requests", value=driver.progress.requests_done, unit="requests"),
        Result(name="backfill/weight in a window, most", value=most, unit="weight", target=allowed.weight),
        Result(
            name="backfill/weight a minute, most", value=_most(rest.sent, _MINUTE_S), unit="weight",
            target=allowed.weight * _MINUTE_S / window_s,
        ),
        Result(name="backfill/refusals", value=rest.refused, unit="refusals", target=0),
        Result(name="backfill/bans", value=rest.banned, unit="bans", target=0),
        Result(name="backfill/budget", value=round(weight / limit * window_s, 1), unit="s", target=_TARGET_S),
        Result(name="backfill/elapsed", value=round(seconds, 1), unit="s", target=_TARGET_S),
    ]  # fmt: skip


def _most(sent: list[tuple[float, int]], window_s: float) -> int:
    """The most weight that any window of so many seconds holds."""
    most = total = start = 0
    for at, spent in sent:
        total += spent
        while sent[start][0] <= at - window_s:
            total -= sent[start][1]
            start += 1
        most = max(most, total)
    return most


def _engine(markets: int) -> Engine:
    retention = {timeframe: Settings().candles.retention.rows(timeframe.value) for timeframe in Timeframe}
    size = EngineSize(
        series=markets, retention=retention, tape_rows=10, is_numbered=False, batch_trades=BATCH_TRADES,
        grace_ns=2 * SECOND,
    )  # fmt: skip
    return Engine(size, Ledger())

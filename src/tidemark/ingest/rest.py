"""The REST side of a venue: one client, one weight budget, retries where the error says that they help."""

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import urlsplit

import stamina

from tidemark.clock import Clock
from tidemark.errors import FrameError, RateLimitError, RefusedError, TidemarkError, UnreachableError
from tidemark.ingest.budget import Priority, WeightBudget
from tidemark.ingest.http import MAX_BODY_BYTES, Http, Reply, Transport
from tidemark.ingest.venues.base import Endpoints, Venue
from tidemark.ingest.venues.frame import MS_TO_NS, FrameKind
from tidemark.ingest.venues.queries import Request
from tidemark.model.events import BookSnapshot, Funding, Kline, LongShortRatio, OpenInterest, TickerUpdate, Trade
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

# An exchange lists some thousand contracts at most; a cursor that never ends is a fault of the other side.
MAX_PAGES = 50
# A trade from before the time that is asked for proves that a reply begins early enough; it is looked for so far back.
LEAD_MS = 60_000
# A longer pause than this is handed to the caller as RateLimitError instead of being slept through.
MAX_WAIT_S = 75.0

T = TypeVar("T")
_LIMITED = frozenset({403, 418, 429})


def _is_consecutive(trades: list[Trade]) -> bool:
    """Whether none is missing between the first and the last, where a trade's sequence is its number."""
    return trades[-1].sequence - trades[0].sequence == len(trades) - 1


def _can_retry(error: Exception) -> bool:
    return isinstance(error, TidemarkError) and error.retry


class RestClient:
    """REST calls to one venue. Use it as `async with`.

    Methods raise UnreachableError (in one line: which host, and why), RateLimitError, RefusedError and FrameError.
    """

    def __init__(
        self,
        venue: Venue,
        endpoints: Endpoints,
        clock: Clock,
        *,
        attempts: int = 4,
        first_wait_s: float = 0.5,
        timeout_s: float = 10.0,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        transport: Transport | None = None,
    ) -> None:
        self._queries = venue.rest
        self._clock = clock
        # The exchange's clock minus ours, as far as it is known: which candle is closed is decided by its time.
        self.offset_ns = 0
        self._attempts = attempts
        self._first_wait_s = first_wait_s
        self._sleep = sleep
        self._host = urlsplit(endpoints.rest).netloc
        self._budget = WeightBudget(venue.rest.BUDGET)
        self._derivatives = venue.derivatives
        self._pools = {name: WeightBudget(budget) for name, budget in venue.derivatives.POOLS.items()}
        # Who waits for weight waits in line with those of its kind: a dear request is not overtaken for ever.
        self._lines = {priority: asyncio.Lock() for priority in Priority}
        self._timeout_s = timeout_s
        self._transport = Http(endpoints.rest) if transport is None else transport

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._transport.close()

    async def instruments(self, priority: Priority = Priority.NORMAL) -> list[Instrument]:
        """All linear USDT perpetuals, over all pages."""
        found: list[Instrument] = []
        cursor: str | None = None
        for _ in range(MAX_PAGES):
            page, cursor = await self._call(
                self._queries.instruments(cursor), self._queries.parse_instruments, priority
            )
            found += page
            if cursor is None:
                return found
        raise FrameError(
            FrameKind.OVERSIZED, f"{self._host}: the list of instruments does not end after {MAX_PAGES} pages"
        )

    async def tickers(self, priority: Priority = Priority.NORMAL) -> list[TickerUpdate]:
        """24 hours of every linear perpetual."""
        return await self._call(
            self._queries.tickers(), lambda body: self._queries.parse_tickers(body, self._clock.now_ns()), priority
        )

    async def klines(
        self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int, priority: Priority = Priority.NORMAL
    ) -> list[Kline]:
        """The candles of *limit* intervals from *start_ms* on, oldest first, over as many pages as that takes.

        Intervals that the exchange has no candle for are missing. The last candle may still be open.
        """
        step_ms = timeframe.ns // MS_TO_NS
        end_ms = min(start_ms + limit * step_ms, (self._clock.now_ns() + self.offset_ns) // MS_TO_NS + step_ms)
        candles: list[Kline] = []
        while start_ms < end_ms:
            count = min(self._queries.KLINES_PAGE, -(-(end_ms - start_ms) // step_ms))
            request = self._queries.klines(symbol, timeframe, start_ms, count)
            candles += await self._call(
                request,
                lambda body: self._queries.parse_klines(body, symbol, timeframe, self._clock.now_ns() + self.offset_ns),
                priority,
            )
            start_ms += count * step_ms
        return candles

    async def recent_trades(
        self, symbol: str, limit: int = 1000, stream: str = "", priority: Priority = Priority.NORMAL
    ) -> list[Trade]:
        """The newest trades, oldest first, with the ids that *stream* gives them."""
        return await self._call(
            self._queries.recent_trades(symbol, limit, stream),
            lambda body: self._queries.parse_recent_trades(body, symbol, self._clock.now_ns()),
            priority,
        )

    async def book_snapshot(self, symbol: str, levels: int) -> BookSnapshot:
        """The book of a symbol, at least *levels* of each side where there are so many."""
        return await self._call(
            self._queries.book_snapshot(symbol, levels),
            lambda body: self._queries.parse_book_snapshot(body, symbol, self._clock.now_ns()),
        )

    async def trade_range(
        self,
        symbol: str,
        start_ms: int,
        end_ms: int,
        *,
        pages: int = 5,
        stream: str = "",
        priority: Priority = Priority.NORMAL,
    ) -> list[Trade] | None:
        """All trades in [*start_ms*, *end_ms*), oldest first; None where nobody can say that these are all.

        They are all where ids are consecutive from one before *start_ms*, in the minute before it, up to the last; or
        where the newest trades that the exchange tells reach back before *start_ms*. At most *pages* replies, for less
        than an hour.
        """
        queries = self._queries
        request = queries.trade_range(symbol, start_ms - LEAD_MS, end_ms, None, stream)
        if request is None:
            newest = await self.recent_trades(symbol, queries.TRADES_PAGE, stream, priority)
            if not newest or newest[0].ts_event >= start_ms * MS_TO_NS:
                return None
            return [trade for trade in newest if start_ms <= trade.ts_event // MS_TO_NS < end_ms]
        found: list[Trade] = []
        for _ in range(pages):
            page = await self._call(
                request, lambda body: queries.parse_recent_trades(body, symbol, self._clock.now_ns()), priority
            )
            found += page
            if len(page) < queries.TRADES_PAGE or page[-1].ts_event >= end_ms * MS_TO_NS:
                is_whole = bool(found) and found[0].ts_event < start_ms * MS_TO_NS and _is_consecutive(found)
                return [one for one in found if start_ms <= one.ts_event // MS_TO_NS < end_ms] if is_whole else None
            further = queries.trade_range(symbol, start_ms, end_ms, page[-1].sequence + 1, stream)
            if further is None:
                return None
            request = further
        return None

    async def server_time(self, priority: Priority = Priority.NORMAL) -> int:
        """The exchange's clock, in nanoseconds since the epoch."""
        return await self._call(self._queries.server_time(), self._queries.parse_server_time, priority)

    async def open_interest_history(
        self, symbol: str, start_ms: int, limit: int, priority: Priority = Priority.NORMAL
    ) -> list[OpenInterest]:
        """The five-minute points of *limit* intervals from *start_ms* on, oldest first, over as many pages as needed.

        Points that the exchange does not have are missing.
        """
        step_ms = 5 * MINUTE // MS_TO_NS
        end_ms = min(start_ms + limit * step_ms, self._clock.now_ns() // MS_TO_NS + step_ms)
        points: list[OpenInterest] = []
        while start_ms < end_ms:
            count = min(self._derivatives.OPEN_INTEREST_PAGE, -(-(end_ms - start_ms) // step_ms))
            request = self._derivatives.open_interest_history(symbol, start_ms, count)
            points += await self._call(
                request,
                lambda body: self._derivatives.parse_open_interest_history(body, symbol, self._clock.now_ns()),
                priority,
            )
            start_ms += count * step_ms
        return points

    async def open_interest(self, symbol: str, priority: Priority = Priority.NORMAL) -> OpenInterest | None:
        """Open interest now, None where the exchange has no figure."""
        return await self._call(
            self._derivatives.open_interest(symbol),
            lambda body: self._derivatives.parse_open_interest(body, symbol, self._clock.now_ns()),
            priority,
        )

    async def funding_history(self, symbol: str, limit: int, priority: Priority = Priority.NORMAL) -> list[Funding]:
        """The newest settlements, oldest first, at most a page of them."""
        return await self._call(
            self._derivatives.funding_history(symbol, limit),
            lambda body: self._derivatives.parse_funding_history(body, symbol, self._clock.now_ns()),
            priority,
        )

    async def long_short_ratio(
        self, symbol: str, limit: int, priority: Priority = Priority.NORMAL
    ) -> list[LongShortRatio]:
        """The newest five-minute points of the share of accounts that are long, oldest first, at most a page."""
        return await self._call(
            self._derivatives.long_short_ratio(symbol, limit),
            lambda body: self._derivatives.parse_long_short_ratio(body, symbol, self._clock.now_ns()),
            priority,
        )

    async def marks(self, priority: Priority = Priority.NORMAL) -> list[TickerUpdate]:
        """Mark price, index price and funding of every linear perpetual."""
        return await self._call(
            self._derivatives.marks(),
            lambda body: self._derivatives.parse_marks(body, self._clock.now_ns()),
            priority,
        )

    def klines_cost(self, symbol: str, timeframe: Timeframe, count: int) -> int:
        """The weight of one request for *count* candles, at most a page of them."""
        return self._queries.klines(symbol, timeframe, 0, count).weight

    @property
    def klines_page(self) -> int:
        """Candles in one reply at most."""
        return self._queries.KLINES_PAGE

    def weight(self, priority: Priority) -> tuple[int, int, float]:
        """Weight in the window as of the last request, what *priority* may bring it to, and the window in seconds."""
        return self._budget.spent, self._budget.limit(priority), self._queries.BUDGET.window_s

    async def _call(self, request: Request, parse: Callable[[bytes], T], priority: Priority = Priority.NORMAL) -> T:
        async for attempt in stamina.retry_context(
            on=_can_retry,
            attempts=self._attempts,
            timeout=None,
            wait_initial=self._first_wait_s,
            wait_max=10.0,
            wait_jitter=self._first_wait_s,
        ):
            with attempt:
                await self._wait_pool(request.pool)
                await self._wait(request.weight, priority)
                body = await self._fetch(request)
                try:
                    return parse(body)
                except RateLimitError as error:
                    self._pause(error.retry_after_s, self._queries.BUDGET.window_s)
                    raise
        raise AssertionError("a retry context ends in a value or an error")

    async def _wait(self, weight: int, priority: Priority) -> None:
        """Wait until the budget lets *weight* through, in line with others of the same priority."""
        async with self._lines[priority]:
            while (wait_s := self._budget.acquire(weight, self._clock.monotonic_ns(), priority)) > 0:
                if wait_s > MAX_WAIT_S:
                    raise RateLimitError(f"{self._host} wants no requests for another {wait_s:.0f} s", wait_s)
                await self._sleep(wait_s)

    async def _wait_pool(self, name: str) -> None:
        """Wait until the limit of this name, if there is one, lets one more call through."""
        pool = self._pools.get(name)
        while pool is not None and (wait_s := pool.acquire(1, self._clock.monotonic_ns())) > 0:
            if wait_s > MAX_WAIT_S:
                raise RateLimitError(f"{self._host} wants no {name!r} requests for another {wait_s:.0f} s", wait_s)
            await self._sleep(wait_s)

    async def _fetch(self, request: Request) -> bytes:
        reply = await self._ask(request)
        now_ns = self._clock.monotonic_ns()
        exchange_ms = (self._clock.now_ns() + self.offset_ns) // MS_TO_NS
        self._budget.observe(self._queries.spent(reply.headers), now_ns, exchange_ms)
        if reply.status < 400:
            return reply.body
        raise self._refused(request, reply)

    async def _ask(self, request: Request) -> Reply:
        """The reply, as long as it is no longer than any honest one."""
        try:
            reply = await self._transport.get(request.path, request.query, self._timeout_s)
        except TimeoutError as error:
            raise UnreachableError(f"{self._host} did not answer in time ({request.path})") from error
        except OSError as error:
            raise UnreachableError(f"{self._host} cannot be reached: {error}"[:300]) from error
        if len(reply.body) > MAX_BODY_BYTES:
            raise FrameError(
                FrameKind.OVERSIZED, f"{self._host} answers {request.path} with more than {MAX_BODY_BYTES} bytes"
            )
        return reply

    def _refused(self, request: Request, reply: Reply) -> TidemarkError:
        """What a reply of 400 or more says; whoever is limited pauses."""
        status, said = reply.status, " ".join(reply.body[:200].decode(errors="replace").split())
        if status in _LIMITED:
            error = f"{self._host} answered {status} to {request.path}: {said}"
            retry_after = reply.headers.get("retry-after", "")
            budget = self._queries.BUDGET
            pause_s = float(retry_after) if retry_after.isdecimal() else None
            pool = self._pools.get(request.pool)
            if status == 429 and pool is not None:
                seconds = self._derivatives.POOLS[request.pool].window_s if pause_s is None else min(pause_s, 86_400.0)
                pool.pause(seconds, self._clock.monotonic_ns())
                return RateLimitError(error, seconds)
            self._pause(pause_s, budget.window_s if status == 429 else budget.ban_s)
            return RateLimitError(error, pause_s)
        if status >= 500:
            return UnreachableError(f"{self._host} answered {status} to {request.path}")
        return RefusedError(f"{self._host} answered {status} to {request.path}: {said}")

    def _pause(self, seconds: float | None, otherwise_s: float) -> None:
        self._budget.pause(otherwise_s if seconds is None else min(seconds, 86_400.0), self._clock.monotonic_ns())

"""Answers what is asked of the monitor with what it says: asked once for all who ask, and kept for a moment."""

import asyncio
from collections.abc import Callable

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from tidemark.api.answering import asked_of, posted, whole
from tidemark.api.routes import candles, registry
from tidemark.api.routes.base import Action, Route
from tidemark.errors import UnreachableError
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.serve.relay.answers import Answers, as_of_ms, key_of, redated
from tidemark.serve.relay.upstream import Told, Upstream
from tidemark.units import MILLISECOND, MINUTE, SECOND

# So long an answer is given again without a question to the monitor; its `as_of_ms` says of when it is.
_TRUSTED_NS = SECOND
# Candles that have all closed change by revisions only: rarely, once they are older than the second of these.
_CLOSED_NS, _SETTLED_NS = 15 * SECOND, MINUTE
_OK, _NOT_MODIFIED = 200, 304
# An export holds a connection to the monitor for as long as its client takes.
_EXPORTS = 4
_PASSED_ON = ("Content-Type", "Content-Disposition", "Cache-Control", "Retry-After")


class Figures(msgspec.Struct, kw_only=True):
    """Since the start: answers that were kept and young enough; that the monitor said still hold; that it gave anew.

    shared: questions that were answered together with one that was on its way.
    """

    trusted: int = 0
    confirmed: int = 0
    fetched: int = 0
    shared: int = 0


class _Flight:
    """A question that is on its way, and how many wait for its answer."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.waiting = 0
        self.told: Told | None = None
        self.error: UnreachableError | None = None


class Relay:
    """Gives what the monitor says. Whoever asks the same in the same moment shares one answer. One event loop."""

    def __init__(self, upstream: Upstream, answers: Answers, ledger: Ledger) -> None:
        self.figures = Figures()
        self._upstream = upstream
        self._answers = answers
        self._ledger = ledger
        self._flights: dict[str, _Flight] = {}  # bounded: by the connections that may ask
        self._exports = asyncio.Semaphore(_EXPORTS)

    def handlers(self) -> dict[str, Handler]:
        """Who answers what the monitor knows now, by paths; how a process is, each says for itself."""
        return {
            route.path: self._handler(route) for route in registry.live_routes() if not route.path.startswith("/health")
        }

    def actions(self) -> dict[str, Handler]:
        """Who does what is posted, by paths: the monitor, for whoever may write here."""
        return {action.path: self._action(action) for action in registry.actions()}

    def _action(self, action: Action) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            # Only what the monitor would understand is said to it, and as it would say it itself.
            body = msgspec.json.encode(await posted(request, action.asked))
            told = await self._upstream.post(action.path, body)
            with self._ledger.transient(len(told.body)):
                return await _response(request, told)

        return answer

    def _handler(self, route: Route) -> Handler:
        async def answer(request: web.Request) -> web.StreamResponse:
            asked = asked_of(route, request)
            target = request.rel_url.raw_path_qs
            if route.export is not None and getattr(asked, "format", "json") != "json":
                return await self._export(request, target)
            told = await self.told(target, lambda body: trusted_ns(asked, body))
            # As it came, and as it is packed.
            with self._ledger.transient(2 * len(told.body)):
                response = await _response(request, told)
                await response.prepare(request)
                await response.write_eof()
            return response

        return answer

    async def told(self, target: str, trusted: Callable[[bytes], int] = lambda _: _TRUSTED_NS) -> Told:
        """What the monitor says to GET *target* now, or has said as long ago (ns) as *trusted* allows for that answer.

        UnreachableError, worth a retry.
        """
        key = key_of(target)
        flight = self._flights.setdefault(key, _Flight())
        self.figures.shared += bool(flight.waiting)
        flight.waiting += 1
        try:
            async with flight.lock:
                if flight.told is None and flight.error is None:
                    await self._fly(flight, key, target, trusted)
        finally:
            flight.waiting -= 1
            if not flight.waiting and self._flights.get(key) is flight:
                del self._flights[key]
        if flight.told is None:
            raise UnreachableError(str(flight.error))
        return flight.told

    async def _fly(self, flight: _Flight, key: str, target: str, trusted: Callable[[bytes], int]) -> None:
        """Land the answer, for all who wait; where whoever does it is gone in the middle, the next one begins again."""
        try:
            flight.told = await self._fetched(key, target, trusted)
        except UnreachableError as error:
            flight.error = error
        # Who comes from now on asks anew.
        if self._flights.get(key) is flight:
            del self._flights[key]

    async def _fetched(self, key: str, target: str, trusted: Callable[[bytes], int]) -> Told:
        kept = await self._answers.get(key)
        if kept is not None and kept.age_ns <= trusted(kept.body):
            self.figures.trusted += 1
            return Told(_OK, kept.body, "", kept.etag, None, 0)
        told = await self._upstream.ask(target, None if kept is None else kept.etag)
        if kept is not None and told.status == _NOT_MODIFIED:
            self.figures.confirmed += 1
            told = Told(_OK, redated(kept.body, told.at_ms), "", kept.etag, None, told.at_ms)
        else:
            self.figures.fetched += 1
        if told.status == _OK and told.etag is not None:
            await self._answers.put(key, told.body, told.etag)
        return told

    async def _export(self, request: web.Request, target: str) -> web.StreamResponse:
        """Piece by piece: the next one is read from the monitor when the one before it has left."""
        async with self._exports, self._upstream.stream(request.method, target) as (headers, status, pieces):
            passed_on = {name: headers[name] for name in _PASSED_ON if name in headers}
            response = web.StreamResponse(status=status, headers=passed_on)
            await response.prepare(request)
            async for piece in pieces:
                with self._ledger.transient(len(piece)):
                    await response.write(piece)
            await response.write_eof()
            return response


def trusted_ns(asked: msgspec.Struct, body: bytes) -> int:
    """How long the answer *body* to *asked* is given again without a question to the monitor."""
    made_ms = as_of_ms(body)
    if not isinstance(asked, candles.Asked) or asked.before_ms is None or made_ms is None:
        return _TRUSTED_NS
    # The newest candle that may stand on the page opened before that.
    closed_ns = asked.before_ms * MILLISECOND + Timeframe(asked.timeframe).ns
    has_settled = closed_ns + _SETTLED_NS <= made_ms * MILLISECOND
    return _CLOSED_NS if has_settled else _TRUSTED_NS


async def _response(request: web.Request, told: Told) -> web.Response:
    if told.etag is not None:
        response, _ = await whole(request, told.body, told.status)
        return response
    headers = {"Content-Type": told.content_type}
    if told.retry_after is not None:
        headers["Retry-After"] = told.retry_after
    return web.Response(status=told.status, body=told.body, headers=headers)

"""Whether this process does what it is there for: what the monitor says of itself, and what stands in between."""

from collections.abc import Callable, Sequence
from http import HTTPStatus

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from tidemark.api.answering import whole
from tidemark.api.routes.health import Health, Part, Status, worst
from tidemark.clock import Clock
from tidemark.errors import DECODE_ERRORS, UnreachableError
from tidemark.serve.relay.rest import Relay
from tidemark.units import MILLISECOND

_LIVE, _READY, _HEALTH = "/health/live", "/health/ready", "/health"
_decode = msgspec.json.Decoder(Health).decode
_encode = msgspec.json.Encoder().encode


class Conditions:
    """Answers the paths of health. own: the parts of this process beside its monitor, as they are now."""

    def __init__(self, relay: Relay, own: Callable[[], Sequence[Part]], clock: Clock) -> None:
        self._relay = relay
        self._own = own
        self._clock = clock

    def handlers(self) -> dict[str, Handler]:
        """Who answers, by paths."""
        return {_HEALTH: self._health, _READY: self._ready, _LIVE: self._live}

    async def _live(self, request: web.Request) -> web.StreamResponse:
        part = Part(name="loop", status=Status.OK, detail="the loop answers")
        return await _answer(request, Health(as_of_ms=self._now_ms(), status=Status.OK, parts=(part,)))

    async def _ready(self, request: web.Request) -> web.StreamResponse:
        return await _answer(request, await self._with_monitor(_READY))

    async def _health(self, request: web.Request) -> web.StreamResponse:
        return await _answer(request, await self._with_monitor(_HEALTH))

    async def _with_monitor(self, path: str) -> Health:
        """What the monitor says, with what this process adds; a monitor that says nothing is down."""
        try:
            told = _decode((await self._relay.told(path)).body)
        except (UnreachableError, *DECODE_ERRORS) as error:
            monitor = Part(name="monitor", status=Status.DOWN, detail=str(error))
            parts: tuple[Part, ...] = (monitor, *self._own())
            return Health(as_of_ms=self._now_ms(), status=Status.DOWN, parts=parts)
        monitor = Part(name="monitor", status=Status.OK, detail="the monitor answers")
        parts = (*told.parts, monitor, *self._own())
        return Health(as_of_ms=told.as_of_ms, status=worst(parts), parts=parts)

    def _now_ms(self) -> int:
        return self._clock.now_ns() // MILLISECOND


async def _answer(request: web.Request, health: Health) -> web.Response:
    status = HTTPStatus.SERVICE_UNAVAILABLE if health.status is Status.DOWN else HTTPStatus.OK
    response, _ = await whole(request, _encode(health), status)
    return response

"""From a request to an answer: parameters checked, made within the transient memory, tagged and packed."""

import asyncio
import gzip
import re
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from hashlib import blake2b
from typing import TypeVar

import msgspec
from aiohttp import web

from tidemark.api.monitor import Monitor
from tidemark.api.past import Past
from tidemark.api.routes import registry
from tidemark.api.routes.base import Action, Export, PastExport, PastRoute, Route
from tidemark.api.turns import Turns
from tidemark.errors import DECODE_ERRORS, RequestError, TransientError
from tidemark.memory.ledger import Ledger

T = TypeVar("T", bound=msgspec.Struct)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# A short answer becomes no shorter; a long one is packed beside the loop.
_LEAST_PACKED = 1400
_PACKED_BESIDE = 128 * 1024
_LEVEL = 1
_NO_WEIGHT = re.compile(r"q *= *0(\.0{0,3})?")
# For memory that others hold.
_WAIT_S = 0.05
_OK, _NOT_MODIFIED, _DOWN = 200, 304, 503


def handlers(monitor: Monitor, turns: Turns) -> dict[str, Handler]:
    """Who answers of what is known now, by their paths. turns: of all who are answered between two of the market's."""
    return {route.path: handler(route, monitor, turns) for route in registry.live_routes()}


def past_handlers(past: Past, ledger: Ledger) -> dict[str, Handler]:
    """Who answers from the database, by their paths, in the transient memory of *ledger*."""
    return {route.path: past_handler(route, past, ledger) for route in registry.past_routes()}


def action_handlers(monitor: Monitor) -> dict[str, Handler]:
    """Who does what is posted, by their paths."""
    return {action.path: action_handler(action, monitor) for action in registry.actions()}


def handler(route: Route, monitor: Monitor, turns: Turns) -> Handler:
    """What aiohttp calls for *route*. turns: each answer, and each piece of a long one, waits for its own."""
    ledger = monitor.parts.ledger
    encoder = msgspec.json.Encoder()

    async def answer(request: web.Request) -> web.StreamResponse:
        await turns.next()
        asked = asked_of(route, request)
        export = route.export(monitor, asked) if route.export is not None else None
        if export is not None:
            return await _stream(request, export, _Maker(export, turns, ledger, route.transient))
        if route.prepare is not None:
            await route.prepare(monitor)
        with ledger.transient(route.transient):
            given = route.give(monitor, asked)
            status = _OK if route.status is None else route.status(given)
            response, size = await whole(request, encoder.encode(given), status)
            del given
        # Whoever takes it slowly holds what he has not taken, and not what it was made from.
        with ledger.transient(size):
            await response.prepare(request)
            await response.write_eof()
        return response

    return answer


def past_handler(route: PastRoute, past: Past, ledger: Ledger) -> Handler:
    """What aiohttp calls for *route*, in a process that has a database open."""
    encoder = msgspec.json.Encoder()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = asked_of(route, request)
        export = route.export(past, asked) if route.export is not None else None
        if export is not None:
            return await _stream_past(request, export, ledger)
        given = await route.give(past, asked)
        with ledger.transient(route.transient):
            status = _OK if route.status is None else route.status(given)
            body = encoder.encode(given)
            del given
        # As it was written, and as it is packed.
        with ledger.transient(2 * len(body)):
            response, _ = await whole(request, body, status)
            await response.prepare(request)
            await response.write_eof()
        return response

    return answer


def action_handler(action: Action, monitor: Monitor) -> Handler:
    """What aiohttp calls for *action*."""

    async def answer(request: web.Request) -> web.StreamResponse:
        given = await action.give(monitor, await posted(request, action.asked))
        with monitor.parts.ledger.transient(action.transient):
            return web.Response(
                body=msgspec.json.encode(given), content_type="application/json", headers={"Cache-Control": "no-store"}
            )

    return answer


async def posted(request: web.Request, asked: type[T]) -> T:
    """The body of a request, checked; RequestError (400) names what is wrong with it, 415 that it is no JSON."""
    # A form of a page may be sent to any origin without asking; JSON may not.
    if request.content_type != "application/json":
        raise RequestError(415, "what is posted here is JSON; send Content-Type: application/json")
    if request.query:
        raise RequestError(400, "what is posted takes no parameters; put them into the body")
    try:
        return msgspec.convert(_BODY.decode(await request.read()), asked)
    except DECODE_ERRORS as error:
        what, _, where = str(error).partition(" - at `$.")
        raise RequestError(400, f"{where.rstrip('`') or 'the body'}: {what[:1].lower()}{what[1:]}"[:300]) from error


def _number(text: str) -> float:
    """To JSON 17.0 is the same as 17."""
    number = float(text)
    return int(number) if number.is_integer() else number


_BODY = msgspec.json.Decoder(float_hook=_number)


def asked_of(route: Route | PastRoute, request: web.BaseRequest) -> msgspec.Struct:
    """The parameters of a request, checked; RequestError (400) names the one that is wrong."""
    query, known = request.query, route.asked.__struct_fields__
    matched = getattr(request, "match_info", {})
    for name in query:
        if name not in known or name in matched:
            there = ", ".join(one for one in known if one not in matched) or "none here"
            raise RequestError(400, f"there is no parameter {name[:40]!r}; there are: {there}")
        if len(query.getall(name)) > 1:
            raise RequestError(400, f"{name} is given more than once")
    try:
        return msgspec.convert({**query, **matched}, route.asked, strict=False)
    except msgspec.ValidationError as error:
        what, _, where = str(error).partition(" - at `$.")
        name = where.rstrip("`")
        raise RequestError(400, f"{name or 'the request'}: {what[:1].lower()}{what[1:]}") from error


class _Maker:
    """Makes the pieces of an export, each in a turn of its own, and in *transient* bytes of memory.

    Only the first is refused where they are not left; the others wait for them.
    """

    def __init__(self, export: Export, turns: Turns, ledger: Ledger, transient: int) -> None:
        self.ledger = ledger
        self._pieces = export.pieces
        self._turns = turns
        self._transient = transient

    def first(self) -> bytes | None:
        """The first one, None when there is none; TransientError."""
        with self.ledger.transient(self._transient):
            return next(self._pieces, None)

    async def next(self) -> bytes | None:
        """The one after it, None when there is none."""
        while True:
            await self._turns.next()
            try:
                return self.first()
            except TransientError:
                await asyncio.sleep(_WAIT_S)


async def whole(request: web.Request, body: bytes, status: int) -> tuple[web.Response, int]:
    """The answer of a JSON *body*, tagged, packed where that is taken, or 304; and the bytes that it holds."""
    headers = {"ETag": etag(body), "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if status == _DOWN:
        # A part is down: nobody is to ask for it without end.
        headers["Retry-After"] = "1"
    if status == _OK and _is_known(request, headers["ETag"]):
        return web.Response(status=_NOT_MODIFIED, headers=headers), 0
    if len(body) >= _LEAST_PACKED and accepts_gzip(request.headers.get("Accept-Encoding", "")):
        headers["Content-Encoding"] = "gzip"
        if len(body) < _PACKED_BESIDE:
            body = _pack(body)
        else:
            body = await asyncio.to_thread(_pack, body)
    response = web.Response(status=status, body=body, content_type="application/json", charset="utf-8", headers=headers)
    return response, len(body)


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding wants it: named, and not with a weight of nothing.

    >>> accepts_gzip("br, gzip;q=0.5"), accepts_gzip("gzip;q=0"), accepts_gzip("identity")
    (True, False, False)
    """
    for one in header.split(",")[:20]:
        coding, *parameters = (part.strip().lower() for part in one.split(";"))
        if coding in {"gzip", "x-gzip"}:
            return not any(_NO_WEIGHT.fullmatch(part) for part in parameters)
    return False


def etag(body: bytes) -> str:
    """A weak tag: of all but the moment that the answer is as of, which stands at its begin."""
    _, _, rest = body.partition(b",")
    return f'W/"{blake2b(rest, digest_size=8).hexdigest()}"'


def _is_known(request: web.Request, tag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    # Compared weakly: a proxy may have made another kind of tag of it.
    tags = (one.strip().removeprefix("W/") for one in known.split(",")[:20])
    return known.strip() == "*" or tag.removeprefix("W/") in tags


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


async def _stream(request: web.Request, export: Export, maker: _Maker) -> web.StreamResponse:
    """Piece by piece, each made when the one before it has left: what a slow client holds is a piece."""
    piece = maker.first()
    response = _begun(export)
    await response.prepare(request)
    while piece is not None and request.method != "HEAD":
        with maker.ledger.transient(len(piece)):
            await response.write(piece)
        piece = await maker.next()
    await response.write_eof()
    return response


async def _stream_past(request: web.Request, export: PastExport, ledger: Ledger) -> web.StreamResponse:
    """The same of what the database gives: the next piece is asked for when the one before it has left."""
    async with aclosing(export.pieces) as pieces:
        # The first one is asked for before anything is said: a database that does not answer is an error still.
        piece = await anext(pieces, None)
        response = _begun(export)
        await response.prepare(request)
        while piece is not None and request.method != "HEAD":
            with ledger.transient(len(piece)):
                await response.write(piece)
            piece = await anext(pieces, None)
        await response.write_eof()
    return response


def _begun(export: Export | PastExport) -> web.StreamResponse:
    return web.StreamResponse(
        headers={
            "Content-Type": export.content_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{_quoted(export.file_name)}",
            "Cache-Control": "no-store",
        }
    )


def _quoted(name: str) -> str:
    """RFC 8187: what is neither a letter nor a digit of ASCII, in hexadecimal."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or byte in b".-_") else f"%{byte:02X}"
        for byte in name.encode()
    )

"""From a request to an answer: parameters checked, made within the transient memory, tagged and packed."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from hashlib import blake2b

import msgspec
from aiohttp import web

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Export, Route
from tidemark.errors import RequestError

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

# A short answer becomes no shorter; a long one is packed beside the loop.
_LEAST_PACKED = 1400
_PACKED_BESIDE = 128 * 1024
_LEVEL = 1
_OK, _NOT_MODIFIED = 200, 304


def handler(route: Route, monitor: Monitor) -> Handler:
    """What aiohttp calls for *route*."""
    ledger = monitor.parts.ledger
    encoder = msgspec.json.Encoder()

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = asked_of(route, request)
        with ledger.transient(route.transient):
            export = route.export(monitor, asked) if route.export is not None else None
            if export is not None:
                return await _stream(request, export)
            given = route.give(monitor, asked)
            status = _OK if route.status is None else route.status(given)
            return await _whole(request, encoder.encode(given), status)

    return answer


def asked_of(route: Route, request: web.BaseRequest) -> msgspec.Struct:
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


async def _whole(request: web.Request, body: bytes, status: int) -> web.Response:
    headers = {"ETag": etag(body), "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if status == _OK and _is_known(request, headers["ETag"]):
        return web.Response(status=_NOT_MODIFIED, headers=headers)
    if len(body) >= _LEAST_PACKED and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        if len(body) < _PACKED_BESIDE:
            body = _pack(body)
        else:
            body = await asyncio.to_thread(_pack, body)
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8", headers=headers)


def etag(body: bytes) -> str:
    """A weak tag: of all but the moment that the answer is as of, which stands at its begin."""
    _, _, rest = body.partition(b",")
    return f'W/"{blake2b(rest, digest_size=8).hexdigest()}"'


def _is_known(request: web.Request, tag: str) -> bool:
    known = request.headers.get("If-None-Match", "")
    return known.strip() == "*" or tag in (one.strip() for one in known.split(",")[:20])


def _pack(body: bytes) -> bytes:
    return gzip.compress(body, _LEVEL, mtime=0)


async def _stream(request: web.Request, export: Export) -> web.StreamResponse:
    """Piece by piece, each made when the one before it has left: memory is that of a piece."""
    response = web.StreamResponse(
        headers={
            "Content-Type": export.content_type,
            "Content-Disposition": f"attachment; filename*=UTF-8''{_quoted(export.file_name)}",
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    for piece in export.pieces:
        await response.write(piece)
    await response.write_eof()
    return response


def _quoted(name: str) -> str:
    """RFC 8187: what is neither a letter nor a digit of ASCII, in hexadecimal."""
    return "".join(
        chr(byte) if chr(byte).isascii() and (chr(byte).isalnum() or byte in b".-_") else f"%{byte:02X}"
        for byte in name.encode()
    )

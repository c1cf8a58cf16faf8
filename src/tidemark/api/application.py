"""What stands behind a port, in whatever process: who may ask, who answers, and how an error looks."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from tidemark.api.access import RateLimit, allowed_host, allowed_origin, bearer, client_of, dress
from tidemark.api.openapi import document
from tidemark.api.problems import problem
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Token
from tidemark.errors import RequestError, TidemarkError

# A client that takes its answer more slowly than this gives back the memory for it.
_DEADLINE_S = 30.0
_RETRY_S = 1.0
# Of what is posted; what is asked has no body.
_MOST_BODY = 16384
# What anybody may see: the page itself, which holds no data, and that the process answers.
_OPEN_PATHS = frozenset({"/", "/health/live"})
PUSH_PATH = "/ws"
# The header by which one life of a process is told from another.
INSTANCE = "Tidemark-Instance"
# Whether a request came with a token that is good, or none is needed.
IS_KNOWN = web.RequestKey("is_known", bool)
_MAY_WRITE = web.RequestKey("may_write", bool)
log = structlog.get_logger()

# A token and the client who says it; what it is good for, None where there is none like it.
Verify = Callable[[str, str], Awaitable[Token | None]]


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """Who may ask. host: where it listens; origins: of pages that may push; verify: None where nobody needs a token."""

    host: str
    origins: tuple[str, ...]
    rate: RateLimit
    verify: Verify | None


def application(
    handlers: Mapping[str, Handler],
    *,
    actions: Mapping[str, Handler] | None = None,
    gate: Gate | None = None,
    files: StaticFiles | None = None,
    instance: str | None = None,
) -> web.Application:
    """What *handlers* answer by their paths, such as `/api/v1/symbols/{symbol}`, with the document that describes it.

    actions: what is done when it is posted, by paths.
    gate: None where only another process of ours can ask. files: what the page loads, None where there is no page.
    instance: what every answer names as the life of the process that gave it.
    """
    middlewares = [_errors, *(() if gate is None else (_guard(gate),))]
    app = web.Application(middlewares=middlewares, client_max_size=_MOST_BODY)
    app.on_response_prepare.append(_dresser(instance))
    for path, handler in handlers.items():
        app.router.add_get(path, handler)
    for path, handler in (actions or {}).items():
        app.router.add_post(path, _for_writers(handler, gate))
        # The page would be asked for a file of that name.
        app.router.add_route("*", path, _refuse_but_post)
    if files is not None:
        app.router.add_get("/openapi.json", _openapi)
        app.router.add_get("/", files.index)
        app.router.add_get("/{name:.+}", files.give)
    return app


async def _openapi(_: web.Request) -> web.Response:
    """The document is made when it is asked for, and not kept: it is asked for rarely."""
    return web.Response(body=msgspec.json.encode(document()), content_type="application/json")


def _dresser(instance: str | None) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    async def dressed(_: web.Request, response: web.StreamResponse) -> None:
        """Every answer has the headers that keep a page to itself, an export and a handshake too."""
        dress(response.headers)
        if instance is not None:
            response.headers[INSTANCE] = instance

    return dressed


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """One shape for every error; what is ours to mend is logged, and tells the client nothing of us."""
    try:
        return await _taken(request, handler)
    except ConnectionError:
        raise
    except Exception as error:
        told = _told(request, error)
        if request.writer.output_size > 0:
            # What follows half an answer would be read as the rest of it.
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionAbortedError(told.reason) from error
        return told


async def _taken(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The answer, once the client has it: one that it does not take in time is cut off, and the memory is free."""
    if request.path == PUSH_PATH:
        return await handler(request)
    async with asyncio.timeout(_DEADLINE_S):
        response = await handler(request)
        await response.prepare(request)
        await response.write_eof()
        return response


def _told(request: web.Request, error: Exception) -> web.Response:
    match error:
        case RequestError():
            return problem(request, error.status, str(error))
        case TidemarkError() if error.retry:
            return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), _RETRY_S)
        case TidemarkError():
            return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
        case web.HTTPMethodNotAllowed():
            refusal = problem(request, error.status, f"{error.method[:20]} is not among what is answered here")
            refusal.headers["Allow"] = error.headers["Allow"]
            return refusal
        case web.HTTPRequestEntityTooLarge():
            return problem(request, error.status, f"a body has at most {_MOST_BODY} bytes")
        case web.HTTPException():
            return problem(request, error.status, error.reason)
        case TimeoutError():
            return problem(request, HTTPStatus.SERVICE_UNAVAILABLE, f"it took more than {_DEADLINE_S:g} s", _RETRY_S)
    # A fault of ours ends this request, and not the monitor.
    log.error("alarm", what=f"a request for {request.path[:200]} failed", last=repr(error), exc_info=error)
    return problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "a fault of ours; the log has it")


def _for_writers(handler: Handler, gate: Gate | None) -> Handler:
    async def done(request: web.Request) -> web.StreamResponse:
        """Browsers post in the name of any page, and from this machine as anybody on it."""
        origins = () if gate is None else gate.origins
        if not allowed_origin(request.headers.get("Origin"), request.headers.get("Host"), origins):
            raise RequestError(HTTPStatus.FORBIDDEN, "a page of another origin may not do that; see api.origins")
        if not request.get(_MAY_WRITE, gate is None):
            raise RequestError(HTTPStatus.FORBIDDEN, "this token is for reading; make one with --scope write")
        return await handler(request)

    return done


async def _refuse_but_post(request: web.Request) -> web.StreamResponse:
    raise web.HTTPMethodNotAllowed(request.method, ("POST",))


def _guard(gate: Gate) -> Middleware:
    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse who may not ask, before anything is parsed."""
        host = request.headers.get("Host")
        if not allowed_host(host, gate.host, gate.origins):
            raise RequestError(HTTPStatus.MISDIRECTED_REQUEST, "this is no name that Tidemark is served under")
        client = client_of(request.remote or "")
        waits_s = gate.rate.take(client)
        if waits_s:
            return problem(request, HTTPStatus.TOO_MANY_REQUESTS, "too many requests; see api.rate", waits_s)
        if request.path == PUSH_PATH and not allowed_origin(request.headers.get("Origin"), host, gate.origins):
            raise RequestError(HTTPStatus.FORBIDDEN, "a page of another origin may not open it; see api.origins")
        if gate.verify is None:
            request[IS_KNOWN] = request[_MAY_WRITE] = True
            return await handler(request)
        token = bearer(request.headers)
        known = await gate.verify(token, client) if token is not None else None
        request[IS_KNOWN] = known is not None and known.allows("read")
        request[_MAY_WRITE] = known is not None and known.allows("write")
        # A page cannot set a header on a push connection: it says its token in its first message.
        is_open = request.path in _OPEN_PATHS or request.path == PUSH_PATH or request.path.startswith("/assets/")
        if not request[IS_KNOWN] and not is_open:
            refusal = problem(request, HTTPStatus.UNAUTHORIZED, "a token is asked for: Authorization: Bearer TOKEN")
            refusal.headers["WWW-Authenticate"] = "Bearer"
            return refusal
        return await handler(request)

    return guard

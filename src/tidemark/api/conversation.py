"""What HTTP is spoken with: one connection, and what is answered where no request can be made of what was said."""

import asyncio
import logging
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from tidemark.api.access import dress
from tidemark.api.problems import problem

_KEEP_ALIVE_S = 30.0
# Whatever anybody sends can be refused; the library would log each with a traceback and the bytes that came.
_QUIET = logging.Logger("aiohttp", logging.CRITICAL + 1)  # noqa: LOG001
_THEIRS = (HttpProcessingError, web.RequestPayloadError, ConnectionError)
log = structlog.get_logger()


class Conversation(web.RequestHandler):
    """Speaks with one client of *server*. Whoever has not finished a request after 30 seconds is hung up on.

    Memory: 21 to 27 KB, measured. A body is neither read nor unpacked.
    """

    __slots__ = ()

    def __init__(self, server: web.Server) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=_KEEP_ALIVE_S,
            access_log=_QUIET,
            logger=_QUIET,
            auto_decompress=False,
        )

    @property
    def is_leaving(self) -> bool:
        """Whether it was hung up on, and is there only until that is done."""
        return self.transport is not None and self.transport.is_closing()

    @property
    def is_idle(self) -> bool:
        """Whether nothing is asked: it waits for the next request, for a whole one, or for the first."""
        return self._current_request is None and not self.is_leaving

    def hang_up(self) -> None:
        """End it at once, whatever it waits for."""
        if self.transport is not None:
            self.transport.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 - it repeats what the client said
    ) -> web.StreamResponse:
        """The answer to what is no request, and to one that failed before or behind its route; then it is over."""
        self.log_exception(exc_info=exc)
        if isinstance(exc, ConnectionError):
            raise exc
        if request.writer.output_size > 0:
            raise ConnectionAbortedError("half an answer has left: what follows would be read as the rest of it")
        detail = (
            "a fault of ours; the log has it" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "this is no request"
        )
        response = problem(request, status, detail)
        dress(response.headers)
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:
        """Log what is ours to mend, and nothing that a client can cause as often as it likes."""
        cause = kw.get("exc_info")
        if not isinstance(cause, _THEIRS):
            log.error("alarm", what="a connection failed beside its routes", last=repr(cause or args)[:200])

"""Where log lines go: to people on a terminal, as JSON lines elsewhere, to a small file under the terminal view."""

import contextlib
import logging
import logging.handlers
import sys
from pathlib import Path

import stamina.instrumentation
import structlog
from structlog.typing import Processor

from tidemark.errors import StoreError
from tidemark.settings.process import Log
from tidemark.units import MIB


class _File(logging.handlers.RotatingFileHandler):
    """A file that drops what a full disk does not take, instead of a traceback a line on the screen of the view."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the name is the library's
        """Let the line go: the view says that the disk is full."""

    def close(self) -> None:
        """Close the file, also where its last lines cannot be written."""
        with contextlib.suppress(OSError):
            super().close()


def configure(log: Log, file: Path | None) -> None:
    """Send every line of *log*'s level to standard error, or to *file*, which is kept under 2 MB.

    StoreError when *file* cannot be written.
    """
    as_json = log.format == "json" or (log.format == "auto" and (file is not None or not sys.stderr.isatty()))
    renderer: Processor = (
        structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    handler: logging.Handler
    if file is None:
        handler = logging.StreamHandler(sys.stderr)
    else:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handler = _File(file, maxBytes=MIB, backupCount=1, encoding="utf-8")
        except OSError as error:
            raise StoreError(
                f"cannot write the log {file}: {error.strerror}; name another folder with store.folder"
            ) from error
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(log.level.upper())
    # Libraries speak up only when something is wrong.
    for name in ("aiohttp", "stamina", "asyncio"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Retries are told by whoever asked, in its own words.
    stamina.instrumentation.set_on_retry_hooks([])
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )

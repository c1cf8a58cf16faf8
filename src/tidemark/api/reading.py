"""The way to the reader process: begun with the first question about the past, ended when nobody asks any more.

Its libraries (SQLAlchemy, the drivers) stay out of this process, which hands on a question and, in pieces, the answer.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import structlog
from aiohttp import ClientError, ClientSession, ClientTimeout, UnixConnector, web
from yarl import URL

from tidemark.api.answering import asked_of
from tidemark.api.past import PoolFigures, Standing
from tidemark.api.reader_process import BEGIN_S, HEARING, LINE_BYTES, reader_process
from tidemark.api.routes import registry
from tidemark.api.routes.base import PastRoute
from tidemark.api.turns import Turns
from tidemark.clock import Clock
from tidemark.errors import DatabaseError
from tidemark.ingest.backoff import backoff
from tidemark.live.child import resident
from tidemark.live.reader_job import RESIDENT_BYTES, ReaderJob
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.memory.tasks import TaskRegistry
from tidemark.settings.settings import Settings
from tidemark.units import KIB, SECOND, format_bytes

_OWNER, _TASKS = "api/reader", "api/reader tasks"
# As many as the pool keeps open, and the exports: more would have it open others for a moment each.
_CONNECTIONS = 14
_CONNECTION_BYTES = 16 * KIB
# What aiohttp reads ahead of what was taken, and the piece that is on its way.
_PIECE_BYTES = 64 * KIB
_ASKING_BYTES = 4 * _PIECE_BYTES
# An answer is given up by the application before this.
_ANSWER_S = 40.0
_LOOK_S = 2.0
# The address of a socket has room for some hundred bytes; what stands behind this takes 25.
_MOST_PATH_BYTES, _SHORT = 70, "/tmp"  # noqa: S108 - what is made there has a name that nobody can guess
# Without a question for so long it ends.
IDLE_S = 300.0
_ASKED_WITH = ("Accept-Encoding", "If-None-Match")
_ANSWERED_WITH = (
    "Content-Type", "Content-Length", "Content-Encoding", "Content-Disposition", "ETag", "Cache-Control", "Vary",
    "Retry-After",
)  # fmt: skip
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
log = structlog.get_logger()


class Reading:
    """The reader process of a monitor that keeps its data in *folder*. idle_s: without a question it ends.

    `failure` says why it could not be asked, None where it could or nobody did. `figures` are those that it said last,
    None before that; `pid` and `resident`, its memory in bytes, are None and 0 while it does not run.
    """

    def __init__(
        self, settings: Settings, folder: Path, clock: Clock, ledger: Ledger, *, idle_s: float = IDLE_S
    ) -> None:
        self.reservation, tasks = self.reserve()
        self.failure: str | None = None
        self.figures: PoolFigures | None = None
        self.pid: int | None = None
        self.resident = 0
        self.begun = 0
        self._settings = settings
        self._folder = folder
        self._clock = clock
        self._ledger = ledger
        self._idle_s = idle_s
        # The way to it, once it answers; None while nobody wants one.
        self._way: asyncio.Future[ClientSession] | None = None
        self._is_wanted = asyncio.Event()
        self._asked_at = self._next_at = 0
        self._asking = self._peak = 0
        self._tasks = TaskRegistry(
            tasks.owner, limit=HEARING, on_error=self._tell_unheard, task_bytes=int(tasks.item_bytes)
        )
        ledger.open(self)
        ledger.open(self._tasks)

    @staticmethod
    def reserve() -> Sequence[Reservation]:
        """What the way takes; what is on it is transient, and the process itself stands beside the plan."""
        return (
            Reservation(
                owner=_OWNER,
                kind="external",
                capacity=_CONNECTIONS,
                item_bytes=_CONNECTION_BYTES,
                policy="lets the next one wait",
            ),
            TaskRegistry.reserve(_TASKS, limit=HEARING, task_bytes=3 * LINE_BYTES),
        )

    def usage(self) -> Usage:
        """Questions that are on their way."""
        used = min(self._asking, _CONNECTIONS)
        return Usage(used=used, peak=self._peak, bytes_used=used * _CONNECTION_BYTES)

    @property
    def is_running(self) -> bool:
        """Whether there is a process that answers."""
        return self._way is not None and self._way.done()

    def standing(self) -> Standing:
        """What is known of the database without waking anybody."""
        told = self.figures
        if self.failure is not None:
            return Standing(is_well=False, detail=self.failure)
        if told is None:
            return Standing(is_well=True, detail="not asked yet: the process that reads it begins with a question")
        if not self.is_running:
            return Standing(is_well=True, detail=f"nobody asks: the process that reads it ended; {_words(told)}")
        if told.failure is not None:
            return Standing(is_well=False, detail=told.failure)
        return Standing(is_well=True, detail=f"{_words(told)}, by a process of {format_bytes(self.resident)}")

    def handlers(self, turns: Turns) -> dict[str, Handler]:
        """Who answers what is asked of the past, by their paths. turns: each question waits for its own."""
        return {route.path: self._handler(route, turns) for route in registry.past_routes()}

    async def follow(self) -> None:
        """Keep a process while somebody asks, and begin another one after it failed, until cancelled."""
        delays = backoff(Random(self._clock.now_ns()))
        while True:
            await self._is_wanted.wait()
            self._is_wanted.clear()
            begun, way = self.begun, self._way
            if way is None:
                continue
            try:
                await self._live(way)
                self.failure = None
            except (OSError, DatabaseError) as error:
                self.failure = str(error)
                log.warning("the reader process failed", cause=self.failure)
            finally:
                self._leave(way)
            if self.begun > begun:
                # It answered for a while: what ended it is not what keeps it from beginning.
                delays = backoff(Random(self._clock.now_ns()))
            if self.failure is not None:
                self._next_at = self._clock.monotonic_ns() + int(next(delays) * SECOND)

    async def _live(self, way: asyncio.Future[ClientSession]) -> None:
        """One process until nobody asks any more, and the *way* to it; OSError or DatabaseError where it fails."""
        folder = private_folder()
        database = self._settings.store.database
        job = ReaderJob(
            database=None if database is None else database.reveal(),
            folder=str(self._folder),
            backtests=str(self._settings.store.path / "backtests"),
            socket=str(folder / "socket"),
            level=self._settings.log.level,
        )
        try:
            async with (
                reader_process(job, self._tasks, self._hear) as child,
                ClientSession(
                    connector=UnixConnector(job.socket, limit=_CONNECTIONS),
                    timeout=ClientTimeout(total=_ANSWER_S),
                    auto_decompress=False,
                    read_bufsize=_PIECE_BYTES,
                ) as session,
            ):
                self.pid = child.pid
                self.begun += 1
                self.failure = None
                way.set_result(session)
                log.info("the reader process answers", pid=child.pid)
                while not self._is_idle():
                    self._measure(child.pid)
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_S):
                            code = await child.wait()
                            raise DatabaseError(f"the reader process ended with {code}")
                # Who asks from now on waits for the next one.
                self._leave(way)
                log.info("the reader process ends", why=f"nobody asked for {self._idle_s:g} s")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _is_idle(self) -> bool:
        return not self._asking and self._clock.monotonic_ns() - self._asked_at > self._idle_s * SECOND

    def _measure(self, pid: int) -> None:
        before, self.resident = self.resident, resident(pid)
        if self.resident > RESIDENT_BYTES >= before:
            log.error("a bound is broken", what=f"the reader process takes {format_bytes(self.resident)}")

    def _hear(self, figures: PoolFigures) -> None:
        self.figures = figures

    @staticmethod
    def _tell_unheard(name: str, error: BaseException) -> None:
        log.error("alarm", what=f"{name}: the reader process says something else", last=repr(error))

    def _leave(self, way: asyncio.Future[ClientSession]) -> None:
        """This way is no more, while there may be another one already; who waits for it is told why."""
        if self._way is way:
            self._way = None
        self.pid, self.resident = None, 0
        if not way.done():
            way.set_exception(DatabaseError(self.failure or "the process stops"))
            # Perhaps nobody waits any more: then it was told to nobody.
            way.exception()

    def _handler(self, route: PastRoute, turns: Turns) -> Handler:
        async def forward(request: web.Request) -> web.StreamResponse:
            await turns.next()
            # What is not understood wakes nobody.
            asked_of(route, request)
            with self._one_more():
                way = await self._reached()
                with self._ledger.transient(_ASKING_BYTES):
                    return await _forward(request, way)

        return forward

    @contextmanager
    def _one_more(self) -> Iterator[None]:
        self._asking += 1
        self._peak = max(self._peak, min(self._asking, _CONNECTIONS))
        try:
            yield
        finally:
            self._asking -= 1
            self._asked_at = self._clock.monotonic_ns()

    async def _reached(self) -> ClientSession:
        """The way to the process, which is begun where there is none; DatabaseError where it cannot be."""
        if self._way is None:
            waits_ns = self._next_at - self._clock.monotonic_ns()
            if self.failure is not None and waits_ns > 0:
                raise DatabaseError(f"{self.failure}; it is begun again in {waits_ns / SECOND:.1f} s")
            self._way = asyncio.get_running_loop().create_future()
            self._is_wanted.set()
        try:
            async with asyncio.timeout(BEGIN_S):
                return await asyncio.shield(self._way)
        except TimeoutError as error:
            raise DatabaseError(f"the reader process has not answered within {BEGIN_S:g} s") from error


def private_folder() -> Path:
    """One that is new, which nobody else may enter; short enough for the address of a socket in it."""
    usual = tempfile.gettempdir()
    place = usual if len(usual.encode()) <= _MOST_PATH_BYTES else _SHORT
    return Path(tempfile.mkdtemp(prefix="tidemark-", dir=place))


def _words(told: PoolFigures) -> str:
    return f"{told.kind}: {told.answered} questions, {told.lent} of {told.kept + told.beyond} connections lent"


async def _forward(request: web.Request, way: ClientSession) -> web.StreamResponse:
    """The same question to the process, and its answer, piece by piece."""
    asked = request.rel_url
    url = URL(f"http://reader{asked.raw_path}?{asked.raw_query_string}", encoded=True)
    headers = {name: request.headers[name] for name in _ASKED_WITH if name in request.headers}
    # The library would ask for what it can unpack itself.
    headers.setdefault("Accept-Encoding", "identity")
    try:
        async with way.request(request.method, url, headers=headers) as told:
            kept = {name: told.headers[name] for name in _ANSWERED_WITH if name in told.headers}
            response = web.StreamResponse(status=told.status, headers=kept)
            await response.prepare(request)
            async for piece in told.content.iter_chunked(_PIECE_BYTES):
                await response.write(piece)
            await response.write_eof()
            return response
    except ClientError as error:
        raise DatabaseError("the reader process ended while it answered; ask again") from error

"""The way to a Redis that several processes share: few connections, each question with an end, and what if not."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog

from tidemark.errors import AddressError, SettingsError, UnreachableError

try:
    import redis.asyncio as aioredis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError
except ModuleNotFoundError as missing:
    raise SettingsError(
        "serve.redis_url is set, and the library for it is not installed; run pip install 'tidemark[redis]'"
    ) from missing

CONNECTIONS = 16
_CONNECT_S, _ANSWER_S, _EVERY_S = 1.0, 3.0, 1.0
_NO_URL = "serve.redis_url is no URL of a Redis; write redis://127.0.0.1:6379/0, rediss:// for TLS, or unix://"
Word = bytes | str | float
Words = tuple[Word, ...]
log = structlog.get_logger()


class RedisLink:
    """Asks the Redis at *url*, which no message tells. SettingsError where it is no URL.

    is_up: whether it answered a moment ago. came_back: set as long as it does.
    """

    def __init__(self, url: str) -> None:
        try:
            pool = aioredis.BlockingConnectionPool.from_url(
                url, max_connections=CONNECTIONS, timeout=_ANSWER_S, socket_timeout=_ANSWER_S,
                socket_connect_timeout=_CONNECT_S, retry=Retry(NoBackoff(), 0), protocol=2,
            )  # fmt: skip
        except (ValueError, TypeError) as error:
            raise SettingsError(_NO_URL) from error
        # Its commands have no types worth the name.
        self._client: Any = aioredis.Redis(connection_pool=pool)
        told = pool.connection_kwargs
        self.where = str(told.get("path") or f"{told.get('host', 'localhost')}:{told.get('port', 6379)}")
        self.came_back = asyncio.Event()
        # Questions that are under way; beyond the connections they wait.
        self.busy = 0

    @property
    def is_up(self) -> bool:
        """Whether it answered a moment ago."""
        return self.came_back.is_set()

    async def open(self) -> None:
        """Be ready; AddressError where nothing answers, SettingsError where the URL says what is not understood."""
        try:
            await self.ask("PING")
        except TypeError as error:
            raise SettingsError(_NO_URL) from error
        except UnreachableError as error:
            raise AddressError(f"{error}; see serve.redis_url") from error
        self.came_back.set()

    async def close(self) -> None:
        """Hang up."""
        await self._client.aclose(close_connection_pool=True)

    async def watch(self) -> None:
        """Look once a second whether it is there, until cancelled."""
        while True:
            await asyncio.sleep(_EVERY_S)
            try:
                await self.ask("PING")
            except UnreachableError as error:
                self.note(error)
            else:
                if not self.is_up:
                    log.info("Redis is back", where=self.where)
                self.came_back.set()

    def note(self, error: UnreachableError) -> None:
        """It is away; that is said once."""
        if self.is_up:
            log.warning("Redis does not answer; this process goes on alone", cause=str(error))
        self.came_back.clear()

    async def ask(self, *words: Word) -> Any:
        """The answer to one command; UnreachableError, worth a retry, where there is none."""
        async with self._told():
            return await self._client.execute_command(*words)

    async def ask_all(self, commands: Sequence[Words]) -> list[Any]:
        """The answers to several commands, in one round."""
        async with self._told(), self._client.pipeline(transaction=False) as pipe:
            for words in commands:
                pipe.execute_command(*words)
            return list(await pipe.execute())

    @asynccontextmanager
    async def _told(self) -> AsyncGenerator[None]:
        self.busy += 1
        before = _cancellations()
        try:
            yield
            _mind_the_end(before)
        except (RedisError, OSError, TimeoutError) as error:
            _mind_the_end(before)
            reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise UnreachableError(f"the Redis at {self.where} does not answer: {reason}") from error
        finally:
            self.busy -= 1


def _cancellations() -> int:
    """How often the task that runs was cancelled, so far."""
    task = asyncio.current_task()
    return 0 if task is None else task.cancelling()


def _mind_the_end(before: int) -> None:
    """Be cancelled, where that was wanted since there were *before* cancellations, and has been lost.

    The library writes by `asyncio.wait_for`, which before Python 3.12 loses a cancellation that comes in the very
    moment in which what it waits for is done: a loop that asks would go on for ever. Earlier ones do not count: a group
    of tasks leaves one behind in the task that it ran in.
    """
    if _cancellations() > before:
        raise asyncio.CancelledError

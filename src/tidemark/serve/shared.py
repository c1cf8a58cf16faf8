"""What several processes share through a Redis: answers, and the push connection of one of them to the monitor."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

import structlog

from tidemark.api.routes.health import Part, Status
from tidemark.clock import Clock
from tidemark.errors import UnreachableError
from tidemark.serve.answers import Answers
from tidemark.serve.bridge import Bridge
from tidemark.serve.lease import Lease, LeaseLostError
from tidemark.serve.push_link import PushLink
from tidemark.serve.redis_answers import SharedAnswers
from tidemark.serve.redis_keys import Names
from tidemark.serve.redis_link import RedisLink
from tidemark.serve.relay_topics import RelayTopics
from tidemark.serve.stream_reader import StreamReader
from tidemark.serve.upstream import Upstream

_LOOK_S = 0.25
log = structlog.get_logger()


class _OverError(UnreachableError):
    """What was begun is not to go on like this: the monitor or Redis is another one now."""


class RedisShared:
    """All of it, see `process.Shared`. While Redis is away, this process listens to the monitor by itself."""

    def __init__(self, url: str, upstream: Upstream, topics: RelayTopics, own: Answers, clock: Clock) -> None:
        self._link = RedisLink(url)
        self._upstream = upstream
        self._topics = topics
        self._clock = clock
        self._is_bridge = False
        self.answers: Answers = SharedAnswers(self._link, upstream, own)

    async def open(self) -> None:
        """Be ready; AddressError where Redis is not there."""
        await self._link.open()

    async def close(self) -> None:
        """Hang up."""
        await self._link.close()

    def works(self) -> Sequence[Callable[[], Coroutine[None, None, None]]]:
        """What has to run as long as the process does."""
        return (self._link.watch, self._listen)

    def is_up(self) -> bool:
        """Whether Redis answers."""
        return self._link.is_up

    def part(self) -> Part:
        """How it is, for health."""
        if not self._link.is_up:
            words = f"the Redis at {self._link.where} does not answer; this process goes on alone"
            return Part(name="redis", status=Status.DEGRADED, detail=words)
        words = "this process hands the monitor's push on to the others" if self._is_bridge else "another process has"
        return Part(name="redis", status=Status.OK, detail=words)

    async def _listen(self) -> None:
        """Hear of the topics, by Redis while it is there."""
        while True:
            try:
                if self._link.is_up:
                    await self._together(Names(self._upstream.instance or ""))
                else:
                    await self._alone()
            except _OverError:
                continue
            except UnreachableError as error:
                self._link.note(error)

    async def _together(self, names: Names) -> None:
        """Read what one process writes, and be that one when no other is; until Redis or the monitor is another."""
        reader = StreamReader(self._link, names, self._topics, self._clock)
        await _all(reader.follow(), self._lead(names), self._until_another(names.instance))

    async def _alone(self) -> None:
        """Listen to the monitor directly, until Redis is back."""
        await _all(PushLink(self._upstream, self._topics, self._clock).follow(), self._until_back())

    async def _lead(self, names: Names) -> None:
        while True:
            lease = Lease(self._link, names)
            await lease.take()
            self._is_bridge = True
            log.info("handing the monitor's push on", lease=lease.value)
            bridge = Bridge(self._link, names, lease, self._clock)
            try:
                await _all(
                    PushLink(self._upstream, bridge, self._clock).follow(),
                    bridge.write(),
                    bridge.listen(),
                    lease.keep(),
                )
            except LeaseLostError as error:
                log.warning("another process hands the monitor's push on", cause=str(error))
            finally:
                self._is_bridge = False
                await self._give_back(lease)

    async def _give_back(self, lease: Lease) -> None:
        try:
            await lease.give_back()
        except UnreachableError:
            # It ends by itself.
            return

    async def _until_back(self) -> None:
        await self._link.came_back.wait()
        raise _OverError("Redis is back")

    async def _until_another(self, instance: str) -> None:
        """Until another life of the monitor answers: its numbers say nothing about those of before."""
        while (self._upstream.instance or "") == instance:  # noqa: ASYNC110 - what the watch found is read
            await asyncio.sleep(_LOOK_S)
        self._topics.restart()
        raise _OverError("the monitor is another one")


async def _all(*works: Coroutine[None, None, None]) -> None:
    """Do all *works* until one of them fails, and raise what it raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work, name="serve")
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from failed

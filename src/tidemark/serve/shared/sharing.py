"""What several processes share through a Redis: answers, and the push connection of one of them to the monitor."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

import structlog

from tidemark.api.routes.health import Part, Status
from tidemark.clock import Clock
from tidemark.errors import UnreachableError
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.serve.relay.answers import Answers
from tidemark.serve.relay.push_link import PushLink
from tidemark.serve.relay.topics import RelayTopics
from tidemark.serve.relay.upstream import Upstream
from tidemark.serve.shared.answers import SharedAnswers
from tidemark.serve.shared.bridge import MOST_WAITING, Bridge
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.lease import Lease, LeaseLostError
from tidemark.serve.shared.link import CONNECTIONS, RedisLink
from tidemark.serve.shared.stream_reader import StreamReader
from tidemark.units import KIB, MIB, SECOND

_OWNER = "serve/redis"
# What the library reads ahead for one, and its own buffers; a message that comes when all is full.
_CONNECTION_BYTES, _MOST_MESSAGE = 192 * KIB, 8 * MIB
_LOOK_S, _AFTER_S = 0.25, 1.0
_DEAF_NS = 10 * SECOND
log = structlog.get_logger()


class _OverError(UnreachableError):
    """What was begun is not to go on like this: the monitor or Redis is another one now."""


class RedisShared:
    """All of it, see `process.Shared`. While Redis is away, this process listens to the monitor by itself."""

    def __init__(
        self, url: str, upstream: Upstream, topics: RelayTopics, own: Answers, clock: Clock, ledger: Ledger
    ) -> None:
        self.reservation = self.reserve()
        self._link = RedisLink(url)
        self._upstream = upstream
        self._topics = topics
        self._clock = clock
        self._bridge: Bridge | None = None
        self._peak = 0
        self.answers: Answers = SharedAnswers(self._link, upstream, own)
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What its connections and the bridge take; allocates nothing."""
        return Reservation(
            owner=_OWNER,
            kind="external",
            capacity=CONNECTIONS,
            item_bytes=_CONNECTION_BYTES,
            fixed_bytes=MOST_WAITING + _MOST_MESSAGE,
            policy="lets the next question wait",
        )

    def usage(self) -> Usage:
        """Connections that are busy."""
        used = min(self._link.busy, CONNECTIONS)
        self._peak = max(self._peak, used)
        waiting = 0 if self._bridge is None else self._bridge.waiting_bytes
        return Usage(used=used, peak=self._peak, bytes_used=used * _CONNECTION_BYTES + waiting)

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
        who = "another process" if self._bridge is None else "this process"
        words = f"{who} hands the monitor's push on"
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
            log.info("handing the monitor's push on", lease=lease.value)
            self._bridge = bridge = Bridge(self._link, names, lease, self._clock)
            push = PushLink(self._upstream, bridge, self._clock)
            try:
                await _all(push.follow(), bridge.write(), bridge.listen(), lease.keep(), self._while_heard(push))
            except LeaseLostError as error:
                log.warning("no longer handing the monitor's push on", cause=str(error))
            finally:
                self._bridge = None
                await self._give_back(lease)
            # Others first.
            await asyncio.sleep(_AFTER_S)

    async def _while_heard(self, push: PushLink) -> None:
        """As long as the monitor listens to this process: another one may be luckier, such as with a seat there."""
        heard_ns = self._clock.monotonic_ns()
        while self._clock.monotonic_ns() - heard_ns < _DEAF_NS:
            await asyncio.sleep(_LOOK_S)
            if push.is_up:
                heard_ns = self._clock.monotonic_ns()
        raise LeaseLostError("the monitor does not listen to this process; another one may try")

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

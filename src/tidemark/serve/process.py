"""The process that serves further clients of a monitor: built from top to bottom, run until it is told to stop."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Protocol

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from tidemark.api.access import RateLimit, is_loopback, refuse_open_bind
from tidemark.api.answering import past_handlers
from tidemark.api.application import IS_KNOWN, PUSH_PATH, Gate, application
from tidemark.api.push.house import House
from tidemark.api.routes.health import Part, Status
from tidemark.api.serving import Doors, address_of, listen, serve
from tidemark.api.static_files import StaticFiles
from tidemark.api.tokens import Tokens, Verifier
from tidemark.clock import SteadyClock
from tidemark.live.lags import Lags
from tidemark.live.place import folder_name
from tidemark.memory.ledger import Ledger
from tidemark.serve.database.backtests import KeptBacktests
from tidemark.serve.database.pool import Pool
from tidemark.serve.database.repository import Repository
from tidemark.serve.health import Conditions
from tidemark.serve.metrics import Metrics
from tidemark.serve.relay.answers import Answers, OwnAnswers
from tidemark.serve.relay.push_link import PushLink
from tidemark.serve.relay.rest import Relay
from tidemark.serve.relay.topics import Relayed, RelayTopics
from tidemark.serve.relay.upstream import Upstream
from tidemark.settings.settings import Settings
from tidemark.units import SECOND

# Connections that ask and are answered, beside those of push.
_ASKING = 64
_BEAT_S = 0.05
Work = Callable[[], Coroutine[None, None, None]]
log = structlog.get_logger()


class Shared(Protocol):
    """What several processes share, where there is a Redis: answers, and one connection to the monitor's push."""

    answers: Answers

    async def open(self) -> None:
        """Be ready; AddressError where it is not there."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...

    def works(self) -> Sequence[Work]:
        """What has to run as long as the process does."""
        ...

    def is_up(self) -> bool:
        """Whether it answers."""
        ...

    def part(self) -> Part:
        """How it is."""
        ...


async def run(settings: Settings, stop: asyncio.Event, tell: Callable[[str], None]) -> None:
    """Serve until *stop* is set; *tell* is given the address, once somebody can ask there.

    Before that: UnreachableError where no monitor answers, AddressError where Redis does not or the port is taken,
    SettingsError where anybody could ask.
    """
    chosen, clock, ledger = settings.serve, SteadyClock(), Ledger(settings.memory.transient)
    tokens = Tokens(settings.store.path)
    is_private = is_loopback(chosen.host)
    refuse_open_bind(chosen.host, has_tokens=not is_private and bool(tokens.listed()), section="serve")
    async with AsyncExitStack() as stack:
        upstream = Upstream(chosen.monitor, chosen.token, ledger)
        stack.push_async_callback(upstream.close)
        await upstream.open()
        own = OwnAnswers(clock, ledger)
        topics = RelayTopics(clock, clients=chosen.clients, ledger=ledger)
        shared = None
        if chosen.redis_url is not None:
            shared = _shared(chosen.redis_url.reveal(), upstream, topics, own, clock, ledger)
            stack.push_async_callback(shared.close)
            await shared.open()
        listening = listen(chosen.host, chosen.port, section="serve")
        stack.callback(listening.close)
        verifier = None if is_private else Verifier(tokens, clock, ledger)
        house = House(
            topics,
            clock,
            slots=House.account(chosen.clients, ledger),
            authenticate=None if verifier is None else verifier.may_read,
        )
        relay = Relay(upstream, own if shared is None else shared.answers, ledger)
        database = None if settings.store.database is None else settings.store.database.reveal()
        venue = folder_name(settings)
        pool = Pool(database, settings.store.path / venue, clock)
        stack.push_async_callback(pool.close)
        runs = settings.store.path / "backtests"
        of_runs = pool if database is not None else Pool(None, runs, clock)
        stack.push_async_callback(of_runs.close)
        repository = Repository(pool, clock, ledger, venue=venue, backtests=KeptBacktests(of_runs, clock, ledger, runs))
        lags = Lags(ledger)
        link = PushLink(upstream, topics, clock)
        handlers: dict[str, Handler] = {
            **relay.handlers(),
            **past_handlers(repository, ledger),
            **Conditions(relay, lambda: _parts(topics, shared), clock).handlers(),
            PUSH_PATH: _push(house),
            "/metrics": Metrics(
                clock, ledger, lags=lags, upstream=upstream, relay=relay.figures, push=house.figures,
                shared=lambda: None if shared is None else shared.is_up(),
            ).handler(),
        }  # fmt: skip
        gate = Gate(
            host=chosen.host,
            origins=settings.api.origins,
            rate=RateLimit(settings.api.rate, clock, ledger),
            verify=None if verifier is None else verifier.verify,
        )
        doors = Doors(_ASKING + chosen.clients, ledger)
        ledger.seal()
        app = application(handlers, actions=relay.actions(), gate=gate, files=StaticFiles())
        works: list[Work] = [
            upstream.watch,
            house.follow,
            lambda: _beat(clock, lags),
            *([link.follow] if shared is None else shared.works()),
        ]
        tell(address_of(listening))
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(
                serve(app, listening, doors, works, lambda: house.close("the process stops")), name="serve"
            )
            await stop.wait()
            serving.cancel()


def _shared(
    url: str, upstream: Upstream, topics: RelayTopics, own: OwnAnswers, clock: SteadyClock, ledger: Ledger
) -> Shared:
    from tidemark.serve.shared.sharing import RedisShared  # noqa: PLC0415 - 19 MB that one process alone has no use for

    return RedisShared(url, upstream, topics, own, clock, ledger)


def _push(house: House[Relayed]) -> Handler:
    async def push(request: web.Request) -> web.StreamResponse:
        return await house.handle(request, is_authenticated=request[IS_KNOWN])

    return push


def _parts(topics: RelayTopics, shared: Shared | None) -> list[Part]:
    """How this process is, beside its monitor."""
    heard = "is heard" if topics.is_connected else "is not heard"
    push = Part(
        name="push relay",
        status=Status.OK if topics.is_connected else Status.DEGRADED,
        detail=f"the monitor's push {heard}; {topics.usage().used} topics are followed",
    )
    return [push, *([] if shared is None else [shared.part()])]


async def _beat(clock: SteadyClock, lags: Lags) -> None:
    """Note how late the loop comes, until cancelled; follow a clock that was set."""
    while True:
        due = clock.monotonic_ns() + round(_BEAT_S * SECOND)
        await asyncio.sleep(_BEAT_S)
        lags.add(max(0, clock.monotonic_ns() - due))
        clock.look()

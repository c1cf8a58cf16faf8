import asyncio
from collections.abc import Awaitable, Callable
from random import Random

import msgspec
import pytest
from picows.url import parse_url

from tidemark.proof.simulation.loop import LoopClock, VirtualLoop
from tidemark.proof.simulation.network import JITTER_S, LATENCY_S, Network
from tidemark.sim.generator import generated
from tidemark.sim.server import Exchange
from tidemark.sim.settings import SimSettings
from tidemark.units import SECOND

URL = parse_url("ws://exchange.simulated/")
# A way takes that long at most, with the pieces of a chunk behind each other.
LONGEST_S = LATENCY_S + JITTER_S + 0.01


class Echo(asyncio.Protocol):
    """Sends back what it hears, and knows when the end came."""

    def __init__(self) -> None:
        self.heard = bytearray()
        self.transport: asyncio.Transport | None = None
        self.has_ended = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.heard += data
        assert self.transport is not None
        self.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        del error
        self.has_ended = True


def lived(work: Callable[[VirtualLoop, Network, list[Echo]], Awaitable[None]], seed: int = 1) -> None:
    loop = VirtualLoop()
    made: list[Echo] = []

    def accept() -> Echo:
        made.append(Echo())
        return made[-1]

    async def all_of_it() -> None:
        settings = SimSettings(venue="bybit", symbols=2, rate=10.0, seed=1, churn_s=0.0)
        clock = LoopClock(loop, 1_772_323_200 * SECOND)
        network = Network(Exchange(settings, generated(settings, clock.now_ns()), clock), accept, Random(seed))
        await work(loop, network, made)
        network.close()

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(all_of_it())


def test_bytes_arrive_whole_and_in_order_after_the_latency() -> None:
    async def work(loop: VirtualLoop, network: Network, made: list[Echo]) -> None:
        near = await network.reach(URL)
        began = loop.time()
        sent = bytes(range(256)) * 20_000
        reading = asyncio.ensure_future(received(near, len(sent)))
        await loop.sock_sendall(near, sent)
        assert await reading == sent
        assert bytes(made[0].heard) == sent
        assert loop.time() - began >= 2 * LATENCY_S
        near.close()

    async def received(near: object, count: int) -> bytes:
        found = bytearray()
        while len(found) < count:
            found += await asyncio.get_running_loop().sock_recv(near, 65536)  # type: ignore[arg-type]
        return bytes(found)

    lived(work)


def test_who_is_cut_sees_the_end_at_both_ends() -> None:
    async def work(loop: VirtualLoop, network: Network, made: list[Echo]) -> None:
        near = await network.reach(URL)
        network.cut(1.0)
        assert await loop.sock_recv(near, 10) == b""
        await asyncio.sleep(LONGEST_S)
        assert made[0].has_ended
        near.close()

    lived(work)


def test_an_end_travels_as_the_bytes_before_it_do() -> None:
    async def work(loop: VirtualLoop, network: Network, made: list[Echo]) -> None:
        near = await network.reach(URL)
        await loop.sock_sendall(near, b"last words")
        near.close()
        assert not made[0].heard
        await asyncio.sleep(3 * LONGEST_S)
        assert bytes(made[0].heard) == b"last words"
        assert made[0].has_ended

    lived(work)


def test_a_black_hole_takes_everything_and_says_nothing() -> None:
    async def work(loop: VirtualLoop, network: Network, made: list[Echo]) -> None:
        near = await network.reach(URL)
        network.freeze(1.0)
        await loop.sock_sendall(near, b"anybody there?")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(3_600.0):
                await loop.sock_recv(near, 10)
        assert not made[0].heard
        assert not made[0].has_ended
        near.close()
        await asyncio.sleep(LONGEST_S)
        assert made[0].has_ended

    lived(work)


def test_while_it_is_down_nobody_gets_through() -> None:
    async def work(loop: VirtualLoop, network: Network, made: list[Echo]) -> None:
        del loop, made
        way = network.transport()
        network.is_down = True
        with pytest.raises(ConnectionRefusedError):
            await network.reach(URL)
        with pytest.raises(ConnectionRefusedError):
            await way.get("/v5/market/time", (), 5.0)
        network.is_down = False
        answer = await way.get("/v5/market/time", (), 5.0)
        assert answer.status == 200
        assert msgspec.json.decode(answer.body)["retCode"] == 0

    lived(work)


def test_an_answer_that_takes_too_long_is_not_waited_for() -> None:
    async def work(loop: VirtualLoop, network: Network, made: list[Echo]) -> None:
        del made
        began = loop.time()
        with pytest.raises(TimeoutError):
            await network.transport().get("/v5/market/time", (), LATENCY_S / 2)
        assert loop.time() - began == pytest.approx(LATENCY_S / 2)

    lived(work)


def test_the_seed_decides_who_is_cut() -> None:
    found: dict[int, list[list[bool]]] = {1: [], 2: []}
    for seed in (1, 1, 2):

        async def work(loop: VirtualLoop, network: Network, made: list[Echo], seed: int = seed) -> None:
            del loop
            ends = [await network.reach(URL) for _ in range(12)]
            network.cut(0.5)
            await asyncio.sleep(LONGEST_S)
            found[seed].append([one.has_ended for one in made])
            for end in ends:
                end.close()

        lived(work, seed)

    assert found[1][0] == found[1][1] != found[2][0]
    assert sum(found[1][0]) == 6

"""The local exchange alone: what a frame costs it, from the made-up market to a transport that swallows the bytes.

One client wants trades, tickers, books and one-minute candles of 560 markets; time runs as fast as it can. The parts
are measured in a run of their own, where the clock is asked at each of their borders.
"""

import asyncio
from collections.abc import Callable, Iterator
from statistics import median
from time import process_time
from typing import Any

import msgspec
from aiohttp import web

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.frames import START_NS
from tidemark.clock import EventClock
from tidemark.sim.binance.session import BinanceSession
from tidemark.sim.bybit.session import BybitSession
from tidemark.sim.clients import Client, Router, Switches
from tidemark.sim.faults import Faults
from tidemark.sim.generator import Generator, generated
from tidemark.sim.market import Contract
from tidemark.sim.pump import Pump
from tidemark.sim.schedule import Pacer
from tidemark.sim.settings import SimSettings
from tidemark.units import SECOND

IS_CHEAP = False
GATE: Gate = "full"
# 194 million frames, 72 hours of 750 a second, are to take less than 17 minutes of a core.
_TARGET_US = 5.0
# Gives about 750 frames a second.
_RATE = 390.0
_WARM_UP_S = 5
_STREAMS = {
    "bybit": ("publicTrade.{}", "tickers.{}", "orderbook.50.{}", "kline.1.{}"),
    "binance": ("{}@aggTrade", "{}@bookTicker", "{}@depth@100ms", "{}@kline_1m"),
}


class _Spent(msgspec.Struct):
    frames: int
    seconds: float
    market: float = 0.0
    writing: float = 0.0


def run(plan: Plan) -> Iterator[Result]:
    """Both venues, turn by turn."""
    simulated_s, repetitions = plan.choose(120, 10), plan.choose(7, 3)
    spent: dict[str, list[_Spent]] = {venue: [] for venue in _STREAMS}
    for repetition in range(repetitions):
        say(f"repetition {repetition + 1} of {repetitions}")
        for venue in _STREAMS:
            spent[venue].append(asyncio.run(_once(venue, simulated_s, are_parts_timed=False)))
    for venue, runs in spent.items():
        each = [one.seconds / one.frames * 1e6 for one in runs]
        yield Result(
            name=f"exchange/{venue}", value=round(median(each), 2), unit="us/frame", target=_TARGET_US,
            n=repetitions, best=round(min(each), 2),
        )  # fmt: skip
        parts = asyncio.run(_once(venue, simulated_s, are_parts_timed=True))
        rest = parts.seconds - parts.market - parts.writing
        for name, seconds in (("market", parts.market), ("writing", parts.writing), ("delivery", rest)):
            value = round(max(seconds, 0.0) / parts.frames * 1e6, 2)
            yield Result(name=f"exchange/{venue}/{name}", value=value, unit="us/frame")


class _Swallowing(asyncio.Transport):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


class _Socket(web.WebSocketResponse):
    async def send_frame(self, message: bytes, opcode: Any, compress: int | None = None) -> None:
        pass


async def _once(venue: str, simulated_s: int, *, are_parts_timed: bool) -> _Spent:
    settings = SimSettings(venue=venue, rate=_RATE, speed=None)
    source = generated(settings, START_NS)
    router, switches = Router(), Switches(Faults())
    pump = Pump(source, router, switches, Pacer(EventClock(), None))
    session = BybitSession(source) if venue == "bybit" else BinanceSession()
    session.opened("/ws", {})
    client = Client(_Socket(), session, switches, 1)
    client.attach(_Swallowing())
    router.join(client)
    topics = _topics(venue, source)
    for topic in topics:
        source.snapshot(topic)
    router.subscribe(client, topics)
    spent = _Spent(0, 0.0)
    if are_parts_timed:
        _time_parts(source, spent)
    running = asyncio.create_task(pump.run())
    await _until(source, START_NS + _WARM_UP_S * SECOND)
    spent.market = spent.writing = 0.0
    begun, started = sum(router.sent().values()), process_time()
    await _until(source, START_NS + (_WARM_UP_S + simulated_s) * SECOND)
    spent.seconds = process_time() - started
    spent.frames = sum(router.sent().values()) - begun
    running.cancel()
    return spent


def _topics(venue: str, source: Generator) -> tuple[str, ...]:
    symbols = [
        market.symbol
        for _, market in source.truth.listed()
        if market.contract is Contract.PERPETUAL and market.quote == "USDT" and market.activity > 0.0
    ]
    names = symbols if venue == "bybit" else [symbol.lower() for symbol in symbols]
    return tuple(stream.format(name) for stream in _STREAMS[venue] for name in names)


async def _until(source: Generator, time_ns: int) -> None:
    while source.now_ns() < time_ns:  # noqa: ASYNC110 - nobody tells when a slice is over
        await asyncio.sleep(0)


def _time_parts(source: Generator, spent: _Spent) -> None:
    """Time what makes the market, and what writes its frames."""

    def timed(work: Callable[..., Any], part: str) -> Callable[..., Any]:
        def measured(*arguments: Any) -> Any:
            started = process_time()
            try:
                return work(*arguments)
            finally:
                setattr(spent, part, getattr(spent, part) + process_time() - started)

        return measured

    def each_timed(work: Callable[..., Iterator[None]]) -> Callable[..., Iterator[None]]:
        def measured(*arguments: Any) -> Iterator[None]:
            turn = timed(work(*arguments).__next__, "writing")
            while True:
                try:
                    turn()
                except StopIteration:
                    return
                yield

        return measured

    for owner, name in ((source.dynamics, "slice"), (source.derivatives, "slice"), (source.truth, "apply")):
        setattr(owner, name, timed(getattr(owner, name), "market"))
    for name in ("frames", "ended", "second", "closed"):
        setattr(source.wire, name, each_timed(getattr(source.wire, name)))

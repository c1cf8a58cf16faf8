"""The process that a soak watches: the service as a user runs it, by virtual time.

Beside the service there is nothing in it but the loop, the link, and what they answer with: whatever a soak keeps, it
keeps in the other process.
"""

import asyncio
import gc
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from tidemark.errors import RequestError, UnreachableError
from tidemark.ingest.http import Reply
from tidemark.live import alerts_job
from tidemark.live.assembly import Parts
from tidemark.live.child import resident
from tidemark.live.logs import configure
from tidemark.live.outside import Outside
from tidemark.live.supervisor import Options, run
from tidemark.proof.causes import first_cause
from tidemark.proof.simulation.loop import LoopClock
from tidemark.proof.soak.dial import Dial
from tidemark.proof.soak.link import (
    Answer,
    Ask,
    Backtest,
    Begun,
    Facts,
    Link,
    Look,
    Message,
    Over,
    Seen,
    SetClock,
    Stall,
    Stop,
)  # fmt: skip
from tidemark.proof.soak.paced import Pace, PacedLoop
from tidemark.proof.soak.plan import TELLING, Life, settings_of
from tidemark.store import backtest_job
from tidemark.units import HOUR, SECOND

# A run of the archive writer takes seconds of the hour that passes meanwhile on a real machine, as here; time waits for
# it only before the service would take it for hanging.
_CHILD_NS = 1200 * SECOND
# So often the dial is set, for whoever lives by the wall: in less time of that than anybody there waits for anything.
_DIAL_S = 1.0
# Of the archive, what a backtest is over: all markets of so long, through an engine of its own.
_BACKTEST_NS = 3 * HOUR


def main(link: int, pace: int, told: str) -> None:
    """Live a life; *link* and *pace* are the descriptors of what we share with the exchange, *told* is it as JSON."""
    life = msgspec.json.decode(told, type=Life)
    configure(settings_of(life).log, Path(life.log))
    loop = PacedLoop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(_Service(life, loop).live(socket.socket(fileno=link), Pace(pace, 1)))


class _Service:
    def __init__(self, life: Life, loop: PacedLoop) -> None:
        self._life = life
        self._loop = loop
        self._clock = LoopClock(loop, life.begun_ns - loop.time_ns())
        self._stop = asyncio.Event()
        self._parts: asyncio.Future[Parts] = loop.create_future()
        self._link: Link | None = None
        self._requests = Requests(self._say)
        self._looks: asyncio.Task[None] | None = None
        self._asked: asyncio.Task[None] | None = None
        self._dial = Dial(Path(life.dial), self._clock.now_ns())
        self._refused: list[str] = []  # bounded: by how often a soak asks for a backtest
        loop.beside = {alerts_job.MODULE: (TELLING, life.dial)}
        loop.still = frozenset({backtest_job.MODULE})

    async def live(self, link: socket.socket, pace: Pace) -> None:
        """From the first word to the last."""
        self._link = await Link.over(link, self._hear, self._lost)
        self._show()
        # What the exchange sends must not come before it was sent.
        self._loop.join(pace, leads=True)
        outside = Outside(clock=self._clock, transport=lambda: self._requests)
        error = ""
        try:
            await run(settings_of(self._life), Options(stop=self._stop, begun=self._begun), outside)
        except Exception as failure:  # noqa: BLE001 - whatever it was is told, and judged
            error = first_cause(failure)
            # For whoever keeps the files.
            traceback.print_exc(file=sys.stderr)
        ours = {asyncio.current_task(), self._looks, self._asked}
        left = [task for task in asyncio.all_tasks() if task not in ours]
        self._link.say(Over(error, tuple(sorted(task.get_name() for task in left))))
        await asyncio.sleep(1.0)

    def _show(self) -> None:
        self._dial.show(self._clock.now_ns())
        self._loop.call_later(_DIAL_S, self._show)

    def _lost(self) -> None:
        self._loop.leave()
        self._stop.set()

    def _begun(self, parts: Parts) -> None:
        self._parts.set_result(parts)
        self._loop.child_ns = _CHILD_NS
        self._say(Begun())

    def _say(self, message: Message) -> None:
        if self._link is not None:
            self._link.say(message)

    def _hear(self, message: Message) -> None:
        match message:
            case Answer():
                self._requests.answered(message)
            case Look():
                # One at a time: the other side asks again when it has been told.
                self._looks = self._loop.create_task(self._look(message.weigh), name="soak look")
            case SetClock():
                self._clock.step_ns += message.step_ns
            case Stall():
                self._loop.stall(message.seconds)
            case Backtest():
                self._asked = self._loop.create_task(self._backtest(), name="soak backtest")
            case Stop():
                # What ends now ends by the clock on the wall.
                self._loop.child_ns = 0
                self._stop.set()

    async def _backtest(self) -> None:
        """Ask for what a client of the API could; time stands still until it is over."""
        backtesting = (await self._parts).backtesting
        if backtesting is None:
            self._refused.append("backtests are not enabled")
            return
        now = self._clock.now_ns()
        asked = backtest_job.Asked(
            strategy="rules", parameters={}, models={}, data="archive", markets=(), timeframe="1m",
            begin=now - _BACKTEST_NS, end=now, cash=10_000.0, name="soak", shuffles=0,
        )  # fmt: skip
        try:
            await backtesting.begin(asked)
        except (RequestError, UnreachableError) as error:
            self._refused.append(str(error))

    async def _look(self, weigh: tuple[str, ...] | None) -> None:
        # One that comes while the service only begins is answered when there is something to look at.
        parts = await self._parts
        sample = parts.probe.look(collects=True) if weigh is None else await parts.probe.count(weigh)
        self._say(
            Seen(
                sample, _facts(parts, sample.process.anonymous - sample.floor, self._loop.paced.waited_s, self._refused)
            )
        )
        del sample
        gc.collect(0)


def _facts(parts: Parts, above_floor: int, waited_s: float, refused: Sequence[str]) -> Facts:
    engine = parts.engine
    counters, confirmed, books = engine.counters, engine.candles.confirmed.totals(), engine.books
    pressure, alerting = parts.health.pressure, parts.alerting
    ended = {} if parts.backtesting is None else parts.backtesting.ended
    return Facts(
        peak_rss=parts.health.peak_rss,
        unaccounted=above_floor - parts.ledger.used_bytes,
        messages=parts.intake.frames,
        trades=counters.trades,
        candles=counters.candles,
        gaps=counters.gaps,
        mismatched=confirmed.mismatched,
        compared=confirmed.checked,
        books_out=len(engine.universe.slots) - books.synced if books is not None else 0,
        stale=sum(len(engine.freshness.stale(channel)) for channel in ("trades", "tickers", "books")),
        given_up=pressure.given_up if pressure is not None else (),
        broken=tuple(parts.ledger.violations()),
        cpu_s=parts.clock.cpu_ns() / SECOND,
        waited_s=waited_s,
        alerts_begun=alerting.begun if alerting is not None else 0,
        alerts_resident=resident(alerting.pid) if alerting is not None and alerting.pid is not None else 0,
        backtests=ended.get("done", 0),
        backtests_wrong=(*refused, *(f"{count} {state}" for state, count in ended.items() if state != "done")),
    )


class Requests:
    """Carries requests to the exchange over the link, and its replies back."""

    def __init__(self, say: Callable[[Message], None]) -> None:
        self._say = say
        self._number = 0
        self._waiting: dict[int, asyncio.Future[Answer]] = {}  # bounded: the requests under way

    def answered(self, answer: Answer) -> None:
        """A reply has come."""
        waiting = self._waiting.pop(answer.number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(answer)

    async def get(self, path: str, query: Sequence[tuple[str, str]], timeout_s: float) -> Reply:
        """One request. Raises TimeoutError and OSError."""
        self._number += 1
        number = self._number
        waiting = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._say(Ask(number, path, dict(query)))
        try:
            async with asyncio.timeout(timeout_s):
                answer = await waiting
        finally:
            self._waiting.pop(number, None)
        if not answer.status:
            raise ConnectionRefusedError("the network is down")
        return Reply.of(answer.status, answer.headers, answer.body)

    async def close(self) -> None:
        """Nothing is held."""


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])

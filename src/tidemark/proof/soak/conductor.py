"""Runs a soak: the exchange here, the service in a process of its own, the faults between them, and looks at it all."""

import asyncio
import os
import resource
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random

import msgspec
from aiohttp import web

from tidemark.clock import SystemClock
from tidemark.errors import TidemarkError
from tidemark.live.place import folder_name
from tidemark.proof.recording import Recording
from tidemark.proof.simulation.loop import LoopClock
from tidemark.proof.simulation.schedule import SWITCHES, Fault, switched
from tidemark.proof.soak.candles import CandleCheck, Judged
from tidemark.proof.soak.delivery import Delivered, judge, lines_of, wait_until_sent
from tidemark.proof.soak.dial import DialClock
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
)
from tidemark.proof.soak.paced import Pace, PacedLoop
from tidemark.proof.soak.plan import EPOCH_NS, FILE_NAME, SIGNED_WITH, TELLING, WEBHOOK, Life, Plan, settings_of
from tidemark.proof.soak.plan import FILE as FILE_SINK
from tidemark.proof.soak.receiver import Receiver
from tidemark.proof.soak.schedule import MANNERS
from tidemark.sim.generator import Generator, generated
from tidemark.sim.server import LONGEST_ADDRESS, Exchange
from tidemark.sim.settings import SimSettings
from tidemark.store.tables import FILE
from tidemark.units import MIB, MINUTE, SECOND

# A service that is told to stop has so long.
_STOP_S = 10.0
# Samples of a soak, cheap ones and whole ones.
_LOOKS = 720
_LOOKS_A_COUNT = 10
# So long after a backtest somebody asks for the next.
_BACKTESTS_APART_S = 8 * 3600.0
# What a run cannot be written down beside, and how far from that one is asked for.
_OF_THE_DISK = frozenset({"disk full", "database busy"})
_CALM_S = 120.0
# A minute that is held against the exchange's is at most so old.
_CHECK_S = 7200.0
_CHURN_S = 1800.0
# The rate of the exchange counts trades and quotes: so many are they of the messages of a second, as measured over an
# hour of 560 markets; the others are books.
_QUOTED = {"bybit": 0.6, "binance": 0.8}
# What the exchange sends in one window reaches the service at once: only what is really too much is cut.
_MOST_BUFFERED = 64 * MIB
_SMALL_FILE = 4096
_TIMEOUT_S = 600.0
# Whoever writes to the database is done within so long, or it is busy by itself.
_LOCK_S = 1.0


class Sighting(msgspec.Struct, frozen=True, kw_only=True):
    """One look at the service: `at_s` of the soak, in which of its lives, and what it told."""

    at_s: float
    life: int
    rss: int
    anonymous: int
    blocks: int
    used: int
    tasks: int
    descriptors: int
    facts: Facts


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a life ended: killed by us, or by itself. `left`: tasks that were left over.

    `error`: "" when it was in order. alerts_killed: so often we killed the process that tells people meanwhile.
    """

    life: int
    at_s: float
    is_killed: bool
    code: int
    error: str
    left: tuple[str, ...]
    alerts_killed: int = 0


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a soak. `recordings`: by life, the samples that an audit judges."""

    plan: Plan
    budget: int
    simulated_s: float
    elapsed_s: float
    service_cpu_s: float
    service_waited_s: float
    exchange_waited_s: float
    sent: dict[str, int]
    requests: int
    sightings: tuple[Sighting, ...]
    recordings: tuple[Recording, ...]
    ends: tuple[Ended, ...]
    candles: Judged
    delivered: Delivered
    broken: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def messages(self) -> int:
        """All that the lives took in."""
        return sum({one.life: one.facts.messages for one in self.sightings}.values())

    @property
    def peak_rss(self) -> int:
        """The highest RSS that was seen, in bytes."""
        return max((max(one.rss, one.facts.peak_rss) for one in self.sightings), default=0)

    def write_samples(self, folder: Path) -> None:
        """Write the samples of each life to a file, as `tidemark audit --samples` reads them."""
        for number, recording in enumerate(self.recordings, start=1):
            samples = sorted((*recording.looks, *recording.counts), key=lambda one: one.messages)
            lines = b"".join(msgspec.json.encode(one) + b"\n" for one in samples)
            (folder / f"samples-{number}.jsonl").write_bytes(lines)


class Conductor:
    """One soak, in *folder*. *tell* is given the share of it that is over, and the newest sighting.

    program: what Python runs as the service.
    """

    def __init__(
        self,
        plan: Plan,
        folder: Path,
        tell: Callable[[float, Sighting | None], None],
        program: Sequence[str] = ("-m", "tidemark.proof.soak.service"),
    ) -> None:
        self._plan = plan
        self._folder = folder
        self._dial = folder / "dial"
        self._tell = tell
        self._program = program
        self._loop = PacedLoop()
        self._clock = LoopClock(self._loop, EPOCH_NS)
        self._began_s = self._loop.time()
        self._length_s = plan.hours * 3600
        self._rng = Random(f"soak network {plan.seed}")
        self._lives = self._alerts_killed = 0
        self._service: subprocess.Popen[bytes] | None = None
        self._link: Link | None = None
        self._over: asyncio.Future[Over | None] | None = None
        self._seen: asyncio.Future[Seen | None] | None = None
        self._is_down = False
        self._is_stopping = False
        self._is_gone = asyncio.Event()
        self._url = ""
        self._sightings: list[Sighting] = []  # bounded: `_LOOKS`, and one an end
        self._recordings: list[Recording] = []  # bounded: one a life
        self._ends: list[Ended] = []  # bounded: one a life
        self._broken: list[str] = []  # bounded: by what one look can find
        self._problems: list[str] = []  # bounded: one a look, and one a life
        self._cpu_s: dict[int, float] = {}  # bounded: one a life
        self._replies: set[asyncio.Task[None]] = set()  # bounded: the requests under way
        settings = SimSettings(
            venue=plan.venue, symbols=plan.symbols, rate=plan.rate * _QUOTED[plan.venue], seed=plan.seed,
            churn_s=_CHURN_S, start_ns=EPOCH_NS,
        )  # fmt: skip
        self._source: Generator = generated(settings, EPOCH_NS)
        self._receiver = Receiver(SIGNED_WITH)
        self._exchange = Exchange(settings, self._source, self._clock)
        self._exchange.pump.most_buffered = _MOST_BUFFERED
        self._exchange.pump.sends_slices = True
        told = settings_of(self._life())
        self._budget = told.memory.budget
        # What broke is mended by the comparison with the exchange's candles at the latest, and that has its period.
        mended_ns = round(2 * told.reconcile.every * SECOND) + 2 * MINUTE
        self._kept = folder / "store" / folder_name(told)
        self._candles = CandleCheck(self._kept, self._source.truth, mended_ns)

    def run(self) -> Outcome:
        """All of it, in as much time as the work takes."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            return runner.run(self._run())

    async def _run(self) -> Outcome:
        wall = SystemClock()
        started_ns = wall.monotonic_ns()
        exchange = self._exchange
        runner = web.AppRunner(
            exchange.application(), access_log=None, shutdown_timeout=0.5, max_line_size=LONGEST_ADDRESS
        )
        await runner.setup()
        listener = socket.create_server(("127.0.0.1", 0), backlog=512)
        self._url = f"ws://127.0.0.1:{listener.getsockname()[1]}"
        site = web.SockSite(runner, listener)
        await site.start()
        tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (
                ("market", exchange.pump.run()),
                ("looks", self._watch()),
                ("candles", self._check()),
                ("backtests", self._backtest()),
            )
        ]
        overdue: list[str] = []  # bounded: by what one look can find
        try:
            await self._begin()
            await self._suffer()
            overdue += self._wait_until_told()
            await self._stop("the end")
        finally:
            for task in tasks:
                task.cancel()
            if self._service is not None:
                self._service.kill()
            await self._end(is_killed=True, told=None)
            await asyncio.gather(*tasks, return_exceptions=True)
            await runner.cleanup()
            self._receiver.close()
        self._candles.judge(self._clock.now_ns())
        self._broken += self._logged("a bound is broken")
        return Outcome(
            plan=self._plan,
            budget=self._budget,
            simulated_s=self._loop.time() - self._began_s,
            elapsed_s=(wall.monotonic_ns() - started_ns) / SECOND,
            service_cpu_s=sum(self._cpu_s.values()),
            service_waited_s=sum({one.life: one.facts.waited_s for one in self._sightings}.values()),
            exchange_waited_s=self._loop.paced.waited_s,
            sent=exchange.router.sent(),
            requests=exchange.requests,
            sightings=tuple(self._sightings),
            recordings=tuple(self._recordings),
            ends=tuple(self._ends),
            candles=self._candles.judged,
            delivered=self._delivered(overdue),
            broken=tuple(self._broken),
            problems=tuple(self._problems),
        )

    def _logged(self, event: str) -> Iterator[str]:
        """What the service has logged under that name, in any of its lives."""
        for life in range(1, self._lives + 1):
            with (self._folder / f"service-{life}.log").open("rb") as lines:
                for line in lines:
                    if event.encode() in line:
                        yield f"life {life} logged: {line.decode(errors='replace').strip()}"

    def _wait_until_told(self) -> list[str]:
        """Time stands still until whatever is due has been sent; give words about what was not."""
        if self._service is None or self._service.poll() is not None:
            return []
        return wait_until_sent(self._kept, self._kept.name, DialClock(self._dial).now_ns)

    def _delivered(self, overdue: list[str]) -> Delivered:
        lines, twice = lines_of(self._kept / FILE_NAME)
        found = judge(self._kept, self._kept.name, {WEBHOOK: self._receiver.arrivals, FILE_SINK: lines})
        found.overdue += overdue
        found.twice += twice
        found.reception = self._receiver.reception()
        return found

    def _at_s(self) -> float:
        return self._loop.time() - self._began_s

    def _life(self) -> Life:
        return Life(
            plan=self._plan,
            begun_ns=self._clock.now_ns(),
            store=str(self._folder / "store"),
            log=str(self._folder / f"service-{self._lives}.log"),
            stream_url=self._url or "ws://127.0.0.1:1",
            dial=str(self._dial),
            receiver=self._receiver.url,
        )

    async def _begin(self) -> None:
        """Start the service on the files that there are, and wait until it watches."""
        ours, theirs = socket.socketpair()
        shared = Pace.make()
        loop = self._loop
        self._lives += 1
        life = self._lives
        self._over, begun = loop.create_future(), loop.create_future()
        over = self._over

        def heard(message: Message) -> None:
            match message:
                case Ask():
                    task = loop.create_task(self._reply(message))
                    self._replies.add(task)
                    task.add_done_callback(self._replies.discard)
                case Seen() if self._seen is not None and not self._seen.done():
                    self._seen.set_result(message)
                case Begun() if not begun.done():
                    begun.set_result(None)
                case Over() if not over.done():
                    over.set_result(message)

        def lost() -> None:
            loop.leave()
            for waiting in (over, begun, self._seen):
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
            if self._lives == life and not self._is_stopping:
                self._problems.append(f"at {self._at_s():.0f} s: the service ended by itself")
                self._is_gone.set()

        told = msgspec.json.encode(self._life()).decode()
        self._recordings.append(Recording())
        with (self._folder / f"service-{life}.err").open("wb") as errors:
            self._service = subprocess.Popen(  # noqa: ASYNC220, S603 - our own program, which is there at once
                [sys.executable, *self._program, str(theirs.fileno()), str(shared), told],
                pass_fds=(theirs.fileno(), shared), stdin=subprocess.DEVNULL, stderr=errors,
            )  # fmt: skip
        theirs.close()
        pace = Pace(shared, 0)
        os.close(shared)
        self._is_stopping = False
        self._link = await Link.over(ours, heard, lost)
        service = self._service
        loop.paced.has_peer = lambda: service.poll() is None
        loop.join(pace, leads=False)
        await begun

    async def _reply(self, ask: Ask) -> None:
        link = self._link
        if self._is_down or link is None:
            answer = Answer(ask.number, 0)
        else:
            told = await self._exchange.reply(ask.path, ask.query)
            answer = Answer(ask.number, told.status, tuple(told.headers), told.body)
        if link is not None:
            link.say(answer)

    async def _end(self, *, is_killed: bool, told: Over | None) -> None:
        """Take note of a life that is over."""
        service, self._service = self._service, None
        if service is None:
            return
        # Nobody waits for the other one any more.
        self._loop.leave()
        try:
            code = service.wait(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            service.kill()
            code = service.wait()
        if self._link is not None:
            self._link.close()
            self._link = None
        error = "" if is_killed or told is not None else f"it ended with {code} and without a word"
        self._ends.append(
            Ended(
                life=self._lives,
                at_s=self._at_s(),
                is_killed=is_killed,
                code=code,
                error=told.error if told is not None else error,
                left=told.left if told is not None else (),
                alerts_killed=self._alerts_killed,
            )
        )
        self._alerts_killed = 0

    async def _stop(self, why: str) -> None:
        """End the service as a signal does, and see that it obeys."""
        if self._service is None or self._link is None or self._over is None:
            return
        self._is_stopping = True
        if not self._over.done():
            await self._look(weigh=None)
            self._link.say(Stop())
        done, _ = await asyncio.wait({self._over}, timeout=_STOP_S)
        if not done:
            self._problems.append(f"after {why} the service did not stop within {_STOP_S:g} s")
            self._service.kill()
        await self._end(is_killed=False, told=self._over.result() if self._over.done() else None)

    async def _restart(self, fault: Fault) -> None:
        if fault.kind == "kill":
            self._is_stopping = True
            if self._service is not None:
                self._service.send_signal(signal.SIGKILL)
            await self._end(is_killed=True, told=None)
        else:
            await self._stop("a restart")
        await asyncio.sleep(fault.for_s)
        await self._begin()

    async def _watch(self) -> None:
        """Look at the service again and again."""
        apart_s = max(self._length_s / _LOOKS, min(60.0, self._length_s / 120))
        number = 0
        while True:
            await asyncio.sleep(apart_s)
            is_whole = number % _LOOKS_A_COUNT == 0
            number += 1
            await self._look(self._recordings[-1].rising_names() if is_whole else None)
            self._tell(self._at_s() / self._length_s, self._sightings[-1] if self._sightings else None)

    async def _look(self, weigh: tuple[str, ...] | None) -> None:
        link, life = self._link, self._lives
        if link is None or (self._seen is not None and not self._seen.done()):
            return
        self._seen = self._loop.create_future()
        link.say(Look(weigh))
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                seen = await self._seen
        except TimeoutError:
            self._problems.append(f"at {self._at_s():.0f} s: the service did not say how it is within {_TIMEOUT_S:g} s")
            return
        if seen is None:
            return
        sample, facts = seen.sample, seen.facts
        self._recordings[-1].add(sample)
        self._cpu_s[life] = facts.cpu_s
        self._broken += (f"at {self._at_s():.0f} s: {words}" for words in facts.broken)
        self._sightings.append(
            Sighting(
                at_s=self._at_s(),
                life=life,
                rss=sample.process.rss,
                anonymous=sample.process.anonymous,
                blocks=sample.process.blocks,
                used=sum(line.bytes_used for line in sample.owners if line.kind != "external"),
                tasks=sum(sample.tasks.values()),
                descriptors=sample.descriptors.count,
                facts=facts,
            )
        )

    async def _backtest(self) -> None:
        """Ask for a backtest now and then, when the disk takes something and the database is nobody else's."""
        await asyncio.sleep(self._plan.backtest_s)
        while True:
            at = self._at_s()
            is_calm = not any(
                fault.kind in _OF_THE_DISK and fault.at_s - _CALM_S <= at <= fault.at_s + fault.for_s + _CALM_S
                for fault in self._plan.faults
            )
            if is_calm and self._link is not None and not self._is_stopping:
                self._link.say(Backtest())
                await asyncio.sleep(_BACKTESTS_APART_S)
            else:
                await asyncio.sleep(_CALM_S)

    async def _check(self) -> None:
        """Hold the candles against what was traded, before the exchange forgets it."""
        while True:
            await asyncio.sleep(min(_CHECK_S, self._length_s / 4))
            self._candles.judge(self._clock.now_ns())

    async def _suffer(self) -> None:
        """Let the faults happen, one after the other, and the rest of the time pass; until the service is gone."""
        faults = list(self._plan.faults)
        moments = sorted({at for fault in faults for at in (fault.at_s, fault.at_s + fault.for_s)})
        locked: sqlite3.Connection | None = None
        for at in (*moments, self._length_s):
            if await self._passes(at):
                break
            for fault in faults:
                if fault.at_s == at and fault.kind not in SWITCHES:
                    await self._happen(fault)
            now = [fault for fault in faults if fault.at_s <= at < fault.at_s + fault.for_s]
            kinds = {fault.kind for fault in now}
            self._is_down = "down" in kinds
            self._exchange.refuses = self._is_down
            self._limit(is_full="disk full" in kinds)
            locked = lock(self._kept / FILE, locked, is_busy="database busy" in kinds)
            self._exchange.switch(switched(faults, at))
            self._receiver.behave(next((MANNERS[kind] for kind in kinds if kind in MANNERS), None))
        lock(self._kept / FILE, locked, is_busy=False)

    async def _passes(self, at_s: float) -> bool:
        """Let time pass until *at_s* of the soak; whether the service has ended by itself before."""
        try:
            async with asyncio.timeout(max(0.0, at_s - self._at_s())):
                return await self._is_gone.wait()
        except TimeoutError:
            return False

    async def _happen(self, fault: Fault) -> None:
        match fault.kind:
            case "burst":
                self._exchange.pump.burst(fault.amount)
            case "cut":
                self._cut(fault.amount)
            case "down":
                self._cut(1.0)
            case "clock jump" if self._link is not None:
                self._link.say(SetClock(round(fault.amount * SECOND)))
            case "stall" if self._link is not None:
                self._link.say(Stall(fault.amount))
            case "restart" | "kill":
                await self._restart(fault)
            case "alerts kill":
                self._kill_alerts()
            case "disk full" | "database busy" | "clock jump" | "stall":
                pass
            case kind if kind in MANNERS:
                pass
            case _:
                raise TidemarkError(f"the fault {fault.kind!r} is not known")

    def _cut(self, share: float) -> None:
        clients = list(self._exchange.router.clients)
        for client in self._rng.sample(clients, min(len(clients), max(1, round(share * len(clients))))):
            client.cut()

    def _limit(self, *, is_full: bool) -> None:
        """Make the disk full for the service and for who tells people: no file of theirs grows past a page."""
        if self._service is None:
            return
        # The service first: one that it begins meanwhile has what it has.
        for pid in (self._service.pid, *alerts_of(self._service.pid)):
            with suppress(ProcessLookupError):
                _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
                resource.prlimit(pid, resource.RLIMIT_FSIZE, (_SMALL_FILE if is_full else hard, hard))

    def _kill_alerts(self) -> None:
        """End the process that tells people, as somebody does who needs memory."""
        for pid in alerts_of(self._service.pid) if self._service is not None else ():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self._alerts_killed += 1


def alerts_of(service: int) -> list[int]:
    """The processes that tell people which the process *service* began."""
    found = []
    with suppress(OSError):
        for children in Path(f"/proc/{service}/task").glob("*/children"):
            for pid in children.read_text().split():
                with suppress(OSError):
                    if TELLING.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                        found.append(int(pid))
    return found


def lock(file: Path, locked: sqlite3.Connection | None, *, is_busy: bool) -> sqlite3.Connection | None:
    """Hold the database in *file*, if there is one, so that nobody else can write to it; or let go of it."""
    if locked is not None and not is_busy:
        locked.close()
        return None
    if locked is None and is_busy and file.exists():
        locked = sqlite3.connect(file, timeout=_LOCK_S, isolation_level=None)
        try:
            locked.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            # Somebody writes for as long as we wait: it is as busy as it was to be.
            locked.close()
            return None
    return locked

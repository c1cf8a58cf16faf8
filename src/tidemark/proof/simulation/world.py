"""One simulation: the local exchange, a network and the service in one loop, with the faults of a seed."""

import asyncio
import random
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import msgspec
from aiohttp import web

from tidemark.errors import TidemarkError
from tidemark.live.assembly import Parts
from tidemark.live.outside import Outside
from tidemark.live.questions import SOCKET_NAME
from tidemark.live.supervisor import Options, run
from tidemark.proof.causes import first_cause
from tidemark.proof.simulation.invariants import Invariants
from tidemark.proof.simulation.loop import LoopClock, VirtualLoop
from tidemark.proof.simulation.network import Network
from tidemark.proof.simulation.outcome import Kept, Outcome, kept
from tidemark.proof.simulation.schedule import MACHINE, NETWORK, SWITCHES, Fault, switched
from tidemark.settings.settings import Settings, load
from tidemark.sim.generator import generated
from tidemark.sim.server import LONGEST_ADDRESS, Exchange
from tidemark.sim.settings import SimSettings
from tidemark.units import MIB, MINUTE, SECOND

# All simulations begin on the same day, at a time of day that the seed gives.
_EPOCH_NS = 1_772_323_200 * SECOND
_DAY_S = 86_400
# A service that is told to stop has so long.
_STOP_S = 10.0
_ADDRESS = "exchange.simulated"
_SMALL_FILE = 4096
_RECORDING_BYTES = 64 * MIB


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one simulation is a function of.

    `length_s` by the clock of the exchange; `records`: each life is recorded.
    """

    seed: int
    venue: str
    symbols: int
    rate: float
    length_s: float
    faults: tuple[Fault, ...]
    records: bool = False


def settings_of(plan: Plan, store: Path) -> Settings:
    """What the service of a simulation is told."""
    return load(
        None,
        {},
        {
            "venue.name": plan.venue,
            "venue.rest_url": f"http://{_ADDRESS}",
            "venue.stream_url": f"ws://{_ADDRESS}",
            "candles.timeframes": "10s,1m,5m",
            "store.folder": str(store),
            "archive.enabled": "false",
            "reconcile.every": "30s",
            "universe.spare_slots": "4",
            # That of a process in which more than the service lives.
            "memory.budget": "4GB",
        },
    ).settings


class World:
    """Lives once: `live` gives what came of it."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._lives = 0
        self._rng = Random(f"world {plan.seed}")
        self._loop = VirtualLoop(Random(f"timers {plan.seed}"))
        epoch_ns = _EPOCH_NS + self._rng.randrange(_DAY_S) * SECOND
        # The machine of the service may have its clock set; that of the exchange is the truth.
        self._clock = LoopClock(self._loop, epoch_ns)
        self._truth = LoopClock(self._loop, epoch_ns)
        self._began_s = self._loop.time()
        self._invariants = Invariants(self._loop.time)
        self._service: asyncio.Task[object] | None = None
        self._stop = asyncio.Event()

    def live(self) -> Outcome:
        """From the first connection to the last file, in as much time as the work takes."""
        # What libraries draw for themselves, like the pauses between retries, is of the seed as well.
        random.seed(self._plan.seed)
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            return runner.run(self._live())

    async def _live(self) -> Outcome:
        plan = self._plan
        settings = SimSettings(
            venue=plan.venue, symbols=plan.symbols, rate=plan.rate, seed=plan.seed, churn_s=0.0,
            trades_kept_s=plan.length_s,
        )  # fmt: skip
        exchange = Exchange(settings, generated(settings, self._truth.now_ns()), self._truth)
        runner = web.AppRunner(
            exchange.application(), access_log=None, shutdown_timeout=0.5, max_line_size=LONGEST_ADDRESS
        )
        await runner.setup()
        accept = runner.server
        if accept is None:
            raise TidemarkError("the local exchange has no server")
        network = Network(exchange, accept, Random(f"network {plan.seed}"))
        market = asyncio.create_task(exchange.pump.run(), name="market")
        looking = asyncio.create_task(self._look(), name="look")
        try:
            self._begin(network)
            await self._suffer(exchange, network)
            until_ns = self._truth.now_ns()
            await self._end("the end")
        finally:
            market.cancel()
            looking.cancel()
            network.close()
            await runner.cleanup()
            await asyncio.gather(market, looking, return_exceptions=True)
        await asyncio.sleep(1.0)
        left = [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        if left:
            self._invariants.tell(f"tasks are left over: {', '.join(sorted(left))}")
        return Outcome(
            seed=plan.seed,
            broken=tuple(self._invariants.broken),
            digest=self._invariants.digest,
            outputs=self._invariants.outputs,
            connections=network.opened,
            requests=exchange.requests,
            until_ns=until_ns,
            kept=self._kept(exchange, until_ns),
        )

    def _kept(self, exchange: Exchange, until_ns: int) -> Kept:
        return kept(self._store(), exchange.source, self._truth_since(), until_ns)

    def _truth_since(self) -> int:
        return self._truth.now_ns() - round((self._loop.time() - self._began_s) * SECOND) - MINUTE

    def _store(self) -> Path:
        return self._folder / f"life-{self._lives}"

    def _begin(self, network: Network) -> None:
        """Start the service on the files of its life."""
        chosen = settings_of(self._plan, self._store())
        self._stop = asyncio.Event()
        outside = Outside(clock=self._clock, reach=network.reach, transport=network.transport)
        recording = (self._folder / f"recording-{self._lives}", _RECORDING_BYTES) if self._plan.records else None
        options = Options(stop=self._stop, begun=self._begun, capture=recording)
        self._service = asyncio.create_task(run(chosen, options, outside), name="service")

    def _begun(self, parts: Parts) -> None:
        self._invariants.attach(parts.intake, parts.ledger)

    async def _end(self, why: str) -> None:
        """Stop the service as a signal does, and see that it obeys."""
        service, self._service = self._service, None
        if service is None:
            return
        self._stop.set()
        done, _ = await asyncio.wait({service}, timeout=_STOP_S)
        if not done:
            self._invariants.tell(f"after {why} the service did not stop within {_STOP_S:g} s")
            service.cancel()
            await asyncio.gather(service, return_exceptions=True)
        elif service.exception() is not None:
            self._invariants.tell(f"the service ended with {first_cause(service.exception())}")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(1.0)
            self._invariants.look()
            service = self._service
            if service is not None and service.done() and not self._stop.is_set():
                self._invariants.tell("the service ended by itself")
                await self._end("that")

    async def _suffer(self, exchange: Exchange, network: Network) -> None:
        """Let the faults happen, one after the other, and the rest of the time pass."""
        faults = list(self._plan.faults)
        moments = sorted({at for fault in faults for at in (fault.at_s, fault.at_s + fault.for_s)})
        with self._limited() as limit:
            for at in moments:
                await asyncio.sleep(max(0.0, self._began_s + at - self._loop.time()))
                for fault in faults:
                    if fault.at_s == at and fault.kind not in SWITCHES:
                        await self._happen(fault, exchange, network)
                now = [fault for fault in faults if fault.at_s <= at < fault.at_s + fault.for_s]
                network.is_down = any(fault.kind == "down" for fault in now)
                limit(any(fault.kind == "disk full" for fault in now))
                exchange.switch(switched(faults, at))
            await asyncio.sleep(max(0.0, self._began_s + self._plan.length_s - self._loop.time()))

    async def _happen(self, fault: Fault, exchange: Exchange, network: Network) -> None:
        match fault.kind:
            case "burst":
                exchange.pump.burst(fault.amount)
            case "cut":
                network.cut(fault.amount)
            case "freeze":
                network.freeze(fault.amount)
            case "down":
                network.cut(1.0)
            case "clock jump":
                self._clock.step_ns += round(fault.amount * SECOND)
            case "stall":
                self._loop.stall(fault.amount)
            case "restart" | "kill":
                await self._restart(network, is_killed=fault.kind == "kill")
            case _:
                known = (*NETWORK, *MACHINE)
                if fault.kind not in known:
                    raise TidemarkError(f"the fault {fault.kind!r} is not known; there are {', '.join(known)}")

    async def _restart(self, network: Network, *, is_killed: bool) -> None:
        """Stop and start again; killed, on the files as they are now: what the end would write is not there."""
        before = self._store()
        if is_killed:
            self._lives += 1
            if before.is_dir():
                # The control socket is no file that outlives its process.
                shutil.copytree(before, self._store(), ignore=shutil.ignore_patterns(SOCKET_NAME))
        await self._end("a kill" if is_killed else "a restart")
        self._begin(network)

    @staticmethod
    @contextmanager
    def _limited() -> Iterator[Callable[[bool], None]]:
        """Makes the disk full, for this process: no file grows past a page."""
        before = resource.getrlimit(resource.RLIMIT_FSIZE)

        def limit(is_full: bool) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (_SMALL_FILE, before[1]) if is_full else before)

        try:
            yield limit
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)

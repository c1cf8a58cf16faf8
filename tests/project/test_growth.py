"""Ten thousand simulated seconds of a market in which everything comes and goes: nothing that is ours grows."""

import gc
import sys
import tracemalloc
from collections import Counter, deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT, instrument
from tests.project.repository import SOURCE

from tidemark.engine.intake import BATCH_TRADES, Intake
from tidemark.engine.outputs import Output
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.ingest.venues import registry
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Delisting, Listing, StreamGap
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

SERIES = 8
RETENTION = {Timeframe.S10: 30, Timeframe.M1: 30, Timeframe.M5: 10}
# Of what one file of ours allocated: a leak of one small object every twenty steps is more than this in 5,000 steps.
ALLOWED_BYTES = 16 * 1024
CONTAINERS = (list, dict, set, deque, bytearray)


class Place(NamedTuple):
    """A container that an object of ours keeps, or a module."""

    holder: int
    of: str
    name: str


class World:
    """An engine behind an intake, and a market of *SERIES* symbols of which the oldest leaves for an unknown one."""

    def __init__(self, intake: type[Intake] = Intake, deliver: Callable[[list[Output]], None] | None = None) -> None:
        self.ledger = Ledger()
        size = EngineSize(
            series=SERIES,
            retention=RETENTION,
            tape_rows=50,
            is_numbered=False,
            batch_trades=BATCH_TRADES,
            grace_ns=2 * SECOND,
        )
        self.engine = Engine(size, self.ledger)
        self.rejected: Counter[str] = Counter()
        self.parser = registry.find("bybit").parser(self.engine.universe.slots)
        self.intake = intake(
            self.engine,
            self.parser,
            self.ledger,
            deliver=deliver or (lambda _: None),
            reject=lambda error, _: self.rejected.update([error.kind]),
        )
        self.ledger.seal()
        self.listed: deque[str] = deque(maxlen=SERIES)

    def run(self, first: int, last: int) -> None:
        for step in range(first, last):
            self.step(step)

    def step(self, step: int) -> None:
        now = MIDNIGHT + step * SECOND
        if step % 10 == 0:
            self._list(f"S{step}USDT", now)
        if step % 50 == 25:
            self._gap(now, None)
        if step % 50 == 28:
            self._gap(now - 3 * SECOND, now)
        for number, symbol in enumerate(self.listed):
            self.intake.frame(_trades(symbol, now, step, number), now)
        self.intake.frame(_ticker(self.listed[step % len(self.listed)], now, step), now)
        self.intake.frame(b'{"topic":"publicTrade.' + str(step).encode(), now)
        self.intake.pass_time(now)
        self.intake.flush()

    def _list(self, symbol: str, now: int) -> None:
        if len(self.listed) == SERIES:
            self.intake.event(Delisting(ts_event=now, ts_recv=now, symbol=self.listed[0]))
        self.listed.append(symbol)
        self.intake.event(Listing(ts_event=now, ts_recv=now, instrument=instrument(symbol)))
        self._gap(now, now)

    def _gap(self, since: int, until: int | None) -> None:
        ts = until or since
        gap = StreamGap(
            ts_event=ts,
            ts_recv=ts,
            venue="bybit",
            channel="trades",
            symbols=tuple(self.listed),
            gap_from=since,
            gap_to=until,
            cause=f"planned at {ts}",
        )
        self.intake.event(gap)


def _trades(symbol: str, now: int, step: int, number: int) -> bytes:
    rows = [
        {
            "T": now // 1_000_000,
            "s": symbol,
            "S": "Buy" if (step + number + row) % 2 else "Sell",
            "v": str(1 + row),
            "p": f"{100 + (step * 7 + number) % 50 / 10:.1f}",
            "i": f"{step}-{number}-{row}",
            "seq": step * 10 + row,
        }
        for row in range(2)
    ]
    message = {"topic": f"publicTrade.{symbol}", "type": "snapshot", "ts": now // 1_000_000, "data": rows}
    return msgspec.json.encode(message)


def _ticker(symbol: str, now: int, step: int) -> bytes:
    row = {"symbol": symbol, "lastPrice": f"{100 + step % 50 / 10:.1f}", "turnover24h": str(1000 + step)}
    message = {"topic": f"tickers.{symbol}", "type": "delta", "ts": now // 1_000_000, "data": row}
    return msgspec.json.encode(message)


def _is_ours(kind: type) -> bool:
    return any(str(base.__module__).startswith("tidemark.") for base in kind.__mro__)


def _fields(held: object) -> Iterator[tuple[str, object]]:
    """The attributes of an object, whether they stand in a dict or in slots."""
    yield from getattr(held, "__dict__", {}).items()
    for base in type(held).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            if name != "__dict__" and hasattr(held, name):
                yield name, getattr(held, name)


def _weight(value: object, depth: int = 3) -> int:
    """Entries of a container and of those in it; elements of an array; 0 for anything else."""
    if isinstance(value, np.ndarray):
        return int(value.size)
    if not isinstance(value, CONTAINERS) or not depth:
        return 0
    inner = value.values() if isinstance(value, dict) else value if not isinstance(value, bytearray) else ()
    return len(value) + sum(_weight(entry, depth - 1) for entry in list(inner))


def census() -> dict[Place, int]:
    """What every object and module of ours keeps, by where it is kept."""
    weights = {}
    for held in gc.get_objects():
        if _is_ours(type(held)):
            for name, value in list(_fields(held)):
                weights[Place(id(held), type(held).__qualname__, name)] = _weight(value)
    for name, module in list(sys.modules.items()):
        if name.startswith("tidemark."):
            for attribute, value in list(vars(module).items()):
                if attribute != "__builtins__":
                    weights[Place(id(module), name, attribute)] = _weight(value)
    return weights


def unaccounted(before: dict[Place, int], after: dict[Place, int], ledger: Ledger) -> list[Place]:
    """The places that grew, but for those of an owner whose usage says that it holds as much."""
    held = {id(owner): owner.usage().used for owner in ledger._owners.values()}
    grown = [place for place, weight in after.items() if place in before and weight > before[place]]
    return [place for place in grown if after[place] > held.get(place.holder, 0)]


def _allocated() -> Counter[str]:
    """Bytes held now, by the file of ours that allocated them."""
    gc.collect()
    taken = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(True, f"{SOURCE}/*")])
    return Counter({entry.traceback[0].filename: entry.size for entry in taken.statistics("filename")})


def _growth_of_files(world: World, first: int, last: int) -> dict[str, int]:
    """Bytes that each file of ours holds more after the steps than before."""
    before = _allocated()
    world.run(first, last)
    after = _allocated()
    return {name: size - before[name] for name, size in after.items() if size - before[name] > ALLOWED_BYTES}


@pytest.fixture
def traced() -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("traced")
def test_nothing_grows_between_step_5000_and_step_10000() -> None:
    world = World()
    world.run(0, 5_000)
    before = census()

    growth = _growth_of_files(world, 5_000, 10_000)

    assert unaccounted(before, census(), world.ledger) == []
    assert growth == {}
    assert world.ledger.violations() == []
    # All of it was exercised: trades of changing ids, refused frames, gaps, symbols that came and went.
    counters = world.engine.counters
    assert counters.trades > 100_000
    assert counters.tickers == 10_000
    assert counters.gaps == 200
    assert counters.candles > 1_000
    assert sum(world.rejected.values()) == 10_000
    assert set(world.engine.universe.slots) == set(world.listed)
    assert world.listed[-1] == "S9990USDT"


class Leaky(Intake):
    """An intake that remembers each frame's time."""

    def frame(self, payload: bytes | memoryview, ts_recv: int) -> int:
        self.__dict__.setdefault("seen", []).append(ts_recv)
        return super().frame(payload, ts_recv)


def test_a_list_planted_in_an_owner_is_found() -> None:
    world = World(Leaky)
    world.run(0, 200)
    before = census()

    world.run(200, 400)

    assert unaccounted(before, census(), world.ledger) == [Place(id(world.intake), "Leaky", "seen")]


def test_a_nested_list_planted_in_what_no_ledger_knows_is_found() -> None:
    world = World()
    kept: dict[str, list[int]] = {"times": []}
    world.engine.__dict__["kept"] = kept
    world.run(0, 100)
    before = census()

    kept["times"].append(1)

    assert unaccounted(before, census(), world.ledger) == [Place(id(world.engine), "Engine", "kept")]


@pytest.mark.usefixtures("traced")
def test_outputs_that_a_consumer_keeps_are_found_by_the_file_that_made_them() -> None:
    kept: list[list[Output]] = []
    world = World(deliver=kept.append)
    world.run(0, 500)

    growth = _growth_of_files(world, 500, 1_500)

    assert any(name.startswith(str(SOURCE / "market")) for name in growth)

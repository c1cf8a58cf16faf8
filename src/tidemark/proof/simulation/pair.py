"""One seed: the world with its faults, and its twin without them."""

import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random

import msgspec

from tidemark.live.logs import configure
from tidemark.proof.simulation.outcome import Outcome, differences
from tidemark.proof.simulation.schedule import Fault, draw
from tidemark.proof.simulation.world import Plan, World
from tidemark.settings.process import Log

VENUES = ("bybit", "binance")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one seed: its faults, and a line for everything that was wrong; none is as it should be.

    `digest` covers all that the service gave out: two runs of a seed have the same. `simulated_s` of both worlds.
    """

    seed: int
    venue: str
    symbols: int
    faults: tuple[Fault, ...]
    broken: tuple[str, ...]
    digest: str = ""
    outputs: int = 0
    candles: int = 0
    gaps: int = 0
    connections: int = 0
    requests: int = 0
    simulated_s: float = 0.0


def world_of(seed: int) -> tuple[str, int, float]:
    """Venue, markets and messages a second of a seed."""
    rng = Random(f"size {seed}")
    return VENUES[seed % len(VENUES)], rng.randint(3, 8), rng.uniform(20.0, 60.0)


def child(answer: Connection, seed: int, length_s: float, folder: str) -> None:
    """The life of a process that simulates one seed."""
    place = Path(folder)
    configure(Log(level="info", format="json"), place / "tidemark.log")
    try:
        result = pair(seed, length_s, place)
    except Exception:
        # Whatever it was, it is a finding, and who started this wants to see where.
        traceback.print_exc(file=sys.stderr)
        raise
    answer.send_bytes(msgspec.msgpack.encode(result))
    answer.close()


def pair(seed: int, length_s: float, folder: Path) -> Result:
    """Live both worlds, one after the other, and hold them against each other."""
    venue, symbols, rate = world_of(seed)
    faults = tuple(draw(seed, venue, length_s))
    plan = Plan(seed=seed, venue=venue, symbols=symbols, rate=rate, length_s=length_s, faults=faults)
    calm = msgspec.structs.replace(plan, faults=tuple(fault for fault in faults if fault.is_of_the_market))
    twin = World(calm, folder / "twin").live()
    outcome = World(plan, folder / "world").live()
    broken = (
        *(f"without faults: {words}" for words in (*twin.broken, *differences(twin, None))),
        *_calm(twin),
        *outcome.broken,
        *differences(outcome, twin),
    )
    return Result(
        seed=seed,
        venue=venue,
        symbols=symbols,
        faults=faults,
        broken=broken,
        digest=outcome.digest,
        outputs=outcome.outputs + twin.outputs,
        candles=len(outcome.kept.rows),
        gaps=len(outcome.kept.gaps),
        connections=outcome.connections,
        requests=outcome.requests,
        simulated_s=2 * length_s,
    )


def _calm(twin: Outcome) -> list[str]:
    """A world without faults has no gap but those that every start begins with."""
    return [f"without faults: there is a gap, {gap}" for gap in twin.kept.gaps if gap.cause != "start" and gap.lost]

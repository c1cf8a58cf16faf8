"""What an audit takes of the process that it looks at: a sample, a census, a diagnosis, with 560 markets held.

A process is put together as `tidemark run` does it and filled, as in `market_memory`; it is asked over its own control
socket. Wall time as the process itself measured it: so long the loop was busy, or, for a whole census, in between.
"""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import msgspec

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.full_market import Filled
from tidemark.live.caller import Caller

IS_CHEAP = False
GATE: Gate = None
_ROOT = Path(__file__).resolve().parents[1]
_SYMBOLS, _FEW = 560, 56


def run(plan: Plan) -> Iterator[Result]:
    """The cheap sample, the census and its longest slice, the diagnosis."""
    symbols = plan.choose(_SYMBOLS, _FEW)
    say(f"filling {symbols} markets")
    command = [sys.executable, "-m", "benchmarks.material.full_market", str(symbols)]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline() if process.stdout is not None else ""
        filled = msgspec.json.decode(line, type=Filled)
        with Caller(Path(filled.socket)) as caller:
            looks = [caller.look().took_ms for _ in range(plan.choose(100, 20))]
            counts = [one.dear for _ in range(plan.choose(20, 3)) if (one := caller.count()).dear is not None]
            written = [caller.diagnose("a benchmark") for _ in range(plan.choose(20, 3))]
        process.kill()
    held = [one for one in counts if one is not None]
    say(f"{held[-1].objects:,} objects; a diagnosis has {written[-1].bytes:,} bytes")
    yield _result("a sample", looks)
    yield _result("a census", [one.took_ms for one in held])
    yield _result("a census, longest slice", [one.longest_ms for one in held])
    yield _result("a diagnosis", [one.took_ms for one in written])


def _result(name: str, taken_ms: list[float]) -> Result:
    return Result(
        name=f"probe/{name}", value=round(median(taken_ms), 2), unit="ms", n=len(taken_ms), best=round(min(taken_ms), 2)
    )

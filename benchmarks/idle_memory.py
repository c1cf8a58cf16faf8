"""What the process takes when nothing happens, and when 560 markets do for ten minutes; all of it read from outside.

Its modules are compiled beforehand, as in an installed package: where PYTHONDONTWRITEBYTECODE keeps Python from doing
so, compiling them at each start leaves about 4 MB more behind.
"""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median
from time import perf_counter

import msgspec
import numpy as np

from benchmarks.base import Gate, Plan, Result, say
from benchmarks.material.reading import cpu_s, read
from tidemark.live.summary import Summary
from tidemark.memory.growth import BUDGET_SHARE, LEAST_BYTES, LEAST_SAMPLES, Growth, judge
from tidemark.settings.settings import Settings
from tidemark.units import MIB

IS_CHEAP = False
GATE: Gate = None
_IDLE_TARGET = 60.0
_DEMO_TARGET = 256.0
_CPU_TARGET = 10.0
_LAG_TARGET = 20.0
_SYMBOLS, _RATE = 560, 2_000
_SETTLE_S = 2.0
_IDLE = """
import asyncio
from tidemark.live.loop import run_loop
import tidemark.live.supervisor
print("ready", flush=True)
run_loop(asyncio.sleep(3600))
"""


def run(plan: Plan) -> Iterator[Result]:
    """Idle, then the demonstration."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = folder
        for command in (["-c", "import tidemark.live.supervisor"], ["-m", "tidemark", "plan", "--json"]):
            subprocess.run([sys.executable, *command], env=environment, stdout=subprocess.DEVNULL, check=True)
        yield from _run(plan, environment)


def _run(plan: Plan, environment: dict[str, str]) -> Iterator[Result]:
    readings = [_idle(environment) for _ in range(plan.choose(3, 1))]
    yield Result(
        name="idle_memory/import",
        value=median(readings),
        unit="MB",
        target=_IDLE_TARGET,
        rss_mb=median(readings),
        n=len(readings),
        best=min(readings),
    )
    yield from _demo(environment, seconds=plan.choose(600, 30), warm_up_s=plan.choose(60, 6))


@contextmanager
def _child(arguments: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _idle(environment: dict[str, str]) -> float:
    """Resident MB of a process that has imported the live service and waits."""
    with _child([sys.executable, "-c", _IDLE], environment) as process:
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise AssertionError("the idle process did not start")
        time.sleep(_SETTLE_S)
        return read(process.pid).rss_mb


def _demo(environment: dict[str, str], seconds: int, warm_up_s: int) -> Iterator[Result]:
    say(f"the demonstration, {_SYMBOLS} markets at {_RATE} messages a second, for {seconds} s")
    every_s = max(0.2, min(1.0, (seconds - warm_up_s) / (2 * LEAST_SAMPLES)))
    rss: list[int] = []
    anonymous: list[int] = []
    with tempfile.TemporaryDirectory() as folder, _child(_command(seconds, folder), environment) as process:
        process_args = _command(seconds, folder)
        time.sleep(warm_up_s)
        cpu_before, started = cpu_s(process.pid), perf_counter()
        cpu, elapsed_s = 0.0, 0.0
        # It needs a moment to connect, so it ends later than *seconds* from here; what is read at the end is whole.
        while perf_counter() - started < seconds - warm_up_s:
            time.sleep(every_s)
            if process.poll() is not None:
                raise AssertionError(
                    f"the demonstration ended with {process.returncode}; try: {shlex.join(process_args)}"
                )
            reading = read(process.pid)
            rss.append(reading.rss)
            anonymous.append(reading.anonymous)
            cpu, elapsed_s = cpu_s(process.pid) - cpu_before, perf_counter() - started
        said = process.stdout.read() if process.stdout is not None else ""
    summary = msgspec.json.decode(said.strip().splitlines()[-1], type=Summary)
    if summary.messages < _RATE * seconds / 2 or summary.decode_errors:
        raise AssertionError(f"the demonstration did not keep up: {summary}")
    peak_mb = round(max(rss) / MIB, 1)
    yield Result(
        name="idle_memory/demo", value=peak_mb, unit="MB", target=_DEMO_TARGET, rss_mb=peak_mb, n=len(rss),
        best=round(min(rss) / MIB, 1),
    )  # fmt: skip
    yield Result(
        name="idle_memory/demo cpu", value=round(100 * cpu / elapsed_s, 2), unit="% of a core", target=_CPU_TARGET
    )
    yield Result(
        name="idle_memory/demo loop lag, 99 of 100", value=summary.lag_p99_ms or 0.0, unit="ms", target=_LAG_TARGET
    )
    yield from _growth(np.array(anonymous, np.int64), elapsed_s)


def _command(seconds: int, folder: str) -> list[str]:
    demo = ["run", "--demo", "--no-tui", "--json", "--symbols", str(_SYMBOLS), "--rate", str(_RATE)]
    return [sys.executable, "-m", "tidemark", *demo, "--for", f"{seconds}s", "--set", f"store.folder={folder}"]


def _growth(anonymous: "np.typing.NDArray[np.int64]", elapsed_s: float) -> Iterator[Result]:
    """Flat means: the upper 95 % bound of the growth over the run is below what matters (memory/growth.py)."""
    verdict = judge(anonymous, max(BUDGET_SHARE * Settings().memory.budget, LEAST_BYTES))
    if verdict.slope is None:
        raise AssertionError(f"{verdict.samples} samples are too few")
    upper_mb = verdict.slope.upper / MIB
    if verdict.growth is Growth.VALID:
        say("it grows")
    yield Result(
        name="idle_memory/demo growth, at most",
        value=round(upper_mb, 3),
        unit="MB a run",
        target=round(verdict.threshold / MIB, 3),
        n=verdict.samples,
    )
    slope = round(verdict.slope.value / MIB / elapsed_s * 3600, 3)
    yield Result(name="idle_memory/demo slope", value=slope, unit="MB/h", n=verdict.samples)

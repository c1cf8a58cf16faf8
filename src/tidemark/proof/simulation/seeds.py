"""Simulations of many seeds, each in a process of its own, side by side."""

import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from multiprocessing import connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import msgspec

from tidemark.clock import SystemClock
from tidemark.live.questions import SOCKET_NAME
from tidemark.proof.simulation.pair import Result, child, world_of
from tidemark.proof.simulation.schedule import LEAST_S, draw
from tidemark.units import SECOND

# The order of sets of strings must not differ from one process to the next.
_HASH_SEED = "0"
# No simulation takes that long; one that does hangs.
_PATIENCE_S = 900.0
_CLOCK = SystemClock()


class _Running(msgspec.Struct):
    seed: int
    process: ForkServerProcess
    answer: Any
    folder: Path
    until_ns: int


def simulate(seeds: Sequence[int], *, length_s: float, jobs: int, keep: Path | None = None) -> Iterator[Result]:
    """The results of *seeds* as they come, *jobs* processes at a time.

    length_s: of each world, at least LEAST_S. keep: where the files and the log of seeds that failed go.
    """
    before = os.environ.get("PYTHONHASHSEED")
    os.environ["PYTHONHASHSEED"] = _HASH_SEED
    context = multiprocessing.get_context("forkserver")
    # What all of them need is imported once; each begins as a copy of that.
    context.set_forkserver_preload(["tidemark.proof.simulation.pair"])
    length_s = max(length_s, LEAST_S)
    waiting, running = list(reversed(seeds)), list[_Running]()
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                running.append(_start(context, waiting.pop(), length_s))
            connection.wait([one.process.sentinel for one in running] + [one.answer for one in running], timeout=1.0)
            for one in list(running):
                result = _result(one, length_s)
                if result is not None:
                    running.remove(one)
                    _tidy(one, result, keep)
                    yield result
    finally:
        for one in running:
            one.process.kill()
            one.process.join()
            shutil.rmtree(one.folder, ignore_errors=True)
        if before is None:
            del os.environ["PYTHONHASHSEED"]
        else:
            os.environ["PYTHONHASHSEED"] = before


def _start(context: Any, seed: int, length_s: float) -> _Running:
    folder = Path(tempfile.mkdtemp(prefix=f"tidemark-seed-{seed}-"))
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(theirs, seed, length_s, str(folder)), daemon=True)
    process.start()
    theirs.close()
    return _Running(seed, process, ours, folder, _CLOCK.monotonic_ns() + int(_PATIENCE_S * SECOND))


def _result(one: _Running, length_s: float) -> Result | None:
    """What *one* said, or what became of it; None while it lives."""
    venue, symbols, _ = world_of(one.seed)
    failed = Result(
        seed=one.seed, venue=venue, symbols=symbols, faults=tuple(draw(one.seed, venue, length_s)), broken=()
    )
    try:
        if one.answer.poll():
            told = one.answer.recv_bytes()
            one.process.join()
            return msgspec.msgpack.decode(told, type=Result)
    except EOFError:
        one.process.join()
    if not one.process.is_alive():
        code = one.process.exitcode
        return msgspec.structs.replace(failed, broken=(f"the process ended with code {code} and without a word",))
    if _CLOCK.monotonic_ns() > one.until_ns:
        one.process.kill()
        one.process.join()
        return msgspec.structs.replace(failed, broken=(f"it was not done within {_PATIENCE_S:g} s",))
    return None


def _tidy(one: _Running, result: Result, keep: Path | None) -> None:
    one.answer.close()
    if keep is not None and result.broken:
        keep.mkdir(parents=True, exist_ok=True)
        # The control socket of a process that was killed is no file.
        shutil.copytree(
            one.folder, keep / f"seed-{one.seed}", dirs_exist_ok=True, ignore=shutil.ignore_patterns(SOCKET_NAME)
        )
    shutil.rmtree(one.folder, ignore_errors=True)

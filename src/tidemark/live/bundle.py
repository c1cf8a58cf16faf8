"""What a process says of itself when it is asked for a diagnosis: one JSON file, bounded, and without secrets."""

import asyncio
import gc
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

import tidemark
from tidemark.engine.step import Engine
from tidemark.live.backtesting import Following
from tidemark.live.interpreter import task_name
from tidemark.live.probe import Sample
from tidemark.memory.pressure import Pressure, Transition
from tidemark.memory.tracing import TracedFile
from tidemark.model.gap import Gap
from tidemark.settings.settings import Settings
from tidemark.sources import Loaded, Secret
from tidemark.units import KIB, MIB

LIMIT_BYTES = MIB - 64 * KIB
_MOST_GAPS = 500
_MOST_TASKS = 1000
_DEEPEST = 32
# An address may carry a name and a password.
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s\"]+(?=@)")
_MASK = "********"
# What may be cut.
_LISTS = ("tasks", "gaps", "uncollectable", "traced")


class TaskStack(msgspec.Struct, frozen=True, kw_only=True):
    """A task: its name, what it runs, and where it waits, the outermost call first."""

    name: str
    runs: str
    stack: list[str]


class PressureFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The level of memory pressure, and the latest steps, oldest first."""

    level: str
    given_up: tuple[str, ...]
    history: tuple[Transition, ...]


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """All of a diagnosis. `traced` None: Python does not trace its allocations. `cut` names what was shortened.

    backtests: those that are under way, wait, or have just ended.
    """

    reason: str
    taken_at: int
    version: str
    python: str
    sample: Sample
    tasks: list[TaskStack]
    uncollectable: list[str]
    traced: list[TracedFile] | None
    gaps: list[Gap]
    pressure: PressureFigures | None
    backtests: list[Following]
    settings: dict[str, str]
    cut: list[str]


def read_stacks() -> list[TaskStack]:
    """Every task of the running loop with its stack: files, lines and functions, and no value."""
    stacks = [
        TaskStack(name=task.get_name(), runs=task_name(task), stack=list(islice(_calls(task.get_coro()), _DEEPEST)))
        for task in islice(asyncio.all_tasks(), _MOST_TASKS)
    ]
    return sorted(stacks, key=lambda one: one.name)


def _calls(waiting: Any) -> Iterator[str]:
    """Where a chain of coroutines that wait for each other stands."""
    while waiting is not None:
        frame = getattr(waiting, "cr_frame", None) or getattr(waiting, "gi_frame", None)
        if frame is None:
            yield type(waiting).__qualname__
            return
        file = "/".join(Path(frame.f_code.co_filename).parts[-3:])
        yield f"{file}:{frame.f_lineno} {frame.f_code.co_qualname}"
        waiting = getattr(waiting, "cr_await", None) or getattr(waiting, "gi_yieldfrom", None)


def read_settings(settings: Settings) -> dict[str, str]:
    """Every setting as it holds; secrets are masked, and so is what stands before the @ of an address."""
    rows = Loaded(settings=settings, sources={}).effective()
    return {row.key: _CREDENTIALS.sub(_MASK, row.value) for row in rows}


def make_bundle(
    reason: str,
    taken_at: int,
    sample: Sample,
    traced: list[TracedFile] | None,
    engine: Engine,
    pressure: Pressure | None,
    settings: Settings,
    backtests: Sequence[Following] = (),
) -> Bundle:
    """The parts of a bundle as they are now; a few milliseconds."""
    return Bundle(
        reason=reason,
        taken_at=taken_at,
        version=tidemark.__version__,
        python=sys.version.split()[0],
        sample=sample,
        tasks=read_stacks(),
        uncollectable=[type(one).__qualname__ for one in gc.garbage[:100]],
        traced=traced,
        gaps=list(islice(engine.gaps.gaps(), _MOST_GAPS)),
        pressure=_pressure(pressure),
        backtests=list(backtests),
        settings=read_settings(settings),
        cut=[],
    )


def _pressure(pressure: Pressure | None) -> PressureFigures | None:
    if pressure is None:
        return None
    return PressureFigures(level=pressure.level.name, given_up=pressure.given_up, history=pressure.history)


def encode(bundle: Bundle, settings: Settings, limit: int = LIMIT_BYTES) -> tuple[bytes, tuple[str, ...]]:
    """The bundle as JSON of at most *limit* bytes, and what had to be cut for that: the longest lists, by halves.

    Whatever text of it is that of a secret setting is masked, and so is what stands before the @ of any address.
    """
    told = _masked(msgspec.to_builtins(bundle), tuple(_secrets(settings)))
    cut: list[str] = told["cut"]
    while len(text := _encoded(told)) > limit:
        sizes = {name: len(msgspec.json.encode(told[name])) for name in _LISTS if told[name]}
        if not sizes:
            break
        longest = max(sizes, key=sizes.__getitem__)
        told[longest] = told[longest][: len(told[longest]) // 2]
        cut.append(f"{longest}: {len(told[longest])} kept")
    return text, tuple(cut)


def _encoded(told: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(told), indent=1)


def _masked(told: Any, secrets: tuple[str, ...]) -> Any:
    """The same, with a mask in every text instead of what is secret."""
    match told:
        case str():
            for secret in secrets:
                told = told.replace(secret, _MASK)
            return _CREDENTIALS.sub(_MASK, told)
        case dict():
            return {key: _masked(value, secrets) for key, value in told.items()}
        case list() | tuple():
            return [_masked(value, secrets) for value in told]
    return told


def _secrets(settings: Any) -> Iterator[str]:
    """Every secret text in the settings."""
    if isinstance(settings, Secret):
        yield settings.reveal()
    elif isinstance(settings, msgspec.Struct):
        for value in msgspec.structs.asdict(settings).values():
            yield from _secrets(value)

"""Ten leaks, as they are written by mistake: each is planted in a process that otherwise is the real one.

A leak is a function that is given the parts of the process and gives what is called with the number of each message.
"""

import asyncio
import ctypes
import logging
import sys
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from tidemark.live.assembly import Parts

OnMessage = Callable[[int], None]
Plant = Callable[[Parts], OnMessage]


def every(count: int, leak: Callable[[int], object]) -> OnMessage:
    """*leak* at every so many messages."""

    def on_message(number: int) -> None:
        if number % count == 0:
            leak(number)

    return on_message


def nothing(parts: Parts) -> OnMessage:
    """No leak at all: what is flat has to come out as flat."""
    return lambda _: None


def growing_list(parts: Parts) -> OnMessage:
    """A list of what happened, that nobody cuts."""
    seen: list[tuple[int, str]] = []
    vars(parts.engine)["audit_log"] = seen
    return every(10, lambda number: seen.append((number, f"message {number}")))


def dict_by_time(parts: Parts) -> OnMessage:
    """A dict with an entry for every moment: it is in no list of the collector's."""
    by_time: dict[int, float] = {}
    vars(parts.health)["by_time"] = by_time
    return every(10, lambda number: by_time.__setitem__(parts.clock.now_ns() + number, number / 2))


def unawaited_tasks(parts: Parts) -> OnMessage:
    """A task for each push, to somebody who never reads."""
    is_read = asyncio.Event()

    async def push(text: str) -> str:
        await is_read.wait()
        return text

    loop = asyncio.get_running_loop()
    return every(50, lambda number: loop.create_task(push(f"message {number}")))


def closure_of_a_callback(parts: Parts) -> OnMessage:
    """A timer for tomorrow that holds what it will need then."""
    loop = asyncio.get_running_loop()

    def remind(number: int) -> None:
        text = f"message {number}" * 20

        def look_again() -> int:
            return len(text)

        loop.call_later(86_400.0, look_again)

    return every(100, remind)


def c_buffer(parts: Parts) -> OnMessage:
    """A buffer that C code was given, and did not free."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = ctypes.c_void_p

    def allocate(_: int) -> None:
        ctypes.memset(libc.malloc(ctypes.c_size_t(2_000)), 1, 2_000)

    return every(20, allocate)


def fragmentation(parts: Parts) -> OnMessage:
    """Buffers that are shrunk to what was used of them: what is left behind each is too small for the next."""
    libc = ctypes.CDLL(None)
    libc.malloc.restype = libc.realloc.restype = ctypes.c_void_p
    libc.realloc.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

    def read(_: int) -> None:
        buffers = [libc.malloc(ctypes.c_size_t(3_000)) for _ in range(20)]
        for buffer in buffers:
            ctypes.memset(buffer, 1, 3_000)
            libc.realloc(buffer, 24)

    return every(40, read)


def handler_not_removed(parts: Parts) -> OnMessage:
    """Whoever connects is registered, and never taken back."""

    def connect(number: int) -> None:
        client = f"client {number}" * 50
        parts.conflation.register(lambda: client, lambda: client)  # type: ignore[arg-type]

    return every(100, connect)


def exception_with_a_frame(parts: Parts) -> OnMessage:
    """The latest errors are kept, and with each the locals of the function that failed."""
    errors: list[Exception] = []
    vars(parts.health)["last_errors"] = errors

    def parse(number: int) -> None:
        payload = bytes(2_000) + number.to_bytes(8, "big")
        raise ValueError(len(payload))

    def fail(number: int) -> None:
        try:
            parse(number)
        except ValueError as error:
            errors.append(error)

    return every(50, fail)


def view_of_an_array(parts: Parts) -> OnMessage:
    """The last prices of each calculation, which keep the whole of it."""
    last: list[npt.NDArray[np.float64]] = []
    vars(parts.engine)["last_prices"] = last
    return every(1_000, lambda number: last.append(np.full(12_500, float(number))[-5:]))


def log_handler_twice(parts: Parts) -> OnMessage:
    """The log is set up anew with every connection."""
    logger = logging.getLogger("tidemark.feed")
    return every(500, lambda _: logger.addHandler(logging.StreamHandler(sys.stderr)))


# Each leak, and what its culprit is called: a part of a suspect's name.
LEAKS: tuple[tuple[Plant, str], ...] = (
    (growing_list, "unregistered list tidemark.engine.step.Engine.audit_log"),
    (dict_by_time, "unregistered dict tidemark.live.health.Health.by_time"),
    (unawaited_tasks, "tests.leaks.planted.unawaited_tasks.<locals>.push"),
    (closure_of_a_callback, "closure_of_a_callback.<locals>.remind.<locals>.look_again"),
    (c_buffer, "native memory, blocks flat while anonymous rises"),
    (fragmentation, "fragmentation"),
    (handler_not_removed, "unregistered tuple tidemark.live.pressure.Conflation._listeners"),
    (exception_with_a_frame, "builtins.ValueError of tests.leaks.planted.exception_with_a_frame.<locals>.parse"),
    (view_of_an_array, "view tidemark.engine.step.Engine.last_prices"),
    (log_handler_twice, "logger tidemark.feed has"),
)
PLANTS: dict[str, Plant] = {plant.__name__: plant for plant in (nothing, *(plant for plant, _ in LEAKS))}

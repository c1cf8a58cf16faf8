"""A target with every kind of fault that a run has to find; none of the real ones, so it lies beside their folder."""

import ctypes
import time
from pathlib import Path

from tests.fuzz.target import Take

REFUSALS: tuple[type[Exception], ...] = (KeyError,)


def seeds() -> list[bytes]:
    return [b"honest", b"refused", b"x" * 40]


def opened(folder: Path) -> Take:
    return take


def take(data: bytes) -> bool:
    if data.startswith(b"refused"):
        raise KeyError(data)
    if b"wrong" in data or b"xhx" in data:
        raise ValueError("a fault that nobody planned")
    if data == b"endless":
        while True:
            time.sleep(0.01)
    if data == b"stuck":
        ctypes.PyDLL(None).sleep(1000)
    if data == b"large":
        bytearray(96 << 20)[:] = b"\1" * (96 << 20)
    if data == b"boundless":
        bytearray(1 << 34)
    if data == b"dead":
        ctypes.string_at(0)
    return True

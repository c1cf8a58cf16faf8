"""A target that keeps a little of every input: what no single input shows."""

from pathlib import Path

from tests.fuzz.target import Take

REFUSALS: tuple[type[Exception], ...] = ()


def seeds() -> list[bytes]:
    return [b"honest"]


def opened(folder: Path) -> Take:
    held: list[bytearray] = []

    def take(data: bytes) -> bool:
        held.append(bytearray(b"\1" * 16384))
        return bool(folder) and bool(data)

    return take

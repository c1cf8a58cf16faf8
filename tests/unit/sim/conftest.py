"""Small made-up markets for the tests of the local exchange."""

from collections.abc import Callable, Collection

import pytest

from tidemark.sim.generator import Generator, generated
from tidemark.sim.market import Frame
from tidemark.sim.settings import SimSettings

# 2025-11-21 08:00:00 UTC: a whole hour.
START_NS = 1_763_712_000_000_000_000

Make = Callable[..., Generator]
Play = Callable[[Generator, Collection[str], int], list[Frame]]


@pytest.fixture
def make() -> Make:
    """A generator of a few busy markets."""

    def generator(venue: str = "bybit", symbols: int = 12, rate: float = 400.0, **changes: float) -> Generator:
        settings = SimSettings(venue=venue, symbols=symbols, rate=rate, **changes)  # type: ignore[arg-type]
        return generated(settings, START_NS)

    return generator


@pytest.fixture
def play() -> Play:
    """All frames of so many slices."""

    def frames(source: Generator, wanted: Collection[str], slices: int) -> list[Frame]:
        return [frame for _ in range(slices) for frame in source.advance(wanted, 1.0, 0)]

    return frames

"""REST bodies of Bybit, each read as the answer to every question that we ask, and as headers."""

from pathlib import Path

from tests.fuzz import corpus
from tests.fuzz.replies import reader
from tests.fuzz.target import Take

# The reader asks for them itself: a body is refused when no question takes it.
REFUSALS: tuple[type[Exception], ...] = ()


def seeds() -> list[bytes]:
    return corpus.replies("bybit")


def opened(folder: Path) -> Take:
    return reader("bybit")
